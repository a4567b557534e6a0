//! The operations, one an entry.

use serde_json::{Value, json};

/// One method of one path.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// Wants the token, where one is set.
    pub(super) guarded: bool,
    pub(super) parameters: &'static [Parameter],
    pub(super) body: Option<Body>,
    /// But for those that every operation has.
    pub(super) answers: &'static [Answer],
}

pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) in_path: bool,
    pub(super) about: &'static str,
    pub(super) schema: fn() -> Value,
}

pub(super) struct Body {
    pub(super) required: bool,
    pub(super) about: &'static str,
    /// Content types with the schema of each; `None` is octets.
    pub(super) kinds: &'static [(&'static str, Option<&'static str>)],
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) about: &'static str,
    /// Content type and schema; `None` is an error.
    pub(super) content: Option<(&'static str, Option<&'static str>)>,
}

const fn json_answer(status: u16, schema: &'static str, about: &'static str) -> Answer {
    let content = Some(("application/json", Some(schema)));
    Answer {
        status,
        about,
        content,
    }
}

const fn text(kind: &'static str, about: &'static str) -> Answer {
    Answer {
        status: 200,
        about,
        content: Some((kind, None)),
    }
}

const fn refused(status: u16, about: &'static str) -> Answer {
    Answer {
        status,
        about,
        content: None,
    }
}

const fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        method: "get",
        path,
        id,
        summary,
        guarded: true,
        parameters: &[],
        body: None,
        answers: &[],
    }
}

const fn post(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        method: "post",
        ..get(path, id, summary)
    }
}

const fn in_path(name: &'static str, about: &'static str, schema: fn() -> Value) -> Parameter {
    Parameter {
        name,
        in_path: true,
        about,
        schema,
    }
}

const fn query(name: &'static str, about: &'static str, schema: fn() -> Value) -> Parameter {
    Parameter {
        name,
        in_path: false,
        about,
        schema,
    }
}

fn string() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

fn uuid() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

fn from_one() -> Value {
    json!({ "type": "integer", "minimum": 1 })
}

fn from_zero() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX })
}

fn records() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": 1_000, "default": 100 })
}

fn yes_or_no() -> Value {
    json!({ "type": "boolean", "default": false })
}

fn duration() -> Value {
    json!({ "type": "string", "pattern": "^[1-9][0-9]{0,2}(ms|s|m)$", "examples": ["60s", "10m"] })
}

fn session_order() -> Value {
    json!({ "enum": ["rebind", "unbind"] })
}

fn plugin_order() -> Value {
    json!({ "enum": ["promote", "discard", "rollback", "reload"] })
}

const OPERATOR: &str = "An operator's name or id";
const UNKNOWN: Answer = refused(404, "No such operator is loaded");
const BAD_QUERY: Answer = refused(400, "The query cannot be read");

