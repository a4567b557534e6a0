//! Septets and the octets that carry them.

use super::Bytes;
use smpp_domain::encoding::{
    Alphabet, NationalTables, UnencodableRule, decode, decode_national, decode_packed, encode, gsm7_septets,
    pack, unpack,
};

/// Two octets of numbers: fill bits and a count, and the languages of a locking and a single shift table. Then octets
/// that are taken for septets, for packed septets and for a text.
pub fn packing(octets: &[u8]) {
    let mut bytes = Bytes(octets);
    let (first, count) = (bytes.octet(), bytes.octet());
    let octets = bytes.rest();
    let fill_bits = first % 7;
    septets_come_back(octets, fill_bits);
    octets_come_back(octets, fill_bits);
    let whole = decode_packed(octets, Some(usize::MAX));
    assert!(whole.starts_with(&decode_packed(octets, Some(count.into()))));
    assert!(whole.starts_with(&decode_packed(octets, None)));
    for alphabet in [
        Alphabet::Gsm7Unpacked,
        Alphabet::Ascii,
        Alphabet::Latin1,
        Alphabet::Ucs2,
    ] {
        texts_come_back(octets, &alphabet);
    }
    national(octets, first, count);
}

/// Any identifiers are read; those of tables that there are can be written too.
fn national(octets: &[u8], locking: u8, single: u8) {
    let read = decode_national(octets, Some(locking), Some(single));
    assert!(read.chars().count() <= octets.len());
    let named = |identifier: u8| Some(identifier % 16).filter(|identifier| *identifier > 0);
    if let Ok(tables) = NationalTables::new(named(locking), named(single)) {
        let alphabet = Alphabet::Gsm7National {
            tables,
            packed: false,
        };
        texts_come_back(octets, &alphabet);
    }
}

fn septets_come_back(octets: &[u8], fill_bits: u8) {
    let septets: Vec<u8> = octets.iter().map(|octet| octet & 0x7F).collect();
    let packed = pack(&septets, fill_bits);
    assert_eq!(
        packed.len(),
        (septets.len() * 7 + usize::from(fill_bits)).div_ceil(8)
    );
    assert_eq!(unpack(&packed, fill_bits, Some(septets.len())), septets);
    let counted_by_octets = unpack(&packed, fill_bits, None);
    let dropped = septets.len().saturating_sub(counted_by_octets.len());
    assert!(dropped <= 1, "{dropped} septets are lost");
}

fn octets_come_back(octets: &[u8], fill_bits: u8) {
    if octets.is_empty() {
        return;
    }
    let septets = unpack(octets, fill_bits, Some(usize::MAX));
    assert!(septets.iter().all(|septet| *septet < 0x80));
    let spare = (octets.len() * 8).saturating_sub(septets.len() * 7 + usize::from(fill_bits));
    assert!(spare < 7, "{spare} bits are more than padding");
    let again = pack(&septets, fill_bits);
    let mut octets = octets.to_vec();
    // Fill bits, and what is left of an octet without making a septet, are not kept.
    if let Some(first) = octets.first_mut() {
        *first = *first >> fill_bits << fill_bits;
    }
    if let Some(last) = octets.last_mut() {
        *last &= 0xFF >> (spare % 8);
    }
    assert_eq!(again, octets);
}

fn texts_come_back(octets: &[u8], alphabet: &Alphabet) {
    let text = String::from_utf8_lossy(octets);
    let exact = |text: &str| encode(text, alphabet, &UnencodableRule::Reject);
    if let Ok(encoded) = exact(&text) {
        assert_eq!(decode(&encoded.to_octets(), alphabet), text);
    }
    for rule in [
        UnencodableRule::Transliterate,
        UnencodableRule::Replace("?".to_owned()),
    ] {
        assert!(encode(&text, alphabet, &rule).is_ok());
    }
    let read = decode(octets, alphabet);
    let Ok(written) = exact(&read) else {
        assert!(read.contains(char::REPLACEMENT_CHARACTER));
        return;
    };
    assert_eq!(decode(&written.to_octets(), alphabet), read);
    if *alphabet == Alphabet::Gsm7Unpacked {
        assert_eq!(gsm7_septets(&read), Some(written.octets_len()));
    }
}
