//! Going back to the version before: at once, and for good.

use super::desk::{order, ordered, policy, policy_until, reloads};
use super::{Version, long_message, operator, runs, verdict, verdict_until};
use smpp_connector_tests::{Gateway, plugin_with};
use smsc_sim::{Script, Smsc};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_is_instant_and_lasts_until_something_newer_comes() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let (first, second) = (Version::headers(), Version::payload());
    let acme = operator("acme", &smsc, plugin_with("latin1", false));
    let gateway = Gateway::start(vec![acme.clone()]).await;
    let file = gateway.path("plugins/acme.wasm");
    let nothing = order(&gateway, "acme", "rollback", b"");
    assert_eq!(nothing.status, 409, "{}", nothing.body);
    assert!(nothing.body.contains("no earlier version"), "{}", nothing.body);

    second.rename_over(&file);
    verdict_until(&file, runs(&second)).await;
    let began = Instant::now();
    let back = ordered(&gateway, "acme", "rollback", b"");
    let took = began.elapsed();
    assert_eq!(back["active"]["sha256"], first.sha256);
    assert_eq!(back["previous"][0]["rolledBack"], true, "{back:#}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    let said = verdict(&file);
    assert_eq!(
        (&said["verdict"], &said["stage"], &said["activeSha256"]),
        (
            &"rolled-back".into(),
            &"rolled-back".into(),
            &first.sha256.as_str().into()
        )
    );
    // The same content again, by its times another file, is not a newer one.
    second.rename_over(&file);
    let at = said["at"].clone();
    let said = verdict_until(&file, |verdict| verdict["at"] != at).await;
    assert_eq!(said["verdict"], "rolled-back", "{said}");
    let message = long_message(1);
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(
        gateway.outcome(message.id()).await["policy"]["sha256"],
        first.sha256
    );
    assert_eq!(
        order(&gateway, "acme", "rollback", b"").status,
        409,
        "nothing is left"
    );

    // Nor does a restart bring it back.
    let folder = gateway.folder();
    gateway.shutdown().await;
    std::fs::remove_file(folder.path().join("plugins/acme.wasm.status.json")).unwrap();
    let component = folder.path().join("second.wasm");
    std::fs::write(&component, &second.bytes).unwrap();
    let again = operator("acme", &smsc, component).with_id(acme.id);
    let gateway = Gateway::start_in(folder, vec![again]).await;
    let kept = policy_until(&gateway, "acme", |policy| policy["previous"][0].is_object()).await;
    assert_eq!(kept["active"]["sha256"], first.sha256);
    assert_eq!(kept["fileSha256"], second.sha256);
    assert_eq!(kept["previous"][0]["sha256"], second.sha256);
    assert_eq!(verdict(&file)["verdict"], "rolled-back");

    // A person's word does, and so does a newer file.
    let forward = ordered(&gateway, "acme", "reload", b"");
    assert_eq!(forward["active"]["sha256"], second.sha256);
    let back = ordered(&gateway, "acme", "rollback", b"");
    assert_eq!(back["active"]["sha256"], first.sha256);
    let newer = second.stamped(1);
    newer.rename_over(&file);
    verdict_until(&file, runs(&newer)).await;
    let verdicts: Vec<_> = reloads(&gateway, "acme").into_iter().collect();
    let wanted = [
        ("start", "active"),
        ("api", "active"),
        ("api", "rolled-back"),
        ("file", "active"),
    ];
    let wanted: Vec<_> = wanted
        .map(|(who, verdict)| (who.to_owned(), verdict.to_owned()))
        .into();
    assert_eq!(verdicts, wanted);
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_versions_are_kept_also_over_a_restart_which_compiles_nothing_again() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let acme = operator("acme", &smsc, plugin_with("latin1", false));
    let gateway = Gateway::start(vec![acme.clone()]).await;
    let file = gateway.path("plugins/acme.wasm");
    let versions: Vec<_> = (0..5).map(|n| Version::payload().stamped(n)).collect();
    for version in &versions {
        version.rename_over(&file);
        verdict_until(&file, runs(version)).await;
    }
    let digests = |policy: &serde_json::Value| -> Vec<String> {
        let previous = policy["previous"].as_array().unwrap().iter();
        previous
            .map(|version| version["sha256"].as_str().unwrap().to_owned())
            .collect()
    };
    let wanted: Vec<_> = versions[1..4]
        .iter()
        .rev()
        .map(|version| version.sha256.clone())
        .collect();
    assert_eq!(digests(&policy(&gateway, "acme")), wanted);
    assert_eq!(gateway.app.policies.cache_hits(), 0, "each is new");
    let folder = gateway.folder();
    gateway.shutdown().await;

    let component = folder.path().join("last.wasm");
    std::fs::write(&component, &versions[4].bytes).unwrap();
    let gateway = Gateway::start_in(
        folder.clone(),
        vec![operator("acme", &smsc, component).with_id(acme.id)],
    )
    .await;
    let kept = policy_until(&gateway, "acme", |policy| digests(policy).len() == 3).await;
    assert_eq!(
        (digests(&kept), &kept["active"]["sha256"]),
        (wanted, &versions[4].sha256.as_str().into())
    );
    assert_eq!(gateway.app.policies.cache_hits(), 4);
    for version in versions[1..4].iter().rev() {
        let back = ordered(&gateway, "acme", "rollback", b"");
        assert_eq!(back["active"]["sha256"], version.sha256);
    }
    // Of what nobody can have back nothing is kept.
    let kept = std::fs::read_dir(folder.path().join("data/plugins/versions")).unwrap();
    assert_eq!(kept.count(), 4);
    gateway.shutdown().await;
}
