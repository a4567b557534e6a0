//! What operators deliver, in the hands of a policy.

use super::{count, of_kind};
use serde_json::json;
use smpp_connector_tests::{Delivery, Gateway, Operator, Peer, PeerLink, plugin};

async fn stage() -> (PeerLink, Gateway) {
    let hostile = tokio::task::spawn_blocking(|| plugin("hostile")).await.unwrap();
    let peer = Peer::listen().await;
    let gateway = Gateway::start(vec![Operator::at(peer.addr()).plugin(hostile)]).await;
    (peer.bound().await, gateway)
}

/// The status that a text is answered with.
async fn status(link: &mut PeerLink, text: &str) -> u32 {
    let delivery = Delivery::of_class(0, text.as_bytes());
    link.ask(0x05, &delivery.deliver_sm()).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_policy_refuses_for_ever_is_kept_and_taken_in_the_end() {
    let (mut link, gateway) = stage().await;
    for _ in 0..10 {
        assert_eq!(status(&mut link, "!refuse this").await, 0x64);
        assert_eq!(status(&mut link, "and take that").await, 0);
    }
    assert_eq!(status(&mut link, "!refuse this").await, 0);
    let events = gateway.events().await;
    let kept = of_kind(&events, "unmatched")[0];
    assert_eq!(kept["raw"], json!("217265667573652074686973"));
    assert!(kept["hint"].as_str().unwrap().contains("0x00000064"), "{kept}");
    assert_eq!((count(&events, "unmatched"), count(&events, "mo")), (1, 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn segments_that_a_policy_numbers_are_put_together() {
    let (mut link, gateway) = stage().await;
    for text in ["!segment 2", "!segment 2", "!segment 1"] {
        assert_eq!(status(&mut link, text).await, 0);
    }
    let events = gateway.events().await;
    assert_eq!(count(&events, "mo"), 1);
    let event = of_kind(&events, "mo")[0];
    assert_eq!(
        (&event["text"], &event["parts"], &event["complete"]),
        (&json!("segment 1 segment 2 "), &json!(2), &json!(true))
    );
}
