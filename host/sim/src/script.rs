//! What the SMSC is told to do. A script is a value: build it, start with it, replace it while links are up.

pub(crate) mod receipts;
pub(crate) mod rule;

use crate::ids::IdForm;
use crate::records::Record;
use crate::wire::status;
use bytes::Bytes;
use receipts::Receipts;
use rule::Rule;
use std::time::Duration;

/// How octets are cut into writes. TCP_NODELAY is set, so each write is normally its own segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Writes {
    /// Everything that is ready, in one write.
    #[default]
    Whole,
    /// One octet a write.
    ByteByByte,
    /// Up to so many octets a write (at least 1).
    Chunks(usize),
}

impl Writes {
    pub(crate) fn limit(self) -> usize {
        match self {
            Self::Whole => usize::MAX,
            Self::ByteByByte => 1,
            Self::Chunks(octets) => octets.max(1),
        }
    }
}

/// The first binds are refused: by count, or for a time since the script was set.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BindRefusal {
    Always(u32),
    Times(u32, u64),
    During(u32, Duration),
}

/// The behaviour of one SMSC. The default accepts everybody and everything at once, numbers messages from 1
/// in decimal, and sends a `DELIVRD` receipt to who asked for one.
#[derive(Debug, Clone)]
pub struct Script {
    pub(crate) credentials: Option<(String, String)>,
    pub(crate) bind_refusal: Option<BindRefusal>,
    pub(crate) max_binds: Option<usize>,
    pub(crate) answer_binds: bool,
    pub(crate) bind_body: Option<Bytes>,
    pub(crate) latency: Duration,
    pub(crate) jitter: Duration,
    pub(crate) seed: u64,
    pub(crate) rules: Vec<Rule>,
    pub(crate) throttle: Option<(u32, u32)>,
    pub(crate) first_id: u64,
    pub(crate) ids: IdForm,
    pub(crate) receipt_ids: Option<IdForm>,
    pub(crate) receipt_tlv_ids: Option<IdForm>,
    pub(crate) receipts: Receipts,
    pub(crate) writes: Writes,
    pub(crate) garbage_after: Option<(u64, Bytes)>,
    pub(crate) stall_after: Option<u64>,
    pub(crate) drop_link_after: Option<u64>,
    pub(crate) enquire_link_answers: bool,
    pub(crate) bodies_on_errors: bool,
    pub(crate) unterminated_ids: bool,
    pub(crate) window_of_receipts: usize,
    pub(crate) resend_after: Duration,
    pub(crate) resend_at_most: u32,
    pub(crate) record: Record,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            credentials: None,
            bind_refusal: None,
            max_binds: None,
            answer_binds: true,
            bind_body: None,
            latency: Duration::ZERO,
            jitter: Duration::ZERO,
            seed: 0,
            rules: Vec::new(),
            throttle: None,
            first_id: 1,
            ids: IdForm::Decimal,
            receipt_ids: None,
            receipt_tlv_ids: None,
            receipts: Receipts::default(),
            writes: Writes::Whole,
            garbage_after: None,
            stall_after: None,
            drop_link_after: None,
            enquire_link_answers: true,
            bodies_on_errors: false,
            unterminated_ids: false,
            window_of_receipts: 1000,
            resend_after: Duration::from_secs(1),
            resend_at_most: 10,
            record: Record::All,
        }
    }
}

impl Script {
    /// The well-behaved operator: see [`Script::default`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only this account may bind; everybody else is answered 0x0E (ESME_RINVPASWD).
    #[must_use]
    pub fn credentials(mut self, system_id: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = Some((system_id.into(), password.into()));
        self
    }

    /// Refuses every bind with this status; 0 accepts again.
    #[must_use]
    pub fn bind_status(mut self, status: u32) -> Self {
        self.bind_refusal = (status != status::OK).then_some(BindRefusal::Always(status));
        self
    }

    /// Refuses binds with this status for `span`, counted from when the script was set.
    #[must_use]
    pub fn bind_status_for(mut self, status: u32, span: Duration) -> Self {
        self.bind_refusal = Some(BindRefusal::During(status, span));
        self
    }

    /// Refuses the first `times` binds with this status, counted from when the script was set.
    #[must_use]
    pub fn bind_status_times(mut self, status: u32, times: u64) -> Self {
        self.bind_refusal = Some(BindRefusal::Times(status, times));
        self
    }

    /// At most so many binds of one system_id at a time; further ones are answered 0x05 (ESME_RALYBND).
    #[must_use]
    pub fn max_binds(mut self, binds: usize) -> Self {
        self.max_binds = Some(binds);
        self
    }

