//! Splits a byte stream into PDUs by command_length alone (SMPP 3.4 section 3.2).
//!
//! No body is looked at here, so that a body nobody can read costs one PDU and leaves the stream in step. Only a
//! length that cannot be one breaks the stream: what follows it has no known beginning.

use bytes::{Buf, Bytes, BytesMut};
use smpp_domain::pdu::{CommandStatus, Outgoing, OutgoingBody};

/// Octets of the PDU header: command_length, command_id, command_status, sequence_number.
pub const HEADER: usize = 16;

/// The longest PDU taken or sent, in octets: a message_payload of 64 KiB and 1 KiB for the other fields.
pub const MAX_PDU: usize = 65 * 1024;

/// One whole PDU. Cloning copies nothing. Its octets are its own: were they the read buffer's, one PDU that waits for something would keep
/// all that was read together with it, and each read would need a new buffer.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    octets: Bytes,
    command_id: u32,
    command_status: CommandStatus,
    sequence_number: u32,
}

impl Frame {
    /// As on the wire; bit 31 marks a response.
    #[must_use]
    pub fn command_id(&self) -> u32 {
        self.command_id
    }

    /// As on the wire; peers put anything into requests.
    #[must_use]
    pub fn command_status(&self) -> CommandStatus {
        self.command_status
    }

    /// As on the wire: peers use 0 and values above 0x7FFFFFFF too.
    #[must_use]
    pub fn sequence_number(&self) -> u32 {
        self.sequence_number
    }

    /// What follows the header; empty for header-only PDUs.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.octets.get(HEADER..).unwrap_or_default()
    }

    /// The whole PDU, header included.
    #[must_use]
    pub fn octets(&self) -> &Bytes {
        &self.octets
    }

    /// The first PDU of those octets, copied: for captures, previews and what was just encoded.
    ///
    /// # Errors
    /// As [`next_frame`].
    pub fn copy_of(octets: &[u8]) -> Result<Option<Self>, FrameError> {
        next_frame(&mut BytesMut::from(octets))
    }
}

/// Headers only: a body holds numbers and texts, which do not belong into logs.
impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frame")
            .field("command_id", &format_args!("0x{:08X}", self.command_id))
            .field("command_status", &self.command_status)
            .field("sequence_number", &self.sequence_number)
            .field("octets", &self.octets.len())
            .finish()
    }
}

/// The stream cannot be split any further. Send [`FrameError::nack`] and close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Shorter than its own header.
    #[error(
        "command_length {command_length} is shorter than the header of {HEADER} octets, so the next PDU cannot be \
         found: the connection is closed and bound again; if this repeats, check that host and port are the \
         operator's SMPP port"
    )]
    TooShort {
        /// As on the wire.
        command_length: u32,
    },
    /// Longer than [`MAX_PDU`].
    #[error(
        "command_length {command_length} is over the limit of {MAX_PDU} octets, so the next PDU cannot be found: \
         the connection is closed and bound again; if this repeats, {}", mend(*command_length)
    )]
    TooLong {
        /// As on the wire.
        command_length: u32,
    },
}

impl FrameError {
    /// The last PDU for this connection: status 0x02, and sequence 0 because the original cannot be read
    /// (SMPP 3.4 section 4.3.1).
    #[must_use]
    pub fn nack(&self) -> Outgoing {
        Outgoing {
            sequence_number: 0,
            command_status: CommandStatus::INVALID_COMMAND_LENGTH,
            body: OutgoingBody::GenericNack,
        }
    }
}

/// Takes the next whole PDU from the front of the buffer; `None` until it is complete.
///
/// Never reserves: memory grows with what arrives, not with what a length claims. A length is judged as soon as its
/// four octets are there, so a buffer that is read until this refuses or succeeds stays within [`MAX_PDU`] and one
/// read.
///
/// # Errors
/// [`FrameError`] when command_length is below [`HEADER`] or above [`MAX_PDU`]; the buffer is left as it was.
pub fn next_frame(buf: &mut BytesMut) -> Result<Option<Frame>, FrameError> {
    let mut header: &[u8] = buf;
    if header.len() < size_of::<u32>() {
        return Ok(None);
    }
    let command_length = header.get_u32();
    let length = usize::try_from(command_length).unwrap_or(usize::MAX);
    if length < HEADER {
        return Err(FrameError::TooShort { command_length });
    }
    if length > MAX_PDU {
        return Err(FrameError::TooLong { command_length });
    }
    if buf.len() < length {
        return Ok(None);
    }
    let command_id = header.get_u32();
    let command_status = CommandStatus(header.get_u32());
    let sequence_number = header.get_u32();
    let octets = Bytes::copy_from_slice(buf.get(..length).unwrap_or_default());
    buf.advance(length);
    Ok(Some(Frame {
        octets,
        command_id,
        command_status,
        sequence_number,
    }))
}

