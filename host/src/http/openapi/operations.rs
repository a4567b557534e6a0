//! The operations, one an entry.

use super::operation::{
    Answer, Body, Operation, get, header, in_path, json_answer, post, query, refused, text,
};
use super::parameters::{
    AT_MOST, BY_FIELD, HOOK, OF_MESSAGE, OPERATOR, OUTCOME, RECORDED_OF, SINCE, UNTIL, ago, duration,
    from_one, from_zero, of_a_bind, plugin_order, records, session_order, string, uuid, yes_or_no,
};

const UNKNOWN: Answer = refused(404, "No such operator is loaded");
const BAD_QUERY: Answer = refused(
    400,
    "The query cannot be read, or something in it has no effect here",
);

const NOT_RECORDED: Answer = refused(404, "Decisions are not recorded here");
const UNREADABLE: Answer = refused(503, "The records cannot be read");

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
        parameters: &[header(
            "traceparent",
            "W3C Trace Context: for each command that has none of its own",
            string,
        )],
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
            refused(404, "Nothing is known of it here, and what that leaves open"),
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
        parameters: &[
            RECORDED_OF,
            HOOK,
            OUTCOME,
            OF_MESSAGE,
            SINCE,
            UNTIL,
            AT_MOST,
            BY_FIELD,
        ],
        answers: &[
            json_answer(200, "Decisions", "Newest first"),
            BAD_QUERY,
            NOT_RECORDED,
            UNREADABLE,
        ],
        ..get(
            "/api/v1/decisions",
            "decisions",
            "The latest calls of policy hooks, redacted",
        )
    },
    Operation {
        parameters: &[RECORDED_OF, HOOK, OUTCOME, OF_MESSAGE, SINCE, UNTIL],
        answers: &[
            json_answer(200, "DecisionCounts", "By operator, hook and outcome"),
            BAD_QUERY,
            NOT_RECORDED,
            UNREADABLE,
        ],
        ..get(
            "/api/v1/decisions/summary",
            "decisionCounts",
            "How many calls there are of each kind",
        )
    },
    Operation {
        parameters: &[RECORDED_OF, SINCE, UNTIL, AT_MOST],
        answers: &[
            text("application/x-pcapng", "For Wireshark, octets redacted"),
            BAD_QUERY,
            NOT_RECORDED,
            UNREADABLE,
        ],
        ..get(
            "/api/v1/capture.pcapng",
            "capture",
            "The PDUs of messages whose decisions are recorded",
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
        parameters: &[
            query("operator", OPERATOR, string),
            query("session", "Only this session, counted from 1", from_one),
            query("bind", "Only this bind of each session, counted from 1", from_one),
            query("since", "A time, or how long ago", ago),
            query("limit", "PDUs of each bind at most", of_a_bind),
        ],
        answers: &[
            json_answer(200, "LatestPdus", "Bind by bind, newest first"),
            BAD_QUERY,
            refused(404, "No such operator, session or bind"),
        ],
        ..get(
            "/api/v1/pdus",
            "pdus",
            "The last PDUs of each bind, those that bind included; numbers, texts and passwords are replaced",
        )
    },
    Operation {
        answers: &[json_answer(
            200,
            "Configuration",
            "The host's file, then the operators'",
        )],
        ..get(
            "/api/v1/config",
            "configuration",
            "Every key as it is in force, and where its value comes from; secrets are not in it",
        )
    },
    Operation {
        body: Some(Body {
            required: true,
            about: "One of message, pdu and fixture; 512 KiB at most",
            kinds: &[("application/json", Some("PreviewRequest"))],
        }),
        answers: &[
            json_answer(200, "Preview", "Every decision, field and octet"),
            refused(400, "The request cannot be read"),
            UNKNOWN,
            refused(409, "There is no such version"),
            refused(413, "The request is too large"),
            refused(
                422,
                "The message, PDU or fixture cannot be read, or the settings are refused",
            ),
            refused(503, "Too many previews are asked for at once"),
        ],
        ..post(
            "/api/v1/preview",
            "preview",
            "What would be done with a message or a PDU; nothing is sent",
        )
    },
    Operation {
        answers: &[json_answer(200, "Reloads", "Newest first")],
        ..get("/api/v1/reloads", "reloads", "What became of versions lately")
    },
];
