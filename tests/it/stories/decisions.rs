//! What is recorded of what was decided: all of a message, receipts with what would have matched them, and nothing private.

use super::count;
use serde_json::{Value, json};
use smpp_connector_tests::{Gateway, Message, Operator, http, plugin};
use smsc_sim::{Mo, Receipts, Rule, Script, Smsc, Then, When};
use std::sync::Arc;

const NUMBER: &str = "491510000009";
const TEXT: &str = "Ihr geheimer Code: 4711";

async fn get(gateway: &Gateway, path: &str) -> http::Answer {
    let url = gateway.url(path);
    let answer = tokio::task::spawn_blocking(move || http::request("GET", &url, &[], b""));
    answer.await.expect("no panic").expect("an answer")
}

async fn decisions(gateway: &Gateway, query: &str) -> Vec<Value> {
    let answer = get(gateway, &format!("/api/v1/decisions?limit=10000&{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["decisions"].as_array().expect("a list").clone()
}

/// Takes messages under hexadecimal ids, and sends no receipts by itself.
async fn hexadecimal(ids: usize) -> Smsc {
    let script = (1..=ids).fold(Script::new(), |script, nth| {
        let body = format!("{:X}\0", 0xABC0 + nth).into_bytes();
        let nth = u64::try_from(nth).expect("a few");
        script.respond(Rule::when(When::Nth(nth)).then(Then::Body(body.into())))
    });
    Smsc::start(script.receipts(Receipts::off()))
        .await
        .expect("an SMSC")
}

/// A receipt with an id.
async fn receipt(smsc: &Smsc, id: &str) {
    let text = format!("id:{id} sub:001 stat:DELIVRD err:000 text:{TEXT}");
    let receipt = Mo {
        esm_class: 0x04,
        octets: text.into_bytes().into(),
        ..Mo::text(NUMBER, "Story", "")
    };
    assert_eq!(smsc.send_mo(receipt).await, Ok(0));
}

async fn sent(gateway: &Gateway, count: usize) -> Vec<Message> {
    let messages: Vec<_> = (0..count).map(|_| Message::to(NUMBER).text(TEXT)).collect();
    for message in &messages {
        gateway.send(std::slice::from_ref(message)).await;
        assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    }
    messages
}

/// Waits until so many decisions are found.
async fn enough(gateway: &Gateway, query: &str, count: usize) -> Vec<Value> {
    let deadline = std::time::Instant::now() + smpp_connector_tests::PATIENCE;
    loop {
        let found = decisions(gateway, query).await;
        if found.len() >= count {
            return found;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "{} of {count}: {found:#?}",
            found.len()
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

fn hooks(decisions: &[Value]) -> Vec<&str> {
    decisions
        .iter()
        .rev()
        .filter_map(|decision| decision["hook"].as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_about_a_message_is_recorded_and_nothing_private() {
    let smsc = hexadecimal(2).await;
    let gateway = Gateway::start(vec![Operator::at(smsc.addr()).named("acme")]).await;
    let messages = sent(&gateway, 2).await;
    receipt(&smsc, "ABC1").await;
    gateway.end(messages[0].id()).await;
    let all = enough(&gateway, "operator=acme", 12).await;
    let id = messages[0].id().to_string();
    let own: Vec<_> = all
        .iter()
        .filter(|one| one["messageId"] == id.as_str())
        .cloned()
        .collect();
    assert_eq!(
        hooks(&own),
        [
            "encoding",
            "splitting",
            "submit",
            "submit-result",
            "message-ids",
            "inbound",
            "message-ids"
        ]
    );
    let outcomes: Vec<_> = own
        .iter()
        .rev()
        .map(|one| one["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(
        outcomes,
        [
            "planned", "planned", "planned", "accepted", "accepted", "matched", "matched"
        ]
    );
    for decision in &own {
        assert_eq!(decision["policy"], Value::Null, "the built-in behaviour");
        let expected = match decision["hook"].as_str() {
            Some("message-ids") => Value::Null,
            _ => json!("host-default"),
        };
        assert_eq!(decision["answer"], expected, "{decision:#}");
        assert!(decision.get("answer").is_some());
    }
    let encoding = own.iter().find(|one| one["hook"] == "encoding").unwrap();
    let message = &encoding["question"]["input"]["message"];
    assert_eq!(message["text"], "Xxx xxxxxxxx Xxxx: 0000");
    assert_eq!(message["destination"]["digits"], "999999999909");

    let summary = get(&gateway, "/api/v1/decisions/summary?operator=acme")
        .await
        .json();
    let counted = summary["decisions"].as_array().unwrap();
    let of = |hook: &str, outcome: &str| {
        counted
            .iter()
            .find(|one| one["hook"] == hook && one["outcome"] == outcome)
            .map(|one| (one["recorded"].clone(), one["share"].clone()))
    };
    assert_eq!(of("encoding", "planned"), Some((json!(2), json!(1.0))));
    assert_eq!(of("inbound", "matched"), Some((json!(1), json!(1.0))));

    assert_nothing_private(&gateway);
    gateway.shutdown().await;
}

/// No file of the recordings tells the number or the text.
fn assert_nothing_private(gateway: &Gateway) {
    let mut seen = 0;
    for name in ["decisions.ndjson", "pdus.ndjson"] {
        let text = std::fs::read_to_string(gateway.path("data").join(name)).expect("a file");
        assert!(text.lines().count() > 3, "{name}: {text}");
        let hex = |text: &str| hex_of(text.as_bytes());
        let wide: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for private in [
            NUMBER,
            &NUMBER[2..10],
            "geheim",
            "4711",
            &hex(NUMBER),
            &hex("geheim"),
            &hex_of(&wide),
        ] {
            assert!(!text.contains(private), "{private} in {name}");
        }
        seen += 1;
    }
    assert_eq!(seen, 2);
}

fn hex_of(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_that_turn_from_hexadecimal_to_decimal_tell_what_mends_them() {
    let smsc = hexadecimal(3).await;
    let operator = Operator::at(smsc.addr())
        .named("acme")
        .set("unmatched_after", "\"1s\"");
    let gateway = Gateway::start(vec![operator]).await;
    sent(&gateway, 3).await;
    for number in 1..=3 {
        receipt(&smsc, &(0xABC0 + number).to_string()).await;
    }
    receipt(&smsc, "nosuchid").await;
    let events = gateway
        .events_until(|events| count(events, "unmatched") == 4)
        .await;
    let hints = events.iter().filter(|event| event["type"] == "unmatched");
    let hints: Vec<_> = hints.filter_map(|event| event["hint"].as_str()).collect();
    assert_eq!(hints.len(), 3, "{hints:?}");
    let mend = "In [policy], set plugin = \"quirks\" and settings = { message_id = { submit_resp = \"hex\", \
                receipt = \"decimal\" } }";
    assert!(hints.iter().all(|hint| hint.contains(mend)), "{hints:#?}");
    assert!(
        hints
            .iter()
            .any(|hint| hint.starts_with("would match ABC1 if the id were read as decimal"))
    );

    let unmatched = enough(&gateway, "outcome=unmatched&hook=message-ids", 4).await;
    let hinted: Vec<_> = unmatched.iter().filter(|one| one["hint"].is_string()).collect();
    assert_eq!(hinted.len(), 3);
    let first = hinted.last().unwrap();
    assert_eq!(
        first["sameKey"],
        json!([{"raw": "ABC1", "origin": "submit-resp"}, {"raw": "43969", "origin": "receipt-text"}])
    );
    let inbound = decisions(&gateway, "outcome=unmatched&hook=inbound").await;
    assert_eq!(inbound.len(), 4);
    let octets = inbound[0]["question"]["input"]["pdu"]["short-message"]
        .as_str()
        .unwrap();
    assert!(
        octets.contains(&hex_of(b"nosuchid")),
        "the operator's own words: {octets}"
    );
    assert_nothing_private(&gateway);
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_plugin_answers_is_recorded_with_its_name() {
    let smsc = hexadecimal(1).await;
    let operator = Operator::at(smsc.addr()).named("acme").plugin(plugin("hexdec"));
    let gateway = Gateway::start(vec![operator]).await;
    let messages = sent(&gateway, 1).await;
    receipt(&smsc, "43969").await;
    gateway.end(messages[0].id()).await;
    let ids = enough(&gateway, "hook=message-ids", 2).await;
    let keys: Vec<_> = ids.iter().map(|one| one["answer"].clone()).collect();
    assert_eq!(keys[0], keys[1], "one key for both sides");
    assert!(keys[0].is_string());
    assert_eq!(ids[0]["policy"]["plugin"], "acme", "its file is called so");
    assert_eq!(ids[0]["outcome"], "matched");
    let encoding = decisions(&gateway, "hook=encoding").await;
    assert_eq!(
        encoding[0]["answer"], "host-default",
        "a hook that the plugin lacks"
    );
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_may_record_nothing_or_keep_texts() {
    let smsc = hexadecimal(2).await;
    let operator = || vec![Operator::at(smsc.addr()).named("acme")];
    let dir = || Arc::new(tempfile::tempdir().expect("a folder"));
    let off = Gateway::start_with(dir(), operator(), "recordings.decisions = false\n").await;
    sent(&off, 1).await;
    let answer = get(&off, "/api/v1/decisions").await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("[recordings]"), "{}", answer.body);
    assert!(!off.path("data/decisions.ndjson").exists());
    off.shutdown().await;

    let kept = Gateway::start_with(dir(), operator(), "recordings.texts = \"kept\"\n").await;
    sent(&kept, 1).await;
    let encoding = enough(&kept, "hook=encoding", 1).await;
    let message = &encoding[0]["question"]["input"]["message"];
    assert_eq!(message["text"], TEXT);
    assert_eq!(
        message["destination"]["digits"], "999999999909",
        "numbers are masked all the same"
    );
    for query in [
        "limit=0",
        "limit=10001",
        "hook=nothing",
        "since=yesterday",
        "colour=red",
    ] {
        let answer = get(&kept, &format!("/api/v1/decisions?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.body.contains("message-ids"), "{}", answer.body);
    }
    kept.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_a_flood_a_share_is_recorded_and_all_of_each_message() {
    const MESSAGES: usize = 600;
    let smsc = Smsc::start(Script::new()).await.expect("an SMSC");
    let operator = Operator::at(smsc.addr()).named("acme").set("tps_limit", "10000");
    let gateway = Gateway::start(vec![operator]).await;
    let messages: Vec<_> = (0..MESSAGES)
        .map(|i| Message::to(&super::number(i)).text(TEXT))
        .collect();
    gateway.send(&messages).await;
    gateway
        .events_until(|events| {
            let ends = events.iter().filter(|event| event["messageFinal"] == true);
            ends.count() == MESSAGES
        })
        .await;
    let all = decisions(&gateway, "").await;
    let mut by_message: std::collections::BTreeMap<&str, Vec<&str>> = std::collections::BTreeMap::new();
    for decision in all.iter().rev() {
        let message = decision["messageId"].as_str().expect("a message");
        by_message
            .entry(message)
            .or_default()
            .push(decision["hook"].as_str().expect("a hook"));
    }
    assert!(
        (50..MESSAGES).contains(&by_message.len()),
        "{} of {MESSAGES}",
        by_message.len()
    );
    for (message, mut hooks) in by_message {
        hooks.sort_unstable();
        // Of the response and of the receipt; a receipt that has overtaken its response is asked about again.
        let ids = hooks.iter().filter(|hook| **hook == "message-ids").count();
        assert!(ids >= 2, "{message}: {hooks:?}");
        hooks.dedup();
        let whole = [
            "encoding",
            "inbound",
            "message-ids",
            "splitting",
            "submit",
            "submit-result",
        ];
        assert_eq!(hooks, whole, "{message}");
    }
    gateway.shutdown().await;
}
