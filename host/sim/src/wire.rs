//! The few parts of the SMPP 3.4 wire format that an SMSC needs: headers, C-octet strings and TLVs.

pub(crate) mod submit;

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Octets in every PDU header (SMPP 3.4 section 3.2).
pub(crate) const HEADER: usize = 16;

/// The longest PDU that is read: a message_payload of 64 KiB and its submit_sm.
pub(crate) const MAX_PDU: usize = 64 * 1024 + 1024;

/// Command ids (SMPP 3.4 section 5.1.2.1).
pub(crate) mod command {
    pub(crate) const RESPONSE: u32 = 0x8000_0000;
    pub(crate) const GENERIC_NACK: u32 = 0x8000_0000;
    pub(crate) const BIND_RECEIVER: u32 = 0x01;
    pub(crate) const BIND_TRANSMITTER: u32 = 0x02;
    pub(crate) const SUBMIT_SM: u32 = 0x04;
    pub(crate) const SUBMIT_SM_RESP: u32 = 0x8000_0004;
    pub(crate) const DELIVER_SM: u32 = 0x05;
    pub(crate) const DELIVER_SM_RESP: u32 = 0x8000_0005;
    pub(crate) const UNBIND: u32 = 0x06;
    pub(crate) const UNBIND_RESP: u32 = 0x8000_0006;
    pub(crate) const BIND_TRANSCEIVER: u32 = 0x09;
    pub(crate) const OUTBIND: u32 = 0x0B;
    pub(crate) const ENQUIRE_LINK: u32 = 0x15;
}

/// The command_status values that scripts use most (SMPP 3.4 section 5.1.3).
pub mod status {
    /// ESME_ROK.
    pub const OK: u32 = 0x00;
    /// ESME_RINVCMDLEN.
    pub const INVALID_COMMAND_LENGTH: u32 = 0x02;
    /// ESME_RINVCMDID.
    pub const INVALID_COMMAND_ID: u32 = 0x03;
    /// ESME_RINVBNDSTS.
    pub const INVALID_BIND_STATUS: u32 = 0x04;
    /// ESME_RALYBND.
    pub const ALREADY_BOUND: u32 = 0x05;
    /// ESME_RSYSERR.
    pub const SYSTEM_ERROR: u32 = 0x08;
    /// ESME_RINVDSTADR.
    pub const INVALID_DESTINATION: u32 = 0x0B;
    /// ESME_RBINDFAIL.
    pub const BIND_FAILED: u32 = 0x0D;
    /// ESME_RINVPASWD.
    pub const INVALID_PASSWORD: u32 = 0x0E;
    /// ESME_RMSGQFUL.
    pub const QUEUE_FULL: u32 = 0x14;
    /// ESME_RINVESMCLASS.
    pub const INVALID_ESM_CLASS: u32 = 0x43;
    /// ESME_RSUBMITFAIL.
    pub const SUBMIT_FAILED: u32 = 0x45;
    /// ESME_RTHROTTLED.
    pub const THROTTLED: u32 = 0x58;
    /// ESME_RX_T_APPN: "try this deliver_sm again later".
    pub const TEMPORARY_APP_ERROR: u32 = 0x64;
}

/// The optional parameters that scripts use most (SMPP 3.4 section 5.3.2).
pub mod tag {
    /// receipted_message_id.
    pub const RECEIPTED_MESSAGE_ID: u16 = 0x001E;
    /// sar_msg_ref_num.
    pub const SAR_REFERENCE: u16 = 0x020C;
    /// sar_total_segments.
    pub const SAR_TOTAL: u16 = 0x020E;
    /// sar_segment_seqnum.
    pub const SAR_PART: u16 = 0x020F;
    /// sc_interface_version.
    pub const INTERFACE_VERSION: u16 = 0x0210;
    /// message_payload.
    pub const MESSAGE_PAYLOAD: u16 = 0x0424;
    /// message_state.
    pub const MESSAGE_STATE: u16 = 0x0427;
}

/// One optional parameter, kept as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tlv {
    /// The parameter tag.
    pub tag: u16,
    /// The value, without its length field.
    pub value: Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) length: usize,
    pub(crate) command: u32,
    pub(crate) status: u32,
    pub(crate) sequence: u32,
}

impl Header {
    /// `None` until 16 octets are there.
    pub(crate) fn peek(mut octets: &[u8]) -> Option<Self> {
        if octets.len() < HEADER {
            return None;
        }
        Some(Self {
            length: usize::try_from(octets.get_u32()).unwrap_or(usize::MAX),
            command: octets.get_u32(),
            status: octets.get_u32(),
            sequence: octets.get_u32(),
        })
    }
}

/// Appends one PDU; the length is filled in after the body is written.
pub(crate) fn put_pdu(
    out: &mut BytesMut,
    command: u32,
    status: u32,
    sequence: u32,
    body: impl FnOnce(&mut BytesMut),
) {
    let start = out.len();
    out.put_u32(0);
    out.put_u32(command);
    out.put_u32(status);
    out.put_u32(sequence);
    body(out);
    let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    if let Some(field) = out.get_mut(start..start + 4) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}

/// A PDU of a header alone.
pub(crate) fn put_header(out: &mut BytesMut, command: u32, status: u32, sequence: u32) {
    put_pdu(out, command, status, sequence, |_| {});
}

/// Appends `text` and its NUL.
pub(crate) fn put_c_string(out: &mut BytesMut, text: &[u8]) {
    out.put_slice(text);
    out.put_u8(0);
}

/// Appends one TLV. Values beyond 65,535 octets are cut: the length field has 16 bits.
pub(crate) fn put_tlv(out: &mut BytesMut, tag: u16, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.put_u16(tag);
    out.put_u16(length);
    out.put_slice(value.get(..usize::from(length)).unwrap_or_default());
}

/// Takes a C-octet string from the front; one without NUL goes to the end of the body, as some peers send it.
pub(crate) fn take_c_string<'a>(octets: &mut &'a [u8]) -> &'a [u8] {
    let whole = *octets;
    let end = whole.iter().position(|octet| *octet == 0);
    let (text, rest) = match end {
        Some(end) => (whole.get(..end), whole.get(end + 1..)),
        None => (Some(whole), None),
    };
    *octets = rest.unwrap_or_default();
    text.unwrap_or_default()
}

pub(crate) fn take_u8(octets: &mut &[u8]) -> Option<u8> {
    let (first, rest) = octets.split_first()?;
    *octets = rest;
    Some(*first)
}

/// Walks the TLVs of a body's tail. A TLV whose length goes beyond the PDU ends the walk.
pub(crate) fn tlvs(mut octets: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        if octets.len() < 4 {
            return None;
        }
        let tag = octets.get_u16();
        let length = usize::from(octets.get_u16());
        let (value, rest) = octets.split_at_checked(length)?;
        octets = rest;
        Some((tag, value))
    })
}
