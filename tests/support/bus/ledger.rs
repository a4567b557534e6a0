//! What the events have told of each message.

use serde_json::Value;
use smpp_domain::ids::MessageId;
use std::collections::HashMap;
use std::time::Instant;

/// One entry for each message that an event has named, and counts of the rest.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Of the last event that was entered.
    pub last_sequence: u64,
    /// By message id.
    pub messages: HashMap<MessageId, Fate>,
    /// `smpp.unmatched`, so many.
    pub unmatched: u64,
    /// `smpp.session`, all of them.
    pub sessions: Vec<Value>,
    /// `smpp.dead` and `smpp.mo`, all of them.
    pub others: Vec<Value>,
}

/// What the events have told of one message.
#[derive(Clone, Debug, Default)]
pub struct Fate {
    /// The outcome of each `smpp.submit`: exactly one, if all is well.
    pub outcomes: Vec<String>,
    /// When the first of them was read.
    pub settled_at: Option<Instant>,
    /// The reason of the last of them.
    pub reason: Option<String>,
    /// Each `smpp.dlr`.
    pub dlrs: Vec<Dlr>,
}

/// `smpp.dlr`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dlr {
    /// partNumber.
    pub part: u64,
    /// state.
    pub state: String,
    /// messageFinal.
    pub message_final: bool,
    /// conflict.
    pub conflict: bool,
}

impl Fate {
    /// How many receipts have ended the message: at most one, if all is well.
    #[must_use]
    pub fn ends(&self) -> usize {
        self.dlrs.iter().filter(|dlr| dlr.message_final).count()
    }
}

impl Ledger {
    /// The message's fate so far.
    #[must_use]
    pub fn fate(&self, id: MessageId) -> Fate {
        self.messages.get(&id).cloned().unwrap_or_default()
    }

    /// How many of these have an outcome.
    pub fn settled<'a>(&self, ids: impl IntoIterator<Item = &'a MessageId>) -> usize {
        self.count(ids, |fate| !fate.outcomes.is_empty())
    }

    /// How many of these were ended by a receipt.
    pub fn ended<'a>(&self, ids: impl IntoIterator<Item = &'a MessageId>) -> usize {
        self.count(ids, |fate| fate.ends() > 0)
    }

    fn count<'a>(
        &self,
        ids: impl IntoIterator<Item = &'a MessageId>,
        is_it: impl Fn(&Fate) -> bool,
    ) -> usize {
        let found = ids.into_iter().filter_map(|id| self.messages.get(id));
        found.filter(|fate| is_it(fate)).count()
    }

    /// A few words for a story that does not go on.
    #[must_use]
    pub fn summary(&self) -> String {
        let all: Vec<&MessageId> = self.messages.keys().collect();
        format!(
            "{} events: {} messages, {} settled, {} ended, {} unmatched; the last sessions: {:#?}",
            self.last_sequence,
            all.len(),
            self.settled(all.iter().copied()),
            self.ended(all.iter().copied()),
            self.unmatched,
            self.sessions.iter().rev().take(4).collect::<Vec<_>>(),
        )
    }

    /// Enters the next event. One that was entered before, by its sequence number, is passed over.
    pub(super) fn enter(&mut self, sequence: u64, subject: &str, payload: &[u8]) {
        if sequence <= self.last_sequence {
            return;
        }
        self.last_sequence = sequence;
        let kind = subject.split('.').nth(1).unwrap_or_default();
        if kind == "unmatched" {
            self.unmatched += 1;
            return;
        }
        let event: Value = serde_json::from_slice(payload).expect("an event in JSON");
        let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
        match kind {
            "submit" => {
                let fate = self.of(&event);
                fate.settled_at.get_or_insert_with(Instant::now);
                fate.outcomes.push(text("outcome"));
                fate.reason = event["reason"].as_str().map(str::to_owned);
            }
            "dlr" => {
                let dlr = Dlr {
                    part: event["partNumber"].as_u64().unwrap_or_default(),
                    state: text("state"),
                    message_final: event["messageFinal"] == true,
                    conflict: event["conflict"] == true,
                };
                self.of(&event).dlrs.push(dlr);
            }
            "session" => self.sessions.push(event),
            _ => self.others.push(event),
        }
    }

    fn of(&mut self, event: &Value) -> &mut Fate {
        let id = event["messageId"].as_str().and_then(|id| id.parse().ok());
        self.messages
            .entry(id.expect("an event with a message id"))
            .or_default()
    }
}