/// All of them.
pub(super) static OPERATIONS: &[Operation] = &[
    Operation {
        guarded: false,
        answers: &[text("text/plain; charset=utf-8", "It does")],
        ..get("/healthz", "alive", "Whether the process answers")
    },
    Operation {
        guarded: false,
        answers: &[
            json_answer(200, "Readiness", "It can work"),
            json_answer(503, "Readiness", "It cannot, and why"),
        ],
        ..get(
            "/readyz",
            "ready",
            "Whether backends are reachable and operators loaded",
        )
    },
    Operation {
        answers: &[text(
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            "All families, in OpenMetrics",
        )],
        ..get("/metrics", "metrics", "Metrics for Prometheus")
    },
    Operation {
        guarded: false,
        answers: &[json_answer(200, "Document", "OpenAPI 3.1")],
        ..get("/api/v1/openapi.json", "openapi", "This document")
    },
    Operation {
        body: Some(Body {
            required: true,
            about: "One command, an array of them, or one a line; 8 MiB at most",
            kinds: &[
                ("application/json", Some("Commands")),
                ("application/x-ndjson", None),
            ],
        }),
        answers: &[
            json_answer(
                202,
                "Intake",
                "What is listed as accepted is durable; what is not says why",
            ),
            refused(400, "The body is no JSON"),
            refused(413, "The body is too large"),
            json_answer(422, "IntakeRefused", "No command was accepted, and why"),
            refused(503, "The queue cannot take commands now: nothing was accepted"),
        ],
        ..post("/api/v1/messages", "send", "Queues dispatch commands")
    },
    Operation {
        parameters: &[in_path("id", "The command's messageId", uuid)],
        answers: &[
            json_answer(200, "Story", "As far as it has come"),
            refused(400, "This is no message id"),
            refused(404, "Nothing is on record of it, or not yet"),
            refused(503, "The store cannot be reached"),
        ],
        ..get("/api/v1/messages/{id}", "trace", "What became of one message")
    },
    Operation {
        parameters: &[query(
            "after",
            "The number of the last event that you have",
            from_zero,
        )],
        answers: &[
            text("text/event-stream", "Each event is one line of JSON, numbered"),
            BAD_QUERY,
        ],
        ..get(
            "/api/v1/events",
            "events",
            "Every event once, from the log and then live",
        )
    },
    Operation {
        parameters: &[
            query("operator", OPERATOR, string),
            query("limit", "Records at most", records),
        ],
        answers: &[
            json_answer(200, "OddPdus", "Newest first"),
            BAD_QUERY,
            refused(503, "The records cannot be read"),
        ],
        ..get(
            "/api/v1/odd-pdus",
            "oddPdus",
            "The latest PDUs that broke the standard, redacted",
        )
    },
    Operation {
        answers: &[json_answer(200, "Operators", "Those that are loaded")],
        ..get(
            "/api/v1/operators",
            "operators",
            "All operators with their sessions",
        )
    },
    Operation {
        parameters: &[in_path("id", OPERATOR, string)],
        answers: &[json_answer(200, "Operator", "As it is now"), UNKNOWN],
        ..get(
            "/api/v1/operators/{id}",
            "operator",
            "One operator with its sessions",
        )
    },
    Operation {
        parameters: &[
            in_path("id", OPERATOR, string),
            in_path(
                "n",
                "The session's place in the operator's file, from 1",
                from_one,
            ),
            in_path("order", "What to do", session_order),
        ],
        answers: &[
            json_answer(202, "SessionOrder", "It is being done"),
            refused(404, "No such operator, session or order"),
        ],
        ..post(
            "/api/v1/operators/{id}/sessions/{n}/{order}",
            "orderSession",
            "Drains and unbinds a session's binds on this host, and binds them again or not",
        )
    },
    Operation {
        parameters: &[in_path("id", OPERATOR, string)],
        answers: &[
            json_answer(200, "Resumed", "It is sent to, on all hosts"),
            UNKNOWN,
            refused(503, "The store cannot be reached: nothing has changed"),
        ],
        ..post(
            "/api/v1/operators/{id}/resume",
            "resume",
            "Sends to a stopped operator again",
        )
    },
    Operation {
        answers: &[json_answer(200, "Policies", "Of every operator")],
        ..get(
            "/api/v1/plugins",
            "policies",
            "The policies: what runs, what ran, what waits",
        )
    },
    Operation {
        parameters: &[in_path("name", OPERATOR, string)],
        answers: &[json_answer(200, "Policy", "As it is now"), UNKNOWN],
        ..get("/api/v1/plugins/{name}", "policy", "One operator's policy")
    },
    Operation {
        parameters: &[
            in_path("name", OPERATOR, string),
            query(
                "shadow",
                "Run it beside the active version for so long, up to 24h",
                duration,
            ),
            query("calls", "Or for so many calls", from_one),
            query(
                "promote",
                "Then make it active, unless it fails more often",
                yes_or_no,
            ),
        ],
        body: Some(Body {
            required: false,
            about: "The component, 32 MiB at most; without it the file on disk is taken again",
            kinds: &[("application/wasm", None)],
        }),
        answers: &[
            json_answer(202, "Policy", "It is active, or a candidate"),
            BAD_QUERY,
            UNKNOWN,
            refused(409, "There is nothing to deploy, or the folder cannot be written"),
            refused(413, "The component is too large"),
            refused(422, "The plugin was refused; what ran before goes on"),
        ],
        ..post(
            "/api/v1/plugins/{name}/deploy",
            "deploy",
            "Brings a plugin through the whole pipeline",
        )
    },
    Operation {
        parameters: &[
            in_path("name", OPERATOR, string),
            in_path("order", "What to do", plugin_order),
        ],
        answers: &[
            json_answer(200, "Policy", "It is done"),
            refused(404, "No such operator or order"),
            refused(409, "There is no candidate, no version before, or no file"),
            refused(422, "The plugin was refused; what ran before goes on"),
        ],
        ..post(
            "/api/v1/plugins/{name}/{order}",
            "orderPlugin",
            "Makes the candidate active, forgets it, goes back, or looks at the file again",
        )
    },
    Operation {
        answers: &[json_answer(200, "Reloads", "Newest first")],
        ..get("/api/v1/reloads", "reloads", "What became of versions lately")
    },
];
