//! A short message, from the command to the receipt that ends it.

use super::{seen, shown};
use serde_json::{Value, json};
use smpp_connector::lifecycle::Ended;
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Script, Smsc, Submit};

fn keys(event: &Value) -> Vec<&str> {
    event
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

#[track_caller]
fn assert_has(event: &Value, fields: &str) {
    for field in fields.split_whitespace() {
        assert!(keys(event).contains(&field), "{field} is missing in {event:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_accepted_and_its_receipt_ends_it() {
    let smsc = Smsc::start(Script::new().first_id(4711)).await.unwrap();
    let operator = Operator::at(smsc.addr());
    let gateway = Gateway::start(vec![operator.clone()]).await;
    let message = Message::to("491510000009").text("Hello @ 5 €");
    gateway.send(std::slice::from_ref(&message)).await;

    let outcome = gateway.outcome(message.id()).await;
    assert_has(
        &outcome,
        "messageId accountId operatorId outcome parts commandStatus reason encoding dataCoding \
         longMessageStrategy submittedAt policy",
    );
    assert_eq!(outcome["outcome"], "ACCEPTED");
    assert_eq!(outcome["operatorId"], operator.id.to_string());
    let part = json!([{ "partNumber": 1, "operatorMessageId": "4711", "commandStatus": 0 }]);
    assert_eq!((&outcome["parts"], &outcome["commandStatus"]), (&part, &json!(0)));
    assert_eq!(
        (&outcome["encoding"], &outcome["dataCoding"]),
        (&json!("GSM7"), &json!(0))
    );
    assert_eq!(
        (&outcome["reason"], &outcome["policy"]),
        (&Value::Null, &Value::Null)
    );

    let end = gateway.end(message.id()).await;
    assert_has(
        &end,
        "messageId accountId operatorId operatorMessageId partNumber partCount state final messageState \
         messageFinal rawState rawError networkErrorCode submittedAt doneAt receivedAt to conflict",
    );
    assert_eq!(
        (&end["state"], &end["final"]),
        (&json!("DELIVERED"), &json!(true))
    );
    assert_eq!(
        (&end["messageState"], &end["conflict"]),
        (&json!("DELIVERED"), &json!(false))
    );
    assert_eq!(
        (&end["operatorMessageId"], &end["rawState"]),
        (&json!("4711"), &json!("DELIVRD"))
    );
    assert_eq!(
        (&end["submittedAt"], &end["to"]),
        (&outcome["submittedAt"], &json!("491510000009"))
    );

    let received = smsc.messages();
    let [received] = received.as_slice() else {
        panic!("{received:?}")
    };
    assert_eq!(shown(received.data_coding, &received.octets), "Hello @ 5 €");
    assert_eq!(
        (received.source.as_str(), received.destination.as_str()),
        ("Story", "491510000009")
    );
    assert_eq!(gateway.shutdown().await, Ended::Clean);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flash_message_is_of_class_zero() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let flash = Message::to("491510000009").with("messageType", json!("FLASH"));
    let messages = [
        flash.clone().text("Fire"),
        flash.with("messageId", json!(uuid::Uuid::now_v7())).text("Огонь"),
    ];
    gateway.send(&messages).await;
    seen(&smsc, |seen| seen.accepted == 2).await;
    let received: Vec<_> = smsc
        .messages()
        .iter()
        .map(|m| (m.data_coding, shown(m.data_coding, &m.octets)))
        .collect();
    assert_eq!(received, [(0x10, "Fire".to_owned()), (0x18, "Огонь".to_owned())]);
}

/// What becomes of a text that GSM 7-bit cannot carry.
async fn unencodable(rule: &str) -> (Value, Vec<String>) {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr()).set("on_unencodable", &format!("\"{rule}\""));
    let gateway = Gateway::start(vec![operator]).await;
    let message = Message::to("491510000009").text("Čeština — ok");
    gateway.send(std::slice::from_ref(&message)).await;
    let outcome = gateway.outcome(message.id()).await;
    (
        outcome,
        smsc.messages()
            .iter()
            .map(|m| shown(m.data_coding, &m.octets))
            .collect(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_beyond_gsm7_goes_as_ucs2_unless_the_operator_says_otherwise() {
    let (outcome, texts) = unencodable("ucs2").await;
    assert_eq!(
        (&outcome["encoding"], &outcome["dataCoding"]),
        (&json!("UCS2"), &json!(8))
    );
    assert_eq!(texts, ["Čeština — ok"]);

    let (outcome, texts) = unencodable("transliterate").await;
    assert_eq!(
        (&outcome["encoding"], &outcome["outcome"]),
        (&json!("GSM7"), &json!("ACCEPTED"))
    );
    assert_eq!(texts, ["Cestina - ok"]);

    let (outcome, texts) = unencodable("reject").await;
    assert_eq!(
        (&outcome["outcome"], &outcome["commandStatus"]),
        (&json!("REJECTED"), &Value::Null)
    );
    let reason = outcome["reason"].as_str().expect("a reason");
    assert!(reason.contains("Č") && texts.is_empty(), "{reason} {texts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_platform_asks_for_reaches_the_wire() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let message = Message::to("+491510000009")
        .with("validityPeriod", json!(3_600))
        .with("priority", json!(2))
        .with("registeredDelivery", json!(false))
        .with("tlvs", json!([{ "tag": 0x1400, "value": "00ff" }]))
        .with("unknownField", json!({ "is": "ignored" }));
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    let submits = smsc.submits();
    let [submit] = submits.as_slice() else {
        panic!("{submits:?}")
    };
    assert_eq!(
        (submit.validity.as_str(), submit.priority),
        ("000000010000000R", 2)
    );
    assert_eq!(submit.registered_delivery & 0x03, 0);
    assert_eq!(submit.tlv(0x1400).expect("the TLV").as_ref(), [0x00, 0xFF]);
    let to = &submit.destination;
    assert_eq!((to.ton, to.npi, to.digits.as_str()), (1, 1, "491510000009"));
    assert_eq!(
        (submit.source.ton, submit.source.npi),
        (5, 0),
        "a name is alphanumeric"
    );
}

/// What an operator with these `[submit]` settings gets of a message, and the gateway when all is over.
async fn submitted(settings: &str, message: Message) -> (Vec<Submit>, Value) {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr()).set("submit", settings)]).await;
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    let end = gateway.end(message.id()).await;
    (smsc.submits(), end)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operators_own_fields_are_on_every_part() {
    let settings = r#"{ service_type = "CMT", protocol_id = 0x41, esm_class = 3, priority = 1,
        priority_is_fixed = true, replace_if_present = true, registered_delivery = 0x11,
        receipts_on = "last", more_messages_to_send = true, tlv = [
            { tag = 0x1400, text = "1101", nul = true },
            { tag = 0x1401, text = "replaced", nul = true },
            { tag = 0x1860, number = 258, octets = 2 },
        ] }"#;
    let message = Message::to("491510000009")
        .text(&"a".repeat(400))
        .with("priority", json!(3))
        .with("tlvs", json!([{ "tag": 0x1401, "value": "3700" }]));
    let (parts, end) = submitted(settings, message).await;
    let receipts: Vec<_> = parts.iter().map(|part| part.registered_delivery).collect();
    assert_eq!(receipts, [0, 0, 0x11]);
    let more: Vec<_> = parts.iter().map(|part| part.tlv(0x0426).unwrap()[0]).collect();
    assert_eq!(more, [1, 1, 0]);
    for part in &parts {
        assert_eq!((part.service_type.as_str(), part.protocol_id), ("CMT", 0x41));
        assert_eq!((part.esm_class, part.priority), (0x43, 1));
        assert_eq!(part.replace_if_present, 0, "it would replace the part before");
        let tags: Vec<_> = part.tlvs.iter().map(|tlv| tlv.tag).collect();
        assert_eq!(tags, [0x1401, 0x0426, 0x1400, 0x1860]);
        let value = |tag| part.tlv(tag).unwrap().to_vec();
        assert_eq!(
            (value(0x1400), value(0x1401), value(0x1860)),
            (b"1101\0".to_vec(), b"7\0".to_vec(), vec![1, 2])
        );
    }
    // The one receipt there is decides for the message.
    assert_eq!(
        (&end["messageState"], &end["partNumber"], &end["partCount"]),
        (&json!("DELIVERED"), &json!(3), &json!(3))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn validity_is_the_earlier_wish_within_the_operators_limit() {
    let settings = r#"{ validity = "absolute", utc_offset = "+05:30", max_validity = "2h" }"#;
    let to = Message::to("491510000009");
    let soon = chrono::Utc::now() + chrono::TimeDelta::minutes(30);
    let wish = to.clone().with("validityPeriod", json!(86_400));
    let before = chrono::Utc::now();
    let (capped, _) = submitted(settings, wish.clone()).await;
    let after = chrono::Utc::now();
    let at = |submit: &Submit| {
        let digits = submit
            .validity
            .strip_suffix("22+")
            .expect("quarter hours and their sign");
        let local = chrono::NaiveDateTime::parse_from_str(&digits[..12], "%y%m%d%H%M%S").unwrap();
        assert_eq!(digits.len(), 13, "tenths have one digit");
        (local - chrono::TimeDelta::minutes(330)).and_utc()
    };
    let (second, limit) = (chrono::TimeDelta::seconds(1), chrono::TimeDelta::hours(2));
    let found = at(&capped[0]);
    assert!(
        before + limit - second <= found && found <= after + limit,
        "{found}"
    );

    let (expiring, _) = submitted(settings, wish.with("expiresAt", json!(soon.to_rfc3339()))).await;
    let found = at(&expiring[0]);
    assert!(soon - second <= found && found <= soon, "{found} {soon}");

    let (silent, _) = submitted(settings, to.clone()).await;
    assert_eq!(silent[0].validity, "");
    let never = r#"{ validity = "never", default_validity = "1h" }"#;
    let (never, _) = submitted(never, to.clone().with("validityPeriod", json!(60))).await;
    assert_eq!(never[0].validity, "");
    let (default, _) = submitted(r#"{ default_validity = "1d" }"#, to).await;
    assert_eq!(default[0].validity, "000001000000000R");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flash_may_have_another_code_or_a_tlv() {
    let flash = Message::to("491510000009").with("messageType", json!("FLASH"));
    let (group_f, _) = submitted("{ flash_gsm7 = 0xF0 }", flash.clone()).await;
    assert_eq!((group_f[0].data_coding, group_f[0].tlv(0x0005)), (0xF0, None));
    // Beyond GSM 7-bit it goes as UCS2, and that has no code in this group.
    let (ucs2, _) = submitted("{ flash_gsm7 = 0xF0 }", flash.clone().text("Ж")).await;
    assert_eq!(ucs2[0].data_coding, 0x18);
    let (tlv, _) = submitted(r#"{ flash = "tlv" }"#, flash).await;
    assert_eq!(tlv[0].data_coding, 0);
    assert_eq!(tlv[0].tlv(0x0005).expect("the TLV").as_ref(), [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_may_go_last_first_and_end_with_a_nul() {
    let settings = r#"{ part_order = "last-to-first", nul_terminated = true }"#;
    let text = format!("{}{}", "a".repeat(153), "b".repeat(10));
    let (parts, end) = submitted(settings, Message::to("491510000009").text(&text)).await;
    let numbers: Vec<_> = parts.iter().map(|part| part.short_message[5]).collect();
    assert_eq!(numbers, [2, 1]);
    assert_eq!(parts[0].short_message[6..], *b"bbbbbbbbbb\0");
    assert_eq!(parts[1].short_message.len(), 6 + 153 + 1);
    assert_eq!(end["messageState"], "DELIVERED");
}
