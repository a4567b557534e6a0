//! Everything from Start to BOUND, and from BOUND to UNBOUND.

use super::*;

const BIND_MODES: [(BindMode, &str); 3] = [
    (BindMode::Transceiver, "transmit 1 bind_transceiver"),
    (BindMode::Transmitter, "transmit 1 bind_transmitter"),
    (BindMode::Receiver, "transmit 1 bind_receiver"),
];

#[test]
fn connects_at_once_and_binds_in_each_mode() {
    for (mode, bind) in BIND_MODES {
        let mut table = Table::new(|config| config.bind_mode = mode);
        assert_eq!(
            (table.session.state(), table.wakes_at()),
            (SessionState::Disconnected, None)
        );
        assert_eq!(
            table.feed(0, Input::Start),
            ["Disconnected -> Connecting", "connect"]
        );
        assert_eq!(table.feed(0, Input::Start), Vec::<String>::new());
        assert_eq!(table.feed(100, Input::TcpConnected), [bind]);
        assert_eq!((table.wakes_at(), table.session.room()), (Some(15_100), 0));
        assert_eq!(table.receive(200, 1, 0, bind_resp()), ["Connecting -> Bound"]);
        assert_eq!(
            table.session.room(),
            if mode == BindMode::Receiver { 0 } else { 3 }
        );
        assert_eq!(table.session.last_bound_at(), Some(table.at(200)));
        assert_eq!(table.wakes_at(), Some(30_200));
    }
}

#[test]
fn failed_attempts_follow_the_schedule_and_a_bind_resets_it() {
    let mut table = Table::new(|_| ());
    table.feed(0, Input::Start);
    let mut now = 0;
    for (attempt, delay) in (1..).zip([5, 10, 20, 40, 60, 60]) {
        let failed = format!("Connecting -> Disconnected ({attempt} failed)");
        assert_eq!(
            table.feed(now, Input::ConnectFailed("refused".to_owned())),
            [failed]
        );
        assert_eq!(table.session.reconnect_attempts(), attempt);
        assert_eq!(table.timeout(now + delay * 1000 - 1), Vec::<String>::new());
        now += delay * 1000;
        assert_eq!(table.session.next_reconnect_at(), Some(table.at(now)));
        let connecting = format!("Disconnected -> Connecting ({attempt} failed)");
        assert_eq!(table.timeout(now), [connecting.as_str(), "connect"]);
        assert_eq!(table.session.next_reconnect_at(), None);
    }
    table.feed(now, Input::TcpConnected);
    assert_eq!(table.receive(now, 1, 0, bind_resp()), ["Connecting -> Bound"]);
    assert_eq!(
        table.feed(now, Input::LinkLost("reset".to_owned())),
        ["Bound -> Unbound"]
    );
    assert_eq!(table.session.last_unbound_at(), Some(table.at(now)));
    assert_eq!(table.timeout(now + 5000), ["Unbound -> Connecting", "connect"]);
    table.feed(now + 5000, Input::ConnectFailed("refused".to_owned()));
    assert_eq!(table.session.next_reconnect_at(), Some(table.at(now + 15_000)));
}

#[test]
fn jitter_lengthens_a_delay_by_its_share_at_most() {
    let mut table = Table::new(|config| config.reconnect = Backoff::default().with_jitter(0.2).ok());
    table.feed(0, Input::Start);
    table.feed(0, Input::ConnectFailed("refused".to_owned()));
    let delay = table.session.next_reconnect_at().unwrap() - table.at(0);
    assert!(
        delay > Duration::from_secs(5) && delay < Duration::from_secs(6),
        "{delay:?}"
    );
}

