//! Reads GSM 7-bit (3GPP TS 23.038 section 6.2.1), for subscribers' messages under a data_coding that says otherwise.

/// The default alphabet; U+001B stands for the escape.
const ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
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
    (0x65, '€'),
];
const ESCAPE: u8 = 0x1B;

/// One septet an octet. An escape that means nothing shows the character behind it, as the standard has it.
pub(crate) fn decode(septets: impl Iterator<Item = u8>) -> String {
    let table: Vec<char> = ALPHABET.chars().collect();
    let mut text = String::new();
    let mut escaped = false;
    for septet in septets {
        if septet == ESCAPE && !escaped {
            escaped = true;
            continue;
        }
        let extended = EXTENSION.iter().find(|(code, _)| escaped && *code == septet);
        text.push(match extended {
            Some((_, character)) => *character,
            None if septet == ESCAPE => ' ',
            None => table
                .get(usize::from(septet))
                .copied()
                .unwrap_or(char::REPLACEMENT_CHARACTER),
        });
        escaped = false;
    }
    text
}

/// Septets that were packed behind a header of so many octets: the first begins at the next multiple of seven bits.
pub(crate) fn unpack(octets: &[u8], header: usize) -> Vec<u8> {
    let fill = (7 - header * 8 % 7) % 7;
    let bits = (octets.len() * 8).saturating_sub(fill);
    let mut septets: Vec<u8> = (0..bits / 7)
        .map(|index| {
            let bit = fill + index * 7;
            let at = |place: usize| u16::from(octets.get(place).copied().unwrap_or_default());
            let pair = at(bit / 8) | at(bit / 8 + 1) << 8;
            u8::try_from(pair >> (bit % 8) & 0x7F).unwrap_or_default()
        })
        .collect();
    // Seven bits to spare are no `@`: SMPP does not count septets.
    if bits.is_multiple_of(7) && septets.last() == Some(&0) {
        septets.pop();
    }
    septets
}
