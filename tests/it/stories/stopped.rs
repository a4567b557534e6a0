//! Operators whose account is empty: nothing is burnt, and a person says when it goes on.

use super::{assert_outcomes, count, messages, of_kind, seen};
use serde_json::json;
use smpp_connector_tests::http::request;
use smpp_connector_tests::{Gateway, Operator, plugin};
use smsc_sim::{Rule, Script, Smsc, Then, When};

const NO_CREDIT: u32 = 0x401;

/// No credit from the 10th message on.
fn empty() -> Script {
    let with_credit = When::Not(Box::new(When::First(9)));
    Script::new().respond(Rule::when(with_credit).then(Then::Status(NO_CREDIT)))
}

async fn post(url: String) -> (u16, serde_json::Value) {
    let answered = tokio::task::spawn_blocking(move || request("POST", &url, &[], b"").unwrap()).await;
    let answer = answered.unwrap();
    (answer.status, answer.json())
}

async fn get(url: String) -> serde_json::Value {
    let answered = tokio::task::spawn_blocking(move || request("GET", &url, &[], b"").unwrap()).await;
    answered.unwrap().json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_account_stops_the_operator_over_a_restart_until_a_person_resumes_it() {
    let smsc = Smsc::start(empty()).await.unwrap();
    let settings = r#"{ entity_id = "1101", template_id = "42" }"#;
    let operator = Operator::at(smsc.addr())
        .plugin(plugin("dlt"))
        .policy("settings", settings);
    let gateway = Gateway::start(vec![operator.clone()]).await;
    let messages = messages(40);
    gateway.send(&messages).await;
    let events = gateway
        .events_until(|events| count(events, "stop") == 1 && count(events, "submit") == 9)
        .await;
    let stop = of_kind(&events, "stop")[0].clone();
    assert_eq!(
        (
            &stop["stopped"],
            &stop["reason"],
            &stop["commandStatus"],
            &stop["operatorId"]
        ),
        (
            &json!(true),
            &json!("out of credit"),
            &json!(NO_CREDIT),
            &json!(operator.id)
        )
    );
    let folder = gateway.folder();
    gateway.shutdown().await;
    let tried = smsc.counters().submits;
    assert!(tried <= 19, "{tried}: the window's, and no more");

    let gateway = Gateway::start_in(folder, vec![operator.clone()]).await;
    seen(&smsc, |seen| seen.binds == 2).await;
    let ready = get(gateway.url("/readyz")).await;
    assert_eq!(
        (&ready["ready"], &ready["stopped"][0]["name"]),
        (&json!(true), &json!("acme"))
    );
    assert!(
        gateway
            .app
            .metrics
            .render()
            .contains("smpp_connector_stopped{operator=\"acme\"} 1")
    );
    assert_eq!(smsc.counters().submits, tried, "it is stopped from the start");

    smsc.set_script(Script::new());
    let url = gateway.url(&format!("/api/v1/operators/{}/resume", operator.id));
    let (status, answer) = post(url.clone()).await;
    assert_eq!(
        (status, &answer["wasStopped"]["reason"]),
        (200, &json!("out of credit"))
    );
    let events = gateway.events_until(|events| count(events, "submit") == 40).await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    let stops: Vec<_> = of_kind(&events, "stop")
        .iter()
        .map(|event| event["stopped"].clone())
        .collect();
    assert_eq!(stops, [json!(true), json!(false)]);
    assert_eq!(
        super::accepted_texts(&smsc).len(),
        40,
        "nothing is lost or doubled"
    );
    let (status, answer) = post(url).await;
    assert_eq!(
        (status, &answer["wasStopped"]),
        (200, &json!(null)),
        "again is harmless"
    );
    let (status, answer) = post(gateway.url("/api/v1/operators/nobody/resume")).await;
    assert!(
        status == 404 && answer["details"][0].as_str().unwrap().contains("(acme)"),
        "{answer}"
    );
}
