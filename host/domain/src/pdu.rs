//! The parameters of the PDUs that the gateway sends and reads, as values.
//!
//! How they look on the wire is the SMPP adapter's business; here is what they say. Text fields are *octet text*:
//! each wire octet 0x00..=0xFF is the character U+0000..=U+00FF, so that a field which is not ASCII survives.

mod bind;
mod fields;

pub use bind::{BindMode, BindRequest};
pub use fields::{PduField, PduFields};

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Turns wire octets into octet text.
#[must_use]
pub fn octet_text(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        // As most of it is; then the octets are the text.
        Ok(text) if text.is_ascii() => text.to_owned(),
        Ok(_) | Err(_) => octets.iter().map(|&octet| char::from(octet)).collect(),
    }
}

/// Turns octet text into wire octets. Characters above U+00FF, which octet text cannot hold, become `?`.
#[must_use]
pub fn text_octets(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
        .collect()
}

/// `command_status` as on the wire (SMPP 3.4 section 5.1.3). Vendors use values outside their range: it stays a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandStatus(pub u32);

impl CommandStatus {
    /// ESME_ROK: no error.
    pub const OK: Self = Self(0x00);
    /// ESME_RINVCMDLEN: command length is invalid.
    pub const INVALID_COMMAND_LENGTH: Self = Self(0x02);
    /// ESME_RINVCMDID: invalid command id.
    pub const INVALID_COMMAND_ID: Self = Self(0x03);
    /// ESME_RINVBNDSTS: incorrect bind status for the command.
    pub const INVALID_BIND_STATUS: Self = Self(0x04);
    /// ESME_RALYBND: already in bound state.
    pub const ALREADY_BOUND: Self = Self(0x05);
    /// ESME_RSYSERR: system error.
    pub const SYSTEM_ERROR: Self = Self(0x08);
    /// ESME_RBINDFAIL: bind failed.
    pub const BIND_FAILED: Self = Self(0x0D);
    /// ESME_RINVPASWD: invalid password.
    pub const INVALID_PASSWORD: Self = Self(0x0E);
    /// ESME_RINVSYSID: invalid system id.
    pub const INVALID_SYSTEM_ID: Self = Self(0x0F);
    /// ESME_RMSGQFUL: message queue full.
    pub const MESSAGE_QUEUE_FULL: Self = Self(0x14);
    /// ESME_RTHROTTLED: throttling error.
    pub const THROTTLED: Self = Self(0x58);
    /// ESME_RX_T_APPN: ESME receiver temporary error; the operator keeps the PDU and sends it again.
    pub const RECEIVER_TEMPORARY_ERROR: Self = Self(0x64);

    /// Whether this is ESME_ROK.
    #[must_use]
    pub fn is_ok(self) -> bool {
        self == Self::OK
    }
}

impl fmt::Display for CommandStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08X}", self.0)
    }
}

impl fmt::Debug for CommandStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Tags of the optional parameters that the gateway itself reads or writes (SMPP 3.4 section 5.3.2).
pub mod tag {
    /// `dest_addr_subunit`: 1 octet; 1 is the phone's display.
    pub const DEST_ADDR_SUBUNIT: u16 = 0x0005;
    /// `receipted_message_id`: C-octet string, up to 65 octets with its NUL.
    pub const RECEIPTED_MESSAGE_ID: u16 = 0x001E;
    /// `sar_msg_ref_num`: 2 octets.
    pub const SAR_MSG_REF_NUM: u16 = 0x020C;
    /// `sar_total_segments`: 1 octet.
    pub const SAR_TOTAL_SEGMENTS: u16 = 0x020E;
    /// `sar_segment_seqnum`: 1 octet, from 1.
    pub const SAR_SEGMENT_SEQNUM: u16 = 0x020F;
    /// `ms_availability_status`: 1 octet.
    pub const MS_AVAILABILITY_STATUS: u16 = 0x0422;
    /// `network_error_code`: network type (1 octet) and code (2 octets).
    pub const NETWORK_ERROR_CODE: u16 = 0x0423;
    /// `message_payload`: replaces short_message; sm_length is 0 then.
    pub const MESSAGE_PAYLOAD: u16 = 0x0424;
    /// `more_messages_to_send`: 1 octet.
    pub const MORE_MESSAGES_TO_SEND: u16 = 0x0426;
    /// `message_state`: 1 octet.
    pub const MESSAGE_STATE: u16 = 0x0427;
}

