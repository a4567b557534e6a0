//! Submits, their answers, and the PDUs of the operator.

use super::*;

#[test]
fn submits_are_matched_by_sequence_number_in_any_order() {
    let mut table = Table::bound(|_| ());
    assert_eq!(table.submit(0, 11), ["transmit 2 submit_sm"]);
    table.submit(0, 12);
    table.submit(0, 13);
    assert_eq!((table.session.room(), table.session.in_flight()), (0, 3));
    assert_eq!(table.submit(0, 14), ["not sent 14"]);
    assert_eq!(table.receive(1, 4, 0, submit_resp("c")), ["answered 13 0x00 c"]);
    assert_eq!(table.receive(1, 3, 0x58, submit_resp("")), ["answered 12 0x58"]);
    assert_eq!(
        table.receive(1, 3, 0, submit_resp("b")),
        ["odd unknown_sequence"],
        "a duplicate"
    );
    assert_eq!(
        table.receive(1, 2, 0x03, IncomingBody::GenericNack),
        ["answered 11 0x03 nack"]
    );
    assert_eq!(
        table.receive(1, 99, 0x03, IncomingBody::GenericNack),
        ["odd unknown_sequence"]
    );
    assert_eq!(
        (table.session.room(), table.session.state()),
        (3, SessionState::Bound)
    );
}

#[test]
fn a_generic_nack_of_ok_is_no_acceptance() {
    let mut table = Table::bound(|_| ());
    table.submit(0, 11);
    assert_eq!(
        table.receive(1, 2, 0, IncomingBody::GenericNack),
        ["answered 11 0x08 nack"]
    );
}

#[test]
fn an_unanswered_submit_frees_its_place_and_may_be_answered_late() {
    let mut table = Table::bound(|config| config.enquire_link = Duration::from_secs(600));
    table.submit(0, 11);
    table.submit(5_000, 12);
    assert_eq!(table.wakes_at(), Some(60_000));
    assert_eq!(table.timeout(59_999), Vec::<String>::new());
    assert_eq!(table.timeout(60_000), ["unanswered 11 Timeout"]);
    assert_eq!((table.session.in_flight(), table.wakes_at()), (1, Some(65_000)));
    assert_eq!(table.receive(61_000, 2, 0, submit_resp("a")), ["late 11 0x00 a"]);
    assert_eq!(
        table.receive(61_000, 2, 0, submit_resp("a")),
        ["odd unknown_sequence"]
    );
    assert_eq!(table.timeout(65_000), ["unanswered 12 Timeout"]);
    table.feed(66_000, Input::LinkLost("reset".to_owned()));
    table.bind_at(70_000);
    assert_eq!(
        table.receive(70_000, 3, 0, submit_resp("b")),
        ["odd unknown_sequence"],
        "another connection"
    );
}

/// A session whose peer answers enquire_link and nothing else.
fn stuck(after: u64) -> Table {
    Table::bound(|config| {
        config.enquire_link = Duration::from_secs(600);
        config.stuck_after = Some(Duration::from_secs(after));
    })
}

#[test]
fn a_link_that_answers_no_submit_is_dead_whatever_else_it_answers() {
    let mut table = stuck(90);
    table.submit(0, 11);
    table.submit(1_000, 12);
    assert_eq!(table.timeout(60_000), ["unanswered 11 Timeout"]);
    table.submit(60_000, 13);
    assert_eq!(table.timeout(61_000), ["unanswered 12 Timeout"]);
    table.receive(80_000, 7, 0, IncomingBody::EnquireLink);
    // 13 has its own time, although the first one has waited for 90 s.
    assert_eq!(table.timeout(119_999), Vec::<String>::new());
    assert_eq!(table.wakes_at(), Some(120_000));
    let ended = ["close", "unanswered 13 LinkLost", "Bound -> Unbound"];
    assert_eq!(table.timeout(120_000), ended);
    assert_eq!(table.wakes_at(), Some(125_000));
}

#[test]
fn a_link_may_be_given_up_before_its_submits_are() {
    let mut table = stuck(20);
    table.submit(0, 11);
    table.submit(10_000, 12);
    table.receive(15_000, 3, 0x58, submit_resp(""));
    assert_eq!(
        table.timeout(34_999),
        Vec::<String>::new(),
        "the answer was a refusal, and one"
    );
    assert_eq!(
        table.timeout(35_000),
        ["close", "unanswered 11 LinkLost", "Bound -> Unbound"]
    );
}

#[test]
fn an_idle_link_is_not_stuck_and_a_late_answer_is_one_too() {
    let mut table = stuck(90);
    table.submit(0, 11);
    table.timeout(60_000);
    assert_eq!((table.session.in_flight(), table.wakes_at()), (0, Some(600_000)));
    table.submit(300_000, 12);
    assert_eq!(
        table.wakes_at(),
        Some(360_000),
        "the lost answer of long ago is no haste"
    );
    table.receive(301_000, 2, 0, submit_resp("late"));
    table.timeout(360_000);
    assert_eq!(table.session.state(), SessionState::Bound);
}

#[test]
fn sequence_numbers_wrap_to_one_and_skip_those_in_flight() {
    let mut table = Table::bound(|_| ());
    table.submit(0, 11);
    table.session.sequence = MAX_SEQUENCE - 1;
    assert_eq!(table.submit(0, 12), ["transmit 2147483647 submit_sm"]);
    assert_eq!(table.submit(0, 13), ["transmit 1 submit_sm"]);
    table.receive(0, 1, 0, submit_resp("c"));
    assert_eq!(table.submit(0, 14), ["transmit 3 submit_sm"], "2 is in flight");
}

