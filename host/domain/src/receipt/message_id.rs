//! Operator message ids: how the key is made by which a receipt finds its message.
//!
//! Both sides, the id of submit_sm_resp and the id of the receipt, go through one rule. By default the id counts as
//! received: every normalisation that suits one operator breaks the ids of another. An operator whose two sides differ
//! says so in its policy; until then [`near_misses`] tells what to write there.

use serde::{Deserialize, Serialize};

/// How an operator writes an id, as far as it can be turned into one form for both sides.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdForm {
    /// Exactly this text.
    #[default]
    AsIs,
    /// A decimal number, padded or not.
    Decimal,
    /// A hexadecimal number, padded or not, in any case.
    Hex,
    /// Text whose case means nothing.
    AnyCase,
    /// Text whose leading zeros and case mean nothing.
    NoLeadingZeros,
    /// ASCII octets written in hexadecimal: `414243` is `ABC`.
    HexText,
}

/// Another reading of an id, which may find the message that the id itself does not find.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NearMiss {
    /// A default key.
    pub key: String,
    /// In words, for a hint: `decimal, read as hexadecimal`.
    pub reading: &'static str,
}

/// How the two sides of an operator's ids are read so that they come to one key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct IdForms {
    /// The id of submit_sm_resp.
    pub submit_resp: IdForm,
    /// The id of the receipt.
    pub receipt: IdForm,
}

impl IdForms {
    /// In words, for a hint: `decimal here and hexadecimal in submit_sm_resp`.
    #[must_use]
    pub fn words(self) -> String {
        let (receipt, submit_resp) = (self.receipt.words(), self.submit_resp.words());
        if receipt == submit_resp {
            receipt.to_owned()
        } else {
            format!("{receipt}, and those of submit_sm_resp as {submit_resp}")
        }
    }
}

impl IdForm {
    /// As settings and fixtures write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AsIs => "as-is",
            Self::Decimal => "decimal",
            Self::Hex => "hex",
            Self::AnyCase => "any-case",
            Self::NoLeadingZeros => "no-leading-zeros",
            Self::HexText => "hex-text",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::AsIs => "they are",
            Self::Decimal => "decimal",
            Self::Hex => "hexadecimal",
            Self::AnyCase => "text in any case",
            Self::NoLeadingZeros => "text without leading zeros",
            Self::HexText => "text written in hexadecimal",
        }
    }
}

/// The plainest forms under which these two ids are one; `None` when there are none.
#[must_use]
pub fn forms_of_pair(submit_resp: &str, receipt: &str) -> Option<IdForms> {
    use IdForm::{AnyCase, AsIs, Decimal, Hex, HexText, NoLeadingZeros};
    let pairs = [
        (AsIs, AsIs),
        (AnyCase, AnyCase),
        (NoLeadingZeros, NoLeadingZeros),
        (Hex, Decimal),
        (Decimal, Hex),
        (AsIs, HexText),
        (HexText, AsIs),
    ];
    let forms = pairs.map(|(submit_resp, receipt)| IdForms { submit_resp, receipt });
    forms.into_iter().find(|forms| {
        let key = canonical(submit_resp, forms.submit_resp);
        key.is_some() && key == canonical(receipt, forms.receipt)
    })
}

/// The default key: the id as received, without NULs and spaces at its end.
#[must_use]
pub fn default_key(raw: &str) -> String {
    raw.trim_end_matches(['\0', ' ']).to_owned()
}

/// The key of a part whose id nobody knows, because its answer was lost or held none: by the number that it went to. No operator
/// writes ids like that. `None` for what is no number.
#[must_use]
pub fn key_of_number(number: &str) -> Option<String> {
    let digits = number.trim_start_matches('+');
    let digits = digits.strip_prefix("00").unwrap_or(digits);
    let is_number = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
    is_number.then(|| format!("\u{1f}to:{digits}"))
}

