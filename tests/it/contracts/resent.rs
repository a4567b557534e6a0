//! One part that was sent twice: two rows, whose receipts end when theirs do.

use super::StorePlace;
use super::sample::{appended, message, operator, row, rows};
use chrono::TimeDelta;
use smpp_domain::correlation::DlrMessageState::{Delivered, Enroute};

contract!([sqlite: SqlitePlace, postgres: PostgresPlace] {
    what_was_said_of_either_sending_is_found_by_both,
    what_was_said_of_parts_days_apart_is_found,
});

async fn what_was_said_of_either_sending_is_found_by_both(place: &mut impl StorePlace) {
    let store = place.store();
    let id = message();
    for apart in [TimeDelta::zero(), TimeDelta::seconds(60), TimeDelta::hours(1)] {
        let [mut first, mut second] = ["A", "B"].map(|key| row(operator(1), id, 1, &format!("{key}{apart}")));
        (first.part_count, second.part_count) = (1, 1);
        second.expires_at += apart;
        let mut said = [appended(id, 1, Enroute, -1), appended(id, 1, Delivered, 0)];
        said[0].expires_at = first.expires_at;
        said[1].expires_at = second.expires_at;
        let keys = [first.message_key.clone(), second.message_key.clone()];
        store.settle(&[rows(vec![first, second])]).await.unwrap();
        store.append_receipts(&said, &[]).await.unwrap();
        for tracked in store.find(operator(1), &keys).await.unwrap() {
            let history = tracked.unwrap().history;
            assert!(history.contains(&said[0].part), "{apart}");
            assert!(history.contains(&said[1].part), "{apart}");
        }
    }
}

async fn what_was_said_of_parts_days_apart_is_found(place: &mut impl StorePlace) {
    let store = place.store();
    let id = message();
    let first = row(operator(1), id, 1, "A");
    let mut second = row(operator(1), id, 2, "B");
    second.expires_at += TimeDelta::days(2);
    let mut said = appended(id, 2, Delivered, 0);
    said.expires_at = second.expires_at;
    store.settle(&[rows(vec![first, second])]).await.unwrap();
    store.append_receipts(&[said.clone()], &[]).await.unwrap();
    let found = store.find(operator(1), &["A".to_owned()]).await.unwrap();
    assert_eq!(found[0].as_ref().unwrap().history, [said.part]);
}
