//! A message keeps the plugin version that it began with, to its last part and its last id.

use super::{Version, long_message, operator, runs, verdict_until};
use smpp_connector_tests::{Gateway, PATIENCE, plugin, plugin_with};
use smsc_sim::{Concatenation, IdForm, Script, Smsc};

#[tokio::test(flavor = "multi_thread")]
async fn all_parts_are_of_one_version() {
    let smsc = Smsc::start(Script::new().stall_after(1)).await.unwrap();
    let (old, new) = (Version::headers(), Version::payload());
    let acme = operator("acme", &smsc, plugin_with("latin1", false));
    let gateway = Gateway::start(vec![acme]).await;
    let file = gateway.path("plugins/acme.wasm");
    let (before, after) = (long_message(1), long_message(2));
    gateway.send(std::slice::from_ref(&before)).await;
    smsc.wait_until(|seen| seen.submits >= 1, PATIENCE).await.unwrap();
    new.rename_over(&file);
    verdict_until(&file, runs(&new)).await;
    assert_eq!(smsc.counters().submits, 1, "the first part has no answer yet");
    smsc.set_script(Script::new());
    gateway.send(std::slice::from_ref(&after)).await;
    let outcomes = [(&before, &old), (&after, &new)];
    for (message, version) in outcomes {
        let outcome = gateway.outcome(message.id()).await;
        assert_eq!(
            (&outcome["outcome"], &outcome["policy"]["sha256"]),
            (&"ACCEPTED".into(), &version.sha256.as_str().into())
        );
    }
    let received = smsc.messages();
    let cuts: Vec<_> = received
        .iter()
        .map(|got| (got.is_complete(), got.concatenation))
        .collect();
    assert_eq!(
        cuts,
        [(true, Concatenation::Udh8), (true, Concatenation::Payload)]
    );
    gateway.shutdown().await;
}

/// The id in the response is read by the version that the message began with. Here only that one can read it: the id
/// is hexadecimal, and the receipt, which is read by the version of now, has it in decimal.
#[tokio::test(flavor = "multi_thread")]
async fn the_id_in_a_late_response_is_read_by_the_version_of_the_message() {
    let script = Script::new()
        .first_id(0xABCDEF)
        .ids(IdForm::HexUpper)
        .receipt_ids(IdForm::Decimal);
    let smsc = Smsc::start(script.clone().stall_after(1)).await.unwrap();
    let acme = operator("acme", &smsc, plugin("hexdec"));
    let gateway = Gateway::start(vec![acme]).await;
    let file = gateway.path("plugins/acme.wasm");
    let (before, after) = (long_message(1).text("before"), long_message(2).text("after"));
    gateway.send(std::slice::from_ref(&before)).await;
    smsc.wait_until(|seen| seen.submits == 1, PATIENCE).await.unwrap();
    let new = Version::payload();
    new.rename_over(&file);
    verdict_until(&file, runs(&new)).await;
    assert_eq!(
        super::count(&gateway.events().await, "submit"),
        0,
        "the message has no answer yet"
    );
    smsc.set_script(script);
    assert_eq!(gateway.end(before.id()).await["messageState"], "DELIVERED");
    // The new version knows nothing of ids: its messages are not found, so the first one was found by the old.
    gateway.send(std::slice::from_ref(&after)).await;
    let unmatched = gateway
        .events_until(|events| events.iter().any(|event| event["type"] == "unmatched"))
        .await;
    let unmatched: Vec<_> = unmatched
        .iter()
        .filter(|event| event["type"] == "unmatched")
        .collect();
    assert_eq!(unmatched.len(), 1);
    assert_eq!(unmatched[0]["operatorMessageId"], 0xABCDF0.to_string());
    gateway.shutdown().await;
}
