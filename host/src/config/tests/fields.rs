//! `[source]`, `[destination]`, `[submit]` and `[splitting]`.

use super::*;
use smpp_domain::address::{AddressRule, FixedType, Look};
use smpp_domain::correlation::AggregateRule;
use smpp_domain::encoding::{Alphabet, UnencodableRule};
use smpp_domain::pdu::Tlv;
use smpp_domain::split::{Cut, LongText, Splitting};
use smpp_domain::submit::{Flash, ReceiptParts, Receipts, Validity, ValidityForm};

/// What a file with these lines before its session says.
pub(super) fn operator(sections: &str) -> OperatorConfig {
    let (_dir, host) = files(&with(sections));
    Config::load(Some(&host)).unwrap().operators.remove(0)
}

fn with(sections: &str) -> String {
    let (top, session) = GOOD.split_once("[[session]]").unwrap();
    format!("{top}{sections}\n[[session]]{session}")
}

/// The problems of a file with these lines, without the file's name.
pub(super) fn found(sections: &str) -> Vec<String> {
    problems(&with(sections))
        .into_iter()
        .map(|problem| problem.replace("operators/acme.toml: ", ""))
        .collect()
}

fn tlv(tag: u16, value: &[u8]) -> Tlv {
    Tlv {
        tag,
        value: value.to_vec(),
    }
}

#[test]
fn absent_sections_and_empty_ones_mean_the_same() {
    let (absent, empty) = (
        operator(""),
        operator("[source]\n[destination]\n[submit]\n[splitting]\n"),
    );
    assert_eq!(absent.source, empty.source);
    assert_eq!(absent.destination, empty.destination);
    assert_eq!(
        (&absent.submit, absent.splitting),
        (&empty.submit, empty.splitting)
    );
    assert_eq!(absent.message_state, AggregateRule::AllDelivered);
}

#[test]
fn address_rules_are_read_in_their_order() {
    let operator = operator(
        r#"
[source]
alphabet = "own"
on_unencodable = "replace"
max_length = 15
allow_empty = false
[[source.rule]]
match = "digits"
length = [3, 8]
ton = 6
npi = 0
[[source.rule]]
match = "text"
npi = 1
[destination]
rule = [
    { match = "plus", prefix = "49", replace_prefix = "0", ton = 2, npi = "auto" },
    { length = 5 },
]
[alphabets.own]
base = "gsm7"
octets = { 0x40 = "@" }
"#,
    );
    let source = &operator.source;
    assert!(matches!(&source.alphabet, Alphabet::Table(table) if table.name() == "own"));
    assert_eq!(source.on_unencodable, UnencodableRule::Replace("?".to_owned()));
    assert_eq!((source.max_length, source.allow_empty), (15, false));
    let short = AddressRule {
        look: Look::Digits,
        length: 3..=8,
        ton: Some(6),
        npi: Some(0),
        ..AddressRule::default()
    };
    let names = AddressRule {
        look: Look::Text,
        npi: Some(1),
        ..AddressRule::default()
    };
    assert_eq!(source.rules, [short, names]);
    let national = AddressRule {
        look: Look::Plus,
        prefix: "49".to_owned(),
        replace_prefix: Some("0".to_owned()),
        ton: Some(2),
        ..AddressRule::default()
    };
    let short = AddressRule {
        length: 5..=5,
        ..AddressRule::default()
    };
    assert_eq!(operator.destination.rules, [national, short]);
    let written = operator
        .destination
        .address("+4915112345678", FixedType::default());
    assert_eq!(written.unwrap().digits, "015112345678");
}

#[test]
fn wrong_addresses_are_named_with_what_is_allowed() {
    assert_eq!(
        found(
            r#"
[source]
alphabet = "utf8"
on_unencodable = "ucs2"
max_length = 21
rule = [
    { match = "letters", length = [8, 3], ton = 256 },
    { length = "3-8", prefix = "Ä", replace = "0" },
]
[destination]
alphabet = "ascii"
[[destination.rule]]
match = "text"
"#
        ),
        [
            "source.alphabet = \"utf8\": use one of \"latin1\", \"ascii\", \"gsm7\", or add [alphabets.utf8]",
            "source.on_unencodable = \"ucs2\": use one of \"reject\", \"transliterate\", \"replace\"",
            "source.max_length = 21: use a whole number from 1 to 20",
            "source.rule[0].match = \"letters\": use one of \"any\", \"number\", \"plus\", \"digits\", \"text\", \"empty\"",
            "source.rule[0].length: use a number of characters up to 20, or a range such as [9, 16]",
            "source.rule[0].ton = 256: use a whole number from 0 to 255, or \"auto\"",
            "source.rule[1].length = \"3-8\": is text; use a number of characters up to 20, or a range such as [9, 16]",
            "source.rule[1].prefix = \"Ä\": use at most 20 printable ASCII characters",
            "source.rule[1].replace: is not a known key; known here: match, length, prefix, replace_prefix, ton, npi",
            "destination.rule[0].match = \"text\": use one of \"any\", \"plus\", \"digits\"",
            "destination.alphabet: is not a known key; known here: rule",
        ]
    );
}

