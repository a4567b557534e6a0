//! Links: how they begin, live and end.

use super::Direction::{In, Out};
use super::{Feature, Operator, play};
use smpp_connector_tests::Message;
use smsc_sim::{Script, status};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn binds() {
    play(vec![
        Feature::new("a transmitter")
            .operator(|smsc| {
                Operator::at(smsc)
                    .session("bind_mode", "\"TRANSMITTER\"")
                    .session("system_type", "\"SMPP\"")
            })
            .message(Message::to("+491511234567"))
            .expect(&[
                (
                    Out,
                    "bind_transmitter",
                    &[("smpp.system_type", "SMPP"), ("smpp.interface_version", "0x34")],
                ),
                (In, "bind_transmitter_resp", &[]),
                (Out, "submit_sm", &[]),
                (In, "submit_sm_resp", &[]),
            ]),
        Feature::new("a receiver")
            .operator(|smsc| Operator::at(smsc).session("bind_mode", "\"RECEIVER\""))
            .delivery(smsc_sim::Mo::text("491511234567", "12345", "Hello"))
            .expect(&[
                (Out, "bind_receiver", &[("smpp.system_id", "story")]),
                (In, "bind_receiver_resp", &[]),
                (In, "deliver_sm", &[]),
                (Out, "deliver_sm_resp", &[]),
            ]),
        Feature::new("a transceiver with everything")
            .operator(|smsc| {
                Operator::at(smsc)
                    .session("system_type", "\"VMA\"")
                    .session("interface_version", "\"3.3\"")
                    .session("addr_ton", "1")
                    .session("addr_npi", "8")
                    .session("address_range", "\"^4915.*\"")
            })
            .expect(&[
                (
                    Out,
                    "bind_transceiver",
                    &[
                        ("smpp.system_type", "VMA"),
                        ("smpp.interface_version", "0x33"),
                        ("smpp.addr_ton", "1"),
                        ("smpp.addr_npi", "8"),
                        ("smpp.address_range", "^4915.*"),
                    ],
                ),
                (In, "bind_transceiver_resp", &[]),
            ]),
        Feature::new("a refusal, and one that is taken")
            .script(Script::new().bind_status_times(status::BIND_FAILED, 1))
            .expect(&[
                (Out, "bind_transceiver", &[]),
                (In, "bind_transceiver_resp", &[("smpp.command_status", "0x0d")]),
                (Out, "bind_transceiver", &[]),
                (In, "bind_transceiver_resp", &[("smpp.command_status", "0")]),
            ]),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signs_of_life_and_ends() {
    play(vec![
        Feature::new("enquire_link of ours")
            .operator(|smsc| Operator::at(smsc).session("enquire_link", "\"1s\""))
            .expect(&[(Out, "enquire_link", &[]), (In, "enquire_link_resp", &[])]),
        Feature::new("enquire_link of theirs").raw(0x15, b"").expect(&[
            (In, "enquire_link", &[]),
            (Out, "enquire_link_resp", &[("smpp.sequence_number", "77")]),
        ]),
        Feature::new("unbind of theirs").raw(0x06, b"").expect(&[
            (Out, "bind_transceiver", &[]),
            (In, "unbind", &[]),
            (Out, "unbind_resp", &[("smpp.sequence_number", "77")]),
            (Out, "bind_transceiver", &[]),
            (In, "bind_transceiver_resp", &[]),
        ]),
    ])
    .await;
}
