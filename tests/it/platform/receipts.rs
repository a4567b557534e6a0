//! Receipts that come where and when nobody waits for them: all are matched, once.

use super::{BINARY, my_turn, operator, until_bound};
use smpp_connector_tests::{GatewayProcess, Message, Operator, Platform};
use smpp_domain::ids::MessageId;
use smsc_sim::{Receipts, Script, Smsc};
use std::collections::HashSet;
use std::time::Duration;

/// Long enough for all of a story's messages in a debug build on a busy machine.
const LIMIT: Duration = Duration::from_secs(180);

struct Stage {
    /// Before their platform, which takes their folders with it.
    hosts: Vec<GatewayProcess>,
    platform: Platform,
    smsc: Smsc,
    operator: Operator,
}

impl Stage {
    /// One host for each set of session keys.
    fn new(receipts: Receipts, hosts: &[&[(&str, &str)]]) -> Self {
        let platform = Platform::start(BINARY);
        let smsc = platform.smsc(Script::new().receipts(receipts));
        let plain = operator(&smsc).set("tps_limit", "1000000");
        let start = |(number, keys): (usize, &&[(&str, &str)])| {
            let own = keys.iter().fold(plain.clone(), |operator, (key, value)| {
                operator.session(key, value)
            });
            platform.host(&format!("host-{number}"), &[own])
        };
        let running: Vec<_> = hosts.iter().enumerate().map(start).collect();
        until_bound(&platform, &smsc, u64::try_from(hosts.len()).unwrap());
        Self {
            platform,
            smsc,
            operator: plain,
            hosts: running,
        }
    }

    fn send(&self, count: usize, text: &str) -> Vec<MessageId> {
        let messages: Vec<_> = (0..count)
            .map(|n| {
                Message::to(&format!("4918{n:08}"))
                    .text(text)
                    .operator(self.operator.id)
            })
            .collect();
        self.platform.publish(&messages);
        messages.iter().map(Message::id).collect()
    }

    /// Each message ends once, after one final receipt for each of its parts.
    fn all_matched_once(self, ids: &[MessageId], parts: usize) {
        self.platform
            .within(LIMIT, "every message is ended by its receipts", |ledger| {
                ledger.ended(ids) == ids.len()
            });
        let answered = |seen: &smsc_sim::Counters| seen.receipts_acknowledged == seen.receipts_sent;
        self.platform.seen(&self.smsc, answered);
        // Whoever is late with something still says it.
        for host in self.hosts {
            assert!(host.terminate().success());
        }
        self.platform.ledger(|ledger| {
            for id in ids {
                let fate = ledger.fate(*id);
                assert_eq!(fate.outcomes, ["ACCEPTED"]);
                assert_eq!(fate.ends(), 1, "{fate:#?}");
                // The end is told with the last part's event, or by itself when no host saw that part come last.
                let told: HashSet<u64> = fate.dlrs.iter().map(|dlr| dlr.part).collect();
                assert_eq!(told.len(), parts, "{fate:#?}");
                let later = usize::from(parts > 1 && fate.dlrs.len() > parts);
                assert_eq!(fate.dlrs.len(), parts + later, "{fate:#?}");
            }
            assert_eq!(ledger.unmatched, 0);
        });
    }
}

#[test]
fn receipts_before_their_response_on_another_host_are_matched_once() {
    let _turn = my_turn();
    let stage = Stage::new(
        Receipts::new().before_response(true),
        &[
            &[("bind_mode", "\"TRANSMITTER\""), ("window", "100")],
            &[("bind_mode", "\"RECEIVER\"")],
        ],
    );
    let ids = stage.send(10_000, "Once upon a time");
    stage.all_matched_once(&ids, 1);
}

#[test]
fn parts_whose_receipts_reach_different_hosts_at_once_end_their_message_once() {
    const PARTS: usize = 3;
    let _turn = my_turn();
    // Each receipt twice, so that the same one reaches both hosts too.
    let receipts = Receipts::new().before_response(true).duplicates(1);
    let stage = Stage::new(
        receipts,
        &[
            &[("window", "50"), ("binds", "2")],
            &[("window", "50"), ("binds", "2")],
        ],
    );
    let ids = stage.send(1_000, &"d".repeat(153 * PARTS));
    stage.all_matched_once(&ids, PARTS);
}
