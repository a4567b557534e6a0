//! The forms of what is recorded.

use super::{Schemas, list, number, object, or_null, string, the, time, uuid, words};
use serde_json::json;

pub(super) fn recordings() -> Schemas {
    let identity = object(&[("plugin", string()), ("version", string()), ("sha256", string())]);
    let fault = object(&[("cause", string()), ("text", string())]);
    let id = object(&[("raw", string()), ("origin", string())]);
    let share = json!({ "type": "number", "minimum": 0, "maximum": 1 });
    let question = json!({
        "type": "object", "required": ["hook", "input"], "description": "In the form of fixtures, redacted",
    });
    let decision = object(&[
        ("at", time()),
        ("operatorId", uuid()),
        ("operator", string()),
        ("hook", string()),
        ("outcome?", string()),
        ("messageId?", uuid()),
        ("sequenceNumber?", number()),
        ("question", question),
        ("answer?", json!({})),
        ("fault?", fault),
        ("policy", or_null(identity)),
        ("micros", number()),
        ("nowMs", json!({ "type": "integer" })),
        ("share", share.clone()),
        ("hint?", string()),
        ("sameKey?", list(id)),
        ("settings?", json!({})),
        (
            "pdu?",
            object(&[("fields", list(the("PduField"))), ("fault", or_null(string()))]),
        ),
    ]);
    let count = object(&[
        ("operator", string()),
        ("operatorId", string()),
        ("hook", string()),
        ("outcome", string()),
        ("recorded", number()),
        ("estimated", number()),
        ("share", share),
        ("from", time()),
        ("to", time()),
    ]);
    let latest = object(&[
        ("at", time()),
        ("direction", words(&["sent", "received"])),
        ("told", string()),
        ("oddity", or_null(string())),
        ("octets", string()),
        ("fields", list(the("PduField"))),
        ("fault", or_null(string())),
    ]);
    let bind = object(&[("session", number()), ("bind", number()), ("pdus", list(latest))]);
    let field = object(&[("name", string()), ("value", string()), ("meaning", string())]);
    vec![
        ("PduField", field),
        (
            "LatestPdus",
            object(&[("operator", string()), ("binds", list(bind))]),
        ),
        ("Decision", decision),
        ("Decisions", object(&[("decisions", list(the("Decision")))])),
        ("DecisionCounts", object(&[("decisions", list(count))])),
    ]
}
