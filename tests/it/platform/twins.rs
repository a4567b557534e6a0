//! Commands that are published twice, without a message id for NATS to tell: sent once, acknowledged both, and told.

use super::{BINARY, my_turn, operator, until_bound};
use smpp_connector_tests::{GatewayProcess, Message, Operator, PATIENCE, Platform};
use smsc_sim::{Receipts, Script, Smsc};
use std::collections::HashMap;
use std::time::Duration;

const MESSAGES: usize = 100;

struct Stage {
    hosts: Vec<GatewayProcess>,
    platform: Platform,
    smsc: Smsc,
    operator: Operator,
    messages: Vec<Message>,
}

impl Stage {
    /// Two hosts. Answers take so long that a message is under way for a while.
    fn new(latency: Duration) -> Self {
        let platform = Platform::start(BINARY);
        let smsc = platform.smsc(Script::new().latency(latency).receipts(Receipts::off()));
        let operator = operator(&smsc).session("binds", "2");
        let host = |name: &str| platform.host(name, std::slice::from_ref(&operator));
        let hosts = vec![host("host-0"), host("host-1")];
        until_bound(&platform, &smsc, 2);
        let messages = messages(&operator);
        Self {
            hosts,
            platform,
            smsc,
            operator,
            messages,
        }
    }

    /// One after the other, so that the hosts take them in turn.
    fn publish(&self, messages: &[Message]) {
        for message in messages {
            self.platform.publish_again(std::slice::from_ref(message));
        }
    }

    /// New messages, and after this the same ones again: then many a copy comes to the other host.
    fn copies_after(&mut self, what: &str, between: impl FnOnce(&mut Self)) {
        self.messages = messages(&self.operator);
        self.publish(&self.messages);
        self.sent_once(1, "the first copies");
        between(self);
        self.messages.rotate_left(1);
        self.publish(&self.messages);
        self.sent_once(2, what);
    }

    /// Each message has been sent once, and told `copies` times, always the same.
    fn sent_once(&self, copies: usize, when: &str) {
        self.platform.block_on(async {
            let bus = self.platform.bus();
            tokio::time::timeout(PATIENCE, bus.no_commands_left())
                .await
                .expect(when);
        });
        self.platform.until(when, |ledger| {
            let told = |message: &Message| ledger.fate(message.id()).outcomes.len() >= copies;
            self.messages.iter().all(told)
        });
        self.platform.ledger(|ledger| {
            for message in &self.messages {
                let fate = ledger.fate(message.id());
                assert!(
                    fate.outcomes.iter().all(|outcome| outcome == "ACCEPTED"),
                    "{when}: {fate:#?}"
                );
            }
        });
        let mut sent: HashMap<_, u32> = HashMap::new();
        for submit in self.smsc.submits() {
            *sent.entry(submit.short_message).or_default() += 1;
        }
        let again = sent.values().filter(|times| **times > 1).count();
        assert_eq!(again, 0, "{when}: messages that were sent again");
    }

    fn ends(self) {
        for host in &self.hosts {
            let taken = host.metric("smpp_connector_messages_total", "");
            assert!(taken > 0.0, "one host has taken everything");
        }
        for host in self.hosts {
            assert!(host.terminate().success());
        }
    }
}

fn messages(operator: &Operator) -> Vec<Message> {
    let message = |n| Message::to(&format!("4919{n:08}")).operator(operator.id);
    let named = |message: Message| message.clone().text(&message.id().to_string());
    (0..MESSAGES).map(message).map(named).collect()
}

#[test]
fn two_copies_at_the_same_moment_are_sent_once() {
    let _turn = my_turn();
    let stage = Stage::new(Duration::from_millis(300));
    for message in &stage.messages {
        stage.platform.publish_again(&[message.clone(), message.clone()]);
    }
    stage.sent_once(1, "pairs");
    stage.ends();
}

#[test]
fn a_copy_that_comes_later_repeats_the_outcome() {
    let _turn = my_turn();
    let mut stage = Stage::new(Duration::from_millis(10));
    // Not a wait for something: the copies come so much later.
    stage.copies_after("2 s", |_| std::thread::sleep(Duration::from_secs(2)));
    stage.copies_after("a restart of one host", |stage| {
        assert!(stage.hosts.remove(0).terminate().success());
        let again = stage
            .platform
            .host("host-0", std::slice::from_ref(&stage.operator));
        stage.hosts.insert(0, again);
        until_bound(&stage.platform, &stage.smsc, 2);
    });
    stage.copies_after("the end of Redis", |stage| stage.platform.redis.kill());
    stage.copies_after("Redis has forgotten", |stage| {
        stage.platform.redis.start_again();
        until_bound(&stage.platform, &stage.smsc, 2);
    });
    stage.ends();
}
