//! Records hook calls for the engineer: all of a message or nothing of it, and in any case what went wrong.
//!
//! Whether a message is recorded is decided when it comes, and looked up by its id from then on: its receipts know it too. A
//! receipt is recorded when it is known whose it is, so what was asked about it waits with it until then.

mod heard;
mod watched;

pub(super) use heard::Heard;
pub(super) use watched::{Call, Watched};

use super::plan::{Plan, PlanError};
use crate::clock;
use crate::config::{OperatorConfig, RecordingsConfig};
use crate::ports::{DecisionLog, DecisionRecord, FaultRecord, IdInPlace, Inbound, ParkedReceipt};
use heard::Waiting;
use serde_json::Value;
use smpp_domain::encoding::Masker;
use smpp_domain::ids::{MessageId, OperatorId};
use smpp_domain::policy::question::Question;
use smpp_domain::sampling::{Allowance, Budget, Sampling};
use smpp_domain::status::Verdict;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// Messages of all operators recorded in a second, about; of each at least one.
const MESSAGES: u32 = 50;

/// Octets of the room that a message takes with all its calls and PDUs, about. Of two hours' messages there is room, so that
/// there is always the last one.
const MESSAGE: u64 = 8 * 1024;

/// Of each kind of what is recorded whatever its message, in a second.
const OTHERS: u32 = 20;

/// The recorders of a host, which have one room.
#[derive(Clone, Default)]
pub struct Sharing(Arc<AtomicU32>);

/// One of them, for as long as it lives.
struct Share(Arc<AtomicU32>);

impl Share {
    fn of(sharing: &Sharing) -> Self {
        sharing.0.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&sharing.0))
    }

    /// How many they are.
    fn among(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Records the calls of one operator's policy, or does not.
pub struct Recorder(Option<Box<Works>>);

struct Works {
    share: Share,
    log: Arc<dyn DecisionLog>,
    operator_id: OperatorId,
    operator: String,
    masker: Masker,
    config: OperatorConfig,
    state: Mutex<State>,
}

struct State {
    sampling: Sampling,
    faults: Allowance,
    refused: Allowance,
    unmatched: Allowance,
    /// Messages from subscribers.
    inbound: Allowance,
    waiting: Waiting,
}

/// What is known of calls besides what was asked and answered.
#[derive(Clone, Default)]
struct Fate {
    message: Option<MessageId>,
    outcome: &'static str,
    hint: Option<Hint>,
    /// Of the PDU that it is about.
    sequence_number: Option<u32>,
}

/// What would have matched a receipt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Hint {
    /// In words, with the mend.
    pub(super) words: String,
    /// Ids that are one.
    pub(super) same_key: Vec<IdInPlace>,
}

impl Recorder {
    /// Records nothing.
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    /// Records the calls of this operator's policy. Numbers are masked, and texts unless they are kept.
    #[must_use]
    pub fn new(
        log: Arc<dyn DecisionLog>,
        config: &OperatorConfig,
        recordings: &RecordingsConfig,
        sharing: &Sharing,
    ) -> Self {
        let now = clock::now();
        let messages = u32::try_from(recordings.room / MESSAGE / 2).unwrap_or(u32::MAX);
        let budget = Budget::of_an_hour(messages.max(1), now);
        Self(Some(Box::new(Works {
            share: Share::of(sharing),
            log,
            operator_id: config.operator_id,
            operator: config.name.clone(),
            masker: Masker::new(config.alphabets.values(), recordings.keeps_texts),
            config: config.clone(),
            state: Mutex::new(State {
                sampling: Sampling::new(MESSAGES, budget, now),
                faults: Allowance::new(OTHERS, now),
                refused: Allowance::new(OTHERS, now),
                unmatched: Allowance::new(OTHERS, now),
                inbound: Allowance::new(OTHERS, now),
                waiting: Waiting::default(),
            }),
        })))
    }

    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Whether a message that comes now is recorded.
    pub(super) fn takes(&self, message: MessageId) -> bool {
        let Some(works) = &self.0 else { return false };
        let mut state = works.state();
        state.sampling.share_among(works.share.among());
        state.sampling.takes(message, clock::now())
    }

