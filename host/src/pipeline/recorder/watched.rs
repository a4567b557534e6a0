//! A policy whose calls are noted. What need not be noted costs a look at a flag.

use crate::clock;
use crate::ports::Policy;
use chrono::{DateTime, Utc};
use smpp_domain::pdu::{DeliverSmPdu, SubmitSmPdu};
use smpp_domain::policy::question::{Answer, AskedResponse, Question};
use smpp_domain::policy::rewrite::PartPlace;
use smpp_domain::policy::{
    EncodingAnswer, Fault, Hook, IdOrigin, InboundAnswer, OutboundMessage, PolicyIdentity, SplittingAnswer,
    SubmitAnswer,
};
use smpp_domain::receipt::ReceiptReading;
use smpp_domain::session::SubmitResponse;
use smpp_domain::status::Verdict;
use std::sync::{Arc, Mutex, PoisonError};

/// A hook call. Built-in behaviour is an answer too.
pub(in crate::pipeline) struct Call {
    pub(in crate::pipeline) at: DateTime<Utc>,
    /// `None`: it is about the PDU at hand.
    pub(in crate::pipeline) question: Option<Question>,
    pub(in crate::pipeline) answer: Result<Answer, Fault>,
    pub(in crate::pipeline) policy: Option<Arc<PolicyIdentity>>,
    /// As a JSON document.
    pub(super) settings: Option<Arc<str>>,
    pub(in crate::pipeline) micros: u64,
    /// Its plugin has the hook, and was asked.
    pub(in crate::pipeline) asked: bool,
}

impl Call {
    /// Question, answer, and microseconds.
    pub(in crate::pipeline) fn into_parts(self) -> (Option<Question>, Result<Answer, Fault>, u64) {
        (self.question, self.answer, self.micros)
    }
}

/// Which calls are noted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Notes {
    Nothing,
    /// Faults, and messages that the policy refuses.
    Trouble,
    All,
}

/// A policy and the calls that were noted.
pub(in crate::pipeline) struct Watched<'a> {
    policy: &'a dyn Policy,
    notes: Notes,
    calls: Mutex<Vec<Call>>,
}

impl<'a> Watched<'a> {
    /// Notes everything, or where nobody wants that, trouble; nothing where nothing is recorded.
    pub(in crate::pipeline) fn new(policy: &'a dyn Policy, on: bool, everything: bool) -> Self {
        let notes = match (on, everything) {
            (false, _) => Notes::Nothing,
            (true, false) => Notes::Trouble,
            (true, true) => Notes::All,
        };
        Self {
            policy,
            notes,
            calls: Mutex::default(),
        }
    }

    /// The calls that were noted and not taken yet.
    pub(in crate::pipeline) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks, and notes it. Where the policy lacks the hook, nobody looks at the clock for it.
    fn ask<T: Clone>(
        &self,
        hook: Hook,
        ask: impl FnOnce(&dyn Policy) -> Result<T, Fault>,
        refuses: impl FnOnce(&T) -> bool,
        question: impl FnOnce() -> Option<Question>,
        answer: impl FnOnce(T) -> Answer,
    ) -> Result<T, Fault> {
        if self.notes == Notes::Nothing {
            return ask(self.policy);
        }
        let started = self.policy.has(hook).then(clock::now);
        let result = ask(self.policy);
        let trouble = result.as_ref().map_or(true, refuses);
        if self.notes == Notes::All || trouble {
            let took = started.map(|started| clock::now().saturating_duration_since(started));
            let call = Call {
                at: clock::utc_now(),
                question: question(),
                answer: result.clone().map(answer),
                policy: self.policy.identity().cloned(),
                settings: self.policy.settings().cloned(),
                asked: started.is_some(),
                micros: took.map_or(0, |took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX)),
            };
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            calls.push(call);
        }
        result
    }
}

impl Policy for Watched<'_> {
    fn identity(&self) -> Option<&Arc<PolicyIdentity>> {
        self.policy.identity()
    }

    fn settings(&self) -> Option<&Arc<str>> {
        self.policy.settings()
    }

    /// Where everything is noted, so is that a hook is missing.
    fn has(&self, hook: Hook) -> bool {
        self.notes == Notes::All || self.policy.has(hook)
    }

    fn encoding(&self, message: &OutboundMessage) -> Result<EncodingAnswer, Fault> {
        self.ask(
            Hook::Encoding,
            |policy| policy.encoding(message),
            |_| false,
            || {
                Some(Question::Encoding {
                    message: message.clone(),
                })
            },
            Answer::Encoding,
        )
    }

    fn splitting(
        &self,
        message: &OutboundMessage,
        data_coding: u8,
        octets: u32,
    ) -> Result<SplittingAnswer, Fault> {
        self.ask(
            Hook::Splitting,
            |policy| policy.splitting(message, data_coding, octets),
            |answer| matches!(answer, SplittingAnswer::Refuse(_)),
            || {
                Some(Question::Splitting {
                    message: message.clone(),
                    data_coding,
                    octets,
                })
            },
            Answer::Splitting,
        )
    }

    fn submit(
        &self,
        message: &OutboundMessage,
        pdu: &SubmitSmPdu,
        place: PartPlace,
    ) -> Result<SubmitAnswer, Fault> {
        self.ask(
            Hook::Submit,
            |policy| policy.submit(message, pdu, place),
            |answer| matches!(answer, SubmitAnswer::Refuse(_)),
            || {
                Some(Question::Submit {
                    message: message.clone(),
                    pdu: pdu.clone(),
                    part: place,
                })
            },
            Answer::Submit,
        )
    }

    fn submit_result(&self, response: &SubmitResponse, attempt: u32) -> Result<Option<Verdict>, Fault> {
        self.ask(
            Hook::SubmitResult,
            |policy| policy.submit_result(response, attempt),
            |answer| {
                matches!(
                    answer,
                    Some(Verdict::Reject { .. } | Verdict::StopOperator { .. })
                )
            },
            || {
                let response = response.clone();
                let response = AskedResponse { response, attempt };
                Some(Question::SubmitResult { response })
            },
            Answer::SubmitResult,
        )
    }

    fn message_key(&self, raw: &str, origin: IdOrigin) -> Result<Option<String>, Fault> {
        self.ask(
            Hook::MessageIds,
            |policy| policy.message_key(raw, origin),
            |_| false,
            || {
                Some(Question::MessageIds {
                    raw: raw.to_owned(),
                    origin,
                })
            },
            Answer::MessageIds,
        )
    }

    /// The PDU is whoever asks's, who has it still when its fate is known: it is not copied for every receipt.
    fn inbound(&self, pdu: &DeliverSmPdu, reading: Option<&ReceiptReading>) -> Result<InboundAnswer, Fault> {
        self.ask(
            Hook::Inbound,
            |policy| policy.inbound(pdu, reading),
            |_| false,
            || None,
            Answer::Inbound,
        )
    }
}
