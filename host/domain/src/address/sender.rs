//! Senders: numbers, and names in the operator's alphabet.

use super::rule;
use super::{AddressRule, FixedType, MAX_OCTETS, TooLong};
use crate::encoding::{self, Alphabet, EncodeError, UnencodableRule};
use crate::pdu::{Address, octet_text};

/// TON 5.
const ALPHANUMERIC: u8 = 5;

/// How an operator wants its senders (source_addr).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// In their order; see [`crate::address`].
    pub rules: Vec<AddressRule>,
    /// Of names. GSM 7-bit goes one septet an octet, and there `@` is 0x00.
    pub alphabet: Alphabet,
    /// For characters that the alphabet lacks, or writes as 0x00: that octet would end the field early. Where it is
    /// [`UnencodableRule::Ucs2`] they are refused as under [`UnencodableRule::Reject`], since no address is in UCS2.
    pub on_unencodable: UnencodableRule,
    /// Octets of an alphanumeric sender; a phone shows 11 septets (3GPP TS 23.040 section 9.1.2.5).
    pub max_length: usize,
    /// Whether there may be none, so that the operator's default stands in.
    pub allow_empty: bool,
}

impl Sender {
    /// What a phone shows of an alphanumeric sender.
    pub const SHOWN: usize = 11;

    /// The sender as the operator wants it, in octet text.
    ///
    /// # Errors
    /// [`SenderError`], worded to stand behind `from:`.
    pub fn address(&self, written: &str, fixed: FixedType) -> Result<Address, SenderError> {
        if written.is_empty() && !self.allow_empty {
            return Err(SenderError::Empty);
        }
        let mut address = rule::apply(written, &self.rules, fixed);
        let is_number = address
            .digits
            .bytes()
            .all(|octet| octet.is_ascii_digit() || octet == b'+');
        if !is_number {
            address.digits = octet_text(&self.encoded(&address.digits)?);
        }
        let octets = address.digits.chars().count();
        if octets > MAX_OCTETS {
            return Err(TooLong { octets }.into());
        }
        if (!is_number || address.ton == ALPHANUMERIC) && octets > self.max_length {
            return Err(SenderError::NameTooLong {
                octets,
                alphabet: self.alphabet.name().to_owned(),
                allowed: self.max_length,
            });
        }
        Ok(address)
    }

    fn encoded(&self, name: &str) -> Result<Vec<u8>, SenderError> {
        let rule = match &self.on_unencodable {
            UnencodableRule::Ucs2 => &UnencodableRule::Reject,
            other => other,
        };
        let mut octets = encoding::encode(name, &self.alphabet, rule)?.to_octets();
        if !octets.contains(&0) {
            return Ok(octets);
        }
        // Both rules that let a name pass end at a question mark where they know nothing better.
        let stand_in = match rule {
            UnencodableRule::Replace(with) => encoding::encode(with, &self.alphabet, rule)?.to_octets(),
            UnencodableRule::Transliterate => encoding::encode("?", &self.alphabet, rule)?.to_octets(),
            UnencodableRule::Ucs2 | UnencodableRule::Reject => Vec::new(),
        };
        if stand_in.contains(&0) || *rule == UnencodableRule::Reject {
            return Err(SenderError::EndsField {
                character: encoding::decode(&[0], &self.alphabet)
                    .chars()
                    .next()
                    .unwrap_or('\0'),
                alphabet: self.alphabet.name().to_owned(),
            });
        }
        octets = octets
            .split(|octet| *octet == 0)
            .collect::<Vec<_>>()
            .join(&stand_in[..]);
        Ok(octets)
    }
}

impl Default for Sender {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            alphabet: Alphabet::Latin1,
            on_unencodable: UnencodableRule::Reject,
            max_length: Self::SHOWN,
            allow_empty: true,
        }
    }
}

/// Why a sender cannot be sent.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SenderError {
    /// Nothing, where the operator wants something.
    #[error("is empty, and this operator wants a sender")]
    Empty,
    /// As numbers are after the rules.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// A phone would show it cut, or the operator refuse it.
    #[error("takes {octets} octets in {alphabet}: an alphanumeric sender has at most {allowed} here")]
    NameTooLong {
        /// Of the name.
        octets: usize,
        /// Its name.
        alphabet: String,
        /// The operator's limit.
        allowed: usize,
    },
    /// The alphabet has no octet for a character.
    #[error(transparent)]
    Unencodable(#[from] EncodeError),
    /// A C-octet string ends at 0x00.
    #[error("{character:?} cannot be in a sender here: it is 0x00 in {alphabet}, which would end the field")]
    EndsField {
        /// Which.
        character: char,
        /// Its name.
        alphabet: String,
    },
}
