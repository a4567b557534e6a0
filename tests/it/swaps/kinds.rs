//! One operator for each kind of misdeed, all at once: each of their messages has the outcome that its operator's file says, and an
//! operator beside them has its own. What this costs the others is for `cargo bench -p smpp-connector-tests --bench hostile`.

use super::operator;
use serde_json::Value;
use smpp_connector_tests::{Gateway, Message, Operator, plugin, plugin_with};
use smsc_sim::{Rule, Script, Smsc, Then, When};
use std::collections::BTreeMap;

const EACH: usize = 40;

/// What the n-th message of an operator makes its plugin do: the first of these, then the second, and so on, and round again.
const KINDS: [(&str, &[&str]); 7] = [
    ("loop", &["!encoding:loop", "!splitting:loop", "!submit:loop"]),
    ("bomb", &["!encoding:bomb", "!splitting:bomb", "!submit:bomb"]),
    (
        "recurse",
        &["!encoding:recurse", "!splitting:recurse", "!submit:recurse"],
    ),
    ("trap", &["!encoding:trap", "!splitting:trap", "!submit:trap"]),
    ("huge", &["!encoding:huge", "!splitting:huge", "!submit:huge"]),
    (
        "lies",
        &[
            "!encoding:bad-unit",
            "!splitting:bad-part",
            "!splitting:bad-many",
            "!submit:bad-address",
            "!submit:bad-segment",
        ],
    ),
    (
        "moody",
        &[
            "plain",
            "plain",
            "!submit:trap",
            "plain",
            "!encoding:fault",
            "plain",
            "!splitting:trap",
        ],
    ),
];

fn messages(to: &Operator, texts: &[&str]) -> Vec<Message> {
    let nth = |n: usize| {
        let text = texts[n % texts.len()];
        Message::to(&format!("+49151{n:08}")).text(text).operator(to.id)
    };
    (0..EACH).map(nth).collect()
}

/// The one outcome of each message, by id.
fn outcomes(events: &[Value]) -> BTreeMap<&str, &Value> {
    let mut outcomes = BTreeMap::new();
    for event in events.iter().filter(|event| event["type"] == "submit") {
        let before = outcomes.insert(event["messageId"].as_str().unwrap(), event);
        assert!(before.is_none(), "two outcomes: {before:?} and {event}");
    }
    outcomes
}

async fn play(rule: &str) {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let misdoers = KINDS.map(|(kind, _)| {
        operator(kind, &smsc, plugin("hostile")).policy("on_failure", &format!("\"{rule}\""))
    });
    let honest = operator("honest", &smsc, plugin_with("latin1", true));
    let all = [misdoers.as_slice(), std::slice::from_ref(&honest)].concat();
    let gateway = Gateway::start(all).await;
    let sent: Vec<_> = misdoers
        .iter()
        .zip(KINDS)
        .map(|(to, (_, texts))| messages(to, texts))
        .chain([messages(&honest, &["plain"])])
        .collect();
    // In turns, so that no operator is through before the others begin.
    for n in 0..EACH {
        let turn: Vec<_> = sent.iter().map(|messages| messages[n].clone()).collect();
        gateway.send(&turn).await;
    }
    let wanted = EACH * sent.len();
    let events = gateway
        .events_until(|events| super::count(events, "submit") == wanted)
        .await;
    let outcomes = outcomes(&events);
    let kinds = KINDS.iter().map(|(kind, _)| *kind).chain(["honest"]);
    for (kind, messages) in kinds.zip(&sent) {
        for message in messages {
            let outcome = outcomes[message.id().to_string().as_str()];
            let reason = outcome["reason"].as_str().unwrap_or_default();
            let is_plain = message.json().contains("\"plain\"");
            let as_said = match outcome["outcome"].as_str().unwrap() {
                "ACCEPTED" => rule == "host-default" || is_plain,
                // A hook that has failed too often is not asked about the plain ones either.
                "REJECTED" if is_plain => {
                    rule == "reject" && kind != "honest" && reason.contains("failed too often")
                }
                "REJECTED" => rule == "reject" && reason.contains("the operator's policy failed"),
                _ => false,
            };
            assert!(as_said, "{kind}: {outcome}");
        }
    }
    let metrics = gateway.app.metrics.render();
    assert!(
        !metrics.contains("policy_faults_total{operator=\"honest\""),
        "{metrics}"
    );
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_hostile_plugins_are_sent_where_the_file_says_so() {
    play("host-default").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_hostile_plugins_are_rejected_where_the_file_says_so() {
    play("reject").await;
}

/// The hook that reads ids is asked about what the operator has taken: whatever it does then, the message was accepted.
#[tokio::test(flavor = "multi_thread")]
async fn lies_about_an_id_change_no_outcome() {
    const LIES: [&str; 5] = ["bad-key", "bad-empty", "huge", "trap", "loop"];
    let script = LIES.iter().zip(1..).fold(Script::new(), |script, (lie, nth)| {
        let id = format!("!message-ids:{lie}\0");
        script.respond(Rule::when(When::Nth(nth)).then(Then::Body(id.into_bytes().into())))
    });
    let smsc = Smsc::start(script).await.unwrap();
    let gateway = Gateway::start(vec![operator("acme", &smsc, plugin("hostile"))]).await;
    for (n, lie) in LIES.iter().enumerate() {
        let message = Message::to(&format!("+49151{n:08}"));
        gateway.send(std::slice::from_ref(&message)).await;
        let outcome = gateway.outcome(message.id()).await;
        assert_eq!(outcome["outcome"], "ACCEPTED", "{lie}: {outcome}");
    }
    let metrics = gateway.app.metrics.render();
    for (cause, times) in [("bad_answer", 2), ("limit", 1), ("trap", 1), ("timeout", 1)] {
        let line =
            format!(r#"policy_faults_total{{operator="acme",hook="message-ids",result="{cause}"}} {times}"#);
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
    gateway.shutdown().await;
}
