//! The policy that messages get while a candidate is tried: the active version's answers, and nobody else's.

use super::Shadow;
use crate::ports::Policy;
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
use std::sync::Arc;

/// The active version, with a candidate that is asked after it.
pub(in crate::policy) struct Shadowed {
    active: Arc<dyn Policy>,
    shadow: Arc<Shadow>,
}

impl Shadowed {
    pub(in crate::policy) fn new(active: Arc<dyn Policy>, shadow: Arc<Shadow>) -> Self {
        Self { active, shadow }
    }

    /// The active version's answer; then the candidate is asked the same.
    fn both<A: Clone>(
        &self,
        hook: Hook,
        ask: impl FnOnce(&dyn Policy) -> Result<A, Fault>,
        question: impl FnOnce() -> Question,
        wrap: impl FnOnce(A) -> Answer,
    ) -> Result<A, Fault> {
        let started = crate::clock::now();
        let answer = ask(&*self.active);
        if self.shadow.wants(hook, &*self.active) {
            let took = crate::clock::now().saturating_duration_since(started);
            self.shadow.compare(&question(), answer.clone().map(wrap), took);
        }
        answer
    }
}

impl Policy for Shadowed {
    fn identity(&self) -> Option<&Arc<PolicyIdentity>> {
        self.active.identity()
    }

    fn settings(&self) -> Option<&Arc<str>> {
        self.active.settings()
    }

    /// Also what the candidate alone has: otherwise it would never be asked.
    fn has(&self, hook: Hook) -> bool {
        self.active.has(hook) || (!self.shadow.has_ended() && self.shadow.candidate.has(hook))
    }

    fn encoding(&self, message: &OutboundMessage) -> Result<EncodingAnswer, Fault> {
        let question = || Question::Encoding {
            message: message.clone(),
        };
        self.both(
            Hook::Encoding,
            |active| active.encoding(message),
            question,
            Answer::Encoding,
        )
    }

    fn splitting(
        &self,
        message: &OutboundMessage,
        data_coding: u8,
        octets: u32,
    ) -> Result<SplittingAnswer, Fault> {
        let question = || Question::Splitting {
            message: message.clone(),
            data_coding,
            octets,
        };
        let ask = |active: &dyn Policy| active.splitting(message, data_coding, octets);
        self.both(Hook::Splitting, ask, question, Answer::Splitting)
    }

    fn submit(
        &self,
        message: &OutboundMessage,
        pdu: &SubmitSmPdu,
        place: PartPlace,
    ) -> Result<SubmitAnswer, Fault> {
        let question = || Question::Submit {
            message: message.clone(),
            pdu: pdu.clone(),
            part: place,
        };
        let ask = |active: &dyn Policy| active.submit(message, pdu, place);
        self.both(Hook::Submit, ask, question, Answer::Submit)
    }

    fn submit_result(&self, response: &SubmitResponse, attempt: u32) -> Result<Option<Verdict>, Fault> {
        let question = || Question::SubmitResult {
            response: AskedResponse {
                response: response.clone(),
                attempt,
            },
        };
        let ask = |active: &dyn Policy| active.submit_result(response, attempt);
        self.both(Hook::SubmitResult, ask, question, Answer::SubmitResult)
    }

    fn message_key(&self, raw: &str, origin: IdOrigin) -> Result<Option<String>, Fault> {
        let question = || Question::MessageIds {
            raw: raw.to_owned(),
            origin,
        };
        let ask = |active: &dyn Policy| active.message_key(raw, origin);
        self.both(Hook::MessageIds, ask, question, Answer::MessageIds)
    }

    fn inbound(&self, pdu: &DeliverSmPdu, reading: Option<&ReceiptReading>) -> Result<InboundAnswer, Fault> {
        let question = || Question::Inbound {
            pdu: pdu.clone(),
            reading: reading.cloned(),
        };
        let ask = |active: &dyn Policy| active.inbound(pdu, reading);
        self.both(Hook::Inbound, ask, question, Answer::Inbound)
    }
}
