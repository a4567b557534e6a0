use super::*;
use crate::clock;
use crate::ports::FaultRecord;
use chrono::TimeDelta;
use serde_json::{Value, json};
use smpp_domain::ids::OperatorId;
use uuid::Uuid;

fn record(number: i64) -> DecisionRecord {
    DecisionRecord {
        at: clock::utc_now(),
        operator_id: OperatorId(Uuid::nil()),
        operator: "acme".to_owned(),
        hook: "message-ids".to_owned(),
        outcome: Some("matched".to_owned()),
        message_id: None,
        sequence_number: None,
        question: json!({"hook": "message-ids", "input": {"raw": "1A", "origin": "submit-resp"}}),
        answer: Some(Value::Null),
        fault: None,
        policy: None,
        micros: 0,
        now_ms: number,
        share: 1.0,
        hint: None,
        same_key: Vec::new(),
        settings: None,
    }
}

fn wanted() -> Wanted {
    Wanted {
        limit: 1_000,
        ..Wanted::default()
    }
}

#[tokio::test]
async fn a_record_comes_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let files = DecisionFiles::open(dir.path(), 1 << 20, &TaskTracker::new());
    let kept = [
        record(1),
        DecisionRecord {
            answer: None,
            fault: Some(FaultRecord {
                cause: "trap".to_owned(),
                text: "unreachable".to_owned(),
            }),
            ..record(2)
        },
    ];
    for record in kept.clone() {
        files.keep(record);
    }
    let read = files.recent(wanted()).await.unwrap();
    assert_eq!(read, [kept[1].clone(), kept[0].clone()], "null is an answer too");
}

#[tokio::test]
async fn what_is_wanted_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let files = DecisionFiles::open(dir.path(), 1 << 20, &TaskTracker::new());
    let changed = |number: i64, change: &dyn Fn(&mut DecisionRecord)| {
        let mut record = record(number);
        change(&mut record);
        files.keep(record);
    };
    let start = clock::utc_now();
    changed(1, &|record| record.operator = "other".to_owned());
    changed(2, &|record| record.hook = "inbound".to_owned());
    let message = smpp_domain::ids::MessageId(Uuid::from_u128(7));
    changed(3, &|record| {
        record.outcome = Some("unmatched".to_owned());
        record.message_id = Some(message);
    });
    changed(4, &|record| record.at = start - TimeDelta::hours(2));
    changed(5, &|record| record.at = start - TimeDelta::hours(25));
    changed(6, &|record| {
        record.fault = Some(FaultRecord {
            cause: "timeout".to_owned(),
            text: String::new(),
        });
    });
    let numbers = async |change: &dyn Fn(&mut Wanted)| {
        let mut wanted = wanted();
        change(&mut wanted);
        let records = files.recent(wanted).await.unwrap();
        records.iter().map(|record| record.now_ms).collect::<Vec<_>>()
    };
    assert_eq!(
        numbers(&|_| {}).await,
        [6, 4, 3, 2, 1],
        "the fifth is more than a day old"
    );
    assert_eq!(
        numbers(&|wanted| wanted.operator = Some("other".to_owned())).await,
        [1]
    );
    let id = || Some(Uuid::nil().to_string());
    assert_eq!(numbers(&|wanted| wanted.operator = id()).await, [6, 4, 3, 2, 1]);
    assert_eq!(
        numbers(&|wanted| wanted.hook = Some("inbound".to_owned())).await,
        [2]
    );
    assert_eq!(
        numbers(&|wanted| wanted.outcome = Some("unmatched".to_owned())).await,
        [3]
    );
    assert_eq!(
        numbers(&|wanted| wanted.outcome = Some("fault".to_owned())).await,
        [6]
    );
    assert_eq!(
        numbers(&|wanted| wanted.since = Some(start - TimeDelta::hours(1))).await,
        [6, 3, 2, 1]
    );
    assert_eq!(
        numbers(&|wanted| wanted.until = Some(start - TimeDelta::hours(1))).await,
        [4]
    );
    assert_eq!(numbers(&|wanted| wanted.message = Some(message)).await, [3]);
    assert_eq!(numbers(&|wanted| wanted.limit = 2).await, [6, 4]);
}

#[tokio::test]
async fn a_flood_keeps_to_its_room() {
    const ROOM: u64 = 256 * 1024;
    let dir = tempfile::tempdir().unwrap();
    let files = DecisionFiles::open(dir.path(), ROOM, &TaskTracker::new());
    for round in 0..40 {
        for number in 0..256 {
            files.keep(record(round * 256 + number));
        }
        // Waits until they are written.
        let newest = files.recent(Wanted { limit: 1, ..wanted() }).await.unwrap();
        assert_eq!(newest[0].now_ms, round * 256 + 255);
    }
    let sizes = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().len());
    let total: u64 = sizes.sum();
    // What is written at once may be more than one file's room.
    assert!(total <= 3 * ROOM, "{total}");
    let records = files
        .recent(Wanted {
            limit: 100_000,
            ..wanted()
        })
        .await
        .unwrap();
    assert!(records.len() >= 256);
    assert!(
        records
            .windows(2)
            .all(|pair| pair[0].now_ms == pair[1].now_ms + 1),
        "the newest, and no gap"
    );
}

#[tokio::test]
async fn a_line_that_a_kill_has_cut_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let files = DecisionFiles::open(dir.path(), 1 << 20, &TaskTracker::new());
    files.keep(record(1));
    files.recent(wanted()).await.unwrap();
    let path = dir.path().join("decisions.ndjson");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}{}", &text[..text.len() / 2])).unwrap();
    let again = DecisionFiles::open(dir.path(), 1 << 20, &TaskTracker::new());
    again.keep(record(2));
    let read = again.recent(wanted()).await.unwrap();
    assert_eq!(
        read.iter().map(|record| record.now_ms).collect::<Vec<_>>(),
        [2, 1]
    );
}
