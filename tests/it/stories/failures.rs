//! What `on_failure` says, by hook and by cause, is what the message gets.

use super::of_kind;
use serde_json::Value;
use smpp_connector_tests::{Delivery, Gateway, Message, Operator, Peer, PeerLink, plugin};
use smsc_sim::{Script, Smsc};
use std::path::PathBuf;
use std::time::Duration;

/// Each cause, and what makes the plugin fail so.
const CAUSES: [(&str, &str); 8] = [
    ("unsupported", "unsupported"),
    ("malformed", "malformed"),
    ("misconfigured", "misconfigured"),
    ("other", "fault"),
    ("trap", "trap"),
    ("timeout", "loop"),
    ("limit", "huge"),
    ("bad_answer", "bad-unit"),
];

async fn hostile() -> PathBuf {
    tokio::task::spawn_blocking(|| plugin("hostile")).await.unwrap()
}

fn rejected(event: &Value) -> Option<&str> {
    (event["outcome"] == "REJECTED").then(|| event["reason"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_cause_gets_what_its_own_rule_says() {
    let (smsc, hostile) = (Smsc::start(Script::new()).await.unwrap(), hostile().await);
    let operators: Vec<_> = CAUSES
        .iter()
        .map(|(cause, _)| {
            Operator::at(smsc.addr())
                .named(&format!("for-{}", cause.replace('_', "-")))
                .plugin(hostile.clone())
                .policy(
                    "on_failure",
                    &format!("{{ encoding = {{ {cause} = \"reject\" }} }}"),
                )
        })
        .collect();
    let gateway = Gateway::start(operators.clone()).await;
    let message = |index: usize, operator: &Operator, misdeed: &str| {
        Message::to(&super::number(index))
            .operator(operator.id)
            .text(&format!("!encoding:{misdeed}"))
    };
    let mut sent = Vec::new();
    for (index, operator) in operators.iter().enumerate() {
        let other = (index + 1) % CAUSES.len();
        sent.push((index, message(index, operator, CAUSES[index].1), true));
        sent.push((index, message(100 + index, operator, CAUSES[other].1), false));
    }
    let messages: Vec<_> = sent.iter().map(|(_, message, _)| message.clone()).collect();
    gateway.send(&messages).await;
    for (index, message, is_rejected) in &sent {
        let cause = CAUSES[*index].0;
        let event = gateway.outcome(message.id()).await;
        match rejected(&event) {
            Some(reason) => {
                assert!(*is_rejected, "{cause}: {event}");
                let words = format!("the operator's policy failed: encoding: {cause}:");
                assert!(reason.starts_with(&words), "{cause}: {reason}");
            }
            None => assert!(!is_rejected && event["outcome"] == "ACCEPTED", "{cause}: {event}"),
        }
    }
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_hook_gets_what_its_own_rule_says_and_an_open_breaker_too() {
    let (smsc, hostile) = (Smsc::start(Script::new()).await.unwrap(), hostile().await);
    let operator = Operator::at(smsc.addr())
        .plugin(hostile)
        .policy("on_failure", r#"{ default = "reject", encoding = "host-default", submit = { trap = "host-default" }, splitting = { trap = "host-default" } }"#);
    let gateway = Gateway::start(vec![operator]).await;
    let send = async |index: usize, text: &str| {
        let message = Message::to(&super::number(index)).text(text);
        gateway.send(std::slice::from_ref(&message)).await;
        gateway.outcome(message.id()).await
    };
    for (index, (text, cause)) in [
        ("!encoding:malformed", None),
        ("!splitting:malformed", Some("splitting: malformed")),
        ("!submit:malformed", Some("submit: malformed")),
        ("!submit:trap", None),
    ]
    .into_iter()
    .enumerate()
    {
        let event = send(index, text).await;
        let reason = rejected(&event);
        assert_eq!(reason.is_some(), cause.is_some(), "{text}: {event}");
        assert!(
            reason.unwrap_or_default().contains(cause.unwrap_or_default()),
            "{event}"
        );
    }
    // Traps here are the host's to mend, until there are so many that the hook is not asked any more.
    for index in 10..15 {
        let event = send(index, "!splitting:trap").await;
        assert_eq!(event["outcome"], "ACCEPTED", "{event}");
    }
    let event = send(20, "an honest text").await;
    let reason = rejected(&event).unwrap_or_default();
    assert!(reason.contains("splitting: breaker_open"), "{event}");
    gateway.shutdown().await;
}

/// How often a hook failed in this way.
fn faults(gateway: &Gateway, hook: &str, cause: &str) -> usize {
    let line =
        format!(r#"smpp_connector_policy_faults_total{{operator="acme",hook="{hook}",result="{cause}"}} "#);
    let metrics = gateway.app.metrics.render();
    let count = metrics.lines().find_map(|metric| metric.strip_prefix(&line));
    count.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_kills_its_policy_is_not_asked_about_for_ever() {
    let (smsc, hostile) = (Smsc::start(Script::new()).await.unwrap(), hostile().await);
    let operator = Operator::at(smsc.addr())
        .plugin(hostile)
        .policy("on_failure", r#"{ submit = "retry" }"#);
    let gateway = Gateway::start(vec![operator]).await;
    let poison = Message::to(&super::number(1)).text("!submit:trap");
    gateway.send(std::slice::from_ref(&poison)).await;
    let until = |count: usize| {
        let gateway = &gateway;
        async move {
            while faults(gateway, "submit", "trap") < count {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    tokio::time::timeout(smpp_connector_tests::PATIENCE, until(3))
        .await
        .unwrap();
    // By itself it would be asked about again after 8 s. That nothing happens can only be waited for.
    assert!(
        tokio::time::timeout(Duration::from_secs(10), until(4))
            .await
            .is_err()
    );
    let good = tokio::task::spawn_blocking(|| plugin("latin1")).await.unwrap();
    let file = gateway.path("plugins/acme.wasm");
    let new = gateway.path("new.wasm");
    std::fs::copy(good, &new).unwrap();
    std::fs::rename(new, file).unwrap();
    let event = gateway.outcome(poison.id()).await;
    assert_eq!(event["policy"]["plugin"], "acme", "{event}");
    gateway.shutdown().await;
}

/// The status that a text is answered with.
async fn status(link: &mut PeerLink, text: &str) -> u32 {
    let delivery = Delivery::of_class(0, text.as_bytes());
    link.ask(0x05, &delivery.deliver_sm()).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_that_nobody_could_read_stays_with_the_operator_for_a_while() {
    let hostile = hostile().await;
    let peer = Peer::listen().await;
    let operator = Operator::at(peer.addr()).plugin(hostile).policy(
        "on_failure",
        r#"{ inbound = { malformed = "refuse", trap = "host-default" } }"#,
    );
    let gateway = Gateway::start(vec![operator]).await;
    let mut link = peer.bound().await;
    assert_eq!(status(&mut link, "!trap and be read by the host").await, 0);
    for _ in 0..10 {
        assert_eq!(status(&mut link, "!malformed so keep it").await, 0x64);
    }
    assert_eq!(
        status(&mut link, "!malformed so keep it").await,
        0,
        "ten times are enough"
    );
    let events = gateway.events().await;
    let texts: Vec<_> = of_kind(&events, "mo")
        .into_iter()
        .map(|event| event["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(texts, ["!trap and be read by the host", "!malformed so keep it"]);
    gateway.shutdown().await;
}
