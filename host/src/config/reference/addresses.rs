//! `[source]` and `[destination]` of an operator's file.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        "source.alphabet",
        r#"`"latin1"`"#,
        r#"of senders that are no numbers: also `"ascii"`, `"gsm7"`, or a name of `[alphabets]`"#,
    ),
    key(
        "source.on_unencodable",
        r#"`"reject"`"#,
        r#"characters that it lacks, and `@` where it is 0x00 as in `"gsm7"`, since that octet ends the field: also `"transliterate"`, `"replace"` (by `?`)"#,
    ),
    key(
        "source.max_length",
        "`11`",
        "octets of an alphanumeric sender, up to 20; longer ones are REJECTED",
    ),
    key(
        "source.allow_empty",
        "`true`",
        "without a sender the operator's default stands in",
    ),
    key(
        "source.rule",
        "`[]`",
        "an ordered list: the first rule that fits an address decides",
    ),
    key(
        "source.rule.match",
        r#"`"any"`"#,
        r#"which addresses it is about: `"any"`, `"plus"`: a plus sign and digits, `"digits"`, `"number"`: either, `"text"`, `"empty"`"#,
    ),
    key(
        "source.rule.length",
        "any",
        "`5` or `[9, 16]`, without the plus sign",
    ),
    key(
        "source.rule.prefix",
        "any",
        "what they begin with, without the plus sign",
    ),
    key(
        "source.rule.replace_prefix",
        "none",
        "what is sent instead of `prefix`",
    ),
    key(
        "source.rule.ton",
        r#"`"auto"`"#,
        "as without rules, or the number that is sent",
    ),
    key("source.rule.npi", r#"`"auto"`"#, "the same for NPI"),
    key(
        "destination.rule",
        "`[]`",
        "an ordered list: the first rule that fits an address decides",
    ),
    key(
        "destination.rule.match",
        r#"`"any"`"#,
        r#"which addresses it is about: `"any"`, `"plus"`: a plus sign and digits, `"digits"`"#,
    ),
    key(
        "destination.rule.length",
        "any",
        "`5` or `[9, 16]`, without the plus sign",
    ),
    key(
        "destination.rule.prefix",
        "any",
        "what they begin with, without the plus sign",
    ),
    key(
        "destination.rule.replace_prefix",
        "none",
        "what is sent instead of `prefix`",
    ),
    key(
        "destination.rule.ton",
        r#"`"auto"`"#,
        "as without rules, or the number that is sent",
    ),
    key("destination.rule.npi", r#"`"auto"`"#, "the same for NPI"),
];
