//! submit_sm, what the SMSC answers to it, and what becomes of the message.

use super::Direction::{In, Out};
use super::{Feature, play};
use serde_json::json;
use smpp_connector_tests::Message;
use smsc_sim::{Carrier, FinalState, Receipts, Rule, Script, Then, Wanted, When, status};

fn message() -> Message {
    Message::to("+491511234567")
}

/// The first submit_sm gets this, the others the normal answer.
fn first(then: Then) -> Script {
    Script::new().respond(Rule::when(When::Nth(1)).then(then))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers() {
    play(vec![
        Feature::new("taken").message(message()).expect(&[
            (Out, "submit_sm", &[("smpp.destination_addr", "491511234567")]),
            (
                In,
                "submit_sm_resp",
                &[("smpp.message_id", "1"), ("smpp.command_status", "0")],
            ),
        ]),
        Feature::new("throttled, and sent again")
            .script(first(Then::Status(status::THROTTLED)))
            .message(message())
            .expect(&[
                (Out, "submit_sm", &[("smpp.message_text", "Once upon a time")]),
                (In, "submit_sm_resp", &[("smpp.command_status", "0x58")]),
                (Out, "submit_sm", &[("smpp.message_text", "Once upon a time")]),
                (In, "submit_sm_resp", &[("smpp.command_status", "0")]),
            ]),
        Feature::new("the queue is full, and sent again")
            .script(first(Then::Status(status::QUEUE_FULL)))
            .message(message())
            .expect(&[
                (In, "submit_sm_resp", &[("smpp.command_status", "0x14")]),
                (Out, "submit_sm", &[]),
                (In, "submit_sm_resp", &[("smpp.command_status", "0")]),
            ]),
        Feature::new("refused")
            .script(first(Then::Status(status::INVALID_DESTINATION)))
            .message(message())
            .expect(&[
                (Out, "submit_sm", &[]),
                (In, "submit_sm_resp", &[("smpp.command_status", "0x0b")]),
            ]),
        Feature::new("refused by generic_nack")
            .script(first(Then::Nack(status::INVALID_COMMAND_ID)))
            .message(message())
            .expect(&[
                (Out, "submit_sm", &[]),
                (In, "generic_nack", &[("smpp.command_status", "3")]),
            ]),
        Feature::new("the link lost before the answer")
            .script(first(Then::CloseLink))
            .message(message())
            .expect(&[
                (Out, "bind_transceiver", &[]),
                (Out, "submit_sm", &[]),
                (Out, "bind_transceiver", &[]),
                (Out, "submit_sm", &[]),
                (In, "submit_sm_resp", &[("smpp.command_status", "0")]),
            ]),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts() {
    let carried = |carrier| Script::new().receipts(Receipts::new().carrier(carrier));
    let undelivered = Receipts::new()
        .carrier(Carrier::TextAndTlv)
        .otherwise(FinalState::undelivered("005"));
    let intermediate = Receipts::new().when(Wanted::Always).intermediate(true);
    const RECEIPT: (&str, &str) = ("smpp.esm.submit.msg_type", "1");
    const INTERMEDIATE: (&str, &str) = ("smpp.esm.submit.msg_type", "8");
    const DELIVERED: (&str, &str) = ("smpp.message_state", "2");
    play(vec![
        Feature::new("in text")
            .script(carried(Carrier::Text))
            .message(message())
            .expect(&[
                (In, "deliver_sm", &[RECEIPT]),
                (Out, "deliver_sm_resp", &[("smpp.command_status", "0")]),
            ]),
        Feature::new("in parameters")
            .script(carried(Carrier::Tlv))
            .message(message())
            .expect(&[
                (
                    In,
                    "deliver_sm",
                    &[
                        RECEIPT,
                        DELIVERED,
                        ("smpp.receipted_message_id", "1"),
                        ("smpp.sm_length", "0"),
                    ],
                ),
                (Out, "deliver_sm_resp", &[]),
            ]),
        Feature::new("in message_payload")
            .script(carried(Carrier::MessagePayload))
            .message(message())
            .expect(&[
                (In, "deliver_sm", &[RECEIPT, ("smpp.opt_param_tag", "0x0424")]),
                (Out, "deliver_sm_resp", &[]),
            ]),
        Feature::new("of a failure, in text and parameters")
            .script(Script::new().receipts(undelivered))
            .message(message())
            .expect(&[
                (In, "deliver_sm", &[RECEIPT, ("smpp.message_state", "5")]),
                (Out, "deliver_sm_resp", &[]),
            ]),
        Feature::new("an intermediate notification before it")
            .script(Script::new().receipts(intermediate))
            .message(message())
            .expect(&[
                (In, "deliver_sm", &[INTERMEDIATE]),
                (In, "deliver_sm", &[RECEIPT]),
                (Out, "deliver_sm_resp", &[]),
                (Out, "deliver_sm_resp", &[]),
            ]),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields() {
    play(vec![
        Feature::new("priority, validity, no receipt")
            .message(
                message()
                    .with("priority", json!(2))
                    .with("validityPeriod", json!(3_600))
                    .with("registeredDelivery", json!(false)),
            )
            .expect(&[(
                Out,
                "submit_sm",
                &[
                    ("smpp.priority_flag", "2"),
                    ("smpp.validity_period_r", "3600.000000000"),
                    ("smpp.regdel.receipt", "0"),
                ],
            )]),
        Feature::new("optional parameters")
            .message(message().with(
                "tlvs",
                json!([{ "tag": 0x0204, "value": "1234" }, { "tag": 0x1400, "value": "31" }]),
            ))
            .expect(&[(
                Out,
                "submit_sm",
                &[
                    ("smpp.user_message_reference", "4660"),
                    ("smpp.opt_param_tag", "0x0204;0x1400"),
                ],
            )]),
        Feature::new("flash")
            .message(message().with("messageType", json!("FLASH")))
            .expect(&[(Out, "submit_sm", &[("smpp.data_coding", "0x10")])]),
        Feature::new("a national extension table")
            .operator(|smsc| super::Operator::at(smsc).set("national_tables", "[\"turkish\"]"))
            .message(message().text("Gecikme olmasın."))
            .expect(&[(Out, "submit_sm", &[("gsm_sms.dis_iei_lang.single_shift", "1")])]),
        Feature::new("a national alphabet")
            .operator(|smsc| super::Operator::at(smsc).set("national_tables", "[\"turkish\"]"))
            .message(message().text(&"ığdır ağacı ".repeat(20)))
            .expect(&[
                (
                    Out,
                    "submit_sm",
                    &[
                        ("gsm_sms.dis_iei_lang.locking_shift", "1"),
                        ("gsm_sms.udh.mm.msg_part", "1"),
                    ],
                ),
                (Out, "submit_sm", &[("gsm_sms.udh.mm.msg_part", "2")]),
            ]),
        Feature::new("addresses")
            .operator(|smsc| {
                super::Operator::at(smsc)
                    .session("source_address", "{ ton = 2, npi = 8 }")
                    .session("destination_address", "{ ton = 0, npi = 0 }")
            })
            .message(message().with("from", json!("12345")))
            .expect(&[(
                Out,
                "submit_sm",
                &[
                    ("smpp.source_addr_ton", "2"),
                    ("smpp.source_addr_npi", "8"),
                    ("smpp.dest_addr_ton", "0"),
                    ("smpp.dest_addr_npi", "0"),
                ],
            )]),
    ])
    .await;
}