/// One optional parameter. Order and duplicates are kept.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Tlv {
    /// Vendor tags live in 0x1400..=0x3FFF, and elsewhere.
    pub tag: u16,
    /// The value octets, as on the wire.
    pub value: Vec<u8>,
}

/// The first TLV of that tag.
#[must_use]
pub fn find_tlv(tlvs: &[Tlv], tag: u16) -> Option<&[u8]> {
    tlvs.iter()
        .find(|tlv| tlv.tag == tag)
        .map(|tlv| tlv.value.as_slice())
}

/// An address as on the wire. Its Debug output is masked: phone numbers do not belong into logs.
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Address {
    /// Type of number (SMPP 3.4 section 5.2.5).
    pub ton: u8,
    /// Numbering plan indicator (SMPP 3.4 section 5.2.6).
    pub npi: u8,
    /// Octet text, at most 20 octets.
    pub digits: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}/{} {})", self.ton, self.npi, masked(&self.digits))
    }
}

/// A phone number with all but its last two characters hidden, for logs: `**********89`.
#[must_use]
pub fn masked(number: &str) -> String {
    let count = number.chars().count();
    number
        .chars()
        .enumerate()
        .map(|(i, c)| if i + 2 < count { '*' } else { c })
        .collect()
}

/// Bits of `esm_class` (SMPP 3.4 section 5.2.12).
pub mod esm_class {
    /// Bits 5-2: the message type.
    pub const TYPE_MASK: u8 = 0x3C;
    /// MC delivery receipt.
    pub const DELIVERY_RECEIPT: u8 = 0x04;
    /// Intermediate delivery notification.
    pub const INTERMEDIATE_NOTIFICATION: u8 = 0x20;
    /// User data header indicator.
    pub const UDHI: u8 = 0x40;
}

/// The parameters of one submit_sm (SMPP 3.4 section 4.4): one part, ready for the wire.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SubmitSmPdu {
    /// At most 5 octets.
    pub service_type: String,
    /// Sender.
    pub source: Address,
    /// Recipient.
    pub destination: Address,
    /// See [`esm_class`].
    pub esm_class: u8,
    /// GSM protocol identifier.
    pub protocol_id: u8,
    /// 0..=3.
    pub priority_flag: u8,
    /// SMPP time (section 7.1.1) or empty.
    pub schedule_delivery_time: String,
    /// SMPP time (section 7.1.1) or empty.
    pub validity_period: String,
    /// Which receipts are asked for (section 5.2.17).
    pub registered_delivery: u8,
    /// 1 replaces an earlier message of the same service_type and addresses.
    pub replace_if_present: u8,
    /// The octet on the wire (section 5.2.19).
    pub data_coding: u8,
    /// A message kept at the SMSC; 0 for none.
    pub sm_default_msg_id: u8,
    /// At most 254 octets, user data header included.
    pub short_message: Vec<u8>,
    /// Optional parameters, in the order in which they are written.
    pub tlvs: Vec<Tlv>,
}

impl SubmitSmPdu {
    /// The user data: message_payload where there is one, else short_message.
    #[must_use]
    pub fn user_data(&self) -> &[u8] {
        user_data(&self.short_message, &self.tlvs)
    }
}

/// With the same fields (SMPP 3.4 section 4.6.1), as far as a deliver_sm has them.
impl From<&DeliverSmPdu> for SubmitSmPdu {
    fn from(pdu: &DeliverSmPdu) -> Self {
        Self {
            service_type: pdu.service_type.clone(),
            source: pdu.source.clone(),
            destination: pdu.destination.clone(),
            esm_class: pdu.esm_class,
            protocol_id: pdu.protocol_id,
            priority_flag: pdu.priority_flag,
            registered_delivery: pdu.registered_delivery,
            data_coding: pdu.data_coding,
            sm_default_msg_id: pdu.sm_default_msg_id,
            short_message: pdu.short_message.clone(),
            tlvs: pdu.tlvs.clone(),
            ..Self::default()
        }
    }
}

impl fmt::Debug for SubmitSmPdu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubmitSmPdu")
            .field("destination", &self.destination)
            .field("esm_class", &self.esm_class)
            .field("data_coding", &self.data_coding)
            .field("octets", &self.short_message.len())
            .field("tlvs", &self.tlvs.len())
            .finish_non_exhaustive()
    }
}

