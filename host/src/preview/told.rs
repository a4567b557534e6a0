//! What comes of a preview, as JSON.

use crate::config::OperatorConfig;
use crate::pipeline::{Plan, PlanError, Read, RehearsedCall};
use crate::ports::CallView;
use bytes::BytesMut;
use serde_json::{Value, json};
use smpp_codec::frame::Frame;
use smpp_codec::{Texts, describe, encode, fields};
use smpp_domain::pdu::{CommandStatus, Outgoing, OutgoingBody, SubmitSmPdu};
use smpp_domain::policy::question::{Answer, differences};
use smpp_domain::policy::{InboundAnswer, OnFailure, SubmitAnswer};
use smpp_domain::receipt::message_id::default_key;
use smpp_domain::session::SubmitResponse;
use smpp_domain::status;
use std::sync::Arc;

/// Of the PDUs of a preview: on the wire it is the session's next one.
const SEQUENCE_NUMBER: u32 = 1;

pub(super) fn call(call: RehearsedCall) -> CallView {
    let asked = serde_json::to_value(&call.question).unwrap_or_default();
    CallView {
        hook: call.question.hook(),
        input: asked.get("input").cloned().unwrap_or_default(),
        answer: answer(&call),
        fault: call.answer.as_ref().err().map(|fault| fault.text.clone()),
        micros: call.micros,
    }
}

/// In the fixture form.
fn answer(call: &RehearsedCall) -> Value {
    match &call.answer {
        Ok(answer) => json!(answer),
        Err(fault) => json!({ "fault": fault.cause.fixture_name() }),
    }
}

pub(super) fn planned(planned: Result<Plan, PlanError>) -> Value {
    match planned {
        Ok(plan) => json!({
            "kind": "submit",
            "encoding": plan.encoding,
            "dataCoding": plan.data_coding,
            "longMessageStrategy": plan.strategy,
            "reference": plan.reference,
            "parts": plan.parts.iter().map(|pdu| part(SEQUENCE_NUMBER, pdu)).collect::<Vec<_>>(),
        }),
        Err(error) => not_sent(error),
    }
}

fn not_sent(error: PlanError) -> Value {
    match error {
        PlanError::Rejected(reason) => json!({ "kind": "rejected", "reason": reason }),
        PlanError::Retry(fault) => json!({ "kind": "waits", "reason": fault.to_string() }),
    }
}

/// What is sent in the place of a submit_sm, and where it is another.
pub(super) fn sent(sequence_number: u32, given: &SubmitSmPdu, sent: Result<SubmitSmPdu, PlanError>) -> Value {
    let sent = match sent {
        Ok(sent) => sent,
        Err(error) => return not_sent(error),
    };
    let changes = differences(&form(given), &form(&sent))
        .into_iter()
        .map(|change| json!({ "path": change.path, "before": change.expected, "after": change.got }));
    json!({
        "kind": "sent",
        "changes": changes.collect::<Vec<_>>(),
        "part": part(sequence_number, &sent),
    })
}

pub(super) fn unreadable(fault: &str) -> Value {
    json!({ "kind": "nothing", "reason": format!("its fields cannot be told apart: {fault}") })
}

/// By its fields' names in the contract.
fn form(pdu: &SubmitSmPdu) -> Value {
    let send = json!(Answer::Submit(SubmitAnswer::Send(Box::new(pdu.clone()))));
    send.get("send").cloned().unwrap_or_default()
}

/// Its fields, and its octets.
fn part(sequence_number: u32, pdu: &SubmitSmPdu) -> Value {
    let outgoing = Outgoing {
        sequence_number,
        command_status: CommandStatus::OK,
        body: OutgoingBody::SubmitSm(Arc::new(pdu.clone())),
    };
    let mut octets = BytesMut::new();
    let encoded = encode(&outgoing, &mut octets);
    let frame = Frame::copy_of(&octets).ok().flatten();
    json!({
        "pdu": form(pdu),
        "octets": hex::encode(&octets),
        "fields": frame.as_ref().map(|frame| fields(frame.octets(), Texts::Plain).fields).unwrap_or_default(),
        "told": frame.as_ref().map(describe),
        "problem": encoded.err().map(|error| error.to_string()),
    })
}

pub(super) fn inbound(config: &OperatorConfig, read: &Read) -> Value {
    if let Err(fault) = &read.answer
        && config.policy.on_failure.action(fault.hook, fault.cause) == OnFailure::Refuse
    {
        let status = status::explain(CommandStatus::RECEIVER_TEMPORARY_ERROR);
        return json!({ "kind": "refused", "status": status, "reason": fault.to_string() });
    }
    if let Some(reading) = &read.reading {
        let told = json!(Answer::Inbound(InboundAnswer::Receipt(reading.clone())));
        return json!({ "kind": "receipt", "reading": told.get("receipt"), "keys": read.keys });
    }
    match &read.answer {
        Ok(InboundAnswer::Ignore(reason)) => json!({ "kind": "ignored", "reason": reason }),
        Ok(InboundAnswer::Refuse(status)) => {
            json!({ "kind": "refused", "status": status::explain(*status), "reason": "the policy says so" })
        }
        _ => {
            let mut message = read.message.clone().unwrap_or_default();
            // Of this moment: two sides would differ by them.
            for of_now in ["id", "receivedAt"] {
                message.as_object_mut().and_then(|message| message.remove(of_now));
            }
            json!({ "kind": "message", "event": message })
        }
    }
}

pub(super) fn response(config: &OperatorConfig, response: &SubmitResponse, calls: &[RehearsedCall]) -> Value {
    let mut verdict = None;
    let mut key = None;
    for call in calls {
        match &call.answer {
            Ok(Answer::SubmitResult(answer)) => verdict = answer.clone(),
            Ok(Answer::MessageIds(answer)) => key = answer.clone(),
            _ => {}
        }
    }
    let verdict = verdict.unwrap_or_else(|| config.statuses.verdict(response));
    let has_id = !response.message_id.is_empty();
    json!({
        "kind": "response",
        "status": status::explain(response.status),
        "verdict": Answer::SubmitResult(Some(verdict)),
        "key": key.or_else(|| has_id.then(|| default_key(&response.message_id))),
    })
}

/// Of a hook call by itself.
pub(super) fn answered(calls: &[RehearsedCall]) -> Value {
    json!({ "kind": "answer", "answer": calls.first().map(answer) })
}

pub(super) fn no_decision() -> Value {
    let reason = "no policy is asked about this PDU: submit_sm, deliver_sm, data_sm, submit_sm_resp and generic_nack are";
    json!({ "kind": "nothing", "reason": reason })
}
