//! Whatever a plugin does costs its own answer: each message gets what its operator's `on_failure` says, once, and
//! nobody else notices.

use super::{Version, count, long_message, operator, verdict_until};
use serde_json::Value;
use smpp_connector_tests::{Gateway, Message, Operator, PATIENCE, plugin, plugin_with};
use smsc_sim::{Script, Smsc};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Those that the breaker counts come last: after five of them the hook is not asked for a while.
const MISDEEDS: [&str; 8] = [
    "!bad-part",
    "!fault",
    "!logs",
    "!trap",
    "!loop",
    "!bomb",
    "!recurse",
    "!huge",
];

/// Every misdeed between good messages.
fn mixed(to: &Operator, prefix: usize) -> Vec<Message> {
    let number = |n: usize| format!("+49151{prefix}{n:06}");
    let good = (0..40).map(|n| (n, format!("good {n}")));
    let bad = MISDEEDS
        .iter()
        .enumerate()
        .map(|(n, misdeed)| (100 + n, (*misdeed).to_owned()));
    let mut texts: Vec<_> = good.collect();
    for (n, misdeed) in bad {
        texts.insert(5 * (n - 100) + 2, (n, misdeed));
    }
    texts
        .into_iter()
        .map(|(n, text)| Message::to(&number(n)).text(&text).operator(to.id))
        .collect()
}

fn text(message: &Message) -> String {
    let command: Value = serde_json::from_str(&message.json()).unwrap();
    command["text"].as_str().unwrap().to_owned()
}

/// The one outcome of each of these messages, by text; those that have none yet are absent.
fn outcomes(events: &[Value], messages: &[Message]) -> BTreeMap<String, Value> {
    let of = |message: &Message| {
        let id = message.id().to_string();
        let mut all = events
            .iter()
            .filter(move |event| event["type"] == "submit" && event["messageId"] == id);
        let outcome = all.next().cloned();
        assert!(all.next().is_none(), "{} has two outcomes", text(message));
        Some((text(message), outcome?))
    };
    messages.iter().filter_map(of).collect()
}

/// Calls of an operator's plugin without a usable answer, by all hooks and causes.
fn faults(gateway: &Gateway, operator: &str) -> usize {
    let family = format!(r#"smpp_connector_policy_faults_total{{operator="{operator}""#);
    let metrics = gateway.app.metrics.render();
    let values = metrics
        .lines()
        .filter(|line| line.starts_with(&family))
        .filter_map(|line| line.rsplit_once(' '));
    values.map(|(_, value)| value.parse::<usize>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn misdeeds_cost_what_on_failure_says_and_nobody_else_notices() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let failing =
        |name: &str, rule: &str| operator(name, &smsc, plugin("hostile")).policy("on_failure", rule);
    let lenient = failing("lenient", "\"host-default\"");
    let strict = failing("strict", "\"reject\"");
    let patient = failing("patient", "\"retry\"");
    let honest = operator("honest", &smsc, plugin_with("latin1", true));
    let plain = Operator::at(smsc.addr()).named("plain");
    let gateway = Gateway::start(
        [&lenient, &strict, &patient, &honest, &plain]
            .map(Clone::clone)
            .to_vec(),
    )
    .await;
    let to_lenient = mixed(&lenient, 1);
    let to_strict = mixed(&strict, 2);
    let to_patient = mixed(&patient, 3);
    let bystanders: Vec<_> = (0..200)
        .map(|n| long_message(n).operator(if n % 2 == 0 { honest.id } else { plain.id }))
        .collect();
    let started = Instant::now();
    for messages in [&to_lenient, &to_strict, &to_patient] {
        gateway.send(messages).await;
    }
    gateway.send(&bystanders).await;

    let wanted = to_lenient.len() + to_strict.len() + bystanders.len();
    let is_patients = |event: &Value| event["operatorId"] == patient.id.to_string();
    let others_done = |events: &[Value]| {
        events
            .iter()
            .filter(|event| event["type"] == "submit" && !is_patients(event))
            .count()
            >= wanted
    };
    let events = gateway.events_until(others_done).await;
    for (text, event) in outcomes(&events, &to_lenient) {
        assert_eq!(event["outcome"], "ACCEPTED", "{text}: {event}");
    }
    let judged = outcomes(&events, &to_strict);
    for (text, event) in &judged {
        let reason = event["reason"].as_str().unwrap_or_default();
        match event["outcome"].as_str().unwrap() {
            // 100 000 lines may be written in time.
            "ACCEPTED" => assert!(text.starts_with("good") || text == "!logs", "{text}: {event}"),
            "REJECTED" if text.starts_with('!') => {
                assert!(reason.contains("the operator's policy failed"), "{event}")
            }
            // The breaker stops asking a hook that fails all the time.
            "REJECTED" => assert!(reason.contains("failed too often"), "{text}: {event}"),
            other => panic!("{other}: {event}"),
        }
    }
    assert_eq!(judged["good 0"]["outcome"], "ACCEPTED");
    for outcome in outcomes(&events, &bystanders).values() {
        assert_eq!(outcome["outcome"], "ACCEPTED", "{outcome}");
    }

    let metrics = gateway.app.metrics.render();
    for name in ["lenient", "strict", "patient"] {
        for (hook, cause) in [
            ("splitting", "bad_answer"),
            ("encoding", "other"),
            ("encoding", "trap"),
            ("encoding", "timeout"),
        ] {
            let line = format!(r#"policy_faults_total{{operator="{name}",hook="{hook}",result="{cause}"}}"#);
            assert!(metrics.contains(&line), "{line} in {metrics}");
        }
    }
    for name in ["honest", "plain"] {
        assert!(
            !metrics.contains(&format!(r#"policy_faults_total{{operator="{name}""#)),
            "{metrics}"
        );
    }

    // The patient operator's messages wait, until there is a plugin that answers.
    let waiting = to_patient.len() - outcomes(&events, &to_patient).len();
    assert!(waiting >= MISDEEDS.len() - 1, "{waiting} messages wait");
    // Each was asked about twice, and by themselves they would not be asked about again for 4 s.
    while faults(&gateway, "patient") < 2 * waiting {
        assert!(
            started.elapsed() < PATIENCE,
            "{} faults",
            faults(&gateway, "patient")
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let good = Version::payload();
    let file = gateway.path("plugins/patient.wasm");
    good.rename_over(&file);
    verdict_until(&file, super::runs(&good)).await;
    let swapped = Instant::now();
    let all = wanted + to_patient.len();
    let events = gateway
        .events_until(|events| count(events, "submit") >= all)
        .await;
    let took = swapped.elapsed();
    let patients = outcomes(&events, &to_patient);
    for (text, event) in &patients {
        assert_eq!(event["outcome"], "ACCEPTED", "{text}: {event}");
    }
    assert_eq!(patients["!trap"]["policy"]["sha256"], good.sha256);
    assert!(
        took.as_secs() < 2,
        "a good plugin is there, and the messages went on waiting for {took:?}"
    );
    gateway.shutdown().await;
}
