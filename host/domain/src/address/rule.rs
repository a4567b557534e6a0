//! One rule of an operator, and the built-in ones behind the last.

use super::FixedType;
use crate::pdu::Address;
use std::ops::RangeInclusive;

/// TON 1, NPI 1: international, E.164.
const INTERNATIONAL: (u8, u8) = (1, 1);
/// TON 3, NPI 0: network specific, as short codes are.
const SHORT_CODE: (u8, u8) = (3, 0);
/// TON 5, NPI 0: alphanumeric.
const ALPHANUMERIC: (u8, u8) = (5, 0);
/// TON 0, NPI 0: the operator's default, for an empty sender.
const UNKNOWN: (u8, u8) = (0, 0);

/// The longest short code, in digits.
const LONGEST_SHORT_CODE: usize = 8;

/// What an address looks like, as the platform wrote it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// Whatever it is.
    Any,
    /// Digits, with or without a leading `+`.
    Number,
    /// A leading `+` and digits.
    Plus,
    /// Digits alone.
    Digits,
    /// Anything else that is not empty.
    Text,
    /// Nothing.
    Empty,
}

/// To which addresses a rule applies, and what it makes of them. A `+` before digits is neither counted nor compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddressRule {
    /// What the address has to look like.
    pub look: Look,
    /// How many characters it has to have.
    pub length: RangeInclusive<usize>,
    /// What it has to begin with.
    pub prefix: String,
    /// Type of number; `None` is what the built-in rules say.
    pub ton: Option<u8>,
    /// Numbering plan indicator; `None` is what the built-in rules say.
    pub npi: Option<u8>,
    /// What is sent instead of `prefix`: `0` for `49` makes the national form, `+` for nothing keeps the plus sign.
    pub replace_prefix: Option<String>,
}

impl Default for AddressRule {
    /// Fits everything and changes nothing.
    fn default() -> Self {
        Self {
            look: Look::Any,
            length: 0..=usize::MAX,
            prefix: String::new(),
            ton: None,
            npi: None,
            replace_prefix: None,
        }
    }
}

impl AddressRule {
    fn fits(&self, address: &Written<'_>) -> bool {
        let looks = match self.look {
            Look::Any => true,
            Look::Number => matches!(address.look, Look::Plus | Look::Digits),
            other => other == address.look,
        };
        looks
            && self.length.contains(&address.characters.chars().count())
            && address.characters.starts_with(&self.prefix)
    }
}

/// The address under the first rule that fits it. Characters are still those of the platform.
pub(super) fn apply(written: &str, rules: &[AddressRule], fixed: FixedType) -> Address {
    let address = Written::of(written);
    let (built_in_ton, built_in_npi) = address.built_in_type();
    let rule = rules.iter().find(|rule| rule.fits(&address));
    let ton = fixed.ton.or(rule.and_then(|rule| rule.ton));
    let npi = fixed.npi.or(rule.and_then(|rule| rule.npi));
    let digits = match rule {
        Some(AddressRule {
            prefix,
            replace_prefix: Some(instead),
            ..
        }) => {
            let rest = address.characters.strip_prefix(prefix.as_str());
            format!("{instead}{}", rest.unwrap_or_default())
        }
        _ => address.characters.to_owned(),
    };
    Address {
        ton: ton.unwrap_or(built_in_ton),
        npi: npi.unwrap_or(built_in_npi),
        digits,
    }
}

/// An address with what can be seen of it.
struct Written<'a> {
    /// One of `Plus`, `Digits`, `Text` and `Empty`.
    look: Look,
    /// Without the `+` of a number.
    characters: &'a str,
}

impl<'a> Written<'a> {
    fn of(written: &'a str) -> Self {
        let number = written.strip_prefix('+').unwrap_or(written);
        let is_number = !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit());
        let (look, characters) = match (is_number, written.is_empty()) {
            (true, _) if number.len() < written.len() => (Look::Plus, number),
            (true, _) => (Look::Digits, number),
            (false, true) => (Look::Empty, written),
            (false, false) => (Look::Text, written),
        };
        Self { look, characters }
    }

    fn built_in_type(&self) -> (u8, u8) {
        match self.look {
            Look::Digits if self.characters.len() <= LONGEST_SHORT_CODE => SHORT_CODE,
            Look::Plus | Look::Digits => INTERNATIONAL,
            Look::Empty => UNKNOWN,
            Look::Text | Look::Any | Look::Number => ALPHANUMERIC,
        }
    }
}
