//! Links that misbehave, in both directions.

use super::client::{Client, message, put_message};
use super::{PATIENCE, TRANSCEIVER, smsc};
use crate::wire::{command, put_pdu};
use crate::{Receipts, Rule, Script, Then, When, Writes, status};
use bytes::BytesMut;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

fn silent() -> Script {
    Script::new().receipts(Receipts::off())
}

/// Notes how long each write is.
struct Sizes(Arc<Mutex<Vec<usize>>>);

impl AsyncWrite for Sizes {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap().push(octets.len());
        Poll::Ready(Ok(octets.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

async fn sizes_of_writes(writes: Writes) -> Vec<usize> {
    let smsc = smsc(Script::new().writes(writes)).await;
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let (mut near, far) = tokio::io::duplex(1024);
    let mut two = BytesMut::new();
    for sequence in [1, 2] {
        put_pdu(&mut two, command::ENQUIRE_LINK, 0, sequence, |_| {});
    }
    near.write_all(&two).await.unwrap();
    smsc.hub.attach(far, Sizes(sizes.clone()));
    smsc.wait_until(|seen| seen.enquire_links == 2, PATIENCE)
        .await
        .unwrap();
    drop(near);
    smsc.wait_until(|seen| seen.links == 0, PATIENCE).await.unwrap();
    let sizes = sizes.lock().unwrap();
    sizes.clone()
}

#[tokio::test]
async fn octets_are_cut_as_the_script_says() {
    assert_eq!(sizes_of_writes(Writes::Whole).await, [32]);
    assert_eq!(sizes_of_writes(Writes::Chunks(20)).await, [20, 12]);
    assert_eq!(sizes_of_writes(Writes::ByteByByte).await, [1; 32]);
}

#[tokio::test]
async fn a_pdu_may_arrive_octet_by_octet() {
    let smsc = smsc(silent()).await;
    let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    let mut pdu = BytesMut::new();
    put_pdu(&mut pdu, command::SUBMIT_SM, 0, 0x806A_179B, |body| {
        put_message(body, &message("49170", "slow"))
    });
    for octet in &pdu {
        client.write(&[*octet]).await;
        tokio::task::yield_now().await;
    }
    let answer = client.next().await;
    assert_eq!((answer.status, answer.sequence), (0, 0x806A_179B));
}

#[tokio::test]
async fn only_a_broken_frame_costs_the_link() {
    let smsc = smsc(silent()).await;
    let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    client
        .send(command::SUBMIT_SM, |body| {
            body.extend_from_slice(b"\0\x01\x01short")
        })
        .await;
    assert_eq!(client.next().await.status, status::INVALID_COMMAND_LENGTH);
    assert_eq!(client.ask(&message("49170", "fine")).await.status, 0);
    client
        .write(&[0, 0, 0, 15, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9])
        .await;
    let nack = client.next().await;
    assert_eq!(
        (nack.command, nack.status),
        (command::GENERIC_NACK, status::INVALID_COMMAND_LENGTH)
    );
    assert!(client.read().await.is_none());
    assert_eq!(smsc.counters().malformed, 2);
}

#[tokio::test(start_paused = true)]
async fn answers_go_missing_come_twice_and_end_links() {
    let smsc = smsc(
        silent()
            .respond(Rule::when(When::Nth(1)).then(Then::NoAnswer))
            .respond(Rule::when(When::Nth(2)).then(Then::AnswerTwice))
            .respond(Rule::when(When::Nth(3)).then(Then::Ignore))
            .respond(Rule::when(When::Nth(4)).then(Then::CloseLink)),
    )
    .await;
    let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    client.submit(&message("49170", "silence")).await;
    let twice = client.submit(&message("49170", "twice")).await;
    assert_eq!(
        (client.next().await.sequence, client.next().await.sequence),
        (twice, twice)
    );
    client.submit(&message("49170", "ignored")).await;
    assert!(timeout(PATIENCE, client.read()).await.is_err());
    client.submit(&message("49170", "the end")).await;
    assert!(client.read().await.is_none());
    let numbers: Vec<_> = smsc.submits().iter().map(|submit| submit.number).collect();
    assert_eq!(numbers, [Some(1), Some(2), None, Some(3)]);
}

#[tokio::test]
async fn a_link_is_dropped_with_its_nth_submit() {
    let smsc = smsc(Script::new().drop_link_after(3)).await;
    let mut client = Client::bound(smsc.connect_in_memory(), command::BIND_TRANSMITTER).await;
    for _ in 0..5 {
        client.submit(&message("49170", "hello")).await;
    }
    assert_eq!(
        (client.next().await.sequence, client.next().await.sequence),
        (2, 3)
    );
    assert!(client.read().await.is_none());
    assert_eq!((smsc.counters().submits, smsc.counters().unanswered), (3, 1));
    // All three were taken, so their receipts wait for the next bind.
    let mut receiver = Client::bound(smsc.connect_in_memory(), command::BIND_RECEIVER).await;
    for id in ["id:1", "id:2", "id:3"] {
        assert!(receiver.next().await.contains(id));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stalled_link_stays_open_until_the_script_changes() {
    let smsc = smsc(silent().stall_after(2)).await;
    let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    client.ask(&message("49170", "answered")).await;
    client.submit(&message("49170", "stalls")).await;
    client.send(command::ENQUIRE_LINK, |_| {}).await;
    assert!(timeout(PATIENCE, client.read()).await.is_err());
    smsc.set_script(silent());
    assert_eq!(client.next().await.command, command::SUBMIT_SM_RESP);
    assert_eq!(client.next().await.command, 0x8000_0015);
}

#[tokio::test]
async fn garbage_and_raw_octets_come_between_pdus() {
    let noise = [0, 0, 0, 16, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0, 1];
    let smsc = smsc(silent().garbage_after(1, noise.to_vec()).unterminated_ids(true)).await;
    let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    assert_eq!(&client.ask(&message("49170", "hello")).await.body[..], b"1");
    assert_eq!(client.next().await.command, 99);
    assert_eq!(smsc.send_raw(noise.to_vec()), 1);
    assert_eq!(client.next().await.command, 99);
}

#[tokio::test(start_paused = true)]
async fn enquire_link_and_binds_may_stay_unanswered() {
    let smsc = smsc(silent().enquire_link_answers(false)).await;
    let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    client.send(command::ENQUIRE_LINK, |_| {}).await;
    assert!(timeout(PATIENCE, client.read()).await.is_err());
    smsc.set_script(silent().answer_binds(false));
    let mut deaf = Client::new(smsc.connect_in_memory());
    assert!(
        timeout(PATIENCE, deaf.bind(TRANSCEIVER, "acme", ""))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn answers_may_be_any_octets_and_answers_to_raw_octets_are_kept() {
    let script = silent()
        .respond(Rule::when(When::Always).then(Then::Body((&b"\xFFid"[..]).into())))
        .bind_body(&b"odd"[..]);
    let smsc = smsc(script).await;
    let mut client = Client::new(smsc.connect_in_memory());
    assert_eq!(&client.bind(TRANSCEIVER, "acme", "").await.body[..], b"odd");
    let answer = client.ask(&message("49170", "hello")).await;
    assert_eq!((answer.status, &answer.body[..]), (0, &b"\xFFid"[..]));

    let mut answers = BytesMut::new();
    put_pdu(&mut answers, command::DELIVER_SM_RESP, 0x65, 77, |body| {
        body.extend_from_slice(b"\0")
    });
    put_pdu(&mut answers, 0x8000_0103, 0, 78, |_| {});
    client.write(&answers).await;
    smsc.wait_until(|seen| seen.stray_responses == 2, PATIENCE)
        .await
        .unwrap();
    let strays = smsc.stray_responses();
    let told: Vec<_> = strays
        .iter()
        .map(|stray| (stray.command, stray.status, stray.sequence, &stray.body[..]))
        .collect();
    assert_eq!(
        told,
        [
            (command::DELIVER_SM_RESP, 0x65, 77, &b"\0"[..]),
            (0x8000_0103, 0, 78, &b""[..])
        ]
    );
}
