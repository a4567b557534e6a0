use super::*;
use crate::encoding::{Alphabet, CharTable, TableBase, UnencodableRule};
use crate::pdu::text_octets;
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::Arc;

const AUTO: FixedType = FixedType { ton: None, npi: None };

fn rule(look: Look, ton: u8, npi: u8) -> AddressRule {
    AddressRule {
        look,
        ton: Some(ton),
        npi: Some(npi),
        ..AddressRule::default()
    }
}

#[track_caller]
fn assert_address(found: Result<Address, SenderError>, expected: (u8, u8, &str), written: &str) {
    let found = found.unwrap();
    assert_eq!(
        (found.ton, found.npi, found.digits.as_str()),
        expected,
        "{written:?}"
    );
}

#[test]
fn looks_decide_where_no_rule_does() {
    for (written, ton, npi, digits) in [
        ("+4915112345678", 1, 1, "4915112345678"),
        ("4915112345678", 1, 1, "4915112345678"),
        ("1234567890123456", 1, 1, "1234567890123456"),
        ("491511234", 1, 1, "491511234"),
        ("+12345", 1, 1, "12345"),
        ("49151123", 3, 0, "49151123"),
        ("40404", 3, 0, "40404"),
        ("112", 3, 0, "112"),
        ("ACME", 5, 0, "ACME"),
        ("A-B", 5, 0, "A-B"),
        ("Shop 24", 5, 0, "Shop 24"),
        ("a@b", 5, 0, "a@b"),
        ("A&B", 5, 0, "A&B"),
        ("49 151", 5, 0, "49 151"),
        ("+", 5, 0, "+"),
        ("", 0, 0, ""),
    ] {
        assert_address(
            Sender::default().address(written, AUTO),
            (ton, npi, digits),
            written,
        );
        if ton == 1 || ton == 3 {
            assert_address(
                Recipient::default()
                    .address(written, AUTO)
                    .map_err(SenderError::from),
                (ton, npi, digits),
                written,
            );
        }
    }
}

#[test]
fn the_first_rule_that_fits_decides() {
    let rules = vec![
        AddressRule {
            prefix: "49".to_owned(),
            replace_prefix: Some("0".to_owned()),
            ..rule(Look::Number, 2, 1)
        },
        AddressRule {
            replace_prefix: Some("00".to_owned()),
            ..rule(Look::Plus, 1, 1)
        },
        AddressRule {
            length: 5..=6,
            ..rule(Look::Digits, 6, 0)
        },
        AddressRule {
            ton: Some(4),
            ..AddressRule::default()
        },
        rule(Look::Any, 9, 9),
    ];
    let recipient = Recipient { rules };
    for (written, ton, npi, digits) in [
        ("+4915112345678", 2, 1, "015112345678"),
        ("4915112345678", 2, 1, "015112345678"),
        ("+33612345678", 1, 1, "0033612345678"),
        ("40404", 6, 0, "40404"),
        ("404040", 6, 0, "404040"),
        // What a rule does not say is as without rules.
        ("4040404", 4, 0, "4040404"),
        ("33612345678", 4, 1, "33612345678"),
    ] {
        assert_address(
            recipient.address(written, AUTO).map_err(SenderError::from),
            (ton, npi, digits),
            written,
        );
    }
}

#[test]
fn each_look_fits_its_own_kind() {
    let written = ["+4915", "4915", "ACME", ""];
    for (look, fits) in [
        (Look::Any, [true, true, true, true]),
        (Look::Number, [true, true, false, false]),
        (Look::Plus, [true, false, false, false]),
        (Look::Digits, [false, true, false, false]),
        (Look::Text, [false, false, true, false]),
        (Look::Empty, [false, false, false, true]),
    ] {
        let sender = Sender {
            rules: vec![rule(look, 7, 7)],
            ..Sender::default()
        };
        let found = written.map(|written| sender.address(written, AUTO).unwrap().ton == 7);
        assert_eq!(found, fits, "{look:?}");
    }
}

