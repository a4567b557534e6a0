//! The path of a message or a PDU without its ends: what would be sent, and what would be read. The same functions decide
//! here as on live traffic; whatever they count is thrown away.

use super::mobile_originated::{alone, part_of};
use super::plan::{Judge, Plan, PlanError, plan};
use super::receipts::read_inbound;
use super::recorder::Watched;
use super::rewrite::{rewrite, rewritten};
use crate::config::OperatorConfig;
use crate::metrics::Metrics;
use crate::ports::Policy;
use chrono::{DateTime, Utc};
use smpp_domain::dispatch::DispatchCommand;
use smpp_domain::pdu::{DeliverSmPdu, SubmitSmPdu};
use smpp_domain::policy::question::{Answer, Question};
use smpp_domain::policy::{Fault, Hook, IdOrigin, InboundAnswer, OutboundMessage};
use smpp_domain::receipt::message_id::default_key;
use smpp_domain::receipt::{ReceiptIdOrigin, ReceiptReading};

/// A hook call of a rehearsal.
pub struct RehearsedCall {
    /// What was asked.
    pub question: Question,
    /// What was answered.
    pub answer: Result<Answer, Fault>,
    /// How long it took.
    pub micros: u64,
}

/// What a PDU of the operator would be taken for.
pub struct Read {
    /// What the policy said; of one that failed, the fault.
    pub answer: Result<InboundAnswer, Fault>,
    /// What stands: the policy's reading, or the gateway's own.
    pub reading: Option<ReceiptReading>,
    /// By which its message would be looked for, best first.
    pub keys: Vec<String>,
    /// What would be published of a message from a subscriber: the body of `smpp.mo`. A segment waits for the others first.
    pub message: Option<serde_json::Value>,
}

/// The reference of the parts of a rehearsed message: on live traffic it is the next one of the destination.
pub const REFERENCE: u16 = 1;

/// What would be sent for a command.
///
/// # Errors
/// Why nothing would be sent, as on live traffic.
pub fn rehearse(
    command: &DispatchCommand,
    now: DateTime<Utc>,
    operator: &OperatorConfig,
    policy: &dyn Policy,
) -> (Result<Plan, PlanError>, Vec<RehearsedCall>) {
    let metrics = Metrics::default().operator(&operator.name);
    let watched = Watched::new(policy, true, true);
    let on_failure = &operator.policy.on_failure;
    let planned = plan(
        command,
        now,
        operator,
        &watched,
        on_failure,
        &metrics,
        &mut || REFERENCE,
    );
    let planned = planned.and_then(|mut plan| {
        let judge = Judge::new(operator, on_failure, &metrics);
        rewrite(&mut plan, 1, command, judge, &watched)?;
        Ok(plan)
    });
    (planned, calls(&watched, None))
}

/// What would be sent in the place of a submit_sm that is there already. Its message is known by what it says itself: of one of
/// several parts the text is that of the part.
///
/// # Errors
/// Why nothing would be sent, as on live traffic.
pub fn rehearse_submit(
    pdu: &SubmitSmPdu,
    operator: &OperatorConfig,
    policy: &dyn Policy,
) -> (Result<SubmitSmPdu, PlanError>, Vec<RehearsedCall>) {
    let metrics = Metrics::default().operator(&operator.name);
    let watched = Watched::new(policy, true, true);
    let judge = Judge::new(operator, &operator.policy.on_failure, &metrics);
    let (message, place) = OutboundMessage::of_part(pdu);
    let sent = if policy.has(Hook::Submit) {
        rewritten(pdu, &message, place, &judge, &watched)
    } else {
        Ok(None)
    };
    let sent = sent.map(|sent| sent.map_or_else(|| pdu.clone(), |sent| *sent));
    (sent, calls(&watched, None))
}

/// What a deliver_sm or data_sm would be taken for.
pub fn rehearse_inbound(
    pdu: &DeliverSmPdu,
    operator: &OperatorConfig,
    policy: &dyn Policy,
) -> (Read, Vec<RehearsedCall>) {
    let watched = Watched::new(policy, true, true);
    let (host, answer) = read_inbound(&operator.inbound, &watched, pdu);
    let reading = match &answer {
        Ok(InboundAnswer::Receipt(reading)) => Some(reading.clone()),
        Ok(InboundAnswer::HostDefault) | Err(_) => host.clone(),
        Ok(_) => None,
    };
    let mut keys: Vec<_> = reading
        .iter()
        .flat_map(ids)
        .filter(|(raw, _)| !raw.is_empty())
        .map(|(raw, origin)| {
            let key = watched.message_key(raw, origin).ok().flatten();
            key.unwrap_or_else(|| default_key(raw))
        })
        .collect();
    keys.dedup();
    let message = match &answer {
        _ if reading.is_some() => None,
        Ok(answer) => message(pdu, operator, answer),
        Err(_) => message(pdu, operator, &InboundAnswer::HostDefault),
    };
    let asked = Question::Inbound {
        pdu: pdu.clone(),
        reading: host,
    };
    let read = Read {
        answer,
        reading,
        keys,
        message,
    };
    (read, calls(&watched, Some(&asked)))
}

fn message(
    pdu: &DeliverSmPdu,
    operator: &OperatorConfig,
    answer: &InboundAnswer,
) -> Option<serde_json::Value> {
    let (addresses, text, place) = match answer {
        InboundAnswer::HostDefault => ((pdu.source.clone(), pdu.destination.clone()), None, None),
        InboundAnswer::MobileOriginated {
            source,
            destination,
            text,
            concatenation,
        } => (
            (source.clone(), destination.clone()),
            text.clone(),
            *concatenation,
        ),
        _ => return None,
    };
    let (part, place) = part_of(pdu, addresses, text, place);
    let place = place.map(|(_, place)| place);
    let event = alone(operator.operator_id, &part, place, crate::clock::utc_now());
    serde_json::from_slice(&event.payload).ok()
}

/// One hook call.
pub fn rehearse_call(question: &Question, policy: &dyn Policy) -> Vec<RehearsedCall> {
    let watched = Watched::new(policy, true, true);
    // It is among the calls, which is where it is read.
    drop(Policy::ask(&watched, question));
    calls(&watched, Some(question))
}

/// The ids of a receipt, best first.
pub(super) fn ids(reading: &ReceiptReading) -> impl Iterator<Item = (&str, IdOrigin)> {
    let first = match reading.origin {
        ReceiptIdOrigin::Text => IdOrigin::ReceiptText,
        ReceiptIdOrigin::Tlv => IdOrigin::ReceiptTlv,
    };
    let text = reading.text_id.as_deref().map(|id| (id, IdOrigin::ReceiptText));
    [(reading.message_id.as_str(), first)].into_iter().chain(text)
}

/// `about` is what was asked where that is not noted with the call.
fn calls(watched: &Watched<'_>, about: Option<&Question>) -> Vec<RehearsedCall> {
    let noted = watched.take_calls().into_iter();
    noted
        .filter_map(|call| {
            let (question, answer, micros) = call.into_parts();
            Some(RehearsedCall {
                question: question.or_else(|| about.cloned())?,
                answer,
                micros,
            })
        })
        .collect()
}
