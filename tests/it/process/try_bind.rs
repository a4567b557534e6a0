//! `smpp-connector check --bind`: one bind of an operator, in words.

use super::{Stage, has, run};
use serde_json::Value;
use smpp_connector_tests::{Operator, Peer, write_files_with};
use smsc_sim::{Script, status};
use std::path::Path;

const UNBIND: u32 = 0x06;
const DELIVER_SM: u32 = 0x05;
const RESPONSE: u32 = 0x8000_0000;
const RX_T_APPN: u32 = 0x64;

fn check(dir: &Path, operators: &[Operator], arguments: &[&str]) -> super::Told {
    write_files_with(dir, operators, "");
    run(dir, &[&["check"], arguments].concat())
}

#[test]
fn each_session_is_bound_and_unbound_in_turn_and_only_of_the_operator_that_is_named() {
    let stage = Stage::new(Script::new().max_binds(1));
    let twice = stage.operator().backup_at(stage.smsc.addr());
    let other = Operator::at(stage.smsc.addr()).named("other");
    let told = check(stage.path(), &[twice, other], &["--bind", "acme"]);
    assert_eq!(told.code, 0, "{told:?}");
    let at = stage.smsc.addr();
    has(
        &told.stdout,
        &[
            &format!("acme: SMSC {at}: takes the bind as TRANSCEIVER at {at}; unbound again"),
            &format!("other: SMSC {at}: takes connections at {at}"),
            "everything can be reached",
        ],
    );
    let seen = stage.wait_until(|seen| seen.links == 0);
    assert_eq!((seen.binds, seen.unbinds, seen.submits), (2, 2, 0));
}

#[test]
fn what_is_refused_is_told_with_what_to_look_at() {
    for (script, words) in [
        (
            Script::new().credentials("story", "another"),
            &["ESME_RINVPASWD (0x0000000E): invalid password; check password"][..],
        ),
        (
            Script::new().bind_status(0x0F),
            &["ESME_RINVSYSID", "check system_id", "host and port"],
        ),
        (
            Script::new().bind_status(status::ALREADY_BOUND),
            &["ESME_RALYBND", "right while a gateway runs"],
        ),
        (
            Script::new().bind_status(0x0D),
            &["ESME_RBINDFAIL", "from this address"],
        ),
        (
            Script::new().answer_binds(false),
            &[
                "does not answer the bind (bind was not answered in time)",
                "with or without TLS",
            ],
        ),
    ] {
        let stage = Stage::new(script);
        let operator = stage.operator().session("connect_timeout", "\"1s\"");
        let told = check(stage.path(), &[operator], &["--bind", "acme", "--json"]);
        assert_eq!(told.code, 69, "{told:?}");
        let json: Value = serde_json::from_str(&told.stdout).unwrap();
        let of_smsc = json["connections"].as_array().unwrap().first().unwrap();
        assert_eq!(of_smsc["ok"], false);
        has(of_smsc["told"].as_str().unwrap(), words);
    }
}

#[test]
fn an_operator_that_is_not_there_is_a_mistake() {
    let stage = Stage::new(Script::new());
    let told = check(stage.path(), &[stage.operator()], &["--bind", "acne"]);
    assert_eq!(told.code, 78, "{told:?}");
    has(&told.stderr, &["--bind acne: no operator"]);
    assert_eq!(stage.smsc.counters().binds, 0);
}

/// Receipts may have waited for the next bind for hours: they are for the gateway.
#[test]
fn what_is_delivered_to_the_bind_stays_with_the_operator() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let peer = runtime.block_on(Peer::listen());
    let dir = tempfile::tempdir().unwrap();
    let (path, operator) = (dir.path().to_owned(), Operator::at(peer.addr()));
    let checking = std::thread::spawn(move || check(&path, &[operator], &["--bind", "acme"]));
    runtime.block_on(async {
        let mut link = peer.bound().await;
        let unbind = link.receive().await;
        assert_eq!(unbind.command, UNBIND);
        let answer = link.ask(DELIVER_SM, &[0; 17]).await;
        assert_eq!(
            (answer.command, answer.status),
            (DELIVER_SM | RESPONSE, RX_T_APPN)
        );
        link.send(UNBIND | RESPONSE, 0, unbind.sequence, b"").await;
    });
    let told = checking.join().unwrap();
    assert_eq!(told.code, 0, "{told:?}");
    has(&told.stdout, &["takes the bind as TRANSCEIVER"]);
}
