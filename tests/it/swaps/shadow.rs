//! A candidate beside the active version, on live traffic.

use super::desk::{order, ordered, policy, policy_until, reloads};
use super::{Version, long_message, operator, verdict, verdict_until};
use serde_json::Value;
use smpp_connector_tests::{Gateway, Message, plugin, plugin_with};
use smsc_sim::{Concatenation, Script, Smsc};

fn entries(of: &[(String, String)]) -> Vec<(&str, &str)> {
    of.iter()
        .map(|(who, verdict)| (who.as_str(), verdict.as_str()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_are_shown_and_a_word_promotes() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let (old, new) = (Version::headers(), Version::payload());
    let gateway = Gateway::start(vec![operator("acme", &smsc, plugin_with("latin1", false))]).await;
    let file = gateway.path("plugins/acme.wasm");
    // 10 messages, two questions each.
    let tried = ordered(&gateway, "acme", "deploy?calls=20", &new.bytes);
    assert_eq!(tried["stage"], "shadow", "{tried:#}");
    assert_eq!(tried["candidate"]["callsWanted"], 20);
    assert_eq!(verdict(&file)["verdict"], "shadow");
    let messages: Vec<_> = (0..10).map(long_message).collect();
    gateway.send(&messages).await;
    for message in &messages {
        let outcome = gateway.outcome(message.id()).await;
        assert_eq!(
            outcome["policy"]["sha256"], old.sha256,
            "the active version decides"
        );
    }
    let received = smsc.messages();
    assert!(
        received
            .iter()
            .all(|got| got.concatenation == Concatenation::Udh8)
    );
    let ready = policy_until(&gateway, "acme", |policy| policy["stage"] == "ready").await;
    let candidate = &ready["candidate"];
    assert_eq!(
        ["calls", "same", "different", "faults"].map(|count| candidate[count].as_u64().unwrap()),
        [20, 10, 10, 0],
        "{candidate:#}"
    );
    assert_eq!(candidate["stage"], "ready");
    let difference = &candidate["differences"][0];
    assert_eq!(difference["hook"], "splitting", "{candidate:#}");
    assert_eq!(
        difference["count"], 10,
        "the same fields, whatever was asked: {candidate:#}"
    );
    let field = &difference["fields"][0];
    assert_eq!(field["path"], "", "another decision altogether: {candidate:#}");
    assert!(field["active"]["udh"].is_object() && field["candidate"]["message-payload"].is_object());
    let text = difference["example"].to_string();
    assert!(text.contains("message-payload") && text.contains("udh"), "{text}");
    assert!(
        !text.contains("A text that does not fit") && !text.contains("4915100000"),
        "{text}"
    );
    assert!(
        ready["reason"]
            .as_str()
            .unwrap()
            .contains("10 were answered alike, 10 otherwise"),
        "{ready:#}"
    );
    verdict_until(&file, |verdict| verdict["verdict"] == "ready").await;
    // It is asked no more, and nothing was written.
    let more = long_message(11);
    gateway.send(std::slice::from_ref(&more)).await;
    gateway.outcome(more.id()).await;
    assert_eq!(policy(&gateway, "acme")["candidate"]["calls"], 20);
    assert_eq!(std::fs::read(&file).unwrap(), old.bytes);

    let promoted = ordered(&gateway, "acme", "promote", b"");
    assert_eq!(promoted["active"]["sha256"], new.sha256);
    assert_eq!(promoted["candidate"], Value::Null);
    assert_eq!(
        std::fs::read(&file).unwrap(),
        new.bytes,
        "what is active lies in the file"
    );
    let after = long_message(12);
    gateway.send(std::slice::from_ref(&after)).await;
    assert_eq!(gateway.outcome(after.id()).await["policy"]["sha256"], new.sha256);
    assert_eq!(order(&gateway, "acme", "promote", b"").status, 409);
    assert_eq!(
        entries(&reloads(&gateway, "acme")),
        [
            ("start", "active"),
            ("api", "shadow"),
            ("shadow", "ready"),
            ("api", "active")
        ]
    );
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_operators_file_a_good_candidate_becomes_active_by_itself() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let new = Version::payload();
    let acme = operator("acme", &smsc, plugin_with("latin1", false)).policy("shadow_calls", "10");
    let gateway = Gateway::start(vec![acme]).await;
    let file = gateway.path("plugins/acme.wasm");
    new.rename_over(&file);
    verdict_until(&file, |verdict| verdict["verdict"] == "shadow").await;
    let messages: Vec<_> = (0..5).map(long_message).collect();
    gateway.send(&messages).await;
    verdict_until(&file, super::runs(&new)).await;
    let after = policy(&gateway, "acme");
    assert_eq!(after["previous"].as_array().unwrap().len(), 1, "{after:#}");
    assert_eq!(
        entries(&reloads(&gateway, "acme")),
        [("start", "active"), ("file", "shadow"), ("shadow", "active")]
    );
    gateway.shutdown().await;
}

/// The candidate traps on every message: nobody notices but those who look.
#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_that_traps_harms_nothing_and_does_not_become_active() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let old = Version::headers();
    let acme = operator("acme", &smsc, plugin_with("latin1", false)).policy("on_failure", "\"reject\"");
    let gateway = Gateway::start(vec![acme]).await;
    let hostile = std::fs::read(plugin("hostile")).unwrap();
    ordered(&gateway, "acme", "deploy?calls=20&promote=true", &hostile);
    let messages: Vec<_> = (0..20)
        .map(|n| Message::to(&format!("+49151{n:08}")).text("!encoding:trap"))
        .collect();
    gateway.send(&messages).await;
    for message in &messages {
        let outcome = gateway.outcome(message.id()).await;
        assert_eq!(
            (&outcome["outcome"], &outcome["policy"]["sha256"]),
            (&"ACCEPTED".into(), &old.sha256.as_str().into())
        );
    }
    let ready = policy_until(&gateway, "acme", |policy| policy["stage"] == "ready").await;
    assert!(
        ready["reason"].as_str().unwrap().contains("fails more often"),
        "{ready:#}"
    );
    assert!(ready["candidate"]["faults"].as_u64().unwrap() >= 5, "{ready:#}");
    assert_eq!(ready["active"]["sha256"], old.sha256);
    for hook in ready["hooks"].as_array().unwrap() {
        assert_eq!(
            (&hook["faults"], &hook["breakerOpen"]),
            (&serde_json::json!({}), &false.into()),
            "{hook}"
        );
    }
    assert_eq!(ready["lastFaults"], serde_json::json!([]));
    let discarded = ordered(&gateway, "acme", "discard", b"");
    assert_eq!(discarded["candidate"], Value::Null);
    assert_eq!(order(&gateway, "acme", "discard", b"").status, 409);
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_file_takes_the_place_of_a_candidate() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let versions: Vec<_> = (0..2).map(|n| Version::payload().stamped(n)).collect();
    let acme = operator("acme", &smsc, plugin_with("latin1", false)).policy("shadow", "\"1h\"");
    let gateway = Gateway::start(vec![acme]).await;
    let file = gateway.path("plugins/acme.wasm");
    let old = std::fs::read(&file).unwrap();
    let candidate = |version: &Version| {
        let sha256 = version.sha256.clone();
        move |policy: &Value| policy["candidate"]["sha256"] == sha256.as_str()
    };
    for version in &versions {
        version.rename_over(&file);
        let tried = policy_until(&gateway, "acme", candidate(version)).await;
        assert!(tried["previous"].as_array().unwrap().is_empty(), "{tried:#}");
    }
    // What runs is back in its file: nothing is tried any more.
    std::fs::write(&file, old).unwrap();
    let back = policy_until(&gateway, "acme", |policy| policy["candidate"].is_null()).await;
    assert_eq!(back["verdict"], "unchanged", "{back:#}");
    // A candidate that was discarded does not come back by itself.
    versions[0].rename_over(&file);
    policy_until(&gateway, "acme", candidate(&versions[0])).await;
    ordered(&gateway, "acme", "discard", b"");
    let at = verdict(&file)["at"].clone();
    versions[0].rename_over(&file);
    let said = verdict_until(&file, |verdict| verdict["at"] != at).await;
    assert_eq!(said["verdict"], "rolled-back", "{said}");
    assert!(policy(&gateway, "acme")["candidate"].is_null());
    let superseded = reloads(&gateway, "acme")
        .iter()
        .filter(|(_, verdict)| verdict == "superseded")
        .count();
    assert_eq!(superseded, 2);
    gateway.shutdown().await;
}
