//! Orders about plugins by HTTP, as the stories give them.

use serde_json::Value;
use smpp_connector_tests::{Gateway, PATIENCE, http};
use std::time::Duration;

/// `GET plugins/{name}`.
pub(super) fn policy(gateway: &Gateway, name: &str) -> Value {
    let path = format!("/api/v1/plugins/{name}");
    let answer = http::request("GET", &gateway.url(&path), &[], b"").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// Waits until the policy is such a one.
pub(super) async fn policy_until(gateway: &Gateway, name: &str, says: impl Fn(&Value) -> bool) -> Value {
    let wait = async {
        loop {
            let policy = policy(gateway, name);
            if says(&policy) {
                return policy;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .unwrap_or_else(|_| panic!("not this: {:#}", policy(gateway, name)))
}

/// `POST plugins/{name}/{order}`, with a component where there is one.
pub(super) fn order(gateway: &Gateway, name: &str, order: &str, body: &[u8]) -> http::Answer {
    let path = format!("/api/v1/plugins/{name}/{order}");
    http::request("POST", &gateway.url(&path), &[], body).unwrap()
}

/// The same, which has to be carried out.
pub(super) fn ordered(gateway: &Gateway, name: &str, what: &str, body: &[u8]) -> Value {
    let answer = order(gateway, name, what, body);
    let wanted = if what.starts_with("deploy") { 202 } else { 200 };
    assert_eq!(answer.status, wanted, "{what}: {}", answer.body);
    answer.json()
}

/// The verdicts of an operator's reloads with who brought them about, oldest first.
pub(super) fn reloads(gateway: &Gateway, name: &str) -> Vec<(String, String)> {
    let answer = http::request("GET", &gateway.url("/api/v1/reloads"), &[], b"").unwrap();
    let answer = answer.json();
    let entries = answer["reloads"].as_array().unwrap().iter().rev();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries
        .filter(|entry| entry["operator"] == name)
        .map(|entry| (text(&entry["who"]), text(&entry["verdict"])))
        .collect()
}
