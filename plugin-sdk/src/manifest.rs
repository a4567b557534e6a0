//! Assembles the manifest at compile time, for [`crate::operator_policy!`].

/// Version of this SDK.
pub const SDK_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Version of the WIT package.
pub const CONTRACT: &str = "1.0.0";

/// The WIT name of each hook as a JSON string, under the name of its trait.
#[expect(
    non_upper_case_globals,
    reason = "the macro finds them by the name of the trait"
)]
pub mod hook {
    /// `settings.validate`.
    pub const Settings: &str = "\"settings\"";
    /// `encoding.choose`.
    pub const Encoding: &str = "\"encoding\"";
    /// `splitting.plan`.
    pub const Splitting: &str = "\"splitting\"";
    /// `submit.rewrite`.
    pub const Submit: &str = "\"submit\"";
    /// `submit-result.classify`.
    pub const SubmitResult: &str = "\"submit-result\"";
    /// `message-ids.normalise`.
    pub const MessageIds: &str = "\"message-ids\"";
    /// `inbound.interpret`.
    pub const Inbound: &str = "\"inbound\"";
}

/// Octets of all parts together.
#[must_use]
pub const fn length(mut parts: &[&str]) -> usize {
    let mut total = 0;
    while let [part, rest @ ..] = parts {
        total += part.len();
        parts = rest;
    }
    total
}

/// The parts in a row. `N` is their [`length`].
#[must_use]
pub const fn join<const N: usize>(mut parts: &[&str]) -> [u8; N] {
    let mut joined = [b' '; N];
    let mut free: &mut [u8] = &mut joined;
    while let [part, rest @ ..] = parts {
        let (place, after) = free.split_at_mut(part.len());
        place.copy_from_slice(part.as_bytes());
        free = after;
        parts = rest;
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_in_their_order() {
        const PARTS: &[&str] = &["{\"hooks\":[", hook::Encoding, ",", hook::MessageIds, "]}"];
        const JOINED: [u8; length(PARTS)] = join(PARTS);
        assert_eq!(
            str::from_utf8(&JOINED),
            Ok(r#"{"hooks":["encoding","message-ids"]}"#)
        );
    }
}
