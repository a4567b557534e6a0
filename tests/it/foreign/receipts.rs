//! Receipts as node-smpp writes them, in every form.

use super::{accepted, bound};
use serde_json::{Value, json};
use smpp_connector_tests::Message;

struct Form {
    name: &'static str,
    command: &'static str,
    /// The receipt for this id.
    fields: fn(&str) -> Value,
    /// What becomes of the message, and the operator's word for it.
    state: &'static str,
    word: Value,
}

/// Appendix B, as most operators write it.
fn text(id: &str, word: &str) -> String {
    format!(
        "id:{id} sub:001 dlvrd:001 submit date:2611261200 done date:2611261201 stat:{word} err:000 text:Once upon a time"
    )
}

fn forms() -> Vec<Form> {
    let form = |name, command, fields, (state, word)| Form {
        name,
        command,
        fields,
        state,
        word,
    };
    let delivered = || ("DELIVERED", json!("DELIVRD"));
    vec![
        form(
            "text",
            "deliver_sm",
            |id| json!({ "esm_class": 4, "short_message": text(id, "DELIVRD") }),
            delivered(),
        ),
        form(
            "text and parameters",
            "deliver_sm",
            |id| {
                json!({
                    "esm_class": 4, "short_message": text(id, "UNDELIV"), "receipted_message_id": id,
                    "message_state": 5, "network_error_code": { "hex": "030001" },
                })
            },
            ("UNDELIVERABLE", json!("UNDELIV")),
        ),
        form(
            "parameters alone",
            "deliver_sm",
            |id| json!({ "esm_class": 4, "receipted_message_id": id, "message_state": 3 }),
            ("EXPIRED", json!("3")),
        ),
        form(
            "text in message_payload",
            "deliver_sm",
            |id| json!({ "esm_class": 4, "message_payload": text(id, "DELIVRD") }),
            delivered(),
        ),
        form(
            "text in UCS2",
            "deliver_sm",
            |id| json!({ "esm_class": 4, "data_coding": 8, "short_message": text(id, "REJECTD") }),
            ("REJECTED", json!("REJECTD")),
        ),
        form(
            "data_sm with parameters",
            "data_sm",
            |id| json!({ "esm_class": 4, "receipted_message_id": id, "message_state": 2 }),
            ("DELIVERED", json!("2")),
        ),
        form(
            "data_sm with text",
            "data_sm",
            |id| json!({ "esm_class": 4, "message_payload": text(id, "DELIVRD") }),
            delivered(),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_form_of_a_receipt_finds_its_message() {
    let (mut smsc, gateway) = bound().await;
    for form in forms() {
        let message = Message::to("+491511234567");
        let id = accepted(&gateway, &message).await;
        smsc.send(form.command, &(form.fields)(&id));
        let end = gateway.end(message.id()).await;
        assert_eq!(
            (&end["operatorMessageId"], &end["state"], &end["rawState"]),
            (&json!(id), &json!(form.state), &form.word),
            "{}: {end}",
            form.name
        );
    }
    // node-smpp has read the answers, and none refuses.
    for (answer, count) in [("deliver_sm_resp", 5), ("data_sm_resp", 2)] {
        for answer in smsc.pdus(answer, count).await {
            assert_eq!(answer["pdu"]["command_status"], 0, "{answer}");
        }
    }
}