#[test]
fn a_plus_sign_may_be_sent() {
    let rules = vec![AddressRule {
        replace_prefix: Some("+".to_owned()),
        ..rule(Look::Plus, 1, 1)
    }];
    let sender = Sender {
        rules: rules.clone(),
        ..Sender::default()
    };
    let written = "+4915112345678";
    assert_address(sender.address(written, AUTO), (1, 1, written), written);
    assert_eq!(
        Recipient { rules }.address(written, AUTO).unwrap().digits,
        written
    );
}

#[test]
fn digits_may_be_alphanumeric_and_then_have_the_length_of_a_name() {
    let sender = Sender {
        rules: vec![rule(Look::Digits, 5, 0)],
        ..Sender::default()
    };
    assert_address(sender.address("40404", AUTO), (5, 0, "40404"), "40404");
    assert_eq!(
        sender.address("491511234567", AUTO).unwrap_err().to_string(),
        "takes 12 octets in LATIN1: an alphanumeric sender has at most 11 here"
    );
}

#[test]
fn a_fixed_type_wins_over_rules_and_looks() {
    let fixed = FixedType {
        ton: Some(0),
        npi: None,
    };
    let sender = Sender {
        rules: vec![rule(Look::Text, 5, 1)],
        ..Sender::default()
    };
    assert_address(sender.address("ACME", fixed), (0, 1, "ACME"), "ACME");
    let fixed = FixedType {
        ton: None,
        npi: Some(8),
    };
    assert_address(sender.address("40404", fixed), (3, 8, "40404"), "40404");
}

#[test]
fn names_are_written_in_the_operators_alphabet() {
    let swapped = CharTable::from_base("acme", TableBase::Gsm7, &[(0x40, '@')]).unwrap();
    for (alphabet, name, octets) in [
        (Alphabet::Ascii, "A & B", &b"A & B"[..]),
        (Alphabet::Latin1, "Café", b"Caf\xE9"),
        (Alphabet::Gsm7Unpacked, "Café_€", b"Caf\x05\x11\x1Be"),
        (Alphabet::Gsm7Unpacked, "ΔELTA", b"\x10ELTA"),
        (Alphabet::Table(Arc::new(swapped)), "a@b", b"a\x40b"),
    ] {
        let sender = Sender {
            alphabet,
            ..Sender::default()
        };
        let address = sender.address(name, AUTO).unwrap();
        assert_eq!(text_octets(&address.digits), octets, "{name}");
    }
}

#[test]
fn what_an_alphabet_cannot_write_is_refused_or_replaced_as_the_operator_says() {
    let with = |alphabet: Alphabet, on_unencodable: UnencodableRule, name: &str| {
        let sender = Sender {
            alphabet,
            on_unencodable,
            ..Sender::default()
        };
        sender
            .address(name, AUTO)
            .map(|address| address.digits)
            .map_err(|error| error.to_string())
    };
    let gsm7 = || Alphabet::Gsm7Unpacked;
    let replace = |with: &str| UnencodableRule::Replace(with.to_owned());
    // 0x00 would end the field behind the first letter, and shift all that follows.
    assert_eq!(
        with(gsm7(), UnencodableRule::Reject, "a@b").unwrap_err(),
        "'@' cannot be in a sender here: it is 0x00 in GSM7, which would end the field"
    );
    assert_eq!(
        with(gsm7(), UnencodableRule::Transliterate, "@a@"),
        Ok("?a?".to_owned())
    );
    assert_eq!(with(gsm7(), replace("(at)"), "a@b"), Ok("a(at)b".to_owned()));
    assert_eq!(with(gsm7(), replace(""), "a@b"), Ok("ab".to_owned()));
    assert!(with(gsm7(), replace("@"), "a@b").is_err());
    assert_eq!(
        with(Alphabet::Ascii, UnencodableRule::Ucs2, "Café").unwrap_err(),
        "1 of the characters are not in ASCII: 'é' (U+00E9) at 4"
    );
    assert_eq!(
        with(Alphabet::Ascii, UnencodableRule::Transliterate, "Café"),
        Ok("Cafe".to_owned())
    );
}

