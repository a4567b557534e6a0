//! The trial before a version becomes active: an instance with the real limits, every hook's types, the operator's
//! settings, and one plain example for each hook. What fails here would have failed on the first message.

use super::bindings::exports::smpp::operator_policy::message_ids;
use super::bindings::smpp::operator_policy::types;
use super::convert;
use super::error::LoadError;
use super::fixtures::Runner;
use super::imports::printable;
use super::load::{Compiled, hook_type};
use super::plugin::{Plugin, Slot, SlotError};
use smpp_domain::correlation::DlrMessageState;
use smpp_domain::dispatch::{LongMessageStrategy, MessageType, SmsEncoding};
use smpp_domain::ids::{AccountId, MessageId};
use smpp_domain::pdu::{Address, CommandStatus, DeliverSmPdu, SubmitSmPdu, Tlv, esm_class, tag};
use smpp_domain::policy::rewrite::PartPlace;
use smpp_domain::policy::{FaultCause, Hook, OutboundMessage};
use smpp_domain::receipt::{ReceiptIdOrigin, ReceiptReading};
use smpp_domain::session::SubmitResponse;
use std::time::Duration;

/// Problems of `settings.validate` that are shown.
const PROBLEMS: usize = 20;
/// For one example. A first call may be slower than later ones, and a loader thread of low priority is no measure.
pub(super) const EXAMPLE_DEADLINE: Duration = Duration::from_millis(100);
/// For all fixtures together.
const FIXTURES_TIME: Duration = Duration::from_secs(5);
/// Fixtures that fail and are shown.
const FAILURES: usize = 3;

/// Tries the plugin out. `operator` and `settings` are the ones that it will work with.
pub(super) fn try_out(
    plugin: &Plugin,
    operator: &str,
    settings: &str,
    start: Duration,
) -> Result<(), LoadError> {
    let mut slot = plugin.new_slot().map_err(|error| match error {
        SlotError::Hook(hook, error) => hook_type(hook, &plugin.compiled.manifest.contract, &error),
        SlotError::Start(error) => LoadError::Instantiate {
            reason: plugin.classify(&error).1,
        },
    })?;
    check_settings(plugin, &mut slot, operator, settings, start)?;
    for hook in &plugin.compiled.hooks {
        try_hook(plugin, &mut slot, *hook).map_err(|(cause, reason)| LoadError::Canned {
            hook: *hook,
            cause,
            reason,
        })?;
    }
    check_fixtures(plugin)
}

/// An instance of a plugin that is asked outside of any traffic, once it has taken its settings; else why not, in words.
pub(super) fn started(plugin: &Plugin, operator: &str) -> Result<Slot, String> {
    let mut slot = plugin.new_slot().map_err(|error| match error {
        SlotError::Hook(_, error) | SlotError::Start(error) => plugin.classify(&error).1,
    })?;
    let deadline = plugin.limits.start_deadline;
    let checked = check_settings(plugin, &mut slot, operator, plugin.settings(), deadline);
    checked.map_err(|error| error.in_words())?;
    Ok(slot)
}

/// What the plugin says of its settings.
fn check_settings(
    plugin: &Plugin,
    slot: &mut Slot,
    operator: &str,
    settings: &str,
    deadline: Duration,
) -> Result<(), LoadError> {
    slot.arm(deadline);
    let verdict = slot
        .guests
        .settings
        .as_ref()
        .map(|hook| hook.call_validate(&mut slot.store, settings));
    match verdict {
        None | Some(Ok(Ok(()))) => Ok(()),
        Some(Ok(Err(problems))) => {
            let operator = operator.to_owned();
            let problems = problems.iter().take(PROBLEMS).map(|problem| {
                let path = if problem.path.is_empty() {
                    "(the whole document)"
                } else {
                    &problem.path
                };
                printable(&format!("{path}: {}", problem.message), 256)
            });
            Err(LoadError::Settings {
                operator,
                problems: problems.collect::<Vec<_>>().join("; "),
            })
        }
        Some(Err(error)) => {
            let (cause, reason) = plugin.classify(&error);
            Err(LoadError::Canned {
                hook: Hook::Settings,
                cause,
                reason,
            })
        }
    }
}