/// What a length that is none betrays about the peer: the first octets of TLS records and HTTP answers.
fn mend(command_length: u32) -> &'static str {
    match command_length.to_be_bytes() {
        [0x14..=0x17, 0x03, ..] => "set tls = true for the session: the peer speaks TLS",
        [b'H', b'T', b'T', b'P'] => "correct host and port: the peer speaks HTTP",
        _ => "check that host and port are the operator's SMPP port, and whether it wants tls",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BufMut;

    fn pdu(sequence_number: u32, body: &[u8]) -> Vec<u8> {
        let mut octets = Vec::new();
        octets.put_u32(u32::try_from(HEADER + body.len()).unwrap());
        octets.put_u32(0x8000_0004);
        octets.put_u32(0x58);
        octets.put_u32(sequence_number);
        octets.put_slice(body);
        octets
    }

    #[test]
    fn header_and_body_are_what_was_sent() {
        let frame = Frame::copy_of(&pdu(0x806A_179B, b"id\0")).unwrap().unwrap();
        assert_eq!(frame.command_id(), 0x8000_0004);
        assert_eq!(frame.command_status(), CommandStatus::THROTTLED);
        assert_eq!(frame.sequence_number(), 0x806A_179B);
        assert_eq!(frame.body(), b"id\0");
        assert_eq!(frame.octets().len(), 19);
    }

    #[test]
    fn any_fragmentation_gives_the_same_frames() {
        let stream = [pdu(1, b""), pdu(2, b"abc\0"), pdu(0, &[0xFF; 300])].concat();
        for chunk in [1, 2, 3, 15, 16, 17, 100, stream.len()] {
            let mut buf = BytesMut::new();
            let mut seen = Vec::new();
            for piece in stream.chunks(chunk) {
                buf.extend_from_slice(piece);
                while let Some(frame) = next_frame(&mut buf).unwrap() {
                    seen.push((frame.sequence_number(), frame.body().len()));
                }
            }
            assert_eq!(seen, [(1, 0), (2, 4), (0, 300)], "chunks of {chunk}");
            assert!(buf.is_empty());
        }
    }

    #[test]
    fn a_long_pdu_reserves_nothing_up_front() {
        let mut buf = BytesMut::from(&[0x00, 0x01, 0x04, 0x00, 0, 0, 0, 5][..]);
        let before = buf.capacity();
        assert_eq!(next_frame(&mut buf), Ok(None));
        assert_eq!((buf.len(), buf.capacity()), (8, before));
    }

    #[test]
    fn lengths_are_judged_at_their_limits_and_after_four_octets() {
        let of = |length: u32| next_frame(&mut BytesMut::from(&length.to_be_bytes()[..]));
        assert_eq!(of(0), Err(FrameError::TooShort { command_length: 0 }));
        assert_eq!(of(15), Err(FrameError::TooShort { command_length: 15 }));
        assert_eq!(of(16), Ok(None));
        assert_eq!(of(66_560), Ok(None));
        assert_eq!(
            of(66_561),
            Err(FrameError::TooLong {
                command_length: 66_561
            })
        );
        assert_eq!(
            of(u32::MAX),
            Err(FrameError::TooLong {
                command_length: u32::MAX
            })
        );
        assert_eq!(next_frame(&mut BytesMut::from(&[0xFF; 3][..])), Ok(None));
    }

    #[test]
    fn a_refusal_names_the_length_and_the_mend() {
        let told = FrameError::TooLong {
            command_length: 0x1503_0300,
        }
        .to_string();
        assert!(
            told.contains("352518912") && told.contains("66560") && told.contains("tls = true"),
            "{told}"
        );
        let told = FrameError::TooShort { command_length: 7 }.to_string();
        assert!(
            told.contains("command_length 7") && told.contains("host and port"),
            "{told}"
        );
        let nack = FrameError::TooShort { command_length: 7 }.nack();
        assert_eq!((nack.sequence_number, nack.command_status.0), (0, 2));
    }

    #[test]
    fn debug_shows_no_octet_of_the_body() {
        let frame = Frame::copy_of(&pdu(9, b"491700000089\0")).unwrap().unwrap();
        assert_eq!(
            format!("{frame:?}"),
            "Frame { command_id: 0x80000004, command_status: 0x00000058, sequence_number: 9, octets: 29 }"
        );
    }
}
