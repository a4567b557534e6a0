use super::*;
use proptest::prelude::*;

fn part(data_coding: u8, octets: &[u8]) -> MoPart {
    let pdu = DeliverSmPdu {
        data_coding,
        ..DeliverSmPdu::default()
    };
    let addresses = (Address::default(), Address::default());
    MoPart::new(&pdu, octets, &UserDataHeader::default(), addresses, None)
}

fn joined(parts: &[(u8, MoPart)]) -> Content {
    join(parts.iter().map(|(number, part)| (*number, part)))
}

fn text(text: &str) -> Content {
    Content::Text(text.to_owned())
}

#[test]
fn a_surrogate_pair_may_lie_in_two_segments() {
    let octets: Vec<u8> = "a😀b".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for cut in 0..=octets.len() {
        let (first, second) = octets.split_at(cut);
        let parts = [(1, part(8, first)), (2, part(8, second))];
        assert_eq!(joined(&parts), text("a😀b"), "cut at {cut}");
    }
}

#[test]
fn an_escape_may_end_a_segment() {
    let parts = [
        (1, part(0, b"5 \x1b")),
        (2, part(0, b"e and \x1b")),
        (3, part(0, b"\x28")),
    ];
    assert_eq!(joined(&parts), text("5 € and {"));
}

#[test]
fn nothing_is_read_across_a_missing_segment() {
    let parts = [(1, part(0, b"5 \x1b")), (3, part(0, b"e"))];
    assert_eq!(joined(&parts), text("5 e"));
}

#[test]
fn segments_of_different_codings_are_read_apart() {
    let parts = [
        (1, part(0, b"@\0")),
        (2, part(8, &[4, 0x16])),
        (3, part(3, b"\xe9")),
    ];
    assert_eq!(joined(&parts), text("¡@Жé"));
}

#[test]
fn what_the_policy_has_read_stands() {
    let mut second = part(0, b"xyz");
    second.text = Some("two ".to_owned());
    let parts = [(1, part(0, b"one ")), (2, second), (3, part(0, b"three"))];
    assert_eq!(joined(&parts), text("one two three"));
    let mut given = part(4, &[1, 2]);
    given.text = Some("words".to_owned());
    assert_eq!(joined(&[(1, given)]), text("words"));
}

#[test]
fn eight_bit_data_stays_octets() {
    for data_coding in [0x02, 0x04, 0x14, 0x15, 0x34, 0x54, 0xF4, 0xF5, 0xFD] {
        let parts = [(1, part(data_coding, &[0, 255])), (2, part(data_coding, &[7]))];
        assert_eq!(
            joined(&parts),
            Content::Data(vec![0, 255, 7]),
            "{data_coding:#04x}"
        );
    }
}

#[test]
fn every_group_of_data_codings_is_read() {
    let wide: &[u8] = &[0, 0x41];
    for (data_coding, octets, expected) in [
        (0x00, &b"A\0"[..], "A@"),
        (0x01, b"A@", "A@"),
        (0x03, b"A\xe4", "Aä"),
        (0x08, wide, "A"),
        (0x10, b"A\0", "A@"),
        (0x11, b"A\0", "A@"),
        (0x18, wide, "A"),
        (0x1B, wide, "A"),
        (0x20, b"A\0", "A@"),
        (0xC0, b"A\0", "A@"),
        (0xC8, b"A\0", "A@"),
        (0xD8, b"A\0", "A@"),
        (0xE8, wide, "A"),
        (0xEA, wide, "A"),
        (0xF0, b"A\0", "A@"),
        (0xF1, b"A\0", "A@"),
        (0xFB, b"A\0", "A@"),
    ] {
        assert_eq!(
            joined(&[(1, part(data_coding, octets))]),
            text(expected),
            "{data_coding:#04x}"
        );
    }
}

#[test]
fn national_tables_say_how_gsm_7_bit_is_read_and_nothing_else() {
    let turkish = |data_coding, octets: &[u8]| MoPart {
        languages: LanguageTables {
            locking: Some(1),
            single: Some(1),
        },
        ..part(data_coding, octets)
    };
    // 0x0B is `Ğ` in the locking table, and an escape with `s` is `ş` in the single one: cut between the two.
    let parts = [(1, turkish(0, b"\x0b\x1b")), (2, turkish(0, b"s"))];
    assert_eq!(joined(&parts), text("Ğş"));
    assert_eq!(joined(&[(1, turkish(8, &[0, 0x0B]))]), text("\u{b}"));
    let unknown = MoPart {
        languages: LanguageTables {
            locking: Some(200),
            single: Some(0),
        },
        ..part(0, b"\x0b\x1be")
    };
    assert_eq!(joined(&[(1, unknown)]), text("Ø€"));
}

#[test]
fn the_parameters_that_number_segments_are_not_passed_on() {
    let tlv = |tag| Tlv { tag, value: vec![1] };
    let pdu = DeliverSmPdu {
        tlvs: [0x0424, 0x020C, 0x1400, 0x020E, 0x020F, 0x1400].map(tlv).to_vec(),
        ..DeliverSmPdu::default()
    };
    let addresses = (Address::default(), Address::default());
    let part = MoPart::new(&pdu, b"", &UserDataHeader::default(), addresses, None);
    assert_eq!(part.tlvs, [tlv(0x1400), tlv(0x1400)]);
}

#[test]
fn a_part_that_another_version_has_stored_is_read() {
    let part = MoPart {
        service_type: "CMT".to_owned(),
        ..MoPart::default()
    };
    let mut json = serde_json::to_value(&part).unwrap();
    let fields = json.as_object_mut().unwrap();
    fields.remove("ports").unwrap();
    fields.insert("of_a_later_version".to_owned(), true.into());
    assert_eq!(serde_json::from_value::<MoPart>(json).unwrap(), part);
}

proptest! {
    #[test]
    fn a_text_cut_anywhere_is_the_same_text(words in "\\PC{1,60}", cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let octets: Vec<u8> = words.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(octets.len())).chain([0, octets.len()]).collect();
        cuts.sort_unstable();
        let parts: Vec<_> = (1..)
            .zip(cuts.windows(2))
            .map(|(number, cut)| (number, part(8, &octets[cut[0]..cut[1]])))
            .collect();
        prop_assert_eq!(joined(&parts), text(&words));
    }
}
