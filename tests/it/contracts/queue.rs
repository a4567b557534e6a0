//! [`CommandQueue`](smpp_connector::ports::CommandQueue) and [`Intake`].

use super::QueuePlace;
use super::sample::{operator, order};
use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use smpp_connector::ports::{CommandQueue, Delivery, Intake, QueuedCommand, Searched};
use smpp_connector_tests::Message;
use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

contract!([sqlite: SqlitePlace, nats_2_9: DebianNats, nats: CurrentNats] {
    commands_come_in_order_and_unchanged,
    each_operator_gets_its_own,
    a_fetch_waits_for_a_command,
    a_dropped_fetch_takes_nothing,
    what_is_fetched_does_not_come_again_by_itself,
    what_is_not_acknowledged_comes_again_after_a_restart,
    what_is_acknowledged_is_gone,
    what_is_given_back_comes_again,
    a_new_intake_starts_from_the_oldest,
    many_publishers_lose_nothing,
    a_delivery_tells_when_it_was_published,
    the_depth_counts_what_is_not_acknowledged,
    a_search_finds_what_is_not_acknowledged_or_says_that_it_cannot,
});

/// What must not happen is waited for this long; it is never waited for when all is well.
const NEVER: Duration = Duration::from_millis(50);

fn command(number: u8, body: impl Into<Bytes>) -> QueuedCommand {
    QueuedCommand {
        operator_id: operator(number),
        body: body.into(),
    }
}

fn bodies(deliveries: &[Delivery]) -> Vec<&[u8]> {
    deliveries.iter().map(|delivery| delivery.body.as_ref()).collect()
}

