//! `POST /api/v1/messages`: one DispatchCommand, an array of them, or NDJSON.
//!
//! 202 means that what is listed as accepted is on disk. Items that break a rule are listed with every reason and do
//! not hold up the others.

use super::{HttpState, MAX_BODY, reply};
use crate::errors;
use crate::ports::QueuedCommand;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use smpp_domain::dispatch::DispatchCommand;
use smpp_domain::ids::MessageId;
use smpp_domain::trace::TraceParent;

/// A command that was not accepted.
struct Refused {
    index: usize,
    message_id: Value,
    errors: Vec<String>,
}

/// What is in a body.
#[derive(Default)]
struct Sorted {
    commands: Vec<QueuedCommand>,
    accepted: Vec<MessageId>,
    refused: Vec<Refused>,
}

pub(super) async fn accept(
    State(state): State<HttpState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return unreadable(&rejection),
    };
    let items = match items(&headers, &body) {
        Ok(items) => traced(&headers, items),
        Err(problem) => {
            let wanted = "send one DispatchCommand, an array of them, or one a line as application/x-ndjson";
            let details = [problem, wanted.to_owned()];
            return reply::error(StatusCode::BAD_REQUEST, "the body is not JSON", &details);
        }
    };
    let sorted = sort(&state, &items);
    if !sorted.commands.is_empty()
        && let Err(error) = state.queue.publish(&sorted.commands).await
    {
        let details = [
            errors::chain(&error),
            "nothing was accepted: send all of it again".to_owned(),
        ];
        return reply::error(
            StatusCode::SERVICE_UNAVAILABLE,
            "the queue cannot take commands now",
            &details,
        );
    }
    answer(&sorted)
}

fn unreadable(rejection: &BytesRejection) -> Response {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let mend = format!("a body has at most {MAX_BODY} octets: send it in several requests");
        return reply::error(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large", &[mend]);
    }
    reply::error(
        rejection.status(),
        "the body cannot be read",
        &[rejection.body_text()],
    )
}

/// The commands of a body, each as its own JSON.
fn items(headers: &HeaderMap, body: &Bytes) -> Result<Vec<Bytes>, String> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if kind.contains("ndjson") || kind.contains("jsonl") {
        let lines = body.split(|&octet| octet == b'\n').map(<[u8]>::trim_ascii);
        return Ok(lines
            .filter(|line| !line.is_empty())
            .map(|line| body.slice_ref(line))
            .collect());
    }
    match body.trim_ascii_start().first() {
        Some(b'[') => {
            let items: Vec<Value> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
            Ok(items.iter().map(|item| Bytes::from(item.to_string())).collect())
        }
        Some(_) => {
            serde_json::from_slice::<serde::de::IgnoredAny>(body).map_err(|error| error.to_string())?;
            Ok(vec![body.clone()])
        }
        None => Err("it is empty".to_owned()),
    }
}

/// The commands with the request's span, where they name none of their own.
fn traced(headers: &HeaderMap, items: Vec<Bytes>) -> Vec<Bytes> {
    let parent = headers.get("traceparent").and_then(|parent| parent.to_str().ok());
    let Some(parent) = parent.and_then(|parent| parent.parse::<TraceParent>().ok()) else {
        return items;
    };
    let with = |item: Bytes| {
        let Ok(mut fields) = serde_json::from_slice::<Map<String, Value>>(&item) else {
            return item;
        };
        let fresh = || Value::from(parent.to_string());
        fields.entry("traceparent").or_insert_with(fresh);
        let longer = Value::Object(fields).to_string();
        // A command that was just short enough is no shorter for being traced.
        if longer.len() > DispatchCommand::MAX_BODY {
            return item;
        }
        Bytes::from(longer)
    };
    items.into_iter().map(with).collect()
}

fn sort(state: &HttpState, items: &[Bytes]) -> Sorted {
    let operators = state.operators.load();
    let mut sorted = Sorted::default();
    for (index, item) in items.iter().enumerate() {
        let errors = match DispatchCommand::parse(item) {
            Ok(command) if operators.contains_key(&command.operator_id) => {
                sorted.accepted.push(command.message_id);
                sorted.commands.push(QueuedCommand {
                    operator_id: command.operator_id,
                    body: item.clone(),
                });
                continue;
            }
            Ok(command) => {
                let known: Vec<_> = operators
                    .iter()
                    .map(|(id, operator)| format!("{id} ({})", operator.config.name))
                    .collect();
                let known = if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                };
                vec![format!(
                    "operatorId: no operator is loaded as {}; loaded: {known}",
                    command.operator_id
                )]
            }
            Err(errors) => errors.problems().iter().map(ToString::to_string).collect(),
        };
        let value: Value = serde_json::from_slice(item).unwrap_or_default();
        let message_id = value.get("messageId").cloned().unwrap_or_default();
        sorted.refused.push(Refused {
            index,
            message_id,
            errors,
        });
    }
    sorted
}

fn answer(sorted: &Sorted) -> Response {
    let refused: Vec<_> = sorted
        .refused
        .iter()
        .map(|item| json!({ "index": item.index, "messageId": item.message_id, "errors": item.errors }))
        .collect();
    let mut body = json!({ "accepted": sorted.accepted, "rejected": refused });
    if !sorted.accepted.is_empty() || sorted.refused.is_empty() {
        return (StatusCode::ACCEPTED, Json(body)).into_response();
    }
    let details: Vec<_> = sorted
        .refused
        .iter()
        .flat_map(|item| item.errors.clone())
        .collect();
    if let Some(fields) = body.as_object_mut() {
        fields.insert("error".to_owned(), json!("no command was accepted"));
        fields.insert("details".to_owned(), json!(details));
    }
    (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
}
