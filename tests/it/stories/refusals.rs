//! Commands that are not sent at all.

use super::{count, of_kind};
use serde_json::{Value, json};
use smpp_connector::ports::QueuedCommand;
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Rule, Script, Smsc, Then, When, status};
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_breaks_rules_is_dead_with_every_reason() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr());
    let gateway = Gateway::start(vec![operator.clone()]).await;
    let bad = Message::to("no number")
        .operator(operator.id)
        .with("encoding", json!("KLINGON"))
        .with("priority", json!(9))
        .with("text", json!(5));
    let command = |body: String| QueuedCommand {
        operator_id: operator.id,
        body: body.into(),
    };
    gateway
        .app
        .queue
        .publish(&[command(bad.json()), command("not JSON".to_owned())])
        .await
        .unwrap();
    let events = gateway.events_until(|events| count(events, "dead") == 2).await;

    let dead = of_kind(&events, "dead");
    let errors: Vec<_> = dead[0]["errors"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(errors.len(), 4, "{errors:?}");
    for field in ["to: ", "encoding: ", "priority: ", "text: "] {
        assert!(
            errors.iter().any(|error| error.starts_with(field)),
            "{field} in {errors:?}"
        );
    }
    assert_eq!(dead[0]["command"]["messageId"], bad.id().to_string());
    assert_eq!(dead[1]["command"], "not JSON");
    assert_eq!((count(&events, "submit"), smsc.counters().submits), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_in_the_wrong_queue_is_dead() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr());
    let gateway = Gateway::start(vec![operator.clone()]).await;
    let stray = Message::to("491510000009").with("operatorId", json!(Uuid::now_v7()));
    let command = QueuedCommand {
        operator_id: operator.id,
        body: stray.json().into(),
    };
    gateway.app.queue.publish(&[command]).await.unwrap();
    let events = gateway.events_until(|events| count(events, "dead") == 1).await;
    let reason = of_kind(&events, "dead")[0]["errors"][0]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        reason.starts_with("operatorId: ") && reason.contains(&operator.id.to_string()),
        "{reason}"
    );
    assert_eq!(smsc.counters().submits, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_time_is_over_expires_unsent() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let late = Message::to("491510000009").with("expiresAt", json!("2020-01-31T12:00:00Z"));
    gateway.send(std::slice::from_ref(&late)).await;
    let outcome = gateway.outcome(late.id()).await;
    assert_eq!(
        (&outcome["outcome"], &outcome["parts"]),
        (&json!("EXPIRED"), &json!([]))
    );
    assert_eq!(
        (&outcome["submittedAt"], smsc.counters().submits),
        (&Value::Null, 0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_expires_while_its_operator_is_busy() {
    let busy = Rule::when(When::Always).then(Then::Status(status::QUEUE_FULL));
    let smsc = Smsc::start(Script::new().respond(busy)).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    super::seen(&smsc, |seen| seen.bound == 1).await;
    let soon = chrono::Utc::now() + chrono::TimeDelta::seconds(1);
    let message = Message::to("491510000009").with("expiresAt", json!(soon.to_rfc3339()));
    gateway.send(std::slice::from_ref(&message)).await;
    let outcome = gateway.outcome(message.id()).await;
    assert_eq!(
        (&outcome["outcome"], &outcome["parts"]),
        (&json!("EXPIRED"), &json!([]))
    );
    assert!(chrono::Utc::now() >= soon);
}
