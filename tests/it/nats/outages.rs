//! Servers that go and come, and what people delete.

use super::{acknowledge, administrator, freeze, publish, take, text, tokens, until_done};
use crate::contracts::nats::NatsPlace;
use crate::contracts::{CurrentNats, DebianNats, Place as _, operator_1, operator_1_order};
use smpp_connector::ports::{CommandQueue, Event, EventLog, EventSink};
use smpp_domain::event::EventKind;
use std::collections::HashSet;

fn events(ids: &[&str]) -> Vec<Event> {
    let event = |id: &&str| Event {
        kind: EventKind::Submit,
        operator_id: operator_1(),
        dedup_id: (*id).to_owned(),
        payload: format!("{{\"id\":\"{id}\"}}").into(),
    };
    ids.iter().map(event).collect()
}

async fn logged(log: &impl EventLog) -> Vec<String> {
    let events = until_done(|| log.read_after(0, 1000)).await;
    events.into_iter().map(|event| event.payload).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_comes_back_with_everything_on_2_9() {
    killed_and_started(DebianNats::fresh().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_comes_back_with_everything() {
    killed_and_started(CurrentNats::fresh().await).await;
}

async fn killed_and_started<const CURRENT: bool>(mut place: NatsPlace<CURRENT>) {
    let intake = place.host.queue.intake(operator_1_order());
    publish(&place.host, &["a", "b", "c", "d"]).await;
    place.host.events.publish(&events(&["1", "2"])).await.unwrap();
    let first = take(&intake, 2).await;
    intake.ack(&[first[0].token]).await.unwrap();
    place.server.kill();
    assert!(intake.ack(&[first[1].token]).await.is_err(), "nobody heard that");
    assert!(
        place
            .host
            .queue
            .publish(&super::commands(["lost".to_owned()]))
            .await
            .is_err()
    );
    assert!(place.host.events.publish(&events(&["3"])).await.is_err());
    place.server.start_again();
    publish(&place.host, &["e"]).await;
    // A server writes its consumers' state down a moment later: what was handed out, and even what was acknowledged just
    // before, may come again. It is said to.
    let is_old = |text: &String| text == "a" || text == "b";
    let mut rest = Vec::new();
    while rest.iter().map(text).filter(|text| !is_old(text)).count() < 3 {
        rest.extend(take(&intake, 1).await);
    }
    let new: HashSet<_> = rest.iter().map(text).filter(|text| !is_old(text)).collect();
    assert_eq!(new, ["c", "d", "e"].map(str::to_owned).into());
    assert!(
        rest.iter()
            .all(|delivery| delivery.redelivered || !is_old(&text(delivery)))
    );
    acknowledge(&intake, &first).await;
    acknowledge(&intake, &rest).await;
    let third = events(&["3"]);
    until_done(|| place.host.events.publish(&third)).await;
    let ids = logged(&place.host.events).await;
    assert_eq!(ids, ["1", "2", "3"].map(|id| format!("{{\"id\":\"{id}\"}}")));
    drop(intake);
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_published_again_over_an_outage_count_once() {
    let place = DebianNats::fresh().await;
    let sink = &place.host.events;
    sink.publish(&events(&["1"])).await.unwrap();
    // It hangs: what is published reaches it when it goes on, long after the publisher was told that it failed.
    freeze(&place.server);
    let batch = events(&["2", "3", "4"]);
    assert!(sink.publish(&batch).await.is_err());
    place.server.thaw();
    until_done(|| sink.publish(&batch)).await;
    let ids = logged(sink).await;
    assert_eq!(ids, ["1", "2", "3", "4"].map(|id| format!("{{\"id\":\"{id}\"}}")));
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_deletes_is_made_anew_on_2_9() {
    deleted(DebianNats::fresh().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_deletes_is_made_anew() {
    deleted(CurrentNats::fresh().await).await;
}

async fn deleted<const CURRENT: bool>(place: NatsPlace<CURRENT>) {
    let admin = administrator(&place.server.url()).await;
    let intake = place.host.queue.intake(operator_1_order());
    publish(&place.host, &["a", "b"]).await;
    let mine = take(&intake, 2).await;

    // The consumer: what it had handed out comes again, and is said to.
    let stream = admin.get_stream("SMPP_DISPATCH").await.unwrap();
    stream
        .delete_consumer(&format!("operator-{}", operator_1()))
        .await
        .unwrap();
    let again = take(&intake, 2).await;
    assert_eq!(tokens(&again), tokens(&mine));
    assert!(again.iter().all(|delivery| delivery.redelivered));
    publish(&place.host, &["c"]).await;
    let new = take(&intake, 1).await;
    assert!(!new[0].redelivered);
    intake.ack(&tokens(&again)).await.unwrap();

    // The stream, with everything in it: an acknowledgement of before does not end what comes after.
    admin.delete_stream("SMPP_DISPATCH").await.unwrap();
    publish(&place.host, &["d", "e", "f"]).await;
    acknowledge(&intake, &new).await;
    let after = take(&intake, 3).await;
    assert_eq!(after.iter().map(text).collect::<Vec<_>>(), ["d", "e", "f"]);
    assert!(tokens(&after).iter().all(|token| *token != new[0].token));
    intake.ack(&tokens(&after)).await.unwrap();

    let sink = &place.host.events;
    sink.publish(&events(&["1"])).await.unwrap();
    admin.delete_stream("SMPP_EVENTS").await.unwrap();
    let batch = events(&["2"]);
    until_done(|| sink.publish(&batch)).await;
    assert_eq!(logged(sink).await, ["{\"id\":\"2\"}"]);
    assert_eq!(*sink.newest().borrow(), 1);
    drop(intake);
    place.end().await;
}
