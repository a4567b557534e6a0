use super::*;
use crate::encoding::{
    Alphabet, CharTable, Counting, NationalTables, TableBase, UnencodableRule, decode, encode, unpack,
};
use std::sync::Arc;

mod national;
mod planned;
mod properties;
mod settings;

const EIGHT: Plan = Plan::Udh {
    width: ReferenceWidth::EightBits,
    max_octets: None,
    max_parts: None,
};
const SIXTEEN: Plan = Plan::Udh {
    width: ReferenceWidth::SixteenBits,
    max_octets: None,
    max_parts: None,
};
const SAR: Plan = Plan::Sar {
    max_octets: None,
    max_parts: None,
};
const PAYLOAD: Plan = Plan::Payload {
    max_octets: None,
    always: false,
    beyond: None,
};

fn encoded(text: &str, alphabet: &Alphabet) -> Encoded {
    encode(text, alphabet, &UnencodableRule::Reject).unwrap()
}

/// The octets behind the header.
fn text_of(part: &Part) -> &[u8] {
    let header = if part.esm_class == 0 {
        0
    } else {
        usize::from(part.short_message[0]) + 1
    };
    &part.short_message[header..]
}

/// One character of the text, or several, as a receiver reads them.
fn read(part: &Part, alphabet: &Alphabet) -> String {
    if let [
        Tlv {
            tag: tag::MESSAGE_PAYLOAD,
            value,
        },
    ] = part.tlvs.as_slice()
    {
        assert!(part.short_message.is_empty());
        let whole = Part {
            esm_class: part.esm_class,
            short_message: value.clone(),
            tlvs: Vec::new(),
        };
        return read(&whole, alphabet);
    }
    let text = text_of(part);
    let header_bits = (part.short_message.len() - text.len()) * 8;
    let fill_bits = u8::try_from(header_bits.next_multiple_of(7) - header_bits).unwrap();
    let unpacked = |alphabet| decode(&unpack(text, fill_bits, None), &alphabet);
    match *alphabet {
        Alphabet::Gsm7Packed => unpacked(Alphabet::Gsm7Unpacked),
        Alphabet::Gsm7National { tables, packed: true } => unpacked(national(tables, false)),
        _ => decode(text, alphabet),
    }
}

fn national(tables: NationalTables, packed: bool) -> Alphabet {
    Alphabet::Gsm7National { tables, packed }
}

fn turkish(locking: bool, packed: bool) -> Alphabet {
    national(
        NationalTables::new(locking.then_some(1), Some(1)).unwrap(),
        packed,
    )
}

/// Septets or UTF-16 units of the parts; one entry for a text that stays whole.
fn lengths(text: &str, plan: &Plan) -> Vec<usize> {
    let gsm7 = encode(text, &Alphabet::Gsm7Unpacked, &UnencodableRule::Ucs2).unwrap();
    let size = if gsm7.alphabet() == Some(&Alphabet::Ucs2) {
        2
    } else {
        1
    };
    let parts = split(&gsm7, plan, 7).unwrap();
    assert_eq!(
        parts.len() == 1,
        parts
            .iter()
            .any(|part| part.esm_class == 0 && part.tlvs.is_empty())
    );
    parts.iter().map(|part| text_of(part).len() / size).collect()
}

