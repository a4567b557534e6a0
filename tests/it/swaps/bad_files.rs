//! A file that is no plugin changes nothing and says why; the next good one is taken.

use super::{Version, Versions, operator, runs, under_traffic, verdict_until};
use smpp_connector_tests::{Gateway, PATIENCE, plugin_with};
use smsc_sim::{Script, Smsc};

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_in_the_middle_of_traffic_changes_nothing() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let (old, new) = (Version::headers(), Version::payload());
    let acme = operator("acme", &smsc, plugin_with("latin1", false));
    let gateway = Gateway::start(vec![acme.clone()]).await;
    let file = gateway.path("plugins/acme.wasm");
    let half = &new.bytes[..new.bytes.len() / 2];
    let bad: [(&[u8], &str); 5] = [
        (half, "not a whole WASM component"),
        (&new.bytes[..new.bytes.len() - 1], "not a whole WASM component"),
        (b"How to write a plugin: first, ...", "not a whole WASM component"),
        (b"", "the file is empty"),
        (b"\0asm\x01\0\0\0", "core WASM module"),
    ];
    let dropping = async {
        smsc.wait_until(|seen| seen.submits > 10, PATIENCE).await.unwrap();
        for (n, (bytes, reason)) in bad.into_iter().enumerate() {
            let bad = Version::of(bytes.to_vec(), old.cut);
            // Once over the file itself, once by a rename.
            if n % 2 == 0 {
                std::fs::write(&file, &bad.bytes).unwrap();
            } else {
                bad.rename_over(&file);
            }
            let verdict = verdict_until(&file, |verdict| verdict["sha256"] == bad.sha256.as_str()).await;
            assert_eq!(
                (&verdict["verdict"], &verdict["activeSha256"]),
                (&"refused".into(), &old.sha256.as_str().into())
            );
            assert!(verdict["reason"].as_str().unwrap().contains(reason), "{verdict}");
            let before = smsc.counters().submits;
            smsc.wait_until(|seen| seen.submits > before + 15, PATIENCE)
                .await
                .unwrap();
        }
        let refused = gateway.app.metrics.render();
        new.rename_over(&file);
        verdict_until(&file, runs(&new)).await;
        let before = smsc.counters().submits;
        smsc.wait_until(|seen| seen.submits > before + 10, PATIENCE)
            .await
            .unwrap();
        refused
    };
    let (sent, events, metrics) = under_traffic(&gateway, std::slice::from_ref(&acme), dropping).await;
    Versions::new([&old, &new]).check(&sent, &events, &[&smsc]);
    assert_eq!(
        events.iter().rfind(|event| event["type"] == "submit").unwrap()["policy"]["sha256"],
        new.sha256
    );
    let counted = r#"smpp_connector_policy_reloads_total{operator="acme",result="refused"} 5"#;
    assert!(metrics.contains(counted), "{metrics}");
    gateway.shutdown().await;
}
