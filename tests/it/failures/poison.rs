//! A message that breaks its plugin each time. Elsewhere the recovery came at once and for ever, and took what was behind the
//! message with it.

use super::counted;
use smpp_connector_tests::{Gateway, Message, Operator, PATIENCE, plugin};
use smpp_domain::policy::{FaultCause, Hook};
use smsc_sim::{Script, Smsc};
use std::time::{Duration, Instant};

const GOOD: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn a_poisonous_message_waits_longer_each_time_and_holds_up_nobody() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let acme = Operator::at(smsc.addr())
        .plugin(plugin("hostile"))
        .policy("on_failure", "\"retry\"");
    let gateway = Gateway::start(vec![acme]).await;
    let traps = || {
        let operators = gateway.app.policies.operators();
        counted(&operators[0], Hook::Encoding, FaultCause::Trap)
    };
    let trapped = async |times: u64| {
        let wait = async {
            while traps().1 < times {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .expect("another attempt");
        Instant::now()
    };
    let poison = Message::to("+4915199999999").text("!encoding:trap");
    gateway.send(&[poison]).await;
    let first = trapped(1).await;
    let good: Vec<_> = (0..GOOD).map(|n| Message::to(&format!("+49151{n:08}"))).collect();
    gateway.send(&good).await;
    let accepted = |events: &[serde_json::Value]| {
        events.iter().filter(|event| event["type"] == "submit").count() == GOOD
    };
    let events = gateway.events_until(accepted).await;
    assert!(
        events
            .iter()
            .filter(|event| event["type"] == "submit")
            .all(|event| event["outcome"] == "ACCEPTED"),
        "{events:#?}"
    );
    let second = trapped(2).await;
    let pause = second - first;
    assert!(
        pause > Duration::from_millis(1_900),
        "it came back after {pause:?}"
    );
    assert_eq!(traps().0, u64::try_from(GOOD).unwrap() + 2, "calls of the hook");
    gateway.shutdown().await;
}