#[test]
fn the_vectors() {
    let a = |count: usize| "a".repeat(count);
    let zh = |count: usize| "ж".repeat(count);
    for (text, eight, sixteen) in [
        (a(160), vec![160], vec![160]),
        (a(161), vec![153, 8], vec![152, 9]),
        (a(306), vec![153, 153], vec![152, 152, 2]),
        (a(307), vec![153, 153, 1], vec![152, 152, 3]),
        (a(158) + "€", vec![160], vec![160]),
        (a(159) + "€", vec![153, 8], vec![152, 9]),
        (a(152) + "€" + &"b".repeat(8), vec![152, 10], vec![152, 10]),
        (a(152) + "€" + &"b".repeat(7), vec![152, 9], vec![152, 9]),
        (a(151) + "€" + &"b".repeat(9), vec![153, 9], vec![151, 11]),
        ("€".repeat(80), vec![160], vec![160]),
        ("€".repeat(81), vec![152, 10], vec![152, 10]),
        ("{".repeat(304), vec![152; 4], vec![152; 4]),
        (zh(70), vec![70], vec![70]),
        (zh(71), vec![67, 4], vec![66, 5]),
        (zh(66) + "😀" + &zh(5), vec![66, 7], vec![66, 7]),
        (zh(65) + "😀" + &zh(5), vec![67, 5], vec![65, 7]),
        ("😀".repeat(35), vec![70], vec![70]),
        ("😀".repeat(36), vec![66, 6], vec![66, 6]),
        (zh(134), vec![67, 67], vec![66, 66, 2]),
        (zh(135), vec![67, 67, 1], vec![66, 66, 3]),
        (zh(68) + "😀", vec![70], vec![70]),
        (zh(69) + "😀", vec![67, 4], vec![66, 5]),
        (String::new(), vec![0], vec![0]),
    ] {
        let units = (text.chars().count(), text.chars().last());
        assert_eq!(lengths(&text, &EIGHT), eight, "{units:?}, 8 bits");
        assert_eq!(lengths(&text, &SIXTEEN), sixteen, "{units:?}, 16 bits");
        assert_eq!(lengths(&text, &SAR), sixteen, "{units:?}, SAR");
    }
}

#[test]
fn limits_are_those_of_the_air() {
    for (alphabet, single, six, seven) in [
        (Alphabet::Gsm7Unpacked, 160, 153, 152),
        (Alphabet::Gsm7Packed, 160, 153, 152),
        (Alphabet::Ascii, 160, 153, 152),
        (Alphabet::Latin1, 140, 134, 133),
        (Alphabet::Ucs2, 140, 134, 132),
    ] {
        assert_eq!(single_limit(&alphabet), single, "{alphabet}");
        assert_eq!(
            (part_limit(&alphabet, 6), part_limit(&alphabet, 7)),
            (six, seven),
            "{alphabet}"
        );
    }
    assert_eq!(part_limit(&Alphabet::Gsm7Unpacked, 9), 149);
}

#[test]
fn headers_are_those_of_the_standard() {
    let text = encoded(&"a".repeat(161), &Alphabet::Gsm7Unpacked);
    let parts = split(&text, &EIGHT, 0x2E).unwrap();
    assert_eq!(parts[0].short_message[..6], [0x05, 0x00, 0x03, 0x2F, 2, 1]);
    assert_eq!(parts[1].short_message[..6], [0x05, 0x00, 0x03, 0x2F, 2, 2]);
    assert_eq!((parts[0].short_message.len(), parts[0].esm_class), (159, 0x40));
    let parts = split(&text, &SIXTEEN, 0xABCD).unwrap();
    assert_eq!(parts[1].short_message[..7], [0x06, 0x08, 0x04, 0xAB, 0xCD, 2, 2]);
    let ucs2 = split(&encoded(&"ж".repeat(71), &Alphabet::Ucs2), &EIGHT, 1).unwrap();
    assert_eq!(ucs2[0].short_message.len(), 140);
    let parts = split(&text, &SAR, 0).unwrap();
    let tlv = |tag, value: &[u8]| Tlv {
        tag,
        value: value.to_vec(),
    };
    assert_eq!(
        parts[1].tlvs,
        [tlv(0x020C, &[0xFF, 0xFF]), tlv(0x020E, &[2]), tlv(0x020F, &[2])]
    );
    assert_eq!(parts[1].esm_class, 0);
}

#[test]
fn eight_bit_references_are_never_zero_and_wrap_at_255() {
    let references: Vec<u8> = [0, 253, 254, 255, 509, u16::MAX].map(eight_bits).to_vec();
    assert_eq!(references, [1, 254, 255, 1, 255, 1]);
}

