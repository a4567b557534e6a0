//! Receipts: forms, order, windows and repetition.

use super::client::{Client, message};
use super::{PATIENCE, TRANSCEIVER, smsc};
use crate::wire::command;
use crate::{Carrier, FinalState, IdForm, Receipts, Script, Wanted};
use std::time::Duration;
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn one_number_is_written_differently_in_response_text_and_tlv() {
    let smsc = smsc(
        Script::new()
            .first_id(318_794_433)
            .ids(IdForm::HexLower)
            .receipt_ids(IdForm::DecimalPadded(10))
            .receipt_tlv_ids(IdForm::HexPadded(10))
            .receipts(Receipts::new().carrier(Carrier::TextAndTlv)),
    )
    .await;
    let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    assert_eq!(client.ask(&message("49170", "hello")).await.text(), "13006ac1");
    let receipt = client.next().await;
    assert!(receipt.contains("id:0318794433 sub:001 dlvrd:001 submit date:"));
    assert!(receipt.contains("stat:DELIVRD err:000 text:hello"));
    assert!(
        receipt
            .body
            .ends_with(b"\x00\x1e\x00\x0b0013006AC1\0\x04\x27\x00\x01\x02")
    );
    // From the subscriber to the sender, marked as a receipt.
    assert!(receipt.body.starts_with(b"\0\x01\x0149170\0\x05\0ACME\0\x04"));
}

