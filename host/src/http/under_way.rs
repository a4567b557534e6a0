//! Where a message is that has no outcome yet, in words: a dispatcher of this host has it, or it waits in the queue.

use super::{HttpState, LoadedOperator};
use crate::ports::{BackendError, Queued, Searched, UnderWay, WaitsFor};
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::future::join_all;
use serde_json::{Value, json};
use smpp_domain::ids::{MessageId, OperatorId};
use smpp_domain::pdu::BindMode;
use smpp_domain::session::SessionState;
use smpp_domain::status::explain;

/// Where a message was found, or not.
pub(super) enum Whereabouts {
    /// This host has taken it.
    Taken {
        operator: OperatorId,
        under_way: UnderWay,
    },
    /// No dispatcher of this host has it.
    NotTaken {
        searched: Searched,
        /// Operators whose dispatchers do not answer now.
        silent: Vec<String>,
    },
}

/// Asks every dispatcher, since an id names no operator, and then the queue.
pub(super) async fn look(state: &HttpState, message: MessageId) -> Result<Whereabouts, BackendError> {
    let operators = state.operators.load_full();
    let asked = operators.iter().filter_map(|(id, operator)| {
        let inquiries = operator.inquiries.as_ref()?;
        Some(async move { (*id, &operator.config.name, inquiries.ask(message).await) })
    });
    let mut silent = Vec::new();
    for (operator, name, answer) in join_all(asked).await {
        match answer {
            Ok(Some(under_way)) => return Ok(Whereabouts::Taken { operator, under_way }),
            Ok(None) => {}
            Err(_) => silent.push(name.clone()),
        }
    }
    let searched = state.queue.search(message).await?;
    Ok(Whereabouts::NotTaken { searched, silent })
}

/// The words for what a message may wait for.
pub(super) const WAITS_FOR: &[&str] = &[
    "answer", "policy", "retry", "turn", "stop", "throttle", "queue", "bind", "window", "twin", "operator",
    "outcome",
];

/// For what a message waits.
struct Wait {
    /// Of [`WAITS_FOR`].
    word: &'static str,
    words: String,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
}

impl Wait {
    fn new(word: &'static str, words: impl Into<String>) -> Self {
        Self {
            word,
            words: words.into(),
            since: None,
            until: None,
        }
    }

    fn since(self, since: Option<DateTime<Utc>>) -> Self {
        Self { since, ..self }
    }

    fn until(self, until: Option<DateTime<Utc>>) -> Self {
        Self { until, ..self }
    }
}

impl Whereabouts {
    /// `None`: nothing is known of it.
    pub(super) fn told(&self, state: &HttpState) -> Option<Value> {
        let operators = state.operators.load();
        let (operator, wait, published_at, accepted, part_count, before) = match self {
            Self::Taken { operator, under_way } => {
                let wait = waits(state, *operator, operators.get(operator), under_way);
                let (accepted, part_count) = (under_way.accepted, under_way.part_count);
                (operator, wait, under_way.published_at, accepted, part_count, None)
            }
            Self::NotTaken {
                searched: Searched::Found(queued),
                ..
            } => {
                let operator = &queued.operator_id;
                let wait = queue(state, operators.get(operator), queued);
                (operator, wait, queued.published_at, 0, None, Some(queued.before))
            }
            Self::NotTaken { .. } => return None,
        };
        Some(json!({
            "operatorId": operator,
            "publishedAt": published_at,
            "partsAccepted": accepted,
            "partCount": part_count,
            "before": before,
            "waitsFor": wait.word,
            "words": wait.words,
            "since": wait.since.unwrap_or(published_at),
            "until": wait.until,
        }))
    }

    /// What it can mean that nothing is known of a message, and what to do.
    pub(super) fn unknown(&self) -> Vec<String> {
        let never = "it was never published here, or is older than its operator's correlation_ttl";
        let Self::NotTaken { searched, silent } = self else {
            return vec![never.to_owned()];
        };
        let mut details = match searched {
            Searched::Found(_) | Searched::Absent => vec![format!("it is neither in the queue nor being sent: {never}")],
            Searched::NotAmong(newest) => vec![format!(
                "it is not among the newest {newest} commands of the queue, which are all that is searched: it may wait before them; or {never}"
            )],
            Searched::Unsearchable => vec![
                "it may wait in the stream, which cannot be searched for it: smpp_connector_queued_commands of its operator tells whether \
                 anything waits there"
                    .to_owned(),
                "or another host has it: ask that one with the same request".to_owned(),
                format!("or {never}"),
            ],
        };
        if !silent.is_empty() {
            details.push(format!(
                "or it is under way to {}, whose sending waits for a backend and cannot be asked now: ask again, and see /readyz",
                silent.join(", ")
            ));
        }
        details
    }
}

