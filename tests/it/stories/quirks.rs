//! An operator whose quirks are the common ones, and nothing but settings.

use super::of_kind;
use serde_json::json;
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{FinalState, IdForm, Receipts, Rule, Script, Smsc, Then, When};
use std::time::Duration;

/// Ids in hexadecimal at submit and in padded decimal in receipts, words that nobody else has, an error code with letters,
/// times on a clock of its own, and a vendor status.
fn odd_operator() -> Script {
    let receipts = Receipts::new()
        .after(Duration::from_millis(50))
        .state_for("1", FinalState::new("FAILED", "21b", 5))
        .state_for("2", FinalState::new("NOROUTE", "000", 5))
        .otherwise(FinalState::new("DELIVRD", "000", 2));
    Script::new()
        .first_id(0x10C8_F40D)
        .ids(IdForm::HexUpper)
        .receipt_ids(IdForm::DecimalPadded(10))
        .respond(Rule::when(When::DestinationSuffix("4".into())).then(Then::Status(0x40A)))
        .receipts(receipts)
}

/// What the integrator writes into the operator's file.
const SETTINGS: &str = r#"{ message_id = { submit_resp = "hex", receipt = "decimal" }, receipts = { time_zone = "+05:30" }, states = { words = { FAILED = "rejected", NOROUTE = "undeliverable" } }, errors = { codes = { 21b = { error = "barred" } } }, statuses = { 0x40A = { class = "reject", code = "dnd" } } }"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_alone_mend_an_operator_that_is_odd_in_five_ways() {
    let smsc = Smsc::start(odd_operator()).await.unwrap();
    let operator = Operator::at(smsc.addr())
        .policy("plugin", "\"quirks\"")
        .policy("settings", SETTINGS);
    let gateway = Gateway::start(vec![operator]).await;
    let to = |last: &str| Message::to(&format!("49151000000{last}"));
    let [failed, lost, delivered, refused] = ["1", "2", "3", "4"].map(to);
    let all = [failed.clone(), lost.clone(), delivered.clone(), refused.clone()];
    gateway.send(&all).await;
    let outcome = gateway.outcome(refused.id()).await;
    assert_eq!(
        (
            &outcome["outcome"],
            &outcome["rejectionCode"],
            &outcome["policy"]["plugin"]
        ),
        (&json!("REJECTED"), &json!("dnd"), &json!("quirks")),
        "{outcome}"
    );
    for (message, state, error) in [
        (&failed, "REJECTED", "barred"),
        (&lost, "UNDELIVERABLE", "000"),
        (&delivered, "DELIVERED", "000"),
    ] {
        let end = gateway.end(message.id()).await;
        assert_eq!(
            (&end["state"], &end["rawError"]),
            (&json!(state), &json!(error)),
            "{end}"
        );
        let done = end["doneAt"].as_str().expect("a time");
        assert!(done.ends_with("+05:30"), "{end}");
    }
    assert_eq!(of_kind(&gateway.events().await, "unmatched").len(), 0);
}
