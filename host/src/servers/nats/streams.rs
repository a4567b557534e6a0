//! The two streams: made when they are absent, looked at when they are there. What somebody has set up is never changed.

use super::NatsServer;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{
    CreateStreamError, CreateStreamErrorKind, GetStreamError, GetStreamErrorKind,
};
use async_nats::jetstream::stream::{Config, DiscardPolicy, Info, RetentionPolicy, StorageType};
use smpp_domain::event::EventKind;
use std::fmt;
use std::time::Duration;

const KINDS: [EventKind; 8] = [
    EventKind::Submit,
    EventKind::Dlr,
    EventKind::Unmatched,
    EventKind::Mo,
    EventKind::Alert,
    EventKind::Session,
    EventKind::Stop,
    EventKind::Dead,
];

/// Why a stream cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// It is there, and set up for something else.
    #[error("stream {stream} cannot be used as it is: {}", joined(.found))]
    Wrong {
        /// Which one.
        stream: String,
        /// Everything that is wrong with it.
        found: Vec<Mismatch>,
    },
    /// It is absent, and another stream takes what is published to it.
    #[error(
        "stream {stream} cannot be made: another stream takes its subjects already. `nats stream ls` and `nats stream info` show \
         which one; give it other subjects, or [nats] another prefix"
    )]
    Taken {
        /// Which one.
        stream: String,
        /// As the server says it.
        #[source]
        source: CreateStreamError,
    },
    /// It is absent, and the server does not make it.
    #[error("stream {stream} cannot be made")]
    NotMade {
        /// Which one.
        stream: String,
        /// As the server says it.
        #[source]
        source: CreateStreamError,
    },
    /// The server does not tell.
    #[error("stream {stream} cannot be looked at: is JetStream on, and may this user publish to $JS.API.>?")]
    Unknown {
        /// Which one.
        stream: String,
        /// As the server says it.
        #[source]
        source: GetStreamError,
    },
}

/// One thing that is wrong with a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    /// What is found and what is needed.
    pub what: String,
    /// The command that mends it.
    pub mend: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; mend it by `{}`", self.what, self.mend)
    }
}

fn joined(found: &[Mismatch]) -> String {
    let all: Vec<_> = found.iter().map(Mismatch::to_string).collect();
    all.join(". Also: ")
}

impl NatsServer {
    /// The stream of commands: a work queue that refuses what it has no room for.
    pub(crate) async fn ensure_dispatch(&self) -> Result<Info, StreamError> {
        self.ensure(&self.dispatch_config()).await
    }

    /// The stream of events, kept for a time.
    pub(crate) async fn ensure_events(&self) -> Result<Info, StreamError> {
        self.ensure(&self.events_config()).await
    }

    fn dispatch_config(&self) -> Config {
        Config {
            name: self.dispatch_stream(),
            description: Some("Commands of the SMPP gateway, one subject an operator".to_owned()),
            subjects: vec![format!("{}.operator.*", self.settings.prefix)],
            retention: RetentionPolicy::WorkQueue,
            discard: DiscardPolicy::New,
            storage: StorageType::File,
            num_replicas: self.settings.replicas,
            ..Config::default()
        }
    }

    fn events_config(&self) -> Config {
        let subjects = KINDS.map(|kind| format!("{}.{}.*", self.settings.prefix, kind.name()));
        Config {
            name: self.events_stream(),
            description: Some("Events of the SMPP gateway".to_owned()),
            subjects: subjects.into(),
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::Old,
            storage: StorageType::File,
            num_replicas: self.settings.replicas,
            max_age: self.settings.keep_events,
            // The server refuses a longer one.
            duplicate_window: self.settings.duplicate_window.min(self.settings.keep_events),
            ..Config::default()
        }
    }

    /// What a start would find of the two streams, in words. Changes nothing.
    ///
    /// # Errors
    /// When one of them cannot be used as it is.
    pub async fn look_at_streams(&self) -> Result<String, StreamError> {
        let mut told = Vec::new();
        for wanted in [self.dispatch_config(), self.events_config()] {
            let stream = &wanted.name;
            told.push(match self.look(stream).await? {
                Some(info) => {
                    let messages = verified(&wanted, info)?.state.messages;
                    format!("stream {stream} has {messages} messages")
                }
                None => format!("stream {stream} is not there yet: the start makes it"),
            });
        }
        Ok(told.join(", "))
    }

    async fn ensure(&self, wanted: &Config) -> Result<Info, StreamError> {
        let stream = &wanted.name;
        if let Some(info) = self.look(stream).await? {
            return verified(wanted, info);
        }
        match self.jetstream().create_stream(wanted).await {
            Ok(made) => {
                tracing::info!(%stream, "made a JetStream stream");
                Ok(made.cached_info().clone())
            }
            Err(source) => match refusal(&source) {
                // Another host was quicker.
                Some(ErrorCode::STREAM_NAME_EXIST) => match self.look(stream).await? {
                    Some(info) => verified(wanted, info),
                    None => Err(StreamError::NotMade {
                        stream: stream.clone(),
                        source,
                    }),
                },
                Some(ErrorCode::STREAM_SUBJECT_OVERLAP) => Err(StreamError::Taken {
                    stream: stream.clone(),
                    source,
                }),
                _ => Err(StreamError::NotMade {
                    stream: stream.clone(),
                    source,
                }),
            },
        }
    }

