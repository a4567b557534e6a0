//! What a deliver_sm or data_sm is: a receipt, a message from a subscriber, a segment of one, or nothing for us.

use crate::config::InboundConfig;
use crate::pipeline::mobile_originated::{alone, part_of};
use crate::pipeline::publish::{event, hex};
use crate::pipeline::{OperatorContext, faults};
use crate::ports::{Event, Inbound, Policy};
use smpp_domain::correlation::DlrMessageState;
use smpp_domain::event::{EventKind, UnmatchedEvent};
use smpp_domain::mobile_originated::MoPart;
use smpp_domain::pdu::{Address, CommandStatus, DeliverSmPdu};
use smpp_domain::policy::{Concatenation, Fault, InboundAnswer, OnFailure};
use smpp_domain::reassembly::Segment;
use smpp_domain::receipt::{ReceiptReading, read};
use uuid::Uuid;

/// The decision about one PDU.
pub(super) enum Interpreted {
    /// It speaks of a message of ours.
    Receipt(Box<ReceiptReading>),
    /// It becomes this event.
    Event(Box<Event>),
    /// It waits for the rest of its message.
    Segment(Box<Segment>),
    /// It is acknowledged, and nothing else.
    Ignored,
    /// The policy wants it answered so.
    Refused(CommandStatus),
    /// The policy failed, and the operator is to keep it meanwhile.
    Undecided,
}

/// Reads the PDU and lets the policy correct the reading. A policy that fails leaves the host's reading, or the PDU with the
/// operator, as `on_failure` says.
pub(super) fn interpret(context: &OperatorContext, policy: &dyn Policy, inbound: &Inbound) -> Interpreted {
    if inbound.pdu.unreadable {
        context.metrics.inbound("unreadable");
        let hint = "it cannot be read: the raw octets are its whole body";
        return Interpreted::Event(Box::new(nothing_made(context, inbound, hint)));
    }
    let (reading, answer) = read_inbound(&context.config.inbound, policy, &inbound.pdu);
    let answer = match answer {
        Ok(answer) => answer,
        Err(fault) => {
            faults::note(&context.config, &context.metrics, &fault, "reading");
            let newer = context.policies.on_failure();
            let rules = newer.as_deref().unwrap_or(&context.config.policy.on_failure);
            if rules.action(fault.hook, fault.cause) == OnFailure::Refuse {
                return Interpreted::Undecided;
            }
            InboundAnswer::HostDefault
        }
    };
    decided(context, inbound, answer, reading)
}

/// The host's own reading, and what the policy says of the PDU.
pub(in crate::pipeline) fn read_inbound(
    rules: &InboundConfig,
    policy: &dyn Policy,
    pdu: &DeliverSmPdu,
) -> (Option<ReceiptReading>, Result<InboundAnswer, Fault>) {
    let reading = read(pdu, rules.receipt_detection, rules.receipt_time_zone);
    let answer = policy.inbound(pdu, reading.as_ref());
    (reading, answer)
}

/// As the host reads it, whatever its policy would say.
pub(super) fn by_host(context: &OperatorContext, inbound: &Inbound) -> Interpreted {
    let rules = &context.config.inbound;
    let reading = read(&inbound.pdu, rules.receipt_detection, rules.receipt_time_zone);
    decided(context, inbound, InboundAnswer::HostDefault, reading)
}

fn decided(
    context: &OperatorContext,
    inbound: &Inbound,
    answer: InboundAnswer,
    reading: Option<ReceiptReading>,
) -> Interpreted {
    match (answer, reading) {
        (InboundAnswer::Receipt(reading), _) | (InboundAnswer::HostDefault, Some(reading)) => {
            context.metrics.inbound("receipt");
            if reading.unknown_word {
                context.metrics.inbound("unknown_word");
            }
            Interpreted::Receipt(Box::new(reading))
        }
        (InboundAnswer::HostDefault, None) => {
            let addresses = (inbound.pdu.source.clone(), inbound.pdu.destination.clone());
            mobile_originated(context, inbound, addresses, None, None)
        }
        (
            InboundAnswer::MobileOriginated {
                source,
                destination,
                text,
                concatenation,
            },
            _,
        ) => mobile_originated(context, inbound, (source, destination), text, concatenation),
        (InboundAnswer::Ignore(reason), _) => {
            context.metrics.inbound("ignored");
            tracing::debug!(operator = %context.config.name, reason, "inbound PDU ignored by the policy");
            Interpreted::Ignored
        }
        (InboundAnswer::Refuse(status), _) => {
            context.metrics.inbound("refused");
            Interpreted::Refused(status)
        }
    }
}

fn mobile_originated(
    context: &OperatorContext,
    inbound: &Inbound,
    addresses: (Address, Address),
    text: Option<String>,
    concatenation: Option<Concatenation>,
) -> Interpreted {
    let (part, place) = part_of(&inbound.pdu, addresses, text, concatenation);
    match place {
        Some((kind, place)) if context.config.inbound.mo_reassembly => {
            context.metrics.inbound("segment");
            Interpreted::Segment(Box::new(Segment {
                id: Uuid::now_v7(),
                kind,
                place,
                received_at: inbound.received_at,
                part,
            }))
        }
        Some((_, place)) => told(context, inbound, &part, Some(place)),
        None => told(context, inbound, &part, None),
    }
}

fn told(
    context: &OperatorContext,
    inbound: &Inbound,
    part: &MoPart,
    concatenation: Option<Concatenation>,
) -> Interpreted {
    context.metrics.inbound("mo");
    let operator = context.config.operator_id;
    Interpreted::Event(Box::new(alone(
        operator,
        part,
        concatenation,
        inbound.received_at,
    )))
}

/// Something came of which nothing can be made: its octets are kept for whoever looks into it.
pub(super) fn nothing_made(context: &OperatorContext, inbound: &Inbound, hint: &str) -> Event {
    let body = UnmatchedEvent {
        operator_id: context.config.operator_id,
        operator_message_id: String::new(),
        state: DlrMessageState::Unknown,
        raw: hex(inbound.pdu.user_data()),
        received_at: inbound.received_at,
        hint: Some(hint.to_owned()),
    };
    let dedup_id = format!("unmatched:{}", Uuid::now_v7());
    event(EventKind::Unmatched, body.operator_id, dedup_id, &body)
}
