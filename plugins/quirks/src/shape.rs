//! What a settings document may look like, as data: the validator, the JSON Schema and the messages are made of it, so
//! that they cannot differ.

/// The shape of one value.
pub(crate) enum Shape {
    /// A table with these keys.
    Table(&'static [Field], Choice),
    /// A table whose keys are the operator's own.
    Map(Key, &'static Shape),
    /// A list; an empty one says the same as none.
    List(&'static Shape),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number, both bounds included.
    Whole(u64, u64),
    /// So many characters, none of them a control character.
    Text(u64, u64),
    /// Lower-case letters, digits and `-`, so many at most.
    Slug(u64),
    /// Octets in hexadecimal, so many at most.
    Hex(u64),
    /// `true` or `false`.
    Flag,
    /// Such as `"500ms"`; at most so many milliseconds.
    Duration(u64),
    /// Such as `"+02:00"`.
    Offset,
    /// A short form or a long one. No two are of the same kind of value.
    Either(&'static [Shape]),
    /// A table whose other keys depend on the word of this one.
    Cases(Field, &'static [Case]),
}

/// What keys of a table exclude each other.
#[derive(Clone, Copy)]
pub(crate) enum Choice {
    /// None.
    Free,
    /// Exactly one of these is there.
    Exactly(&'static [&'static str]),
    /// At most one of these is there.
    AtMost(&'static [&'static str]),
    /// One of these or several.
    AtLeast(&'static [&'static str]),
}

/// Keys that may stand beside some words of a [`Shape::Cases`].
pub(crate) struct Case {
    pub(crate) words: &'static [&'static str],
    pub(crate) fields: &'static [Field],
}

/// The keys of a [`Shape::Map`].
#[derive(Clone, Copy)]
pub(crate) enum Key {
    /// A command_status or a range of them.
    Status,
    /// 0 to 255.
    Octet,
    /// A word of `stat:`; a `*` at its end stands for any rest.
    Word,
    /// A code of `err:`.
    Code,
}

/// A key of a [`Shape::Table`].
pub(crate) struct Field {
    pub(crate) key: &'static str,
    pub(crate) shape: &'static Shape,
    pub(crate) required: bool,
    /// Means nothing without this other key.
    pub(crate) needs: Option<&'static str>,
    /// For the schema; the component does not carry it.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) note: &'static str,
}

/// An optional key.
pub(crate) const fn field(key: &'static str, shape: &'static Shape, note: &'static str) -> Field {
    #[cfg(target_arch = "wasm32")]
    let _ = note;
    Field {
        key,
        shape,
        required: false,
        needs: None,
        #[cfg(not(target_arch = "wasm32"))]
        note,
    }
}

impl Field {
    pub(crate) const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    pub(crate) const fn needs(self, other: &'static str) -> Self {
        Self {
            needs: Some(other),
            ..self
        }
    }
}

impl Shape {
    /// What is allowed, in words.
    pub(crate) fn allowed(&self) -> String {
        match self {
            Self::Table(fields, _) => format!("a table of {}", keys(fields.iter())),
            Self::Cases(by, _) => format!("a table with `{}`", by.key),
            Self::Map(key, _) => format!("a table whose keys are {}", key.allowed()),
            Self::List(item) => format!("a list, each item {}", item.allowed()),
            Self::Word(words) => format!("one of {}", quoted(words)),
            Self::Whole(least, most) => format!("a whole number from {least} to {most}"),
            Self::Text(0, most) => format!("a text of at most {most} characters, none a control character"),
            Self::Text(least, most) => {
                format!("a text of {least} to {most} characters, none a control character")
            }
            Self::Slug(most) => format!("1 to {most} lower-case letters, digits and `-`"),
            Self::Hex(octets) => {
                format!("1 to {octets} octets in hexadecimal, two digits each, such as \"00ff10\"")
            }
            Self::Flag => "true or false".to_owned(),
            Self::Duration(most) => format!(
                "a time of at most {}, such as \"500ms\", \"2s\" or \"5m\"",
                shown(*most)
            ),
            Self::Offset => {
                "an offset from UTC such as \"+02:00\" or \"-05:30\", at most 14 hours".to_owned()
            }
            Self::Either(forms) => {
                let forms: Vec<_> = forms.iter().map(Self::allowed).collect();
                forms.join(", or ")
            }
        }
    }
}

impl Key {
    /// What is allowed, in words.
    pub(crate) fn allowed(self) -> &'static str {
        match self {
            Self::Status => {
                "command_status values or ranges, hexadecimal with 0x or decimal, such as `0x45`, `1375` or `0x400-0x4FF`"
            }
            Self::Octet => "numbers from 0 to 255, hexadecimal with 0x or decimal",
            Self::Word => "state words of 1 to 32 characters, a `*` at the end standing for any rest",
            Self::Code => "error codes of 1 to 32 characters",
        }
    }

    /// Whether a key may be written so.
    pub(crate) fn fits(self, key: &str) -> bool {
        match self {
            Self::Status => statuses(key).is_some(),
            Self::Octet => octet(key).is_some(),
            Self::Word | Self::Code => {
                (1..=32).contains(&key.chars().count()) && !key.chars().any(char::is_control)
            }
        }
    }
}

/// The keys in code marks, for messages.
pub(crate) fn keys<'a>(fields: impl Iterator<Item = &'a Field>) -> String {
    let keys: Vec<_> = fields.map(|field| format!("`{}`", field.key)).collect();
    keys.join(", ")
}

/// Words in quotation marks, for messages.
pub(crate) fn quoted(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
    words.join(", ")
}

/// The values of a key of [`Key::Status`], from and to.
pub(crate) fn statuses(key: &str) -> Option<(u32, u32)> {
    match key.split_once('-') {
        Some((from, to)) => Some((number(from)?, number(to)?)),
        None => number(key).map(|status| (status, status)),
    }
}

/// The value of a key of [`Key::Octet`].
pub(crate) fn octet(key: &str) -> Option<u8> {
    number(key).and_then(|number| u8::try_from(number).ok())
}

fn number(text: &str) -> Option<u32> {
    let (digits, radix, longest) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16, 8),
        None => (text, 10, 10),
    };
    // `from_str_radix` takes a plus sign.
    let fits = (1..=longest).contains(&digits.len()) && digits.chars().all(|c| c.is_digit(radix));
    fits.then(|| u32::from_str_radix(digits, radix).ok()).flatten()
}

/// Milliseconds of a text such as `"500ms"`, `"2s"`, `"5m"`, `"1h"`.
pub(crate) fn duration(text: &str) -> Option<u64> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = text.split_at(unit);
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    if digits.len() > 9 {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(millis)
}

/// Whether this is an offset such as `"+02:00"`.
pub(crate) fn is_offset(text: &str) -> bool {
    let octets = text.as_bytes();
    let &[b'+' | b'-', h1, h2, b':', m1, m2] = octets else {
        return false;
    };
    let digits = [h1, h2, m1, m2].map(|octet| char::from(octet).to_digit(10));
    match digits {
        [Some(h1), Some(h2), Some(m1), Some(m2)] => {
            let (hours, minutes) = (h1 * 10 + h2, m1 * 10 + m2);
            minutes < 60 && (hours < 14 || (hours == 14 && minutes == 0))
        }
        _ => false,
    }
}

/// Octets of an even number of hexadecimal digits.
pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn shown(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{} s", millis / 1_000),
        _ => format!("{} min", millis / 60_000),
    }
}
