use super::*;
use crate::dispatch::MessageType;
use proptest::prelude::*;

const GSM7: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                    abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn encoded(text: &str, alphabet: &Alphabet) -> Vec<u8> {
    encode(text, alphabet, &UnencodableRule::Reject)
        .unwrap()
        .to_octets()
}

fn lossy(text: &str, alphabet: &Alphabet, rule: &UnencodableRule) -> String {
    let encoded = encode(text, alphabet, rule).unwrap();
    decode(&encoded.to_octets(), encoded.alphabet().unwrap())
}

fn table(base: TableBase, overrides: &[(u8, char)]) -> CharTable {
    CharTable::from_base("acme", base, overrides).unwrap()
}

#[test]
fn gsm7_is_the_table_of_the_standard() {
    let codes: Vec<u8> = (0..=0x7F).filter(|code| *code != gsm7::ESCAPE).collect();
    assert_eq!(encoded(GSM7, &Alphabet::Gsm7Unpacked), codes);
    assert_eq!(decode(&codes, &Alphabet::Gsm7Unpacked), GSM7);
    assert_eq!(
        hex(&encoded(EXTENDED, &Alphabet::Gsm7Unpacked)),
        "1b0a1b141b281b291b2f1b3c1b3d1b3e1b401b65"
    );
    for c in ('\0'..=char::MAX).filter(|c| !GSM7.contains(*c) && !EXTENDED.contains(*c)) {
        assert_eq!(gsm7::cost(c), None, "{c:?}");
    }
}

#[test]
fn gsm7_vectors() {
    for (text, unpacked) in [
        ("hello", "68656c6c6f"),
        ("€", "1b65"),
        ("[]", "1b3c1b3e"),
        ("@£$¥èéùìòÇ{}", "000102030405060708091b281b29"),
    ] {
        assert_eq!(hex(&encoded(text, &Alphabet::Gsm7Unpacked)), unpacked, "{text}");
    }
    assert_eq!(hex(&encoded("hello", &Alphabet::Gsm7Packed)), "e8329bfd06");
    assert_eq!(
        hex(&encoded("hellohello", &Alphabet::Gsm7Packed)),
        "e8329bfd4697d9ec37"
    );
    assert_eq!(gsm7_septets("a€b"), Some(4));
    assert_eq!(gsm7_septets("ç"), None);
}

#[test]
fn odd_septets_are_read_as_the_standard_says() {
    for (octets, text) in [
        (&b"\x1bA"[..], "A"),
        (b"a\x1b\x1bb", "a b"),
        (b"a\x1b", "a"),
        (b"\x1b\x00", "@"),
        (b"\x00", "@"),
        (b"a\xfcb", "a\u{fffd}b"),
        (b"\x1b\xfc", "\u{fffd}"),
    ] {
        assert_eq!(decode(octets, &Alphabet::Gsm7Unpacked), text, "{octets:02x?}");
    }
}

#[test]
fn ucs2_is_utf16_and_mends_what_is_broken() {
    assert_eq!(hex(&encoded("aж😀", &Alphabet::Ucs2)), "00610436d83dde00");
    for (octets, text) in [
        (&b"\x00a\xd8\x3d\xde\x00"[..], "a😀"),
        (b"\x00a\x04", "a\u{fffd}"),
        (b"\xd8\x3d\x00a", "\u{fffd}a"),
        (b"\xde\x00\x00a", "\u{fffd}a"),
        (b"\x00a\xd8\x3d", "a\u{fffd}"),
    ] {
        assert_eq!(decode(octets, &Alphabet::Ucs2), text, "{octets:02x?}");
    }
}

