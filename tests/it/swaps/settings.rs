//! `[policy]` of an operator's file changes while its sessions stay bound.

use super::desk::{ordered, policy, policy_until};
use super::{Version, long_message, operator, verdict_until};
use serde_json::{Value, json};
use smpp_connector_tests::{Gateway, Message, Operator, PATIENCE, plugin, plugin_with};
use smsc_sim::{Concatenation, Script, Smsc};

fn rewrite(gateway: &Gateway, operator: &Operator) {
    let file = gateway.path("operators/acme.toml");
    let fresh = file.with_extension("new");
    std::fs::write(&fresh, operator.toml()).unwrap();
    std::fs::rename(&fresh, &file).unwrap();
}

/// Bound once, and never unbound.
fn assert_bound_all_the_time(smsc: &Smsc) {
    let seen = smsc.counters();
    assert_eq!((seen.binds, seen.unbinds, seen.bound), (1, 0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_come_into_force_and_refused_ones_change_nothing() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let acme = operator("acme", &smsc, plugin("hostile"));
    let gateway = Gateway::start(vec![acme.clone()]).await;
    smsc.wait_until(|seen| seen.bound == 1, PATIENCE).await.unwrap();
    let first = policy(&gateway, "acme")["active"].clone();
    assert_eq!(first["settings"], json!({}));

    rewrite(
        &gateway,
        &acme.clone().policy("settings", "{ command = \"!submit:none\" }"),
    );
    let has = |policy: &Value| policy["active"]["settings"]["command"] == "!submit:none";
    let second = policy_until(&gateway, "acme", has).await;
    assert_ne!(second["active"]["key"], first["key"]);
    assert_eq!(second["active"]["sha256"], first["sha256"]);
    assert_eq!(second["previous"][0]["key"], first["key"]);

    rewrite(
        &gateway,
        &acme.clone().policy("settings", "{ validate = \"!fault\" }"),
    );
    let refused = policy_until(&gateway, "acme", |policy| policy["verdict"] == "refused").await;
    assert_eq!(refused["active"]["key"], second["active"]["key"], "{refused:#}");
    assert!(
        refused["reason"]
            .as_str()
            .unwrap()
            .contains("refuses the settings"),
        "{refused:#}"
    );

    // Limits are part of a version too; a trial and a budget are not.
    rewrite(
        &gateway,
        &acme
            .clone()
            .policy("limits", "{ call_deadline = \"20ms\" }")
            .policy("budget", "\"off\""),
    );
    let third = policy_until(&gateway, "acme", |policy| policy["verdict"] == "active").await;
    assert!(
        third["active"]["key"] != first["key"] && third["active"]["settings"] == json!({}),
        "{third:#}"
    );
    let back = ordered(&gateway, "acme", "rollback", b"");
    assert_eq!(back["active"]["key"], second["active"]["key"]);
    let message = long_message(1);
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    assert_bound_all_the_time(&smsc);
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_comes_and_goes_while_the_session_stays() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let plain = Operator::at(smsc.addr());
    let gateway = Gateway::start(vec![plain.clone()]).await;
    smsc.wait_until(|seen| seen.bound == 1, PATIENCE).await.unwrap();
    assert_eq!(policy(&gateway, "acme")["file"], Value::Null);
    let version = Version::payload();
    let file = gateway.path("plugins/acme.wasm");
    // Named first, put there later: refused, and taken when it comes.
    rewrite(&gateway, &plain.clone().policy("plugin", "\"acme.wasm\""));
    policy_until(&gateway, "acme", |policy| policy["verdict"] == "refused").await;
    version.rename_over(&file);
    policy_until(&gateway, "acme", |policy| {
        policy["active"]["sha256"] == version.sha256.as_str()
    })
    .await;
    let with = long_message(1);
    gateway.send(std::slice::from_ref(&with)).await;
    assert_eq!(
        gateway.outcome(with.id()).await["policy"]["sha256"],
        version.sha256
    );
    assert_eq!(smsc.messages()[0].concatenation, Concatenation::Payload);
    rewrite(&gateway, &plain);
    policy_until(&gateway, "acme", |policy| policy["active"].is_null()).await;
    let without = long_message(2);
    gateway.send(std::slice::from_ref(&without)).await;
    assert_eq!(gateway.outcome(without.id()).await["policy"], Value::Null);
    assert_bound_all_the_time(&smsc);
    gateway.shutdown().await;
}

/// Settings go through a trial as files do, and a pin is for the content alone.
#[tokio::test(flavor = "multi_thread")]
async fn settings_are_tried_where_the_file_says_so() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let acme = operator("acme", &smsc, plugin_with("latin1", false)).policy("shadow", "\"1h\"");
    let gateway = Gateway::start(vec![acme.clone()]).await;
    let first = policy(&gateway, "acme")["active"].clone();
    rewrite(&gateway, &acme.clone().policy("settings", "{ max_parts = 7 }"));
    let tried = policy_until(&gateway, "acme", |policy| policy["stage"] == "shadow").await;
    assert_eq!(
        (
            &tried["active"]["key"],
            &tried["candidate"]["settings"]["max_parts"]
        ),
        (&first["key"], &7.into())
    );
    let promoted = ordered(&gateway, "acme", "promote", b"");
    assert_eq!(promoted["active"]["settings"]["max_parts"], 7);
    rewrite(
        &gateway,
        &acme.clone().policy("sha256", &format!("\"{}\"", "0".repeat(64))),
    );
    let refused = policy_until(&gateway, "acme", |policy| policy["verdict"] == "refused").await;
    assert!(refused["reason"].as_str().unwrap().contains("pin"), "{refused:#}");
    assert_eq!(refused["active"]["key"], promoted["active"]["key"]);
    let file = gateway.path("plugins/acme.wasm");
    verdict_until(&file, |verdict| verdict["verdict"] == "refused").await;
    assert_bound_all_the_time(&smsc);
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_failure_policy_leaves_the_session_bound() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let acme = operator("acme", &smsc, plugin("hostile"));
    let gateway = Gateway::start(vec![acme.clone()]).await;
    let trapping = |n| Message::to(&format!("+4915100000{n:03}")).text("!encoding:trap");
    let before = trapping(1);
    gateway.send(std::slice::from_ref(&before)).await;
    assert_eq!(gateway.outcome(before.id()).await["outcome"], "ACCEPTED");
    rewrite(&gateway, &acme.clone().policy("on_failure", "\"reject\""));
    // It is no part of a version, so nothing but the file's verdict tells that it was looked at.
    policy_until(&gateway, "acme", |policy| policy["verdict"] == "unchanged").await;
    let rejected = async {
        for n in 2.. {
            let after = trapping(n);
            gateway.send(std::slice::from_ref(&after)).await;
            if gateway.outcome(after.id()).await["outcome"] == "REJECTED" {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, rejected).await.unwrap();
    assert_bound_all_the_time(&smsc);
    gateway.shutdown().await;
}