#[test]
fn gives_up_a_connect_or_a_bind_that_takes_too_long() {
    let mut table = Table::new(|_| ());
    table.feed(0, Input::Start);
    assert_eq!(table.timeout(14_999), Vec::<String>::new());
    assert_eq!(
        table.timeout(15_000),
        ["close", "Connecting -> Disconnected (1 failed)"]
    );
    table.timeout(20_000);
    table.feed(30_000, Input::TcpConnected);
    assert_eq!(table.timeout(44_999), Vec::<String>::new());
    assert_eq!(
        table.timeout(45_000),
        ["close", "Connecting -> Disconnected (2 failed)"]
    );
    assert_eq!(
        table.feed(45_001, Input::LinkLost("late".to_owned())),
        Vec::<String>::new()
    );
    assert_eq!(table.feed(45_001, Input::TcpConnected), Vec::<String>::new());
    assert_eq!(table.receive(45_001, 1, 0, bind_resp()), ["odd out_of_place"]);
    assert_eq!(table.wakes_at(), Some(55_000));
}

#[test]
fn refused_binds_are_retried_on_the_schedule_and_credentials_at_the_cap() {
    for (status, words, retry) in [
        (0x05, "refused 0x05", 5_000),
        (0x08, "refused 0x08", 5_000),
        (0x0D, "refused 0x0d credentials", 60_000),
        (0x0E, "refused 0x0e credentials", 60_000),
        (0x0F, "refused 0x0f credentials", 60_000),
        (0x53, "refused 0x53 credentials", 60_000),
    ] {
        let mut table = Table::new(|_| ());
        table.feed(0, Input::Start);
        table.feed(0, Input::TcpConnected);
        let refused = [words, "close", "Connecting -> Disconnected (1 failed)"];
        assert_eq!(table.receive(0, 1, status, bind_resp()), refused);
        assert_eq!(table.wakes_at(), Some(retry), "{status:#x}");
    }
}

#[test]
fn a_generic_nack_refuses_the_bind_whatever_it_says() {
    for (sequence, status, words) in [(1, 0x03, "refused 0x03"), (0, 0x00, "refused 0x08")] {
        let mut table = Table::new(|_| ());
        table.feed(0, Input::Start);
        table.feed(0, Input::TcpConnected);
        let refused = [words, "close", "Connecting -> Disconnected (1 failed)"];
        assert_eq!(
            table.receive(0, sequence, status, IncomingBody::GenericNack),
            refused
        );
    }
}

#[test]
fn before_bound_the_peer_gets_its_answers_and_nothing_else() {
    let mut table = Table::new(|_| ());
    table.feed(0, Input::Start);
    table.feed(0, Input::TcpConnected);
    let deliver = IncomingBody::DeliverSm(Box::default());
    assert_eq!(
        table.receive(1, 7, 0, deliver),
        ["transmit 7 deliver_sm_resp 0x04", "odd out_of_place"]
    );
    let unreadable = IncomingBody::Undecodable { command_id: 0x103 };
    assert_eq!(
        table.receive(1, 8, 0, unreadable),
        ["transmit 8 data_sm_resp 0x04", "odd out_of_place"]
    );
    assert_eq!(
        table.receive(1, 9, 0, IncomingBody::EnquireLink),
        ["transmit 9 enquire_link_resp"]
    );
    assert_eq!(table.receive(1, 1, 0, submit_resp("x")), ["odd out_of_place"]);
    assert_eq!(table.submit(1, 5), ["not sent 5"]);
    assert_eq!(table.wakes_at(), Some(15_000), "no enquire_link is due");
    let ended = [
        "transmit 3 unbind_resp",
        "close",
        "Connecting -> Disconnected (1 failed)",
    ];
    assert_eq!(table.receive(1, 3, 0, IncomingBody::Unbind), ended);
}

#[test]
fn a_silent_peer_is_asked_and_then_given_up() {
    let mut table = Table::bound(|_| ());
    table.submit(10_000, 1);
    table.submit(10_000, 2);
    table.receive(12_000, 2, 0, submit_resp("a"));
    assert_eq!(
        table.timeout(30_000),
        Vec::<String>::new(),
        "the peer spoke at 12 s"
    );
    assert_eq!(table.timeout(41_999), Vec::<String>::new());
    assert_eq!(table.timeout(42_000), ["transmit 4 enquire_link"]);
    assert_eq!(table.timeout(51_999), Vec::<String>::new());
    assert_eq!(
        table.timeout(52_000),
        ["close", "unanswered 2 LinkLost", "Bound -> Unbound"]
    );
    assert_eq!((table.session.in_flight(), table.wakes_at()), (0, Some(57_000)));
}

