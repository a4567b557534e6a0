use super::*;
use proptest::prelude::*;

/// submit_sm_resp's id and form, the receipt's id and form: ids of one message, as operators have sent them.
const PAIRS: [(&str, IdForm, &str, IdForm); 16] = [
    ("39f99dd5", IdForm::Hex, "0972660181", IdForm::Decimal),
    ("10C8F40D", IdForm::Hex, "281605133", IdForm::Decimal),
    ("13006AC1", IdForm::Hex, "0318794433", IdForm::Decimal),
    ("6E84FC04", IdForm::Hex, "1854209028", IdForm::Decimal),
    ("4817DB71", IdForm::Hex, "1209523057", IdForm::Decimal),
    ("67FE4EAB", IdForm::Hex, "1744719531", IdForm::Decimal),
    ("38601fa", IdForm::Hex, "0059113978", IdForm::Decimal),
    ("6aad5", IdForm::Hex, "0000436949", IdForm::Decimal),
    ("18d0e03a", IdForm::Hex, "0416342074", IdForm::Decimal),
    (
        "812FC7470000001B",
        IdForm::Hex,
        "9308878062554710043",
        IdForm::Decimal,
    ),
    (
        "1101C1-C9D03D-F000",
        IdForm::AnyCase,
        "1101c1-c9d03d-f000",
        IdForm::AnyCase,
    ),
    (
        "04062581461565934000241",
        IdForm::Decimal,
        "4062581461565934000241",
        IdForm::Decimal,
    ),
    (
        "04062581461565934000241",
        IdForm::NoLeadingZeros,
        "4062581461565934000241",
        IdForm::NoLeadingZeros,
    ),
    ("023", IdForm::NoLeadingZeros, "23", IdForm::NoLeadingZeros),
    ("414243", IdForm::HexText, "ABC", IdForm::AsIs),
    ("a342ee139", IdForm::AsIs, "a342ee139\0", IdForm::AsIs),
];

/// Ids that a normalisation would break, or that are no numbers of ours.
const UNTOUCHED: [&str; 7] = [
    "00B8BE19",
    "0e999f21-7a54-4c07-9d0e-3b7a1d1c0001",
    "4a38dc46-5125-4969-90be-72104c340d5c",
    "a29f6845555647139e5c8f3b817f2c9a",
    "7E82912F50E44B058E9A1FDEB41D67B301",
    "171026125222636445993424531920",
    "11111111111111",
];

#[test]
fn both_sides_of_every_pair_become_one() {
    for (resp, resp_form, receipt, receipt_form) in PAIRS {
        let key = canonical(resp, resp_form);
        assert!(key.is_some(), "{resp}");
        assert_eq!(key, canonical(receipt, receipt_form), "{resp} {receipt}");
    }
}

#[test]
fn a_hint_names_the_other_side_of_every_pair() {
    for (resp, _, receipt, _) in PAIRS {
        if default_key(resp) == default_key(receipt) {
            continue;
        }
        for (from, to) in [(resp, receipt), (receipt, resp)] {
            // That a text was shown in hexadecimal can be seen from the hexadecimal side alone.
            let found = near_misses(from).iter().any(|miss| miss.key == default_key(to));
            assert!(found || to == "414243", "{from} -> {to}");
        }
    }
    let hint = near_misses("0972660181")
        .into_iter()
        .find(|miss| miss.key == "39f99dd5");
    assert_eq!(
        hint.map(|miss| miss.reading),
        Some("decimal, written as hexadecimal")
    );
}

#[test]
fn the_default_touches_nothing() {
    for id in UNTOUCHED {
        assert_eq!(default_key(id), id);
        assert_eq!(canonical(id, IdForm::AsIs).as_deref(), Some(id));
        assert_eq!(default_key(&format!("{id} \0\0")), id);
    }
    assert_eq!(default_key(" 1\r"), " 1\r");
}

#[test]
fn a_uuid_is_no_number() {
    for (uuid, lower) in [
        (
            "0E999f21-7a54-4c07-9d0e-3b7a1d1c0001",
            "0e999f21-7a54-4c07-9d0e-3b7a1d1c0001",
        ),
        (
            "0029F6845555647139E5C8F3B817F2C9",
            "0029f6845555647139e5c8f3b817f2c9",
        ),
    ] {
        for form in [
            IdForm::Decimal,
            IdForm::Hex,
            IdForm::NoLeadingZeros,
            IdForm::AnyCase,
        ] {
            assert_eq!(canonical(uuid, form).as_deref(), Some(lower), "{form:?}");
        }
        let readings: Vec<_> = near_misses(uuid).iter().map(|miss| miss.reading).collect();
        assert!(
            readings.iter().all(|reading| reading.ends_with("case")),
            "{readings:?}"
        );
    }
}

#[test]
fn what_is_not_written_in_a_form_has_none() {
    let too_long = "7E82912F50E44B058E9A1FDEB41D67B301";
    for (id, form) in [
        ("12ab", IdForm::Decimal),
        ("+12", IdForm::Decimal),
        ("", IdForm::Decimal),
        ("xyz", IdForm::Hex),
        (too_long, IdForm::Hex),
        ("41424", IdForm::HexText),
        ("0041", IdForm::HexText),
        ("", IdForm::HexText),
    ] {
        assert_eq!(canonical(id, form), None, "{id} {form:?}");
    }
    assert_eq!(canonical("000", IdForm::NoLeadingZeros).as_deref(), Some("0"));
    assert!(
        near_misses(too_long)
            .iter()
            .any(|miss| miss.reading == "in lower case")
    );
}

#[test]
fn forms_have_the_names_of_settings() {
    let form: Result<IdForm, _> = serde_json::from_str("\"no-leading-zeros\"");
    assert_eq!(form.ok(), Some(IdForm::NoLeadingZeros));
}

proptest! {
    #[test]
    fn any_number_is_one_id_in_both_bases(number: u128, width in 0_usize..40) {
        let decimal = canonical(&format!("{number:0width$}"), IdForm::Decimal);
        let hex = format!("{number:0width$X}");
        prop_assert!(decimal.is_some());
        // 32 hexadecimal digits are taken for a UUID.
        if hex.len() != 32 {
            prop_assert_eq!(decimal, canonical(&hex, IdForm::Hex));
        }
    }

    #[test]
    fn hints_are_few_and_new(raw in "[0-9a-fA-F -]{0,65}|\\PC{0,65}") {
        let misses = near_misses(&raw);
        prop_assert!(misses.len() <= 16);
        for (index, miss) in misses.iter().enumerate() {
            prop_assert!(miss.key != default_key(&raw));
            prop_assert!(!misses[..index].iter().any(|other| other.key == miss.key));
        }
    }
}
