//! A message's trace, in the terms of W3C Trace Context.
//!
//! The trace id is the messageId: both have 16 octets. So every host, and the same host after a restart, knows the trace of
//! a receipt that comes hours later, and nothing has to be remembered for it. For the same reason the spans that others hang
//! below have ids that follow from the message.

use crate::ids::MessageId;
use std::fmt;
use std::str::FromStr;

/// A span of a trace; never 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SpanId(u64);

impl SpanId {
    /// Of these octets. 0 is no id, and becomes one.
    #[must_use]
    pub fn new(id: u64) -> Self {
        Self(id.max(1))
    }

    /// The span of the whole message, from its command to its outcome.
    #[must_use]
    pub fn of_message(message: MessageId) -> Self {
        Self::derived(message, 0)
    }

    /// The span of the submit_sm by which a part was accepted; parts count from 1.
    #[must_use]
    pub fn of_part(message: MessageId, part_number: u8) -> Self {
        Self::derived(message, part_number)
    }

    /// As OpenTelemetry has it, big-endian.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    fn derived(message: MessageId, place: u8) -> Self {
        let (high, low) = message.0.as_u64_pair();
        // The increment of splitmix64, so that places are far from each other before they are mixed.
        let place = u64::from(place).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (high ^ low.rotate_left(29)).wrapping_add(place);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self::new(mixed ^ (mixed >> 31))
    }
}

/// What a `traceparent` names: the span of the platform that made the command.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace_id: u128,
    span_id: u64,
    flags: u8,
}

impl TraceParent {
    /// Never 0.
    #[must_use]
    pub fn trace_id(self) -> u128 {
        self.trace_id
    }

    /// Never 0.
    #[must_use]
    pub fn span_id(self) -> SpanId {
        SpanId(self.span_id)
    }

    /// Whether whoever sent it records the trace.
    #[must_use]
    pub fn is_sampled(self) -> bool {
        self.flags & 1 == 1
    }
}

/// A text that is no traceparent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is no traceparent: 00-(32 hex digits)-(16 hex digits)-(2 hex digits), all in lower case")]
pub struct NoTraceParent;

impl FromStr for TraceParent {
    type Err = NoTraceParent;

    /// As W3C Trace Context 1 has it (section 3.2.2): a later version may have more behind the flags.
    fn from_str(text: &str) -> Result<Self, NoTraceParent> {
        let mut fields = text.splitn(5, '-');
        let mut field = |digits| {
            let lower_hex = |octet: u8| octet.is_ascii_digit() || (b'a'..=b'f').contains(&octet);
            let field = fields.next().filter(|field| field.len() == digits);
            field
                .filter(|field| field.bytes().all(lower_hex))
                .ok_or(NoTraceParent)
        };
        let (version, trace_id, span_id, flags) = (field(2)?, field(32)?, field(16)?, field(2)?);
        let more = fields.next().is_some();
        if version == "ff" || (version == "00" && more) {
            return Err(NoTraceParent);
        }
        let parent = Self {
            trace_id: u128::from_str_radix(trace_id, 16).map_err(|_| NoTraceParent)?,
            span_id: u64::from_str_radix(span_id, 16).map_err(|_| NoTraceParent)?,
            flags: u8::from_str_radix(flags, 16).map_err(|_| NoTraceParent)?,
        };
        if parent.trace_id == 0 || parent.span_id == 0 {
            return Err(NoTraceParent);
        }
        Ok(parent)
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace_id, span_id, flags) = (self.trace_id, self.span_id, self.flags);
        write!(f, "00-{trace_id:032x}-{span_id:016x}-{flags:02x}")
    }
}

impl fmt::Debug for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for TraceParent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use uuid::Uuid;

    const EXAMPLE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn spans_that_others_hang_below_are_told_apart() {
        let mut ids = HashSet::new();
        for number in 0..1_000_u128 {
            let message = MessageId(Uuid::from_u128(
                0x0199_F3A0_0000_7000_8000_0000_0000_0000 + number,
            ));
            assert_eq!(SpanId::of_message(message), SpanId::of_message(message));
            ids.insert(SpanId::of_message(message));
            ids.extend((1..=255).map(|part| SpanId::of_part(message, part)));
        }
        assert_eq!(ids.len(), 256_000);
    }

    #[test]
    fn a_traceparent_is_read_and_written() {
        let parent: TraceParent = EXAMPLE.parse().unwrap();
        assert_eq!(parent.trace_id(), 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
        assert_eq!(parent.span_id().get(), 0xb7ad_6b71_6920_3331);
        assert!(parent.is_sampled());
        assert_eq!(parent.to_string(), EXAMPLE);
        let unsampled = EXAMPLE.replace("-01", "-00").parse::<TraceParent>().unwrap();
        assert!(!unsampled.is_sampled());
        let later: TraceParent = EXAMPLE.replacen("00", "01", 1).parse().unwrap();
        assert_eq!(later, parent);
        assert_eq!(
            format!("{}-what-is-new", EXAMPLE.replacen("00", "01", 1)).parse(),
            Ok(parent)
        );
    }

    #[test]
    fn what_is_no_traceparent_is_refused() {
        for text in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b71692033311-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-äf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(text.parse::<TraceParent>(), Err(NoTraceParent), "{text}");
        }
    }
}
