//! One table of 128 septets, written as the standard draws it.

/// Characters by septet, and septets by character.
pub(super) struct Table {
    /// [`NONE`] where there is none.
    characters: [char; 128],
    /// Sorted by character; those behind `count` mean nothing.
    septets: [(char, u8); 128],
    count: usize,
}

/// Stands in no table.
const NONE: char = '\0';

impl Table {
    /// The character of a septet.
    pub(super) fn character(&self, septet: u8) -> Option<char> {
        let character = self.characters.get(usize::from(septet)).copied()?;
        (character != NONE).then_some(character)
    }

    /// The septet of a character, the last of several.
    pub(super) fn septet(&self, character: char) -> Option<u8> {
        let entries = self.septets.get(..self.count)?;
        let at = entries.binary_search_by_key(&character, |(c, _)| *c).ok()?;
        entries.get(at).map(|(_, septet)| *septet)
    }

    /// All of them, in the order of their septets.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u8, char)> {
        (0..128).filter_map(|septet| Some((septet, self.character(septet)?)))
    }

    /// Reads 128 words: a character, or the four hexadecimal digits of one, or SP, LF, FF and CR for those; `--` and
    /// ESC for none.
    #[expect(
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "evaluated by the compiler"
    )]
    pub(super) const fn parse(words: &str) -> Self {
        let text = words.as_bytes();
        let mut table = Self {
            characters: [NONE; 128],
            septets: [(NONE, 0); 128],
            count: 0,
        };
        let (mut at, mut septet) = (0, 0);
        while at < text.len() {
            if text[at].is_ascii_whitespace() {
                at += 1;
                continue;
            }
            let start = at;
            while at < text.len() && !text[at].is_ascii_whitespace() {
                at += 1;
            }
            let character = character(text.split_at(start).1.split_at(at - start).0);
            if character != NONE {
                table.characters[septet] = character;
                table.insert(character, septet as u8);
            }
            septet += 1;
        }
        assert!(septet == 128, "a table has 128 words");
        table
    }

    /// The last septet of a character is the one that is written.
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    const fn insert(&mut self, character: char, septet: u8) {
        let mut place = self.count;
        while place > 0 && self.septets[place - 1].0 as u32 >= character as u32 {
            if self.septets[place - 1].0 as u32 == character as u32 {
                self.septets[place - 1].1 = septet;
                return;
            }
            place -= 1;
        }
        let mut last = self.count;
        while last > place {
            self.septets[last] = self.septets[last - 1];
            last -= 1;
        }
        self.septets[place] = (character, septet);
        self.count += 1;
    }
}

const fn character(word: &[u8]) -> char {
    match word {
        b"--" | b"ESC" => NONE,
        b"SP" => ' ',
        b"LF" => '\n',
        b"FF" => '\x0C',
        b"CR" => '\r',
        [a, b, c, d] if word.is_ascii() => {
            from_code(digit(*a) << 12 | digit(*b) << 8 | digit(*c) << 4 | digit(*d))
        }
        // UTF-8 of one, two and three octets.
        [a] => *a as char,
        [a, b] => from_code((*a as u32 & 0x1F) << 6 | (*b as u32 & 0x3F)),
        [a, b, c] => from_code((*a as u32 & 0x0F) << 12 | (*b as u32 & 0x3F) << 6 | (*c as u32 & 0x3F)),
        _ => from_code(NO_CODE),
    }
}

/// No character has it, so that a word that is none does not compile.
const NO_CODE: u32 = u32::MAX;

const fn digit(octet: u8) -> u32 {
    match (octet as char).to_digit(16) {
        Some(digit) => digit,
        None => NO_CODE,
    }
}

const fn from_code(code: u32) -> char {
    let character = char::from_u32(code);
    assert!(character.is_some(), "a word is none");
    match character {
        Some(character) => character,
        None => NONE,
    }
}
