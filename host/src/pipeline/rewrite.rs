//! The policy's last look at the parts of a message. All of them are looked at before the first is sent, so that a refusal
//! leaves nothing half sent.

use super::plan::{Judge, Plan, PlanError};
use crate::ports::Policy;
use smpp_domain::dispatch::DispatchCommand;
use smpp_domain::pdu::SubmitSmPdu;
use smpp_domain::policy::rewrite::{PartPlace, differences};
use smpp_domain::policy::{Hook, OutboundMessage, SubmitAnswer};
use std::sync::Arc;

/// Lets the policy rewrite the parts of a plan that are still to be sent: those from `from` on.
///
/// # Errors
/// When the policy refuses one of them, or fails and the operator wants the message to wait or to be rejected.
pub(super) fn rewrite(
    plan: &mut Plan,
    from: u8,
    command: &DispatchCommand,
    judge: Judge<'_>,
    policy: &dyn Policy,
) -> Result<(), PlanError> {
    let Some(first) = plan.parts.first().filter(|_| policy.has(Hook::Submit)) else {
        return Ok(());
    };
    // As the other hooks have seen it: with the addresses that its parts have.
    let message = OutboundMessage::new(command, first.source.clone(), first.destination.clone());
    let count = u8::try_from(plan.parts.len()).unwrap_or(u8::MAX);
    for (number, part) in (1..=count).zip(&mut plan.parts).skip(usize::from(from) - 1) {
        if let Some(pdu) = rewritten(part, &message, PartPlace { number, count }, &judge, policy)? {
            if tracing::enabled!(tracing::Level::DEBUG) {
                let changes = differences(part, &pdu).join(", ");
                tracing::debug!(message_id = %command.message_id, number, count, changes, "rewritten by the policy");
            }
            *part = Arc::from(pdu);
        }
    }
    if let Some(first) = plan.parts.first() {
        plan.data_coding = first.data_coding;
    }
    Ok(())
}

/// What is sent in the place of a part; `None`: the part itself.
///
/// # Errors
/// As [`rewrite`].
pub(super) fn rewritten(
    part: &SubmitSmPdu,
    message: &OutboundMessage,
    place: PartPlace,
    judge: &Judge<'_>,
    policy: &dyn Policy,
) -> Result<Option<Box<SubmitSmPdu>>, PlanError> {
    match judge.verdict(policy.submit(message, part, place))? {
        None | Some(SubmitAnswer::HostDefault) => Ok(None),
        Some(SubmitAnswer::Send(pdu)) => Ok(Some(pdu)),
        Some(SubmitAnswer::Refuse(reason)) => Err(PlanError::Rejected(format!(
            "the operator's policy refused it: {reason}"
        ))),
    }
}
