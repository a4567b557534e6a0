//! A plugin's file that is not there.

use super::{Order, Shared};
use crate::policy::error::Stage;
use crate::policy::load;
use crate::policy::registry::Finding;
use crate::policy::reloads::Who;
use crate::policy::verdict::{Decision, Timings};
use std::path::Path;
use std::sync::PoisonError;

impl Shared {
    /// The next look takes this file for a new one.
    pub(in crate::policy) fn forget(&self, file: &Path) {
        self.handled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(file);
    }

    /// The file was deleted. What runs goes on.
    pub(in crate::policy) fn gone(&self, file: &Path) {
        self.forget(file);
        let operators = self.operators_of(file);
        for operator in &operators {
            if operator.active().is_none() {
                // It waits for a plugin and still has none.
                if let Err(missing) = load::read(file, &self.workshop.limits) {
                    let one = std::slice::from_ref(operator);
                    self.refuse(one, &missing, None, Order::by(Who::File), &Timings::default());
                }
                continue;
            }
            let reason =
                "the file is gone; the version that runs goes on. Put a file back to change it".to_owned();
            let finding = Finding {
                decision: Decision::Unchanged,
                stage: Stage::Settling,
                reason: Some(reason),
            };
            operator.found(finding);
            let (operator, file) = (&operator.name, file.display());
            tracing::warn!(%operator, %file, "policy plugin file gone; the running version goes on");
        }
        self.write_verdict(file, None, None, &operators, Timings::default());
    }
}