#[test]
fn submit_fields_are_read() {
    let operator = operator(
        r#"
[submit]
service_type = "CMT"
protocol_id = 0x41
esm_class = 0x83
priority = 2
priority_is_fixed = true
validity = "absolute"
utc_offset = "-03:30"
default_validity = "24h"
max_validity = "72h"
registered_delivery = 0x11
receipts_on = "last"
replace_if_present = true
flash_gsm7 = 0xF0
more_messages_to_send = true
part_order = "last-to-first"
nul_terminated = true
tlv = [
    { tag = 0x1400, text = "1101", nul = true },
    { tag = 0x1401, text = "1101", nul = false },
    { tag = 0x1402, hex = "00fF" },
    { tag = 0x1403, hex = "" },
    { tag = 0x1404, number = 258, octets = 2 },
    { tag = 0x1405, number = 7, octets = 1 },
    { tag = 0x1406, number = 0xFFFFFFFF, octets = 4 },
]
"#,
    );
    let submit = &operator.submit;
    assert_eq!(
        (submit.service_type.as_str(), submit.protocol_id, submit.esm_class),
        ("CMT", 0x41, 0x83)
    );
    assert_eq!((submit.priority, submit.priority_is_fixed), (2, true));
    let validity = Validity {
        form: ValidityForm::Absolute { ahead: -14 },
        default: Some(86_400),
        max: Some(259_200),
    };
    assert_eq!(submit.validity, validity);
    let receipts = Receipts {
        registered_delivery: 0x11,
        parts: ReceiptParts::Last,
    };
    assert_eq!(submit.receipts, receipts);
    let flash = Flash::DataCoding {
        gsm7: 0xF0,
        ucs2: 0x18,
    };
    assert_eq!(submit.flash, flash);
    assert!(submit.replace_if_present && submit.more_messages_to_send);
    assert!(submit.reverse_order && submit.nul_terminated);
    let tlvs = [
        tlv(0x1400, b"1101\0"),
        tlv(0x1401, b"1101"),
        tlv(0x1402, &[0x00, 0xFF]),
        tlv(0x1403, &[]),
        tlv(0x1404, &[1, 2]),
        tlv(0x1405, &[7]),
        tlv(0x1406, &[0xFF; 4]),
    ];
    assert_eq!(submit.tlvs, tlvs);
    // Receipts of the last part alone can only say so much.
    assert_eq!(operator.message_state, AggregateRule::Last);
}

#[test]
fn wrong_submit_fields_are_named_with_what_is_allowed() {
    assert_eq!(
        found(
            r#"
message_state = "all"
[submit]
service_type = "TOOLONG"
esm_class = 0x43
priority = 4
utc_offset = "+05:20"
default_validity = "500ms"
registered_delivery = 0
receipts_on = "first"
flash = "tlv"
flash_gsm7 = 0xF0
part_order = "random"
tlv = [
    { tag = 0x0424, hex = "00" },
    { tag = 0x1400, text = "1101" },
    { tag = 0x1400, text = "1101", hex = "00" },
    { tag = 0x1400 },
    { tag = 0x1400, hex = "+1" },
    { tag = 0x1400, number = 256, octets = 1 },
    { tag = 0x1400, number = 5, octets = 3 },
    { number = 5, octets = 1, nul = true },
]
"#
        ),
        [
            "submit.service_type = \"TOOLONG\": use at most 5 ASCII characters",
            "submit.esm_class = 67: the gateway itself sets 0x40, where a part has a header",
            "submit.priority = 4: use a whole number from 0 to 3",
            "submit.utc_offset = \"+05:20\": use an offset in quarter hours from \"-12:00\" to \"+12:00\", such as \"+05:30\"",
            "submit.default_validity = \"500ms\": use a duration such as \"30s\" from 1s to 441d",
            "submit.registered_delivery = 0: use a whole number from 1 to 31",
            "submit.flash_gsm7: says nothing beside flash = \"tlv\"",
            "submit.part_order = \"random\": use one of \"first-to-last\", \"last-to-first\"",
            "submit.tlv[0].tag = 1060: 0x0424 is set by the gateway itself: see [splitting]",
            "submit.tlv[1].nul: is missing; say whether a NUL ends it: true for a C-octet string, false for an octet string",
            "submit.tlv[2]: give one of text (with nul), hex, and number (with octets)",
            "submit.tlv[3]: give one of text (with nul), hex, and number (with octets)",
            "submit.tlv[4].hex = \"+1\": use two hex digits an octet, of at most 255 octets",
            "submit.tlv[5].number = 256: does not fit octets = 1",
            "submit.tlv[6].octets = 3: use 1, 2 or 4",
            "submit.tlv[7].tag: is missing; give the operator's number, such as 0x1400",
            "submit.tlv[7].nul: is not a known key; known here: tag, number, octets",
            "message_state: waits for receipts that submit.receipts_on = \"first\" does not ask for: use \"first\" or \"any-final\"",
        ]
    );
    assert_eq!(
        found("[submit]\nutc_offset = \"+01:00\"\n"),
        ["submit.utc_offset: says nothing without validity = \"absolute\""]
    );
}