#[test]
fn any_pdu_is_a_sign_of_life_and_the_late_answer_is_not_odd() {
    let mut table = Table::bound(|_| ());
    assert_eq!(table.timeout(30_000), ["transmit 2 enquire_link"]);
    table.receive(39_000, 1, 0, IncomingBody::DeliverSm(Box::default()));
    assert_eq!(table.timeout(40_000), Vec::<String>::new());
    assert_eq!(
        table.receive(50_000, 2, 0, IncomingBody::EnquireLinkResp),
        ["link answered in 20000 ms"]
    );
    assert_eq!(
        table.receive(50_000, 2, 0, IncomingBody::EnquireLinkResp),
        ["odd unknown_sequence"]
    );
    assert_eq!(table.timeout(79_999), Vec::<String>::new());
    assert_eq!(table.timeout(80_000), ["transmit 3 enquire_link"]);
}

#[test]
fn an_unbind_of_the_operator_is_a_lost_link() {
    let mut table = Table::bound(|_| ());
    table.submit(0, 1);
    let ended = [
        "transmit 90 unbind_resp",
        "close",
        "unanswered 1 LinkLost",
        "Bound -> Unbound",
    ];
    assert_eq!(table.receive(1_000, 90, 0, IncomingBody::Unbind), ended);
    assert_eq!(table.timeout(6_000), ["Unbound -> Connecting", "connect"]);
}

#[test]
fn the_planned_close_drains_then_unbinds_then_stays_away() {
    let mut table = Table::bound(|_| ());
    table.submit(0, 1);
    assert_eq!(table.feed(1_000, Input::Unbind), ["Bound -> Unbinding"]);
    assert_eq!(
        (table.session.room(), table.submit(1_000, 2)),
        (0, vec!["not sent 2".to_owned()])
    );
    let answered = ["answered 1 0x00 a", "transmit 3 unbind"];
    assert_eq!(table.receive(2_000, 2, 0, submit_resp("a")), answered);
    assert_eq!(
        table.receive(3_000, 3, 0, IncomingBody::UnbindResp),
        ["close", "Unbinding -> Unbound"]
    );
    assert_eq!(
        (table.wakes_at(), table.session.last_unbound_at()),
        (None, Some(table.at(3_000)))
    );
    assert_eq!(
        table.feed(9_000, Input::Start),
        ["Unbound -> Connecting", "connect"]
    );
}

#[test]
fn the_planned_close_has_its_deadlines() {
    let mut table = Table::bound(|_| ());
    table.submit(0, 1);
    table.feed(1_000, Input::Unbind);
    assert_eq!(table.timeout(21_000), ["transmit 3 unbind"]);
    assert_eq!(table.timeout(30_999), Vec::<String>::new());
    assert_eq!(
        table.timeout(31_000),
        ["close", "unanswered 1 LinkLost", "Unbinding -> Unbound"]
    );
    assert_eq!(table.wakes_at(), None);
}

#[test]
fn a_start_during_the_planned_close_binds_again_after_it() {
    let mut table = Table::bound(|_| ());
    assert_eq!(
        table.feed(0, Input::Unbind),
        ["Bound -> Unbinding", "transmit 2 unbind"]
    );
    table.feed(0, Input::Start);
    let again = ["Unbinding -> Unbound", "Unbound -> Connecting", "connect"];
    assert_eq!(table.feed(5, Input::LinkLost("closed".to_owned())), again);
}

