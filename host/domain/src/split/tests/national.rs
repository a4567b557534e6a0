//! Parts whose header tells national language tables.

use super::*;
use crate::encoding::Language;
use proptest::prelude::*;

fn parts(text: &str, alphabet: &Alphabet, plan: &Plan) -> Vec<Part> {
    split(&encoded(text, alphabet), plan, 0x0102).unwrap()
}

/// The octets before the text, and the length of the text in octets.
fn shapes(parts: &[Part]) -> Vec<(Vec<u8>, usize)> {
    let shape = |part: &Part| {
        let text = text_of(part);
        let header = part.short_message.len() - text.len();
        (part.short_message[..header].to_vec(), text.len())
    };
    parts.iter().map(shape).collect()
}

#[test]
fn tables_take_room_in_every_part() {
    for (alphabet, single, eight, sixteen) in [
        (turkish(false, false), 155, 149, 148),
        (turkish(true, false), 152, 146, 145),
    ] {
        assert_eq!(single_limit(&alphabet), single);
        for (plan, part) in [(EIGHT, eight), (SIXTEEN, sixteen), (SAR, sixteen)] {
            let lengths = |count: usize| -> Vec<usize> {
                let shapes = shapes(&parts(&"a".repeat(count), &alphabet, &plan));
                shapes.iter().map(|(_, length)| *length).collect()
            };
            assert_eq!(lengths(single), [single]);
            assert_eq!(lengths(single + 1), [part, single + 1 - part]);
            assert_eq!(lengths(2 * part), [part, part]);
            assert_eq!(lengths(2 * part + 1), [part, part, 1]);
        }
    }
}

#[test]
fn headers_tell_the_tables_and_the_place() {
    let text = "a".repeat(148) + "ş" + "b";
    let single = turkish(false, false);
    assert_eq!(shapes(&parts("ş", &single, &EIGHT)), [(vec![3, 0x24, 1, 1], 2)]);
    // A pair does not fit the last septet of a part.
    assert_eq!(
        shapes(&parts(&(text.clone() + "cccccc"), &single, &EIGHT)),
        [
            (vec![8, 0, 3, 4, 2, 1, 0x24, 1, 1], 148),
            (vec![8, 0, 3, 4, 2, 2, 0x24, 1, 1], 9)
        ]
    );
    let both = turkish(true, false);
    assert_eq!(
        shapes(&parts("ş", &both, &SIXTEEN)),
        [(vec![6, 0x24, 1, 1, 0x25, 1, 1], 1)]
    );
    let long = shapes(&parts(&text.repeat(2), &both, &SIXTEEN));
    assert_eq!(
        long.first(),
        Some(&(vec![12, 8, 4, 1, 2, 3, 1, 0x24, 1, 1, 0x25, 1, 1], 145))
    );
    // sar_* parameters and a header exclude each other.
    assert_eq!(
        parts(&text.repeat(2), &both, &SAR),
        parts(&text.repeat(2), &both, &SIXTEEN)
    );
    for part in parts(&text, &both, &EIGHT) {
        assert_eq!((part.esm_class, part.tlvs), (esm_class::UDHI, Vec::new()));
    }
}

#[test]
fn a_text_without_a_character_has_no_header() {
    for plan in [EIGHT, SAR, PAYLOAD] {
        assert_eq!(parts("", &turkish(true, false), &plan), [Part::default()]);
    }
}

#[test]
fn a_payload_begins_with_the_header() {
    let long = parts(&"ş".repeat(100), &turkish(false, false), &PAYLOAD);
    assert_eq!(long.len(), 1);
    assert_eq!(long[0].esm_class, esm_class::UDHI);
    assert_eq!(long[0].tlvs[0].value[..6], [3, 0x24, 1, 1, 0x1B, 0x73]);
    assert_eq!(long[0].tlvs[0].value.len(), 204);
    let tight = |octets| Plan::Payload {
        max_octets: Some(octets),
        always: true,
        beyond: None,
    };
    let encoded = encoded(&"ş".repeat(100), &turkish(false, false));
    assert!(split(&encoded, &tight(204), 1).is_ok());
    assert_eq!(
        split(&encoded, &tight(203), 1),
        Err(SplitError::PayloadTooLong {
            octets: 204,
            allowed: 203
        })
    );
}

/// 32 bits of header, 3 of filling, and septets from the 36th on.
#[test]
fn packed_text_begins_on_a_septet_border() {
    let packed = parts("ab", &turkish(false, true), &EIGHT);
    let text = u32::from(b'a') << 3 | u32::from(b'b') << 10;
    let [low, middle, high, _] = text.to_le_bytes();
    assert_eq!(packed[0].short_message, [3, 0x24, 1, 1, low, middle, high]);
    let full = parts(&"a".repeat(155), &turkish(false, true), &EIGHT);
    assert_eq!(full[0].short_message.len(), 140);
    let part = &parts(&"a".repeat(156), &turkish(false, true), &EIGHT)[0];
    assert_eq!(part.short_message.len(), 140);
}

/// Any tables, and any text that they have.
fn texts() -> impl Strategy<Value = (NationalTables, String)> {
    let all: Vec<_> = NationalTables::of(&Language::ALL).collect();
    let septets = proptest::collection::vec(0_u8..0x80, 0..700);
    (proptest::sample::select(all), septets).prop_map(|(tables, septets)| {
        let text = decode(&septets, &national(tables, false));
        (tables, text.replace(char::REPLACEMENT_CHARACTER, "a"))
    })
}

proptest! {
    #[test]
    fn parts_of_any_language_make_the_text((tables, text) in texts(), plan in proptest::sample::select(vec![EIGHT, SIXTEEN])) {
        let alphabet = national(tables, false);
        let parts = parts(&text, &alphabet, &plan);
        prop_assert_eq!(parts.iter().map(|part| read(part, &alphabet)).collect::<String>(), text.as_str());
        let limit = |header: usize| if parts.len() == 1 { single_limit(&alphabet) } else { part_limit(&alphabet, header) };
        for (header, length) in shapes(&parts).into_iter().filter(|_| !text.is_empty()) {
            prop_assert!(header.ends_with(&tables.elements()));
            prop_assert_eq!(usize::from(header[0]) + 1, header.len());
            prop_assert!(length <= limit(header.len()), "{} of {}", length, limit(header.len()));
        }
    }
}
