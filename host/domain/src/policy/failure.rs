//! What becomes of the message when its policy fails: the operator's `on_failure`, by hook and by cause.
//!
//! What can be done differs from hook to hook. Before anything is sent a message can still wait or be refused; what an
//! operator has answered or delivered is done, and only how it is read is left to decide.

use super::{FaultCause, Hook};
use serde::Serialize;
use std::fmt;

/// What a fault means for its message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, serde::Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// The built-in behaviour decides.
    #[default]
    HostDefault,
    /// The message is rejected.
    Reject,
    /// The message waits and is tried again.
    Retry,
    /// A delivery is answered ESME_RX_T_APPN, so that the operator sends it again; after ten times it is taken.
    Refuse,
}

impl OnFailure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::HostDefault, Self::Reject, Self::Retry, Self::Refuse];

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HostDefault => "host-default",
            Self::Reject => "reject",
            Self::Retry => "retry",
            Self::Refuse => "refuse",
        }
    }
}

impl fmt::Display for OnFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a rule is refused, in words.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RuleError {
    /// The hook leaves other things to do.
    #[error("{hook} cannot {asked}: {why}; use {allowed}")]
    NotHere {
        /// Which.
        hook: Hook,
        /// What was asked for.
        asked: OnFailure,
        /// What this hook is about.
        why: &'static str,
        /// What there is, for people.
        allowed: String,
    },
    /// No message depends on it.
    #[error(
        "settings are judged before a version runs: one that fails there is refused, whatever this says; leave it out"
    )]
    Settings,
    /// What holds for every hook can only be what every message may get.
    #[error("refuse is for deliveries: write inbound = \"refuse\"")]
    RefuseForAll,
}

const CAUSES: usize = FaultCause::ALL.len();
const HOOKS: usize = Hook::ALL.len();

/// The whole of `on_failure`: one action for each hook and cause.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FailurePolicy {
    actions: [[OnFailure; CAUSES]; HOOKS],
}

/// The hooks that are asked before anything of a message is sent.
const BEFORE_SENDING: [Hook; 3] = [Hook::Encoding, Hook::Splitting, Hook::Submit];

/// What may be asked for at a hook.
#[must_use]
pub fn allowed(hook: Hook) -> &'static [OnFailure] {
    match hook {
        Hook::Encoding | Hook::Splitting | Hook::Submit => {
            &[OnFailure::HostDefault, OnFailure::Reject, OnFailure::Retry]
        }
        Hook::Inbound => &[OnFailure::HostDefault, OnFailure::Refuse],
        Hook::SubmitResult | Hook::MessageIds => &[OnFailure::HostDefault],
        Hook::Settings => &[],
    }
}

fn why(hook: Hook) -> &'static str {
    match hook {
        Hook::SubmitResult => {
            "the operator has answered already, and to send the message again or to call it rejected would be wrong as often as not"
        }
        Hook::MessageIds => {
            "the message is sent, or its receipt is here: only the key of its id is asked for"
        }
        Hook::Inbound => "the operator has sent this PDU, and it is answered in one way or the other",
        Hook::Encoding | Hook::Splitting | Hook::Submit => "nobody has sent this message yet",
        Hook::Settings => "no message depends on it",
    }
}

impl FailurePolicy {
    /// One action for every hook that decides before anything is sent. The others keep the built-in behaviour.
    ///
    /// # Errors
    /// For `refuse`, which only a delivery can be.
    pub fn all(action: OnFailure) -> Result<Self, RuleError> {
        let mut policy = Self::default();
        if action == OnFailure::Refuse {
            return Err(RuleError::RefuseForAll);
        }
        for hook in BEFORE_SENDING {
            policy.fill(hook, action);
        }
        Ok(policy)
    }

    /// One action for every cause at a hook.
    ///
    /// # Errors
    /// When this hook does not leave it to do.
    pub fn set(&mut self, hook: Hook, action: OnFailure) -> Result<(), RuleError> {
        check(hook, action)?;
        self.fill(hook, action);
        Ok(())
    }

    /// The action for one cause at a hook.
    ///
    /// # Errors
    /// When this hook does not leave it to do.
    pub fn set_cause(&mut self, hook: Hook, cause: FaultCause, action: OnFailure) -> Result<(), RuleError> {
        check(hook, action)?;
        if let Some(place) = self
            .actions
            .get_mut(hook as usize)
            .and_then(|causes| causes.get_mut(cause as usize))
        {
            *place = action;
        }
        Ok(())
    }

    /// What this fault means.
    #[must_use]
    pub fn action(&self, hook: Hook, cause: FaultCause) -> OnFailure {
        self.actions
            .get(hook as usize)
            .and_then(|causes| causes.get(cause as usize))
            .copied()
            .unwrap_or_default()
    }

    fn fill(&mut self, hook: Hook, action: OnFailure) {
        if let Some(causes) = self.actions.get_mut(hook as usize) {
            *causes = [action; CAUSES];
        }
    }
}

fn check(hook: Hook, asked: OnFailure) -> Result<(), RuleError> {
    let choices = allowed(hook);
    if choices.is_empty() {
        return Err(RuleError::Settings);
    }
    if choices.contains(&asked) {
        return Ok(());
    }
    let names: Vec<_> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
    Err(RuleError::NotHere {
        hook,
        asked,
        why: why(hook),
        allowed: names.join(" or "),
    })
}

/// How often one version is asked about one message, when the answers say that asking again would give the same.
pub const TRIES_OF_A_VERSION: u32 = 3;

impl FaultCause {
    /// Whether the same question is likely to fail in the same way again. A hook sees only its arguments, so what it did once
    /// it does again; what it *says* may depend on the time of the call.
    #[must_use]
    pub fn repeats(self) -> bool {
        match self {
            Self::Trap | Self::Timeout | Self::Limit | Self::BadAnswer => true,
            Self::Unsupported | Self::Malformed | Self::Misconfigured | Self::Other | Self::BreakerOpen => {
                false
            }
        }
    }
}

#[cfg(test)]
mod tests;
