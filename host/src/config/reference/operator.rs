//! An operator's file, at the top.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key("operator_id", "required", "UUID"),
    key("name", "the file's name", "labels logs and metrics"),
    key("tps_limit", "required", "submit_sm in any second, parts included"),
    key(
        "tps_fallback_share",
        "`tps_limit` / hosts last seen",
        "submit_sm a second of this host while Redis is away; without it a host that has not reached Redis since its start sends nothing then",
    ),
    key(
        "max_message_age",
        r#"`"24h"`"#,
        "commands older than this end as EXPIRED",
    ),
    key(
        "correlation_ttl",
        r#"`"72h"`"#,
        "how long receipts are waited for",
    ),
    key(
        "dedupe_window",
        r#"`"10m"`"#,
        r#"a command published twice within it is sent once; `"correlation_ttl"` looks every command up"#,
    ),
    key(
        "on_unanswered",
        r#"`"resend"`"#,
        r#"a part that was written and never answered: `"resend"` is at least once, `"report"` at most once (outcome UNKNOWN until a receipt tells)"#,
    ),
    key(
        "on_unencodable",
        r#"`"ucs2"`"#,
        r#"characters outside the alphabet: `"ucs2"`, `"transliterate"`, `"replace"`, `"reject"`"#,
    ),
    key(
        "national_tables",
        "`[]`",
        r#"languages whose shift tables (3GPP TS 23.038) a GSM7 text may use that the default alphabet cannot write, the preferred first, or `"auto"` for all: `"turkish"`, `"spanish"`, `"portuguese"`, `"bengali"`, `"gujarati"`, `"hindi"`, `"kannada"`, `"malayalam"`, `"oriya"`, `"punjabi"`, `"tamil"`, `"telugu"`, `"urdu"`. It goes in the tables of one language that need the fewest parts; what none can write is left to `on_unencodable`"#,
    ),
    key(
        "national_packed",
        "`false`",
        "whether such texts, and those for which a policy asks, go packed",
    ),
    key(
        "order_per_number",
        "`true`",
        "messages to one number go one after the other, each when the one before has its outcome, so that a refusal in between changes no order; `false`: as many at once as the window holds",
    ),
    key(
        "unmatched_after",
        r#"`"60s"`"#,
        "when a receipt without a message is reported",
    ),
    key(
        "receipt_detection",
        r#"`"esm_class"`"#,
        r#"or `"esm_class_or_text"`, `"tlv"`"#,
    ),
    key(
        "receipt_time_zone",
        "none",
        r#"offset of the operator's clock, such as `"+02:00"`: `doneAt` is then in UTC; without it, as received"#,
    ),
    key(
        "mo_reassembly",
        "`true`",
        "the segments of a long message from a subscriber are published as one; `false`: each by itself, with its place in `concatenation`",
    ),
    key(
        "mo_reassembly_timeout",
        r#"`"1h"`"#,
        "after the first segment: then the message is published with what is there",
    ),
    key(
        "message_state",
        "as `submit.receipts_on`",
        r#"how a message's state follows from its parts': `"all"`, `"any-final"`, `"first"`, `"last"`"#,
    ),
    key(
        "reconnect_delays",
        r#"`["5s", "10s", "20s", "40s", "60s"]`"#,
        "before each reconnect attempt; the last is the cap",
    ),
    key(
        "reconnect_jitter",
        "`0.0`",
        "random share of the reconnect delays",
    ),
    key(
        "statuses",
        "built-in table",
        "what the operator means by a command_status: see [statuses](../README.md#statuses)",
    ),
    key(
        "stop_retry",
        "none",
        "how often a stopped operator is tried with one message; without it only a person resumes it",
    ),
    key(
        "alphabets.NAME.base",
        "required",
        r#"a table of 256 octets that the policy or `source.alphabet` may name, made of `"gsm7"`, `"ascii"` or `"latin1"`"#,
    ),
    key(
        "alphabets.NAME.octets",
        "`{}`",
        r#"what differs in it: `{ 0x40 = "¡" }`"#,
    ),
    key(
        "alphabets.NAME.counted_in_septets",
        "as the base",
        "whether a part holds 160 septets or 140 octets of it",
    ),
];
