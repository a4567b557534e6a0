//! The forms of what is sent and answered. Answers have no field that is not told here; requests may have more.

use serde_json::{Map, Value, json};

/// By name.
pub(super) fn all() -> Map<String, Value> {
    let groups = [general(), messages(), operators(), policies()];
    groups
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect()
}

type Schemas = Vec<(&'static str, Value)>;

/// An object of exactly these fields. Of a name that ends in `?` the field may be missing.
fn object(fields: &[(&str, Value)]) -> Value {
    let bare = |name: &str| name.trim_end_matches('?').to_owned();
    let required: Vec<_> = fields
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !name.ends_with('?'))
        .collect();
    let properties: Map<_, _> = fields
        .iter()
        .map(|(name, schema)| (bare(name), schema.clone()))
        .collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

fn the(schema: &str) -> Value {
    super::reference(schema)
}

fn or_null(schema: Value) -> Value {
    json!({ "oneOf": [schema, { "type": "null" }] })
}

fn words(of: &[&str]) -> Value {
    json!({ "enum": of })
}

fn string() -> Value {
    json!({ "type": "string" })
}

fn yes_or_no() -> Value {
    json!({ "type": "boolean" })
}

fn number() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn uuid() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

/// Of octets or words, by name.
fn map_of(schema: Value) -> Value {
    json!({ "type": "object", "additionalProperties": schema })
}

fn general() -> Schemas {
    let stopped = object(&[
        ("operatorId", uuid()),
        ("name", or_null(string())),
        ("reason", string()),
        ("since", time()),
    ]);
    vec![
        (
            "Error",
            object(&[("error", string()), ("details", list(string()))]),
        ),
        (
            "Readiness",
            object(&[
                ("ready", yes_or_no()),
                ("problems", list(string())),
                ("stopped", list(stopped)),
            ]),
        ),
        (
            "Document",
            json!({ "type": "object", "required": ["openapi", "info", "paths"] }),
        ),
        ("OddPdus", object(&[("oddPdus", list(the("OddPdu")))])),
        (
            "OddPdu",
            object(&[
                ("at", time()),
                ("operatorId", uuid()),
                ("operator", string()),
                ("bind", number()),
                ("direction", words(&["received"])),
                ("command", string()),
                ("commandStatus", number()),
                ("sequenceNumber", number()),
                ("kind", string()),
                ("oddity", string()),
                ("summary", string()),
                ("length", number()),
                ("octets", string()),
            ]),
        ),
    ]
}

/// What a command may say. Fields that are not told here are ignored.
fn command() -> Value {
    let mut command = object(&[
        ("messageId", uuid()),
        ("to", json!({ "type": "string", "pattern": "^\\+?[0-9]{3,15}$" })),
        ("from", json!({ "type": "string", "maxLength": 20 })),
        ("text", json!({ "type": "string", "maxLength": 40_000 })),
        ("encoding", words(&["GSM7", "UCS2"])),
        ("operatorId", uuid()),
        ("accountId", uuid()),
        ("messageType", words(&["SMS", "FLASH"])),
        ("longMessageStrategy", words(&["CSMS", "TLV"])),
        (
            "validityPeriod?",
            json!({ "type": ["integer", "null"], "minimum": 1, "maximum": u32::MAX }),
        ),
        (
            "expiresAt?",
            json!({ "type": ["string", "null"], "format": "date-time" }),
        ),
        (
            "registeredDelivery?",
            json!({ "type": ["boolean", "null"], "default": true }),
        ),
        (
            "priority?",
            json!({ "type": ["integer", "null"], "minimum": 0, "maximum": 3 }),
        ),
        (
            "tlvs?",
            list(object(&[
                (
                    "tag",
                    json!({ "type": "integer", "minimum": 0, "maximum": 65_535 }),
                ),
                (
                    "value",
                    json!({ "type": "string", "pattern": "^([0-9a-fA-F]{2})*$" }),
                ),
            ])),
        ),
    ]);
    if let Some(fields) = command.as_object_mut() {
        fields.remove("additionalProperties");
    }
    command
}

fn messages() -> Schemas {
    let refused = object(&[
        ("index", number()),
        ("messageId", json!({})),
        ("errors", list(string())),
    ]);
    let accepted = list(uuid());
    let outcome = json!({ "type": "object", "description": "The event of type submit", "required": ["outcome", "parts"] });
    let receipt = object(&[
        ("receivedAt", time()),
        ("state", string()),
        ("final", yes_or_no()),
    ]);
    vec![
        ("Command", command()),
        (
            "Commands",
            json!({ "anyOf": [the("Command"), list(the("Command"))] }),
        ),
        (
            "Intake",
            object(&[
                ("accepted", accepted.clone()),
                ("rejected", list(refused.clone())),
            ]),
        ),
        (
            "IntakeRefused",
            object(&[
                ("error", string()),
                ("details", list(string())),
                ("accepted", accepted),
                ("rejected", list(refused)),
            ]),
        ),
        (
            "Story",
            object(&[
                ("messageId", uuid()),
                ("operatorId", or_null(uuid())),
                ("operator", or_null(string())),
                ("stage", words(&["under way", "settled"])),
                ("outcome", or_null(outcome)),
                ("parts", list(the("StoryPart"))),
            ]),
        ),
        (
            "StoryPart",
            object(&[
                ("partNumber", number()),
                ("partCount", number()),
                ("operatorMessageId", string()),
                ("messageKey", string()),
                ("to", string()),
                ("reference", or_null(number())),
                ("submittedAt", time()),
                ("receiptsUntil", time()),
                ("receipts", list(receipt)),
            ]),
        ),
    ]
}

fn operators() -> Schemas {
    let stop = object(&[
        ("reason", string()),
        ("commandStatus", or_null(number())),
        ("since", time()),
    ]);
    vec![
        ("Operators", object(&[("operators", list(the("Operator")))])),
        (
            "Operator",
            object(&[
                ("operatorId", uuid()),
                ("name", string()),
                ("waitsForPlugin", yes_or_no()),
                ("stopped", or_null(the("Stop"))),
                ("sessions", list(the("Session"))),
            ]),
        ),
        ("Stop", stop),
        (
            "Session",
            object(&[
                ("session", number()),
                ("host", string()),
                ("port", number()),
                ("tls", yes_or_no()),
                ("systemId", string()),
                ("bindMode", words(&["TRANSCEIVER", "TRANSMITTER", "RECEIVER"])),
                ("isPrimary", yes_or_no()),
                ("onDemand", yes_or_no()),
                ("outbind", yes_or_no()),
                ("window", number()),
                ("unbindOrdered", yes_or_no()),
                ("binds", list(the("Bind"))),
            ]),
        ),
        (
            "Bind",
            object(&[
                (
                    "state",
                    words(&[
                        "DISCONNECTED",
                        "CONNECTING",
                        "BOUND",
                        "UNBINDING",
                        "UNBOUND",
                        "FAILBACK",
                    ]),
                ),
                ("since", time()),
                ("reason", string()),
                ("peer", or_null(string())),
                ("inFlight", number()),
                ("lastError", or_null(string())),
                ("lastErrorAt", or_null(time())),
                ("reconnectAttempts", number()),
                ("nextReconnectAt", or_null(time())),
                ("lastBoundAt", or_null(time())),
                ("lastUnboundAt", or_null(time())),
            ]),
        ),
        (
            "SessionOrder",
            object(&[
                ("operatorId", uuid()),
                ("session", number()),
                ("ordered", words(&["rebind", "unbind"])),
            ]),
        ),
        (
            "Resumed",
            object(&[
                ("operatorId", uuid()),
                ("name", string()),
                ("wasStopped", or_null(the("Stop"))),
            ]),
        ),
    ]
}

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
    let difference = object(&[("hook", string()), ("count", number()), ("example", example)]);
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

fn policies() -> Schemas {
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
