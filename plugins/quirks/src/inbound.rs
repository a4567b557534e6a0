//! What a deliver_sm is: a receipt, a message from a subscriber, or nothing for us.

use crate::gsm7;
use crate::receipts::{Read, Receipts, text_of, utf16, without_header};
use crate::shape::{Choice, Field, Key, Shape, field, octet};
use crate::value::{entries, items, text, whole};
use serde_json::Value;
use smpp_plugin_sdk::DeliverSm;
use smpp_plugin_sdk::inbound::{Answer, MobileOriginated, Receipt};

const SOURCE: Field = field("source", &Shape::Text(1, 20), "The sender begins with this.");
const DESTINATION: Field = field(
    "destination",
    &Shape::Text(1, 20),
    "The recipient begins with this.",
);
const SERVICE_TYPE: Field = field("service_type", &Shape::Text(1, 5), "It is this.");
const ESM_CLASS: Field = field("esm_class", &Shape::Whole(0, 255), "It is this.");
const DATA_CODING: Field = field("data_coding", &Shape::Whole(0, 255), "It is this.");
const TEXT: Field = field("text", &Shape::Text(1, 64), "The text begins with this.");
/// Of these an item has one at least.
const MARKS: Choice = Choice::AtLeast(&[
    "source",
    "destination",
    "service_type",
    "esm_class",
    "data_coding",
    "text",
]);

const IGNORED: Shape = Shape::Table(
    &[
        SOURCE,
        DESTINATION,
        SERVICE_TYPE,
        ESM_CLASS,
        DATA_CODING,
        TEXT,
        field(
            "reason",
            &Shape::Text(1, 200),
            "For the log. Default \"the settings say so\".",
        ),
    ],
    MARKS,
);
const REFUSED: Shape = Shape::Table(
    &[
        SOURCE,
        DESTINATION,
        SERVICE_TYPE,
        ESM_CLASS,
        DATA_CODING,
        TEXT,
        field(
            "status",
            &Shape::Whole(1, 0xFFFF_FFFF),
            "What it is answered with. Default 0x64, ESME_RX_T_APPN: it comes again.",
        ),
    ],
    MARKS,
);
pub(crate) const SHAPE: Shape = Shape::Table(FIELDS, Choice::Free);
const FIELDS: &[Field] = &[
    field(
        "data_coding",
        &Shape::Map(
            Key::Octet,
            &Shape::Word(&[
                "gsm7",
                "gsm7-packed",
                "ascii",
                "latin1",
                "ucs2",
                "ucs2-le",
                "utf8",
            ]),
        ),
        "What the text of a subscriber's message is written in, by data_coding.",
    ),
    field(
        "ignore",
        &Shape::List(&IGNORED),
        "PDUs that are acknowledged, counted and forgotten: those for which all that one item says is true.",
    ),
    field(
        "refuse",
        &Shape::List(&REFUSED),
        "PDUs that are answered with a status, if ignore has none for them: those for which all that one item says is true. \
         After ten refusals one is taken.",
    ),
];

/// ESME_RX_T_APPN.
const RX_T_APPN: u32 = 0x64;
const BY_SETTINGS: &str = "the settings say so";

/// What comes in.
pub(crate) struct Inbound {
    receipts: Option<Receipts>,
    alphabets: Vec<(u8, Alphabet)>,
    ignored: Vec<(Marks, String)>,
    refused: Vec<(Marks, u32)>,
}

#[derive(Clone, Copy)]
enum Alphabet {
    Gsm7,
    Gsm7Packed,
    Ascii,
    Latin1,
    Ucs2,
    Ucs2Le,
    Utf8,
}

/// By what PDUs are told from others.
struct Marks {
    source: Option<String>,
    destination: Option<String>,
    service_type: Option<String>,
    esm_class: Option<u8>,
    data_coding: Option<u8>,
    text: Option<String>,
}