#[test]
fn packed_parts_fill_the_air_and_begin_on_a_septet() {
    let text = encoded(&"hello ".repeat(51), &Alphabet::Gsm7Packed);
    let parts = split(&text, &EIGHT, 1).unwrap();
    assert_eq!(
        parts
            .iter()
            .map(|part| part.short_message.len())
            .collect::<Vec<_>>(),
        [140, 140]
    );
    assert_eq!(parts[0].short_message[6], b'h' << 1);
    let parts = split(&text, &SIXTEEN, 1).unwrap();
    assert_eq!(
        (parts[0].short_message.len(), parts[0].short_message[7] & 0x7F),
        (140, b'h')
    );
}

#[test]
fn packed_parts_before_the_last_do_not_look_a_septet_longer() {
    // The bracket does not fit the first part, which would end with seven spare bits.
    for (plan, before, fill_bits) in [(&EIGHT, 152, 1), (&SIXTEEN, 151, 0)] {
        let text = format!("{}[{}", "a".repeat(before), "b".repeat(20));
        let parts = split(&encoded(&text, &Alphabet::Gsm7Packed), plan, 1).unwrap();
        let spare = |part: &Part| (text_of(part).len() * 8 - usize::from(fill_bits)) % 7;
        let first = unpack(text_of(&parts[0]), fill_bits, None);
        assert_eq!((first.len(), spare(&parts[0])), (before - 1, 6), "{plan:?}");
        let together: String = parts
            .iter()
            .map(|part| read(part, &Alphabet::Gsm7Packed))
            .collect();
        assert_eq!(together, text, "{plan:?}");
    }
}

#[test]
fn a_table_for_the_gsm_air_counts_septets() {
    let table = CharTable::from_base("acme", TableBase::Gsm7, &[(0x80, '€')])
        .unwrap()
        .without_extension();
    let alphabet = Alphabet::Table(Arc::new(table));
    let count = |euros| {
        split(&encoded(&"€".repeat(euros), &alphabet), &EIGHT, 1)
            .unwrap()
            .len()
    };
    assert_eq!((count(80), count(81), count(152), count(153)), (1, 2, 2, 3));
    let ascii = |braces| {
        split(&encoded(&"[".repeat(braces), &Alphabet::Ascii), &EIGHT, 1)
            .unwrap()
            .len()
    };
    assert_eq!((ascii(80), ascii(81)), (1, 2));
}

#[test]
fn latin1_for_the_gsm_air_counts_septets() {
    let table = CharTable::from_base("acme", TableBase::Latin1, &[])
        .unwrap()
        .counted_in(Counting::Septets);
    let alphabet = Alphabet::Table(Arc::new(table));
    // On the air `[` takes two septets; `ê`, which the GSM alphabet lacks, becomes one of its letters.
    for (text, lengths) in [
        ("ü".repeat(160), vec![160]),
        ("ü".repeat(161), vec![153, 8]),
        ("ê".repeat(161), vec![153, 8]),
        ("[".repeat(80), vec![80]),
        ("[".repeat(81), vec![76, 5]),
        ("a".repeat(152) + "[" + &"b".repeat(8), vec![152, 9]),
    ] {
        let parts = split(&encoded(&text, &alphabet), &EIGHT, 1).unwrap();
        let found: Vec<_> = parts.iter().map(|part| text_of(part).len()).collect();
        assert_eq!(found, lengths, "{} x {:?}", text.len(), text.chars().next());
    }
}

#[test]
fn octets_of_latin1_have_their_own_border() {
    for (octets, eight, sixteen) in [
        (140, vec![140], vec![140]),
        (141, vec![134, 7], vec![133, 8]),
        (268, vec![134, 134], vec![133, 133, 2]),
        (269, vec![134, 134, 1], vec![133, 133, 3]),
    ] {
        let text = encoded(&"é".repeat(octets), &Alphabet::Latin1);
        for (plan, expected) in [(&EIGHT, &eight), (&SIXTEEN, &sixteen), (&SAR, &sixteen)] {
            let parts = split(&text, plan, 1).unwrap();
            let found: Vec<_> = parts.iter().map(|part| text_of(part).len()).collect();
            assert_eq!(&found, expected, "{octets}: {plan:?}");
        }
    }
}