#[test]
fn seven_spare_bits_are_no_at_sign() {
    for text in ["hello w", "hello world, hi", "@@@@@@@"] {
        let octets = encoded(text, &Alphabet::Gsm7Packed);
        assert_eq!(octets.len() % 7, 0);
        assert_eq!(decode_packed(&octets, Some(text.len())), text);
        assert_eq!(decode_packed(&octets, Some(text.len() + 1)), format!("{text}@"));
        assert_eq!(decode_packed(&octets, None), text);
    }
    assert_eq!(
        decode(
            &encoded("hello w@b", &Alphabet::Gsm7Packed),
            &Alphabet::Gsm7Packed
        ),
        "hello w@b"
    );
    assert_eq!(
        decode(&encoded("hello@", &Alphabet::Gsm7Packed), &Alphabet::Gsm7Packed),
        "hello@"
    );
    assert_eq!(decode_packed(&[], None), "");
}

#[test]
fn fill_bits_move_the_text_only() {
    assert_eq!(pack(b"\x68\x65", 1), [0xd0, 0x65]);
    assert_eq!(unpack(&pack(b"hello", 1), 1, Some(5)), b"hello");
}

#[test]
fn ascii_and_latin1_have_their_own_octets_only() {
    assert_eq!(encoded("a@[`", &Alphabet::Ascii), b"a@[`");
    assert_eq!(decode(b"a\x80", &Alphabet::Ascii), "a\u{fffd}");
    assert_eq!(encoded("äÿ", &Alphabet::Latin1), [0xe4, 0xff]);
    assert!(encode("ä", &Alphabet::Ascii, &UnencodableRule::Reject).is_err());
    assert!(encode("Ā", &Alphabet::Latin1, &UnencodableRule::Reject).is_err());
}

#[test]
fn the_rule_decides_what_the_alphabet_lacks() {
    let gsm7 = &Alphabet::Gsm7Unpacked;
    let ucs2 = encode("aж", gsm7, &UnencodableRule::Ucs2).unwrap();
    assert_eq!(
        (ucs2.alphabet(), hex(&ucs2.to_octets())),
        (Some(&Alphabet::Ucs2), "00610436".to_owned())
    );
    assert_eq!(
        encode("a", gsm7, &UnencodableRule::Ucs2).unwrap().alphabet(),
        Some(gsm7)
    );
    assert_eq!(
        lossy("aжb", gsm7, &UnencodableRule::Replace("[]".to_owned())),
        "a[]b"
    );
    assert_eq!(
        lossy("aжb", gsm7, &UnencodableRule::Replace("ж".to_owned())),
        "a?b"
    );
    assert_eq!(lossy("aжb", gsm7, &UnencodableRule::Replace(String::new())), "ab");
    let error = encode("aжb😀", gsm7, &UnencodableRule::Reject).unwrap_err();
    assert_eq!(
        error.to_string(),
        "2 of the characters are not in GSM7: 'ж' (U+0436) at 2, '😀' (U+1F600) at 4"
    );
    let many = encode(&"ж".repeat(9), gsm7, &UnencodableRule::Reject).unwrap_err();
    assert_eq!((many.count, many.first.len()), (9, EncodeError::NAMED));
    assert!(many.to_string().ends_with("'ж' (U+0436) at 8 and more"));
}

#[test]
fn look_alikes() {
    for (text, plain) in [
        ("“Don’t” – ‘do’ — it…", "\"Don't\" - 'do' - it..."),
        ("ﬁne\u{a0}print\tﬃ", "fine print ffi"),
        ("çêóÊŁódźşğ", "ceoELodzsg"),
        ("e\u{301}a\u{200b}b", "eab"),
        ("ＡＢＣ１２３！", "ABC123!"),
        ("àéñöß€", "àéñöß€"),
        ("Καλημέρα Ωmega", "KAΛHMEPA Ωmega"),
        ("жa😀", "?a?"),
    ] {
        assert_eq!(
            lossy(text, &Alphabet::Gsm7Unpacked, &UnencodableRule::Transliterate),
            plain,
            "{text}"
        );
    }
    assert_eq!(
        lossy("à ß “€”", &Alphabet::Ascii, &UnencodableRule::Transliterate),
        "a ss \"EUR\""
    );
    assert_eq!(
        lossy("γ 「", &Alphabet::Ascii, &UnencodableRule::Transliterate),
        "? ?"
    );
}

