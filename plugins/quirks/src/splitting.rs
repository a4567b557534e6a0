//! What becomes of texts that do not fit one short message.

use crate::encoding::Encoding;
use crate::shape::{Choice, Field, Shape, field};
use crate::value::{whole, word};
use serde_json::Value;
use smpp_plugin_sdk::splitting::{Answer, PayloadPlan, ReferenceWidth, UdhPlan};
use smpp_plugin_sdk::{DataCoding, LongMessageStrategy, OutboundMessage};

pub(crate) const SHAPE: Shape = Shape::Table(FIELDS, Choice::Free);
const FIELDS: &[Field] = &[
    field(
        "mode",
        &Shape::Word(&["udh8", "udh16", "sar", "payload", "reject"]),
        "How a long text goes: headers with an 8-bit or 16-bit reference, sar_* TLVs, message_payload, not at all.",
    )
    .required(),
    field(
        "takes_payload",
        &Shape::Flag,
        "Commands of strategy TLV go in message_payload; with false they go as mode says. Default true.",
    ),
    field("max_parts", &Shape::Whole(1, 255), "A text of more is rejected before the first is sent. Default 255."),
    field(
        "max_octets",
        &Shape::Whole(16, 254),
        "Of short_message in a part, header included; for udh8 and udh16. Default: as the alphabet allows.",
    ),
    field(
        "payload_max_octets",
        &Shape::Whole(141, 65_535),
        "Of message_payload; longer texts go in parts as the operator's file says. Default 65535.",
    ),
    field(
        "payload_always",
        &Shape::Flag,
        "Short texts too go in message_payload. Default false.",
    ),
];

/// How the operator takes long texts.
pub(crate) struct Splitting {
    mode: Mode,
    takes_payload: bool,
    max_parts: Option<u8>,
    max_octets: Option<u16>,
    payload_max_octets: Option<u32>,
    payload_always: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Udh8,
    Udh16,
    Sar,
    Payload,
    Reject,
}

impl Splitting {
    pub(crate) fn read(table: &Value) -> Self {
        Self {
            mode: match word(table, "mode") {
                Some("udh16") => Mode::Udh16,
                Some("sar") => Mode::Sar,
                Some("payload") => Mode::Payload,
                Some("reject") => Mode::Reject,
                _ => Mode::Udh8,
            },
            takes_payload: table
                .get("takes_payload")
                .and_then(Value::as_bool)
                .unwrap_or(true),
            max_parts: whole(table, "max_parts"),
            max_octets: whole(table, "max_octets"),
            payload_max_octets: whole(table, "payload_max_octets"),
            payload_always: table
                .get("payload_always")
                .and_then(Value::as_bool)
                .unwrap_or_default(),
        }
    }

    pub(crate) fn plan(
        &self,
        message: &OutboundMessage,
        encoding: Option<&Encoding>,
        coding: DataCoding,
        octets: u32,
    ) -> Answer {
        let asked = message.long_message_strategy == LongMessageStrategy::Tlv && self.takes_payload;
        let mode = if asked { Mode::Payload } else { self.mode };
        let single = encoding
            .and_then(|encoding| encoding.single(coding))
            .unwrap_or(match coding {
                // GSM 7-bit by SMPP 3.4 section 5.2.19 and 3GPP TS 23.038 section 4.
                0x00 | 0x01 | 0x10..=0x13 | 0xF0..=0xF3 => 160,
                _ => 140,
            });
        if octets <= single {
            return match mode {
                Mode::Payload if self.payload_always => self.payload(),
                _ => Answer::HostDefault,
            };
        }
        match mode {
            Mode::Udh8 => self.udh(ReferenceWidth::EightBits),
            Mode::Udh16 => self.udh(ReferenceWidth::SixteenBits),
            Mode::Sar => self.sar(single, octets),
            Mode::Payload => self.payload(),
            Mode::Reject => Answer::Refuse(
                "it does not fit one short message, and the operator takes no longer texts".to_owned(),
            ),
        }
    }

    fn udh(&self, reference_width: ReferenceWidth) -> Answer {
        Answer::Udh(UdhPlan {
            reference_width,
            max_octets: self.max_octets,
            max_parts: self.max_parts,
        })
    }

    /// The contract's sar_* plan has no limits of its own. Characters that may not be cut can only make more parts.
    fn sar(&self, single: u32, octets: u32) -> Answer {
        let part = if single == 160 { 153 } else { 134 };
        let parts = octets.div_ceil(part);
        match self.max_parts {
            Some(most) if parts > u32::from(most) => {
                Answer::Refuse(format!("it needs {parts} parts; the operator takes {most}"))
            }
            _ => Answer::SarTlvs,
        }
    }

    fn payload(&self) -> Answer {
        Answer::MessagePayload(PayloadPlan {
            max_octets: self.payload_max_octets,
        })
    }
}
