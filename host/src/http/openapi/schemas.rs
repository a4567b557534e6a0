//! The forms of what is sent and answered. Answers have no field that is not told here; requests may have more.

mod configuration;
mod policies;
mod preview;
mod recordings;

use configuration::configuration;
use policies::policies;
use preview::previews;
use recordings::recordings;
use serde_json::{Map, Value, json};

/// By name.
pub(super) fn all() -> Map<String, Value> {
    let groups = [
        general(),
        messages(),
        operators(),
        policies(),
        previews(),
        configuration(),
        recordings(),
    ];
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
                ("fields", list(the("PduField"))),
                ("fault", or_null(string())),
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
        ("splitting?", json!({ "enum": ["udh8", "udh16", "sar", null] })),
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
        ("traceparent?", json!({})),
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
                ("underWay", or_null(the("UnderWay"))),
                ("outcome", or_null(outcome)),
                ("parts", list(the("StoryPart"))),
            ]),
        ),
        (
            "UnderWay",
            object(&[
                ("operatorId", uuid()),
                ("publishedAt", time()),
                ("partsAccepted", number()),
                ("partCount", or_null(number())),
                ("before", or_null(number())),
                ("waitsFor", words(super::super::under_way::WAITS_FOR)),
                ("words", string()),
                ("since", time()),
                ("until", or_null(time())),
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
                ("answeredAt", or_null(time())),
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
    let throttled = object(&[
        ("since", time()),
        ("until", time()),
        ("reason", string()),
        ("commandStatus", or_null(number())),
    ]);
    let link = object(&[
        ("roundTripMs", json!({ "type": "number", "minimum": 0 })),
        ("at", time()),
    ]);
    vec![
        ("Operators", object(&[("operators", list(the("Operator")))])),
        (
            "Operator",
            object(&[
                ("operatorId", uuid()),
                ("name", string()),
                ("tpsLimit", number()),
                ("waitsForPlugin", yes_or_no()),
                ("stopped", or_null(the("Stop"))),
                ("throttled", or_null(throttled)),
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
                ("enquireLink", or_null(link)),
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
