//! The other fields of submit_sm, and the parameters that the operator demands.

use crate::addresses::Rules;
use crate::shape::{Choice, Field, Shape, field, hex};
use crate::value::{flag, items, text, whole, word};
use serde_json::Value;
use smpp_plugin_sdk::submit::{Answer, Part};
use smpp_plugin_sdk::{MessageType, OutboundMessage, SubmitSm, Tlv};

const DEST_ADDR_SUBUNIT: u16 = 0x0005;
const MORE_MESSAGES_TO_SEND: u16 = 0x0426;
const UDHI: u8 = 0x40;
/// Octets of short_message.
const SHORT_MESSAGE: usize = 254;

const OCTET: Shape = Shape::Whole(0, 255);
const WHICH: Shape = Shape::Word(&["all", "first", "last"]);
const TLV: Shape = Shape::Table(
    &[
        field("tag", &Shape::Whole(1, 65_535), "The parameter.").required(),
        field(
            "text",
            &Shape::Text(1, 254),
            "Its value: octets U+0000 to U+00FF of this text.",
        ),
        field("hex", &Shape::Hex(254), "Its value, in hexadecimal."),
        field(
            "number",
            &Shape::Whole(0, 4_294_967_295),
            "Its value, big-endian.",
        ),
        field(
            "required",
            &Shape::Text(1, 200),
            "The command brings it; a message without it is rejected, for this reason.",
        ),
        field("octets", &Shape::Whole(1, 4), "Of number. Default 1.").needs("number"),
        field(
            "nul",
            &Shape::Flag,
            "The value ends with a NUL octet, the command's own too. Default false.",
        ),
        field(
            "on",
            &WHICH,
            "The parts of a long message that have it. Default \"all\".",
        ),
        field(
            "replace",
            &Shape::Flag,
            "The command's own value does not count. Default false.",
        ),
    ],
    Choice::Exactly(&["text", "hex", "number", "required"]),
);
pub(crate) const SHAPE: Shape = Shape::Table(FIELDS, Choice::Free);
const FIELDS: &[Field] = &[
    field("service_type", &Shape::Text(0, 5), "As the operator wants it."),
    field("protocol_id", &OCTET, "As the operator wants it."),
    field(
        "esm_class",
        &OCTET,
        "Mode and reply path; 0x40 stays where the text begins with a header.",
    ),
    field("priority", &OCTET, "priority_flag of every message."),
    field("registered_delivery", &OCTET, "Where a receipt is asked for."),
    field(
        "receipts_on",
        &WHICH,
        "The parts of a long message that ask for a receipt. Default: as they come.",
    ),
    field("replace_if_present", &Shape::Flag, "replace_if_present_flag."),
    field("sm_default_msg_id", &OCTET, "As the operator wants it."),
    field(
        "validity",
        &Shape::Word(&["never"]),
        "validity_period and schedule_delivery_time stay empty: some operators do not deliver with them.",
    ),
    field(
        "flash_tlv",
        &Shape::Flag,
        "Flash messages have dest_addr_subunit 1. Default false.",
    ),
    field(
        "more_messages_to_send",
        &Shape::Flag,
        "The TLV on the parts of a long message: 1, and 0 on the last. Default false.",
    ),
    field(
        "nul_terminated",
        &Shape::Flag,
        "short_message ends with a NUL octet. Default false.",
    ),
    field("tlv", &Shape::List(&TLV), "Parameters on every submit_sm."),
];

/// What a submit_sm looks like at this operator.
pub(crate) struct Submit {
    source: Rules,
    destination: Rules,
    fields: Fields,
}

#[derive(Default)]
struct Fields {
    service_type: Option<String>,
    protocol_id: Option<u8>,
    esm_class: Option<u8>,
    priority: Option<u8>,
    registered_delivery: Option<u8>,
    receipts_on: Option<Which>,
    replace_if_present: Option<u8>,
    sm_default_msg_id: Option<u8>,
    no_times: bool,
    flash_tlv: bool,
    more_messages_to_send: bool,
    nul_terminated: bool,
    tlvs: Vec<OwnTlv>,
}

#[derive(Clone, Copy)]
enum Which {
    All,
    First,
    Last,
}

struct OwnTlv {
    tag: u16,
    value: Option<Vec<u8>>,
    required: Option<String>,
    nul: bool,
    on: Which,
    replace: bool,
}

impl Submit {
    /// `None` where the settings say nothing of submit_sm.
    pub(crate) fn read(settings: &Value) -> Option<Self> {
        let source = Rules::read(settings.get("source"));
        let destination = Rules::read(settings.get("destination"));
        let table = settings.get("submit");
        let empty = source.is_empty() && destination.is_empty() && table.is_none();
        (!empty).then(|| Self {
            source,
            destination,
            fields: table.map(Fields::read).unwrap_or_default(),
        })
    }

    pub(crate) fn rewrite(&self, message: &OutboundMessage, mut pdu: SubmitSm, part: Part) -> Answer {
        let before = pdu.clone();
        for (side, rules, address) in [
            ("from", &self.source, &mut pdu.source),
            ("to", &self.destination, &mut pdu.destination),
        ] {
            if let Err(reason) = rules.apply(address) {
                return Answer::Refuse(format!("{side}: {reason}"));
            }
        }
        if let Err(reason) = self.fields.apply(message, &mut pdu, part) {
            return Answer::Refuse(reason);
        }
        if pdu == before {
            Answer::HostDefault
        } else {
            Answer::Send(pdu)
        }
    }
}

impl Which {
    fn read(table: &Value, key: &str) -> Option<Self> {
        Some(match word(table, key)? {
            "first" => Self::First,
            "last" => Self::Last,
            _ => Self::All,
        })
    }

