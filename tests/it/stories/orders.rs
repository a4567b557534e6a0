//! People who look at sessions over HTTP and order them to unbind and bind.

use super::{assert_outcomes, count, messages, of_kind, seen};
use serde_json::{Value, json};
use smpp_connector_tests::{Gateway, Operator, http};
use smsc_sim::{Script, Smsc};
use std::time::Duration;

fn get(gateway: &Gateway, path: &str) -> Value {
    let answer = http::request("GET", &gateway.url(path), &[], b"").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn order(gateway: &Gateway, path: &str) -> http::Answer {
    let path = format!("/api/v1/operators/{path}");
    http::request("POST", &gateway.url(&path), &[], b"").unwrap()
}

/// The states that sessions at this SMSC entered, in order.
fn entered(events: &[Value], smsc: &Smsc) -> Vec<String> {
    let port = json!(smsc.addr().port());
    let own = of_kind(events, "session")
        .into_iter()
        .filter(|event| event["port"] == port);
    own.filter_map(|event| event["to"].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unbind_drains_and_lasts_until_a_rebind() {
    let smsc = Smsc::start(Script::new().latency(Duration::from_millis(100)))
        .await
        .unwrap();
    let operator = Operator::at(smsc.addr())
        .session("binds", "2")
        .set("tps_limit", "100");
    let id = operator.id;
    let gateway = Gateway::start(vec![operator]).await;
    let messages = messages(120);
    gateway.send(&messages).await;
    seen(&smsc, |seen| seen.submits >= 20).await;
    let ordered = order(&gateway, &format!("{id}/sessions/1/unbind"));
    assert_eq!(ordered.status, 202, "{}", ordered.body);
    assert_eq!(
        ordered.json(),
        json!({ "operatorId": id, "session": 1, "ordered": "unbind" })
    );
    let counters = seen(&smsc, |seen| seen.unbinds == 2 && seen.links == 0).await;
    assert!(counters.submits < 120, "the story is about what waits");

    let session = get(&gateway, &format!("/api/v1/operators/{id}"))["sessions"][0].clone();
    assert_eq!(
        (&session["unbindOrdered"], &session["binds"][1]["state"]),
        (&json!(true), &json!("UNBOUND"))
    );
    assert_eq!(
        (
            &session["binds"][0]["inFlight"],
            &session["binds"][0]["nextReconnectAt"]
        ),
        (&json!(0), &Value::Null)
    );
    assert_eq!(
        session["binds"][0]["lastError"],
        Value::Null,
        "nothing went wrong"
    );

    assert_eq!(order(&gateway, "acme/sessions/1/rebind").status, 202);
    let events = gateway
        .events_until(|events| count(events, "submit") == 120)
        .await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    assert_eq!(
        (smsc.counters().submits, smsc.counters().binds),
        (120, 4),
        "nothing went twice"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebind_goes_through_the_models_states_and_loses_nothing() {
    let smsc = Smsc::start(Script::new().latency(Duration::from_millis(20)))
        .await
        .unwrap();
    let operator = Operator::at(smsc.addr()).set("tps_limit", "200");
    let gateway = Gateway::start(vec![operator]).await;
    let messages = messages(200);
    gateway.send(&messages).await;
    seen(&smsc, |seen| seen.submits >= 20).await;
    assert_eq!(order(&gateway, "acme/sessions/1/rebind").status, 202);
    let events = gateway
        .events_until(|events| count(events, "submit") == 200)
        .await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    assert_eq!((smsc.counters().submits, smsc.counters().binds), (200, 2));
    let states = [
        "CONNECTING",
        "BOUND",
        "UNBINDING",
        "UNBOUND",
        "CONNECTING",
        "BOUND",
    ];
    assert_eq!(entered(&events, &smsc), states);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebind_cuts_a_backoff_short() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    smsc.stop_listening().await;
    let operator = Operator::at(smsc.addr()).set("reconnect_delays", "[\"1h\"]");
    let gateway = Gateway::start(vec![operator]).await;
    let refused = |events: &[Value]| entered(events, &smsc).contains(&"DISCONNECTED".to_owned());
    gateway.events_until(refused).await;
    let operators = get(&gateway, "/api/v1/operators");
    let bind = &operators["operators"][0]["sessions"][0]["binds"][0];
    assert_eq!(
        (&bind["state"], &bind["reconnectAttempts"]),
        (&json!("DISCONNECTED"), &json!(1))
    );
    let told = bind["lastError"].as_str().unwrap();
    assert!(
        told.contains("cannot be reached") && bind["nextReconnectAt"].is_string(),
        "{bind}"
    );
    smsc.resume().await.unwrap();
    assert_eq!(order(&gateway, "acme/sessions/1/rebind").status, 202);
    seen(&smsc, |seen| seen.bound == 1).await;
    gateway
        .events_until(|events| entered(events, &smsc).contains(&"BOUND".to_owned()))
        .await;
    let bind = get(&gateway, "/api/v1/operators/acme")["sessions"][0]["binds"][0].clone();
    assert_eq!(
        (&bind["state"], &bind["peer"]),
        (&json!("BOUND"), &json!(smsc.addr().to_string()))
    );
    assert!(
        bind["lastError"].is_string(),
        "it is still known what went wrong last: {bind}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_to_nobody_are_told_who_there_is() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    for (path, word) in [
        ("nobody/sessions/1/unbind", "acme"),
        ("acme/sessions/2/unbind", "1 to 1"),
        ("acme/sessions/0/rebind", "1 to 1"),
        ("acme/sessions/1/explode", "rebind or unbind"),
    ] {
        let answer = order(&gateway, path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains(word), "{path}: {}", answer.body);
    }
    let looked = http::request("GET", &gateway.url("/api/v1/operators/nobody"), &[], b"").unwrap();
    assert_eq!(looked.status, 404);
    let wrong = http::request(
        "GET",
        &gateway.url("/api/v1/operators/acme/sessions/1/unbind"),
        &[],
        b"",
    );
    assert_eq!(wrong.unwrap().status, 405);
}
