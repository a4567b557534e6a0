//! A trace over hosts: a receipt that comes to another one than its message went out from.

use super::{BINARY, my_turn};
use smpp_connector_tests::{Collector, Message, Operator, Platform};
use smsc_sim::{Mo, Receipts, Script};

#[test]
fn a_receipt_at_another_host_joins_its_messages_trace() {
    let _turn = my_turn();
    let collector = Collector::start();
    let platform = Platform::start(BINARY)
        .set("traces.otlp", &format!("\"{}\"", collector.url()))
        .set("traces.sample", "1.0");
    let smsc = platform.smsc(Script::new().receipts(Receipts::off()));
    let operator = Operator::at(smsc.addr());
    let one = platform.gateway("one", vec![operator.clone()]);
    let message = Message::to("491510000009");
    platform.block_on(one.send(std::slice::from_ref(&message)));
    platform.block_on(one.outcome(message.id()));
    platform.block_on(one.shutdown());

    let two = platform.gateway("two", vec![operator]);
    platform.seen(&smsc, |seen| seen.binds == 2);
    let receipt = Mo {
        esm_class: 0x04,
        ..Mo::text("491510000009", "Story", "id:1 stat:DELIVRD err:000")
    };
    assert_eq!(platform.block_on(smsc.send_mo(receipt)), Ok(0));
    platform.block_on(two.shutdown());

    let spans = collector.spans();
    let trace = message.id().0.simple().to_string();
    let told_by = |name: &str| {
        let span = spans.iter().find(|span| span.name == name && span.trace == trace);
        let span = span.unwrap_or_else(|| panic!("no {name} in {spans:#?}"));
        (
            span.resource["service.instance.id"]
                .as_str()
                .expect("a host")
                .to_owned(),
            span,
        )
    };
    let ((sender, sent), (receiver, receipt)) = (told_by("submit_sm"), told_by("receipt"));
    assert_eq!((sender.as_str(), receiver.as_str()), ("one", "two"));
    assert_eq!(receipt.parent, sent.id);
}
