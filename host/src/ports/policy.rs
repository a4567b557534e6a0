//! The operator's policy, as its plugin answers it.

use chrono::{DateTime, Utc};
use smpp_domain::pdu::{DeliverSmPdu, SubmitSmPdu};
use smpp_domain::policy::failure::FailurePolicy;
use smpp_domain::policy::question::{Answer, Question};
use smpp_domain::policy::rewrite::PartPlace;
use smpp_domain::policy::{
    EncodingAnswer, Fault, Hook, IdOrigin, InboundAnswer, OutboundMessage, PolicyIdentity, SplittingAnswer,
    SubmitAnswer,
};
use smpp_domain::receipt::ReceiptReading;
use smpp_domain::session::SubmitResponse;
use smpp_domain::status::Verdict;
use std::sync::Arc;

/// One operator's policy, in one version. A hook that the plugin does not export answers `HostDefault` at no cost.
///
/// Calls are synchronous and take microseconds; each has a deadline.
pub trait Policy: Send + Sync {
    /// Which plugin this is; `None` is the built-in behaviour.
    fn identity(&self) -> Option<&Arc<PolicyIdentity>>;

    /// The settings that it works with, as a JSON document; `None` where there is no plugin.
    fn settings(&self) -> Option<&Arc<str>> {
        None
    }

    /// Whether its plugin has this hook: where it has not, there is no need to prepare a question.
    fn has(&self, hook: Hook) -> bool;

    /// Which alphabet and data_coding.
    ///
    /// # Errors
    /// A [`Fault`] when the plugin gave no usable answer; the operator's `on_failure` applies.
    fn encoding(&self, message: &OutboundMessage) -> Result<EncodingAnswer, Fault>;

    /// How a text of `octets` encoded octets is split.
    ///
    /// # Errors
    /// A [`Fault`] when the plugin gave no usable answer.
    fn splitting(
        &self,
        message: &OutboundMessage,
        data_coding: u8,
        octets: u32,
    ) -> Result<SplittingAnswer, Fault>;

    /// The last look at a part of the message before it is sent.
    ///
    /// # Errors
    /// A [`Fault`] when the plugin gave no usable answer.
    fn submit(
        &self,
        message: &OutboundMessage,
        pdu: &SubmitSmPdu,
        place: PartPlace,
    ) -> Result<SubmitAnswer, Fault>;

    /// What an answer to a submit_sm means; `None` is the operator's file, or the host's own table. `attempt` counts the
    /// tries of the part from 1.
    ///
    /// # Errors
    /// A [`Fault`] when the plugin gave no usable answer. What the operator did is done: the host's own reading stands.
    fn submit_result(&self, response: &SubmitResponse, attempt: u32) -> Result<Option<Verdict>, Fault>;

    /// The key of an operator's message id; `None` is the host's own rule.
    ///
    /// # Errors
    /// A [`Fault`] when the plugin gave no usable answer.
    fn message_key(&self, raw: &str, origin: IdOrigin) -> Result<Option<String>, Fault>;

    /// What a deliver_sm or data_sm is. `reading` is the host's own view, `None` if it saw no receipt.
    ///
    /// # Errors
    /// A [`Fault`] when the plugin gave no usable answer.
    fn inbound(&self, pdu: &DeliverSmPdu, reading: Option<&ReceiptReading>) -> Result<InboundAnswer, Fault>;

    /// Any of these questions as a value: what fixtures, replays and shadows ask.
    ///
    /// # Errors
    /// A [`Fault`] when the plugin gave no usable answer.
    fn ask(&self, question: &Question) -> Result<Answer, Fault> {
        match question {
            Question::Encoding { message } => self.encoding(message).map(Answer::Encoding),
            Question::Splitting {
                message,
                data_coding,
                octets,
            } => self
                .splitting(message, *data_coding, *octets)
                .map(Answer::Splitting),
            Question::Submit { message, pdu, part } => self.submit(message, pdu, *part).map(Answer::Submit),
            Question::SubmitResult { response } => self
                .submit_result(&response.response, response.attempt)
                .map(Answer::SubmitResult),
            Question::MessageIds { raw, origin } => self.message_key(raw, *origin).map(Answer::MessageIds),
            Question::Inbound { pdu, reading } => self.inbound(pdu, reading.as_ref()).map(Answer::Inbound),
        }
    }
}

/// Hands out an operator's policy. A message keeps the version that it was given first.
pub trait PolicySource: Send + Sync {
    /// The version that is active now.
    fn current(&self) -> Arc<dyn Policy>;

    /// Changes whenever another version has become active. Closed where none ever will.
    fn versions(&self) -> tokio::sync::watch::Receiver<u64>;

    /// What a fault means, where that has changed since the operator was loaded.
    fn on_failure(&self) -> Option<Arc<FailurePolicy>> {
        None
    }

    /// A receipt that came at this time has found its message, or was given up: what a version may do worse than the one
    /// before is bounded.
    fn receipt(&self, _received_at: DateTime<Utc>, _matched: bool) {}
}
