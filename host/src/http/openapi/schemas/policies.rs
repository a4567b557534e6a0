//! The forms of policies, their versions and candidates.

use super::{Schemas, list, map_of, number, object, or_null, string, the, time, uuid, words, yes_or_no};
use serde_json::{Value, json};

/// What a version is, without where it stands.
fn version() -> Vec<(&'static str, Value)> {
    vec![
        ("key", string()),
        ("plugin", string()),
        ("version", string()),
        ("sha256", string()),
        ("sdk", string()),
        ("contract", string()),
        ("hooks", list(string())),
        ("settings", json!({})),
        ("since", time()),
        ("rolledBack?", yes_or_no()),
    ]
}

fn candidate() -> Value {
    let latency = object(&[("activeP99Us", number()), ("candidateP99Us", number())]);
    let example = object(&[
        ("question", json!({})),
        ("active", json!({})),
        ("candidate", json!({})),
    ]);
    let field = object(&[
        ("path", string()),
        ("active", json!({})),
        ("candidate", json!({})),
    ]);
    let difference = object(&[
        ("hook", string()),
        ("count", number()),
        ("fields", list(field)),
        ("example", example),
    ]);
    let trial = vec![
        ("stage", words(&["shadow", "ready"])),
        ("until", or_null(time())),
        ("calls", number()),
        ("callsWanted", or_null(number())),
        ("promote", yes_or_no()),
        ("same", number()),
        ("different", number()),
        ("faults", number()),
        ("differences", list(difference)),
        ("latency", latency),
    ];
    object(&[version(), trial].concat())
}

pub(super) fn policies() -> Schemas {
    let hook = object(&[
        ("hook", string()),
        ("calls", number()),
        ("hostDefault", number()),
        ("faults", map_of(number())),
        ("breakerOpen", yes_or_no()),
        ("p50Us", number()),
        ("p99Us", number()),
        ("maxUs", number()),
    ]);
    let fault = object(&[
        ("at", time()),
        ("hook", string()),
        ("cause", string()),
        ("text", string()),
        ("sha256", string()),
    ]);
    let reload = object(&[
        ("at", time()),
        ("operator", string()),
        ("operatorId", uuid()),
        (
            "who",
            words(&["start", "file", "settings", "api", "shadow", "budget"]),
        ),
        ("from", or_null(string())),
        ("to", or_null(string())),
        (
            "verdict",
            words(&[
                "active",
                "refused",
                "shadow",
                "ready",
                "discarded",
                "superseded",
                "rolled-back",
            ]),
        ),
        ("reason", or_null(string())),
        ("stages", map_of(number())),
    ]);
    vec![
        ("Policies", object(&[("plugins", list(the("Policy")))])),
        (
            "Policy",
            object(&[
                ("operator", string()),
                ("operatorId", uuid()),
                ("file", or_null(string())),
                ("fileSha256", or_null(string())),
                ("stage", string()),
                ("verdict", string()),
                ("reason", or_null(string())),
                ("active", or_null(the("PolicyVersion"))),
                ("previous", list(the("PolicyVersion"))),
                ("candidate", or_null(the("PolicyCandidate"))),
                ("hooks", list(hook)),
                ("lastFaults", list(fault)),
                ("counters", map_of(number())),
            ]),
        ),
        ("PolicyVersion", object(&version())),
        ("PolicyCandidate", candidate()),
        ("Reloads", object(&[("reloads", list(reload))])),
    ]
}