/// What the plugin's author has seen to stays so.
fn check_fixtures(plugin: &Plugin) -> Result<(), LoadError> {
    let fixtures = &plugin.compiled.fixtures;
    let (mut runner, started) = (Runner::beside(plugin), crate::clock::now());
    let mut failures = Vec::new();
    for (done, fixture) in fixtures.iter().enumerate() {
        if crate::clock::now().saturating_duration_since(started) > FIXTURES_TIME {
            return Err(LoadError::FixturesSlow {
                done,
                all: fixtures.len(),
                limit: FIXTURES_TIME,
            });
        }
        if let Err(failure) = runner.run(fixture) {
            failures.push((fixture, failure));
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    let shown = failures.iter().take(FAILURES);
    let shown = shown.map(|(fixture, failure)| format!("{:?}: {}", fixture.name, failure.in_words()));
    Err(LoadError::FixturesFail {
        failed: failures.len(),
        all: fixtures.len(),
        reason: shown.collect::<Vec<_>>().join("; "),
    })
}

type Tried = Result<(), (FaultCause, String)>;

/// One or more plain examples. A fault that the plugin states itself is a fine answer: the example is not its
/// operator's traffic.
fn try_hook(plugin: &Plugin, slot: &mut Slot, hook: Hook) -> Tried {
    match hook {
        Hook::Settings => Ok(()),
        Hook::Encoding => try_encoding(plugin, slot),
        Hook::Splitting => try_splitting(plugin, slot),
        Hook::Submit => try_submit(plugin, slot),
        Hook::SubmitResult => try_submit_result(plugin, slot),
        Hook::MessageIds => try_message_ids(plugin, slot),
        Hook::Inbound => try_inbound(plugin, slot),
    }
}

/// What a call gave, checked like a real one.
fn judge<A, T>(
    plugin: &Plugin,
    answer: wasmtime::Result<Result<A, types::Fault>>,
    read: impl FnOnce(A) -> Result<T, String>,
) -> Tried {
    match answer {
        Ok(Ok(answer)) => read(answer)
            .map(drop)
            .map_err(|text| (FaultCause::BadAnswer, text)),
        Ok(Err(_)) => Ok(()),
        Err(error) => Err(plugin.classify(&error)),
    }
}

fn try_encoding(plugin: &Plugin, slot: &mut Slot) -> Tried {
    let Some(hook) = slot.guests.encoding.clone() else {
        return Ok(());
    };
    for message in examples() {
        slot.arm(EXAMPLE_DEADLINE);
        let mut ids = convert::Ids::new();
        let answer = hook.call_choose(&mut slot.store, convert::message(&message, &mut ids));
        judge(plugin, answer, |answer| convert::encoded(answer, &message.text))?;
    }
    Ok(())
}

fn try_splitting(plugin: &Plugin, slot: &mut Slot) -> Tried {
    let Some(hook) = slot.guests.splitting.clone() else {
        return Ok(());
    };
    for message in examples() {
        let (data_coding, octets) = match message.encoding {
            SmsEncoding::Gsm7 => (0, message.text.chars().count()),
            SmsEncoding::Ucs2 => (8, 2 * message.text.encode_utf16().count()),
        };
        let octets = u32::try_from(octets).unwrap_or(u32::MAX);
        slot.arm(EXAMPLE_DEADLINE);
        let mut ids = convert::Ids::new();
        let asked = convert::message(&message, &mut ids);
        let answer = hook.call_plan(&mut slot.store, asked, data_coding, octets);
        judge(plugin, answer, |answer| convert::planned(answer, octets))?;
    }
    Ok(())
}

fn try_submit(plugin: &Plugin, slot: &mut Slot) -> Tried {
    let Some(hook) = slot.guests.submit.clone() else {
        return Ok(());
    };
    let [message, _] = examples();
    let pdu = SubmitSmPdu {
        source: message.source.clone(),
        destination: message.destination.clone(),
        registered_delivery: 1,
        short_message: message.text.clone().into_bytes(),
        ..SubmitSmPdu::default()
    };
    let segment = SubmitSmPdu {
        esm_class: esm_class::UDHI,
        short_message: b"\x05\x00\x03\x2F\x02\x02An example.".to_vec(),
        ..pdu.clone()
    };
    for (pdu, number, count) in [(pdu, 1, 1), (segment, 2, 2)] {
        slot.arm(EXAMPLE_DEADLINE);
        let (mut ids, tlvs) = (convert::Ids::new(), convert::tlvs(&pdu.tlvs));
        let (message, asked) = (convert::message(&message, &mut ids), convert::submit(&pdu, &tlvs));
        let place = convert::part(PartPlace { number, count });
        let answer = hook.call_rewrite(&mut slot.store, message, asked, place);
        judge(plugin, answer, |answer| convert::rewritten(answer, &pdu))?;
    }
    Ok(())
}

fn try_submit_result(plugin: &Plugin, slot: &mut Slot) -> Tried {
    let Some(hook) = slot.guests.submit_result.clone() else {
        return Ok(());
    };
    for (status, message_id) in [(0, "1A2B3C4D"), (0x58, "")] {
        let response = SubmitResponse {
            status: CommandStatus(status),
            message_id: message_id.to_owned(),
            ..SubmitResponse::default()
        };
        slot.arm(EXAMPLE_DEADLINE);
        let answer = hook.call_classify(&mut slot.store, convert::response(&response, &[], 1));
        judge(plugin, answer, |answer| convert::classified(answer, &response))?;
    }
    Ok(())
}

fn try_message_ids(plugin: &Plugin, slot: &mut Slot) -> Tried {
    use message_ids::Origin::{ReceiptText, ReceiptTlv, SubmitResp};
    let Some(hook) = slot.guests.message_ids.clone() else {
        return Ok(());
    };
    for raw in ["1A2B3C4D", "0439041101", "5f1d7c2e-0b6a"] {
        for origin in [SubmitResp, ReceiptText, ReceiptTlv] {
            slot.arm(EXAMPLE_DEADLINE);
            let answer = hook.call_normalise(&mut slot.store, raw, origin);
            judge(plugin, answer, convert::key)?;
        }
    }
    Ok(())
}

fn try_inbound(plugin: &Plugin, slot: &mut Slot) -> Tried {
    let Some(hook) = slot.guests.inbound.clone() else {
        return Ok(());
    };
    let mo = DeliverSmPdu {
        short_message: b"STOP".to_vec(),
        ..example_receipt().0
    };
    let mo = DeliverSmPdu {
        esm_class: 0,
        tlvs: Vec::new(),
        ..mo
    };
    let (receipt, reading) = example_receipt();
    for (pdu, reading) in [(receipt, Some(reading)), (mo, None)] {
        slot.arm(EXAMPLE_DEADLINE);
        let wit_reading = reading.as_ref().map(convert::reading);
        let tlvs = convert::tlvs(&pdu.tlvs);
        let answer = hook.call_interpret(&mut slot.store, convert::deliver(&pdu, &tlvs), wit_reading);
        judge(plugin, answer, |answer| {
            convert::interpreted(answer, &pdu, reading.as_ref())
        })?;
    }
    Ok(())
}

/// A short one in GSM 7-bit, and one in UCS-2 that needs several parts.
fn examples() -> [OutboundMessage; 2] {
    let address = |ton, npi, digits: &str| Address {
        ton,
        npi,
        digits: digits.to_owned(),
    };
    let short = OutboundMessage {
        message_id: MessageId(uuid::Uuid::nil()),
        account_id: AccountId(uuid::Uuid::nil()),
        source: address(5, 0, "Example"),
        destination: address(1, 1, "491510000000"),
        text: "An example.".to_owned(),
        encoding: SmsEncoding::Gsm7,
        message_type: MessageType::Sms,
        long_message_strategy: LongMessageStrategy::Csms,
    };
    let text = "Приме́р \u{1F389} ".repeat(16);
    let long = OutboundMessage {
        text,
        encoding: SmsEncoding::Ucs2,
        ..short.clone()
    };
    [short, long]
}

fn example_receipt() -> (DeliverSmPdu, ReceiptReading) {
    let text = "id:1A2B3C4D sub:001 dlvrd:001 submit date:2601011159 done date:2601011200 stat:DELIVRD err:000 text:";
    let pdu = DeliverSmPdu {
        source: Address {
            ton: 1,
            npi: 1,
            digits: "491510000000".to_owned(),
        },
        destination: Address {
            ton: 5,
            npi: 0,
            digits: "Example".to_owned(),
        },
        esm_class: esm_class::DELIVERY_RECEIPT,
        short_message: text.as_bytes().to_vec(),
        tlvs: vec![
            Tlv {
                tag: tag::RECEIPTED_MESSAGE_ID,
                value: b"1A2B3C4D\0".to_vec(),
            },
            Tlv {
                tag: tag::MESSAGE_STATE,
                value: vec![2],
            },
        ],
        ..DeliverSmPdu::default()
    };
    let reading = ReceiptReading {
        message_id: "1A2B3C4D".to_owned(),
        origin: ReceiptIdOrigin::Tlv,
        state: DlrMessageState::Delivered,
        is_final: true,
        raw_state: "DELIVRD".to_owned(),
        raw_error: "000".to_owned(),
        done_at: Some("2601011200".to_owned()),
        ..ReceiptReading::default()
    };
    (pdu, reading)
}

/// The hooks of a component, for people.
pub(super) fn hook_names(compiled: &Compiled) -> String {
    compiled
        .hooks
        .iter()
        .map(|hook| hook.name())
        .collect::<Vec<_>>()
        .join(", ")
}
