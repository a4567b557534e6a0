//! Which receipts are sent, when, and what they look like.

use std::time::Duration;

/// Which accepted submit_sm get a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wanted {
    /// None.
    Off,
    /// Those whose registered_delivery asks for one (SMPP 3.4 section 5.2.17).
    #[default]
    IfRegistered,
    /// All.
    Always,
}

/// Where a receipt says what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Carrier {
    /// In short_message (SMPP 3.4 appendix B).
    #[default]
    Text,
    /// In receipted_message_id and message_state alone; short_message is empty.
    Tlv,
    /// In both.
    TextAndTlv,
    /// The text in message_payload, sm_length 0.
    MessagePayload,
}

/// How a message ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinalState {
    pub(crate) word: String,
    pub(crate) error: String,
    pub(crate) state: u8,
}

impl FinalState {
    /// A state in the operator's own words: `stat:`, `err:`, and the message_state TLV (SMPP 3.4 section
    /// 5.2.28). Only 2 (DELIVERED) counts as a success for registered_delivery and `dlvrd:`.
    #[must_use]
    pub fn new(word: impl Into<String>, error: impl Into<String>, message_state: u8) -> Self {
        Self {
            word: word.into(),
            error: error.into(),
            state: message_state,
        }
    }

    /// `DELIVRD`, err 000.
    #[must_use]
    pub fn delivered() -> Self {
        Self::new("DELIVRD", "000", 2)
    }

    /// `EXPIRED`.
    #[must_use]
    pub fn expired(error: impl Into<String>) -> Self {
        Self::new("EXPIRED", error, 3)
    }

    /// `UNDELIV`.
    #[must_use]
    pub fn undelivered(error: impl Into<String>) -> Self {
        Self::new("UNDELIV", error, 5)
    }

    /// `REJECTD`.
    #[must_use]
    pub fn rejected(error: impl Into<String>) -> Self {
        Self::new("REJECTD", error, 8)
    }

    pub(crate) fn succeeded(&self) -> bool {
        self.state == 2
    }
}

/// The receipts of a script. The default: one `DELIVRD` in Appendix B text, at once, to who asked for it.
#[derive(Debug, Clone)]
pub struct Receipts {
    pub(crate) when: Wanted,
    pub(crate) delay: Duration,
    pub(crate) carrier: Carrier,
    pub(crate) before_response: bool,
    pub(crate) states: Vec<(String, FinalState)>,
    pub(crate) otherwise: FinalState,
    pub(crate) template: String,
    pub(crate) esm_class: u8,
    pub(crate) duplicates: u32,
    pub(crate) intermediate: bool,
    pub(crate) part: Option<u8>,
}

impl Default for Receipts {
    fn default() -> Self {
        Self {
            when: Wanted::IfRegistered,
            delay: Duration::ZERO,
            carrier: Carrier::Text,
            before_response: false,
            states: Vec::new(),
            otherwise: FinalState::delivered(),
            template: Self::APPENDIX_B.to_owned(),
            esm_class: 0x04,
            duplicates: 0,
            intermediate: false,
            part: None,
        }
    }
}

impl Receipts {
    /// The text of SMPP 3.4 appendix B, in the spelling that most operators use.
    pub const APPENDIX_B: &str = "id:{id} sub:{sub} dlvrd:{dlvrd} submit date:{submit} done date:{done} \
                                  stat:{stat} err:{err} text:{text}";

    /// The default receipts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No receipts at all.
    #[must_use]
    pub fn off() -> Self {
        Self::default().when(Wanted::Off)
    }

    /// Which messages get one.
    #[must_use]
    pub fn when(mut self, when: Wanted) -> Self {
        self.when = when;
        self
    }

    /// The receipt comes so long after the submit_sm. Not used with [`Receipts::before_response`].
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Where the receipt says what it says.
    #[must_use]
    pub fn carrier(mut self, carrier: Carrier) -> Self {
        self.carrier = carrier;
        self
    }

    /// The receipt is on the wire before the submit_sm_resp is, even where they go over different links. With
    /// no link to send a receipt on, the response does not wait.
    #[must_use]
    pub fn before_response(mut self, before: bool) -> Self {
        self.before_response = before;
        self
    }

    /// Messages to destinations that end in `suffix` end so. Asked in the order of adding.
    #[must_use]
    pub fn state_for(mut self, suffix: impl Into<String>, state: FinalState) -> Self {
        self.states.push((suffix.into(), state));
        self
    }

    /// All other messages end so (default: delivered).
    #[must_use]
    pub fn otherwise(mut self, state: FinalState) -> Self {
        self.otherwise = state;
        self
    }

    /// The text, with `{id} {sub} {dlvrd} {submit} {done} {stat} {err} {text}` filled in; `{submit_seconds}`
    /// and `{done_seconds}` are the 12-digit dates. Times are UTC. `{text}` is the first 20 octets of the
    /// message.
    #[must_use]
    pub fn template(mut self, template: impl Into<String>) -> Self {
        self.template = template.into();
        self
    }

    /// esm_class of the receipt's deliver_sm (default 0x04).
    #[must_use]
    pub fn esm_class(mut self, esm_class: u8) -> Self {
        self.esm_class = esm_class;
        self
    }

    /// Sends each receipt so many times more than once.
    #[must_use]
    pub fn duplicates(mut self, copies: u32) -> Self {
        self.duplicates = copies;
        self
    }

    /// Sends an intermediate notification (ENROUTE, esm_class 0x20) at once, to who asked for one by
    /// registered_delivery bit 4, or to everybody with [`Wanted::Always`].
    #[must_use]
    pub fn intermediate(mut self, intermediate: bool) -> Self {
        self.intermediate = intermediate;
        self
    }

    /// Of a longer message only part n gets a receipt (as operators do, with 1 or the last); a message of one part is part 1.
    #[must_use]
    pub fn of_part(mut self, number: u8) -> Self {
        self.part = Some(number);
        self
    }

    /// How a message to this destination ends.
    pub(crate) fn state_of(&self, destination: &[u8]) -> &FinalState {
        self.states
            .iter()
            .find(|(suffix, _)| destination.ends_with(suffix.as_bytes()))
            .map_or(&self.otherwise, |(_, state)| state)
    }
}
