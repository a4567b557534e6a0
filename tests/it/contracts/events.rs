//! [`EventSink`](smpp_connector::ports::EventSink) and [`EventLog`].

use super::EventPlace;
use super::sample::operator;
use chrono::{TimeDelta, Utc};
use smpp_connector::ports::{Event, EventLog};
use smpp_domain::event::EventKind;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

contract!([sqlite: SqlitePlace, nats_2_9: DebianNats, nats: CurrentNats] {
    events_are_logged_in_order,
    an_event_published_twice_counts_once,
    reading_goes_page_by_page,
    newest_wakes_its_readers,
    a_restart_goes_on_counting,
    publishers_side_by_side_lose_nothing,
});

fn event(dedup_id: &str) -> Event {
    Event {
        kind: EventKind::Dlr,
        operator_id: operator(1),
        dedup_id: dedup_id.to_owned(),
        payload: format!("{{\"id\":\"{dedup_id}\",\"text\":\"żółć\"}}").into(),
    }
}

fn events(ids: &[&str]) -> Vec<Event> {
    ids.iter().map(|id| event(id)).collect()
}

/// The dedup ids in the log, by the payloads.
async fn logged(log: &Arc<dyn EventLog>) -> Vec<String> {
    let events = log.read_after(0, 1000).await.unwrap();
    let id = |payload: &str| serde_json::from_str::<serde_json::Value>(payload).unwrap()["id"].clone();
    events
        .iter()
        .map(|event| id(&event.payload).as_str().unwrap().to_owned())
        .collect()
}

async fn events_are_logged_in_order(place: &mut impl EventPlace) {
    let (sink, log) = (place.sink(), place.log());
    assert!(log.read_after(0, 10).await.unwrap().is_empty());
    assert_eq!(*log.newest().borrow(), 0);
    sink.publish(&[]).await.unwrap();
    let before = Utc::now() - TimeDelta::milliseconds(1);
    let mut mixed = events(&["a", "b"]);
    mixed[1].kind = EventKind::Submit;
    mixed[1].operator_id = operator(2);
    sink.publish(&mixed).await.unwrap();
    let found = log.read_after(0, 10).await.unwrap();
    assert_eq!(found[0].seq, 1);
    assert!(found[0].seq < found[1].seq);
    assert_eq!(found[0].subject, format!("smpp.dlr.{}", operator(1)));
    assert_eq!(found[1].subject, format!("smpp.submit.{}", operator(2)));
    assert_eq!(found[0].payload.as_bytes(), mixed[0].payload);
    assert!(
        found
            .iter()
            .all(|event| event.at > before && event.at <= Utc::now())
    );
    assert_eq!(*log.newest().borrow(), found[1].seq);
}

async fn an_event_published_twice_counts_once(place: &mut impl EventPlace) {
    let (sink, log) = (place.sink(), place.log());
    sink.publish(&events(&["a", "b", "a"])).await.unwrap();
    let newest = *log.newest().borrow();
    sink.publish(&events(&["b", "a"])).await.unwrap();
    assert_eq!(*log.newest().borrow(), newest, "a repetition is no news");
    sink.publish(&events(&["b", "c"])).await.unwrap();
    assert_eq!(logged(&log).await, ["a", "b", "c"]);
    place.reopen().await;
    place.sink().publish(&events(&["c", "d"])).await.unwrap();
    assert_eq!(logged(&place.log()).await, ["a", "b", "c", "d"]);
}

async fn reading_goes_page_by_page(place: &mut impl EventPlace) {
    let (sink, log) = (place.sink(), place.log());
    sink.publish(&events(&["a", "b", "c", "d", "e"])).await.unwrap();
    let (mut after, mut pages) = (0, Vec::new());
    loop {
        let page = log.read_after(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.iter().all(|event| event.seq > after));
        after = last.seq;
        pages.push(page.len());
    }
    assert_eq!(pages, [2, 2, 1]);
    assert_eq!(after, *log.newest().borrow());
    assert!(log.read_after(u64::MAX, 2).await.unwrap().is_empty());
}

async fn newest_wakes_its_readers(place: &mut impl EventPlace) {
    let (sink, log) = (place.sink(), place.log());
    let mut newest = log.newest();
    newest.mark_unchanged();
    let reader = tokio::spawn(async move {
        timeout(Duration::from_secs(10), newest.changed())
            .await
            .unwrap()
            .unwrap();
        let seq = *newest.borrow();
        // What it tells is there to be read.
        log.read_after(seq - 1, 1).await.unwrap()
    });
    sink.publish(&events(&["a"])).await.unwrap();
    assert_eq!(reader.await.unwrap().len(), 1);
}

async fn a_restart_goes_on_counting(place: &mut impl EventPlace) {
    place.sink().publish(&events(&["a", "b"])).await.unwrap();
    let newest = *place.log().newest().borrow();
    place.reopen().await;
    assert_eq!(*place.log().newest().borrow(), newest);
    place.sink().publish(&events(&["c"])).await.unwrap();
    let found = place.log().read_after(newest, 10).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(logged(&place.log()).await, ["a", "b", "c"]);
}

async fn publishers_side_by_side_lose_nothing(place: &mut impl EventPlace) {
    let mut tasks = tokio::task::JoinSet::new();
    for publisher in 0..8 {
        let sink = place.sink();
        tasks.spawn(async move {
            for number in 0..20 {
                // Every second event is published by a neighbour as well.
                let shared = publisher / (1 + number % 2);
                sink.publish(&events(&[&format!("{}-{shared}-{number}", number % 2)]))
                    .await
                    .unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let log = place.log();
    let found = log.read_after(0, 1000).await.unwrap();
    assert_eq!(found.len(), 8 * 10 + 4 * 10);
    assert!(found.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    assert_eq!(found.last().unwrap().seq, *log.newest().borrow());
}