#[test]
fn max_octets_moves_the_border() {
    let count = |octets: usize, max| {
        let plan = Plan::Udh {
            width: ReferenceWidth::EightBits,
            max_octets: Some(max),
            max_parts: None,
        };
        let text = encoded(&"ä".repeat(octets), &Alphabet::Latin1);
        split(&text, &plan, 1).map(|parts| {
            parts
                .iter()
                .map(|part| part.short_message.len())
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(count(140, 100), Ok(vec![140]));
    assert_eq!(count(141, 100), Ok(vec![100, 53]));
    assert_eq!(count(160, 160), Ok(vec![160]));
    assert_eq!(count(161, 160), Ok(vec![160, 13]));
    assert_eq!(count(400, 9999), Ok(vec![254, 158]));
    assert_eq!(
        count(141, 6),
        Err(SplitError::NoRoom {
            max_octets: 6,
            header: 6
        })
    );
}

#[test]
fn too_long_is_said_with_numbers() {
    let text = encoded(&"a".repeat(460), &Alphabet::Gsm7Unpacked);
    let plan = Plan::Udh {
        width: ReferenceWidth::EightBits,
        max_octets: None,
        max_parts: Some(3),
    };
    let error = split(&text, &plan, 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the text is too long: its 460 octets need 4 parts, and at most 3 are allowed"
    );
    let largest = |count: usize| split(&encoded(&"a".repeat(count), &Alphabet::Gsm7Unpacked), &EIGHT, 1);
    assert_eq!(largest(255 * 153).unwrap().len(), 255);
    assert_eq!(
        largest(255 * 153 + 1),
        Err(SplitError::TooLong {
            octets: 39016,
            needed: 256,
            allowed: 255
        })
    );
    for plan in [
        Plan::Sar {
            max_octets: None,
            max_parts: Some(0),
        },
        Plan::Udh {
            width: ReferenceWidth::EightBits,
            max_octets: None,
            max_parts: Some(0),
        },
    ] {
        assert_eq!(split(&text, &plan, 1), Err(SplitError::NoPartAllowed));
    }
}

#[test]
fn message_payload_takes_what_a_short_message_cannot() {
    let parts =
        |count: usize, plan: &Plan| split(&encoded(&"a".repeat(count), &Alphabet::Gsm7Unpacked), plan, 1);
    assert_eq!(parts(160, &PAYLOAD).unwrap()[0].tlvs, []);
    let long = parts(161, &PAYLOAD).unwrap();
    assert_eq!(
        (long.len(), long[0].short_message.len(), long[0].esm_class),
        (1, 0, 0)
    );
    assert_eq!(
        long[0].tlvs,
        [Tlv {
            tag: 0x0424,
            value: vec![b'a'; 161]
        }]
    );
    let always = Plan::Payload {
        max_octets: Some(1800),
        always: true,
        beyond: Some(Box::new(SIXTEEN)),
    };
    assert_eq!(parts(1, &always).unwrap()[0].tlvs.len(), 1);
    assert_eq!(parts(0, &always).unwrap(), [Part::default()]);
    assert_eq!(parts(1800, &always).unwrap().len(), 1);
    assert_eq!(parts(1801, &always).unwrap()[0].short_message[..3], [6, 8, 4]);
    let alone = Plan::Payload {
        max_octets: Some(1800),
        always: false,
        beyond: None,
    };
    assert_eq!(
        parts(1801, &alone).unwrap_err().to_string(),
        "the text is too long: its 1801 octets do not fit message_payload, which holds 1800 here"
    );
    assert_eq!(parts(65535, &PAYLOAD).unwrap()[0].tlvs[0].value.len(), 65535);
    assert_eq!(
        parts(65536, &PAYLOAD),
        Err(SplitError::PayloadTooLong {
            octets: 65536,
            allowed: 65535
        })
    );
}
