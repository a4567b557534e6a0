//! Where submit_sm are decided upon: one desk per SMSC, shared by its links, behind one lock.
//!
//! The desk owns what a script needs over time (ordinals, numbers, the throttle's window, how often a rule
//! applied) and the records. It knows nothing of links, and reads no clock.

use crate::ids::scramble;
use crate::records::Records;
use crate::script::rule::Then;
use crate::script::{BindRefusal, Script};
use crate::wire::status;
use crate::wire::submit::SubmitView;
use bytes::Bytes;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The form of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    Silence,
    Normal,
    Twice,
    EmptyId,
    /// These octets and no others.
    Body(Bytes),
    WithBody,
    Nack,
}

/// What happens to one submit_sm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    /// `None`: no answer.
    pub(crate) status: Option<u32>,
    /// `Some`: the message was taken.
    pub(crate) number: Option<u64>,
    pub(crate) form: Form,
    pub(crate) delay: Duration,
    pub(crate) close: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) script: Arc<Script>,
    pub(crate) records: Records,
    since: Instant,
    ordinal: u64,
    binds: u64,
    applied: Vec<u64>,
    next_number: u64,
    /// When the submits of the last second were let through the throttle.
    admitted: VecDeque<Instant>,
    random: u64,
}

impl Desk {
    pub(crate) fn new(script: Script, now: Instant) -> Self {
        let mut desk = Self {
            next_number: script.first_id,
            script: Arc::default(),
            records: Records::default(),
            since: now,
            ordinal: 0,
            binds: 0,
            applied: Vec::new(),
            admitted: VecDeque::new(),
            random: 0,
        };
        desk.follow(script, now);
        desk
    }

    /// Begins a script: its counts start anew, numbers go on.
    pub(crate) fn follow(&mut self, script: Script, now: Instant) {
        self.applied = vec![0; script.rules.len()];
        self.next_number = self.next_number.max(script.first_id);
        self.random = script.seed;
        (self.ordinal, self.binds, self.since) = (0, 0, now);
        self.admitted.clear();
        self.script = Arc::new(script);
    }

    /// Numbers that no message gets, and how the script writes them.
    pub(crate) fn take_numbers(&mut self, count: u64) -> (Range<u64>, Arc<Script>) {
        let first = self.next_number;
        self.next_number = first.saturating_add(count);
        (first..self.next_number, self.script.clone())
    }

    /// The command_status for a bind request.
    pub(crate) fn bind(&mut self, system_id: &[u8], password: &[u8], now: Instant) -> u32 {
        self.binds += 1;
        let refusal = self.script.bind_refusal.and_then(|refusal| match refusal {
            BindRefusal::Always(status) => Some(status),
            BindRefusal::Times(status, times) => (self.binds <= times).then_some(status),
            BindRefusal::During(status, span) => {
                (now.saturating_duration_since(self.since) < span).then_some(status)
            }
        });
        let stranger = self
            .script
            .credentials
            .as_ref()
            .is_some_and(|(name, word)| name.as_bytes() != system_id || word.as_bytes() != password);
        match refusal {
            Some(refused) => refused,
            None if stranger => status::INVALID_PASSWORD,
            None => status::OK,
        }
    }

    /// Decides about a submit_sm. `last` says that the link is to be lost with it.
    pub(crate) fn decide(&mut self, submit: &SubmitView<'_>, last: bool, now: Instant) -> Decision {
        self.ordinal += 1;
        let delay = self.delay();
        let mut decision = match self.throttled(now) {
            Some(refused) => self.refuse(refused, Form::Normal, delay),
            None => self.apply(submit, last, delay),
        };
        decision.close |= last;
        decision
    }

    fn apply(&mut self, submit: &SubmitView<'_>, last: bool, delay: Duration) -> Decision {
        match self.rule_for(submit) {
            Then::Status(refused) if refused != status::OK => self.refuse(refused, Form::Normal, delay),
            Then::StatusWithBody(refused) => self.refuse(refused, Form::WithBody, delay),
            Then::Nack(refused) => self.refuse(refused, Form::Nack, delay),
            Then::Ignore => Decision {
                status: None,
                number: None,
                form: Form::Silence,
                delay,
                close: false,
            },
            Then::CloseLink => self.accept(Form::Silence, delay, true),
            _ if last => self.accept(Form::Silence, delay, false),
            Then::NoAnswer => self.accept(Form::Silence, delay, false),
            Then::AnswerTwice => self.accept(Form::Twice, delay, false),
            Then::Body(octets) => self.accept(Form::Body(octets), delay, false),
            Then::EmptyId => self.accept(Form::EmptyId, delay, false),
            Then::AnswerAfter(later) => self.accept(Form::Normal, delay + later, false),
            Then::Accept | Then::Status(_) => self.accept(Form::Normal, delay, false),
        }
    }

    fn accept(&mut self, form: Form, delay: Duration, close: bool) -> Decision {
        let number = self.next_number;
        self.next_number += 1;
        let status = (form != Form::Silence).then_some(status::OK);
        Decision {
            status,
            number: Some(number),
            form,
            delay,
            close,
        }
    }

    fn refuse(&self, refused: u32, form: Form, delay: Duration) -> Decision {
        let form = if form == Form::Normal && self.script.bodies_on_errors {
            Form::WithBody
        } else {
            form
        };
        Decision {
            status: Some(refused),
            number: None,
            form,
            delay,
            close: false,
        }
    }

    fn rule_for(&mut self, submit: &SubmitView<'_>) -> Then {
        for (rule, applied) in self.script.rules.iter().zip(&mut self.applied) {
            let worn_out = rule.times.is_some_and(|times| *applied >= times);
            if !worn_out && rule.when.holds(self.ordinal, submit) {
                *applied += 1;
                return rule.then.clone();
            }
        }
        Then::Accept
    }

    fn throttled(&mut self, now: Instant) -> Option<u32> {
        let (per_second, refusal) = self.script.throttle?;
        while self
            .admitted
            .front()
            .is_some_and(|first| now.saturating_duration_since(*first) >= Duration::from_secs(1))
        {
            self.admitted.pop_front();
        }
        if u64::try_from(self.admitted.len()).unwrap_or(u64::MAX) >= u64::from(per_second) {
            return Some(refusal);
        }
        self.admitted.push_back(now);
        None
    }

    fn delay(&mut self) -> Duration {
        let jitter = u64::try_from(self.script.jitter.as_micros()).unwrap_or(u64::MAX);
        if jitter == 0 {
            return self.script.latency;
        }
        self.random = self.random.wrapping_add(1);
        let drawn = scramble(self.random) % jitter.saturating_add(1);
        self.script.latency + Duration::from_micros(drawn)
    }
}
