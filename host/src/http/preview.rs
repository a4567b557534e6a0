//! `POST /api/v1/preview`: a message or a PDU in, every decision and every octet out. Nothing is sent.

use super::find::find;
use super::{HttpState, reply};
use crate::ports::{PluginOrderError, PreviewError, PreviewSubject, PreviewVersion, WhichVersion};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use smpp_domain::dispatch::DispatchCommand;
use uuid::Uuid;

/// Octets of a request at most: a message_payload in hex, and settings.
pub(super) const MAX_REQUEST: usize = 512 * 1024;

/// The body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Asked {
    /// By name or id.
    operator: String,
    /// A DispatchCommand; what it does not say is filled in.
    message: Option<Map<String, Value>>,
    /// In hexadecimal, header included; spaces, colons and line ends do not count.
    pdu: Option<String>,
    /// As `plugin test` takes it; `expect` is not looked at.
    fixture: Option<Value>,
    /// Default `active`.
    version: Option<String>,
    /// In the place of the version's own.
    settings: Option<Value>,
    /// Another version to compare with.
    against: Option<String>,
    /// In the place of that one's own.
    against_settings: Option<Value>,
}

/// What is asked cannot be: in one sentence, with details.
struct Misread(&'static str, Vec<String>);

pub(super) async fn preview(State(state): State<HttpState>, body: Result<Bytes, BytesRejection>) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            let limit = format!("a preview may have {} KiB", MAX_REQUEST / 1024);
            let details = [rejection.body_text(), limit];
            return reply::error(rejection.status(), "the request cannot be read", &details);
        }
    };
    let asked: Asked = match serde_json::from_slice(&body) {
        Ok(asked) => asked,
        Err(error) => {
            let wanted = "operator, and one of message, pdu or fixture; optional version, settings, against, againstSettings";
            let details = [error.to_string(), wanted.to_owned()];
            return reply::error(StatusCode::BAD_REQUEST, "the request cannot be read", &details);
        }
    };
    let id = match find(&state, &asked.operator) {
        Ok((id, _)) => id,
        Err(refused) => return refused,
    };
    let (subject, fixed) = match subject(&state, &asked, &id.to_string()) {
        Ok(subject) => subject,
        Err(Misread(error, details)) => {
            return reply::error(StatusCode::UNPROCESSABLE_ENTITY, error, &details);
        }
    };
    let version = PreviewVersion {
        which: which(asked.version.as_deref()),
        settings: asked.settings.or(fixed),
    };
    let against = asked.against.as_deref().map(|against| PreviewVersion {
        which: which(Some(against)),
        settings: asked.against_settings,
    });
    match state.previews.preview(id, subject, version, against).await {
        Ok(view) => Json(view).into_response(),
        Err(error) => refused(&error),
    }
}

fn which(version: Option<&str>) -> WhichVersion {
    match version {
        None | Some("active") => WhichVersion::Active,
        Some("built-in") => WhichVersion::BuiltIn,
        Some("candidate") => WhichVersion::Candidate,
        Some(other) => WhichVersion::Named(other.to_owned()),
    }
}

/// What it is about, and the settings that a fixture brings.
fn subject(
    state: &HttpState,
    asked: &Asked,
    operator_id: &str,
) -> Result<(PreviewSubject, Option<Value>), Misread> {
    match (&asked.message, &asked.pdu, &asked.fixture) {
        (Some(message), None, None) => Ok((command(message, operator_id)?, None)),
        (None, Some(pdu), None) => Ok((PreviewSubject::Pdu(octets(pdu)?), None)),
        (None, None, Some(fixture)) => {
            let read = state.previews.fixture(fixture);
            let (question, settings) =
                read.map_err(|problems| Misread("the fixture cannot be read", problems))?;
            Ok((PreviewSubject::Question(Box::new(question)), settings))
        }
        _ => Err(Misread(
            "one thing is previewed at a time",
            vec!["give exactly one of message, pdu and fixture".to_owned()],
        )),
    }
}

/// A command with what a person at a keyboard leaves out.
fn command(message: &Map<String, Value>, operator_id: &str) -> Result<PreviewSubject, Misread> {
    let mut whole = json!({
        "messageId": Uuid::nil(),
        "accountId": Uuid::nil(),
        "from": "demo",
        "encoding": "GSM7",
        "messageType": "SMS",
        "longMessageStrategy": "CSMS",
    });
    if let Some(whole) = whole.as_object_mut() {
        whole.extend(message.clone());
        whole.insert("operatorId".to_owned(), json!(operator_id));
    }
    let parsed = DispatchCommand::parse(whole.to_string().as_bytes());
    let command = parsed.map_err(|errors| {
        let problems = errors.problems().iter().map(ToString::to_string);
        Misread(
            "the message breaks rules of a DispatchCommand",
            problems.collect(),
        )
    })?;
    Ok(PreviewSubject::Command(Box::new(command)))
}

fn octets(pdu: &str) -> Result<Vec<u8>, Misread> {
    let digits: String = pdu.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    hex::decode(&digits).map_err(|error| {
        let mend = "give the PDU in hexadecimal, as Wireshark copies it as a hex stream, header included";
        Misread(
            "the PDU is not in hexadecimal",
            vec![error.to_string(), mend.to_owned()],
        )
    })
}

fn refused(error: &PreviewError) -> Response {
    let (status, mend) = match error {
        PreviewError::Version(PluginOrderError::Unknown(_)) => (StatusCode::NOT_FOUND, None),
        PreviewError::Version(PluginOrderError::NothingToDo(_) | PluginOrderError::Failed(_)) => {
            (StatusCode::CONFLICT, None)
        }
        PreviewError::Version(PluginOrderError::Refused(_)) => {
            let mend = "the plugin refuses these settings; nothing has changed";
            (StatusCode::UNPROCESSABLE_ENTITY, Some(mend))
        }
        PreviewError::Pdu(_) => {
            let mend =
                "an SMPP 3.4 PDU begins with command_length, command_id, command_status and sequence_number";
            (StatusCode::UNPROCESSABLE_ENTITY, Some(mend))
        }
        PreviewError::Busy => (StatusCode::SERVICE_UNAVAILABLE, None),
        PreviewError::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, None),
    };
    let details: Vec<_> = mend.into_iter().map(str::to_owned).collect();
    reply::error(status, &error.to_string(), &details)
}
