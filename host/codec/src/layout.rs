//! A PDU's octets, field by field (SMPP 3.4 section 4): the one walk of whoever hides or explains them.
//!
//! It goes on whatever is odd: where the octets end early the fields that follow have none, and what belongs to no field
//! comes last. All octets are in exactly one piece.

use rusmpp::CommandId;

/// One field, with all of its octets: a C-octet string's NUL and a TLV's tag and length are among them.
pub(super) struct Piece<'a> {
    /// By its name in the standard.
    pub(super) name: &'static str,
    pub(super) octets: &'a [u8],
    pub(super) kind: Kind,
}

/// What a field is. Lengths are in octets, without NUL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// An integer of so many octets.
    Integer(usize),
    /// A C-octet string that is no longer than this, unless it is something else.
    Name(usize),
    /// An operator's id of a message.
    Id,
    /// The digits of an address.
    Number,
    Password,
    Time,
    /// So many octets by the field before it; there may be fewer.
    Text(usize, Coding),
    /// There may be fewer octets than its length says.
    Tlv(Coding),
    /// Belongs to no field.
    Rest,
}

/// How the user data of a message is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Coding {
    pub(super) esm_class: u8,
    pub(super) data_coding: u8,
}

/// A row of a layout.
enum Row {
    Octet(&'static str),
    Text(&'static str, Kind),
    /// short_message, of as many octets as the row before says.
    ShortMessage,
    Tlvs,
}
use Row::{Octet, ShortMessage, Text, Tlvs};

/// The longest fields that pass for what they are (SMPP 3.4 section 5.2). A longer one may hold another field's octets.
const SERVICE_TYPE: Row = Text("service_type", Kind::Name(5));
const SYSTEM_ID: Row = Text("system_id", Kind::Name(15));
const SYSTEM_TYPE: Row = Text("system_type", Kind::Name(12));
/// Of a message that is asked about, and not of one that is answered.
const MESSAGE_ID: Row = Text("message_id", Kind::Name(64));
const PASSWORD: Row = Text("password", Kind::Password);
const SCHEDULE: Row = Text("schedule_delivery_time", Kind::Time);
const VALIDITY: Row = Text("validity_period", Kind::Time);
const SOURCE: Row = Text("source_addr", Kind::Number);
const DESTINATION: Row = Text("destination_addr", Kind::Number);

const BIND: &[Row] = &[
    SYSTEM_ID,
    PASSWORD,
    SYSTEM_TYPE,
    Octet("interface_version"),
    Octet("addr_ton"),
    Octet("addr_npi"),
    Text("address_range", Kind::Number),
    Tlvs,
];
const BIND_RESP: &[Row] = &[SYSTEM_ID, Tlvs];
const OUTBIND: &[Row] = &[SYSTEM_ID, PASSWORD];
/// submit_sm and deliver_sm.
const MESSAGE: &[Row] = &[
    SERVICE_TYPE,
    Octet("source_addr_ton"),
    Octet("source_addr_npi"),
    SOURCE,
    Octet("dest_addr_ton"),
    Octet("dest_addr_npi"),
    DESTINATION,
    Octet("esm_class"),
    Octet("protocol_id"),
    Octet("priority_flag"),
    SCHEDULE,
    VALIDITY,
    Octet("registered_delivery"),
    Octet("replace_if_present_flag"),
    Octet("data_coding"),
    Octet("sm_default_msg_id"),
    Octet("sm_length"),
    ShortMessage,
    Tlvs,
];
const DATA_SM: &[Row] = &[
    SERVICE_TYPE,
    Octet("source_addr_ton"),
    Octet("source_addr_npi"),
    SOURCE,
    Octet("dest_addr_ton"),
    Octet("dest_addr_npi"),
    DESTINATION,
    Octet("esm_class"),
    Octet("registered_delivery"),
    Octet("data_coding"),
    Tlvs,
];
/// submit_sm_resp, deliver_sm_resp and data_sm_resp.
const MESSAGE_RESP: &[Row] = &[Text("message_id", Kind::Id), Tlvs];
const QUERY_SM: &[Row] = &[
    MESSAGE_ID,
    Octet("source_addr_ton"),
    Octet("source_addr_npi"),
    SOURCE,
];
const CANCEL_SM: &[Row] = &[
    SERVICE_TYPE,
    MESSAGE_ID,
    Octet("source_addr_ton"),
    Octet("source_addr_npi"),
    SOURCE,
    Octet("dest_addr_ton"),
    Octet("dest_addr_npi"),
    DESTINATION,
];
const REPLACE_SM: &[Row] = &[
    MESSAGE_ID,
    Octet("source_addr_ton"),
    Octet("source_addr_npi"),
    SOURCE,
    SCHEDULE,
    VALIDITY,
    Octet("registered_delivery"),
    Octet("sm_default_msg_id"),
    Octet("sm_length"),
    ShortMessage,
];
const ALERT_NOTIFICATION: &[Row] = &[
    Octet("source_addr_ton"),
    Octet("source_addr_npi"),
    SOURCE,
    Octet("esme_addr_ton"),
    Octet("esme_addr_npi"),
    Text("esme_addr", Kind::Number),
    Tlvs,
];

/// Nothing for a command that consists of its header, or that nobody here reads.
fn layout(command: CommandId) -> &'static [Row] {
    match command {
        CommandId::BindReceiver | CommandId::BindTransmitter | CommandId::BindTransceiver => BIND,
        CommandId::BindReceiverResp | CommandId::BindTransmitterResp | CommandId::BindTransceiverResp => {
            BIND_RESP
        }
        CommandId::Outbind => OUTBIND,
        CommandId::SubmitSm | CommandId::DeliverSm => MESSAGE,
        CommandId::DataSm => DATA_SM,
        CommandId::SubmitSmResp | CommandId::DeliverSmResp | CommandId::DataSmResp => MESSAGE_RESP,
        CommandId::QuerySm => QUERY_SM,
        CommandId::CancelSm => CANCEL_SM,
        CommandId::ReplaceSm => REPLACE_SM,
        CommandId::AlertNotification => ALERT_NOTIFICATION,
        _ => &[],
    }
}

/// Shows each piece of a PDU, header included, in the order of the wire.
pub(super) fn walk<'a>(octets: &'a [u8], see: impl FnMut(Piece<'a>)) {
    let mut walk = Walk {
        rest: octets,
        see,
        coding: Coding::default(),
    };
    walk.integer("command_length", size_of::<u32>());
    let command = walk.integer("command_id", size_of::<u32>());
    walk.integer("command_status", size_of::<u32>());
    walk.integer("sequence_number", size_of::<u32>());
    let mut last = 0;
    for row in layout(CommandId::from(command)) {
        match row {
            Octet(name) => last = walk.octet(name),
            Text(name, kind) => walk.text(name, *kind),
            ShortMessage => walk.short_message(usize::from(last)),
            Tlvs => walk.tlvs(),
        }
    }
    if !walk.rest.is_empty() {
        walk.piece("body", usize::MAX, Kind::Rest);
    }
}

struct Walk<'a, See> {
    rest: &'a [u8],
    see: See,
    coding: Coding,
}

