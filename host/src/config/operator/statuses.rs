//! `[statuses]`: what the operator means by a command_status.

use crate::config::problem::Problems;
use crate::config::section::Section;
use crate::config::value::word;
use smpp_domain::pdu::CommandStatus;
use smpp_domain::status::{StatusClass, StatusClasses};

const CLASSES: &[(&str, StatusClass)] = &[
    ("accepted", StatusClass::Ok),
    ("retry", StatusClass::Retry),
    ("retry-once", StatusClass::RetryOnce),
    ("throttle", StatusClass::Throttle),
    ("reject", StatusClass::Reject),
    ("reject-alert", StatusClass::RejectAlert),
    ("stop-operator", StatusClass::StopOperator),
];

pub(super) fn read(mut table: Section<'_>, problems: &mut Problems) -> StatusClasses {
    let mut named: Vec<(CommandStatus, StatusClass)> = Vec::new();
    for key in table.keys() {
        let class = table.named_value(&key, word(CLASSES), problems);
        let problem = match status(&key) {
            Some(CommandStatus::OK) => "0 is the operator's yes: only a policy may judge it".to_owned(),
            Some(status) if named.iter().any(|(other, _)| *other == status) => {
                format!("{status} is named twice")
            }
            Some(status) => {
                named.extend(class.map(|class| (status, class)));
                continue;
            }
            None => "is no command_status; write it as 0x45 or 69".to_owned(),
        };
        table.problem(&key, None, problem, problems);
    }
    named.into_iter().collect()
}

/// Hexadecimal with `0x`, else decimal.
fn status(key: &str) -> Option<CommandStatus> {
    let hex = key.strip_prefix("0x").or_else(|| key.strip_prefix("0X"));
    let plain = |digits: &str| digits.chars().all(|c| c.is_ascii_hexdigit());
    let number = match hex {
        Some(digits) => u32::from_str_radix(digits, 16).ok().filter(|_| plain(digits)),
        None => key.parse().ok().filter(|_| plain(key)),
    };
    number.map(CommandStatus)
}
