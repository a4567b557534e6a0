//! Rules: which submit_sm get which answer.

use crate::wire::submit::SubmitView;
use crate::wire::tag;
use bytes::Bytes;
use std::time::Duration;

/// Which submit_sm a rule applies to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Every submit_sm.
    Always,
    /// Each n-th submit_sm that the SMSC got since the script was set, over all links. `Every(0)` is never.
    Every(u64),
    /// The n-th submit_sm since the script was set, from 1.
    Nth(u64),
    /// The first n submit_sm since the script was set.
    First(u64),
    /// The destination address starts so.
    DestinationPrefix(String),
    /// The destination address ends so.
    DestinationSuffix(String),
    /// These octets occur in the message, as encoded, without user data header.
    TextContains(Vec<u8>),
    /// Part n of a longer message, by user data header or SAR; part 1 is also a message of one part.
    PartNumber(u8),
    /// data_coding is one of these.
    DataCoding(Vec<u8>),
    /// esm_class has the UDHI bit: the message carries a user data header.
    HasHeader,
    /// The text is in message_payload.
    HasPayload,
    /// All of these hold.
    All(Vec<When>),
    /// This does not hold.
    Not(Box<When>),
}

impl When {
    /// `ordinal` counts the submit_sm of the SMSC from 1.
    pub(crate) fn holds(&self, ordinal: u64, submit: &SubmitView<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::Every(n) => *n != 0 && ordinal.is_multiple_of(*n),
            Self::Nth(n) => ordinal == *n,
            Self::First(n) => ordinal <= *n,
            Self::DestinationPrefix(prefix) => submit.destination.digits.starts_with(prefix.as_bytes()),
            Self::DestinationSuffix(suffix) => submit.destination.digits.ends_with(suffix.as_bytes()),
            Self::TextContains(octets) => contains(submit.text(), octets),
            Self::PartNumber(n) => submit.part_number() == *n,
            Self::DataCoding(values) => values.contains(&submit.data_coding),
            Self::HasHeader => submit.esm_class & 0x40 != 0,
            Self::HasPayload => submit.tlv(tag::MESSAGE_PAYLOAD).is_some(),
            Self::All(all) => all.iter().all(|when| when.holds(ordinal, submit)),
            Self::Not(when) => !when.holds(ordinal, submit),
        }
    }
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || text.windows(wanted.len()).any(|window| window == wanted)
}

/// What a submit_sm gets. Except where it says otherwise the message is taken, and its receipt follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// The normal answer: stops the search for further rules.
    Accept,
    /// Refused with this command_status and no body. `Status(0)` is [`Then::Accept`].
    Status(u32),
    /// Refused with this command_status and a message_id in the body, which SMPP 3.4 forbids.
    StatusWithBody(u32),
    /// Refused by generic_nack with this command_status.
    Nack(u32),
    /// Taken; the answer never comes.
    NoAnswer,
    /// Neither taken nor answered.
    Ignore,
    /// Taken; then the link is closed instead of the answer.
    CloseLink,
    /// Taken and answered twice with the same sequence_number.
    AnswerTwice,
    /// Taken; the answer comes so much later than the script's latency says.
    AnswerAfter(Duration),
    /// Taken; answered 0 with an empty message_id.
    EmptyId,
    /// Taken; answered 0, with these octets for the whole body.
    Body(Bytes),
}

/// One rule of a script.
///
/// ```
/// use smsc_sim::{Rule, Then, When, status};
/// let busy = Rule::when(When::Every(3)).then(Then::Status(status::QUEUE_FULL)).times(2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub(crate) when: When,
    pub(crate) then: Then,
    pub(crate) times: Option<u64>,
}

impl Rule {
    /// A rule that accepts what `when` describes, until [`Rule::then`] says what to do.
    #[must_use]
    pub fn when(when: When) -> Self {
        Self {
            when,
            then: Then::Accept,
            times: None,
        }
    }

    /// What to do.
    #[must_use]
    pub fn then(mut self, then: Then) -> Self {
        self.then = then;
        self
    }

    /// The rule applies so many times and is then passed over, until the script is set again.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }
}
