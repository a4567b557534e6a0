//! Message ids: one key for both sides, however the operator writes them.

use crate::shape::{Choice, Field, Shape, field};
use crate::value::{text, texts, whole, word};
use serde_json::Value;
use smpp_plugin_sdk::message_ids::Origin;

const FORM: Shape = Shape::Word(&[
    "as-is",
    "hex",
    "decimal",
    "any-case",
    "no-leading-zeros",
    "hex-text",
]);
const CUT: Shape = Shape::Text(1, 64);
const CUTS: Shape = Shape::Either(&[CUT, Shape::List(&CUT)]);
const KEPT: Shape = Shape::Whole(1, 65);
const SIDE: Shape = Shape::Either(&[
    FORM,
    Shape::Table(
        &[
            field("form", &FORM, "How the rest is read. Default \"as-is\"."),
            field("after", &CUT, "Only what stands behind the last of these counts."),
            field(
                "before",
                &CUT,
                "Only what stands before the first of these counts.",
            ),
            field(
                "cut_prefix",
                &CUTS,
                "Taken off the beginning, in any case; of several the first that is there.",
            ),
            field(
                "cut_suffix",
                &CUTS,
                "Taken off the end, in any case; of several the first that is there.",
            ),
            field(
                "first",
                &KEPT,
                "Only so many characters from the beginning count.",
            ),
            field("last", &KEPT, "Only so many characters from the end count."),
        ],
        Choice::Free,
    ),
]);
pub(crate) const SHAPE: Shape = Shape::Table(FIELDS, Choice::Free);
const FIELDS: &[Field] = &[
    field(
        "submit_resp",
        &SIDE,
        "The id of submit_sm_resp. Default \"as-is\".",
    ),
    field(
        "receipt",
        &SIDE,
        "`id:` in the text of a receipt. Default: as submit_resp.",
    ),
    field(
        "receipt_tlv",
        &SIDE,
        "receipted_message_id (0x001E). Default: as submit_resp.",
    ),
];

/// How the three places of an id are read.
pub(crate) struct Ids {
    submit_resp: Side,
    receipt: Side,
    receipt_tlv: Side,
}

#[derive(Clone, Default)]
struct Side {
    form: Form,
    after: Option<String>,
    before: Option<String>,
    cut_prefix: Vec<String>,
    cut_suffix: Vec<String>,
    first: Option<usize>,
    last: Option<usize>,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Form {
    #[default]
    AsIs,
    Hex,
    Decimal,
    AnyCase,
    NoLeadingZeros,
    HexText,
}

impl Ids {
    pub(crate) fn read(table: &Value) -> Self {
        let submit_resp = table.get("submit_resp").map(Side::read).unwrap_or_default();
        let other = |key| table.get(key).map_or_else(|| submit_resp.clone(), Side::read);
        Self {
            receipt: other("receipt"),
            receipt_tlv: other("receipt_tlv"),
            submit_resp,
        }
    }

    /// The key of an id; `None` is the host's own rule.
    pub(crate) fn key(&self, raw: &str, origin: Origin) -> Option<String> {
        match origin {
            Origin::SubmitResp => &self.submit_resp,
            Origin::ReceiptText => &self.receipt,
            Origin::ReceiptTlv => &self.receipt_tlv,
        }
        .key(raw)
    }
}

impl Side {
    fn read(value: &Value) -> Self {
        if let Some(word) = value.as_str() {
            return Self {
                form: Form::of(word),
                ..Self::default()
            };
        }
        Self {
            form: word(value, "form").map(Form::of).unwrap_or_default(),
            after: text(value, "after"),
            before: text(value, "before"),
            cut_prefix: texts(value, "cut_prefix"),
            cut_suffix: texts(value, "cut_suffix"),
            first: whole(value, "first"),
            last: whole(value, "last"),
        }
    }

    fn key(&self, raw: &str) -> Option<String> {
        // Some operators end an id in NUL inside of its counted octets.
        let id = raw.trim_matches(|end: char| end.is_ascii_whitespace() || end == '\0');
        let cut = self.cut(id).trim();
        // What is nothing but prefix keeps its prefix: an empty key would be everybody's.
        let cut = if cut.is_empty() { id } else { cut };
        let key = self.form.key(cut);
        key.or_else(|| (cut != id).then(|| cut.to_owned()))
            .filter(|key| !key.is_empty() && key.len() <= 255 && !key.chars().any(char::is_control))
    }

