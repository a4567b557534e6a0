//! The forms of what is in force.

use super::{Schemas, list, object, or_null, string, the, words};
use serde_json::json;

pub(super) fn configuration() -> Schemas {
    let origin = json!({ "oneOf": [
        words(&["default", "file"]),
        object(&[("env", string())]),
        object(&[("secret-file", string())]),
    ] });
    let setting = object(&[
        ("key", string()),
        ("value", or_null(string())),
        ("origin", origin),
        ("default", or_null(string())),
        ("about", or_null(string())),
    ]);
    let problem = object(&[
        ("file", string()),
        ("key", string()),
        ("value", or_null(string())),
        ("message", string()),
    ]);
    vec![
        (
            "Configuration",
            object(&[
                ("files", list(the("ConfigurationFile"))),
                ("problems", list(problem)),
            ]),
        ),
        (
            "ConfigurationFile",
            object(&[
                ("file", or_null(string())),
                ("operator", or_null(string())),
                ("settings", list(setting)),
            ]),
        ),
    ]
}
