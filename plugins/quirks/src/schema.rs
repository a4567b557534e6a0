//! The settings as a JSON Schema (2020-12), for editors: made of the shapes that the validator goes by.
//!
//! A schema cannot say everything: how long a time may be, that a range of statuses runs forwards, that two keys mean one
//! status, that a number fits its octets. `settings.validate` does.

use crate::settings::SHAPE;
use crate::shape::{Case, Choice, Field, Key, Shape};
use serde_json::{Map, Value, json};

/// The schema, as `settings.schema.json` has it.
#[must_use]
pub fn document() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of the quirks plugin of smpp-connector",
        "description": "[policy.settings] of an operator's file, or the same as JSON.",
    });
    merge(&mut schema, of(&SHAPE));
    schema
}

fn of(shape: &Shape) -> Value {
    match shape {
        Shape::Table(fields, choice) => {
            let mut schema = table(fields.iter());
            if let Some(rule) = rule(*choice) {
                merge(&mut schema, rule);
            }
            schema
        }
        Shape::Cases(by, cases) => {
            let cases: Vec<_> = cases.iter().map(|case| of_case(by, case)).collect();
            json!({ "type": "object", "oneOf": cases })
        }
        Shape::Map(key, item) => json!({
            "type": "object",
            "propertyNames": { "pattern": pattern(*key) },
            "additionalProperties": of(item),
        }),
        Shape::List(item) => json!({ "type": "array", "items": of(item) }),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Text(least, most) => json!({
            "type": "string",
            "minLength": least,
            "maxLength": most,
            "pattern": "^[^\\u0000-\\u001F\\u007F-\\u009F]*$",
        }),
        Shape::Slug(most) => json!({ "type": "string", "maxLength": most, "pattern": "^[a-z0-9-]+$" }),
        Shape::Hex(most) => json!({
            "type": "string",
            "minLength": 2,
            "maxLength": 2 * most,
            "pattern": "^([0-9A-Fa-f]{2})+$",
        }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Duration(_) => json!({ "type": "string", "pattern": "^[0-9]{1,9}(ms|s|m|h)$" }),
        Shape::Offset => {
            json!({ "type": "string", "pattern": "^[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)$" })
        }
        Shape::Either(forms) => json!({ "anyOf": forms.iter().map(of).collect::<Vec<_>>() }),
    }
}

fn of_case(by: &Field, case: &Case) -> Value {
    let mut schema = table(std::iter::once(by).chain(case.fields));
    if let Some(word) = schema.pointer_mut(&format!("/properties/{}", by.key)) {
        merge(word, json!({ "enum": case.words }));
    }
    schema
}

fn table<'a>(fields: impl Iterator<Item = &'a Field>) -> Value {
    let (mut properties, mut required, mut needs) = (Map::new(), Vec::new(), Map::new());
    for field in fields {
        let mut schema = of(field.shape);
        merge(&mut schema, json!({ "description": field.note }));
        properties.insert(field.key.to_owned(), schema);
        if field.required {
            required.push(field.key);
        }
        if let Some(other) = field.needs {
            needs.insert(field.key.to_owned(), json!([other]));
        }
    }
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        merge(&mut schema, json!({ "required": required }));
    }
    if !needs.is_empty() {
        merge(&mut schema, json!({ "dependentRequired": needs }));
    }
    schema
}

fn rule(choice: Choice) -> Option<Value> {
    let each = |keys: &[&str]| {
        keys.iter()
            .map(|key| json!({ "required": [key] }))
            .collect::<Vec<_>>()
    };
    Some(match choice {
        Choice::Free => return None,
        Choice::Exactly(keys) => json!({ "oneOf": each(keys) }),
        Choice::AtMost(keys) => json!({ "not": { "required": keys } }),
        Choice::AtLeast(keys) => json!({ "anyOf": each(keys) }),
    })
}

fn pattern(key: Key) -> &'static str {
    match key {
        Key::Status => "^(0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,10})(-(0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,10}))?$",
        Key::Octet => "^(0[xX]0{0,6}[0-9A-Fa-f]{1,2}|0{0,7}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[0-9]{1,2}))$",
        Key::Word | Key::Code => "^[^\\u0000-\\u001F\\u007F-\\u009F]{1,32}$",
    }
}

fn merge(schema: &mut Value, more: Value) {
    if let (Value::Object(schema), Value::Object(more)) = (schema, more) {
        schema.extend(more);
    }
}
