use super::*;
use DlrMessageState::*;
use proptest::prelude::*;

const RULES: [AggregateRule; 4] = [
    AggregateRule::AllDelivered,
    AggregateRule::AnyFinal,
    AggregateRule::First,
    AggregateRule::Last,
];

fn part(part_number: u8, state: DlrMessageState, is_final: bool) -> PartState {
    PartState {
        part_number,
        state,
        is_final,
    }
}

#[test]
fn a_row_tells_when_its_part_was_answered() {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let written = at("2022-02-22T19:22:20Z");
    let row = |id: &str| MessageCorrelation {
        id: id.parse().unwrap(),
        message_id: MessageId(Uuid::nil()),
        operator_message_id: "1A".to_owned(),
        operator_id: OperatorId(Uuid::nil()),
        to: "491510000001".to_owned(),
        submitted_at: written,
        expires_at: written,
        message_key: "26".to_owned(),
        account_id: AccountId(Uuid::nil()),
        part_number: 1,
        part_count: 1,
        reference: None,
    };
    // RFC 9562, appendix A.6 and A.3.
    let v7 = row("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    assert_eq!(v7.answered_at(), at("2022-02-22T19:22:22Z"));
    assert_eq!(row("919108f7-52d1-4320-9bac-f847db4148a8").answered_at(), written);
}

#[test]
fn states_of_a_part_move_forward_only() {
    let history = [part(1, Enroute, false), part(1, Delivered, true)];
    let on_one = |state, is_final| advance(&history, 1, state, is_final);
    assert_eq!(on_one(Enroute, false), Advance::Duplicate);
    assert_eq!(on_one(Delivered, true), Advance::Duplicate);
    assert_eq!(on_one(Accepted, false), Advance::Superseded);
    assert_eq!(on_one(Delivered, false), Advance::Superseded);
    assert_eq!(on_one(Expired, true), Advance::Forward { conflict: true });
    assert_eq!(
        advance(&history, 2, Expired, true),
        Advance::Forward { conflict: false }
    );
    assert_eq!(
        advance(&history[..1], 1, Accepted, false),
        Advance::Forward { conflict: false }
    );
}

#[test]
fn a_contradiction_does_not_move_the_end() {
    let history = [part(1, Delivered, true), part(1, Expired, true)];
    assert_eq!(advance(&history, 1, Delivered, true), Advance::Duplicate);
    assert_eq!(
        advance(&history, 1, Rejected, true),
        Advance::Forward { conflict: true }
    );
    for rule in RULES {
        assert_eq!(aggregate(rule, 1, &history), (Some(Delivered), true));
        assert_eq!(message_change(rule, 1, &history[..1], history[1]), None);
    }
    assert_eq!(
        aggregate(AggregateRule::AllDelivered, 2, &history),
        (Some(Enroute), false)
    );
}

#[test]
fn all_parts_make_a_message() {
    let aggregate = |count, history: &[PartState]| aggregate(AggregateRule::AllDelivered, count, history);
    let (one, two) = (part(1, Delivered, true), part(2, Delivered, true));
    assert_eq!(aggregate(2, &[]), (None, false));
    assert_eq!(aggregate(2, &[two]), (Some(Enroute), false));
    assert_eq!(aggregate(2, &[two, one]), (Some(Delivered), true));
    assert_eq!(
        aggregate(3, &[two, part(3, Expired, true)]),
        (Some(Expired), true)
    );
    assert_eq!(
        aggregate(3, &[part(3, Rejected, true), part(1, Expired, true), two]),
        (Some(Rejected), true)
    );
    assert_eq!(
        aggregate(2, &[one, part(2, Accepted, true)]),
        (Some(Accepted), true)
    );
    assert_eq!(
        aggregate(2, &[one, part(2, Unknown, true)]),
        (Some(Unknown), true)
    );
    assert_eq!(aggregate(0, &[one]), (Some(Delivered), true));
    // A part that the message does not have says nothing about it.
    assert_eq!(aggregate(1, &[part(2, Expired, true)]), (None, false));
}

#[test]
fn a_message_on_its_way_is_as_far_as_its_parts() {
    let aggregate = |history: &[PartState]| aggregate(AggregateRule::AllDelivered, 2, history);
    assert_eq!(aggregate(&[part(1, Unknown, false)]), (Some(Unknown), false));
    assert_eq!(
        aggregate(&[part(1, Unknown, false), part(2, Enroute, false)]),
        (Some(Enroute), false)
    );
    assert_eq!(
        aggregate(&[part(1, Accepted, false), part(2, Enroute, false)]),
        (Some(Accepted), false)
    );
    assert_eq!(aggregate(&[part(1, Delivered, false)]), (Some(Enroute), false));
}

#[test]
fn other_rules_listen_to_one_part() {
    let history = [
        part(2, Expired, true),
        part(1, Delivered, true),
        part(3, Enroute, false),
    ];
    assert_eq!(
        aggregate(AggregateRule::AnyFinal, 3, &history),
        (Some(Expired), true)
    );
    assert_eq!(
        aggregate(AggregateRule::First, 3, &history),
        (Some(Delivered), true)
    );
    assert_eq!(
        aggregate(AggregateRule::Last, 3, &history),
        (Some(Enroute), false)
    );
    assert_eq!(aggregate(AggregateRule::Last, 4, &history), (None, false));
}

#[test]
fn a_message_changes_only_when_it_does() {
    let change = |before: &[PartState], new| message_change(AggregateRule::AllDelivered, 2, before, new);
    let (one, two) = (part(1, Delivered, true), part(2, Delivered, true));
    assert_eq!(change(&[], one), Some((Enroute, false)));
    assert_eq!(change(&[one], one), None);
    assert_eq!(change(&[one], part(1, Enroute, false)), None);
    assert_eq!(change(&[one], part(2, Enroute, false)), None);
    assert_eq!(change(&[one], two), Some((Delivered, true)));
    assert_eq!(change(&[one, part(2, Expired, true)], two), None);
}

#[test]
fn rules_have_the_names_of_settings() {
    for (name, rule) in ["all-delivered", "any-final", "first", "last"]
        .into_iter()
        .zip(RULES)
    {
        assert_eq!(
            serde_json::from_value::<AggregateRule>(name.into()).unwrap(),
            rule
        );
    }
}

fn any_state() -> impl Strategy<Value = DlrMessageState> {
    prop::sample::select(vec![
        Enroute,
        Delivered,
        Expired,
        Deleted,
        Undeliverable,
        Accepted,
        Unknown,
        Rejected,
    ])
}

fn any_part() -> impl Strategy<Value = PartState> {
    (1..=4_u8, any_state(), any::<bool>()).prop_map(|(number, state, is_final)| part(number, state, is_final))
}

/// Receipts as an operator that does not contradict itself sends them: up to 4 parts with at most one end each, in
/// some order with repetitions; and the same ones in another order.
fn consistent() -> impl Strategy<Value = (Vec<PartState>, Vec<PartState>)> {
    let ends = prop::collection::vec(prop::option::of(any_state()), 4);
    let on_the_way = prop::collection::vec(
        (1..=4_u8, prop::sample::select(vec![Enroute, Accepted, Unknown]))
            .prop_map(|(n, s)| part(n, s, false)),
        0..6,
    );
    (ends, on_the_way, 1..3_usize).prop_flat_map(|(ends, mut all, copies)| {
        let ends = (1..)
            .zip(ends)
            .filter_map(|(number, end)| Some(part(number, end?, true)));
        all.extend(ends);
        let all = vec![all; copies].concat();
        (Just(all.clone()).prop_shuffle(), Just(all).prop_shuffle())
    })
}

/// Feeds receipts as the gateway does; gives the kept history and the message's changes.
fn run(rule: AggregateRule, receipts: &[PartState]) -> (Vec<PartState>, Vec<(DlrMessageState, bool)>) {
    let (mut history, mut changes) = (Vec::new(), Vec::new());
    for &new in receipts {
        changes.extend(message_change(rule, 4, &history, new));
        if let Advance::Forward { .. } = advance(&history, new.part_number, new.state, new.is_final) {
            history.push(new);
        }
    }
    (history, changes)
}

proptest! {
    #[test]
    fn a_message_ends_once_and_stays_so(receipts in prop::collection::vec(any_part(), 0..20)) {
        for rule in RULES {
            let (history, changes) = run(rule, &receipts);
            let end = changes.iter().position(|&(_, is_final)| is_final);
            prop_assert!(end.is_none_or(|end| end + 1 == changes.len()), "{:?}", changes);
            let last = changes.last().copied();
            let now = aggregate(rule, 4, &history);
            prop_assert_eq!(last.map_or((None, false), |(state, is_final)| (Some(state), is_final)), now);
        }
    }

    #[test]
    fn order_and_repetition_make_no_difference((one, other) in consistent()) {
        for rule in [AggregateRule::AllDelivered, AggregateRule::First, AggregateRule::Last] {
            let ((first, _), (second, _)) = (run(rule, &one), run(rule, &other));
            let (first, second) = (aggregate(rule, 4, &first), aggregate(rule, 4, &second));
            prop_assert_eq!(first.1, second.1);
            // Of several failures the first one names the message's end.
            let failed = |state: Option<DlrMessageState>| state.is_some_and(is_failure);
            if first.1 && !(rule == AggregateRule::AllDelivered && failed(first.0)) {
                prop_assert_eq!(first.0, second.0);
            }
            prop_assert_eq!(failed(first.0), failed(second.0));
        }
    }

    #[test]
    fn a_conflict_is_a_final_state_after_a_different_one(receipts in prop::collection::vec(any_part(), 0..20)) {
        let mut history: Vec<PartState> = Vec::new();
        for new in receipts {
            let of_part = |entry: &&PartState| entry.part_number == new.part_number && entry.is_final;
            let different = history.iter().filter(of_part).any(|entry| entry.state != new.state);
            let repeated = history.contains(&new);
            let advance = advance(&history, new.part_number, new.state, new.is_final);
            let conflict = advance == Advance::Forward { conflict: true };
            prop_assert_eq!(conflict, new.is_final && different && !repeated);
            if let Advance::Forward { .. } = advance {
                history.push(new);
            }
        }
    }
}
