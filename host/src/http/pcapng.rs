//! `GET /api/v1/capture.pcapng?operator=&since=&until=&limit=`: the PDUs of messages whose decisions are recorded, for Wireshark.
//!
//! Their octets are redacted. The TCP and IP around them are made up: each bind is a connection from a port of ours, 40000
//! and its number, to port 2775.

use super::HttpState;
use super::decisions::{Asked, Goal, read, unavailable};
use crate::ports::PduRecord;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use smpp_domain::ids::OperatorId;
use std::collections::HashMap;

pub(super) async fn capture(
    State(state): State<HttpState>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let (recordings, wanted) = match read(&state, asked, Goal::Capture) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    match recordings.pdus.recent(wanted).await {
        Ok(mut pdus) => {
            pdus.sort_by_key(|pdu| pdu.at);
            let headers = [
                (CONTENT_TYPE, "application/x-pcapng"),
                (CONTENT_DISPOSITION, "attachment; filename=\"capture.pcapng\""),
            ];
            (headers, file(&pdus)).into_response()
        }
        Err(error) => unavailable(&error),
    }
}

/// Blocks of the format (draft-ietf-opsawg-pcapng).
const SECTION: u32 = 0x0A0D_0D0A;
const INTERFACE: u32 = 1;
const PACKET: u32 = 6;

/// Packets begin with an IPv4 header.
const LINK_IPV4: u16 = 228;

const SMPP_PORT: u16 = 2775;
const OUR_PORTS: u16 = 40_000;

/// A whole file, on little-endian terms.
fn file(pdus: &[PduRecord]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut section = Vec::new();
    section.extend(0x1A2B_3C4D_u32.to_le_bytes());
    section.extend(1_u16.to_le_bytes());
    section.extend(0_u16.to_le_bytes());
    // The section's length is not known.
    section.extend(u64::MAX.to_le_bytes());
    block(SECTION, &section, &mut file);
    let mut interface = Vec::new();
    interface.extend(LINK_IPV4.to_le_bytes());
    interface.extend(0_u16.to_le_bytes());
    // Packets are not cut.
    interface.extend(0_u32.to_le_bytes());
    block(INTERFACE, &interface, &mut file);
    let mut streams = Streams::default();
    for pdu in pdus {
        let Ok(octets) = hex::decode(&pdu.octets) else {
            continue;
        };
        let packet = streams.packet(pdu, &octets);
        let micros = u64::try_from(pdu.at.timestamp_micros())
            .unwrap_or_default()
            .to_le_bytes();
        let [low @ .., _, _, _, _] = micros;
        let [_, _, _, _, high @ ..] = micros;
        let length = u32::try_from(packet.len()).unwrap_or(u32::MAX).to_le_bytes();
        let mut body = Vec::with_capacity(packet.len() + 24);
        body.extend(0_u32.to_le_bytes());
        body.extend(high);
        body.extend(low);
        body.extend(length);
        body.extend(length);
        body.extend(packet);
        body.resize(body.len().next_multiple_of(4), 0);
        block(PACKET, &body, &mut file);
    }
    file
}

fn block(kind: u32, body: &[u8], file: &mut Vec<u8>) {
    let length = u32::try_from(body.len() + 12).unwrap_or(u32::MAX).to_le_bytes();
    file.extend(kind.to_le_bytes());
    file.extend(length);
    file.extend(body);
    file.extend(length);
}

/// The made-up connections, with the octets that each side has sent.
#[derive(Default)]
struct Streams {
    hosts: HashMap<OperatorId, u8>,
    sent: HashMap<(OperatorId, usize), (u32, u32)>,
}

impl Streams {
    /// IPv4, TCP and the PDU.
    fn packet(&mut self, pdu: &PduRecord, octets: &[u8]) -> Vec<u8> {
        let next = u8::try_from(self.hosts.len() % 254).unwrap_or_default() + 1;
        let host = *self.hosts.entry(pdu.operator_id).or_insert(next);
        let (ours, theirs) = self.sent.entry((pdu.operator_id, pdu.bind)).or_insert((1, 1));
        let (sequence, acknowledged) = if pdu.sent {
            (*ours, *theirs)
        } else {
            (*theirs, *ours)
        };
        let length = u32::try_from(octets.len()).unwrap_or_default();
        let counter = if pdu.sent { ours } else { theirs };
        *counter = counter.wrapping_add(length);
        let port = OUR_PORTS.saturating_add(u16::try_from(pdu.bind).unwrap_or(u16::MAX));
        let (us, them) = (([10, 0, 0, 1], port), ([10, 0, 1, host], SMPP_PORT));
        let (from, to) = if pdu.sent { (us, them) } else { (them, us) };

        let mut tcp = Vec::with_capacity(20 + octets.len());
        tcp.extend(from.1.to_be_bytes());
        tcp.extend(to.1.to_be_bytes());
        tcp.extend(sequence.to_be_bytes());
        tcp.extend(acknowledged.to_be_bytes());
        // A header of five words; PSH and ACK; a window; the checksum, and nothing urgent.
        tcp.extend([0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]);
        tcp.extend(octets);
        let tcp_length = u16::try_from(tcp.len()).unwrap_or(u16::MAX);
        let mut pseudo = Vec::with_capacity(12);
        pseudo.extend(from.0);
        pseudo.extend(to.0);
        pseudo.extend([0, 6]);
        pseudo.extend(tcp_length.to_be_bytes());
        let sum = checksum(&[&pseudo, &tcp]);
        put(&mut tcp, 16, sum);

        let mut packet = Vec::with_capacity(20 + tcp.len());
        packet.extend([0x45, 0]);
        packet.extend(tcp_length.saturating_add(20).to_be_bytes());
        packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        packet.extend(from.0);
        packet.extend(to.0);
        let sum = checksum(&[&packet]);
        put(&mut packet, 10, sum);
        packet.extend(tcp);
        packet
    }
}

fn put(octets: &mut [u8], at: usize, sum: u16) {
    if let Some(place) = octets.get_mut(at..at + 2) {
        place.copy_from_slice(&sum.to_be_bytes());
    }
}

/// The internet checksum (RFC 1071) over all of it. Every part but the last has an even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u32;
    for part in parts {
        let (pairs, odd) = part.as_chunks();
        sum += pairs
            .iter()
            .map(|pair| u32::from(u16::from_be_bytes(*pair)))
            .sum::<u32>();
        sum += odd.first().map_or(0, |octet| u32::from(*octet) << 8);
    }
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or_default()
}