#[test]
fn inbound_messages_are_answered_when_told_and_on_their_own_connection() {
    let mut table = Table::bound(|_| ());
    let odd_sequence = 0x806A_179B;
    let answer = |link, data_sm, status| Input::Answer {
        link,
        sequence_number: odd_sequence,
        data_sm,
        status: CommandStatus(status),
    };
    let deliver = IncomingBody::DeliverSm(Box::default());
    assert_eq!(
        table.receive(0, odd_sequence, 0, deliver),
        ["inbound 2154436507 on 1"]
    );
    assert_eq!(
        table.feed(5, answer(1, false, 0x64)),
        ["transmit 2154436507 deliver_sm_resp 0x64"]
    );
    let data = IncomingBody::DataSm(Box::default());
    assert_eq!(
        table.receive(6, odd_sequence, 0, data),
        ["inbound 2154436507 on 1 data_sm"]
    );
    table.feed(7, Input::LinkLost("reset".to_owned()));
    assert_eq!(table.feed(8, answer(1, true, 0)), Vec::<String>::new());
    table.bind_at(9);
    assert_eq!(
        table.feed(9, answer(1, true, 0)),
        Vec::<String>::new(),
        "the new one knows nothing of it"
    );
    assert_eq!(
        table.feed(9, answer(2, true, 0)),
        ["transmit 2154436507 data_sm_resp"]
    );
}

#[test]
fn odd_pdus_get_the_answer_that_smpp_wants_and_the_session_lives() {
    let other = |command_id| IncomingBody::Other { command_id };
    let undecodable = |command_id| IncomingBody::Undecodable { command_id };
    let cases: [(IncomingBody, &[&str]); 14] = [
        (IncomingBody::EnquireLink, &["transmit 77 enquire_link_resp"]),
        (
            other(0x0001_0200),
            &["transmit 77 generic_nack 0x03", "odd unknown_command"],
        ),
        (
            other(0x0000_0004),
            &["transmit 77 generic_nack 0x03", "odd unknown_command"],
        ),
        (other(0x8000_0003), &["odd unknown_response"]),
        (other(0x0000_000B), &["odd out_of_place"]),
        (
            undecodable(0x0000_0005),
            &["odd undecodable", "transmit 77 deliver_sm_resp 0x65"],
        ),
        (
            undecodable(0x0000_0103),
            &["odd undecodable", "transmit 77 data_sm_resp 0x65"],
        ),
        (
            undecodable(0x0000_0021),
            &["odd undecodable", "transmit 77 generic_nack 0x02"],
        ),
        (undecodable(0x0000_0102), &["odd undecodable"]),
        (undecodable(0x8000_0004), &["odd undecodable"]),
        (IncomingBody::AlertNotification(Box::default()), &["alert"]),
        (IncomingBody::UnbindResp, &["odd out_of_place"]),
        (bind_resp(), &["odd out_of_place"]),
        (submit_resp("x"), &["odd unknown_sequence"]),
    ];
    let mut table = Table::bound(|_| ());
    for (body, expected) in cases {
        assert_eq!(table.receive(0, 77, 0, body.clone()), expected, "{body:?}");
        assert_eq!(table.session.state(), SessionState::Bound);
    }
}

#[test]
fn a_peer_that_only_knows_generic_nack_still_lives_and_still_unbinds() {
    let mut table = Table::bound(|_| ());
    table.timeout(30_000);
    assert_eq!(
        table.receive(30_100, 2, 0x03, IncomingBody::GenericNack),
        ["link answered in 100 ms"]
    );
    assert_eq!(
        table.feed(31_000, Input::Unbind),
        ["Bound -> Unbinding", "transmit 3 unbind"]
    );
    assert_eq!(
        table.receive(31_100, 3, 0x03, IncomingBody::GenericNack),
        ["close", "Unbinding -> Unbound"]
    );
}

#[test]
fn spurious_timeouts_do_nothing() {
    let mut table = Table::bound(|_| ());
    table.submit(0, 1);
    for at in 1..100 {
        assert_eq!(table.timeout(at), Vec::<String>::new());
    }
}

#[test]
fn a_bind_that_is_none_to_the_operator_is_made_again_on_the_schedule() {
    let mut table = Table::bound(|_| ());
    table.submit(0, 11);
    table.submit(0, 12);
    assert_eq!(
        table.receive(1, 2, 0x04, submit_resp("")),
        ["answered 11 0x04", "Bound -> Unbinding"]
    );
    // Those behind it are waited for, and change nothing.
    assert_eq!(
        table.receive(2, 3, 0x04, submit_resp("")),
        ["answered 12 0x04", "transmit 4 unbind"]
    );
    assert_eq!(
        table.receive(3, 4, 0x04, IncomingBody::UnbindResp),
        ["close", "Unbinding -> Unbound"]
    );
    assert_eq!(table.wakes_at(), Some(5_003));
    assert_eq!(table.timeout(5_003), ["Unbound -> Connecting", "connect"]);
}

#[test]
fn an_order_to_unbind_takes_the_next_bind_back() {
    let mut table = Table::bound(|_| ());
    table.submit(0, 11);
    table.receive(1, 2, 0x04, submit_resp(""));
    table.feed(2, Input::Unbind);
    table.receive(3, 3, 0, IncomingBody::UnbindResp);
    assert_eq!(
        (table.session.state(), table.wakes_at()),
        (SessionState::Unbound, None)
    );
}
