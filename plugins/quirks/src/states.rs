//! State words, values of message_state and error codes: what they mean at this operator.

use crate::shape::{Choice, Field, Key, Shape, field, octet};
use crate::value::{entries, flag, text, word};
use serde_json::Value;
use smpp_plugin_sdk::inbound::DlrState;

const STATE_WORDS: Shape = Shape::Word(&[
    "enroute",
    "delivered",
    "expired",
    "deleted",
    "undeliverable",
    "accepted",
    "unknown",
    "rejected",
]);
const STATE: Shape = Shape::Either(&[
    STATE_WORDS,
    Shape::Table(
        &[
            field("state", &STATE_WORDS, "The state.").required(),
            field(
                "final",
                &Shape::Flag,
                "No later receipt comes for this part. Default: true, for enroute, accepted and unknown false.",
            ),
        ],
        Choice::Free,
    ),
]);
pub(crate) const SHAPE: Shape = Shape::Table(FIELDS, Choice::Free);
const FIELDS: &[Field] = &[
    field(
        "words",
        &Shape::Map(Key::Word, &STATE),
        "What `stat:` means, by word in any case; `BUFF*` stands for all that begin so.",
    ),
    field(
        "codes",
        &Shape::Map(Key::Octet, &STATE),
        "What message_state (0x0427) means, by value. Wins over words.",
    ),
    field(
        "from",
        &Shape::Word(&["tlv", "text"]),
        "Which one decides where a receipt has both message_state and `stat:`. Default \"tlv\".",
    ),
];
pub(crate) const ERRORS: Shape = Shape::Table(ERROR_FIELDS, Choice::Free);
const ERROR: Shape = Shape::Table(
    &[
        field("state", &STATE_WORDS, "The state of a receipt with this code."),
        field("final", &Shape::Flag, "As for state words.").needs("state"),
        field(
            "even_delivered",
            &Shape::Flag,
            "The state also replaces DELIVERED. Default false: operators send codes with messages that arrived.",
        )
        .needs("state"),
        field("error", &Shape::Text(1, 64), "Reported as the error instead of the code."),
    ],
    Choice::Free,
);
const ERROR_FIELDS: &[Field] = &[
    field(
        "codes",
        &Shape::Map(Key::Code, &ERROR),
        "What `err:` means, by code in any case; zeros before a number count for nothing.",
    ),
    field(
        "network_error_code",
        &Shape::Word(&["when-missing", "always"]),
        "Read the code from network_error_code (0x0423): where `err:` is missing, or always. Default: never.",
    ),
];

/// network_error_code.
const NETWORK_ERROR_CODE: u16 = 0x0423;

/// A state, and whether it ends the part.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Meaning {
    pub(crate) state: DlrState,
    pub(crate) is_final: bool,
}

/// The operator's states.
#[derive(Default)]
pub(crate) struct States {
    words: Vec<(String, Meaning)>,
    codes: Vec<(u8, Meaning)>,
    text_decides: bool,
}

/// The operator's error codes.
pub(crate) struct Errors {
    codes: Vec<(String, ErrorMeaning)>,
    network: Option<bool>,
}

pub(crate) struct ErrorMeaning {
    pub(crate) meaning: Option<Meaning>,
    pub(crate) even_delivered: bool,
    pub(crate) error: Option<String>,
}

impl Meaning {
    fn read(value: &Value) -> Option<Self> {
        let name = value.as_str().or_else(|| word(value, "state"))?;
        let state = match name {
            "enroute" => DlrState::Enroute,
            "delivered" => DlrState::Delivered,
            "expired" => DlrState::Expired,
            "deleted" => DlrState::Deleted,
            "undeliverable" => DlrState::Undeliverable,
            "accepted" => DlrState::Accepted,
            "rejected" => DlrState::Rejected,
            _ => DlrState::Unknown,
        };
        let usual = !matches!(state, DlrState::Enroute | DlrState::Accepted | DlrState::Unknown);
        let is_final = value.get("final").and_then(Value::as_bool);
        Some(Self {
            state,
            is_final: is_final.unwrap_or(usual),
        })
    }
}

impl States {
    pub(crate) fn read(table: &Value) -> Self {
        let words = entries(table, "words")
            .filter_map(|(word, value)| Some((word.trim().to_ascii_uppercase(), Meaning::read(value)?)));
        let codes =
            entries(table, "codes").filter_map(|(key, value)| Some((octet(key)?, Meaning::read(value)?)));
        Self {
            words: words.collect(),
            codes: codes.collect(),
            text_decides: word(table, "from") == Some("text"),
        }
    }

