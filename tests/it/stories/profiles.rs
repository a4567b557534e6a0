//! Every profile of the simulated SMSC: each message has one outcome and, where a receipt comes, one end.

use super::{count, of_kind, outcomes};
use serde_json::Value;
use smpp_connector_tests::{Gateway, Message, Operator, plugin};
use smsc_sim::{PROFILES, Smsc, profile};
use std::collections::BTreeMap;

const COUNT: usize = 200;

/// Destinations with the endings that profiles attach a meaning to, and others.
fn messages() -> Vec<Message> {
    let to = |i: usize| match i % 20 {
        0 => format!("4915{i:05}000"),
        1 => format!("4915{i:05}001"),
        2 => format!("4915{i:05}002"),
        3 => format!("4915{i:05}003"),
        _ => format!("4915{i:05}999"),
    };
    (0..COUNT)
        .map(|i| Message::to(&to(i)).text(&format!("Grüße {i}")))
        .collect()
}

/// The example plugin that this operator needs, if it needs one.
fn policy_for(profile: &str) -> Option<&'static str> {
    match profile {
        "latin1" => Some("latin1"),
        "hexdec" | "turned-decimal" => Some("hexdec"),
        _ => None,
    }
}

async fn plays(name: &str) {
    assert!(PROFILES.iter().any(|(known, _)| *known == name));
    let smsc = Smsc::start(profile(name).unwrap()).await.unwrap();
    let mut operator = Operator::at(smsc.addr())
        .session("window", "50")
        .session("response_timeout", "\"3s\"");
    if let Some(policy) = policy_for(name) {
        operator = operator.plugin(plugin(policy));
    }
    let gateway = Gateway::start(vec![operator]).await;
    let messages = messages();
    gateway.send(&messages).await;
    gateway
        .events_until(|events| count(events, "submit") == COUNT)
        .await;
    let refused = COUNT / 20;
    if name == "odd" {
        return assert_hinted(&smsc, &gateway, &messages).await;
    }
    let ended = |events: &[Value]| {
        events
            .iter()
            .filter(|event| event["messageFinal"] == true)
            .count()
    };
    let events = gateway
        .events_until(|events| ended(events) >= COUNT - refused)
        .await;

    let mut ends: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for end in of_kind(&events, "dlr")
        .into_iter()
        .filter(|event| event["messageFinal"] == true)
    {
        ends.entry(end["messageId"].as_str().unwrap())
            .or_default()
            .push(&end["messageState"]);
    }
    for (i, message) in messages.iter().enumerate() {
        let (outcome, end) = match i % 20 {
            0 => ("REJECTED", None),
            1 => ("ACCEPTED", Some("UNDELIVERABLE")),
            2 => ("ACCEPTED", Some("EXPIRED")),
            3 => ("ACCEPTED", Some("REJECTED")),
            _ => ("ACCEPTED", Some("DELIVERED")),
        };
        assert_eq!(outcomes(&events, message), [outcome], "{name}, message {i}");
        let own = ends
            .get(message.id().to_string().as_str())
            .cloned()
            .unwrap_or_default();
        assert_eq!(own, end.into_iter().collect::<Vec<_>>(), "{name}, message {i}");
    }
}

/// An operator whose receipts write the ids in another case needs a policy; until it has one, every receipt says so.
async fn assert_hinted(smsc: &Smsc, gateway: &Gateway, messages: &[Message]) {
    // Each receipt comes twice. Some numbers that are refused otherwise are accepted by this profile's double answers.
    let receipts = usize::try_from(2 * smsc.counters().accepted).unwrap();
    let events = gateway
        .events_until(|events| count(events, "unmatched") == receipts)
        .await;
    for unmatched in of_kind(&events, "unmatched") {
        let hint = unmatched["hint"].as_str().unwrap();
        assert!(hint.contains("in lower case"), "{hint}");
    }
    let all: Vec<_> = messages
        .iter()
        .map(|message| outcomes(&events, message))
        .collect();
    let accepted = all.iter().filter(|own| **own == ["ACCEPTED"]).count();
    assert_eq!(2 * accepted, receipts);
    assert!(all.iter().all(|own| own.len() == 1), "{all:?}");
}

macro_rules! profiles {
    ($($test:ident: $name:literal),+ $(,)?) => {
        const TOLD: &[&str] = &[$($name),+];
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                plays($name).await;
            }
        )+
    };
}

profiles! {
    plain: "plain",
    latin1: "latin1",
    hexdec: "hexdec",
    hex: "hex",
    turned_decimal: "turned-decimal",
    slow: "slow",
    throttling: "throttling",
    early_receipts: "early-receipts",
    odd: "odd",
    flaky: "flaky",
}

#[test]
fn no_profile_is_left_out() {
    let names: Vec<_> = PROFILES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, TOLD);
}