/// One form for ids that are the same under `form`; `None` if the id is not written that way, or is a number above
/// 128 bits. Numbers become decimal without padding, so that a `Hex` side equals a `Decimal` side; other letters
/// become lower case. A UUID is no number, and its zeros are significant: only its case changes.
#[must_use]
pub fn canonical(raw: &str, form: IdForm) -> Option<String> {
    let id = default_key(raw);
    let number = |radix| Some(number(&id, radix)?.to_string());
    match form {
        IdForm::AsIs => Some(id),
        IdForm::Decimal | IdForm::Hex | IdForm::NoLeadingZeros if is_uuid(&id) => {
            Some(id.to_ascii_lowercase())
        }
        IdForm::Decimal => number(10),
        IdForm::Hex => number(16),
        IdForm::AnyCase => Some(id.to_ascii_lowercase()),
        IdForm::NoLeadingZeros => Some(without_leading_zeros(&id).to_ascii_lowercase()),
        IdForm::HexText => hex_text(&id),
    }
}

/// The default keys under which the id's message may be stored if the operator writes its ids in two ways: at most 16,
/// none of them the id's own default key.
#[must_use]
pub fn near_misses(raw: &str) -> Vec<NearMiss> {
    let id = default_key(raw);
    let mut candidates = Candidates {
        own: id.clone(),
        found: Vec::new(),
    };
    if !is_uuid(&id) {
        numbers(&id, &mut candidates);
    }
    candidates.add(id.to_ascii_lowercase(), "in lower case");
    candidates.add(id.to_ascii_uppercase(), "in upper case");
    if !is_uuid(&id) {
        zeros(&id, &mut candidates);
    }
    if let Some(text) = hex_text(&id) {
        candidates.add(text, "hexadecimal, read as text");
    }
    candidates.found
}

fn numbers(id: &str, candidates: &mut Candidates) {
    if let Some(number) = number(id, 10) {
        let reading = "decimal, written as hexadecimal";
        let padded = "decimal, written as hexadecimal of 8 digits";
        candidates.add(format!("{number:x}"), reading);
        candidates.add(format!("{number:X}"), reading);
        candidates.add(format!("{number:08x}"), padded);
        candidates.add(format!("{number:08X}"), padded);
    }
    if let Some(number) = number(id, 16) {
        candidates.add(format!("{number}"), "hexadecimal, written as decimal");
        candidates.add(
            format!("{number:010}"),
            "hexadecimal, written as decimal of 10 digits",
        );
    }
}

fn zeros(id: &str, candidates: &mut Candidates) {
    let short = without_leading_zeros(id);
    candidates.add(short.to_owned(), "without leading zeros");
    candidates.add(short.to_ascii_lowercase(), "without leading zeros, in lower case");
    candidates.add(short.to_ascii_uppercase(), "without leading zeros, in upper case");
    if id.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        candidates.add(format!("{id:0>10}"), "padded with zeros to 10 digits");
        candidates.add(format!("0{id}"), "with a leading zero");
    }
}

struct Candidates {
    own: String,
    found: Vec<NearMiss>,
}

impl Candidates {
    fn add(&mut self, key: String, reading: &'static str) {
        let known = key == self.own || self.found.iter().any(|miss| miss.key == key);
        if !known && !key.is_empty() {
            self.found.push(NearMiss { key, reading });
        }
    }
}

fn number(id: &str, radix: u32) -> Option<u128> {
    // `from_str_radix` takes a plus sign, which is no part of a number here.
    let digits = id.chars().all(|c| c.is_digit(radix));
    if digits {
        u128::from_str_radix(id, radix).ok()
    } else {
        None
    }
}

/// One zero of many stays.
fn without_leading_zeros(id: &str) -> &str {
    match id.trim_start_matches('0') {
        "" if !id.is_empty() => "0",
        short => short,
    }
}

/// `8-4-4-4-12` hexadecimal digits, or 32 of them with a letter among them: without one it may be a long number.
fn is_uuid(id: &str) -> bool {
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    let hex = id.bytes().all(|octet| octet.is_ascii_hexdigit() || octet == b'-');
    let letters = id.bytes().any(|octet| octet.is_ascii_alphabetic());
    hex && (groups == [8, 4, 4, 4, 12] || (groups == [32] && letters))
}

fn hex_text(id: &str) -> Option<String> {
    let (pairs, rest) = id.as_bytes().as_chunks::<2>();
    let nibble = |octet: u8| {
        char::from(octet)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let octets = pairs
        .iter()
        .map(|&[high, low]| Some(nibble(high)? * 16 + nibble(low)?));
    let text: String = octets
        .map(|octet| octet.filter(u8::is_ascii_graphic).map(char::from))
        .collect::<Option<_>>()?;
    (rest.is_empty() && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests;
