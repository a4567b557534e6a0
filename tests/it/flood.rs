//! Traffic at full speed, where the order of what happens side by side is luck.

use serde_json::Value;
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Record, Script, Smsc};
use std::collections::HashSet;

/// The operator answers at once and sends each receipt with the answer, so both sides of every race win now and then:
/// all places taken, all answers in, and only the settler still to free them; a receipt before, during and after the
/// settlement of its row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_goes_through_to_the_last_receipt() {
    const MESSAGES: usize = 3_000;
    let smsc = Smsc::start(Script::new().record(Record::Counts))
        .await
        .expect("a free port");
    let operator = Operator::at(smsc.addr())
        .set("tps_limit", "1000000")
        .set("unmatched_after", "\"1h\"")
        .session("window", "100");
    let gateway = Gateway::start(vec![operator]).await;
    let messages: Vec<_> = (0..MESSAGES)
        .map(|n| Message::to(&format!("+49151{n:08}")))
        .collect();
    gateway.send(&messages).await;

    let of = |events: &[Value], kind: &str| -> Vec<String> {
        let found = events.iter().filter(|event| event["type"] == kind);
        found
            .filter_map(|event| event["messageId"].as_str().map(ToOwned::to_owned))
            .collect()
    };
    let events = gateway
        .events_until(|events| of(events, "dlr").len() >= MESSAGES)
        .await;
    let wanted: HashSet<_> = messages.iter().map(|message| message.id().to_string()).collect();
    for kind in ["submit", "dlr"] {
        let told = of(&events, kind);
        assert_eq!(told.len(), MESSAGES, "{kind}: once for each message");
        assert!(
            told.into_iter().collect::<HashSet<_>>() == wanted,
            "{kind}: for each message"
        );
    }
    assert_eq!(
        smsc.counters().accepted,
        u64::try_from(MESSAGES).expect("a small number")
    );
    gateway.shutdown().await;
}
