//! [`MessageStories`](smpp_connector::ports::MessageStories): what became of one message.

use super::StorePlace;
use super::sample::{appended, in_seconds, message, operator, outcome, row, rows};
use smpp_connector::ports::{MessageStory, ToldReceipt};
use smpp_domain::correlation::DlrMessageState;

contract!([sqlite: SqlitePlace, postgres: PostgresPlace] {
    a_story_has_outcome_parts_and_receipts,
    of_a_message_that_nobody_knows_nothing_is_told,
});

async fn a_story_has_outcome_parts_and_receipts(place: &mut impl StorePlace) {
    let (store, message) = (place.store(), message());
    let parts = [
        row(operator(1), message, 1, "A1"),
        row(operator(1), message, 2, "A2"),
    ];
    store.settle(&[rows(parts.to_vec())]).await.unwrap();
    let under_way = place.stories().story(message).await.unwrap();
    assert_eq!((under_way.outcome, &under_way.accepted[..]), (None, &parts[..]));
    let settled = outcome(message, in_seconds(0), "{}");
    store.settle(&[settled]).await.unwrap();
    let told = [
        appended(message, 2, DlrMessageState::Enroute, 1),
        appended(message, 1, DlrMessageState::Delivered, 2),
        appended(message, 2, DlrMessageState::Expired, 3),
    ];
    store.append_receipts(&told, &[]).await.unwrap();
    place.reopen().await;
    let story = place.stories().story(message).await.unwrap();
    assert_eq!(story.outcome.as_deref(), Some(&b"{}"[..]));
    assert_eq!(story.accepted, parts);
    let told = told.map(|receipt| ToldReceipt {
        part: receipt.part,
        received_at: receipt.received_at,
    });
    assert_eq!(story.receipts, told);
}

async fn of_a_message_that_nobody_knows_nothing_is_told(place: &mut impl StorePlace) {
    let story = place.stories().story(message()).await.unwrap();
    assert_eq!(story, MessageStory::default());
    assert!(story.is_empty());
}