    /// What a receipt says by its message_state and its word; `None`: as the host reads it.
    pub(crate) fn meaning(&self, octet: Option<u8>, word: &str) -> Option<Meaning> {
        let by_code = || {
            self.codes
                .iter()
                .find(|(code, _)| Some(*code) == octet)
                .map(|(_, meaning)| *meaning)
        };
        if self.text_decides && !word.is_empty() {
            return self.word(word).or_else(|| usual(word)).or_else(by_code);
        }
        by_code().or_else(|| self.word(word))
    }

    fn word(&self, word: &str) -> Option<Meaning> {
        let word = word.trim().to_ascii_uppercase();
        let exact = self.words.iter().find(|(known, _)| *known == word);
        // Of several beginnings the longest says most.
        let beginning = || {
            let fitting = self.words.iter().filter(|(known, _)| {
                known
                    .strip_suffix('*')
                    .is_some_and(|start| !word.is_empty() && word.starts_with(start))
            });
            fitting.max_by_key(|(known, _)| known.len())
        };
        exact.or_else(beginning).map(|(_, meaning)| *meaning)
    }
}

/// The words of SMPP 3.4 Appendix B and their full forms, for receipts that only this plugin reads.
pub(crate) fn usual(word: &str) -> Option<Meaning> {
    let word = word.trim().to_ascii_uppercase();
    let (state, is_final) = match word.as_str() {
        "DELIVRD" | "DELIVERED" => (DlrState::Delivered, true),
        "EXPIRED" => (DlrState::Expired, true),
        "DELETED" => (DlrState::Deleted, true),
        "UNDELIV" | "UNDELIVERABLE" | "UNDELIVERED" | "FAILED" => (DlrState::Undeliverable, true),
        "REJECTD" | "REJECTED" => (DlrState::Rejected, true),
        "ACCEPTD" | "ACCEPTED" => (DlrState::Accepted, false),
        "ENROUTE" | "BUFFRED" | "BUFFERED" => (DlrState::Enroute, false),
        "UNKNOWN" => (DlrState::Unknown, false),
        _ => return None,
    };
    Some(Meaning { state, is_final })
}

/// The values of message_state by SMPP 3.4 section 5.2.28, for the same receipts.
pub(crate) fn usual_code(octet: u8) -> Option<Meaning> {
    let words = [
        "ENROUTE", "ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD",
    ];
    words.get(usize::from(octet)).and_then(|word| usual(word))
}

impl Errors {
    pub(crate) fn read(table: &Value) -> Self {
        let codes = entries(table, "codes").map(|(code, value)| {
            let meaning = ErrorMeaning {
                meaning: Meaning::read(value),
                even_delivered: flag(value, "even_delivered"),
                error: text(value, "error"),
            };
            (plain(code), meaning)
        });
        Self {
            codes: codes.collect(),
            network: word(table, "network_error_code").map(|word| word == "always"),
        }
    }

    /// The error as the operator says it, in its text or in network_error_code.
    pub(crate) fn raw(&self, in_text: &str, tlvs: &[smpp_plugin_sdk::Tlv]) -> Option<String> {
        let always = self.network?;
        if !in_text.is_empty() && !always {
            return None;
        }
        let tlv = tlvs.iter().find(|tlv| tlv.tag == NETWORK_ERROR_CODE)?;
        match tlv.value.as_slice() {
            [0, 0, 0] => None,
            // Some operators write three ASCII digits there.
            digits @ [_, _, _] if digits.iter().all(u8::is_ascii_digit) => {
                Some(digits.iter().copied().map(char::from).collect())
            }
            [_, high, low] => Some(u16::from_be_bytes([*high, *low]).to_string()),
            _ => None,
        }
    }

    pub(crate) fn meaning(&self, code: &str) -> Option<&ErrorMeaning> {
        let code = plain(code);
        self.codes
            .iter()
            .find(|(known, _)| *known == code)
            .map(|(_, meaning)| meaning)
    }
}

/// `032`, `0032` and `32` are one code, `21b` and `21B` another.
fn plain(code: &str) -> String {
    let code = code.trim().to_ascii_lowercase();
    let rest = code.trim_start_matches('0');
    if rest.is_empty() && !code.is_empty() {
        "0"
    } else {
        rest
    }
    .to_owned()
}
