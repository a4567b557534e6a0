//! A pcap file with one TCP stream on port 2775, made of PDUs: raw IPv4, one segment a PDU unless it is too long.

use std::path::Path;

/// Who sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    /// From the gateway to the SMSC.
    Out,
    /// From the SMSC to the gateway.
    In,
}

/// Octets of TCP payload in one packet.
const SEGMENT: usize = 1_400;
const GATEWAY: ([u8; 4], u16) = ([10, 0, 0, 1], 40_000);
const SMSC: ([u8; 4], u16) = ([10, 0, 0, 2], 2_775);

/// Writes the PDUs in this order.
pub(crate) fn write(path: &Path, pdus: &[(Direction, Vec<u8>)]) {
    // Magic number, version 2.4, time zone, accuracy, octets kept of a packet, link type RAW (IP without a link layer).
    let mut file = Vec::new();
    file.extend(0xA1B2_C3D4_u32.to_be_bytes());
    file.extend([0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(65_535_u32.to_be_bytes());
    file.extend(101_u32.to_be_bytes());
    // The next octet of each direction.
    let (mut out, mut back) = (1_u32, 1_u32);
    let mut millis = 0_u32;
    for (direction, pdu) in pdus {
        for segment in pdu.chunks(SEGMENT) {
            let sent = u32::try_from(segment.len()).expect("a short segment");
            let packet = match direction {
                Direction::Out => packet(GATEWAY, SMSC, (out, back), segment),
                Direction::In => packet(SMSC, GATEWAY, (back, out), segment),
            };
            match direction {
                Direction::Out => out += sent,
                Direction::In => back += sent,
            }
            let length = u32::try_from(packet.len()).expect("a short packet").to_be_bytes();
            file.extend((1_700_000_000 + millis / 1_000).to_be_bytes());
            file.extend((millis % 1_000 * 1_000).to_be_bytes());
            file.extend(length);
            file.extend(length);
            file.extend(packet);
            millis += 1;
        }
    }
    std::fs::write(path, file).expect("a folder that can be written");
}

/// An IPv4 packet with a TCP segment. Checksums stay 0: nobody looks at them in a file.
fn packet(
    from: ([u8; 4], u16),
    to: ([u8; 4], u16),
    (sequence, acknowledged): (u32, u32),
    payload: &[u8],
) -> Vec<u8> {
    let total = u16::try_from(40 + payload.len()).expect("a short packet");
    let mut packet = vec![0x45, 0];
    packet.extend(total.to_be_bytes());
    // Identification, don't fragment, TTL 64, TCP, no checksum.
    packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
    packet.extend(from.0);
    packet.extend(to.0);
    packet.extend(from.1.to_be_bytes());
    packet.extend(to.1.to_be_bytes());
    packet.extend(sequence.to_be_bytes());
    packet.extend(acknowledged.to_be_bytes());
    // A header of five words, PSH and ACK, the whole window, no checksum, nothing urgent.
    packet.extend([0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]);
    packet.extend(payload);
    packet
}
