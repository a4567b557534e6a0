//! Policy plugin for operators in India that register senders and texts (DLT): each submit_sm carries the ids of the principal
//! entity and of the template in TLVs of the operator's own, and refusals come in vendor statuses.

use serde::Deserialize;
use smpp_plugin_sdk::settings::{Document, Problem};
use smpp_plugin_sdk::submit::{Answer as SubmitAnswer, Part};
use smpp_plugin_sdk::submit_result::{Answer as ResultAnswer, Rejection, Response, Retry, Throttle};
use smpp_plugin_sdk::{
    Fault, OutboundMessage, Settings, Submit, SubmitResult, SubmitSm, Tlv, operator_policy, settings,
};

/// Principal entity id and template id. Other operators use these tags for something else.
const ENTITY: u16 = 0x1400;
const TEMPLATE: u16 = 0x1401;

/// additional_status_info_text, SMPP 3.4 section 5.3.2.11.
const STATUS_TEXT: u16 = 0x001D;

/// Digits of an id of the register.
const ID_DIGITS: std::ops::RangeInclusive<usize> = 1..=30;

struct Dlt;

/// The `[policy] settings` of the operator's file.
#[derive(Deserialize)]
struct Registration {
    /// Of whoever sends.
    entity_id: String,
    /// For messages that name none.
    template_id: Option<String>,
    /// What ESME_RSUBMITFAIL means here.
    submit_failed: Option<String>,
    /// What an acceptance without a message id means.
    no_message_id: Option<String>,
}

impl Settings for Dlt {
    fn validate(document: &str) -> Result<(), Vec<Problem>> {
        let mut document = Document::read(document);
        let entity = document.required_text("entity_id", ID_DIGITS);
        let template = document.text("template_id", ID_DIGITS);
        for (key, id) in [("entity_id", entity), ("template_id", template)] {
            if id.is_some_and(|id| !id.chars().all(|c| c.is_ascii_digit())) {
                document.problem(key, "must be digits: the id in the register");
            }
        }
        document.word("submit_failed", &["reject", "retry", "throttle"]);
        document.word("no_message_id", &["accepted", "retry"]);
        document.finish()
    }
}

impl Submit for Dlt {
    /// The ids are C-octet strings: digits and a NUL. A message may bring its own, as `tlvs` of its command.
    fn rewrite(_: &OutboundMessage, mut pdu: SubmitSm, _: Part) -> Result<SubmitAnswer, Fault> {
        let registration = settings::<Registration>()?;
        give(&mut pdu.tlvs, ENTITY, Some(&registration.entity_id));
        give(&mut pdu.tlvs, TEMPLATE, registration.template_id.as_deref());
        if pdu.tlvs.iter().any(|tlv| tlv.tag == TEMPLATE) {
            Ok(SubmitAnswer::Send(pdu))
        } else {
            Ok(SubmitAnswer::Refuse(
                "it has no DLT template: give the command the TLV 0x1401, or the operator's file a template_id".to_owned(),
            ))
        }
    }
}

/// Adds a TLV that is not there, and ends one that is there with its NUL.
fn give(tlvs: &mut Vec<Tlv>, tag: u16, id: Option<&str>) {
    match tlvs.iter_mut().find(|tlv| tlv.tag == tag) {
        Some(own) if own.value.last() == Some(&0) => {}
        Some(own) => own.value.push(0),
        None => tlvs.extend(id.map(|id| Tlv {
            tag,
            value: [id.as_bytes(), &[0]].concat(),
        })),
    }
}

impl SubmitResult for Dlt {
    fn classify(response: &Response) -> Result<ResultAnswer, Fault> {
        let rejected = |code: &str, words: &str| {
            ResultAnswer::Reject(Rejection {
                code: code.to_owned(),
                reason: with_their_words(words, response),
            })
        };
        Ok(match response.status {
            0 if response.message_id.is_empty() => return no_message_id(),
            0x45 => return submit_failed(response),
            0x5A => ResultAnswer::StopOperator(with_their_words("the account has expired", response)),
            0x400 => rejected("not-routable", "no route to the destination"),
            0x401 => ResultAnswer::StopOperator(with_their_words("out of credit", response)),
            0x40A => rejected("dnd", "the subscriber has asked not to be disturbed"),
            0x430 => rejected("payload-length", "the text is longer than the template allows"),
            0x432 => rejected("spam", "the operator takes it for spam"),
            0x433 => rejected("data-coding", "the data_coding is not the template's"),
            _ => ResultAnswer::HostDefault,
        })
    }
}

fn submit_failed(response: &Response) -> Result<ResultAnswer, Fault> {
    let registration = settings::<Registration>()?;
    Ok(match registration.submit_failed.as_deref() {
        Some("retry") => again(),
        Some("throttle") => ResultAnswer::Throttle(Throttle {
            pause_ms: None,
            max_rate: None,
        }),
        Some(_) | None => ResultAnswer::Reject(Rejection {
            code: "submit-failed".to_owned(),
            reason: with_their_words("the operator could not take it", response),
        }),
    })
}

/// Some gateways say yes and keep nothing when their own SMSC is away.
fn no_message_id() -> Result<ResultAnswer, Fault> {
    let registration = settings::<Registration>()?;
    Ok(match registration.no_message_id.as_deref() {
        Some("retry") => again(),
        Some(_) | None => ResultAnswer::HostDefault,
    })
}

fn again() -> ResultAnswer {
    ResultAnswer::Retry(Retry {
        after_ms: None,
        max_attempts: None,
    })
}

/// The reason, and what the operator says beside its status.
fn with_their_words(reason: &str, response: &Response) -> String {
    let theirs = response.tlvs.iter().find(|tlv| tlv.tag == STATUS_TEXT);
    let theirs = theirs.map(|tlv| {
        String::from_utf8_lossy(&tlv.value)
            .trim_end_matches('\0')
            .to_owned()
    });
    match theirs {
        Some(theirs) if !theirs.is_empty() => format!("{reason} ({theirs})"),
        Some(_) | None => reason.to_owned(),
    }
}

operator_policy!(Dlt: Settings, Submit, SubmitResult);

#[cfg(test)]
mod tests;
