use super::*;
use crate::encoding::{Alphabet, EncodeError, UnencodableRule, decode, encode, unpack};
use proptest::prelude::*;
use proptest::sample::select;

fn tables(locking: Option<u8>, single: Option<u8>) -> NationalTables {
    NationalTables::new(locking, single).unwrap()
}

fn unpacked(tables: NationalTables) -> Alphabet {
    Alphabet::Gsm7National {
        tables,
        packed: false,
    }
}

fn septets(text: &str, tables: NationalTables) -> Result<Vec<u8>, EncodeError> {
    encode(text, &unpacked(tables), &UnencodableRule::Reject).map(|encoded| encoded.to_octets())
}

#[test]
fn words_of_each_language() {
    for (locking, single, text, expected) in [
        (None, Some(1), "Işık çığ", "491b731b696b201b631b691b67"),
        (Some(1), None, "Işık çığ", "491d076b2060070c"),
        (Some(1), None, "€[", "041b3c"),
        (None, Some(2), "áí", "1b611b69"),
        (Some(3), Some(3), "ação Φ", "61097b6f201b12"),
        (Some(4), None, "বাংলা", "4050014650"),
        (Some(5), None, "ગુજ", "17531d"),
        (Some(6), None, "नमस्ते", "2f424c5f2759"),
        (Some(6), Some(6), "१A", "1b1d1b41"),
        (Some(7), None, "ಕನ್ನಪ", "152f5f2f3d"),
        (Some(8), None, "മല", "4246"),
        (Some(9), None, "ଓଡ", "1324"),
        (Some(10), None, "ਪੰ", "3d7b"),
        (Some(11), None, "தமிழ்", "274251485f"),
        (Some(12), None, "తె", "2758"),
        (Some(13), None, "اردو", "00251a53"),
    ] {
        let octets = septets(text, tables(locking, single)).unwrap();
        let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(hex, expected, "{text}");
        assert_eq!(decode_national(&octets, locking, single), text);
    }
}

/// The scripts of India have one layout in Unicode, and the standard's locking tables have one too: a letter of any of
/// them stands where Hindi has its counterpart. A slip of the pen would not.
#[test]
fn the_tables_of_india_have_one_layout() {
    let block = |c: char| u32::from(c) / 0x80;
    let is_indic = |c: char| (0x900..0xD80).contains(&u32::from(c));
    for language in Language::ALL
        .into_iter()
        .filter(|l| (4..=12).contains(&l.identifier()))
    {
        let locking = language.locking().unwrap();
        let script = block(locking.character(0x0F).unwrap());
        let letters: Vec<_> = locking.iter().filter(|(_, c)| is_indic(*c)).collect();
        let in_order = |septet: u8| septet < 0x60 && (language, septet) != (Language::Kannada, 0x24);
        for (septet, c) in letters.iter().filter(|(septet, _)| in_order(*septet)) {
            let hindi = locking::HINDI.character(*septet).unwrap();
            let counterpart = u32::from(hindi) % 0x80;
            assert_eq!(
                u32::from(*c),
                script * 0x80 + counterpart,
                "{language} 0x{septet:02X}"
            );
        }
        assert!(letters.iter().all(|(_, c)| block(*c) == script), "{language}");
        assert!(letters.len() > 45, "{language} has {} letters", letters.len());
        let rest =
            |table: &Table| -> String { table.iter().map(|(_, c)| c).filter(|c| !is_indic(*c)).collect() };
        assert_eq!(
            rest(locking),
            "\n\r !)(,.0123456789:;?abcdefghijklmnopqrstuvwxyz",
            "{language}"
        );
        // Digits and what is rare; both dandas are common to the scripts, and Unicode has them among Hindi's.
        let own = language
            .single()
            .iter()
            .filter(|(_, c)| is_indic(*c) && !"।॥".contains(*c));
        let own: Vec<_> = own.map(|(_, c)| block(c)).collect();
        assert!(
            own.len() >= 10 && own.iter().all(|block| *block == script),
            "{language}"
        );
        let euro = if language == Language::Telugu { "" } else { "€" };
        assert_eq!(
            rest(language.single()),
            format!("@£$¥¿\"¤%&'\u{c}*+-/<=>¡^¡_#*{{}}\\[~]|ABCDEFGHIJKLMNOPQRSTUVWXYZ{euro}"),
            "{language}"
        );
    }
}

