//! Nearest look-alikes, for texts that must go out in a small alphabet.
//!
//! Only looks count: this is no transcription of a script. Cyrillic has no entry for that reason; Greek does, because
//! Greek capitals in a mix of GSM's own and Latin ones are how Greek is written in GSM 7-bit.

use std::borrow::Cow;
use std::sync::LazyLock;

/// What to write for a character, perhaps nothing at all. The alphabet may lack that too: then ask again for its
/// characters.
pub(super) fn look_alike(c: char) -> Option<Cow<'static, str>> {
    // Full-width forms keep the order of ASCII.
    if let '\u{FF01}'..='\u{FF5E}' = c {
        return char::from_u32(u32::from(c) - 0xFEE0).map(|plain| plain.to_string().into());
    }
    // Combining marks and variation selectors: what is left is the base letter.
    if matches!(c, '\u{300}'..='\u{36F}' | '\u{FE00}'..='\u{FE0F}' | '\u{200B}'..='\u{200F}' | '\u{2060}') {
        return Some("".into());
    }
    if let '\u{2000}'..='\u{200A}' = c {
        return Some(" ".into());
    }
    let at = SORTED.binary_search_by_key(&c, |(c, _)| *c).ok()?;
    SORTED.get(at).map(|(_, like)| (*like).into())
}

/// The characters that have one.
pub(super) fn known() -> impl Iterator<Item = char> {
    let ranges = [
        '\u{FF01}'..='\u{FF5E}',
        '\u{300}'..='\u{36F}',
        '\u{FE00}'..='\u{FE0F}',
    ]
    .into_iter()
    .chain(['\u{2000}'..='\u{200F}', '\u{2060}'..='\u{2060}']);
    ranges.flatten().chain(SORTED.iter().map(|(c, _)| *c))
}

static SORTED: LazyLock<Vec<(char, &'static str)>> = LazyLock::new(|| {
    let mut sorted: Vec<_> = GROUPS
        .iter()
        .flat_map(|(chars, like)| chars.chars().map(move |c| (c, *like)))
        .collect();
    sorted.sort_unstable_by_key(|(c, _)| *c);
    sorted
});

