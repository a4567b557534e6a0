//! Each way to fail, and what the operator's file says about failing. Elsewhere "fail open" was one switch, and the ways that it did
//! not know of failed closed.

use serde_json::Value;
use smpp_connector_tests::{Gateway, Message, Operator, plugin};
use smsc_sim::{Script, Smsc};

/// What the hook that chooses the encoding does, and the cause that is counted. Fewer than five of them, and of the timeouts fewer
/// than three, count for the breaker.
const WAYS: [(&str, &str); 8] = [
    ("trap", "trap"),
    ("loop", "timeout"),
    ("huge", "limit"),
    ("bad-unit", "bad_answer"),
    ("unsupported", "unsupported"),
    ("malformed", "malformed"),
    ("misconfigured", "misconfigured"),
    ("fault", "other"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_cause_gets_what_the_operators_file_says() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let failing = |rule: &str| {
        Operator::at(smsc.addr())
            .named(rule)
            .plugin(plugin("hostile"))
            .policy("on_failure", &format!("\"{rule}\""))
    };
    let operators = ["host-default", "reject"].map(failing);
    let gateway = Gateway::start(operators.to_vec()).await;
    let outcomes = ["ACCEPTED", "REJECTED"];
    for (operator, wanted) in operators.iter().zip(outcomes) {
        for (n, (command, cause)) in WAYS.into_iter().enumerate() {
            let message = Message::to(&format!("+4915100000{n}"))
                .text(&format!("!encoding:{command}"))
                .operator(operator.id);
            gateway.send(std::slice::from_ref(&message)).await;
            let outcome: Value = gateway.outcome(message.id()).await;
            assert_eq!(outcome["outcome"], wanted, "{command}: {outcome}");
            let line = format!(
                r#"policy_faults_total{{operator="{}",hook="encoding",result="{cause}"}} 1"#,
                operator.name
            );
            let metrics = gateway.app.metrics.render();
            assert!(metrics.contains(&line), "{line} in {metrics}");
        }
    }
    gateway.shutdown().await;
}
