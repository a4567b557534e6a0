//! Policies that look at each submit_sm, and at each answer.

use super::{count, seen};
use serde_json::{Value, json};
use smpp_connector_tests::{Gateway, Message, Operator, plugin};
use smsc_sim::{Rule, Script, Smsc, Then, When, status};

const SETTINGS: &str = r#"{ entity_id = "1101456700000012345", template_id = "1107160000000000042" }"#;

async fn smsc(script: Script) -> Smsc {
    Smsc::start(script).await.unwrap()
}

fn registered(smsc: &Smsc, settings: &str) -> Operator {
    Operator::at(smsc.addr())
        .plugin(plugin("dlt"))
        .policy("settings", settings)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_part_carries_what_the_policy_adds() {
    let smsc = smsc(Script::new()).await;
    let gateway = Gateway::start(vec![registered(&smsc, SETTINGS)]).await;
    let own = json!([{ "tag": 0x1401, "value": "3432" }, { "tag": 0x0204, "value": "0007" }]);
    let long = Message::to("919800000001")
        .text(&"long ".repeat(60))
        .with("tlvs", own);
    let short = Message::to("919800000002");
    gateway.send(&[long.clone(), short.clone()]).await;
    for message in [&long, &short] {
        let outcome = gateway.outcome(message.id()).await;
        assert_eq!(
            (&outcome["outcome"], &outcome["policy"]["plugin"]),
            (&json!("ACCEPTED"), &json!("acme"))
        );
    }
    let submits = smsc.submits();
    assert_eq!(submits.len(), 3);
    for submit in &submits {
        assert_eq!(submit.tlv(0x1400).unwrap(), &b"1101456700000012345\0"[..]);
        let is_long = submit.destination.digits == "919800000001";
        let template: &[u8] = if is_long {
            b"42\0"
        } else {
            b"1107160000000000042\0"
        };
        assert_eq!(submit.tlv(0x1401).unwrap(), template);
        assert_eq!(submit.tlv(0x0204).is_some(), is_long);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_policy_refuses_is_rejected_before_any_part_is_sent() {
    let smsc = smsc(Script::new()).await;
    let gateway = Gateway::start(vec![registered(&smsc, r#"{ entity_id = "1101" }"#)]).await;
    let message = Message::to("919800000001").text(&"long ".repeat(60));
    gateway.send(std::slice::from_ref(&message)).await;
    let outcome = gateway.outcome(message.id()).await;
    let reason = outcome["reason"].as_str().unwrap();
    assert!(
        outcome["outcome"] == "REJECTED" && reason.contains("no DLT template"),
        "{outcome}"
    );
    assert_eq!(
        (&outcome["parts"], &outcome["partial"]),
        (&json!([]), &Value::Null)
    );
    assert_eq!(smsc.counters().submits, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policys_words_for_a_refusal_are_told_and_counted() {
    let to = |suffix: &str| When::DestinationSuffix(suffix.into());
    let smsc = smsc(
        Script::new()
            .respond(Rule::when(to("1")).then(Then::Status(0x40A)))
            .respond(Rule::when(to("2")).then(Then::Status(status::INVALID_DESTINATION))),
    )
    .await;
    let gateway = Gateway::start(vec![registered(&smsc, SETTINGS)]).await;
    for (to, code, status) in [
        ("919800000001", json!("dnd"), 0x40A),
        ("919800000002", Value::Null, status::INVALID_DESTINATION),
    ] {
        let message = Message::to(to);
        gateway.send(std::slice::from_ref(&message)).await;
        let outcome = gateway.outcome(message.id()).await;
        assert_eq!(
            (
                &outcome["outcome"],
                &outcome["rejectionCode"],
                &outcome["commandStatus"]
            ),
            (&json!("REJECTED"), &code, &json!(status))
        );
    }
    let metrics = gateway.app.metrics.render();
    let line = r#"smpp_connector_rejections_total{operator="acme",code="dnd"} 1"#;
    assert!(metrics.contains(line), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policys_own_throttling_and_retries_count_as_such() {
    let throttled = Rule::when(When::First(5)).then(Then::Status(status::SUBMIT_FAILED));
    let nameless = Rule::when(When::Nth(8)).then(Then::EmptyId);
    let smsc = smsc(Script::new().respond(throttled).respond(nameless)).await;
    let settings = SETTINGS.replace(" }", r#", submit_failed = "throttle", no_message_id = "retry" }"#);
    let gateway = Gateway::start(vec![registered(&smsc, &settings)]).await;
    let messages = super::messages(20);
    gateway.send(&messages).await;
    let events = gateway.events_until(|events| count(events, "submit") == 20).await;
    super::assert_outcomes(&events, &messages, "ACCEPTED");
    let seen = seen(&smsc, |seen| seen.submits >= 26).await;
    assert_eq!(
        (seen.submits, seen.accepted),
        (26, 21),
        "the one without an id went twice"
    );
    let metrics = gateway.app.metrics.render();
    let tps = metrics
        .lines()
        .find(|line| line.starts_with("smpp_connector_tps_rate{"))
        .unwrap();
    let rate: f64 = tps.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(rate < 10_000.0, "{tps}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rewritten_part_that_breaks_its_message_is_a_fault() {
    let refused =
        Rule::when(When::DestinationSuffix("2".into())).then(Then::Status(status::INVALID_DESTINATION));
    let smsc = smsc(Script::new().respond(refused)).await;
    let operator = Operator::at(smsc.addr())
        .plugin(plugin("hostile"))
        .policy("on_failure", "\"reject\"");
    let gateway = Gateway::start(vec![operator]).await;
    let good = Message::to("919800000001").text("good");
    let refused = Message::to("919800000002").text("refused");
    let bad = Message::to("919800000003").text("!submit:bad-segment");
    gateway.send(&[good.clone(), refused.clone(), bad.clone()]).await;
    for (message, outcome, words) in [
        (&good, "ACCEPTED", ""),
        (&refused, "REJECTED", "ESME_RINVDSTADR"),
        (
            &bad,
            "REJECTED",
            "submit: bad_answer: sar_msg_ref_num is the host's",
        ),
    ] {
        let event = gateway.outcome(message.id()).await;
        let reason = event["reason"].as_str().unwrap_or_default();
        assert!(event["outcome"] == outcome && reason.contains(words), "{event}");
    }
    assert_eq!(smsc.counters().submits, 2);
}