/// Characters and what is written for each of them.
const GROUPS: &[(&str, &str)] = &[
    // Punctuation and symbols.
    ("\t\u{A0}\u{1680}\u{202F}\u{205F}\u{3000}", " "),
    ("\u{2028}\u{2029}\u{85}\u{B}", "\n"),
    ("\u{AD}\u{FEFF}", ""),
    ("`´‘’‚‛′‵ʹʻʼʽˈ‹›ꞌ", "'"),
    ("“”„‟«»″‶〝〞ˮ", "\""),
    ("‐‑‒–—―−⁃﹘﹣¯", "-"),
    ("…⋯", "..."),
    ("‥", ".."),
    ("·•‧∙⋅●▪", "."),
    ("。", "."),
    ("、", ","),
    ("¦∣", "|"),
    ("ˆ", "^"),
    ("˜∼", "~"),
    ("⁄∕÷", "/"),
    ("×✕✖", "x"),
    ("‰", "0/00"),
    ("¢ȼ", "c"),
    ("°º", "o"),
    ("ª", "a"),
    ("¹", "1"),
    ("²", "2"),
    ("³", "3"),
    ("¼", "1/4"),
    ("½", "1/2"),
    ("¾", "3/4"),
    ("±", "+/-"),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "!="),
    ("→", "->"),
    ("←", "<-"),
    ("©", "(c)"),
    ("®", "(R)"),
    ("™", "TM"),
    ("№", "No"),
    ("¶", "P"),
    ("†‡", "+"),
    ("₤", "£"),
    ("₣ƒ", "f"),
    ("₩", "W"),
    ("₹", "Rs"),
    ("₽", "RUB"),
    ("₺", "TL"),
    ("₴", "UAH"),
    // Ligatures and digraphs.
    ("ﬀ", "ff"),
    ("ﬁ", "fi"),
    ("ﬂ", "fl"),
    ("ﬃ", "ffi"),
    ("ﬄ", "ffl"),
    ("ﬅﬆ", "st"),
    ("Œ", "OE"),
    ("œ", "oe"),
    ("Ĳ", "IJ"),
    ("ĳ", "ij"),
    ("Ǉ", "LJ"),
    ("ǈ", "Lj"),
    ("ǉ", "lj"),
    ("Ǌ", "NJ"),
    ("ǋ", "Nj"),
    ("ǌ", "nj"),
    ("ẞ", "SS"),
    ("Þ", "TH"),
    ("þ", "th"),
    // Letters that GSM has and ASCII lacks, for operators whose table is ASCII.
    ("ß", "ss"),
    ("Æ", "AE"),
    ("æ", "ae"),
    ("£", "GBP"),
    ("€", "EUR"),
    ("¥", "Y"),
    ("¡", "!"),
    ("¿", "?"),
    ("§", "S"),
    ("¤", "*"),
    // Accented Latin letters.
    ("ÀÁÂÃÄÅĀĂĄǍǞǠǺȀȂȦẠẢẤẦẨẪẬẮẰẲẴẶ", "A"),
    ("àáâãäåāăąǎǟǡǻȁȃȧạảấầẩẫậắằẳẵặ", "a"),
    ("ḂḄɃ", "B"),
    ("ḃḅƀ", "b"),
    ("ÇĆĈĊČ", "C"),
    ("çćĉċč", "c"),
    ("ĎĐÐḌḐ", "D"),
    ("ďđðḍḑ", "d"),
    ("ÈÉÊËĒĔĖĘĚȄȆȨẸẺẼẾỀỂỄỆƏ", "E"),
    ("èéêëēĕėęěȅȇȩẹẻẽếềểễệə", "e"),
    ("Ḟ", "F"),
    ("ḟ", "f"),
    ("ĜĞĠĢǦǴ", "G"),
    ("ĝğġģǧǵ", "g"),
    ("ĤĦḤ", "H"),
    ("ĥħḥ", "h"),
    ("ÌÍÎÏĨĪĬĮİǏȈȊỈỊ", "I"),
    ("ìíîïĩīĭįıǐȉȋỉị", "i"),
    ("Ĵ", "J"),
    ("ĵǰ", "j"),
    ("ĶǨ", "K"),
    ("ķĸǩ", "k"),
    ("ĹĻĽĿŁḶ", "L"),
    ("ĺļľŀłḷ", "l"),
    ("ṀṂ", "M"),
    ("ṁṃ", "m"),
    ("ÑŃŅŇŊǸṄṆ", "N"),
    ("ñńņňŉŋǹṅṇ", "n"),
    ("ÒÓÔÕÖØŌŎŐƠǑǪǾȌȎȪȮỌỎỐỒỔỖỘỚỜỞỠỢ", "O"),
    ("òóôõöøōŏőơǒǫǿȍȏȫȯọỏốồổỗộớờởỡợ", "o"),
    ("Ṗ", "P"),
    ("ṗ", "p"),
    ("ŔŖŘȐȒṚ", "R"),
    ("ŕŗřȑȓṛ", "r"),
    ("ŚŜŞŠȘṠṢ", "S"),
    ("śŝşšșſṡṣ", "s"),
    ("ŢŤŦȚṪṬ", "T"),
    ("ţťŧțṫṭ", "t"),
    ("ÙÚÛÜŨŪŬŮŰŲƯǓǕǗǙǛȔȖỤỦỨỪỬỮỰ", "U"),
    ("ùúûüũūŭůűųưǔǖǘǚǜȕȗụủứừửữự", "u"),
    ("Ṿ", "V"),
    ("ṿ", "v"),
    ("ŴẀẂẄ", "W"),
    ("ŵẁẃẅ", "w"),
    ("ÝŶŸȲẎỲỴỶỸ", "Y"),
    ("ýÿŷȳẏỳỵỷỹ", "y"),
    ("ŹŻŽẒ", "Z"),
    ("źżžẓ", "z"),
    // Greek: small letters as capitals, capitals that look Latin as Latin.
    ("ΑαΆά", "A"),
    ("Ββ", "B"),
    ("γ", "Γ"),
    ("δ∆", "Δ"),
    ("ΕεΈέ", "E"),
    ("Ζζ", "Z"),
    ("ΗηΉή", "H"),
    ("θϑ", "Θ"),
    ("ΙιΊίΪϊΐ", "I"),
    ("Κκ", "K"),
    ("λ", "Λ"),
    ("Μμµ", "M"),
    ("Νν", "N"),
    ("ξ", "Ξ"),
    ("ΟοΌό", "O"),
    ("π", "Π"),
    ("Ρρ", "P"),
    ("σς", "Σ"),
    ("Ττ", "T"),
    ("ΥυΎύΫϋΰ", "Y"),
    ("φϕ", "Φ"),
    ("Χχ", "X"),
    ("ψ", "Ψ"),
    ("ωΏώ\u{2126}", "Ω"),
];

#[cfg(test)]
mod tests {
    use super::{SORTED, look_alike};

    #[test]
    fn no_character_has_two_look_alikes() {
        let twice: Vec<_> = SORTED
            .windows(2)
            .filter(|pair| pair[0].0 == pair[1].0)
            .map(|pair| pair[0].0)
            .collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn no_character_looks_like_itself() {
        for (c, like) in SORTED.iter() {
            assert!(!like.contains(*c), "{c:?}");
        }
    }

    #[test]
    fn full_width_forms_and_marks_become_plain() {
        assert_eq!(look_alike('Ａ').as_deref(), Some("A"));
        assert_eq!(look_alike('～').as_deref(), Some("~"));
        assert_eq!(look_alike('\u{301}').as_deref(), Some(""));
        assert_eq!(look_alike('ж'), None);
    }
}
