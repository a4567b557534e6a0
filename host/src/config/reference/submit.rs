//! `[submit]` and `[splitting]` of an operator's file.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key("submit.service_type", "empty", "at most 5 characters"),
    key("submit.protocol_id", "`0`", ""),
    key(
        "submit.esm_class",
        "`0`",
        "messaging mode and reply path; 0x40 is added where a part has a header",
    ),
    key("submit.priority", "`0`", "of commands that name none"),
    key(
        "submit.priority_is_fixed",
        "`false`",
        "every message has `submit.priority`",
    ),
    key(
        "submit.validity",
        r#"`"relative"`"#,
        r#"how the earlier one of the command's `validityPeriod` and `expiresAt` is written, counted from when the gateway takes the command; also `"absolute"`, `"never"` (the field stays empty)"#,
    ),
    key(
        "submit.utc_offset",
        r#"`"+00:00"`"#,
        r#"of `"absolute"` times, in quarter hours"#,
    ),
    key(
        "submit.default_validity",
        "the SMSC's own",
        "for commands that name none, up to 63 weeks",
    ),
    key("submit.max_validity", "none", "shortens what commands ask for"),
    key(
        "submit.registered_delivery",
        "`1`",
        "where the command wants receipts: 2 for failures only, 3 for successes only, 0x10 more for intermediate notifications",
    ),
    key(
        "submit.receipts_on",
        r#"`"all"`"#,
        r#"parts that ask for a receipt; also `"first"`, `"last"`"#,
    ),
    key("submit.replace_if_present", "`false`", "of messages of one part"),
    key(
        "submit.flash",
        r#"`"data_coding"`"#,
        r#"how FLASH is told; `"tlv"`: dest_addr_subunit 1 beside an ordinary data_coding"#,
    ),
    key("submit.flash_gsm7", "`0x10`", "these data_coding"),
    key("submit.flash_ucs2", "`0x18`", "these data_coding"),
    key(
        "submit.more_messages_to_send",
        "`false`",
        "the TLV on the parts of a long message: 1, and 0 on the last",
    ),
    key(
        "submit.part_order",
        r#"`"first-to-last"`"#,
        r#"or `"last-to-first"`; `partNumber` counts as they are sent"#,
    ),
    key(
        "submit.nul_terminated",
        "`false`",
        "short_message ends with a NUL octet",
    ),
    key("submit.tlv", "`[]`", "TLVs on every part"),
    key(
        "submit.tlv.tag",
        "required",
        "of a TLV on every part, unless the command brings the same tag",
    ),
    key("submit.tlv.text", "none", "its value: this text,"),
    key(
        "submit.tlv.nul",
        "`false`",
        "with a NUL at its end: a C-octet string;",
    ),
    key("submit.tlv.hex", "none", "or these octets;"),
    key("submit.tlv.number", "none", "or this number"),
    key(
        "submit.tlv.octets",
        "required with `number`",
        "in so many octets: 1, 2, 4",
    ),
    key(
        "splitting.mode",
        r#"`"udh8"`"#,
        r#"what CSMS means: headers with an 8-bit or 16-bit reference (`"udh16"`), sar_* TLVs (`"sar"`), message_payload (`"payload"`), or nothing longer than one short message (`"reject"`)"#,
    ),
    key(
        "splitting.takes_payload",
        "`true`",
        "TLV means message_payload; with `false` it means what CSMS does",
    ),
    key(
        "splitting.max_parts",
        "`255`",
        "a text of more is REJECTED before the first is sent",
    ),
    key(
        "splitting.max_octets",
        "as the alphabet allows",
        "of short_message in a part, header included; only lowers it",
    ),
    key("splitting.payload_max_octets", "`65535`", "of message_payload"),
    key(
        "splitting.payload_fallback",
        r#"`"reject"`"#,
        r#"for longer texts: also `"udh8"`, `"udh16"`, `"sar"`"#,
    ),
];
