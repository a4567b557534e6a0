//! What is on record: decisions, live events, reloads, odd PDUs.

use super::desk::Desk;
use super::nothing_asked;
use serde_json::{Value, json};

#[test]
fn decisions_are_filtered_and_masked() {
    let desk = Desk::new();
    desk.bound();
    let text = "Meet at Baker Street";
    let to_acme = desk.message(0, "+48601234567").text(text);
    let to_globe = desk.message(1, "+48607654321").text(text);
    desk.send(&[to_acme, to_globe]);
    desk.acme.stray_receipts(2).unwrap();
    let stray = |events: &[Value]| events.iter().filter(|event| event["type"] == "unmatched").count() == 2;
    desk.gateway.events_until(stray);
    desk.play("decisions", json!({}), nothing_asked);
}

#[test]
fn what_happens_is_seen_live() {
    let desk = Desk::new();
    desk.bound();
    let mut traffic = None;
    desk.play("live", json!({}), |order, _| {
        match order {
            "one message to each" => {
                let both = [desk.message(0, "+48601234567"), desk.message(1, "+48607654366")];
                desk.gateway.post(&both).unwrap();
                return json!(both.each_ref().map(|message| message.id().to_string()));
            }
            "traffic" => traffic = Some(desk.traffic()),
            "no traffic" => traffic = None,
            "a flood" => {
                let many = |n| desk.message(0, &format!("+4861{n:07}"));
                desk.gateway
                    .post(&(0..600).map(many).collect::<Vec<_>>())
                    .unwrap();
            }
            _ => return nothing_asked(order, &Value::Null),
        }
        Value::Null
    });
}

#[test]
fn reloads_are_listed() {
    let desk = Desk::new();
    desk.bound();
    desk.play("reloads", json!({}), |order, _| {
        let file = desk.dir.path().join("plugins/acme.wasm");
        match order {
            "another version" => drop(std::fs::copy(desk.version("second"), file).unwrap()),
            "a file that is no plugin" => std::fs::write(file, b"no component").unwrap(),
            _ => return nothing_asked(order, &Value::Null),
        }
        Value::Null
    });
}

#[test]
fn odd_pdus_are_told() {
    let desk = Desk::new();
    desk.bound();
    desk.play("odd", json!({}), |order, _| {
        match order {
            // deliver_sm whose last TLV says that it is longer than the PDU.
            "an odd PDU" => {
                let body = b"\0\0\x00447700900123\0\0\0ME\0\0\0\0\0\0\0\0\0\0\0\x04\x27\x00\x09\x02";
                let length = u32::try_from(16 + body.len()).unwrap();
                let head = [length, 5, 0, 77].map(u32::to_be_bytes).concat();
                desk.globe.send_raw([head.as_slice(), body].concat());
            }
            _ => return nothing_asked(order, &Value::Null),
        }
        Value::Null
    });
}
