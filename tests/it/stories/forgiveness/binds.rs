//! Bind responses in every dress.

use super::super::{of_kind, seen};
use super::kept;
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Script, Smsc, status};

/// Binds, sends a message, and returns the kinds of what was odd.
async fn works(script: Script) -> Vec<String> {
    let smsc = Smsc::start(script).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.end(message.id()).await["messageState"], "DELIVERED");
    let counters = smsc.counters();
    assert_eq!((counters.binds, counters.binds_refused), (1, 0));
    let kept = kept(&gateway).await;
    let kinds = kept
        .iter()
        .map(|record| record["kind"].as_str().unwrap().to_owned());
    kinds.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bind_is_a_bind_however_it_is_answered() {
    for (body, kind) in [
        (&b"SMSC\0\x02\x10\0\x01\x34"[..], None),
        (b"SMSC\0", None),
        (b"\0", None),
        (b"", None),
        (b"SMSC", Some("no_nul")),
        (b"SMS\xC7\0", Some("not_ascii")),
        (b"The SMSC of Acme, Inc.\0", Some("over_long")),
        (b"SMSC\0\x02\x10\0", None),
    ] {
        let odd = works(Script::new().bind_body(body)).await;
        let expected: Vec<_> = kind.into_iter().collect();
        assert_eq!(odd, expected, "{}", body.escape_ascii());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_told_whether_it_has_a_body_or_not() {
    for script in [
        Script::new().bind_status_times(status::INVALID_PASSWORD, 1),
        Script::new()
            .bind_status_times(status::INVALID_PASSWORD, 1)
            .bodies_on_errors(true),
        Script::new()
            .bind_status_times(status::INVALID_PASSWORD, 1)
            .bind_body(&b"SMSC"[..]),
    ] {
        let smsc = Smsc::start(script).await.unwrap();
        let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
        seen(&smsc, |seen| seen.bound == 1).await;
        let refused = |event: &serde_json::Value| event["to"] == "DISCONNECTED";
        let events = gateway.events_until(|events| events.iter().any(refused)).await;
        let sessions = of_kind(&events, "session");
        let reason = sessions.iter().find(|event| refused(event)).unwrap()["reason"].clone();
        assert!(reason.as_str().unwrap().contains("ESME_RINVPASWD"), "{reason}");
    }
}