    /// Whether a message that came before is recorded.
    pub(super) fn took(&self, message: MessageId) -> bool {
        let works = self.0.as_ref();
        works.is_some_and(|works| works.state().sampling.took(message, clock::now()))
    }

    /// Whether there is room for one more refusal of a message that is not recorded otherwise.
    pub(super) fn has_room_for_refusal(&self) -> bool {
        let works = self.0.as_ref();
        works.is_some_and(|works| works.state().refused.takes(clock::now()))
    }

    /// A message was planned, or not.
    pub(super) fn planned(
        &self,
        message: MessageId,
        recorded: bool,
        calls: Vec<Call>,
        result: &Result<Plan, PlanError>,
    ) {
        let outcome = match result {
            Ok(_) => "planned",
            Err(PlanError::Rejected(_)) => "rejected",
            Err(PlanError::Retry(_)) => "waits",
        };
        self.of_message((message, None), recorded, calls, outcome);
    }

    /// It was decided what an operator's answer means, which has this sequence number as its submit_sm had.
    pub(super) fn judged(
        &self,
        (message, sequence_number): (MessageId, u32),
        recorded: bool,
        calls: Vec<Call>,
        verdict: &Verdict,
    ) {
        let outcome = match verdict {
            Verdict::Accepted => "accepted",
            Verdict::Retry { .. } => "retry",
            Verdict::Throttle(_) => "throttle",
            Verdict::Reject { .. } => "rejected",
            Verdict::StopOperator { .. } => "stop",
        };
        self.of_message((message, Some(sequence_number)), recorded, calls, outcome);
    }

    /// A part has its key.
    pub(super) fn keyed(&self, message: MessageId, recorded: bool, calls: Vec<Call>) {
        self.of_message((message, None), recorded, calls, "accepted");
    }

    fn of_message(
        &self,
        (message, sequence_number): (MessageId, Option<u32>),
        recorded: bool,
        calls: Vec<Call>,
        outcome: &'static str,
    ) {
        let Some(works) = self.0.as_ref().filter(|_| !calls.is_empty()) else {
            return;
        };
        let fate = Fate {
            message: Some(message),
            outcome,
            sequence_number,
            ..Fate::default()
        };
        let share = recorded.then(|| works.state().sampling.share());
        for call in calls {
            works.keep(call, &fate, share);
        }
    }

    /// What was delivered is no receipt: a message, or what the policy will not have.
    pub(super) fn delivered(&self, inbound: &Inbound, calls: Vec<Call>, outcome: &'static str) {
        let Some(works) = &self.0 else { return };
        let now = clock::now();
        let room = match outcome {
            "mo" => works.state().inbound.takes(now),
            _ => works.state().refused.takes(now),
        };
        let fate = Fate {
            outcome,
            ..Fate::default()
        };
        if room || calls.iter().any(|call| call.answer.is_err()) {
            let number = inbound.reply.answer.sequence_number;
            let heard = Heard::new(inbound.pdu.clone(), number, inbound.wire.clone(), calls);
            works.tell(heard, &fate, room.then_some(1.0));
        }
    }

    /// A receipt's message was found, at once or later.
    pub(super) fn matched(&self, heard: Option<Heard>, late: bool, message: MessageId) {
        let (Some(works), Some(heard)) = (&self.0, heard) else {
            return;
        };
        let share = self.took(message).then(|| works.state().sampling.share());
        let fate = Fate {
            message: Some(message),
            outcome: if late { "late" } else { "matched" },
            ..Fate::default()
        };
        works.tell(heard, &fate, share);
    }

    /// A receipt waits for its message.
    pub(super) fn parks(&self, receipt: Uuid, heard: Option<Heard>) {
        if let (Some(works), Some(heard)) = (&self.0, heard) {
            works.state().waiting.insert(receipt, heard);
        }
    }

