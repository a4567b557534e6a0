//! Type of number and numbering plan of an address, derived from what it looks like.

use crate::pdu::Address;

/// TON 1, NPI 1: international, E.164.
const INTERNATIONAL: (u8, u8) = (1, 1);
/// TON 3, NPI 0: network specific, as short codes are.
const SHORT_CODE: (u8, u8) = (3, 0);
/// TON 5, NPI 0: alphanumeric.
const ALPHANUMERIC: (u8, u8) = (5, 0);
/// TON 0, NPI 0: the operator's default, for an empty sender.
const UNKNOWN: (u8, u8) = (0, 0);

/// Makes an address of what the platform wrote. `ton` and `npi` override what would be derived:
///
/// * a leading `+`, or nine digits and more: international, sent without the `+`;
/// * up to eight digits: a short code;
/// * anything else in it, also a space or a dash: alphanumeric.
#[must_use]
pub fn address(written: &str, ton: Option<u8>, npi: Option<u8>) -> Address {
    let number = written.strip_prefix('+').unwrap_or(written);
    let all_digits = !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit());
    let (derived_ton, derived_npi) = match (all_digits, number.len()) {
        (true, length) if length >= 9 || number.len() < written.len() => INTERNATIONAL,
        (true, _) => SHORT_CODE,
        (false, _) if written.is_empty() => UNKNOWN,
        (false, _) => ALPHANUMERIC,
    };
    let digits = if all_digits { number } else { written };
    Address { ton: ton.unwrap_or(derived_ton), npi: npi.unwrap_or(derived_npi), digits: digits.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn looks_decide() {
        for (written, ton, npi, digits) in [
            ("+4915112345678", 1, 1, "4915112345678"),
            ("4915112345678", 1, 1, "4915112345678"),
            ("491511234", 1, 1, "491511234"),
            ("+12345", 1, 1, "12345"),
            ("40404", 3, 0, "40404"),
            ("112", 3, 0, "112"),
            ("ACME", 5, 0, "ACME"),
            ("A-B", 5, 0, "A-B"),
            ("Shop 24", 5, 0, "Shop 24"),
            ("49 151", 5, 0, "49 151"),
            ("+", 5, 0, "+"),
            ("", 0, 0, ""),
        ] {
            let found = address(written, None, None);
            assert_eq!((found.ton, found.npi, found.digits.as_str()), (ton, npi, digits), "{written:?}");
        }
    }

    #[test]
    fn settings_override_looks() {
        let found = address("ACME", Some(0), Some(1));
        assert_eq!((found.ton, found.npi), (0, 1));
    }
}
