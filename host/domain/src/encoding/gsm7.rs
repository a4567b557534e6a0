//! The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038 sections 6.2.1 and 6.2.1.1), and packing.

use super::UNKNOWN;

/// Shifts the next septet into the extension table.
pub(super) const ESCAPE: u8 = 0x1B;

/// By septet value. The place of ESC holds ESC, which is no character of the alphabet.
#[rustfmt::skip]
const DEFAULT: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\x1b', 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (EURO, '€'),
];

const EURO: u8 = 0x65;

/// The characters of the extension table.
pub(super) const EXTENSION_CHARACTERS: [char; 10] = ['\u{c}', '^', '{', '}', '\\', '[', '~', ']', '|', '€'];

/// Set in the entries of [`LATIN`] that need an escape before them.
const SHIFTED: u8 = 0x80;
/// An entry without a septet. No shifted septet has this value, because nothing is at 0x7F of the extension table.
const NONE: u8 = 0xFF;

/// Septets of U+0000..=U+00FF, so that a usual text costs one look-up a character.
static LATIN: [u8; 256] = septets_from(0);
/// Septets of U+0390..=U+03AF: the ten Greek capitals.
static GREEK: [u8; 32] = septets_from(0x390);

/// The septet of a character, with [`SHIFTED`] set where it takes an escape.
fn septet(c: char) -> Option<u8> {
    let code = u32::from(c) as usize;
    let septet = match code {
        0..=0xFF => LATIN.get(code),
        0x390..=0x3AF => GREEK.get(code - 0x390),
        0x20AC => return Some(EURO | SHIFTED),
        _ => None,
    };
    septet.copied().filter(|septet| *septet != NONE)
}

/// Appends the septets of a character, one an octet; `false` when the alphabet lacks it.
#[inline]
pub(super) fn put(c: char, out: &mut Vec<u8>) -> bool {
    let Some(septet) = septet(c) else { return false };
    if septet & SHIFTED != 0 {
        out.push(ESCAPE);
    }
    out.push(septet & !SHIFTED);
    true
}

/// The septet of a character in the default alphabet itself.
pub(super) fn base_septet(c: char) -> Option<u8> {
    septet(c).filter(|septet| septet & SHIFTED == 0)
}

/// The septet of a character in the extension table.
pub(super) fn extension_septet(c: char) -> Option<u8> {
    let septet = septet(c).filter(|septet| septet & SHIFTED != 0)?;
    Some(septet & !SHIFTED)
}

/// Septets that a character costs: 1, or 2 from the extension table.
pub(super) fn cost(c: char) -> Option<usize> {
    septet(c).map(|septet| if septet & SHIFTED == 0 { 1 } else { 2 })
}

/// The septets of a text, extension characters counted twice; `None` when the alphabet lacks one of its characters.
#[must_use]
pub fn gsm7_septets(text: &str) -> Option<usize> {
    text.chars().map(cost).sum()
}

/// The character of a septet in the default alphabet. ESC has none, nor have values above 0x7F.
pub(super) fn base(septet: u8) -> Option<char> {
    DEFAULT
        .get(usize::from(septet))
        .copied()
        .filter(|_| septet != ESCAPE)
}

/// The character of a septet in the extension table.
pub(super) fn extension(septet: u8) -> Option<char> {
    EXTENSION
        .iter()
        .find(|(code, _)| *code == septet)
        .map(|(_, c)| *c)
}

/// Decodes septets, one an octet. Octets above 0x7F, which no septet is, become U+FFFD.
pub(super) fn decode(septets: &[u8]) -> String {
    decode_with(septets, base, extension)
}

/// Decodes octets where 0x1B shifts into `shifted` and `base` has the other characters.
pub(super) fn decode_with(
    octets: &[u8],
    base: impl Fn(u8) -> Option<char>,
    shifted: impl Fn(u8) -> Option<char>,
) -> String {
    let mut text = String::with_capacity(octets.len() + octets.len() / 8);
    let mut octets = octets.iter().copied();
    while let Some(octet) = octets.next() {
        if octet != ESCAPE {
            text.push(base(octet).unwrap_or(UNKNOWN));
            continue;
        }
        match octets.next() {
            // Reserved for a further table; a receiver that knows none shows a space.
            Some(ESCAPE) => text.push(' '),
            Some(octet) => text.push(shifted(octet).or_else(|| base(octet)).unwrap_or(UNKNOWN)),
            None => {}
        }
    }
    text
}

/// Packs septets, first septet in the low bits, after `fill_bits` (0..=6) zero bits that align them behind a header.
/// Zero bits fill the last octet.
#[must_use]
pub fn pack(septets: &[u8], fill_bits: u8) -> Vec<u8> {
    let mut octets = Vec::with_capacity((septets.len() * 7).div_ceil(8) + 1);
    let (mut held, mut bits) = (0_u16, u16::from(fill_bits.min(6)));
    for septet in septets {
        held |= u16::from(septet & 0x7F) << bits;
        bits += 7;
        if bits >= 8 {
            let [low, high] = held.to_le_bytes();
            octets.push(low);
            held = u16::from(high);
            bits -= 8;
        }
    }
    if bits > 0 {
        octets.push(held.to_le_bytes()[0]);
    }
    octets
}

/// Unpacks septets that begin after `fill_bits` (0..=6) bits, see [`decode_packed`] for `septets`.
#[must_use]
pub fn unpack(octets: &[u8], fill_bits: u8, septets: Option<usize>) -> Vec<u8> {
    let fill_bits = u16::from(fill_bits.min(6));
    let mut out = Vec::with_capacity(octets.len() + octets.len() / 7);
    let (mut held, mut bits, mut skip) = (0_u16, 0_u16, fill_bits);
    for octet in octets {
        held |= u16::from(*octet) << bits;
        bits += 8;
        if skip > 0 {
            held >>= skip;
            bits -= skip;
            skip = 0;
        }
        while bits >= 7 {
            out.push(held.to_le_bytes()[0] & 0x7F);
            held >>= 7;
            bits -= 7;
        }
    }
    match septets {
        Some(count) => out.truncate(count),
        None if bits == 0 && out.last() == Some(&0) => out.truncate(out.len() - 1),
        None => {}
    }
    out
}

/// Decodes packed septets from a bit border on an octet border (no header before them; else use [`unpack`]).
///
/// SMPP counts octets, not septets, so seven spare bits at the end cannot be told from a final `@` (septet 0).
/// With `septets` known they are told apart. With `None` a final septet of zeros that ends exactly with its octet is
/// taken for padding: one text in eight leaves it, while hardly one ends in an `@` at that very place.
#[must_use]
pub fn decode_packed(octets: &[u8], septets: Option<usize>) -> String {
    decode(&unpack(octets, 0, septets))
}

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "evaluated by the compiler"
)]
const fn septets_from<const N: usize>(first: usize) -> [u8; N] {
    let mut table = [NONE; N];
    let mut i = 0;
    while i < DEFAULT.len() {
        let code = DEFAULT[i] as usize;
        if code >= first && code < first + N && i != ESCAPE as usize {
            table[code - first] = i as u8;
        }
        i += 1;
    }
    let mut i = 0;
    while i < EXTENSION.len() {
        let (septet, c) = EXTENSION[i];
        let code = c as usize;
        if code >= first && code < first + N {
            table[code - first] = septet | SHIFTED;
        }
        i += 1;
    }
    table
}
