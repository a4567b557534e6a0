//! The policy of operators without a plugin.

use crate::ports::{PluginLine, Policy, PolicySource, TrialPolicy};
use smpp_domain::pdu::{DeliverSmPdu, SubmitSmPdu};
use smpp_domain::policy::rewrite::PartPlace;
use smpp_domain::policy::{
    EncodingAnswer, Fault, Hook, IdOrigin, InboundAnswer, OutboundMessage, PolicyIdentity, SplittingAnswer,
    SubmitAnswer,
};
use smpp_domain::receipt::ReceiptReading;
use smpp_domain::session::SubmitResponse;
use smpp_domain::status::Verdict;
use std::sync::Arc;
use tokio::sync::watch;

/// The policy of operators without a plugin: no opinion on anything.
#[must_use]
pub fn built_in() -> Arc<dyn PolicySource> {
    Arc::new(BuiltIn)
}

/// The same for a preview.
pub(in crate::policy) fn unasked() -> Box<dyn TrialPolicy> {
    Box::new(BuiltIn)
}

impl TrialPolicy for BuiltIn {
    fn logged(&self) -> Vec<PluginLine> {
        Vec::new()
    }

    fn memory_bytes(&self) -> usize {
        0
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct BuiltIn;

impl PolicySource for BuiltIn {
    fn current(&self) -> Arc<dyn Policy> {
        Arc::new(Self)
    }

    fn versions(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }
}

impl Policy for BuiltIn {
    fn identity(&self) -> Option<&Arc<PolicyIdentity>> {
        None
    }

    fn has(&self, _: Hook) -> bool {
        false
    }

    fn encoding(&self, _: &OutboundMessage) -> Result<EncodingAnswer, Fault> {
        Ok(EncodingAnswer::HostDefault)
    }

    fn splitting(&self, _: &OutboundMessage, _: u8, _: u32) -> Result<SplittingAnswer, Fault> {
        Ok(SplittingAnswer::HostDefault)
    }

    fn submit(&self, _: &OutboundMessage, _: &SubmitSmPdu, _: PartPlace) -> Result<SubmitAnswer, Fault> {
        Ok(SubmitAnswer::HostDefault)
    }

    fn submit_result(&self, _: &SubmitResponse, _: u32) -> Result<Option<Verdict>, Fault> {
        Ok(None)
    }

    fn message_key(&self, _: &str, _: IdOrigin) -> Result<Option<String>, Fault> {
        Ok(None)
    }

    fn inbound(&self, _: &DeliverSmPdu, _: Option<&ReceiptReading>) -> Result<InboundAnswer, Fault> {
        Ok(InboundAnswer::HostDefault)
    }
}