    async fn look(&self, stream: &str) -> Result<Option<Info>, StreamError> {
        match self.jetstream().get_stream(stream).await {
            Ok(found) => Ok(Some(found.cached_info().clone())),
            Err(source) => match source.kind() {
                GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                    Ok(None)
                }
                GetStreamErrorKind::JetStream(_)
                | GetStreamErrorKind::EmptyName
                | GetStreamErrorKind::Request
                | GetStreamErrorKind::InvalidStreamName => Err(StreamError::Unknown {
                    stream: stream.to_owned(),
                    source,
                }),
            },
        }
    }
}

fn refusal(error: &CreateStreamError) -> Option<ErrorCode> {
    match error.kind() {
        CreateStreamErrorKind::JetStream(error) => Some(error.error_code()),
        CreateStreamErrorKind::EmptyStreamName
        | CreateStreamErrorKind::InvalidStreamName
        | CreateStreamErrorKind::DomainAndExternalSet
        | CreateStreamErrorKind::JetStreamUnavailable
        | CreateStreamErrorKind::TimedOut
        | CreateStreamErrorKind::Response
        | CreateStreamErrorKind::NotFound
        | CreateStreamErrorKind::ResponseParse => None,
    }
}

fn verified(wanted: &Config, info: Info) -> Result<Info, StreamError> {
    let found = mismatches(wanted, &info.config);
    if found.is_empty() {
        return Ok(info);
    }
    let stream = wanted.name.clone();
    Err(StreamError::Wrong { stream, found })
}

/// What of `found` would lose or refuse messages. More replicas, limits on size and a longer age are its owner's business.
fn mismatches(wanted: &Config, found: &Config) -> Vec<Mismatch> {
    let name = &wanted.name;
    let mut wrong = Vec::new();
    let mut add = |what: String, mend: String| wrong.push(Mismatch { what, mend });
    if found.retention != wanted.retention {
        add(
            format!(
                "its retention is {:?} and must be {:?}, which no stream can change to: without it, it is made anew, empty",
                found.retention, wanted.retention
            ),
            format!("nats stream rm {name}"),
        );
    }
    let covered = |needed: &&String| !found.subjects.iter().any(|pattern| covers(pattern, needed));
    let missing: Vec<_> = wanted.subjects.iter().filter(covered).cloned().collect();
    if !missing.is_empty() {
        let all: Vec<_> = found.subjects.iter().chain(&missing).cloned().collect();
        add(
            format!(
                "it takes {} and must take {} too",
                found.subjects.join(", "),
                missing.join(", ")
            ),
            format!("nats stream edit {name} --subjects '{}'", all.join(",")),
        );
    }
    if wanted.retention == RetentionPolicy::WorkQueue {
        if found.discard != DiscardPolicy::New {
            add(
                "when it is full it drops the oldest commands (discard old) and must refuse new ones"
                    .to_owned(),
                format!("nats stream edit {name} --discard new"),
            );
        }
        if !found.max_age.is_zero() {
            add(
                format!(
                    "it drops commands unseen after {:?} (max_age) and must keep them: they expire with an event",
                    found.max_age
                ),
                format!("nats stream edit {name} --max-age 0s"),
            );
        }
    } else if found.duplicate_window < wanted.duplicate_window {
        add(
            format!(
                "its duplicate_window is {:?} and must be {:?} at least, as nats.duplicate_window says",
                found.duplicate_window, wanted.duplicate_window
            ),
            format!(
                "nats stream edit {name} --dupe-window {}s",
                seconds(wanted.duplicate_window)
            ),
        );
    }
    if found.no_ack {
        add(
            "it does not acknowledge what is published (no_ack) and must".to_owned(),
            format!("nats stream edit {name} --ack"),
        );
    }
    if found.sealed {
        add(
            "it is sealed and takes nothing".to_owned(),
            format!("nats stream rm {name}"),
        );
    }
    wrong
}

fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// Whether everything that matches `needed` matches `pattern`.
fn covers(pattern: &str, needed: &str) -> bool {
    let (mut pattern, mut needed) = (pattern.split('.'), needed.split('.'));
    loop {
        match (pattern.next(), needed.next()) {
            (Some(">"), Some(_)) | (None, None) => return true,
            (Some("*"), Some(token)) if token != ">" => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_subjects() {
        for pattern in ["smpp.operator.*", "smpp.operator.>", "smpp.*.*", "smpp.>", ">"] {
            assert!(covers(pattern, "smpp.operator.*"), "{pattern}");
        }
        for pattern in [
            "smpp.operator.a",
            "smpp.operator",
            "smpp.*",
            "smpp.operator.*.*",
            "smpp.dlr.*",
            "",
        ] {
            assert!(!covers(pattern, "smpp.operator.*"), "{pattern}");
        }
    }
}
