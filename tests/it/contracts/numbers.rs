//! Keys that several rows may have, such as a number's.

use super::StorePlace;
use super::sample::{appended, in_seconds, message, operator, row, rows};
use chrono::TimeDelta;
use smpp_domain::correlation::DlrMessageState::Delivered;

contract!([sqlite: SqlitePlace, postgres: PostgresPlace] {
    all_rows_of_a_key_are_found_oldest_first,
});

async fn all_rows_of_a_key_are_found_oldest_first(place: &mut impl StorePlace) {
    let store = place.store();
    let (first, second, over) = (message(), message(), message());
    let mut older = row(operator(1), first, 1, "A");
    older.submitted_at -= TimeDelta::hours(1);
    older.expires_at -= TimeDelta::minutes(30);
    let mut expired = row(operator(1), over, 1, "A");
    expired.expires_at = in_seconds(-1);
    let newer = row(operator(1), second, 1, "A");
    store
        .settle(&[rows(vec![
            newer.clone(),
            older.clone(),
            expired,
            row(operator(2), over, 1, "A"),
        ])])
        .await
        .unwrap();
    let said = appended(second, 1, Delivered, 0);
    store.append_receipts(&[said.clone()], &[]).await.unwrap();
    let found = store
        .find_all(operator(1), &["?".to_owned(), "A".to_owned()])
        .await
        .unwrap();
    assert_eq!(found.len(), 2);
    assert!(found[0].is_empty());
    let all: Vec<_> = found[1]
        .iter()
        .map(|tracked| tracked.correlation.clone())
        .collect();
    assert_eq!(all, [older, newer]);
    assert!(found[1][0].history.is_empty());
    assert_eq!(found[1][1].history, [said.part]);
    assert!(store.find_all(operator(1), &[]).await.unwrap().is_empty());
}