/// The parameters of a deliver_sm or data_sm as the operator sent them (SMPP 3.4 sections 4.6, 4.7).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DeliverSmPdu {
    /// Octet text.
    pub service_type: String,
    /// Who sends: the subscriber of an MO, or the recipient whom a receipt speaks of.
    pub source: Address,
    /// Who receives.
    pub destination: Address,
    /// See [`esm_class`].
    pub esm_class: u8,
    /// GSM protocol identifier.
    pub protocol_id: u8,
    /// 0..=3.
    pub priority_flag: u8,
    /// Acknowledgements that the operator asks for.
    pub registered_delivery: u8,
    /// The octet on the wire.
    pub data_coding: u8,
    /// A message kept at the SMSC; 0 for none.
    pub sm_default_msg_id: u8,
    /// As received; data_sm has none.
    pub short_message: Vec<u8>,
    /// All of them, in order, unknown tags and duplicates included.
    pub tlvs: Vec<Tlv>,
    /// Not even the addresses could be read: `short_message` holds the whole body, all else is empty.
    pub unreadable: bool,
}

impl DeliverSmPdu {
    /// The user data: message_payload where there is one, else short_message.
    #[must_use]
    pub fn user_data(&self) -> &[u8] {
        user_data(&self.short_message, &self.tlvs)
    }
}

fn user_data<'a>(short_message: &'a [u8], tlvs: &'a [Tlv]) -> &'a [u8] {
    match find_tlv(tlvs, tag::MESSAGE_PAYLOAD) {
        Some(payload) if short_message.is_empty() => payload,
        _ => short_message,
    }
}

impl fmt::Debug for DeliverSmPdu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliverSmPdu")
            .field("source", &self.source)
            .field("esm_class", &self.esm_class)
            .field("data_coding", &self.data_coding)
            .field("octets", &self.short_message.len())
            .field("tlvs", &self.tlvs.len())
            .finish_non_exhaustive()
    }
}

/// The parameters of an alert_notification (SMPP 3.4 section 4.12).
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AlertNotificationPdu {
    /// The subscriber.
    pub source: Address,
    /// The ESME that wanted to know.
    pub esme: Address,
    /// All of them, in order.
    pub tlvs: Vec<Tlv>,
}

/// A PDU from the operator, as far as a session needs to know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Incoming {
    /// As received: peers use 0 and values above 0x7FFFFFFF too.
    pub sequence_number: u32,
    /// Meaningful in responses.
    pub command_status: CommandStatus,
    /// What it is.
    pub body: IncomingBody,
}

/// The kinds of PDU that an ESME can receive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IncomingBody {
    /// Any of the three bind responses; the body is optional on the wire.
    BindResp {
        /// The SMSC's own id.
        system_id: String,
    },
    /// The body is optional on the wire, whatever the status.
    SubmitSmResp {
        /// Octet text; empty when there was none.
        message_id: String,
        /// All of them, in order.
        tlvs: Vec<Tlv>,
    },
    /// An MO message or a receipt.
    DeliverSm(Box<DeliverSmPdu>),
    /// The same in a data_sm.
    DataSm(Box<DeliverSmPdu>),
    /// Asks whether we live.
    EnquireLink,
    /// Says that the peer lives.
    EnquireLinkResp,
    /// The operator ends the session.
    Unbind,
    /// The answer to our unbind.
    UnbindResp,
    /// The peer could not read something of ours.
    GenericNack,
    /// A subscriber became reachable; takes no response.
    AlertNotification(Box<AlertNotificationPdu>),
    /// Another request or response, by its command_id.
    Other {
        /// As received; bit 31 marks a response.
        command_id: u32,
    },
    /// A known request whose body gave nothing usable. It still wants its answer.
    Undecodable {
        /// As received.
        command_id: u32,
    },
}

/// A PDU for the operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    /// Ours for requests (1..=0x7FFFFFFF), the peer's own for responses.
    pub sequence_number: u32,
    /// 0 in requests.
    pub command_status: CommandStatus,
    /// What it is.
    pub body: OutgoingBody,
}

/// The kinds of PDU that the gateway sends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OutgoingBody {
    /// bind_transceiver, bind_transmitter or bind_receiver.
    Bind(BindMode, Box<BindRequest>),
    /// One part of a message.
    SubmitSm(Arc<SubmitSmPdu>),
    /// Its message_id is one NUL octet (SMPP 3.4 section 4.6.2).
    DeliverSmResp,
    /// Its message_id is one NUL octet.
    DataSmResp,
    /// Asks whether the peer lives.
    EnquireLink,
    /// Says that we live.
    EnquireLinkResp,
    /// Ends the session.
    Unbind,
    /// Agrees to end it.
    UnbindResp,
    /// Refuses what could not be read.
    GenericNack,
}