#[test]
fn lengths_are_those_of_the_wire() {
    let sender = Sender::default();
    assert!(sender.address("Eleven char", AUTO).is_ok());
    assert_eq!(
        sender.address("Twelve chars", AUTO).unwrap_err().to_string(),
        "takes 12 octets in LATIN1: an alphanumeric sender has at most 11 here"
    );
    let gsm7 = Sender {
        alphabet: Alphabet::Gsm7Unpacked,
        ..Sender::default()
    };
    // The euro sign takes two.
    assert!(gsm7.address("123456789€", AUTO).is_ok() && gsm7.address("1234567890€", AUTO).is_err());
    let long = Sender {
        max_length: MAX_OCTETS,
        ..Sender::default()
    };
    assert!(long.address(&"a".repeat(20), AUTO).is_ok());
    let rules = vec![AddressRule {
        replace_prefix: Some("000000".to_owned()),
        ..AddressRule::default()
    }];
    let number = "491511234567890";
    let padded = Sender {
        rules: rules.clone(),
        ..Sender::default()
    };
    assert_eq!(
        Recipient { rules }.address(number, AUTO),
        Err(TooLong { octets: 21 })
    );
    assert_eq!(
        padded.address(number, AUTO),
        Err(SenderError::TooLong(TooLong { octets: 21 }))
    );
    // A number is no name.
    assert!(sender.address(&"1".repeat(20), AUTO).is_ok());
}

#[test]
fn an_operator_may_want_a_sender() {
    let sender = Sender {
        allow_empty: false,
        ..Sender::default()
    };
    assert_eq!(sender.address("", AUTO), Err(SenderError::Empty));
    assert_address(sender.address("A", AUTO), (5, 0, "A"), "A");
}

fn rules() -> impl Strategy<Value = Vec<AddressRule>> {
    let looks = select(vec![
        Look::Any,
        Look::Number,
        Look::Plus,
        Look::Digits,
        Look::Text,
        Look::Empty,
    ]);
    let texts = || "[0-9+a-z@]{0,4}";
    let rule = (
        looks,
        0_usize..4,
        texts(),
        proptest::option::of(texts()),
        proptest::option::of(0_u8..8),
    );
    let rule = rule.prop_map(|(look, shortest, prefix, replace_prefix, ton)| AddressRule {
        look,
        length: shortest..=20,
        prefix,
        ton,
        npi: None,
        replace_prefix,
    });
    proptest::collection::vec(rule, 0..4)
}

proptest! {
    /// Whatever the operator says and the platform writes: what comes out can stand in a C-octet string.
    #[test]
    fn a_sender_that_is_not_refused_fits_its_field(
        rules in rules(),
        written in "[+]?[0-9]{0,20}|[a-zA-Z@€Ж -]{0,20}",
        alphabet in select(vec![Alphabet::Gsm7Unpacked, Alphabet::Ascii, Alphabet::Latin1]),
        on_unencodable in select(vec![
            UnencodableRule::Reject,
            UnencodableRule::Transliterate,
            UnencodableRule::Replace("@€".to_owned()),
            UnencodableRule::Replace(String::new()),
        ]),
        max_length in 1_usize..=20,
    ) {
        let sender = Sender { rules, alphabet, on_unencodable, max_length, allow_empty: true };
        if let Ok(address) = sender.address(&written, AUTO) {
            let octets: Vec<_> = address.digits.chars().map(u32::from).collect();
            prop_assert!(octets.len() <= MAX_OCTETS, "{:?}", octets);
            prop_assert!(octets.iter().all(|octet| (1..=0xFF).contains(octet)), "{:?}", octets);
            prop_assert!(address.ton != 5 || octets.len() <= max_length, "{:?}", octets);
        }
    }
}