#[test]
fn a_table_means_what_it_says() {
    let airwide = Arc::new(table(TableBase::Gsm7, &[(0x40, '@'), (0x02, '€')]));
    let alphabet = Alphabet::Table(Arc::clone(&airwide));
    assert_eq!(encoded("@€[", &alphabet), [0x40, 0x02, 0x1b, 0x3c]);
    assert_eq!(decode(b"\x00\x40\x02\x1b\x3c\x1b\x41", &alphabet), "@@€[A");
    assert!(encode("$", &alphabet, &UnencodableRule::Reject).is_err());
    assert_eq!(alphabet.counting(), Counting::Septets);

    let plain = Alphabet::Table(Arc::new(
        table(TableBase::Gsm7, &[(0x80, '€')]).without_extension(),
    ));
    assert_eq!(encoded("€", &plain), [0x80]);
    assert!(encode("[", &plain, &UnencodableRule::Reject).is_err());
    assert_eq!(decode(b"\x1b\x65", &plain), "\u{fffd}e");

    let latin = Alphabet::Table(Arc::new(table(TableBase::Latin1, &[(0x80, '€')])));
    assert_eq!(decode(b"\x1b\x80", &latin), "\u{1b}€");
    assert_eq!(
        table(TableBase::Ascii, &[])
            .with_extension()
            .unwrap_err()
            .to_string(),
        "entry 0x1B: it is '\\u{1b}' here and cannot open the extension table"
    );
}

#[test]
fn a_bad_table_names_its_entry() {
    for (entries, problem) in [
        (&[(0x41, 'A'), (0x41, 'B')][..], "entry 0x41 is given twice"),
        (
            &[(0x41, 'A'), (0x42, 'A')],
            "entry 0x42: 'A' stands at 0x41 already",
        ),
        (
            &[(0x41, '\u{fffd}')],
            "entry 0x41: U+FFFD stands for what cannot be decoded and is no character",
        ),
        (&[], "the table has no entry"),
    ] {
        assert_eq!(
            CharTable::from_entries("acme", entries).unwrap_err().to_string(),
            problem
        );
    }
    assert_eq!(
        CharTable::from_entries(" ", &[(1, 'a')]),
        Err(TableError::BadName)
    );
    assert_eq!(CharTable::new("acme", [None; 256]), Err(TableError::Empty));
}

#[test]
fn a_table_without_a_question_mark_rejects() {
    let alphabet = Alphabet::Table(Arc::new(CharTable::from_entries("acme", &[(1, 'a')]).unwrap()));
    assert_eq!(
        encode("abа", &alphabet, &UnencodableRule::Transliterate)
            .unwrap_err()
            .count,
        2
    );
}

#[test]
fn plugin_units_divide_the_octets() {
    assert_eq!(Encoded::from_octets(vec![0; 6], 3).unwrap().octets_len(), 6);
    assert_eq!(
        Encoded::from_octets(vec![0; 6], 4),
        Err(BadUnit { unit: 4, octets: 6 })
    );
    assert_eq!(
        Encoded::from_octets(Vec::new(), 0),
        Err(BadUnit { unit: 0, octets: 0 })
    );
    assert_eq!(Encoded::from_octets(Vec::new(), 1).unwrap().alphabet(), None);
}

#[test]
fn alphabets_have_names() {
    let tables = BTreeMap::from([("acme".to_owned(), Arc::new(table(TableBase::Gsm7, &[])))]);
    let named = |name: &str| Alphabet::from_name(&AlphabetName::Named(name.to_owned()), &tables);
    assert_eq!(named("acme").unwrap().name(), "acme");
    assert_eq!(
        named("other").unwrap_err().to_string(),
        "the operator has no alphabet table \"other\" (it has: acme)"
    );
    let national = |locking_shift| AlphabetName::Gsm7National {
        locking_shift,
        single_shift: None,
    };
    let turkish = Alphabet::from_name(&national(Some(1)), &tables).unwrap();
    assert_eq!(turkish.name(), "GSM7_NATIONAL");
    assert_eq!(
        Alphabet::from_name(&national(None), &tables)
            .unwrap_err()
            .to_string(),
        "gsm7-national: no national language table is named: name one, or use gsm7-unpacked"
    );
}

