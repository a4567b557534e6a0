//! What unmatched receipts have in common: the other way of reading their ids that would have matched them.

use super::recorder::Hint;
use crate::clock;
use crate::config::OperatorConfig;
use crate::ports::{IdInPlace, ParkedReceipt, Tracked};
use smpp_domain::ids::MessageId;
use smpp_domain::receipt::ReceiptIdOrigin;
use smpp_domain::receipt::message_id::{IdForm, IdForms, NearMiss, forms_of_pair};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Unmatched receipts that are looked back on.
const RECENT: usize = 100;

/// A warning in so long at most.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// The latest unmatched receipts of one operator.
#[derive(Default)]
pub(super) struct NearMisses {
    recent: VecDeque<Option<IdForms>>,
    warned: Option<Instant>,
    /// Since the last warning.
    unmatched: usize,
    would_match: usize,
}

/// An unmatched receipt whose message another reading finds.
pub(super) struct Found {
    miss: NearMiss,
    /// Of the message that is found.
    pub(super) message_id: MessageId,
    submit_resp: String,
    pub(super) forms: Option<IdForms>,
}

impl Found {
    pub(super) fn new(miss: NearMiss, row: &Tracked, receipt: &ParkedReceipt) -> Self {
        let submit_resp = row.correlation.operator_message_id.clone();
        Self {
            miss,
            message_id: row.correlation.message_id,
            forms: forms_of_pair(&submit_resp, &receipt.reading.message_id),
            submit_resp,
        }
    }
}

impl NearMisses {
    pub(super) fn note(&mut self, found: Option<&Found>) {
        self.unmatched += 1;
        self.would_match += usize::from(found.is_some());
        self.recent.push_back(found.and_then(|found| found.forms));
        while self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }

    /// What to tell of a receipt, and how to mend it.
    pub(super) fn hint(&self, found: &Found, receipt: &ParkedReceipt, config: &OperatorConfig) -> Hint {
        let NearMiss { key, reading } = &found.miss;
        let mut words = format!("would match {key} if the id were read as {reading}");
        if let Some(forms) = found.forms {
            let alike = self.recent.iter().filter(|recent| **recent == Some(forms));
            let (count, of) = (alike.count(), self.recent.len());
            words += &format!(
                ": {count} of the last {of} unmatched receipts would if their ids were read as {}. {}",
                forms.words(),
                mend(forms, receipt.reading.origin, config)
            );
        }
        let id = |raw: &str, origin: &str| IdInPlace {
            raw: raw.to_owned(),
            origin: origin.to_owned(),
        };
        let place = match receipt.reading.origin {
            ReceiptIdOrigin::Text => "receipt-text",
            ReceiptIdOrigin::Tlv => "receipt-tlv",
        };
        Hint {
            words,
            same_key: vec![
                id(&found.submit_resp, "submit-resp"),
                id(&receipt.reading.message_id, place),
            ],
        }
    }

    /// The alert: one line now and then, whatever their number.
    pub(super) fn warn(&mut self, operator: &str) {
        let now = clock::now();
        let recently = |at: Instant| now.saturating_duration_since(at) < WARN_EVERY;
        if self.unmatched == 0 || self.warned.is_some_and(recently) {
            return;
        }
        let (unmatched, would_match) = (self.unmatched, self.would_match);
        (self.unmatched, self.would_match) = (0, 0);
        self.warned = Some(now);
        let as_what = match self.commonest() {
            Some(forms) => format!(
                "{would_match} would match if their ids were read as {}",
                forms.words()
            ),
            None => "no other reading of their ids would match".to_owned(),
        };
        tracing::warn!(
            %operator, unmatched, would_match,
            "{unmatched} receipts of {operator} match nothing, {as_what}: see `smpp-connector capture {operator} \
             --outcome unmatched`"
        );
    }

    /// What would match the most of them.
    fn commonest(&self) -> Option<IdForms> {
        let all = self.recent.iter().flatten();
        let count = |forms: &IdForms| all.clone().filter(|other| *other == forms).count();
        all.clone().max_by_key(|forms| count(forms)).copied()
    }
}

/// The keys of the operator's file that make both sides one.
fn mend(forms: IdForms, origin: ReceiptIdOrigin, config: &OperatorConfig) -> String {
    let receipt = match origin {
        ReceiptIdOrigin::Text => "receipt",
        ReceiptIdOrigin::Tlv => "receipt_tlv",
    };
    let mut sides = Vec::new();
    if forms.submit_resp != IdForm::AsIs {
        sides.push(format!("submit_resp = \"{}\"", forms.submit_resp.name()));
    }
    // What is not said of receipts is as with submit_sm_resp.
    if forms.receipt != forms.submit_resp {
        sides.push(format!("{receipt} = \"{}\"", forms.receipt.name()));
    }
    let side = sides.join(", ");
    let has_quirks = config
        .policy
        .plugin
        .as_deref()
        .is_some_and(|plugin| plugin == "quirks" || plugin == "quirks.wasm");
    if has_quirks {
        format!("In [policy], give settings the key message_id = {{ {side} }}")
    } else {
        format!("In [policy], set plugin = \"quirks\" and settings = {{ message_id = {{ {side} }} }}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(submit_resp: IdForm, receipt: IdForm) -> IdForms {
        IdForms { submit_resp, receipt }
    }

    #[test]
    fn the_commonest_reading_is_told() {
        let mut misses = NearMisses::default();
        assert_eq!(misses.commonest(), None);
        let hex = forms(IdForm::Hex, IdForm::Decimal);
        let case = forms(IdForm::AnyCase, IdForm::AnyCase);
        misses
            .recent
            .extend([None, Some(case), Some(hex), None, Some(hex)]);
        assert_eq!(misses.commonest(), Some(hex));
    }

    #[test]
    fn only_the_latest_are_looked_back_on() {
        let mut misses = NearMisses::default();
        for _ in 0..1_000 {
            misses.note(None);
        }
        assert_eq!(misses.recent.len(), RECENT);
        assert_eq!(misses.unmatched, 1_000);
        misses.warn("acme");
        assert_eq!((misses.unmatched, misses.would_match), (0, 0));
        misses.note(None);
        misses.warn("acme");
        assert_eq!(misses.unmatched, 1, "the next warning will tell of it");
    }
}