#[test]
fn offsets_are_whole_quarter_hours() {
    let offset = |written: &str| {
        let lines = format!("[submit]\nvalidity = \"absolute\"\nutc_offset = \"{written}\"\n");
        let (_dir, host) = files(&with(&lines));
        let read = Config::load(Some(&host)).ok()?;
        match read.operators[0].submit.validity.form {
            ValidityForm::Absolute { ahead } => Some(ahead),
            _ => None,
        }
    };
    for (written, ahead) in [
        ("+00:00", Some(0)),
        ("+05:45", Some(23)),
        ("-09:30", Some(-38)),
        ("+12:00", Some(48)),
        ("-12:00", Some(-48)),
        ("+12:15", None),
        ("+13:00", None),
        ("05:30", None),
        ("+5:30", None),
        ("+05:30:00", None),
        ("+-5:30", None),
        ("é05:30", None),
        ("", None),
    ] {
        assert_eq!(offset(written), ahead, "{written:?}");
    }
}

#[test]
fn receipts_of_one_part_decide_for_the_message() {
    for (lines, rule) in [
        ("[submit]\nreceipts_on = \"first\"", AggregateRule::First),
        ("[submit]\nreceipts_on = \"last\"", AggregateRule::Last),
        ("[submit]\nreceipts_on = \"all\"", AggregateRule::AllDelivered),
        (
            "message_state = \"any-final\"\n[submit]\nreceipts_on = \"first\"",
            AggregateRule::AnyFinal,
        ),
        (
            "message_state = \"last\"\n[submit]\nreceipts_on = \"all\"",
            AggregateRule::Last,
        ),
    ] {
        assert_eq!(operator(lines).message_state, rule, "{lines}");
    }
}

#[test]
fn splitting_is_read() {
    let operator = operator(
        r#"
[splitting]
mode = "sar"
takes_payload = false
max_parts = 8
max_octets = 139
payload_max_octets = 1800
payload_fallback = "udh16"
"#,
    );
    let expected = Splitting {
        mode: LongText::Cut(Cut::Sar),
        takes_payload: false,
        max_parts: Some(8),
        max_octets: Some(139),
        payload_max_octets: Some(1800),
        payload_fallback: Some(Cut::Udh16),
    };
    assert_eq!(operator.splitting, expected);
}

#[test]
fn wrong_splitting_is_named_with_what_is_allowed() {
    assert_eq!(
        found("[splitting]\nmode = \"udh\"\nmax_parts = 0\nmax_octets = 255\npayload_max_octets = 70000\n"),
        [
            "splitting.mode = \"udh\": use one of \"udh8\", \"udh16\", \"sar\", \"payload\", \"reject\"",
            "splitting.max_parts = 0: use a whole number from 1 to 255",
            "splitting.max_octets = 255: use a whole number from 20 to 254",
            "splitting.payload_max_octets = 70000: use a whole number from 1 to 65535",
        ]
    );
    assert_eq!(
        found("[splitting]\nmode = \"payload\"\ntakes_payload = false\n"),
        ["splitting.takes_payload = false: contradicts mode = \"payload\": use true, or another mode"]
    );
}