#[test]
fn data_codings_go_out_and_come_in() {
    let table = Alphabet::Table(Arc::new(table(TableBase::Gsm7, &[])));
    for (alphabet, sms, flash) in [
        (Alphabet::Gsm7Unpacked, 0x00, 0x10),
        (Alphabet::Gsm7Packed, 0x00, 0x10),
        (table.clone(), 0x00, 0x10),
        (Alphabet::Ascii, 0x01, 0x14),
        (Alphabet::Latin1, 0x03, 0x14),
        (Alphabet::Ucs2, 0x08, 0x18),
    ] {
        assert_eq!(data_coding(&alphabet, MessageType::Sms), sms);
        assert_eq!(data_coding(&alphabet, MessageType::Flash), flash);
        if alphabet != Alphabet::Ascii {
            assert_eq!(alphabet_for_data_coding(flash, &alphabet), alphabet);
        }
        assert_eq!(alphabet_for_data_coding(sms, &alphabet), alphabet);
    }
    let gsm7 = [0xF1, 0x10, 0x11, 0xC0, 0xD8, 0x13, 0x20];
    assert!(
        gsm7.iter()
            .all(|dcs| alphabet_for_data_coding(*dcs, &Alphabet::Latin1) == Alphabet::Gsm7Unpacked)
    );
    assert!(
        gsm7.iter()
            .all(|dcs| alphabet_for_data_coding(*dcs, &table) == table)
    );
    for dcs in [0x02, 0x04, 0x14, 0x15, 0xFD, 0xF4, 0x05, 0x0E] {
        assert_eq!(
            alphabet_for_data_coding(dcs, &Alphabet::Gsm7Unpacked),
            Alphabet::Latin1,
            "{dcs:02x}"
        );
    }
    for dcs in [0x18, 0x19, 0x3B, 0xEA] {
        assert_eq!(
            alphabet_for_data_coding(dcs, &Alphabet::Gsm7Unpacked),
            Alphabet::Ucs2,
            "{dcs:02x}"
        );
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(text in ".{0,200}") {
        prop_assert_eq!(decode(&encoded(&text, &Alphabet::Ucs2), &Alphabet::Ucs2), text.clone());
        prop_assert_eq!(lossy(&text, &Alphabet::Latin1, &UnencodableRule::Ucs2), text);
    }

    #[test]
    fn packing_keeps_septets(septets in proptest::collection::vec(0_u8..0x80, 0..40), fill in 0_u8..7) {
        let packed = pack(&septets, fill);
        prop_assert_eq!(packed.len(), (septets.len() * 7 + usize::from(fill)).div_ceil(8));
        prop_assert_eq!(unpack(&packed, fill, Some(septets.len())), septets);
    }

    #[test]
    fn no_octets_fail_to_decode(octets in proptest::collection::vec(any::<u8>(), 0..40), dcs: u8) {
        let text = decode(&octets, &alphabet_for_data_coding(dcs, &Alphabet::Gsm7Packed));
        prop_assert!(text.chars().count() <= octets.len() * 8 / 7);
    }

    #[test]
    fn transliterated_texts_always_fit(text in ".{0,60}") {
        let encoded = encode(&text, &Alphabet::Gsm7Unpacked, &UnencodableRule::Transliterate).unwrap();
        prop_assert_eq!(gsm7_septets(&decode(&encoded.to_octets(), &Alphabet::Gsm7Unpacked)), Some(encoded.octets_len()));
    }
}
