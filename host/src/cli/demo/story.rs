//! The end of the demo: a small table, and one message told in octets and words.

use super::stage::Stage;
use super::tally::Tally;
use serde_json::Value;
use smsc_sim::Submit;
use std::time::Duration;

pub(super) fn table(tally: &Tally, took: Duration) {
    let swap = tally.slowest_swap().as_millis();
    println!();
    println!("  sent         {:>8}", tally.sent());
    println!("  delivered    {:>8}", tally.delivered());
    println!("  lost         {:>8}", tally.lost());
    println!("  duplicated   {:>8}", tally.duplicated());
    println!(
        "  swaps        {:>8}   file in place to new behaviour: {swap} ms",
        tally.swaps.len()
    );
    println!("  took         {:>8.1} s", took.as_secs_f64());
}

/// Tells one long message from before and one from after the last swap.
pub(super) fn tell(stage: &Stage, tally: &Tally) {
    let long = tally
        .stories
        .values()
        .filter(|events| events.len() >= 2 && dlr(events).is_some());
    let (mut parts, mut payload) = (None, None);
    for events in long {
        let slot = match events
            .first()
            .and_then(|event| event["longMessageStrategy"].as_str())
        {
            Some("TLV") => &mut payload,
            _ if events
                .first()
                .is_some_and(|event| event["partCount"].as_u64() > Some(1)) =>
            {
                &mut parts
            }
            _ => continue,
        };
        slot.get_or_insert(events);
    }
    if let Some(events) = parts {
        println!("\nA long message before the swap:");
        one(stage, events);
    }
    if let Some(events) = payload {
        println!("\nThe same text after the swap:");
        one(stage, events);
    }
}

fn dlr(events: &[Value]) -> Option<&Value> {
    events
        .iter()
        .find(|event| event["type"] == "dlr" && event["messageFinal"] == true)
}

fn one(stage: &Stage, events: &[Value]) {
    let Some((submit, dlr)) = events
        .iter()
        .find(|event| event["type"] == "submit")
        .zip(dlr(events))
    else {
        return;
    };
    let policy = &submit["policy"];
    println!("  command    messageId {}", text(&submit["messageId"]));
    println!(
        "  policy     {} {} (sha256 {}…): {}, data_coding {}, {}",
        text(&policy["plugin"]),
        text(&policy["version"]),
        text(&policy["sha256"]).chars().take(12).collect::<String>(),
        text(&submit["encoding"]),
        submit["dataCoding"],
        text(&submit["longMessageStrategy"]),
    );
    let destination = text(&dlr["to"]);
    for pdu in stage.submits_to(destination.trim_start_matches('+')) {
        println!("  submit_sm  {}", described(&pdu));
    }
    for part in submit["parts"].as_array().into_iter().flatten() {
        println!(
            "  response   part {}: status {}, operator id {}",
            part["partNumber"],
            part["commandStatus"],
            text(&part["operatorMessageId"])
        );
    }
    println!("  outcome    {}", text(&submit["outcome"]));
    for event in events.iter().filter(|event| event["type"] == "dlr") {
        println!(
            "  receipt    part {}/{}: \"{}\" -> {}{}",
            event["partNumber"],
            event["partCount"],
            text(&event["rawState"]),
            text(&event["state"]),
            match event["messageState"].as_str() {
                Some(state) => format!(", message {state}"),
                None => String::new(),
            }
        );
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

fn described(pdu: &Submit) -> String {
    let tlvs: Vec<_> = pdu
        .tlvs
        .iter()
        .map(|tlv| {
            format!(
                "TLV {:04x} of {} octets{}",
                tlv.tag,
                tlv.value.len(),
                head(&tlv.value)
            )
        })
        .collect();
    format!(
        "esm_class 0x{:02x}, data_coding 0x{:02x}, {} octets{}{}{}",
        pdu.esm_class,
        pdu.data_coding,
        pdu.short_message.len(),
        head(&pdu.short_message),
        if tlvs.is_empty() { "" } else { ", " },
        tlvs.join(", ")
    )
}

/// The first octets in hex.
fn head(octets: &[u8]) -> String {
    const SHOWN: usize = 16;
    let shown: String = octets
        .iter()
        .take(SHOWN)
        .map(|octet| format!("{octet:02x}"))
        .collect();
    let more = if octets.len() > SHOWN { "…" } else { "" };
    if shown.is_empty() {
        String::new()
    } else {
        format!(" [{shown}{more}]")
    }
}
