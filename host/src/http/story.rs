//! `GET /api/v1/messages/{messageId}`: what became of one message.

use super::under_way::{self, Whereabouts};
use super::{HttpState, reply};
use crate::errors;
use crate::ports::{BackendError, MessageStory, ToldReceipt};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::ids::MessageId;
use smpp_domain::pdu::masked;

pub(super) async fn one(State(state): State<HttpState>, Path(id): Path<String>) -> Response {
    let Ok(message) = id.parse::<MessageId>() else {
        let details = ["a messageId is a UUID, as in the command".to_owned()];
        return reply::error(
            StatusCode::BAD_REQUEST,
            &format!("{id} is no message id"),
            &details,
        );
    };
    match story(&state, message).await {
        Ok(told) => told,
        Err(error) => reply::error(
            StatusCode::SERVICE_UNAVAILABLE,
            "the message could not be looked up",
            &[errors::chain(&error)],
        ),
    }
}

async fn story(state: &HttpState, message: MessageId) -> Result<Response, BackendError> {
    let mut story = state.stories.story(message).await?;
    if story.outcome.is_some() {
        return Ok(Json(told(state, message, &story, None)).into_response());
    }
    let found = under_way::look(state, message).await?;
    // It may have ended while it was looked for.
    if !matches!(found, Whereabouts::Taken { .. }) {
        story = state.stories.story(message).await?;
    }
    let place = found.told(state).filter(|_| story.outcome.is_none());
    if place.is_none() && story.is_empty() {
        let error = format!("nothing is on record of {message}");
        return Ok(reply::error(StatusCode::NOT_FOUND, &error, &found.unknown()));
    }
    Ok(Json(told(state, message, &story, place)).into_response())
}

fn told(state: &HttpState, message: MessageId, story: &MessageStory, under_way: Option<Value>) -> Value {
    // Written by this gateway; what cannot be read any more is shown as absent.
    let outcome: Option<Value> = story
        .outcome
        .as_deref()
        .and_then(|json| serde_json::from_slice(json).ok());
    let operator_id = match story.accepted.first() {
        Some(row) => Some(row.operator_id),
        None => outcome
            .as_ref()
            .or(under_way.as_ref())
            .and_then(|told| told.get("operatorId")?.as_str()?.parse().ok()),
    };
    let operators = state.operators.load();
    let operator = operator_id
        .and_then(|id| operators.get(&id))
        .map(|known| &known.config.name);
    json!({
        "messageId": message,
        "operatorId": operator_id,
        "operator": operator,
        "stage": if story.outcome.is_some() { "settled" } else { "under way" },
        "underWay": under_way,
        "outcome": outcome,
        "parts": story.accepted.iter().map(|row| part(row, &story.receipts)).collect::<Vec<_>>(),
    })
}

fn part(row: &MessageCorrelation, receipts: &[ToldReceipt]) -> Value {
    let own = receipts
        .iter()
        .filter(|receipt| receipt.part.part_number == row.part_number);
    let own = own.map(|receipt| {
        json!({
            "receivedAt": receipt.received_at, "state": receipt.part.state, "final": receipt.part.is_final,
        })
    });
    json!({
        "partNumber": row.part_number,
        "partCount": row.part_count,
        "operatorMessageId": row.operator_message_id,
        "messageKey": row.message_key,
        "to": masked(&row.to),
        "reference": row.reference,
        "submittedAt": row.submitted_at,
        // Of a part without an id it is not known whether it was answered.
        "answeredAt": (!row.operator_message_id.is_empty()).then(|| row.answered_at()),
        "receiptsUntil": row.expires_at,
        "receipts": own.collect::<Vec<_>>(),
    })
}
