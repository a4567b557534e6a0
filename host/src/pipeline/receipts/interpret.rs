//! What a deliver_sm or data_sm is: a receipt, a message from a subscriber, or nothing for us.

use crate::pipeline::OperatorContext;
use crate::pipeline::publish::event;
use crate::ports::{Event, Inbound, Policy};
use smpp_domain::encoding::{Alphabet, alphabet_for_data_coding, decode};
use smpp_domain::event::{EventKind, MoEvent};
use smpp_domain::pdu::{Address, CommandStatus};
use smpp_domain::policy::{Concatenation, InboundAnswer};
use smpp_domain::receipt::{ReceiptReading, read};
use smpp_domain::udh;
use uuid::Uuid;

/// The decision about one PDU.
pub(super) enum Interpreted {
    /// It speaks of a message of ours.
    Receipt(Box<ReceiptReading>),
    /// It becomes this event.
    Event(Box<Event>),
    /// It is only answered.
    Answer(CommandStatus),
}

/// Reads the PDU and lets the policy correct the reading. A policy that fails leaves the host's reading: answering with
/// an error would make the operator send the same PDU for days.
pub(super) fn interpret(context: &OperatorContext, policy: &dyn Policy, inbound: &Inbound) -> Interpreted {
    let reading = read(&inbound.pdu, context.config.receipt_detection);
    let answer = policy.inbound(&inbound.pdu, reading.as_ref()).unwrap_or_else(|fault| {
        context.metrics.policy_fault(fault.hook.name(), fault.cause.name());
        tracing::warn!(operator = %context.config.name, %fault, "the policy gave no reading");
        InboundAnswer::HostDefault
    });
    match (answer, reading) {
        (InboundAnswer::Receipt(reading), _) | (InboundAnswer::HostDefault, Some(reading)) => {
            context.metrics.inbound("receipt");
            if reading.unknown_word {
                context.metrics.inbound("unknown_word");
            }
            Interpreted::Receipt(Box::new(reading))
        }
        (InboundAnswer::HostDefault, None) => {
            let (source, destination) = (inbound.pdu.source.clone(), inbound.pdu.destination.clone());
            mobile_originated(context, inbound, &source, &destination, None, None)
        }
        (InboundAnswer::MobileOriginated { source, destination, text, concatenation }, _) => {
            mobile_originated(context, inbound, &source, &destination, text, concatenation)
        }
        (InboundAnswer::Ignore(reason), _) => {
            context.metrics.inbound("ignored");
            tracing::debug!(operator = %context.config.name, reason, "inbound PDU ignored by the policy");
            Interpreted::Answer(CommandStatus::OK)
        }
        (InboundAnswer::Refuse(status), _) => {
            context.metrics.inbound("refused");
            Interpreted::Answer(status)
        }
    }
}

fn mobile_originated(
    context: &OperatorContext,
    inbound: &Inbound,
    source: &Address,
    destination: &Address,
    text: Option<String>,
    concatenation: Option<Concatenation>,
) -> Interpreted {
    context.metrics.inbound("mo");
    let pdu = &inbound.pdu;
    let (octets, segment) = udh::user_data(pdu);
    let alphabet = alphabet_for_data_coding(pdu.data_coding, &Alphabet::Gsm7Unpacked);
    let body = MoEvent {
        operator_id: context.config.operator_id,
        from: source.digits.clone(),
        to: destination.digits.clone(),
        text: text.unwrap_or_else(|| decode(octets, &alphabet)),
        data_coding: pdu.data_coding,
        parts: 1,
        concatenation: concatenation.or(segment),
        received_at: inbound.received_at,
    };
    // Subscribers may well send the same text twice: only the PDU itself, answered once, counts once.
    let dedup_id = format!("mo:{}", Uuid::now_v7());
    Interpreted::Event(Box::new(event(EventKind::Mo, context.config.operator_id, dedup_id, &body)))
}
