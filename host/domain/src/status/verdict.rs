//! What follows from an operator's answer to a submit_sm.

use super::{StatusClass, classify, classify_nack, explain};
use crate::pdu::CommandStatus;
use crate::session::SubmitResponse;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

/// What the gateway does about an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The operator has the message.
    Accepted,
    /// The same message again.
    Retry {
        /// `None`: by the host's own backoff.
        after: Option<Duration>,
        /// How often it is tried in all, at least 1; `None` is the host's own number.
        max_attempts: Option<NonZeroU32>,
    },
    /// The whole operator pauses and slows down; the message goes first afterwards, and no attempt is counted.
    Throttle(Throttling),
    /// The message is refused for good.
    Reject {
        /// A short word for metrics and events, where a policy gave one.
        code: Option<String>,
        /// For people.
        reason: String,
        /// So will others be: a person should look.
        alert: bool,
    },
    /// Nothing more is sent until a person clears it; the message keeps its place, and no attempt is counted.
    StopOperator {
        /// For people.
        reason: String,
    },
}

/// How an operator wants to be spared.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Throttling {
    /// `None`: as long as the host thinks best.
    pub pause: Option<Duration>,
    /// The most that the operator takes, in submit_sm a second.
    pub max_rate: Option<NonZeroU32>,
}

/// The classes of statuses that an operator's file names.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct StatusClasses(BTreeMap<CommandStatus, StatusClass>);

impl FromIterator<(CommandStatus, StatusClass)> for StatusClasses {
    fn from_iter<I: IntoIterator<Item = (CommandStatus, StatusClass)>>(named: I) -> Self {
        Self(named.into_iter().collect())
    }
}

impl StatusClasses {
    /// The class of an answer: the file's, else the built-in one. A generic_nack is never a yes.
    #[must_use]
    pub fn class(&self, response: &SubmitResponse) -> StatusClass {
        match self.0.get(&response.status) {
            Some(StatusClass::Ok) if response.is_nack => StatusClass::Reject,
            Some(class) => *class,
            None if response.is_nack => classify_nack(response.status),
            None => classify(response.status),
        }
    }

    /// What follows from an answer that no policy has judged.
    #[must_use]
    pub fn verdict(&self, response: &SubmitResponse) -> Verdict {
        let reason = || explain(response.status);
        let reject = |alert| Verdict::Reject {
            code: None,
            reason: reason(),
            alert,
        };
        match self.class(response) {
            StatusClass::Ok => Verdict::Accepted,
            StatusClass::Retry | StatusClass::Rebind => Verdict::Retry {
                after: None,
                max_attempts: None,
            },
            StatusClass::RetryOnce => Verdict::Retry {
                after: None,
                max_attempts: NonZeroU32::new(2),
            },
            StatusClass::Throttle => Verdict::Throttle(Throttling::default()),
            StatusClass::Reject => reject(false),
            StatusClass::RejectAlert | StatusClass::BindBackoff | StatusClass::BindRefused => reject(true),
            StatusClass::StopOperator => Verdict::StopOperator { reason: reason() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u32, is_nack: bool) -> SubmitResponse {
        SubmitResponse {
            status: CommandStatus(status),
            is_nack,
            ..SubmitResponse::default()
        }
    }

    #[test]
    fn the_file_comes_before_the_built_in_table() {
        let file: StatusClasses = [
            (0x45, StatusClass::Throttle),
            (0x401, StatusClass::StopOperator),
            (0x0C, StatusClass::Ok),
            (0x58, StatusClass::Reject),
        ]
        .map(|(status, class)| (CommandStatus(status), class))
        .into_iter()
        .collect();
        for (status, is_nack, class) in [
            (0x45, false, StatusClass::Throttle),
            (0x45, true, StatusClass::Throttle),
            (0x401, false, StatusClass::StopOperator),
            (0x0C, false, StatusClass::Ok),
            (0x0C, true, StatusClass::Reject),
            (0x58, false, StatusClass::Reject),
            (0x14, false, StatusClass::Throttle),
            (0x64, false, StatusClass::Retry),
            (0x64, true, StatusClass::Reject),
            (0x00, false, StatusClass::Ok),
        ] {
            assert_eq!(
                file.class(&response(status, is_nack)),
                class,
                "{status:#x} {is_nack}"
            );
        }
    }

    #[test]
    fn every_class_has_its_verdict() {
        let verdict = |status, is_nack| StatusClasses::default().verdict(&response(status, is_nack));
        let retry = |max_attempts| Verdict::Retry {
            after: None,
            max_attempts: NonZeroU32::new(max_attempts),
        };
        assert_eq!(verdict(0x00, false), Verdict::Accepted);
        assert_eq!(verdict(0x08, false), retry(0));
        assert_eq!(verdict(0x04, false), retry(0));
        assert_eq!(verdict(0xFF, false), retry(2));
        assert_eq!(verdict(0x14, false), Verdict::Throttle(Throttling::default()));
        for (status, is_nack, wants_a_person) in [
            (0x0B, false, false),
            (0x5A, false, true),
            (0x05, false, true),
            (0x0E, false, true),
            (0xFE, true, false),
        ] {
            let Verdict::Reject {
                code: None,
                reason,
                alert,
            } = verdict(status, is_nack)
            else {
                panic!("{status:#x}");
            };
            assert_eq!((alert, reason), (wants_a_person, explain(CommandStatus(status))));
        }
        let stopping = StatusClasses::from_iter([(CommandStatus(0x401), StatusClass::StopOperator)]);
        let reason = explain(CommandStatus(0x401));
        assert_eq!(
            stopping.verdict(&response(0x401, false)),
            Verdict::StopOperator { reason }
        );
    }
}
