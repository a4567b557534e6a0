//! Counters of the plugin.

use crate::host;

/// Adds to a counter. The host drops what it was not told of.
pub fn add(counter: &str, amount: u64) {
    host::add(counter, amount);
}
