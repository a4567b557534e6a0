//! The forms of previews.

use super::{Schemas, list, number, object, or_null, string, the, words};
use serde_json::{Value, json};

fn one_of(kinds: &[Value]) -> Value {
    json!({ "oneOf": kinds })
}

/// What the gateway makes of the answers, by kind.
fn outcome() -> Value {
    let kind = |kind: &str| ("kind", words(&[kind]));
    let part = object(&[
        ("pdu", json!({})),
        ("octets", string()),
        ("fields", list(the("PduField"))),
        ("told", or_null(string())),
        ("problem", or_null(string())),
    ]);
    let change = object(&[("path", string()), ("before", json!({})), ("after", json!({}))]);
    one_of(&[
        object(&[kind("sent"), ("changes", list(change)), ("part", part.clone())]),
        object(&[
            kind("submit"),
            ("encoding", string()),
            ("dataCoding", number()),
            ("longMessageStrategy", words(&["CSMS", "TLV"])),
            ("reference", or_null(number())),
            ("parts", list(part)),
        ]),
        object(&[kind("rejected"), ("reason", string())]),
        object(&[kind("waits"), ("reason", string())]),
        object(&[kind("receipt"), ("reading", json!({})), ("keys", list(string()))]),
        object(&[kind("message"), ("event", json!({}))]),
        object(&[kind("ignored"), ("reason", string())]),
        object(&[kind("refused"), ("status", string()), ("reason", string())]),
        object(&[
            kind("response"),
            ("status", string()),
            ("verdict", json!({})),
            ("key", or_null(string())),
        ]),
        object(&[kind("answer"), ("answer", json!({}))]),
        object(&[kind("nothing"), ("reason", string())]),
    ])
}

pub(super) fn previews() -> Schemas {
    let identity = object(&[("plugin", string()), ("version", string()), ("sha256", string())]);
    let call = object(&[
        ("hook", string()),
        ("input", json!({})),
        ("answer", json!({})),
        ("fault?", string()),
        ("micros", number()),
    ]);
    let line = object(&[
        ("level", words(&["debug", "info", "warn", "error"])),
        ("hook", string()),
        ("text", string()),
        ("fields", json!({})),
    ]);
    let difference = object(&[("path", string()), ("expected", json!({})), ("got", json!({}))]);
    vec![
        (
            "PreviewRequest",
            json!({
                "type": "object",
                "required": ["operator"],
                "properties": {
                    "operator": string(),
                    "message": { "type": "object", "description": "A DispatchCommand; what it does not say is filled in" },
                    "pdu": { "type": "string", "description": "In hexadecimal, header included: of the operator, or a submit_sm for it" },
                    "fixture": { "type": "object", "description": "As `plugin test` takes it" },
                    "version": { "type": "string", "description": "active, candidate, built-in, a version, or the beginning of a sha256 or key" },
                    "settings": { "description": "In the place of the version's own" },
                    "against": { "type": "string", "description": "Another version to compare with" },
                    "againstSettings": { "description": "In the place of that one's own" },
                },
                "additionalProperties": false,
            }),
        ),
        (
            "Preview",
            object(&[
                ("operator", string()),
                (
                    "pdu?",
                    object(&[
                        ("told", string()),
                        ("oddity", or_null(string())),
                        ("fields", list(the("PduField"))),
                        ("fault", or_null(string())),
                    ]),
                ),
                ("result", the("PreviewSide")),
                ("against?", the("PreviewSide")),
                ("differences?", list(difference)),
            ]),
        ),
        (
            "PreviewSide",
            object(&[
                ("policy", or_null(identity)),
                ("settings", json!({})),
                ("calls", list(call)),
                ("log", list(line)),
                ("memoryBytes", number()),
                ("outcome", outcome()),
            ]),
        ),
    ]
}
