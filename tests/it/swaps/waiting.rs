//! An operator whose plugin cannot run waits, with its messages; the others do not.

use super::{Version, operator, verdict, verdict_until};
use serde_json::Value;
use smpp_connector_tests::{Gateway, Message, Operator, plugin_with};
use smsc_sim::{Script, Smsc};

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_without_a_good_plugin_waits_for_one() {
    let [mute, other] = [
        Smsc::start(Script::new()).await.unwrap(),
        Smsc::start(Script::new()).await.unwrap(),
    ];
    let text = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(text.path(), "to do: write the plugin").unwrap();
    let missing = Operator::at(mute.addr())
        .named("missing")
        .policy("plugin", "\"missing.wasm\"");
    let bad = operator("bad", &mute, text.path().to_owned());
    let fine = operator("fine", &other, plugin_with("latin1", true));
    let gateway = Gateway::start([&missing, &bad, &fine].map(Clone::clone).to_vec()).await;
    let to = |operator: &Operator, n: usize| super::long_message(n).operator(operator.id);
    let messages: Vec<Message> = (0..30).map(|n| to([&missing, &bad, &fine][n % 3], n)).collect();
    gateway.send(&messages).await;
    let of = |events: &[Value], operator: &Operator| {
        let id = operator.id.to_string();
        events
            .iter()
            .filter(|event| event["type"] == "submit" && event["operatorId"] == id)
            .count()
    };
    let events = gateway.events_until(|events| of(events, &fine) == 10).await;
    assert_eq!((of(&events, &missing), of(&events, &bad)), (0, 0));
    assert_eq!(
        mute.counters().binds,
        0,
        "an operator that cannot decide must not bind"
    );
    let files = [
        gateway.path("plugins/missing.wasm"),
        gateway.path("plugins/bad.wasm"),
    ];
    for (file, reason) in files.iter().zip(["cannot read", "not a whole WASM component"]) {
        let verdict = verdict(file);
        assert!(
            verdict["verdict"] == "refused" && verdict["activeSha256"].is_null(),
            "{verdict}"
        );
        assert!(verdict["reason"].as_str().unwrap().contains(reason), "{verdict}");
    }
    // Nor does the watch take a file that never was for one that is gone.
    let first = verdict(&files[0])["at"].clone();
    let later = verdict_until(&files[0], |verdict| verdict["at"] != first).await;
    assert!(
        later["verdict"] == "refused" && later["stage"] == "read",
        "{later}"
    );

    let good = Version::payload();
    for (file, operator) in files.iter().zip([&missing, &bad]) {
        good.rename_over(file);
        let events = gateway.events_until(|events| of(events, operator) == 10).await;
        let id = operator.id.to_string();
        let its = events
            .iter()
            .filter(|event| event["type"] == "submit" && event["operatorId"] == id);
        its.for_each(|event| assert_eq!(event["policy"]["sha256"], good.sha256, "{event}"));
    }
    let metrics = gateway.app.metrics.render();
    for name in ["missing", "bad"] {
        for (result, times) in [("refused", 1), ("active", 1)] {
            let line = format!(r#"policy_reloads_total{{operator="{name}",result="{result}"}} {times}"#);
            assert!(metrics.contains(&line), "{line} in {metrics}");
        }
    }
    gateway.shutdown().await;
}