    /// What was asked about a receipt that was parked; what can be told from the receipt itself where this host does not know.
    pub(super) fn parked(&self, receipt: &ParkedReceipt) -> Option<Heard> {
        let works = self.0.as_ref()?;
        let heard = works.state().waiting.take(receipt.id);
        Some(heard.unwrap_or_else(|| Heard::of_parked(receipt)))
    }

    /// A receipt is reported, since no message has claimed it.
    pub(super) fn unmatched(&self, receipt: &ParkedReceipt, hint: Option<Hint>, message: Option<MessageId>) {
        let (Some(works), Some(heard)) = (&self.0, self.parked(receipt)) else {
            return;
        };
        let room = works.state().unmatched.takes(clock::now());
        let fate = Fate {
            message,
            outcome: "unmatched",
            hint,
            sequence_number: None,
        };
        works.tell(heard, &fate, room.then_some(1.0));
    }
}

impl Works {
    /// Keeps the calls about an inbound PDU, and its octets.
    fn tell(&self, heard: Heard, fate: &Fate, share: Option<f64>) {
        if let (Some(wire), true) = (&heard.wire, share.is_some()) {
            wire.record();
        }
        let Heard {
            mut pdu,
            sequence_number,
            calls,
            ..
        } = heard;
        let fate = Fate {
            sequence_number,
            ..fate.clone()
        };
        for mut call in calls {
            if call.question.is_none()
                && (share.is_some() || call.answer.is_err())
                && let Some(pdu) = pdu.take()
            {
                let rules = &self.config.inbound;
                let reading =
                    smpp_domain::receipt::read(&pdu, rules.receipt_detection, rules.receipt_time_zone);
                call.question = Some(Question::Inbound { pdu: *pdu, reading });
            }
            self.keep(call, &fate, share);
        }
    }

    /// Keeps a call of a share of all; of those that are in none, what went wrong.
    fn keep(&self, call: Call, fate: &Fate, share: Option<f64>) {
        let now = clock::now();
        let share = share.or_else(|| {
            let room = match (&call.answer, fate.outcome) {
                (Err(_), _) => self.state().faults.takes(now),
                (Ok(_), "rejected") => self.state().refused.takes(now),
                (Ok(_), _) => false,
            };
            room.then_some(1.0)
        });
        let (Some(share), Some(question)) = (share, call.question) else {
            return;
        };
        let masked = question.masked(&self.masker);
        let (answer, fault) = match &call.answer {
            Ok(answer) => (Some(json(&answer.masked(&question, &self.masker))), None),
            Err(fault) => {
                let fault = fault.masked(&question, &self.masker);
                let record = FaultRecord {
                    cause: fault.cause.name().to_owned(),
                    text: fault.text,
                };
                (None, Some(record))
            }
        };
        let hint = fate.hint.clone();
        let (hint, same_key) = hint.map_or((None, Vec::new()), |hint| (Some(hint.words), hint.same_key));
        self.log.keep(DecisionRecord {
            at: clock::utc_now(),
            operator_id: self.operator_id,
            operator: self.operator.clone(),
            hook: question.hook().name().to_owned(),
            outcome: Some(fate.outcome.to_owned()),
            message_id: fate.message,
            sequence_number: fate.sequence_number,
            question: json(&masked),
            answer,
            fault,
            policy: call.policy.as_deref().cloned(),
            micros: call.micros,
            now_ms: call.at.timestamp_millis(),
            share,
            hint,
            same_key,
            settings: call.settings.as_deref().and_then(settings),
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where there is nothing in them, there are none.
fn settings(document: &str) -> Option<Value> {
    let settings: Value = serde_json::from_str(document).ok()?;
    let none = settings.is_null() || settings.as_object().is_some_and(serde_json::Map::is_empty);
    (!none).then_some(settings)
}

/// These types have no map with keys that are not text: it cannot fail.
fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
