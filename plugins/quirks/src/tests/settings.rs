//! What `settings.validate` says: exactly where, what was found, what is allowed.

use crate::settings::validate;

/// Wrong documents, and the path and message of each of their problems.
pub(super) const WRONG: &[(&str, &[(&str, &str)])] = &[
    (r#"[]"#, &[("", "is a list; use a table of `message_id`")]),
    (
        r#"{"mesage_id": {}}"#,
        &[(
            "/mesage_id",
            "is no key of this table; did you mean `message_id`?",
        )],
    ),
    (
        r#"{"message_id": {"recipt": "decimal", "submit_resp": "hexx"}}"#,
        &[
            ("/message_id/recipt", "did you mean `receipt`?"),
            (
                "/message_id/submit_resp",
                "is \"hexx\"; use one of \"as-is\", \"hex\", \"decimal\", \"any-case\"",
            ),
        ],
    ),
    (
        r#"{"message_id": {"receipt": 10}}"#,
        &[("/message_id/receipt", "is 10; use one of \"as-is\"")],
    ),
    (
        r#"{"message_id": {"receipt": {"form": "hex", "last": 0}}}"#,
        &[(
            "/message_id/receipt/last",
            "is 0; use a whole number from 1 to 65",
        )],
    ),
    (
        r#"{"states": {"words": {"FAILED": "undeliverd"}}}"#,
        &[(
            "/states/words/FAILED",
            "is \"undeliverd\"; use one of \"enroute\", \"delivered\"",
        )],
    ),
    (
        r#"{"states": {"words": {"FAILED": {"final": "yes"}}}}"#,
        &[
            ("/states/words/FAILED/final", "is \"yes\"; use true or false"),
            ("/states/words/FAILED/state", "is missing; use one of"),
        ],
    ),
    (
        r#"{"states": {"codes": {"256": "expired", "x": "expired"}}}"#,
        &[
            ("/states/codes/256", "is a wrong key; use numbers from 0 to 255"),
            ("/states/codes/x", "is a wrong key"),
        ],
    ),
    (
        r#"{"errors": {"codes": {"1": {"final": true}}}}"#,
        &[("/errors/codes/1/final", "means nothing without `state`")],
    ),
    (
        r#"{"statuses": {"0xZZ": "retry", "0x45": "reject-alert"}}"#,
        &[
            (
                "/statuses/0x45",
                "is \"reject-alert\"; use one of \"accepted\", \"retry\"",
            ),
            (
                "/statuses/0xZZ",
                "is a wrong key; use command_status values or ranges",
            ),
        ],
    ),
    (
        r#"{"statuses": {"0x45": {"class": "retry", "pause": "2s"}}}"#,
        &[(
            "/statuses/0x45/pause",
            "does not go with `class` = \"retry\"; it goes with \"throttle\"",
        )],
    ),
    (
        r#"{"statuses": {"0x45": {"class": "throttle", "pause": "2 sec", "max_rate": 0}}}"#,
        &[
            ("/statuses/0x45/max_rate", "is 0; use a whole number from 1"),
            (
                "/statuses/0x45/pause",
                "is \"2 sec\"; use a time of at most 5 min, such as \"500ms\"",
            ),
        ],
    ),
    (
        r#"{"statuses": {"0x45": {"class": "reject", "code": "No Credit"}}}"#,
        &[(
            "/statuses/0x45/code",
            "is \"No Credit\"; use 1 to 40 lower-case letters, digits and `-`",
        )],
    ),
    (
        r#"{"statuses": {"0x45": {}}}"#,
        &[("/statuses/0x45/class", "is missing")],
    ),
    (
        r#"{"encoding": {"gsm7": {"alphabet": "gsm7", "table": "acme"}, "latin1": {}}}"#,
        &[
            (
                "/encoding/gsm7",
                "has \"alphabet\", \"table\", which exclude each other",
            ),
            (
                "/encoding/latin1/data_coding",
                "is missing; use a whole number from 0 to 255",
            ),
        ],
    ),
    (
        r#"{"splitting": {"max_parts": 256}}"#,
        &[
            ("/splitting/max_parts", "is 256; use a whole number from 1 to 255"),
            ("/splitting/mode", "is missing"),
        ],
    ),
    (
        r#"{"source": {"rule": [{"match": "digit", "tone": 1}]}}"#,
        &[
            ("/source/rule/0/match", "did you mean \"digits\"?"),
            ("/source/rule/0/tone", "did you mean `ton`?"),
        ],
    ),
    (
        r#"{"source": {"rules": []}}"#,
        &[("/source/rules", "did you mean `rule`?")],
    ),
    (
        r#"{"submit": {"service_type": "TOOLONG", "tlv": [{"tag": 0}, {"tag": 5120, "text": "1", "hex": "00"}]}}"#,
        &[
            (
                "/submit/service_type",
                "is \"TOOLONG\"; use a text of at most 5 characters",
            ),
            ("/submit/tlv/0/tag", "is 0; use a whole number from 1 to 65535"),
            (
                "/submit/tlv/0",
                "needs one of \"text\", \"hex\", \"number\", \"required\"",
            ),
            ("/submit/tlv/1", "has \"text\", \"hex\", which exclude each other"),
        ],
    ),
    (
        r#"{"submit": {"tlv": [{"tag": 5120, "hex": "0f0"}, {"tag": 1, "text": "a", "octets": 2}]}}"#,
        &[
            (
                "/submit/tlv/0/hex",
                "is \"0f0\"; use 1 to 254 octets in hexadecimal, two digits each",
            ),
            ("/submit/tlv/1/octets", "means nothing without `number`"),
        ],
    ),
    (
        r#"{"receipts": {"time_zone": "Europe/Berlin", "detection": "esm-class"}}"#,
        &[
            ("/receipts/detection", "did you mean \"esm_class\"?"),
            (
                "/receipts/time_zone",
                "is \"Europe/Berlin\"; use an offset from UTC such as \"+02:00\"",
            ),
        ],
    ),
    (
        r#"{"receipts": {"time_zone": "+14:30"}}"#,
        &[("/receipts/time_zone", "at most 14 hours")],
    ),
    (
        r#"{"inbound": {"ignore": [{"reason": "x"}]}}"#,
        &[("/inbound/ignore/0", "needs one of \"source\"")],
    ),
    (
        r#"{"inbound": {"refuse": [{"source": "49", "status": 0}]}}"#,
        &[("/inbound/refuse/0/status", "1 to 4294967295")],
    ),
    (
        r#"{"inbound": {"data_coding": {"4": "gsm"}}}"#,
        &[("/inbound/data_coding/4", "did you mean \"gsm7\"?")],
    ),
];

/// Documents that only the validator refuses.
const WRONG_BEYOND_THE_SCHEMA: &[(&str, &[(&str, &str)])] = &[
    ("{", &[("", "is not JSON")]),
    (
        r#"{"statuses": {"0x4FF-0x400": "retry"}}"#,
        &[("/statuses/0x4FF-0x400", "runs backwards")],
    ),
    (
        r#"{"statuses": {"0x45": "retry", "69": "reject"}}"#,
        &[("/statuses/69", "is the same as \"0x45\"")],
    ),
    (
        r#"{"statuses": {"1": {"class": "throttle", "pause": "1h"}}}"#,
        &[("/statuses/1/pause", "is \"1h\"; use a time of at most 5 min")],
    ),
    (
        r#"{"submit": {"tlv": [{"tag": 1, "number": 256}]}}"#,
        &[("/submit/tlv/0/number", "is 256, which 1 octets cannot hold")],
    ),
    (
        r#"{"source": {"rule": [{"length": [9, 3]}]}}"#,
        &[("/source/rule/0/length", "use two numbers, the least and the most")],
    ),
];

#[test]
fn every_problem_is_told_exactly() {
    for (document, expected) in WRONG.iter().chain(WRONG_BEYOND_THE_SCHEMA) {
        let problems = validate(document).expect_err(document);
        let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        let wanted: Vec<_> = expected.iter().map(|(path, _)| *path).collect();
        assert_eq!(paths, wanted, "{document}: {problems:#?}");
        for (problem, (_, message)) in problems.iter().zip(*expected) {
            assert!(
                problem.message.contains(message),
                "{document}: {}",
                problem.message
            );
        }
    }
}

#[test]
fn absent_settings_are_fine() {
    for document in ["", " ", "null", "{}"] {
        assert_eq!(validate(document), Ok(()));
    }
}

#[test]
fn keys_that_resemble_nothing_get_no_hint() {
    let problems = validate(r#"{"zzz": 1}"#).unwrap_err();
    let message = &problems[0].message;
    assert!(!message.contains("did you mean"), "{message}");
    assert!(message.contains("it has `message_id`, `receipts`"), "{message}");
}