#[test]
fn the_latin_tables_change_these_places_of_the_default_ones() {
    let changed = |table: &Table, before: &dyn Fn(u8) -> Option<char>| -> String {
        let new = table.iter().filter(|(septet, c)| before(*septet) != Some(*c));
        new.map(|(_, c)| c).collect()
    };
    assert_eq!(changed(&locking::TURKISH, &gsm7::base), "€ıĞğŞşİç");
    assert_eq!(
        changed(&locking::PORTUGUESE, &gsm7::base),
        "êúíóçÔôÁáªÇÀ∞^\\€Ó|ÂâÊºÍÃÕÚ~ãõ`"
    );
    assert_eq!(changed(&single::TURKISH, &gsm7::extension), "ĞİŞçğış");
    assert_eq!(changed(&single::SPANISH, &gsm7::extension), "çÁÍÓÚáíóú");
    assert_eq!(
        changed(&single::PORTUGUESE, &gsm7::extension),
        "êçÔôÁáΦΓΩΠΨΣΘÊÀÍÓÚÃÕÂíóúãõâ"
    );
    for language in [Language::Turkish, Language::Portuguese, Language::Spanish] {
        let single = language.single();
        let kept = |septet| gsm7::extension(septet).is_none_or(|c| single.character(septet) == Some(c));
        assert!((0..128).all(kept), "{language} has the default extensions too");
    }
}

#[test]
fn a_receiver_makes_the_best_of_what_it_gets() {
    for (octets, locking, single, text) in [
        // Reserved identifiers, and the locking table that Spanish has not, count as not named.
        (&[0x1D, 0x1B, 0x73][..], Some(14), Some(0), "æs"),
        (&[0x07, 0x1B, 0x61], Some(2), Some(2), "ìá"),
        (&[0x07], None, None, "ì"),
        // What the single shift table lacks is the letter beneath; two escapes are a space; the last is nothing.
        (&[0x1B, 0x07, 0x1B, 0x1B, 0x1B], Some(1), Some(1), "ı "),
        // A place without a character, and no septet at all.
        (&[0x0C, 0x80], Some(4), None, "\u{fffd}\u{fffd}"),
    ] {
        assert_eq!(decode_national(octets, locking, single), text);
    }
}

#[test]
fn tables_that_there_are_not_are_refused() {
    let refused = |locking, single| NationalTables::new(locking, single).unwrap_err().to_string();
    assert!(refused(None, None).contains("gsm7-unpacked"));
    assert!(refused(Some(14), None).contains("14 is no language"));
    assert!(refused(None, Some(0)).contains("use 1 to 13"));
    assert!(refused(Some(2), None).contains("spanish: use its single shift table"));
}

#[test]
fn the_rule_decides_about_what_the_tables_lack() {
    let turkish = unpacked(tables(None, Some(1)));
    let fallen = encode("şж", &turkish, &UnencodableRule::Ucs2).unwrap();
    assert_eq!(fallen.alphabet(), Some(&Alphabet::Ucs2));
    assert!(fallen.header_elements().is_empty());
    let refused = encode("şж", &turkish, &UnencodableRule::Reject).unwrap_err();
    assert_eq!(refused.alphabet, "GSM7_NATIONAL");
    assert_eq!(refused.first, [('ж', 2)]);
    let replaced = encode("şж", &turkish, &UnencodableRule::Replace("??".to_owned())).unwrap();
    assert_eq!(decode(&replaced.to_octets(), &turkish), "ş??");
}

fn any_tables() -> impl Strategy<Value = NationalTables> {
    let all: Vec<_> = NationalTables::of(&Language::ALL).collect();
    assert_eq!(all.len(), 13 + 2 * 12);
    select(all)
}

fn text_in(tables: NationalTables) -> impl Strategy<Value = String> {
    let base: Vec<char> = match tables.locking.and_then(Language::locking) {
        Some(table) => table.iter().map(|(_, c)| c).collect(),
        None => (0..128).filter_map(gsm7::base).collect(),
    };
    let shifted: Vec<char> = match tables.single {
        Some(language) => language.single().iter().map(|(_, c)| c).collect(),
        None => (0..128).filter_map(gsm7::extension).collect(),
    };
    let c = prop_oneof![select(base), select(shifted)];
    prop::collection::vec(c, 0..200).prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #[test]
    fn texts_come_back((tables, text) in any_tables().prop_flat_map(|tables| (Just(tables), text_in(tables)))) {
        let octets = septets(&text, tables).unwrap();
        prop_assert!(octets.iter().all(|septet| *septet < 0x80));
        let [locking, single] = [tables.locking, tables.single].map(|l| l.map(Language::identifier));
        prop_assert_eq!(decode_national(&octets, locking, single), &*text);
        let packed = Alphabet::Gsm7National { tables, packed: true };
        let packed = encode(&text, &packed, &UnencodableRule::Reject).unwrap();
        prop_assert_eq!(unpack(&packed.to_octets(), 0, Some(octets.len())), octets);
    }

    #[test]
    fn any_octets_are_read(octets: Vec<u8>, locking: Option<u8>, single: Option<u8>) {
        prop_assert!(decode_national(&octets, locking, single).chars().count() <= octets.len());
    }
}