impl<'a, See: FnMut(Piece<'a>)> Walk<'a, See> {
    /// So many octets, or as many as there are.
    fn piece(&mut self, name: &'static str, count: usize, kind: Kind) -> &'a [u8] {
        let (octets, rest) = self.rest.split_at(count.min(self.rest.len()));
        self.rest = rest;
        (self.see)(Piece { name, octets, kind });
        octets
    }

    /// 0 where octets are missing.
    fn integer(&mut self, name: &'static str, width: usize) -> u32 {
        let octets = self.piece(name, width, Kind::Integer(width));
        number(octets)
            .filter(|_| octets.len() == width)
            .unwrap_or_default()
    }

    fn octet(&mut self, name: &'static str) -> u8 {
        let value = self.integer(name, 1).to_be_bytes()[3];
        match name {
            "esm_class" => self.coding.esm_class = value,
            "data_coding" => self.coding.data_coding = value,
            _ => {}
        }
        value
    }

    /// Up to and with the NUL, or all that there is.
    fn text(&mut self, name: &'static str, kind: Kind) {
        let end = self.rest.iter().position(|&octet| octet == 0);
        self.piece(name, end.map_or(usize::MAX, |end| end + 1), kind);
    }

    fn short_message(&mut self, length: usize) {
        self.piece("short_message", length, Kind::Text(length, self.coding));
    }

    fn tlvs(&mut self) {
        while let Some((&[_, _, length_high, length_low], _)) = self.rest.split_first_chunk() {
            let length = usize::from(u16::from_be_bytes([length_high, length_low]));
            self.piece("tlv", TLV_HEAD + length, Kind::Tlv(self.coding));
        }
    }
}

/// Octets of a TLV before its value: tag and length.
pub(super) const TLV_HEAD: usize = 4;

/// The big-endian integer of at most four octets.
pub(super) fn number(octets: &[u8]) -> Option<u32> {
    let fits = octets.len() <= size_of::<u32>();
    fits.then(|| {
        octets
            .iter()
            .fold(0, |number, &octet| (number << 8) | u32::from(octet))
    })
}