#[test]
fn without_a_schedule_only_a_start_connects() {
    let mut table = Table::new(|config| config.reconnect = None);
    table.bind_at(0);
    assert_eq!(
        table.feed(5, Input::LinkLost("reset".to_owned())),
        ["Bound -> Unbound"]
    );
    assert_eq!(
        (table.wakes_at(), table.session.next_reconnect_at()),
        (None, None)
    );
    table.feed(9, Input::Start);
    table.feed(9, Input::TcpConnected);
    let refused = table.receive(9, 1, 0x0E, bind_resp());
    assert_eq!(refused[2], "Connecting -> Disconnected (1 failed)");
    assert_eq!(table.wakes_at(), None);
}

#[test]
fn unbind_ends_attempts_too() {
    let mut table = Table::new(|_| ());
    table.feed(0, Input::Start);
    assert_eq!(
        table.feed(0, Input::Unbind),
        ["close", "Connecting -> Disconnected"]
    );
    assert_eq!(table.wakes_at(), None);
    table.bind_at(10);
    table.feed(20, Input::LinkLost("reset".to_owned()));
    assert_eq!((table.feed(30, Input::Unbind), table.wakes_at()), (vec![], None));
}

#[test]
fn a_primary_proves_itself_while_a_backup_is_in_use() {
    let mut table = Table::returning(|_| ());
    let failback = ["Connecting -> Failback", "transmit 2 enquire_link"];
    assert_eq!(table.receive(0, 1, 0, bind_resp()), failback);
    assert_eq!(
        (table.session.room(), table.submit(0, 1)),
        (0, vec!["not sent 1".to_owned()])
    );
    for (round, sequence) in (0..5).zip(2..) {
        let now = round * 2_000 + 100 * round;
        assert_eq!(
            table.receive(now + 100, sequence, 0, IncomingBody::EnquireLinkResp),
            ["link answered in 100 ms"]
        );
        if round < 4 {
            assert_eq!(
                table.timeout(now + 2_100),
                [format!("transmit {} enquire_link", sequence + 1)]
            );
        }
    }
    assert_eq!(table.timeout(9_999), Vec::<String>::new());
    assert_eq!(table.timeout(10_000), ["Failback -> Bound"]);
    assert_eq!(table.session.room(), 3);
}

#[test]
fn failback_ends_with_the_backup_and_needs_its_last_round_trip() {
    let enter = || {
        let mut table = Table::returning(|_| ());
        table.receive(0, 1, 0, bind_resp());
        table
    };
    let mut freed = enter();
    assert_eq!(freed.feed(500, Input::BackupInUse(false)), ["Failback -> Bound"]);
    let mut slow = enter();
    assert_eq!(slow.timeout(9_999), Vec::<String>::new());
    slow.receive(9_999, 8, 0, IncomingBody::DeliverSm(Box::default()));
    assert_eq!(
        slow.timeout(10_000),
        ["close", "Failback -> Unbound"],
        "traffic does not stand in for the answer"
    );
    let mut held = Table::returning(|config| config.enquire_link_timeout = Duration::from_secs(12));
    held.receive(0, 1, 0, bind_resp());
    assert_eq!(held.timeout(10_000), Vec::<String>::new());
    assert_eq!(
        held.receive(11_000, 2, 0, IncomingBody::EnquireLinkResp),
        ["link answered in 11000 ms", "Failback -> Bound"]
    );
    assert_eq!(
        enter().feed(1, Input::Unbind),
        ["Failback -> Unbinding", "transmit 3 unbind"]
    );
    let mut backup = Table::returning(|config| config.is_primary = false);
    backup.receive(0, 1, 0, bind_resp());
    assert_eq!(backup.session.state(), SessionState::Bound);
}

#[test]
fn a_primary_that_was_never_away_does_not_come_back() {
    let mut first = Table::new(|_| ());
    first.feed(0, Input::BackupInUse(true));
    first.bind_at(0);
    assert_eq!(
        first.session.state(),
        SessionState::Bound,
        "the backup was merely faster"
    );
    let mut second = Table::new(|_| ());
    second.feed(0, Input::Start);
    second.feed(0, Input::ConnectFailed("refused".to_owned()));
    second.feed(0, Input::BackupInUse(true));
    second.bind_at(5_000);
    assert_eq!(second.session.state(), SessionState::Failback);
}
