//! Builds the deliver_sm of receipts from a script's [`Receipts`](crate::Receipts).

use crate::account::{Pending, What};
use crate::script::Script;
use crate::script::receipts::{Carrier, FinalState, Wanted};
use crate::wire::submit::{AddressView, SubmitView};
use crate::wire::{command, put_c_string, put_pdu, put_tlv, tag};
use bytes::{BufMut, Bytes, BytesMut};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// The two clocks, read once per batch: one that timers and tests own, one for the dates in texts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) now: Instant,
    /// Seconds since 1970, UTC.
    pub(crate) unix: u64,
}

impl Clock {
    pub(crate) fn now() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            now: Instant::now(),
            unix: since.map_or(0, |since| since.as_secs()),
        }
    }
}

/// Where a deliver_sm goes and how its text is meant.
pub(crate) struct Envelope<'a> {
    pub(crate) source: AddressView<'a>,
    pub(crate) destination: AddressView<'a>,
    pub(crate) esm_class: u8,
    pub(crate) data_coding: u8,
}

const INTERMEDIATE: u8 = 0x20;
/// sm_length has one octet, and 255 is not allowed (SMPP 3.4 section 5.2.21).
const MAX_SHORT_MESSAGE: usize = 254;

/// Appends the deliver_sm that message `number` causes: an intermediate notification, the receipt, its
/// copies.
pub(crate) fn plan(
    script: &Script,
    submit: &SubmitView<'_>,
    number: u64,
    clock: Clock,
    out: &mut Vec<Pending>,
) {
    let receipts = &script.receipts;
    let state = receipts.state_of(submit.destination.digits);
    if receipts.intermediate && wants_intermediate(receipts.when, submit.registered_delivery) {
        let enroute = FinalState::new("ENROUTE", "000", 1);
        let pdu = receipt(
            script,
            submit,
            number,
            &enroute,
            INTERMEDIATE,
            (clock.unix, clock.unix),
        );
        out.push(Pending::new(clock.now, pdu, What::Receipt(None)));
    }
    if receipts.part.is_some_and(|part| part != submit.part_number()) {
        return;
    }
    if !wants_final(receipts.when, submit.registered_delivery, state) {
        return;
    }
    let delay = if receipts.before_response {
        Duration::ZERO
    } else {
        receipts.delay
    };
    let dates = (clock.unix, clock.unix.saturating_add(delay.as_secs()));
    let pdu = receipt(script, submit, number, state, receipts.esm_class, dates);
    for _ in 0..=receipts.duplicates {
        out.push(Pending::new(clock.now + delay, pdu.clone(), What::Receipt(None)));
    }
}

fn wants_final(when: Wanted, registered_delivery: u8, state: &FinalState) -> bool {
    match when {
        Wanted::Off => false,
        Wanted::Always => true,
        Wanted::IfRegistered => match registered_delivery & 0x03 {
            0 => false,
            1 => true,
            2 => !state.succeeded(),
            _ => state.succeeded(),
        },
    }
}

fn wants_intermediate(when: Wanted, registered_delivery: u8) -> bool {
    match when {
        Wanted::Off => false,
        Wanted::Always => true,
        Wanted::IfRegistered => registered_delivery & 0x10 != 0,
    }
}

fn receipt(
    script: &Script,
    submit: &SubmitView<'_>,
    number: u64,
    state: &FinalState,
    esm_class: u8,
    dates: (u64, u64),
) -> Bytes {
    let receipts = &script.receipts;
    let text_id = script.receipt_ids.unwrap_or(script.ids).format(number);
    let text = match receipts.carrier {
        Carrier::Tlv => Vec::new(),
        Carrier::Text | Carrier::TextAndTlv | Carrier::MessagePayload => {
            fill(&receipts.template, &text_id, submit.text(), state, dates)
        }
    };
    let envelope = Envelope {
        source: submit.destination,
        destination: submit.source,
        esm_class,
        data_coding: 0,
    };
    let in_payload = receipts.carrier == Carrier::MessagePayload;
    deliver_sm(&envelope, &text, in_payload, |body| {
        if matches!(receipts.carrier, Carrier::Tlv | Carrier::TextAndTlv) {
            let mut id = script
                .receipt_tlv_ids
                .unwrap_or(script.ids)
                .format(number)
                .into_bytes();
            id.push(0);
            put_tlv(body, tag::RECEIPTED_MESSAGE_ID, &id);
            put_tlv(body, tag::MESSAGE_STATE, &[state.state]);
        }
    })
}

