//! What must not be found, in all the ways in which it may be written.

use std::collections::BTreeSet;

/// Private words and the forms of each.
pub(super) struct Needles(Vec<(String, BTreeSet<String>)>);

impl Needles {
    /// Of each of these: as it is, and its octets (UTF-8, UTF-16BE, packed septets) in hexadecimal, base64 and as a list of numbers.
    pub(super) fn new(words: &[&str]) -> Self {
        let each = words.iter().map(|word| ((*word).to_owned(), forms(word)));
        Self(each.collect())
    }

    /// The words that are in a text, each with the line in which it is.
    pub(super) fn found_in(&self, text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        let found = self.0.iter().flat_map(|(word, forms)| {
            let hit = forms
                .iter()
                .find(|form| lower.contains(form.as_str()) || text.contains(form.as_str()));
            hit.map(|form| {
                let line = text
                    .lines()
                    .find(|line| line.contains(form.as_str()) || line.to_lowercase().contains(form.as_str()));
                format!(
                    "{word} as {form}: {}",
                    line.unwrap_or_default().chars().take(600).collect::<String>()
                )
            })
        });
        found.collect()
    }
}

/// What has been shown so far, by what showed it.
#[derive(Default)]
pub(super) struct Shown(pub(super) Vec<(String, String)>);

impl Shown {
    pub(super) fn add(&mut self, what: impl Into<String>, text: impl Into<String>) {
        self.0.push((what.into(), text.into()));
    }

    #[track_caller]
    pub(super) fn assert_nothing_private(&self, needles: &Needles) {
        let mut found = Vec::new();
        for (what, text) in &self.0 {
            assert!(!text.is_empty(), "{what} shows nothing at all");
            found.extend(
                needles
                    .found_in(text)
                    .into_iter()
                    .map(|hit| format!("{what}: {hit}")),
            );
        }
        assert!(found.is_empty(), "{} leaks:\n{}", found.len(), found.join("\n"));
    }
}

fn forms(word: &str) -> BTreeSet<String> {
    let wide: Vec<u8> = word.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut forms = BTreeSet::from([word.to_lowercase()]);
    let mut octet_strings = vec![word.as_bytes().to_vec(), wide];
    if word.is_ascii() {
        octet_strings.extend((0..8).map(|shift| packed(word.as_bytes(), shift)));
    }
    for octets in octet_strings {
        forms.insert(hex::encode(&octets));
        let list: Vec<_> = octets.iter().map(u8::to_string).collect();
        forms.insert(list.join(", "));
        forms.extend((0..3).map(|lead| base64(&octets, lead)));
    }
    forms
}

/// Seven bits a character, where so many bits of the first octet are another's: only whole octets of the word.
fn packed(word: &[u8], shift: usize) -> Vec<u8> {
    let bits = word
        .iter()
        .flat_map(|septet| (0..7).map(move |bit| septet >> bit & 1));
    let all: Vec<u8> = std::iter::repeat_n(0, shift).chain(bits).collect();
    let octets: Vec<u8> = all
        .chunks_exact(8)
        .map(|octet| octet.iter().rev().fold(0, |value, bit| value << 1 | bit))
        .collect();
    octets.into_iter().skip(usize::from(shift > 0)).collect()
}

/// The characters of base64 that are the octets' alone, when so many come before them in their group of three.
fn base64(octets: &[u8], lead: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let padded: Vec<u8> = std::iter::repeat_n(0, lead)
        .chain(octets.iter().copied())
        .collect();
    let sixes = padded.chunks_exact(3).flat_map(|group| {
        let value = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
        [18, 12, 6, 0].map(|shift| char::from(ALPHABET[(value >> shift & 63) as usize]))
    });
    sixes.skip(if lead == 0 { 0 } else { 4 }).collect()
}

#[test]
fn each_form_is_found() {
    let needles = Needles::new(&["rendezvous"]);
    for text in [
        "a Rendezvous",
        "72656E64657A766F7573",
        "00720065006e00640065007a0076006f00750073",
        "[114, 101, 110, 100, 101, 122, 118, 111, 117, 115]",
        "cmVuZGV6dm91cw==",
        "IHJlbmRlenZvdXMg",
        // Packed, alone and behind one septet.
        "f2b29b5cd6dbdff5",
        "2079d94d2eebedeffa",
    ] {
        assert_eq!(needles.found_in(text).len(), 1, "{text}");
    }
    assert_eq!(needles.found_in("nothing private"), Vec::<String>::new());
}
