use super::*;
use crate::cli::certify::cases::{Choice, chosen};
use crate::cli::certify::verdict::{self, Grade};

/// A message of these many parts that was accepted, with the receipts of some of them.
fn came(name: &str, parts: u64, receipts: &[u64]) -> Came {
    let from = ["Certify".to_owned()];
    let choice = Choice {
        from: &from,
        only: &[name.to_owned()],
        without: &[],
        latin1: false,
    };
    let case = chosen(&choice).unwrap().swap_remove(0);
    let reports = (1..=parts).map(
        |part| json!({ "partNumber": part, "commandStatus": 0, "operatorMessageId": format!("1A{part}") }),
    );
    let mut came = Came::new(case, "m".to_owned());
    came.outcome = Some(json!({ "outcome": "ACCEPTED", "parts": reports.collect::<Vec<_>>() }));
    came.receipts = receipts
        .iter()
        .map(|part| {
            json!({
                "partNumber": part, "state": "DELIVERED", "final": true, "messageFinal": true,
                "operatorMessageId": format!("1A{part}"), "doneAt": "2611270248",
                "submittedAt": "2026-11-27T00:48:19Z", "receivedAt": "2026-11-27T00:48:21Z",
            })
        })
        .collect();
    came
}

fn found(came: &[Came], unmatched: &[Value], interrupted: bool) -> Vec<Finding> {
    of(&Run {
        came,
        unmatched,
        from_number: &[],
        interrupted,
    })
}

fn problems(found: &[Finding]) -> Vec<&str> {
    let problems = found.iter().filter(|finding| finding.level == Level::Problem);
    problems.map(|finding| finding.what.as_str()).collect()
}

#[test]
fn what_came_back_in_full_needs_nothing_but_a_clock() {
    let found = found(&[came("long-sar", 3, &[1, 2, 3])], &[], false);
    assert_eq!(problems(&found), [] as [&str; 0]);
    assert_eq!(settings(&found), json!({ "receipt_time_zone": "+02:00" }));
}

#[test]
fn receipts_of_the_last_part_alone() {
    let all = [
        came("gsm7-1", 1, &[1]),
        came("long-sar", 3, &[3]),
        came("ucs2-long", 2, &[2]),
    ];
    assert_eq!(
        settings(&found(&all, &[], false))["submit"],
        json!({ "receipts_on": "last" })
    );
    let another = [came("long-sar", 3, &[3]), came("ucs2-long", 2, &[1])];
    assert_eq!(
        problems(&found(&another, &[], false)),
        [] as [&str; 0],
        "no rule fits both"
    );
    assert_eq!(
        problems(&found(&all, &[], true)),
        [] as [&str; 0],
        "they may still come"
    );
}

#[test]
fn no_receipt_at_all_unless_some_match_nothing() {
    let all = [came("gsm7-1", 1, &[])];
    assert!(problems(&found(&all, &[], false))[0].starts_with("no receipt came for any of 1"));
    let stray = [json!({ "operatorMessageId": "zz-9", "hint": null })];
    let found = found(&all, &stray, false);
    assert_eq!(
        problems(&found),
        [
            "1 receipts match nothing, however their ids are read: \"zz-9\" came, and ids of submit_sm_resp look like \"1A1\""
        ]
    );
}

#[test]
fn where_nothing_is_recorded_the_gateways_hint_tells() {
    let stray =
        [json!({ "operatorMessageId": "417", "hint": "would match 1A1 if the id were read as decimal" })];
    let found = found(&[came("gsm7-1", 1, &[])], &stray, false);
    assert_eq!(
        problems(&found),
        ["1 receipts match nothing as they are: \"417\" came"]
    );
    assert_eq!(found[0].mend, "It would match 1A1 if the id were read as decimal");
}

fn misread(plugin: Option<&str>) -> Came {
    let mut came = came("gsm7-1", 1, &[]);
    came.outcome.as_mut().unwrap()["policy"] = json!({ "plugin": plugin });
    came.calls = vec![json!({
        "hook": "message-ids", "outcome": "unmatched",
        "sameKey": [{ "raw": "1A1", "origin": "submit-resp" }, { "raw": "0000000417", "origin": "receipt-text" }],
    })];
    came
}

#[test]
fn ids_that_are_read_otherwise_are_mended_by_quirks_or_by_whoever_decides() {
    let run = [misread(None)];
    assert_eq!(
        settings(&found(&run, &[], false))["policy"],
        json!({ "plugin": "quirks", "settings": { "message_id": { "submit_resp": "hex", "receipt": "decimal" } } })
    );
    let verdict = verdict::on(&run[0]);
    assert_eq!(verdict.grade, Grade::Failed);
    assert!(
        verdict.notes[0].contains("its receipt names 0000000417 for 1A1"),
        "{verdict:?}"
    );
    let own = found(&[misread(Some("acme"))], &[], false);
    assert_eq!(own[0].settings, json!({}));
    assert!(own[0].mend.contains("The plugin acme decides here"), "{own:?}");
}

#[test]
fn the_rate_is_what_was_taken_in_the_second_before() {
    let answer = |at: u64, outcome: &str| json!({ "hook": "submit-result", "outcome": outcome, "nowMs": at });
    let mut slow = came("gsm7-1", 1, &[1]);
    slow.calls = (0..20)
        .map(|number| answer(10_000 + number * 40, "accepted"))
        .collect();
    slow.calls.push(answer(10_800, "throttle"));
    // What comes after a pause tells of the pause.
    slow.calls.push(answer(12_500, "throttle"));
    let found = found(&[slow], &[], false);
    assert_eq!(settings(&found)["tps_limit"], 18);
    assert!(
        problems(&found)[0].starts_with("throttled 2 times, at 20 submit_sm a second"),
        "{found:?}"
    );
}

#[test]
fn a_probe_that_is_refused_is_no_fault() {
    let refused = |name: &str| {
        let mut came = came(name, 0, &[]);
        came.outcome = Some(json!({ "outcome": "REJECTED", "commandStatus": 0x43, "parts": [] }));
        came
    };
    assert_eq!(verdict::on(&refused("long-sar")).grade, Grade::Noted);
    assert_eq!(verdict::on(&refused("flash")).grade, Grade::Failed);
    let all = [refused("flash"), refused("validity"), refused("priority")];
    let found = found(&all, &[], false);
    assert_eq!(
        settings(&found),
        json!({ "submit": { "validity": "absolute", "priority_is_fixed": true } })
    );
    assert!(
        found
            .last()
            .unwrap()
            .what
            .starts_with("flash messages are refused: ESME_RINVESMCLASS")
    );
}

#[test]
fn settings_of_several_findings_become_one_document() {
    let mut all = json!({ "submit": { "receipts_on": "last" } });
    merge(
        &mut all,
        &json!({ "submit": { "validity": "never" }, "tps_limit": 9 }),
    );
    assert_eq!(
        all,
        json!({ "submit": { "receipts_on": "last", "validity": "never" }, "tps_limit": 9 })
    );
}