    fn cut<'a>(&self, id: &'a str) -> &'a str {
        let mut id = id;
        if let Some((_, rest)) = self.after.as_deref().and_then(|mark| id.rsplit_once(mark)) {
            id = rest;
        }
        if let Some((rest, _)) = self.before.as_deref().and_then(|mark| id.split_once(mark)) {
            id = rest;
        }
        let prefixed = |id: &'a str, prefix: &String| {
            let (start, rest) = id.split_at_checked(prefix.len())?;
            start.eq_ignore_ascii_case(prefix).then_some(rest)
        };
        id = self
            .cut_prefix
            .iter()
            .find_map(|prefix| prefixed(id, prefix))
            .unwrap_or(id);
        let suffixed = |id: &'a str, suffix: &String| {
            let (rest, end) = id.split_at_checked(id.len().checked_sub(suffix.len())?)?;
            end.eq_ignore_ascii_case(suffix).then_some(rest)
        };
        id = self
            .cut_suffix
            .iter()
            .find_map(|suffix| suffixed(id, suffix))
            .unwrap_or(id);
        if let Some((at, _)) = self.first.and_then(|first| id.char_indices().nth(first)) {
            id = id.get(..at).unwrap_or(id);
        }
        let skipped = self
            .last
            .map_or(0, |last| id.chars().count().saturating_sub(last));
        match id.char_indices().nth(skipped) {
            Some((at, _)) => id.get(at..).unwrap_or(id),
            None => id,
        }
    }
}

impl Form {
    fn of(word: &str) -> Self {
        match word {
            "hex" => Self::Hex,
            "decimal" => Self::Decimal,
            "any-case" => Self::AnyCase,
            "no-leading-zeros" => Self::NoLeadingZeros,
            "hex-text" => Self::HexText,
            _ => Self::AsIs,
        }
    }

    /// `None` for an id that is not written in this form: it stays as it is. A UUID is no number, and its zeros count.
    fn key(self, id: &str) -> Option<String> {
        match self {
            Self::AsIs => None,
            Self::AnyCase => Some(id.to_ascii_lowercase()),
            Self::Hex | Self::Decimal | Self::NoLeadingZeros if is_uuid(id) => Some(id.to_ascii_lowercase()),
            Self::Hex => {
                let digits = id.strip_prefix("0x").or_else(|| id.strip_prefix("0X"));
                decimal(digits.unwrap_or(id), 16)
            }
            Self::Decimal => decimal(id, 10),
            Self::NoLeadingZeros => {
                let rest = id.trim_start_matches('0');
                Some(if rest.is_empty() { "0" } else { rest }.to_ascii_lowercase())
            }
            Self::HexText => hex_text(id),
        }
    }
}

/// A number of any length in decimal without padding. Ids have up to 65 digits, more than any integer type holds.
fn decimal(digits: &str, radix: u32) -> Option<String> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    if radix == 10 {
        return Some(if digits.is_empty() { "0" } else { digits }.to_owned());
    }
    if digits.len() <= 32 {
        return u128::from_str_radix(digits, radix)
            .ok()
            .or(Some(0).filter(|_| digits.is_empty()))
            .map(|number| number.to_string());
    }
    // Nine decimal digits a limb, the lowest first.
    const LIMB: u64 = 1_000_000_000;
    let mut limbs: Vec<u64> = vec![0];
    for digit in digits.chars().filter_map(|c| c.to_digit(radix)) {
        let mut carry = u64::from(digit);
        for limb in &mut limbs {
            let next = *limb * u64::from(radix) + carry;
            *limb = next % LIMB;
            carry = next / LIMB;
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let mut text = limbs.pop().unwrap_or_default().to_string();
    for limb in limbs.iter().rev() {
        text.push_str(&format!("{limb:09}"));
    }
    Some(text)
}

/// Printable ASCII written in hexadecimal: `414243` is `ABC`.
fn hex_text(id: &str) -> Option<String> {
    let octets = crate::shape::hex(id)?;
    let printable = octets.iter().all(|octet| (0x21..=0x7E).contains(octet));
    (printable && !octets.is_empty()).then(|| octets.into_iter().map(char::from).collect())
}

/// Groups of 8, 4, 4, 4 and 12 hexadecimal digits with dashes between.
fn is_uuid(id: &str) -> bool {
    let groups: Vec<_> = id.split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    lengths.eq([8, 4, 4, 4, 12]) && groups.concat().bytes().all(|octet| octet.is_ascii_hexdigit())
}
