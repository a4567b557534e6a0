//! Messages from subscribers as events.

use super::publish::{event, hex};
use crate::ports::Event;
use chrono::{DateTime, Utc};
use smpp_domain::event::{EventKind, MoEvent, TlvReport};
use smpp_domain::ids::OperatorId;
use smpp_domain::mobile_originated::{Content, MoPart, join};
use smpp_domain::pdu::{Address, DeliverSmPdu, Tlv};
use smpp_domain::policy::Concatenation;
use smpp_domain::reassembly::Assembly;
use smpp_domain::udh::{self, ReferenceKind};
use uuid::Uuid;

/// What a PDU holds of a message, and its place where it is one of several. The policy's word on both wins over the PDU's own.
pub(super) fn part_of(
    pdu: &DeliverSmPdu,
    addresses: (Address, Address),
    text: Option<String>,
    concatenation: Option<Concatenation>,
) -> (MoPart, Option<(ReferenceKind, Concatenation)>) {
    let (octets, header) = udh::user_data(pdu);
    let part = MoPart::new(pdu, octets, &header, addresses, text);
    let place = concatenation.map(|place| (ReferenceKind::Policy, place));
    // One of one is a message by itself.
    let place = place.or(header.place).filter(|(_, place)| place.total > 1);
    (part, place)
}

/// A message of one PDU; with `concatenation`, the segment of a message that is not put together here.
pub(super) fn alone(
    operator_id: OperatorId,
    part: &MoPart,
    concatenation: Option<Concatenation>,
    received_at: DateTime<Utc>,
) -> Event {
    // Subscribers may well send the same text twice: only the PDU itself, answered once, counts once.
    let id = Uuid::now_v7();
    let number = concatenation.map_or(1, |place| place.number);
    let body = MoEvent {
        complete: concatenation.is_none(),
        concatenation,
        ..body(operator_id, id, &[(number, part)], received_at)
    };
    mo(body)
}

/// A message of several PDUs, with whatever of them has come.
pub(super) fn put_together(operator_id: OperatorId, message: &Assembly) -> Event {
    let segments = message.segments.iter();
    let parts: Vec<_> = segments
        .map(|(number, segment)| (*number, &segment.part))
        .collect();
    let times = message.segments.values().map(|segment| segment.received_at);
    let received_at = times.max().unwrap_or(message.opened_at);
    let body = MoEvent {
        complete: message.is_complete(),
        missing: message.missing(),
        ..body(operator_id, message.id, &parts, received_at)
    };
    mo(body)
}

fn mo(body: MoEvent) -> Event {
    event(EventKind::Mo, body.operator_id, format!("mo:{}", body.id), &body)
}

/// What the first of the parts says of the message, and what all of them say together.
fn body(operator_id: OperatorId, id: Uuid, parts: &[(u8, &MoPart)], received_at: DateTime<Utc>) -> MoEvent {
    let first = parts.first().map(|(_, part)| *part);
    let octet = |field: fn(&MoPart) -> u8| first.map(field).unwrap_or_default();
    let text = |field: fn(&MoPart) -> &String| first.map(field).cloned().unwrap_or_default();
    let ports = first.and_then(|part| part.ports);
    let (text_of_all, data) = match join(parts.iter().copied()) {
        Content::Text(text) => (Some(text), None),
        Content::Data(octets) => (None, Some(hex(&octets))),
    };
    MoEvent {
        id,
        operator_id,
        from: text(|part| &part.source.digits),
        to: text(|part| &part.destination.digits),
        text: text_of_all,
        data,
        data_coding: octet(|part| part.data_coding),
        esm_class: octet(|part| part.esm_class),
        service_type: text(|part| &part.service_type),
        protocol_id: octet(|part| part.protocol_id),
        source_port: ports.map(|ports| ports.source),
        destination_port: ports.map(|ports| ports.destination),
        parts: u8::try_from(parts.len()).unwrap_or(u8::MAX),
        complete: true,
        missing: Vec::new(),
        concatenation: None,
        broken_header: parts.iter().any(|(_, part)| part.broken_header),
        tlvs: tlvs(parts),
        received_at,
    }
}

/// Those of all parts. What every part repeats is told once.
fn tlvs(parts: &[(u8, &MoPart)]) -> Vec<TlvReport> {
    let mut different: Vec<&Tlv> = Vec::new();
    for (index, (_, part)) in parts.iter().enumerate() {
        let known = different.len();
        let is_new = |tlv: &&Tlv| index == 0 || !different.iter().take(known).any(|other| other == tlv);
        let new: Vec<_> = part.tlvs.iter().filter(is_new).collect();
        different.extend(new);
    }
    let report = |tlv: &Tlv| TlvReport {
        tag: tlv.tag,
        value: hex(&tlv.value),
    };
    different.into_iter().map(report).collect()
}