/// The receipt, in text, of message `number`, which nobody is known to have sent.
pub(crate) fn stray(script: &Script, number: u64, unix: u64) -> Bytes {
    let receipts = &script.receipts;
    let id = script.receipt_ids.unwrap_or(script.ids).format(number);
    let text = fill(
        &receipts.template,
        &id,
        b"stray",
        &receipts.otherwise,
        (unix, unix),
    );
    let (source, destination) = (international(b"491700000000"), international(b"1"));
    let envelope = Envelope {
        source,
        destination,
        esm_class: receipts.esm_class,
        data_coding: 0,
    };
    deliver_sm(&envelope, &text, false, |_| {})
}

fn international(digits: &[u8]) -> AddressView<'_> {
    AddressView {
        ton: 1,
        npi: 1,
        digits,
    }
}

/// A deliver_sm with sequence_number 0, which the link replaces. A text that does not fit into short_message
/// goes into message_payload.
pub(crate) fn deliver_sm(
    envelope: &Envelope<'_>,
    text: &[u8],
    in_payload: bool,
    tlvs: impl FnOnce(&mut BytesMut),
) -> Bytes {
    let mut pdu = BytesMut::with_capacity(96 + text.len());
    put_pdu(&mut pdu, command::DELIVER_SM, 0, 0, |body| {
        body.put_u8(0);
        for address in [&envelope.source, &envelope.destination] {
            body.put_slice(&[address.ton, address.npi]);
            put_c_string(body, address.digits);
        }
        // protocol_id, priority_flag, no schedule, no validity, registered_delivery, replace_if_present.
        body.put_slice(&[envelope.esm_class, 0, 0, 0, 0, 0, 0, envelope.data_coding, 0]);
        match u8::try_from(text.len()) {
            Ok(length) if !in_payload && text.len() <= MAX_SHORT_MESSAGE => {
                body.put_u8(length);
                body.put_slice(text);
            }
            _ => {
                body.put_u8(0);
                put_tlv(body, tag::MESSAGE_PAYLOAD, text);
            }
        }
        tlvs(body);
    });
    pdu.freeze()
}

fn fill(
    template: &str,
    id: &str,
    start: &[u8],
    state: &FinalState,
    (submitted, done): (u64, u64),
) -> Vec<u8> {
    let mut text = Vec::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, (name, after))) = rest
        .split_once('{')
        .and_then(|(before, tail)| Some((before, tail.split_once('}')?)))
    {
        text.extend_from_slice(before.as_bytes());
        match name {
            "id" => text.extend_from_slice(id.as_bytes()),
            "sub" => text.extend_from_slice(b"001"),
            "dlvrd" => text.extend_from_slice(if state.succeeded() { b"001" } else { b"000" }),
            "submit" => text.extend_from_slice(date(submitted).get(..10).unwrap_or_default().as_bytes()),
            "done" => text.extend_from_slice(date(done).get(..10).unwrap_or_default().as_bytes()),
            "submit_seconds" => text.extend_from_slice(date(submitted).as_bytes()),
            "done_seconds" => text.extend_from_slice(date(done).as_bytes()),
            "stat" => text.extend_from_slice(state.word.as_bytes()),
            "err" => text.extend_from_slice(state.error.as_bytes()),
            "text" => text.extend(start.iter().take(20)),
            unknown => text.extend_from_slice(format!("{{{unknown}}}").as_bytes()),
        }
        rest = after;
    }
    text.extend_from_slice(rest.as_bytes());
    text
}

/// `YYMMDDhhmmss` in UTC; the first ten digits are the form of appendix B.
fn date(unix: u64) -> String {
    let (days, second_of_day) = (unix / 86_400, unix % 86_400);
    // Days are counted from 0000-03-01, so that the leap day ends the year (the usual civil calendar method).
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    format!(
        "{:02}{month:02}{day:02}{hour:02}{minute:02}{second:02}",
        year % 100
    )
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_utc_and_know_leap_years() {
        assert_eq!(date(0), "700101000000");
        assert_eq!(date(951_782_400), "000229000000");
        assert_eq!(date(1_330_951_430), "120305124350");
        assert_eq!(date(1_735_689_599), "241231235959");
    }
}
