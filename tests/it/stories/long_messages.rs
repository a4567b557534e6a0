//! Messages of several parts.

use super::{number, seen, shown};
use serde_json::{Value, json};
use smpp_connector_tests::{Gateway, Message, Operator, plugin};
use smsc_sim::{Concatenation, Rule, Script, Smsc, Then, When, status};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What the SMSC puts together from one message.
async fn reassembled(message: Message) -> (Value, String, Concatenation) {
    reassembled_under("{}", message).await
}

/// The same with these `[splitting]` settings.
async fn reassembled_under(splitting: &str, message: Message) -> (Value, String, Concatenation) {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr()).set("splitting", splitting);
    let gateway = Gateway::start(vec![operator]).await;
    gateway.send(std::slice::from_ref(&message)).await;
    let outcome = gateway.outcome(message.id()).await;
    let received = smsc.messages();
    let [received] = received.as_slice() else {
        panic!("{received:?}")
    };
    assert!(received.is_complete());
    (
        outcome,
        shown(received.data_coding, &received.octets),
        received.concatenation,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_gsm7_text_arrives_as_it_was_written() {
    // The euro signs take two octets each: at some of the 152 shifts one of them falls onto the border of a part.
    let text = format!("{}{}", "€uro ".repeat(60), "a".repeat(151));
    let (outcome, received, concatenation) = reassembled(Message::to("491510000009").text(&text)).await;
    assert_eq!((received, concatenation), (text, Concatenation::Udh8));
    assert_eq!(
        (&outcome["partCount"], &outcome["outcome"]),
        (&json!(4), &json!("ACCEPTED"))
    );
    let ids: Vec<_> = outcome["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| &p["operatorMessageId"])
        .collect();
    assert_eq!(ids, [&json!("1"), &json!("2"), &json!("3"), &json!("4")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_text_with_emoji_arrives_as_it_was_written() {
    let text = format!("x{}", "😀".repeat(100));
    let message = Message::to("491510000009")
        .text(&text)
        .with("encoding", json!("UCS2"));
    let (outcome, received, concatenation) = reassembled(message).await;
    assert_eq!((received, concatenation), (text, Concatenation::Udh8));
    assert_eq!(
        (&outcome["partCount"], &outcome["dataCoding"]),
        (&json!(4), &json!(8))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_text_may_go_in_message_payload() {
    let text = "All of it at once. ".repeat(40);
    let message = Message::to("491510000009")
        .text(&text)
        .with("longMessageStrategy", json!("TLV"));
    let (outcome, received, concatenation) = reassembled(message).await;
    assert_eq!((received, concatenation), (text, Concatenation::Payload));
    assert_eq!(
        (&outcome["partCount"], &outcome["longMessageStrategy"]),
        (&json!(1), &json!("TLV"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_says_how_long_texts_come_to_it() {
    let text = format!("{}{}", "€uro ".repeat(60), "a".repeat(151));
    for (splitting, strategy, concatenation, parts) in [
        (r#"{ mode = "udh16" }"#, "CSMS", Concatenation::Udh16, 4),
        (r#"{ mode = "sar" }"#, "CSMS", Concatenation::Sar, 4),
        (r#"{ mode = "payload" }"#, "CSMS", Concatenation::Payload, 1),
        (r#"{ mode = "sar" }"#, "TLV", Concatenation::Payload, 1),
        (
            r#"{ mode = "sar", takes_payload = false }"#,
            "TLV",
            Concatenation::Sar,
            4,
        ),
        (
            r#"{ payload_max_octets = 400, payload_fallback = "udh16" }"#,
            "TLV",
            Concatenation::Udh16,
            4,
        ),
        ("{ max_octets = 100 }", "CSMS", Concatenation::Udh8, 6),
    ] {
        let message = Message::to("491510000009")
            .text(&text)
            .with("longMessageStrategy", json!(strategy));
        let (outcome, received, found) = reassembled_under(splitting, message).await;
        assert_eq!(outcome["outcome"], "ACCEPTED", "{splitting}: {outcome:#}");
        assert_eq!((&received, found), (&text, concatenation), "{splitting}");
        assert_eq!(outcome["partCount"], json!(parts), "{splitting}");
        let shown = if concatenation == Concatenation::Payload {
            "TLV"
        } else {
            "CSMS"
        };
        assert_eq!(outcome["longMessageStrategy"], shown, "{splitting}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_may_ask_for_its_kind_of_parts() {
    let text = "a".repeat(400);
    for (splitting, asked, concatenation) in [
        (r#"{ mode = "udh8" }"#, "udh16", Concatenation::Udh16),
        (r#"{ mode = "udh16" }"#, "sar", Concatenation::Sar),
        (r#"{ mode = "payload" }"#, "udh8", Concatenation::Udh8),
    ] {
        let message = Message::to("491510000009")
            .text(&text)
            .with("splitting", json!(asked));
        let (outcome, received, found) = reassembled_under(splitting, message).await;
        assert_eq!(
            (&received, found),
            (&text, concatenation),
            "{splitting}: {outcome:#}"
        );
    }
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr()).set("splitting", r#"{ mode = "reject" }"#);
    let gateway = Gateway::start(vec![operator]).await;
    let message = Message::to("491510000009")
        .text(&text)
        .with("splitting", json!("udh8"));
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.outcome(message.id()).await["outcome"], "REJECTED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_policy_answers_wins_over_the_file() {
    let text = "é".repeat(300);
    for (policy, concatenation) in [
        // Its own limit decides between message_payload and headers.
        ("{ max_payload_octets = 300 }", Concatenation::Payload),
        ("{ max_payload_octets = 299 }", Concatenation::Udh8),
    ] {
        let smsc = Smsc::start(Script::new()).await.unwrap();
        let operator = Operator::at(smsc.addr())
            .set("splitting", r#"{ mode = "sar", takes_payload = false }"#)
            .plugin(plugin("latin1"))
            .policy("settings", policy);
        let gateway = Gateway::start(vec![operator]).await;
        let message = Message::to("491510000009").text(&text);
        gateway.send(std::slice::from_ref(&message)).await;
        assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
        let received = smsc.messages();
        assert_eq!(received[0].concatenation, concatenation, "{policy}");
        assert_eq!(received[0].octets.as_ref(), [0xE9; 300], "{policy}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_says_which_texts_are_too_long() {
    for (splitting, strategy, reason) in [
        (
            r#"{ mode = "reject" }"#,
            "CSMS",
            "its 161 octets need 2 parts, and at most 1 are allowed",
        ),
        (
            "{ max_parts = 1 }",
            "CSMS",
            "its 161 octets need 2 parts, and at most 1 are allowed",
        ),
        (
            "{ payload_max_octets = 160 }",
            "TLV",
            "its 161 octets do not fit message_payload, which holds 160 here",
        ),
    ] {
        let smsc = Smsc::start(Script::new()).await.unwrap();
        let operator = Operator::at(smsc.addr()).set("splitting", splitting);
        let gateway = Gateway::start(vec![operator]).await;
        let to = Message::to("491510000009").with("longMessageStrategy", json!(strategy));
        let short = to.clone().text(&"a".repeat(160));
        let long = to
            .with("messageId", json!(uuid::Uuid::now_v7()))
            .text(&"a".repeat(161));
        gateway.send(&[long.clone(), short.clone()]).await;
        let outcome = gateway.outcome(long.id()).await;
        assert_eq!(outcome["outcome"], "REJECTED", "{splitting}");
        let said = outcome["reason"].as_str().unwrap();
        assert!(said.ends_with(reason), "{said}");
        assert_eq!(
            gateway.outcome(short.id()).await["outcome"],
            "ACCEPTED",
            "{splitting}"
        );
        assert_eq!(smsc.counters().submits, 1, "{splitting}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_part_stops_the_rest() {
    let refuse = Rule::when(When::All(vec![When::HasHeader, When::PartNumber(2)]))
        .then(Then::Status(status::INVALID_DESTINATION));
    let smsc = Smsc::start(Script::new().respond(refuse)).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let long = Message::to("491510000009").text(&"a".repeat(400));
    gateway.send(std::slice::from_ref(&long)).await;
    let outcome = gateway.outcome(long.id()).await;
    assert_eq!(
        (&outcome["outcome"], &outcome["partial"]),
        (&json!("REJECTED"), &json!("1/3"))
    );
    assert_eq!(
        (&outcome["commandStatus"], &outcome["partCount"]),
        (&json!(0x0B), &json!(3))
    );
    let statuses: Vec<_> = outcome["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| &p["commandStatus"])
        .collect();
    assert_eq!(statuses, [&json!(0), &json!(0x0B)]);

    // Whatever comes next on the only bind comes after what would have been part 3.
    let short = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&short)).await;
    gateway.outcome(short.id()).await;
    assert_eq!(smsc.counters().submits, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_of_too_many_parts_is_rejected_before_the_first() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let message = Message::to("491510000009").text(&"a".repeat(153 * 255 + 1));
    gateway.send(std::slice::from_ref(&message)).await;
    let outcome = gateway.outcome(message.id()).await;
    assert_eq!(
        (&outcome["outcome"], &outcome["parts"]),
        (&json!("REJECTED"), &json!([]))
    );
    assert!(
        outcome["reason"].as_str().unwrap().contains("256 parts"),
        "{outcome}"
    );
    assert_eq!(smsc.counters().submits, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_go_in_order_on_one_of_several_binds() {
    let script = Script::new()
        .latency(Duration::from_millis(2))
        .jitter(Duration::from_millis(20), 7);
    let smsc = Smsc::start(script).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr()).session("binds", "3")]).await;
    seen(&smsc, |seen| seen.bound == 3).await;
    let text = "b".repeat(153 * 4);
    let messages: Vec<_> = (0..30).map(|i| Message::to(&number(i)).text(&text)).collect();
    gateway.send(&messages).await;
    for message in &messages {
        assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    }

    let mut by_destination: BTreeMap<String, Vec<(u64, u8)>> = BTreeMap::new();
    for submit in smsc.submits() {
        let part = submit.short_message[5];
        by_destination
            .entry(submit.destination.digits)
            .or_default()
            .push((submit.link, part));
    }
    assert_eq!(by_destination.len(), messages.len());
    let mut links = BTreeSet::new();
    for (destination, parts) in by_destination {
        let link = parts[0].0;
        links.insert(link);
        assert_eq!(
            parts,
            [(link, 1), (link, 2), (link, 3), (link, 4)],
            "{destination}"
        );
    }
    assert_eq!(links.len(), 3, "every bind had its share");
}