/// Of a message that a dispatcher has.
fn waits(state: &HttpState, id: OperatorId, operator: Option<&LoadedOperator>, under_way: &UnderWay) -> Wait {
    let part = match under_way.part_count {
        Some(count) if count > 1 => format!("part {} of {count}", under_way.accepted + 1),
        Some(_) | None => "it".to_owned(),
    };
    let wait = match &under_way.waits {
        WaitsFor::Answer { bind } => {
            let place = operator.and_then(|operator| place(operator, *bind));
            let place = place.unwrap_or_else(|| "a bind".to_owned());
            let words = format!(
                "{part} is at {place}: it waits for its turn within the TPS, or for the operator's answer"
            );
            Wait::new("answer", words)
        }
        WaitsFor::Policy { until } => {
            let words = "its policy cannot decide about it, and is asked again then, or when another version is there: see \
                         /api/v1/plugins";
            Wait::new("policy", words).until(*until)
        }
        WaitsFor::Retry { refusals, until } => {
            let words =
                format!("the operator has refused {part} for now, {refusals} times: it goes again then");
            Wait::new("retry", words).until(Some(*until))
        }
        WaitsFor::Turn => Wait::new(
            "turn",
            "an older message to the same number has no outcome yet: it goes after that one",
        ),
        WaitsFor::Stop => stop(state, id).unwrap_or_else(|| Wait::new("stop", "the operator was stopped")),
        WaitsFor::Throttle => operator
            .and_then(throttle)
            .unwrap_or_else(|| Wait::new("throttle", GETS_TOO_MUCH)),
        WaitsFor::Queue => Wait::new(
            "queue",
            "the queue could not be told in time that this host has it: nothing is sent until it can be; see /readyz",
        ),
        WaitsFor::Bind => operator.map_or_else(|| Wait::new("bind", NO_BIND), bind),
        WaitsFor::Window => Wait::new(
            "window",
            format!("{part} is ready: the windows are full, or older messages go first"),
        ),
        WaitsFor::Twin => Wait::new(
            "twin",
            "its command was published twice, and the other copy is being sent: the outcome of that one is waited for",
        ),
    };
    match under_way.in_doubt_since {
        Some(written) => Wait {
            words: format!(
                "{}; it was written at {} and never answered",
                wait.words,
                time(written)
            ),
            ..wait
        },
        None => wait,
    }
}

/// Of a command that nobody has taken. Why not is in the operator's state.
fn queue(state: &HttpState, operator: Option<&LoadedOperator>, queued: &Queued) -> Wait {
    let Some(operator) = operator else {
        let words = "it waits in the queue: its operator is not loaded; see /api/v1/config for what is wrong with its file";
        return Wait::new("operator", words);
    };
    if queued.taken && !operator.sessions.is_empty() {
        let words =
            "it was taken from the queue: its outcome is being recorded, or it is about to be taken again";
        return Wait::new("outcome", words);
    }
    let wait = if operator.sessions.is_empty() {
        Wait::new(
            "policy",
            "its operator waits for a usable plugin: see /api/v1/plugins",
        )
    } else {
        let stopped = stop(state, queued.operator_id).or_else(|| throttle(operator));
        let bindless = || (!is_bound(operator)).then(|| bind(operator));
        stopped.or_else(bindless).unwrap_or_else(|| {
            let words = format!("{} commands of its operator go before it", queued.before);
            Wait::new("queue", words)
        })
    };
    Wait {
        words: format!("it waits in the queue: {}", wait.words),
        ..wait
    }
}

fn stop(state: &HttpState, id: OperatorId) -> Option<Wait> {
    let stopped = state.stops.stopped();
    let stop = stopped.borrow().get(&id).cloned()?;
    let words = format!(
        "nothing is sent to the operator, which said: {}; when that is mended, POST /api/v1/operators/{id}/resume",
        stop.reason
    );
    Some(Wait::new("stop", words).since(Some(stop.since)))
}

const GETS_TOO_MUCH: &str = "the operator has said that it gets too much";

fn throttle(operator: &LoadedOperator) -> Option<Wait> {
    let throttled = operator.throttle.now(Utc::now())?;
    let status = throttled.status.map(|status| format!(": {}", explain(status)));
    let words = format!("{GETS_TOO_MUCH}{}", status.unwrap_or_default());
    let wait = Wait::new("throttle", words).since(Some(throttled.since));
    Some(wait.until(Some(throttled.until)))
}

const NO_BIND: &str = "no bind of the operator takes submits: see its sessions";

/// Since the last one was lost, as far as this process knows.
fn bind(operator: &LoadedOperator) -> Wait {
    let binds = operator.sessions.iter().flat_map(|session| &session.binds);
    let lost = binds.filter_map(|bind| bind.view().last_unbound_at).max();
    Wait::new("bind", NO_BIND).since(lost)
}

fn is_bound(operator: &LoadedOperator) -> bool {
    let senders = operator
        .sessions
        .iter()
        .filter(|session| session.facts.bind_mode != BindMode::Receiver);
    let mut binds = senders.flat_map(|session| &session.binds);
    binds.any(|bind| bind.view().state == SessionState::Bound)
}

/// A bind by its place in the operator's list, as people count.
fn place(operator: &LoadedOperator, bind: usize) -> Option<String> {
    let sessions = operator.sessions.iter().enumerate();
    let mut binds = sessions.flat_map(|(s, session)| (0..session.binds.len()).map(move |b| (s + 1, b + 1)));
    let (session, bind) = binds.nth(bind)?;
    Some(format!("bind {bind} of session {session}"))
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
