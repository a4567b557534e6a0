//! TON, NPI and digits of senders and recipients: the first rule that fits decides.

use crate::shape::{Choice, Field, Shape, field};
use crate::value::{items, text, whole, word};
use serde_json::Value;
use smpp_plugin_sdk::Address;

const OCTET: Shape = Shape::Whole(0, 255);
const LENGTH: Shape = Shape::Whole(0, 20);
const RULE: Shape = Shape::Table(
    &[
        field(
            "match",
            &Shape::Word(&["any", "digits", "international", "text", "empty"]),
            "What the address looks like: digits; digits of TON 1; anything else; nothing. Default \"any\".",
        ),
        field(
            "length",
            &Shape::Either(&[LENGTH, Shape::List(&LENGTH)]),
            "Its characters: one number, or the least and the most as a list of two.",
        ),
        field("prefix", &Shape::Text(1, 20), "What it begins with."),
        field("ton", &OCTET, "Type of number that is sent."),
        field("npi", &OCTET, "Numbering plan indicator that is sent."),
        field(
            "replace_prefix",
            &Shape::Text(0, 20),
            "Sent instead of prefix: \"0\" for \"49\" makes the national form, \"+\" without prefix puts a plus sign.",
        ),
        field(
            "refuse",
            &Shape::Text(1, 200),
            "Messages with such an address are rejected, for this reason.",
        ),
    ],
    Choice::Free,
);
pub(crate) const SHAPE: Shape = Shape::Table(FIELDS, Choice::Free);
const FIELDS: &[Field] = &[field(
    "rule",
    &Shape::List(&RULE),
    "Rules in their order; the first that fits an address decides.",
)];

/// Octets of an address.
const LONGEST: usize = 20;
/// International, SMPP 3.4 section 5.2.5.
const INTERNATIONAL: u8 = 1;

/// Rules for senders, or for recipients.
#[derive(Default)]
pub(crate) struct Rules(Vec<Rule>);

struct Rule {
    look: Look,
    length: (usize, usize),
    prefix: String,
    ton: Option<u8>,
    npi: Option<u8>,
    replace_prefix: Option<String>,
    refuse: Option<String>,
}

#[derive(Clone, Copy)]
enum Look {
    Any,
    Digits,
    International,
    Text,
    Empty,
}

impl Rules {
    pub(crate) fn read(table: Option<&Value>) -> Self {
        let rules = table.map(|table| items(table, "rule").map(Rule::read).collect());
        Self(rules.unwrap_or_default())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the address has changed.
    ///
    /// # Errors
    /// The reason for which its message is rejected.
    pub(crate) fn apply(&self, address: &mut Address) -> Result<bool, String> {
        let Some(rule) = self.0.iter().find(|rule| rule.fits(address)) else {
            return Ok(false);
        };
        if let Some(reason) = &rule.refuse {
            return Err(reason.clone());
        }
        let ton = rule.ton.unwrap_or(address.ton);
        let npi = rule.npi.unwrap_or(address.npi);
        let mut changed = (ton, npi) != (address.ton, address.npi);
        (address.ton, address.npi) = (ton, npi);
        if let Some(instead) = &rule.replace_prefix {
            let rest = address
                .digits
                .strip_prefix(rule.prefix.as_str())
                .unwrap_or_default();
            let digits = format!("{instead}{rest}");
            if digits.chars().count() > LONGEST {
                return Err(format!(
                    "an address of more than {LONGEST} octets, with {instead:?} before it"
                ));
            }
            changed |= digits != address.digits;
            address.digits = digits;
        }
        Ok(changed)
    }
}

impl Rule {
    fn read(table: &Value) -> Self {
        let length = match table.get("length") {
            Some(Value::Array(bounds)) => {
                let bound = |at: usize| {
                    bounds
                        .get(at)
                        .and_then(Value::as_u64)
                        .and_then(|n| usize::try_from(n).ok())
                };
                (bound(0).unwrap_or(0), bound(1).unwrap_or(usize::MAX))
            }
            _ => match whole(table, "length") {
                Some(length) => (length, length),
                None => (0, usize::MAX),
            },
        };
        Self {
            look: match word(table, "match") {
                Some("digits") => Look::Digits,
                Some("international") => Look::International,
                Some("text") => Look::Text,
                Some("empty") => Look::Empty,
                _ => Look::Any,
            },
            length,
            prefix: text(table, "prefix").unwrap_or_default(),
            ton: whole(table, "ton"),
            npi: whole(table, "npi"),
            replace_prefix: text(table, "replace_prefix"),
            refuse: text(table, "refuse"),
        }
    }

    fn fits(&self, address: &Address) -> bool {
        let digits = address.digits.as_str();
        let is_number = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
        let looks = match self.look {
            Look::Any => true,
            Look::Digits => is_number,
            Look::International => is_number && address.ton == INTERNATIONAL,
            Look::Text => !digits.is_empty() && !is_number,
            Look::Empty => digits.is_empty(),
        };
        let (least, most) = self.length;
        looks && (least..=most).contains(&digits.chars().count()) && digits.starts_with(&self.prefix)
    }
}

/// What the shapes cannot say: a length is a number, or two in their order.
pub(crate) fn check(settings: &Value, findings: &mut crate::check::Findings) {
    for side in ["source", "destination"] {
        let rules = settings
            .get(side)
            .into_iter()
            .flat_map(|table| items(table, "rule"));
        for (index, rule) in rules.enumerate() {
            let Some(bounds) = rule.get("length").and_then(Value::as_array) else {
                continue;
            };
            let bounds: Vec<_> = bounds.iter().filter_map(Value::as_u64).collect();
            if !matches!(bounds.as_slice(), [least, most] if least <= most) {
                findings.report(
                    &format!("/{side}/rule/{index}/length"),
                    format!("is {bounds:?}; use two numbers, the least and the most, such as [9, 16]"),
                );
            }
        }
    }
}