#[tokio::test]
async fn carriers_other_than_text() {
    for (carrier, short_message, ending) in [
        (
            Carrier::Tlv,
            0,
            b"\x00\x1e\x00\x021\0\x04\x27\x00\x01\x02".as_slice(),
        ),
        (Carrier::MessagePayload, 0, b"\x04\x24\x00\x04id:1"),
        (Carrier::Text, 4, b"id:1"),
    ] {
        let receipts = Receipts::new().carrier(carrier).template("id:{id}");
        let smsc = smsc(Script::new().receipts(receipts)).await;
        let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
        client.ask(&message("49170", "hello")).await;
        let receipt = client.next().await;
        assert!(receipt.body.ends_with(ending), "{carrier:?}: {:?}", receipt.body);
        // After the addresses come nine octets, then sm_length.
        let sm_length = b"\0\x01\x0149170\0\x05\0ACME\0".len() + 9;
        assert_eq!(receipt.body[sm_length], short_message, "{carrier:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn states_go_by_destination_and_by_what_was_asked_for() {
    let receipts = Receipts::new()
        .state_for("9", FinalState::undelivered("21b"))
        .duplicates(1)
        .intermediate(true);
    let smsc = smsc(Script::new().receipts(receipts)).await;
    let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    // (asked for, destination, words of the receipts that come)
    for (registered, to, words) in [
        (0, "49170", vec![]),
        (1, "49170", vec!["stat:DELIVRD", "stat:DELIVRD"]),
        (1, "49179", vec!["dlvrd:000", "stat:UNDELIV err:21b"]),
        (2, "49170", vec![]),
        (2, "49179", vec!["stat:UNDELIV", "stat:UNDELIV"]),
        (3, "49179", vec![]),
        (
            0x11,
            "49170",
            vec!["stat:ENROUTE", "stat:DELIVRD", "stat:DELIVRD"],
        ),
    ] {
        let mut asking = message(to, "hello");
        asking.registered_delivery = registered;
        client.ask(&asking).await;
        for word in words {
            assert!(client.next().await.contains(word), "{registered:#x} {to} {word}");
        }
        assert!(
            timeout(PATIENCE, client.read()).await.is_err(),
            "{registered:#x} {to}: one too many"
        );
    }
    smsc.set_script(Script::new().receipts(Receipts::off()));
    client.ask(&message("49170", "hello")).await;
    assert!(timeout(PATIENCE, client.read()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_receipt_comes_after_its_delay_on_another_link() {
    let receipts = Receipts::new().when(Wanted::Always).after(Duration::from_secs(3));
    let smsc = smsc(Script::new().receipts(receipts)).await;
    let mut sender = Client::bound(smsc.connect_in_memory(), command::BIND_TRANSMITTER).await;
    let mut receiver = Client::bound(smsc.connect_in_memory(), command::BIND_RECEIVER).await;
    let begun = Instant::now();
    sender.ask(&message("49170", "hello")).await;
    assert_eq!(receiver.next().await.command, command::DELIVER_SM);
    assert!(
        (3.0..3.1).contains(&begun.elapsed().as_secs_f64()),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_receipt_overtakes_its_response_on_one_link() {
    let smsc = smsc(Script::new().receipts(Receipts::new().before_response(true))).await;
    let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    client.submit(&message("49170", "hello")).await;
    assert_eq!(client.next().await.command, command::DELIVER_SM);
    assert_eq!(client.next().await.command, command::SUBMIT_SM_RESP);
}

#[tokio::test(start_paused = true)]
async fn a_response_waits_for_a_receipt_on_another_link() {
    let script = Script::new()
        .receipts(Receipts::new().before_response(true))
        .window_of_receipts(1);
    let smsc = smsc(script).await;
    let mut sender = Client::bound(smsc.connect_in_memory(), command::BIND_TRANSMITTER).await;
    assert_eq!(
        sender.ask(&message("49170", "nobody receives yet")).await.status,
        0
    );
    let mut receiver = Client::bound(smsc.connect_in_memory(), command::BIND_RECEIVER).await;
    let first = receiver.next().await;

    sender.submit(&message("49170", "the window is full")).await;
    assert!(timeout(PATIENCE, sender.read()).await.is_err());
    receiver.answer_deliver(first.sequence, 0).await;
    assert_eq!(sender.next().await.command, command::SUBMIT_SM_RESP);
    assert!(receiver.next().await.contains("text:the window is full"));
}

#[tokio::test(start_paused = true)]
async fn a_receipt_answered_later_is_sent_again_so_many_times() {
    let smsc = smsc(Script::new().resend_refused(Duration::from_secs(7), 2)).await;
    let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    client.ask(&message("49170", "hello")).await;
    let mut sequences = Vec::new();
    let begun = Instant::now();
    for time in 0..3 {
        let receipt = client.next().await;
        assert_eq!(begun.elapsed().as_secs(), time * 7);
        sequences.push(receipt.sequence);
        client.answer_deliver(receipt.sequence, 0x64).await;
    }
    assert_eq!(sequences, [1, 2, 3]);
    let seen = smsc
        .wait_until(|seen| seen.receipts_refused == 1, PATIENCE)
        .await
        .unwrap();
    assert_eq!(
        (seen.receipts_sent, seen.redeliveries, seen.receipts_acknowledged),
        (3, 2, 0)
    );
    assert!(timeout(Duration::from_secs(60), client.read()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn unanswered_receipts_come_again_in_order_after_the_next_bind() {
    let smsc = smsc(Script::new()).await;
    let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    for text in ["one", "two", "three"] {
        client.ask(&message("49170", text)).await;
        assert!(client.next().await.contains(text));
    }
    client.answer_deliver(1, 0).await;
    smsc.wait_until(|seen| seen.receipts_acknowledged == 1, PATIENCE)
        .await
        .unwrap();
    assert_eq!(smsc.cut_links(), 1);
    assert!(client.read().await.is_none());
    smsc.wait_until(|seen| seen.bound == 0, PATIENCE).await.unwrap();

    let mut again = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    for text in ["two", "three"] {
        assert!(again.next().await.contains(text));
    }
    assert!(timeout(PATIENCE, again.read()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_window_of_receipts_holds_on_each_link() {
    let smsc = smsc(Script::new().window_of_receipts(2)).await;
    let mut one = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    let mut other = Client::bound(smsc.connect_in_memory(), command::BIND_RECEIVER).await;
    for _ in 0..6 {
        one.submit(&message("49170", "hello")).await;
    }
    smsc.wait_until(|seen| seen.receipts_sent == 4, PATIENCE)
        .await
        .unwrap();
    assert!(
        smsc.wait_until(|seen| seen.receipts_sent > 4, PATIENCE)
            .await
            .is_err()
    );
    other.answer_deliver(1, 0).await;
    other.answer_deliver(2, 0).await;
    smsc.wait_until(|seen| seen.receipts_sent == 6, PATIENCE)
        .await
        .unwrap();
    for sequence in 1..=4 {
        assert_eq!(other.next().await.sequence, sequence);
    }
}

#[tokio::test(start_paused = true)]
async fn stray_receipts_have_numbers_that_no_message_gets() {
    let smsc = smsc(Script::new().receipts(Receipts::new().template("id:{id} stat:{stat}"))).await;
    assert!(smsc.stray_receipts(2).is_err(), "nobody is there");
    let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    assert_eq!(smsc.stray_receipts(2), Ok(2));
    for wanted in ["id:1 stat:DELIVRD", "id:2 stat:DELIVRD"] {
        let receipt = client.next().await;
        assert_eq!(receipt.command, command::DELIVER_SM);
        assert!(receipt.contains(wanted), "{wanted}");
    }
    assert_eq!(client.ask(&message("49170", "hello")).await.text(), "3");
}
