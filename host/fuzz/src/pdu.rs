//! A stream from a peer that may send anything.

use super::Bytes;
use bytes::BytesMut;
use smpp_codec::frame::{Frame, FrameError, MAX_PDU, next_frame};
use smpp_codec::{Texts, command_name, decode, describe, encode, fields, redact, submit_sm};
use smpp_domain::pdu::{
    CommandStatus, DeliverSmPdu, IncomingBody, Outgoing, OutgoingBody, PduFields, find_tlv, tag,
};
use std::sync::Arc;

const SUBMIT_SM: u32 = 0x04;
const DELIVER_SM: u32 = 0x05;

/// The first octet says in which pieces the rest arrives.
///
/// Pieces do not matter; a PDU keeps its header whatever its body is; its description is one line; redacted, it is as long
/// as it was, with the same fields; and a submit_sm, or a deliver_sm that is read without a complaint, is written and read
/// again without a change.
pub fn pdu(octets: &[u8]) {
    let mut bytes = Bytes(octets);
    let piece = usize::from(bytes.octet()) + 1;
    let stream = bytes.rest();
    let whole = split(stream, stream.len().max(1));
    assert_eq!(split(stream, piece), whole);
    whole.0.iter().for_each(read);
}

/// What arrives in pieces of that many octets, and what broke the stream.
fn split(stream: &[u8], piece: usize) -> (Vec<Frame>, Option<FrameError>) {
    let mut received = BytesMut::new();
    let mut frames = Vec::new();
    for piece in stream.chunks(piece) {
        received.extend_from_slice(piece);
        loop {
            match next_frame(&mut received) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
        assert!(received.len() <= MAX_PDU + piece.len());
    }
    let taken: Vec<u8> = frames.iter().flat_map(|frame| frame.octets().to_vec()).collect();
    assert!(stream.starts_with(&taken) && stream.ends_with(&received));
    assert_eq!(taken.len() + received.len(), stream.len());
    (frames, None)
}

fn read(frame: &Frame) {
    let decoded = decode(frame);
    assert_eq!(decoded.incoming.sequence_number, frame.sequence_number());
    assert_eq!(decoded.incoming.command_status, frame.command_status());
    let line = describe(frame);
    assert!(line.starts_with(command_name(frame.command_id()).as_ref()));
    assert!(!line.contains(char::is_control), "{line:?}");
    let shown = redact(frame);
    assert_eq!(
        (shown.len(), shown.get(..16)),
        (frame.octets().len(), frame.octets().get(..16))
    );
    explain(frame, &shown);
    if let (IncomingBody::DeliverSm(pdu), None) = (decoded.incoming.body, decoded.oddity) {
        write_and_read_again(*pdu);
    }
}

/// What is hidden has the same fields. A submit_sm that has all of them is written as it was.
fn explain(frame: &Frame, shown: &[u8]) {
    let plain = fields(frame.octets(), Texts::Plain);
    let hidden = fields(shown, Texts::Redacted);
    let names = |told: &PduFields| {
        told.fields
            .iter()
            .map(|field| field.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!((names(&plain), &plain.fault), (names(&hidden), &hidden.fault));
    if frame.command_id() != SUBMIT_SM {
        return;
    }
    let Ok(pdu) = submit_sm(frame) else { return };
    let pdu = Outgoing {
        sequence_number: frame.sequence_number(),
        command_status: frame.command_status(),
        body: OutgoingBody::SubmitSm(Arc::new(pdu)),
    };
    let mut octets = BytesMut::new();
    // What is longer than the standard allows is read and not written.
    if encode(&pdu, &mut octets).is_ok() {
        assert_eq!(octets, frame.octets());
    }
}

/// A submit_sm has the fields of a deliver_sm.
fn write_and_read_again(pdu: DeliverSmPdu) {
    let two_messages = !pdu.short_message.is_empty() && find_tlv(&pdu.tlvs, tag::MESSAGE_PAYLOAD).is_some();
    let may_fail = two_messages || pdu.short_message.len() > 254;
    let mut octets = BytesMut::new();
    if let Err(error) = encode(&submit(&pdu), &mut octets) {
        assert!(may_fail, "{error}");
        assert!(octets.is_empty(), "what cannot be written leaves nothing behind");
        return;
    }
    if let Some(command_id) = octets.get_mut(4..8) {
        command_id.copy_from_slice(&DELIVER_SM.to_be_bytes());
    }
    let frame = next_frame(&mut octets).ok().flatten();
    let again = frame.map(|frame| decode(&frame));
    assert_eq!(
        again.map(|again| (again.incoming.body, again.oddity)),
        Some((IncomingBody::DeliverSm(Box::new(pdu)), None))
    );
}

fn submit(pdu: &DeliverSmPdu) -> Outgoing {
    Outgoing {
        sequence_number: 1,
        command_status: CommandStatus::OK,
        body: OutgoingBody::SubmitSm(Arc::new(pdu.into())),
    }
}