    fn holds(self, part: Part) -> bool {
        match self {
            Self::All => true,
            Self::First => part.number == 1,
            Self::Last => part.number == part.count,
        }
    }
}

impl Fields {
    fn read(table: &Value) -> Self {
        Self {
            service_type: text(table, "service_type"),
            protocol_id: whole(table, "protocol_id"),
            esm_class: whole(table, "esm_class"),
            priority: whole(table, "priority"),
            registered_delivery: whole(table, "registered_delivery"),
            receipts_on: Which::read(table, "receipts_on"),
            replace_if_present: table
                .get("replace_if_present")
                .and_then(Value::as_bool)
                .map(u8::from),
            sm_default_msg_id: whole(table, "sm_default_msg_id"),
            no_times: word(table, "validity") == Some("never"),
            flash_tlv: flag(table, "flash_tlv"),
            more_messages_to_send: flag(table, "more_messages_to_send"),
            nul_terminated: flag(table, "nul_terminated"),
            tlvs: items(table, "tlv").filter_map(OwnTlv::read).collect(),
        }
    }

    fn apply(&self, message: &OutboundMessage, pdu: &mut SubmitSm, part: Part) -> Result<(), String> {
        if let Some(service_type) = &self.service_type {
            pdu.service_type.clone_from(service_type);
        }
        for (wanted, field) in [
            (self.protocol_id, &mut pdu.protocol_id),
            (self.priority, &mut pdu.priority_flag),
            (self.replace_if_present, &mut pdu.replace_if_present),
            (self.sm_default_msg_id, &mut pdu.sm_default_msg_id),
        ] {
            *field = wanted.unwrap_or(*field);
        }
        if let Some(esm_class) = self.esm_class {
            pdu.esm_class = (esm_class & !UDHI) | (pdu.esm_class & UDHI);
        }
        if pdu.registered_delivery != 0 {
            let asks = self.receipts_on.is_none_or(|which| which.holds(part));
            pdu.registered_delivery = if asks {
                self.registered_delivery.unwrap_or(pdu.registered_delivery)
            } else {
                0
            };
        }
        if self.no_times {
            pdu.validity_period.clear();
            pdu.schedule_delivery_time.clear();
        }
        if self.nul_terminated && !pdu.short_message.is_empty() && pdu.short_message.len() < SHORT_MESSAGE {
            pdu.short_message.push(0);
        }
        if self.flash_tlv && message.message_type == MessageType::Flash {
            set(&mut pdu.tlvs, DEST_ADDR_SUBUNIT, vec![1]);
        }
        if self.more_messages_to_send && part.count > 1 {
            set(
                &mut pdu.tlvs,
                MORE_MESSAGES_TO_SEND,
                vec![u8::from(part.number < part.count)],
            );
        }
        self.tlvs
            .iter()
            .filter(|tlv| tlv.on.holds(part))
            .try_for_each(|tlv| tlv.give(&mut pdu.tlvs))
    }
}

impl OwnTlv {
    fn read(table: &Value) -> Option<Self> {
        let number = || {
            let number: u32 = whole(table, "number")?;
            let octets: usize = whole(table, "octets").unwrap_or(1);
            number
                .to_be_bytes()
                .get(4usize.checked_sub(octets)?..)
                .map(<[u8]>::to_vec)
        };
        let text_octets = |text: &str| -> Vec<u8> {
            // Octet text; what no octet can say goes in UTF-8.
            let octets: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
            octets.unwrap_or_else(|| text.as_bytes().to_vec())
        };
        let value = word(table, "text").map(text_octets);
        let value = value.or_else(|| word(table, "hex").and_then(hex)).or_else(number);
        let nul = flag(table, "nul");
        Some(Self {
            tag: whole(table, "tag")?,
            value: value.map(|mut value| {
                value.extend(nul.then_some(0));
                value
            }),
            required: text(table, "required"),
            nul,
            on: Which::read(table, "on").unwrap_or(Which::All),
            replace: flag(table, "replace"),
        })
    }

    fn give(&self, tlvs: &mut Vec<Tlv>) -> Result<(), String> {
        match tlvs.iter_mut().find(|tlv| tlv.tag == self.tag) {
            Some(own) if self.replace && self.value.is_some() => {
                own.value.clone_from(self.value.as_ref().unwrap_or(&Vec::new()));
            }
            Some(own) if self.nul && own.value.last() != Some(&0) => own.value.push(0),
            Some(_) => {}
            None => match (&self.value, &self.required) {
                (Some(value), _) => tlvs.push(Tlv {
                    tag: self.tag,
                    value: value.clone(),
                }),
                (None, Some(reason)) => return Err(reason.clone()),
                (None, None) => {}
            },
        }
        Ok(())
    }
}

fn set(tlvs: &mut Vec<Tlv>, tag: u16, value: Vec<u8>) {
    match tlvs.iter_mut().find(|tlv| tlv.tag == tag) {
        Some(tlv) => tlv.value = value,
        None => tlvs.push(Tlv { tag, value }),
    }
}

/// What the shapes cannot say: a number that its octets cannot hold.
pub(crate) fn check(settings: &Value, findings: &mut crate::check::Findings) {
    let tlvs = settings
        .get("submit")
        .into_iter()
        .flat_map(|table| items(table, "tlv"));
    for (index, tlv) in tlvs.enumerate() {
        let Some(number) = tlv.get("number").and_then(Value::as_u64) else {
            continue;
        };
        let octets: u32 = whole(tlv, "octets").unwrap_or(1);
        if number.checked_shr(8 * octets).unwrap_or(0) > 0 {
            findings.report(
                &format!("/submit/tlv/{index}/number"),
                format!("is {number}, which {octets} octets cannot hold; set `octets`, up to 4"),
            );
        }
    }
}