impl Inbound {
    /// `None` where the settings say nothing of what comes in.
    pub(crate) fn read(settings: &Value) -> Option<Self> {
        let table = settings.get("inbound").unwrap_or(&Value::Null);
        let alphabets = entries(table, "data_coding")
            .filter_map(|(key, value)| Some((octet(key)?, Alphabet::of(value.as_str()?)?)));
        let read = Self {
            receipts: Receipts::read(settings),
            alphabets: alphabets.collect(),
            ignored: items(table, "ignore")
                .map(|item| {
                    (
                        Marks::read(item),
                        text(item, "reason").unwrap_or_else(|| BY_SETTINGS.to_owned()),
                    )
                })
                .collect(),
            refused: items(table, "refuse")
                .map(|item| (Marks::read(item), whole(item, "status").unwrap_or(RX_T_APPN)))
                .collect(),
        };
        let empty = read.receipts.is_none()
            && read.alphabets.is_empty()
            && read.ignored.is_empty()
            && read.refused.is_empty();
        (!empty).then_some(read)
    }

    pub(crate) fn interpret(&self, pdu: DeliverSm, reading: Option<Receipt>) -> Answer {
        if let Some((_, reason)) = self.ignored.iter().find(|(marks, _)| marks.fit(&pdu)) {
            return Answer::Ignore(reason.clone());
        }
        if let Some((_, status)) = self.refused.iter().find(|(marks, _)| marks.fit(&pdu)) {
            return Answer::Refuse(*status);
        }
        let was_receipt = reading.is_some();
        let read = match &self.receipts {
            Some(receipts) => receipts.interpret(&pdu, reading),
            None => Read::Unchanged,
        };
        let is_message = match read {
            Read::Receipt(receipt) => return Answer::Receipt(receipt),
            Read::Unchanged => !was_receipt,
            Read::NoReceipt => true,
        };
        let alphabet = self
            .alphabets
            .iter()
            .find(|(data_coding, _)| *data_coding == pdu.data_coding);
        match alphabet.filter(|_| is_message) {
            Some((_, alphabet)) => {
                let (header, octets) = without_header(&pdu);
                let text = alphabet.decode(octets, header);
                from_subscriber(pdu, Some(text))
            }
            None if is_message && was_receipt => from_subscriber(pdu, None),
            None => Answer::HostDefault,
        }
    }
}

fn from_subscriber(pdu: DeliverSm, text: Option<String>) -> Answer {
    Answer::MobileOriginated(MobileOriginated {
        source: pdu.source,
        destination: pdu.destination,
        text,
        concatenation: None,
    })
}

impl Alphabet {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "gsm7" => Self::Gsm7,
            "gsm7-packed" => Self::Gsm7Packed,
            "ascii" => Self::Ascii,
            "latin1" => Self::Latin1,
            "ucs2" => Self::Ucs2,
            "ucs2-le" => Self::Ucs2Le,
            "utf8" => Self::Utf8,
            _ => return None,
        })
    }

    fn decode(self, octets: &[u8], header: usize) -> String {
        match self {
            Self::Gsm7 => gsm7::decode(octets.iter().copied()),
            Self::Gsm7Packed => gsm7::decode(gsm7::unpack(octets, header).into_iter()),
            Self::Ascii => octets
                .iter()
                .map(|&octet| {
                    if octet.is_ascii() {
                        char::from(octet)
                    } else {
                        char::REPLACEMENT_CHARACTER
                    }
                })
                .collect(),
            Self::Latin1 => octets.iter().copied().map(char::from).collect(),
            Self::Ucs2 => utf16(octets, u16::from_be_bytes),
            Self::Ucs2Le => utf16(octets, u16::from_le_bytes),
            Self::Utf8 => String::from_utf8_lossy(octets).into_owned(),
        }
    }
}

impl Marks {
    fn read(table: &Value) -> Self {
        Self {
            source: text(table, "source"),
            destination: text(table, "destination"),
            service_type: text(table, "service_type"),
            esm_class: whole(table, "esm_class"),
            data_coding: whole(table, "data_coding"),
            text: text(table, "text"),
        }
    }

    fn fit(&self, pdu: &DeliverSm) -> bool {
        let begins =
            |start: &Option<String>, text: &str| start.as_deref().is_none_or(|start| text.starts_with(start));
        begins(&self.source, &pdu.source.digits)
            && begins(&self.destination, &pdu.destination.digits)
            && self
                .service_type
                .as_ref()
                .is_none_or(|wanted| *wanted == pdu.service_type)
            && self.esm_class.is_none_or(|wanted| wanted == pdu.esm_class)
            && self.data_coding.is_none_or(|wanted| wanted == pdu.data_coding)
            && self
                .text
                .as_deref()
                .is_none_or(|start| text_of(pdu).starts_with(start))
    }
}
