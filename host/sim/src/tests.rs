//! The SMSC as a gateway sees it. Links are in memory and time is paused, except where a socket is the point.

mod client;
mod messages;
mod oddities;
mod receipts;

use crate::wire::{command, tag};
use crate::{Mo, PROFILES, Rule, Script, Smsc, Then, When, profile, status};
use client::{Client, message};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;

const TRANSCEIVER: u32 = command::BIND_TRANSCEIVER;
const PATIENCE: Duration = Duration::from_secs(5);

async fn smsc(script: Script) -> Smsc {
    Smsc::start(script).await.unwrap()
}

#[tokio::test]
async fn a_bind_over_a_socket_is_served_until_unbind() {
    let smsc = smsc(Script::new().credentials("acme", "secret")).await;
    let mut client = Client::new(TcpStream::connect(smsc.addr()).await.unwrap());
    assert_eq!(
        client.ask(&message("49170", "early")).await.status,
        status::INVALID_BIND_STATUS
    );
    assert_eq!(
        client.bind(TRANSCEIVER, "acme", "wrong").await.status,
        status::INVALID_PASSWORD
    );
    assert_eq!(client.bind(TRANSCEIVER, "acme", "secret").await.status, 0);
    assert_eq!(
        client.bind(TRANSCEIVER, "acme", "secret").await.status,
        status::ALREADY_BOUND
    );

    let answer = client.ask(&message("49170", "hello")).await;
    assert_eq!(
        (answer.command, answer.status, answer.text()),
        (0x8000_0004, 0, "1".to_owned())
    );
    assert_eq!(client.next().await.command, command::DELIVER_SM);
    client.send(command::ENQUIRE_LINK, |_| {}).await;
    assert_eq!(client.next().await.command, 0x8000_0015);
    client.send(0x77, |_| {}).await;
    let nack = client.next().await;
    assert_eq!(
        (nack.command, nack.status),
        (command::GENERIC_NACK, status::INVALID_COMMAND_ID)
    );
    client.send(command::UNBIND, |_| {}).await;
    assert_eq!(client.next().await.command, command::UNBIND_RESP);
    assert!(client.read().await.is_none());

    let seen = smsc.wait_until(|seen| seen.links == 0, PATIENCE).await.unwrap();
    assert_eq!(
        (seen.binds, seen.binds_refused, seen.bound, seen.unbinds),
        (1, 2, 0, 1)
    );
    assert_eq!(
        (seen.submits, seen.enquire_links, seen.unknown_commands),
        (1, 1, 1)
    );
    smsc.stop().await;
}

#[tokio::test]
async fn a_receiver_may_not_submit() {
    let smsc = smsc(Script::new()).await;
    let mut client = Client::bound(smsc.connect_in_memory(), command::BIND_RECEIVER).await;
    assert_eq!(
        client.ask(&message("49170", "no")).await.status,
        status::INVALID_BIND_STATUS
    );
}

#[tokio::test(start_paused = true)]
async fn binds_are_refused_by_count_by_time_and_by_number() {
    let smsc = smsc(Script::new().bind_status_times(status::ALREADY_BOUND, 2)).await;
    let mut client = Client::new(smsc.connect_in_memory());
    for expected in [5, 5, 0] {
        assert_eq!(client.bind(TRANSCEIVER, "acme", "").await.status, expected);
    }
    smsc.set_script(
        Script::new()
            .bind_status_for(status::BIND_FAILED, PATIENCE)
            .max_binds(2),
    );
    let mut second = Client::new(smsc.connect_in_memory());
    assert_eq!(
        second.bind(TRANSCEIVER, "acme", "").await.status,
        status::BIND_FAILED
    );
    tokio::time::advance(PATIENCE).await;
    assert_eq!(second.bind(TRANSCEIVER, "acme", "").await.status, 0);
    let mut third = Client::new(smsc.connect_in_memory());
    assert_eq!(
        third.bind(TRANSCEIVER, "acme", "").await.status,
        status::ALREADY_BOUND
    );
}

#[tokio::test(start_paused = true)]
async fn more_than_so_many_a_second_are_throttled() {
    let smsc = smsc(Script::new().throttle_above(3, status::THROTTLED)).await;
    let mut client = Client::bound(smsc.connect_in_memory(), command::BIND_TRANSMITTER).await;
    let quick = message("49170", "quick");
    for expected in [0, 0, 0, 0x58, 0x58] {
        assert_eq!(client.ask(&quick).await.status, expected);
    }
    tokio::time::advance(Duration::from_millis(999)).await;
    assert_eq!(client.ask(&quick).await.status, 0x58);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(client.ask(&quick).await.status, 0);
    assert_eq!((smsc.counters().accepted, smsc.counters().refused), (4, 3));
    assert_eq!(smsc.max_in_any_second(), 6);
}

#[tokio::test(start_paused = true)]
async fn latency_is_kept_and_jitter_shuffles() {
    let millis = Duration::from_millis;
    let smsc = smsc(Script::new().latency(millis(100)).jitter(millis(50), 7)).await;
    let mut client = Client::bound(smsc.connect_in_memory(), command::BIND_TRANSMITTER).await;
    let begun = Instant::now();
    for _ in 0..20 {
        client.submit(&message("49170", "wait")).await;
    }
    let mut order = Vec::new();
    for _ in 0..20 {
        order.push(client.next().await.sequence);
        assert!(
            (millis(100)..millis(152)).contains(&begun.elapsed()),
            "{:?}",
            begun.elapsed()
        );
    }
    assert!(!order.is_sorted(), "{order:?}");
    assert_eq!(smsc.max_unanswered(), 20);
}