async fn publish(queue: &Arc<dyn CommandQueue>, texts: &[&'static str]) {
    let commands: Vec<_> = texts.iter().map(|text| command(1, *text)).collect();
    queue.publish(&commands).await.unwrap();
}

/// Fetches until `count` commands are there.
async fn take(intake: &Arc<dyn Intake>, count: usize) -> Vec<Delivery> {
    let mut all = Vec::new();
    while all.len() < count {
        let some = timeout(Duration::from_secs(10), intake.fetch(count - all.len()))
            .await
            .unwrap()
            .unwrap();
        assert!(!some.is_empty(), "a fetch waits until there is at least one");
        all.extend(some);
    }
    all
}

async fn nothing_comes(intake: &Arc<dyn Intake>) {
    assert!(timeout(NEVER, intake.fetch(10)).await.is_err());
}

async fn commands_come_in_order_and_unchanged(place: &mut impl QueuePlace) {
    let queue = place.queue();
    queue.publish(&[]).await.unwrap();
    let odd: &[&'static [u8]] = &[
        b"{\"text\":\"\\u0000 \xc5\xbc\"}",
        b"",
        b"\xff\0\xfe not even UTF-8",
    ];
    let commands: Vec<_> = odd.iter().map(|body| command(1, *body)).collect();
    queue.publish(&commands).await.unwrap();
    publish(&queue, &["a", "b", "c"]).await;
    let intake = queue.intake(order(operator(1)));
    let first = intake.fetch(2).await.unwrap();
    assert_eq!(bodies(&first), odd[..2]);
    assert_eq!(bodies(&take(&intake, 4).await), [odd[2], b"a", b"b", b"c"]);
    assert!(first.iter().all(|delivery| !delivery.redelivered));
}

async fn each_operator_gets_its_own(place: &mut impl QueuePlace) {
    let queue = place.queue();
    let both = [command(1, "one"), command(2, "two"), command(1, "one again")];
    queue.publish(&both).await.unwrap();
    assert_eq!(
        bodies(&take(&queue.intake(order(operator(2))), 1).await),
        [b"two"]
    );
    assert_eq!(
        bodies(&take(&queue.intake(order(operator(1))), 2).await),
        [b"one".as_slice(), b"one again"]
    );
    nothing_comes(&queue.intake(order(operator(3)))).await;
}

async fn a_fetch_waits_for_a_command(place: &mut impl QueuePlace) {
    let queue = place.queue();
    let intake = queue.intake(order(operator(1)));
    for text in ["first", "second"] {
        let waiting = tokio::spawn({
            let intake = Arc::clone(&intake);
            async move { take(&intake, 1).await }
        });
        tokio::task::yield_now().await;
        queue
            .publish(&[command(2, "another operator's"), command(1, text)])
            .await
            .unwrap();
        assert_eq!(bodies(&waiting.await.unwrap()), [text.as_bytes()]);
    }
}

async fn a_dropped_fetch_takes_nothing(place: &mut impl QueuePlace) {
    let queue = place.queue();
    let intake = queue.intake(order(operator(1)));
    publish(&queue, &["0", "1", "2", "3", "4", "5", "6", "7"]).await;
    let mut seen = Vec::new();
    // Dropped after a number of polls that grows until it is enough: every place at which it can be cut off.
    for polls in 0..1000 {
        if seen.len() == 8 {
            break;
        }
        if let Some(one) = poll_times(intake.fetch(1), polls % 40).await {
            seen.extend(one.unwrap());
        }
    }
    assert_eq!(bodies(&seen), [b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7"]);
}

/// Polls `future` at most `times` times and drops it then.
async fn poll_times<T>(future: impl Future<Output = T>, times: u32) -> Option<T> {
    let mut future = std::pin::pin!(future);
    for _ in 0..times {
        let polled = std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
        if let Poll::Ready(value) = polled {
            return Some(value);
        }
        tokio::task::yield_now().await;
        std::thread::sleep(Duration::from_micros(20));
    }
    None
}

async fn what_is_fetched_does_not_come_again_by_itself(place: &mut impl QueuePlace) {
    let queue = place.queue();
    publish(&queue, &["a", "b"]).await;
    let intake = queue.intake(order(operator(1)));
    take(&intake, 2).await;
    nothing_comes(&intake).await;
    publish(&queue, &["c"]).await;
    assert_eq!(bodies(&take(&intake, 1).await), [b"c"]);
}

async fn what_is_not_acknowledged_comes_again_after_a_restart(place: &mut impl QueuePlace) {
    let queue = place.queue();
    publish(&queue, &["a", "b", "c"]).await;
    let intake = queue.intake(order(operator(1)));
    let first = take(&intake, 2).await;
    intake.ack(&[first[1].token]).await.unwrap();
    drop(intake);
    place.reopen().await;
    let queue = place.queue();
    publish(&queue, &["d"]).await;
    let again = take(&queue.intake(order(operator(1))), 3).await;
    assert_eq!(bodies(&again), [b"a", b"c", b"d"]);
    assert!(again[0].redelivered, "it was handed out before the restart");
    assert!(!again[2].redelivered, "it was published after the restart");
}

async fn what_is_acknowledged_is_gone(place: &mut impl QueuePlace) {
    let queue = place.queue();
    publish(&queue, &["a", "b"]).await;
    let intake = queue.intake(order(operator(1)));
    let tokens: Vec<_> = take(&intake, 2)
        .await
        .iter()
        .map(|delivery| delivery.token)
        .collect();
    intake.ack(&tokens).await.unwrap();
    intake.ack(&tokens).await.unwrap();
    intake.ack(&[]).await.unwrap();
    drop(intake);
    nothing_comes(&queue.intake(order(operator(1)))).await;
    place.reopen().await;
    let queue = place.queue();
    nothing_comes(&queue.intake(order(operator(1)))).await;
    // Tokens of before the restart do not name anything new.
    publish(&queue, &["c"]).await;
    let intake = queue.intake(order(operator(1)));
    intake.ack(&tokens).await.unwrap();
    assert_eq!(bodies(&take(&intake, 1).await), [b"c"]);
}

async fn a_new_intake_starts_from_the_oldest(place: &mut impl QueuePlace) {
    let queue = place.queue();
    publish(&queue, &["a", "b", "c"]).await;
    let intake = queue.intake(order(operator(1)));
    let fetched = timeout(Duration::from_secs(10), intake.fetch(2)).await;
    let mut first = fetched.unwrap().unwrap();
    let asked_once = first.len() == 2;
    first.extend(take(&intake, 2 - first.len()).await);
    intake.ack(&[first[0].token]).await.unwrap();
    drop(intake);
    let intake = queue.intake(order(operator(1)));
    let mut again = take(&intake, 2).await;
    // What the first intake gives back, when it is gone, may come a moment after what was never handed out.
    again.sort_by(|a, b| a.body.cmp(&b.body));
    assert_eq!(bodies(&again), [b"b", b"c"]);
    assert_eq!(again[0].token, first[1].token);
    assert!(again[0].redelivered);
    // Who had to ask twice may have been sent the third one as well, and has given it back with the second.
    assert!(!again[1].redelivered || !asked_once);
}

async fn many_publishers_lose_nothing(place: &mut impl QueuePlace) {
    let queue = place.queue();
    let mut tasks = JoinSet::new();
    for publisher in 0..16 {
        let queue = Arc::clone(&queue);
        tasks.spawn(async move {
            for batch in 0..10 {
                let commands: Vec<_> = (0..5)
                    .map(|item| command(1, format!("{publisher}/{batch}/{item}")))
                    .collect();
                queue.publish(&commands).await.unwrap();
            }
        });
    }
    let intake = queue.intake(order(operator(1)));
    let mut seen = HashSet::new();
    while seen.len() < 800 {
        let some = timeout(Duration::from_secs(10), intake.fetch(37))
            .await
            .unwrap()
            .unwrap();
        assert!(some.len() <= 37);
        intake
            .ack(&some.iter().map(|delivery| delivery.token).collect::<Vec<_>>())
            .await
            .unwrap();
        for delivery in some {
            assert!(!delivery.redelivered);
            assert!(seen.insert(delivery.body), "handed out twice");
        }
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    nothing_comes(&intake).await;
}

async fn a_delivery_tells_when_it_was_published(place: &mut impl QueuePlace) {
    let before = Utc::now() - TimeDelta::milliseconds(1);
    publish(&place.queue(), &["a"]).await;
    let after = Utc::now();
    let first = take(&place.queue().intake(order(operator(1))), 1).await.remove(0);
    assert!(first.published_at > before && first.published_at <= after);
    place.reopen().await;
    publish(&place.queue(), &["b"]).await;
    let again = take(&place.queue().intake(order(operator(1))), 2).await;
    assert_eq!(
        again[0].published_at, first.published_at,
        "its age counts on over a restart"
    );
    assert!(again[1].published_at >= after);
}

async fn what_is_given_back_comes_again(place: &mut impl QueuePlace) {
    let queue = place.queue();
    publish(&queue, &["a", "b", "c"]).await;
    let intake = queue.intake(order(operator(1)));
    let first = take(&intake, 3).await;
    assert!(first.iter().all(|delivery| !delivery.redelivered));
    let waiting = tokio::spawn({
        let intake = intake.clone();
        async move { intake.fetch(10).await.unwrap() }
    });
    tokio::task::yield_now().await;
    intake.release(&[first[1].token]).await.unwrap();
    let again = timeout(Duration::from_secs(10), waiting).await.unwrap().unwrap();
    assert_eq!(bodies(&again), [b"b"]);
    assert!(again[0].redelivered);
    assert_eq!(again[0].published_at, first[1].published_at);
    let tokens: Vec<_> = [&first[0], &again[0], &first[2]]
        .map(|delivery| delivery.token)
        .to_vec();
    intake.ack(&tokens).await.unwrap();
    nothing_comes(&intake).await;
}

async fn the_depth_counts_what_is_not_acknowledged(place: &mut impl QueuePlace) {
    let queue = place.queue();
    let intake = queue.intake(order(operator(1)));
    publish(&queue, &["a", "b", "c"]).await;
    queue.publish(&[command(2, "another operator's")]).await.unwrap();
    let taken = take(&intake, 2).await;
    let both = [operator(1), operator(3), operator(2)];
    assert_eq!(
        queue.depths(&both).await.unwrap(),
        [3, 0, 1],
        "fetching ends nothing"
    );
    intake.ack(&[taken[0].token]).await.unwrap();
    assert_eq!(queue.depths(&[operator(1)]).await.unwrap(), [2]);
    take(&intake, 1).await;
    assert_eq!(queue.depths(&[operator(1)]).await.unwrap(), [2]);
}

async fn a_search_finds_what_is_not_acknowledged_or_says_that_it_cannot(place: &mut impl QueuePlace) {
    let queue = place.queue();
    let intake = queue.intake(order(operator(1)));
    let wanted = Message::to("491510000009").operator(operator(1));
    // Its text names the other one, which is not there.
    let named = Message::to("491510000019").id();
    let wanted = wanted.text(&named.to_string());
    publish(&queue, &["not a command", "nor this"]).await;
    let body = wanted
        .json()
        .replace(&wanted.id().to_string(), &wanted.id().to_string().to_uppercase());
    queue
        .publish(&[command(2, "another operator's"), command(1, body)])
        .await
        .unwrap();
    publish(&queue, &["and one behind it"]).await;
    let found = queue.search(wanted.id()).await.unwrap();
    if found == Searched::Unsearchable {
        return;
    }
    let place_of = |found| match found {
        Searched::Found(queued) => (queued.operator_id, queued.before, queued.taken),
        other => panic!("{other:?}"),
    };
    assert_eq!(place_of(found), (operator(1), 2, false));
    assert_eq!(queue.search(named).await.unwrap(), Searched::Absent);
    let taken = take(&intake, 3).await;
    assert_eq!(
        place_of(queue.search(wanted.id()).await.unwrap()),
        (operator(1), 2, true)
    );
    let Searched::Found(queued) = queue.search(wanted.id()).await.unwrap() else {
        panic!("it is not acknowledged");
    };
    assert_eq!(queued.published_at, taken[2].published_at);
    intake.ack(&[taken[0].token, taken[2].token]).await.unwrap();
    assert_eq!(queue.search(wanted.id()).await.unwrap(), Searched::Absent);
}
