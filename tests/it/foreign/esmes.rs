//! The simulator, held against ESMEs that know nothing of it: what the stories rely on is an SMSC to others as well.

use serde_json::json;
use smpp_connector_tests::PATIENCE;
use smpp_connector_tests::foreign::{AioEsme, Coding, KannelEsme, Receipt};
use smsc_sim::{FinalState, Mo, Receipts, Script, Smsc};

/// Submits to numbers that end so are not delivered.
fn script() -> Script {
    Script::new().receipts(Receipts::new().state_for("99", FinalState::undelivered("005")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kannel_submits_to_the_simulator_and_reads_what_it_sends() {
    let smsc = Smsc::start(script()).await.unwrap();
    let kannel = KannelEsme::at(smsc.addr()).await;
    let (short, long) = ("Grüße [€] @", "Zug 🚂 nach 日本. ".repeat(10));
    kannel.submit("short", "+491511234501", short, Coding::Gsm7);
    kannel.submit("long", "+491511234502", &long, Coding::Ucs2);
    kannel.submit("lost", "+491511234599", "lost", Coding::Gsm7);
    for name in ["short", "long"] {
        kannel.receipt(name, Receipt::Taken).await;
        kannel.receipt(name, Receipt::Delivered).await;
    }
    kannel.receipt("lost", Receipt::Failed).await;
    // It answers a message with its text: what it sends is what it has read.
    assert_eq!(
        smsc.send_mo(Mo::text("491511234503", "4930123456", "ping")).await,
        Ok(0)
    );
    smsc.wait_until(|seen| seen.accepted == 6, PATIENCE)
        .await
        .unwrap();

    let mut messages = smsc.messages();
    messages.sort_by(|one, other| one.destination.cmp(&other.destination));
    let units: Vec<u8> = long.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let expected: [&[u8]; 4] = [
        b"Gr\x7e\x1ee \x1b<\x1be\x1b> \0",
        &units,
        b"Kannel has read: ping",
        b"lost",
    ];
    let octets: Vec<&[u8]> = messages.iter().map(|message| &message.octets[..]).collect();
    assert_eq!(octets, expected);
    kannel.enquire_link().await;
    assert_eq!(kannel.complaints().await, Vec::<String>::new());
    assert_eq!(smsc.counters().malformed, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aiosmpplib_submits_to_the_simulator_and_reads_what_it_sends() {
    let smsc = Smsc::start(script()).await.unwrap();
    let mut esme = AioEsme::at(smsc.addr());
    for (name, to, state) in [
        ("one", "491511234501", "DELIVRD"),
        ("two", "491511234599", "UNDELIV"),
    ] {
        esme.submit(name, "Story", to, "Grüße [€] @");
        esme.told(json!({ "event": "answer", "name": name })).await;
        esme.told(json!({ "event": "receipt", "name": name, "state": state }))
            .await;
    }
    assert_eq!(
        smsc.send_mo(Mo::text("491511234503", "4930123456", "ping")).await,
        Ok(0)
    );
    let told = json!({ "event": "mo", "from": "491511234503", "to": "4930123456", "text": "ping" });
    esme.told(told).await;
    esme.stop().await;
    let seen = smsc.wait_until(|seen| seen.bound == 0, PATIENCE).await.unwrap();
    assert_eq!((seen.accepted, seen.unbinds, seen.malformed), (2, 1, 0));
    assert!(
        smsc.submits()
            .iter()
            .all(|submit| submit.short_message == b"Gr\x7e\x1ee \x1b<\x1be\x1b> \0"[..])
    );
}
