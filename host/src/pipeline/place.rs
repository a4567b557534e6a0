//! A place outside of the broker, which a command has from the intake until it is settled.

use crate::metrics::Stay;
use tokio::sync::OwnedSemaphorePermit;

/// Free again when it is dropped; until then the command counts among the unsettled ones.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
    _stay: Stay,
}

impl Place {
    pub(super) fn new(permit: OwnedSemaphorePermit, stay: Stay) -> Self {
        Self {
            _permit: permit,
            _stay: stay,
        }
    }
}
