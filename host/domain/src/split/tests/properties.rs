use super::*;
use proptest::prelude::*;
use proptest::sample::select;

/// A text of an alphabet, rich in units of two. Without `@`: packed text cannot keep one at its end.
fn texts() -> impl Strategy<Value = (Alphabet, String)> {
    let table = Arc::new(CharTable::from_base("acme", TableBase::Gsm7, &[(0x80, 'ж')]).unwrap());
    let alphabets = [
        (Alphabet::Gsm7Unpacked, "ab€[é"),
        (Alphabet::Gsm7Packed, "ab€[é"),
        (Alphabet::Ascii, "ab[`@"),
        (Alphabet::Latin1, "abéÿ"),
        (Alphabet::Ucs2, "aж😀"),
        (Alphabet::Table(table), "ab€@ж"),
        (turkish(false, false), "ab€[ş"),
        (turkish(false, true), "ab€[ş"),
        (turkish(true, false), "ab€[ş"),
        (turkish(true, true), "ab€[ş"),
    ];
    select(alphabets.to_vec()).prop_flat_map(|(alphabet, chars)| {
        let chars = proptest::collection::vec(select(chars.chars().collect::<Vec<_>>()), 0..900);
        (
            Just(alphabet),
            chars.prop_map(|chars| chars.into_iter().collect()),
        )
    })
}

fn plans() -> impl Strategy<Value = Plan> {
    let width = select(vec![ReferenceWidth::EightBits, ReferenceWidth::SixteenBits]);
    let octets = proptest::option::of(20_u16..300);
    prop_oneof![
        (width.clone(), octets).prop_map(|(width, max_octets)| Plan::Udh {
            width,
            max_octets,
            max_parts: None
        }),
        proptest::option::of(20_u16..300).prop_map(|max_octets| Plan::Sar {
            max_octets,
            max_parts: None
        }),
        (width, proptest::option::of(100_u32..2000), any::<bool>()).prop_map(
            |(width, max_octets, always)| {
                let parts = Plan::Udh {
                    width,
                    max_octets: None,
                    max_parts: None,
                };
                Plan::Payload {
                    max_octets,
                    always,
                    beyond: Some(Box::new(parts)),
                }
            }
        ),
    ]
}

/// How many parts a text needs, counted character by character.
fn greedy(
    text: &str,
    single: usize,
    part: usize,
    fill_bits: Option<usize>,
    cost: impl Fn(char) -> usize,
) -> usize {
    if text.chars().map(&cost).sum::<usize>() <= single {
        return 1;
    }
    // Packed septets must not leave seven spare bits, except at the end of the text.
    let looks_longer = |used: usize| fill_bits.is_some_and(|fill| (used * 7 + fill) % 8 == 1);
    let (mut parts, mut used, mut last) = (1, 0, 0);
    for c in text.chars() {
        if used + cost(c) > part {
            (parts, used) = (parts + 1, if looks_longer(used) { last } else { 0 });
        }
        last = cost(c);
        used += last;
    }
    parts
}

proptest! {
    #[test]
    fn parts_read_alone_make_the_text((alphabet, text) in texts(), plan in plans(), reference: u16) {
        let parts = split(&encoded(&text, &alphabet), &plan, reference).unwrap();
        prop_assert_eq!(parts.iter().map(|part| read(part, &alphabet)).collect::<String>(), text);
        prop_assert!(parts.iter().all(|part| part.short_message.len() <= MAX_SHORT_MESSAGE));
        // A header and sar_* parameters contradict each other, and some SMSCs refuse both together.
        let is_numbered = |part: &Part| part.tlvs.iter().any(|tlv| tlv.tag == tag::SAR_MSG_REF_NUM);
        prop_assert!(parts.iter().all(|part| part.esm_class == 0 || !is_numbered(part)));
        if let Plan::Udh { max_octets: Some(max), .. } | Plan::Sar { max_octets: Some(max), .. } = plan
            && parts.len() > 1
        {
            prop_assert!(parts.iter().all(|part| part.short_message.len() <= usize::from(max)));
        }
    }

    #[test]
    fn no_part_is_wasted((alphabet, text) in texts()) {
        let cost = |c: char| match &alphabet {
            Alphabet::Gsm7Unpacked | Alphabet::Gsm7Packed => if "€[".contains(c) { 2 } else { 1 },
            Alphabet::Ascii => if c == '[' { 2 } else { 1 },
            Alphabet::Table(_) => if c == '€' { 2 } else { 1 },
            Alphabet::Gsm7National { tables, .. } if tables.locking().is_some() => if c == '[' { 2 } else { 1 },
            Alphabet::Gsm7National { .. } => if "€[ş".contains(c) { 2 } else { 1 },
            Alphabet::Latin1 => 1,
            Alphabet::Ucs2 => 2 * c.len_utf16(),
        };
        let (single, eight, sixteen, fill_bits) = match &alphabet {
            Alphabet::Latin1 => (140, 134, 133, (0, 0)),
            Alphabet::Ucs2 => (140, 134, 132, (0, 0)),
            Alphabet::Gsm7National { tables, .. } if tables.locking().is_some() => (152, 146, 145, (2, 1)),
            Alphabet::Gsm7National { .. } => (155, 149, 148, (5, 4)),
            _ => (160, 153, 152, (1, 0)),
        };
        let packed = encoded(&text, &alphabet).is_packed();
        let plans = [(&EIGHT, eight, fill_bits.0), (&SIXTEEN, sixteen, fill_bits.1), (&SAR, sixteen, fill_bits.1)];
        for (plan, part, fill_bits) in plans {
            let parts = split(&encoded(&text, &alphabet), plan, 1).unwrap();
            let fill_bits = packed.then_some(fill_bits);
            prop_assert_eq!(parts.len(), greedy(&text, single, part, fill_bits, cost));
        }
    }

    #[test]
    fn plugin_units_stay_whole(unit in 1_u8..8, count in 0_usize..200, plan in plans()) {
        let octets: Vec<u8> = (0..=u8::MAX).cycle().take(count * usize::from(unit)).collect();
        let encoded = Encoded::from_octets(octets.clone(), unit).unwrap();
        let parts = split(&encoded, &plan, 1).unwrap();
        let texts: Vec<&[u8]> = parts.iter().map(|part| match part.tlvs.as_slice() {
            [payload] => payload.value.as_slice(),
            _ => text_of(part),
        }).collect();
        prop_assert!(texts.iter().all(|text| text.len() % usize::from(unit) == 0));
        prop_assert_eq!(texts.concat(), octets);
    }
}
