//! `GET /api/v1/openapi.json`: every operation of the HTTP side, for programs that make clients and for people.
//!
//! What is told here is held by `tests/it/operations/openapi`: each route has its operation, each is called, and each answer
//! is of the form that is told here, without a field more.

mod operation;
mod operations;
mod parameters;
mod schemas;

use axum::Json;
use operation::{Answer, Body, Operation, Parameter, Place};
use operations::OPERATIONS;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// Needs no token: there is nothing in it but what the source says.
pub(super) async fn document_json() -> Json<&'static Value> {
    Json(&DOCUMENT)
}

fn document() -> Value {
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let path = paths
            .entry(operation.path)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Some(methods) = path.as_object_mut() {
            methods.insert(operation.method.to_owned(), told(operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "SMPP connector",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Send messages through mobile operators, see what becomes of them, and steer sessions and policies.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas::all(),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "description": "http.token of the configuration, if it is set" } },
        },
    })
}

fn told(operation: &Operation) -> Value {
    let mut answers: Map<String, Value> = operation
        .answers
        .iter()
        .map(|answer| (answer.status.to_string(), answer_json(answer)))
        .collect();
    let mut refusals = vec![(405, "Another method than this path has")];
    if operation.guarded {
        refusals.push((401, "The token is missing or wrong"));
        if operation.method != "get" {
            refusals.push((403, "The request comes from a page of another origin"));
        }
    }
    for (status, about) in refusals {
        answers.insert(status.to_string(), error_json(about));
    }
    let mut told = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": operation.parameters.iter().map(parameter_json).collect::<Vec<_>>(),
        "responses": answers,
        "security": if operation.guarded { json!([{}, { "token": [] }]) } else { json!([]) },
    });
    if let (Some(body), Some(fields)) = (&operation.body, told.as_object_mut()) {
        fields.insert("requestBody".to_owned(), body_json(body));
    }
    told
}

fn parameter_json(parameter: &Parameter) -> Value {
    let place = match parameter.place {
        Place::Path => "path",
        Place::Query => "query",
        Place::Header => "header",
    };
    json!({
        "name": parameter.name,
        "in": place,
        "required": parameter.place == Place::Path,
        "description": parameter.about,
        "schema": (parameter.schema)(),
    })
}

fn body_json(body: &Body) -> Value {
    let kinds = body.kinds.iter().map(|(kind, schema)| {
        let schema = match schema {
            Some(name) => reference(name),
            None => json!({}),
        };
        ((*kind).to_owned(), json!({ "schema": schema }))
    });
    json!({ "required": body.required, "description": body.about, "content": kinds.collect::<Map<_, _>>() })
}

fn answer_json(answer: &Answer) -> Value {
    match answer.content {
        None => error_json(answer.about),
        Some((kind, None)) => {
            json!({ "description": answer.about, "content": { kind: { "schema": { "type": "string" } } } })
        }
        Some((kind, Some(schema))) => {
            json!({ "description": answer.about, "content": { kind: { "schema": reference(schema) } } })
        }
    }
}

fn error_json(about: &str) -> Value {
    json!({ "description": about, "content": { "application/json": { "schema": reference("Error") } } })
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}
