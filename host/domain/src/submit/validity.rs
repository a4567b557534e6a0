//! validity_period: how long the SMSC may try to deliver.

use crate::dispatch::DispatchCommand;
use crate::smpp_time;
use chrono::{DateTime, TimeDelta, Utc};

/// What the operator takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Validity {
    /// How it is written.
    pub form: ValidityForm,
    /// Seconds, for commands that say nothing; `None` is the SMSC's own default.
    pub default: Option<u32>,
    /// Seconds, at most, whatever the command says.
    pub max: Option<u32>,
}

/// How validity_period is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ValidityForm {
    /// As a time from now.
    #[default]
    Relative,
    /// As a moment, in the local time of an operator so many quarter hours ahead of UTC (-48..=48).
    Absolute {
        /// Quarter hours.
        ahead: i8,
    },
    /// Never: some operators deliver nothing that has one.
    Never,
}

impl Validity {
    /// The field: the earlier one of what `validityPeriod` and `expiresAt` say, a second from now at least. Empty
    /// where nothing is asked for.
    pub(super) fn field(self, command: &DispatchCommand, now: DateTime<Utc>) -> String {
        let after = |seconds: u32| now + TimeDelta::seconds(seconds.into());
        let asked = command.validity_period.map(after);
        let until = match (asked, command.expires_at) {
            (Some(asked), Some(expires_at)) => Some(asked.min(expires_at)),
            (asked, expires_at) => asked.or(expires_at).or(self.default.map(after)),
        };
        let Some(until) = until else {
            return String::new();
        };
        let until = self.max.map_or(until, |max| until.min(after(max))).max(after(1));
        match self.form {
            ValidityForm::Relative => {
                let seconds = (until - now).num_seconds();
                smpp_time::relative(u32::try_from(seconds).unwrap_or(u32::MAX))
            }
            ValidityForm::Absolute { ahead } => smpp_time::absolute(until, ahead),
            ValidityForm::Never => String::new(),
        }
    }
}