    /// `false`: takes connections and bind requests and never answers them.
    #[must_use]
    pub fn answer_binds(mut self, answers: bool) -> Self {
        self.answer_binds = answers;
        self
    }

    /// The body of every bind response, refusals included, instead of the usual one.
    #[must_use]
    pub fn bind_body(mut self, octets: impl Into<Bytes>) -> Self {
        self.bind_body = Some(octets.into());
        self
    }

    /// Every submit_sm_resp comes so long after its submit_sm.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Adds 0..=`jitter` to the latency of each response, drawn from `seed`: responses come out of order.
    #[must_use]
    pub fn jitter(mut self, jitter: Duration, seed: u64) -> Self {
        (self.jitter, self.seed) = (jitter, seed);
        self
    }

    /// Appends a rule. Rules are asked in the order in which they were added; the first that applies decides.
    #[must_use]
    pub fn respond(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// In no second are more submit_sm taken, over all links; the rest is answered `status` (0x58 or 0x14).
    /// Asked before the rules. What was refused does not count.
    #[must_use]
    pub fn throttle_above(mut self, per_second: u32, status: u32) -> Self {
        self.throttle = Some((per_second, status));
        self
    }

    /// The number of the first message (default 1). An SMSC that is started again within the gateway's
    /// correlation time should not start at a number that it gave before.
    #[must_use]
    pub fn first_id(mut self, number: u64) -> Self {
        self.first_id = number;
        self
    }

    /// The form of ids in submit_sm_resp, and in receipts unless they have their own.
    #[must_use]
    pub fn ids(mut self, form: IdForm) -> Self {
        self.ids = form;
        self
    }

    /// The form of ids in the text of receipts: the same number, written differently.
    #[must_use]
    pub fn receipt_ids(mut self, form: IdForm) -> Self {
        self.receipt_ids = Some(form);
        self
    }

    /// The form of ids in the receipted_message_id TLV of receipts.
    #[must_use]
    pub fn receipt_tlv_ids(mut self, form: IdForm) -> Self {
        self.receipt_tlv_ids = Some(form);
        self
    }

    /// When receipts are sent, and what they look like.
    #[must_use]
    pub fn receipts(mut self, receipts: Receipts) -> Self {
        self.receipts = receipts;
        self
    }

    /// How octets are cut into writes.
    #[must_use]
    pub fn writes(mut self, writes: Writes) -> Self {
        self.writes = writes;
        self
    }

    /// Once per link, after its `submits`-th submit_sm, these octets are written between PDUs.
    #[must_use]
    pub fn garbage_after(mut self, submits: u64, octets: impl Into<Bytes>) -> Self {
        self.garbage_after = Some((submits, octets.into()));
        self
    }

    /// A link stops reading and writing after its `submits`-th submit_sm (that one is not answered either)
    /// and stays connected: the half-open peer. A new script without a stall wakes it up.
    #[must_use]
    pub fn stall_after(mut self, submits: u64) -> Self {
        self.stall_after = Some(submits);
        self
    }

    /// A link is closed after its `submits`-th submit_sm: that one is taken, and not answered.
    #[must_use]
    pub fn drop_link_after(mut self, submits: u64) -> Self {
        self.drop_link_after = Some(submits);
        self
    }

    /// `false`: enquire_link stays unanswered.
    #[must_use]
    pub fn enquire_link_answers(mut self, answers: bool) -> Self {
        self.enquire_link_answers = answers;
        self
    }

    /// Refusals carry a body (an id of `0`, a system_id), against SMPP 3.4 and as some operators do.
    #[must_use]
    pub fn bodies_on_errors(mut self, bodies: bool) -> Self {
        self.bodies_on_errors = bodies;
        self
    }

    /// The id in submit_sm_resp lacks its NUL, as seen from a live SMSC.
    #[must_use]
    pub fn unterminated_ids(mut self, unterminated: bool) -> Self {
        self.unterminated_ids = unterminated;
        self
    }

    /// At most so many unanswered deliver_sm on one link (default 1000, at least 1).
    #[must_use]
    pub fn window_of_receipts(mut self, deliver_sm: usize) -> Self {
        self.window_of_receipts = deliver_sm.max(1);
        self
    }

    /// A deliver_sm answered 0x64 (or 0x14, 0x58) is sent again after `pause`, at most `times` times
    /// (default: 1 s, 10 times).
    #[must_use]
    pub fn resend_refused(mut self, pause: Duration, times: u32) -> Self {
        (self.resend_after, self.resend_at_most) = (pause, times);
        self
    }

    /// How much is remembered of what came in (default [`Record::All`]).
    #[must_use]
    pub fn record(mut self, record: Record) -> Self {
        self.record = record;
        self
    }
}
