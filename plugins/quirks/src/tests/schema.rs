//! The schema and the validator refuse the same documents.

use super::settings::WRONG;
use crate::schema::document;
use serde_json::Value;

#[test]
fn the_schema_in_the_file_is_that_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/settings.schema.json");
    let wanted = format!("{}\n", serde_json::to_string_pretty(&document()).unwrap());
    if std::env::var_os("QUIRKS_WRITE_SCHEMA").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == wanted,
        "{path} is not of this code: run `QUIRKS_WRITE_SCHEMA=1 cargo test -p quirks schema` and commit it"
    );
}

#[test]
fn what_the_validator_refuses_the_schema_refuses_too() {
    let schema = document();
    for (text, _) in WRONG {
        let value: Value = serde_json::from_str(text).unwrap();
        assert!(!valid(&schema, &value), "{text}");
    }
}

#[test]
fn both_take_every_profile() {
    let (schema, folder) = (document(), concat!(env!("CARGO_MANIFEST_DIR"), "/profiles"));
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let table: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        let settings = serde_json::to_value(&table["policy"]["settings"]).unwrap();
        assert!(valid(&schema, &settings), "{path:?}");
        assert_eq!(
            crate::settings::validate(&settings.to_string()),
            Ok(()),
            "{path:?}"
        );
        seen += 1;
    }
    assert!(seen >= 12, "{seen} profiles");
}

#[test]
fn the_readme_tells_every_key() {
    let readme = include_str!("../../README.md");
    let mut keys = std::collections::BTreeSet::new();
    collect(&document(), &mut keys);
    assert!(keys.len() > 60, "{keys:?}");
    let missing: Vec<_> = keys
        .iter()
        .filter(|key| !readme.contains(&format!("`{key}`")) && !readme.contains(&format!("{key} =")))
        .collect();
    assert!(missing.is_empty(), "README.md says nothing of {missing:?}");
}

fn collect(schema: &Value, keys: &mut std::collections::BTreeSet<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        keys.extend(properties.keys().cloned());
    }
    match schema {
        Value::Object(table) => table.values().for_each(|schema| collect(schema, keys)),
        Value::Array(items) => items.iter().for_each(|schema| collect(schema, keys)),
        _ => {}
    }
}

/// The keywords of this schema, judged by JSON Schema 2020-12. A keyword that is not here fails the test.
pub(super) fn valid(schema: &Value, value: &Value) -> bool {
    let table = schema.as_object().expect("a schema is a table");
    table
        .iter()
        .all(|(keyword, rule)| keyword_holds(keyword, rule, schema, value))
}

fn keyword_holds(keyword: &str, rule: &Value, schema: &Value, value: &Value) -> bool {
    let all = |rule: &Value| -> Vec<bool> {
        rule.as_array()
            .unwrap()
            .iter()
            .map(|schema| valid(schema, value))
            .collect()
    };
    let names = |rule: &Value| -> Vec<String> {
        rule.as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    };
    let length = value.as_str().map(|text| text.chars().count() as u64);
    match keyword {
        "$schema" | "title" | "description" => true,
        "type" => match rule.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_u64() || value.is_i64(),
            "boolean" => value.is_boolean(),
            other => panic!("type {other}"),
        },
        "enum" => rule.as_array().unwrap().contains(value),
        "minimum" => value
            .as_f64()
            .is_none_or(|number| number >= rule.as_f64().unwrap()),
        "maximum" => value
            .as_f64()
            .is_none_or(|number| number <= rule.as_f64().unwrap()),
        "minLength" => length.is_none_or(|length| length >= rule.as_u64().unwrap()),
        "maxLength" => length.is_none_or(|length| length <= rule.as_u64().unwrap()),
        "pattern" => value
            .as_str()
            .is_none_or(|text| pattern_fits(rule.as_str().unwrap(), text)),
        "anyOf" => all(rule).contains(&true),
        "oneOf" => all(rule).into_iter().filter(|holds| *holds).count() == 1,
        "not" => !valid(rule, value),
        "items" => value
            .as_array()
            .is_none_or(|items| items.iter().all(|item| valid(rule, item))),
        "required" => value
            .as_object()
            .is_none_or(|table| names(rule).iter().all(|name| table.contains_key(name))),
        "dependentRequired" => value.as_object().is_none_or(|table| {
            let needs = rule
                .as_object()
                .unwrap()
                .iter()
                .filter(|(key, _)| table.contains_key(*key));
            needs
                .flat_map(|(_, others)| names(others))
                .all(|name| table.contains_key(&name))
        }),
        "propertyNames" => value
            .as_object()
            .is_none_or(|table| table.keys().all(|key| valid(rule, &Value::from(key.as_str())))),
        "properties" => value.as_object().is_none_or(|table| {
            let known = rule.as_object().unwrap();
            table
                .iter()
                .all(|(key, value)| known.get(key).is_none_or(|schema| valid(schema, value)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|table| {
            let known = schema.get("properties").and_then(Value::as_object);
            let mut others = table
                .iter()
                .filter(|(key, _)| !known.is_some_and(|known| known.contains_key(*key)));
            match rule {
                Value::Bool(false) => others.next().is_none(),
                rule => others.all(|(_, value)| valid(rule, value)),
            }
        }),
        other => panic!("the keyword {other}"),
    }
}

fn pattern_fits(pattern: &str, text: &str) -> bool {
    regex::Regex::new(pattern).expect(pattern).is_match(text)
}
