//! What operations are asked with: the schemas of parameters, and those parameters that several operations have.

use super::operation::{Parameter, query};
use serde_json::{Value, json};

pub(super) fn string() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

pub(super) fn uuid() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

pub(super) fn from_one() -> Value {
    json!({ "type": "integer", "minimum": 1 })
}

pub(super) fn from_zero() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX })
}

pub(super) fn records() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": 1_000, "default": 100 })
}

pub(super) fn of_a_bind() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": 50, "default": 50 })
}

pub(super) fn yes_or_no() -> Value {
    json!({ "type": "boolean", "default": false })
}

pub(super) fn duration() -> Value {
    json!({ "type": "string", "pattern": "^[1-9][0-9]{0,2}(ms|s|m)$", "examples": ["60s", "10m"] })
}

pub(super) fn session_order() -> Value {
    json!({ "enum": ["rebind", "unbind"] })
}

pub(super) fn plugin_order() -> Value {
    json!({ "enum": ["promote", "discard", "rollback", "reload"] })
}

pub(super) fn hook() -> Value {
    json!({ "enum": ["encoding", "splitting", "submit", "submit-result", "message-ids", "inbound"] })
}

pub(super) fn ago() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]{1,6}(ms|s|m|h|d)$", "examples": ["1h", "2d"] })
}

pub(super) fn calls() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": 10_000 })
}

pub(super) const OPERATOR: &str = "An operator's name or id";
pub(super) const RECORDED_OF: Parameter = query("operator", OPERATOR, string);
pub(super) const SINCE: Parameter = query("since", "A time (RFC 3339), or how long ago", ago);
pub(super) const UNTIL: Parameter = query("until", "As since", ago);
pub(super) const HOOK: Parameter = query("hook", "A hook's name", hook);
pub(super) const OUTCOME: Parameter = query("outcome", "A word such as unmatched or fault", string);
pub(super) const OF_MESSAGE: Parameter = query("message", "A messageId", uuid);
pub(super) const AT_MOST: Parameter = query("limit", "Records at most", calls);
pub(super) const BY_FIELD: Parameter = query(
    "fields",
    "Whether calls tell their PDUs field by field",
    yes_or_no,
);
