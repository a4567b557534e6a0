//! Addresses as an operator wants them: type of number, numbering plan, and how the digits are written.
//!
//! An operator's rules are tried in their order, and the first that fits decides. Behind the last one stand the
//! built-in rules, which fit everything:
//!
//! | as the platform wrote it | TON | NPI | sent as |
//! |---|---|---|---|
//! | a leading `+` and digits, or 9 digits and more | 1 | 1 | digits without the `+` |
//! | 1 to 8 digits | 3 | 0 | the digits |
//! | anything else, also with a hyphen, a space, `@` or `&` in it | 5 | 0 | in the sender alphabet |
//! | nothing | 0 | 0 | nothing: the operator's default |

mod rule;
mod sender;

pub use rule::{AddressRule, Look};
pub use sender::{Sender, SenderError};

use crate::pdu::Address;

/// The longest address on the wire, in octets without its NUL (SMPP 3.4 section 5.2.8).
pub const MAX_OCTETS: usize = 20;

/// TON and NPI that hold whatever the rules say; `None` leaves it to them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FixedType {
    /// Type of number.
    pub ton: Option<u8>,
    /// Numbering plan indicator.
    pub npi: Option<u8>,
}

/// How an operator wants its recipients (destination_addr).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recipient {
    /// In their order.
    pub rules: Vec<AddressRule>,
}

impl Recipient {
    /// The recipient as the operator wants it, in octet text.
    ///
    /// # Errors
    /// The rules make it longer than an address can be.
    pub fn address(&self, written: &str, fixed: FixedType) -> Result<Address, TooLong> {
        let address = rule::apply(written, &self.rules, fixed);
        match address.digits.len() {
            octets if octets > MAX_OCTETS => Err(TooLong { octets }),
            _ => Ok(address),
        }
    }
}

/// An address field has 21 octets, and the last is a NUL.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the operator's rules make it {octets} octets long, and an address has at most 20")]
pub struct TooLong {
    /// Without the NUL.
    pub octets: usize,
}

#[cfg(test)]
mod tests;