#[tokio::test(start_paused = true)]
async fn the_first_rule_that_applies_decides() {
    let smsc = smsc(
        Script::new()
            .respond(Rule::when(When::DestinationSuffix("9".into())).then(Then::Status(0x0B)))
            .respond(Rule::when(When::TextContains(b"spam".into())).then(Then::StatusWithBody(0x45)))
            .respond(Rule::when(When::Nth(3)).then(Then::Nack(8)))
            .respond(
                Rule::when(When::DestinationPrefix("44".into()))
                    .then(Then::EmptyId)
                    .times(1),
            ),
    )
    .await;
    let mut client = Client::bound(smsc.connect_in_memory(), command::BIND_TRANSMITTER).await;
    let refused = client.ask(&message("49179", "spam")).await;
    assert_eq!((refused.status, refused.body.len()), (0x0B, 0));
    let refused = client.ask(&message("49170", "no spam here")).await;
    assert_eq!((refused.status, refused.text()), (0x45, "0".to_owned()));
    let refused = client.ask(&message("49170", "third")).await;
    assert_eq!((refused.command, refused.status), (command::GENERIC_NACK, 8));
    let (odd, plain) = (
        client.ask(&message("4417", "a")).await,
        client.ask(&message("4417", "b")).await,
    );
    assert_eq!((odd.text().as_str(), plain.text().as_str()), ("", "2"));

    let statuses: Vec<_> = smsc.submits().iter().map(|submit| submit.status).collect();
    assert_eq!(statuses, [Some(0x0B), Some(0x45), Some(8), Some(0), Some(0)]);
    assert_eq!(smsc.submits_by_destination().get("4417"), Some(&2));
}

#[tokio::test]
async fn a_mobile_writes_and_hears_the_answer() {
    let smsc = smsc(Script::new()).await;
    assert!(smsc.send_mo(Mo::text("49170", "1234", "hi")).await.is_err());
    let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    let (answer, ()) = tokio::join!(smsc.send_mo(Mo::text("49170", "1234", "hello there")), async {
        let deliver = client.next().await;
        assert_eq!(deliver.command, command::DELIVER_SM);
        assert!(deliver.contains("49170\0\x01\x011234\0") && deliver.contains("hello there"));
        client.answer_deliver(deliver.sequence, 0).await;
    });
    assert_eq!(answer, Ok(0));
    assert_eq!(smsc.counters().mos_acknowledged, 1);
}

#[tokio::test]
async fn connections_are_refused_while_not_listening() {
    let smsc = smsc(Script::new()).await;
    let mut client = Client::bound(TcpStream::connect(smsc.addr()).await.unwrap(), TRANSCEIVER).await;
    smsc.stop_listening().await;
    assert!(TcpStream::connect(smsc.addr()).await.is_err());
    assert_eq!(client.ask(&message("49170", "still here")).await.status, 0);
    smsc.resume().await.unwrap();
    Client::bound(TcpStream::connect(smsc.addr()).await.unwrap(), TRANSCEIVER).await;
    smsc.stop().await;
    assert_eq!(client.next().await.command, command::DELIVER_SM);
    assert!(client.read().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn every_profile_serves_a_latin1_message() {
    for (name, description) in PROFILES {
        assert!(!description.is_empty());
        let smsc = smsc(profile(name).unwrap()).await;
        let mut client = Client::new(smsc.connect_in_memory());
        while client.bind(TRANSCEIVER, "acme", "").await.status != 0 {}
        let mut hello = message("491700", "hello");
        hello.data_coding = 3;
        client.submit(&hello).await;
        let (one, other) = (client.next().await, client.next().await);
        let mut commands = [one.command, other.command];
        assert_eq!((one.status, other.status), (0, 0), "{name}");
        assert_eq!(
            commands[0] == command::DELIVER_SM,
            *name == "early-receipts",
            "{name}"
        );
        commands.sort_unstable();
        assert_eq!(commands, [command::DELIVER_SM, command::SUBMIT_SM_RESP], "{name}");
    }
    assert!(profile("nobody").is_none());
}

#[tokio::test]
async fn the_latin1_operator_wants_payloads() {
    let smsc = smsc(profile("latin1").unwrap()).await;
    let mut client = Client::bound(smsc.connect_in_memory(), command::BIND_TRANSMITTER).await;
    assert_eq!(
        client.ask(&message("491700", "default alphabet")).await.status,
        0x433
    );
    let mut part = message("491700", *b"\x05\x00\x03\x01\x02\x01part");
    (part.data_coding, part.esm_class) = (3, 0x40);
    assert_eq!(client.ask(&part).await.status, status::INVALID_ESM_CLASS);
    let mut long = message("491700", "");
    (long.data_coding, long.tlvs) = (3, vec![(tag::MESSAGE_PAYLOAD, vec![b'x'; 400])]);
    assert_eq!(client.ask(&long).await.status, 0);
}
