//! A new version that does worse than the one before is taken back by itself.

use super::desk::{policy_until, reloads};
use super::{Version, count, operator, runs, verdict_until};
use serde_json::Value;
use smpp_connector_tests::{Gateway, Message, Operator, plugin, plugin_with};
use smsc_sim::{Concatenation, IdForm, Script, Smsc};

fn messages(count: usize, text: &str) -> Vec<Message> {
    (0..count)
        .map(|n| Message::to(&format!("+49151{n:08}")).text(text))
        .collect()
}

/// Its good plugin is replaced by one that misbehaves on demand.
async fn turns_hostile(acme: Operator) -> (Gateway, Version) {
    let gateway = Gateway::start(vec![acme]).await;
    let file = gateway.path("plugins/acme.wasm");
    let hostile = Version::of(std::fs::read(plugin("hostile")).unwrap(), Concatenation::Udh8);
    hostile.rename_over(&file);
    verdict_until(&file, runs(&hostile)).await;
    (gateway, hostile)
}

fn last_reload(gateway: &Gateway) -> (String, String) {
    reloads(gateway, "acme").pop().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_third_trap_brings_the_version_before_back() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let old = Version::headers();
    let (gateway, hostile) = turns_hostile(operator("acme", &smsc, plugin_with("latin1", false))).await;
    let sent = messages(30, "!encoding:trap");
    gateway.send(&sent).await;
    let back = policy_until(&gateway, "acme", |policy| policy["stage"] == "rolled-back").await;
    assert_eq!(back["active"]["sha256"], old.sha256);
    assert!(back["reason"].as_str().unwrap().contains("trapped"), "{back:#}");
    assert_eq!(
        last_reload(&gateway),
        ("budget".to_owned(), "rolled-back".to_owned())
    );
    let events = gateway
        .events_until(|events| count(events, "submit") == sent.len())
        .await;
    assert!(
        events
            .iter()
            .filter(|event| event["type"] == "submit")
            .all(|event| event["outcome"] == "ACCEPTED")
    );
    let file = gateway.path("plugins/acme.wasm");
    let said = verdict_until(&file, |verdict| verdict["verdict"] == "rolled-back").await;
    assert_eq!(said["activeSha256"], old.sha256);
    assert_eq!(
        std::fs::read(&file).unwrap(),
        hostile.bytes,
        "the user's file is the user's"
    );
    assert!(
        gateway
            .app
            .metrics
            .render()
            .contains(r#"policy_reloads_total{operator="acme",result="rolled_back"} 1"#)
    );
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_is_off_takes_nothing_back() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let acme = operator("acme", &smsc, plugin_with("latin1", false)).policy("budget", "\"off\"");
    let (gateway, hostile) = turns_hostile(acme).await;
    let sent = messages(30, "!encoding:trap");
    gateway.send(&sent).await;
    gateway
        .events_until(|events| count(events, "submit") == sent.len())
        .await;
    // Twice the time after which a look is taken.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let policy = policy_until(&gateway, "acme", |_| true).await;
    assert_eq!(policy["active"]["sha256"], hostile.sha256, "{policy:#}");
    gateway.shutdown().await;
}

/// Of each message one call is slow, the others are not.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_takes_too_long_is_taken_back() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let old = Version::headers();
    let acme = operator("acme", &smsc, plugin_with("latin1", false))
        .policy("budget", r#"{ latency = "1ms" }"#)
        .policy("limits", r#"{ call_deadline = "500ms" }"#);
    let (gateway, _) = turns_hostile(acme).await;
    let sent = messages(100, "!encoding:slow");
    gateway.send(&sent).await;
    let back = policy_until(&gateway, "acme", |policy| policy["stage"] == "rolled-back").await;
    assert_eq!(back["active"]["sha256"], old.sha256);
    assert!(
        back["reason"]
            .as_str()
            .unwrap()
            .contains("of the processor or more"),
        "{back:#}"
    );
    gateway.shutdown().await;
}

/// The operator's ids are hexadecimal in its answers and decimal in its receipts. The new version does not know that.
#[tokio::test(flavor = "multi_thread")]
async fn receipts_without_a_message_bring_the_version_before_back() {
    let script = Script::new()
        .first_id(0xABCDEF)
        .ids(IdForm::HexUpper)
        .receipt_ids(IdForm::Decimal);
    let smsc = Smsc::start(script).await.unwrap();
    let good = plugin("hexdec");
    let gateway = Gateway::start(vec![operator("acme", &smsc, good.clone())]).await;
    let ended = |wanted: usize| {
        move |events: &[Value]| {
            let ends = events.iter().filter(|event| event["messageFinal"] == true);
            ends.count() >= wanted
        }
    };
    gateway.send(&messages(20, "before")).await;
    gateway.events_until(ended(20)).await;
    let file = gateway.path("plugins/acme.wasm");
    let bad = Version::payload();
    bad.rename_over(&file);
    verdict_until(&file, runs(&bad)).await;
    gateway.send(&messages(20, "while it is bad")).await;
    let back = policy_until(&gateway, "acme", |policy| policy["stage"] == "rolled-back").await;
    assert!(
        back["reason"]
            .as_str()
            .unwrap()
            .contains("of the receipts found no message, and 0 % before"),
        "{back:#}"
    );
    assert_ne!(back["active"]["sha256"], bad.sha256);
    gateway.send(&messages(20, "after")).await;
    gateway.events_until(ended(40)).await;
    gateway.shutdown().await;
}
