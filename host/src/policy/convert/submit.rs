//! The sending side: submit_sm and its answer to the plugin, and what the plugin makes of them.

use super::super::bindings::exports::smpp::operator_policy::{submit as hook, submit_result as result};
use super::super::bindings::smpp::pdu::types as wire;
use super::{address, reason, unknown_case};
use smpp_domain::pdu::{Address, SubmitSmPdu, Tlv};
use smpp_domain::policy::SubmitAnswer;
use smpp_domain::policy::rewrite::{PartPlace, check};
use smpp_domain::session::SubmitResponse;
use smpp_domain::status::{Throttling, Verdict};
use std::num::NonZeroU32;
use std::time::Duration;

/// The longest time that a plugin may let a message wait.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);
/// The most tries that a plugin may ask for.
const MOST_ATTEMPTS: u32 = 1_000;
/// Characters of a rejection's code.
const CODE: usize = 40;

/// The PDU as the plugin sees it, with its [`super::tlvs`].
pub(in super::super) fn submit<'a>(
    pdu: &'a SubmitSmPdu,
    tlvs: &'a [wire::TlvParam<'a>],
) -> wire::SubmitSmParam<'a> {
    wire::SubmitSmParam {
        service_type: &pdu.service_type,
        source: address(&pdu.source),
        destination: address(&pdu.destination),
        esm_class: pdu.esm_class,
        protocol_id: pdu.protocol_id,
        priority_flag: pdu.priority_flag,
        schedule_delivery_time: &pdu.schedule_delivery_time,
        validity_period: &pdu.validity_period,
        registered_delivery: pdu.registered_delivery,
        replace_if_present: pdu.replace_if_present,
        data_coding: pdu.data_coding,
        sm_default_msg_id: pdu.sm_default_msg_id,
        short_message: &pdu.short_message,
        tlvs,
    }
}

/// Its place in the message.
pub(in super::super) fn part(place: PartPlace) -> hook::Part {
    hook::Part {
        number: place.number,
        count: place.count,
    }
}

/// Reads an answer of `submit.rewrite` for this PDU; `None` is no opinion.
pub(in super::super) fn rewritten(
    answer: hook::Answer,
    asked: &SubmitSmPdu,
) -> Result<Option<SubmitAnswer>, String> {
    match answer {
        hook::Answer::HostDefault => Ok(None),
        hook::Answer::Send(pdu) => {
            let pdu = read_submit(pdu);
            check(asked, &pdu)?;
            Ok((pdu != *asked).then(|| SubmitAnswer::Send(Box::new(pdu))))
        }
        hook::Answer::Refuse(why) => Ok(Some(SubmitAnswer::Refuse(reason(&why)))),
        hook::Answer::Extra(_) => Err(unknown_case()),
    }
}

/// The answer to a submit_sm as the plugin sees it, with its [`super::tlvs`].
pub(in super::super) fn response<'a>(
    response: &'a SubmitResponse,
    tlvs: &'a [wire::TlvParam<'a>],
    attempt: u32,
) -> result::Response<'a> {
    result::Response {
        status: response.status.0,
        message_id: &response.message_id,
        tlvs,
        is_nack: response.is_nack,
        attempt,
    }
}

/// Reads an answer of `submit-result.classify`; `None` is no opinion.
pub(in super::super) fn classified(
    answer: result::Answer,
    response: &SubmitResponse,
) -> Result<Option<Verdict>, String> {
    Ok(Some(match answer {
        result::Answer::HostDefault => return Ok(None),
        result::Answer::Accepted if response.is_nack => {
            return Err("accepted, where the operator has answered with a generic_nack".to_owned());
        }
        result::Answer::Accepted => Verdict::Accepted,
        result::Answer::Retry(retry) => read_retry(retry)?,
        result::Answer::Throttle(throttle) => Verdict::Throttle(Throttling {
            pause: throttle.pause_ms.map(millis),
            max_rate: at_least_one(throttle.max_rate, "max-rate")?,
        }),
        result::Answer::Reject(rejection) => Verdict::Reject {
            code: Some(read_code(rejection.code)?),
            reason: reason(&rejection.reason),
            alert: false,
        },
        result::Answer::StopOperator(why) => Verdict::StopOperator { reason: reason(&why) },
        result::Answer::Extra(_) => return Err(unknown_case()),
    }))
}

fn read_submit(pdu: wire::SubmitSmResult) -> SubmitSmPdu {
    let address = |address: wire::AddressResult| Address {
        ton: address.ton,
        npi: address.npi,
        digits: address.digits,
    };
    let tlv = |tlv: wire::TlvResult| Tlv {
        tag: tlv.tag,
        value: tlv.value,
    };
    SubmitSmPdu {
        service_type: pdu.service_type,
        source: address(pdu.source),
        destination: address(pdu.destination),
        esm_class: pdu.esm_class,
        protocol_id: pdu.protocol_id,
        priority_flag: pdu.priority_flag,
        schedule_delivery_time: pdu.schedule_delivery_time,
        validity_period: pdu.validity_period,
        registered_delivery: pdu.registered_delivery,
        replace_if_present: pdu.replace_if_present,
        data_coding: pdu.data_coding,
        sm_default_msg_id: pdu.sm_default_msg_id,
        short_message: pdu.short_message,
        tlvs: pdu.tlvs.into_iter().map(tlv).collect(),
    }
}

fn read_retry(retry: result::Retry) -> Result<Verdict, String> {
    let after = retry.after_ms.map(millis);
    if let Some(after) = after.filter(|after| *after > LONGEST_WAIT) {
        return Err(format!("after-ms is {}; an hour is the most", after.as_millis()));
    }
    let max_attempts = at_least_one(retry.max_attempts, "max-attempts")?;
    if let Some(many) = max_attempts.filter(|most| most.get() > MOST_ATTEMPTS) {
        return Err(format!("max-attempts is {many}; {MOST_ATTEMPTS} is the most"));
    }
    Ok(Verdict::Retry { after, max_attempts })
}

fn read_code(code: String) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if code.is_empty() || code.len() > CODE || !code.chars().all(fits) {
        return Err(format!(
            "a code that is no word of 1 to {CODE} lower-case letters, digits and `-`"
        ));
    }
    Ok(code)
}

fn at_least_one(number: Option<u32>, what: &str) -> Result<Option<NonZeroU32>, String> {
    let read =
        |number| NonZeroU32::new(number).ok_or_else(|| format!("{what} is 0; it is at least 1, or none"));
    number.map(read).transpose()
}

fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}
