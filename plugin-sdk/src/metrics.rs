//! Counters of the plugin.

use crate::host;

/// Adds to a counter that [`operator_policy!`](crate::operator_policy) declares; the host drops and reports others. It is
/// told as `smpp_connector_policy_counter_total{operator, plugin, counter}`.
pub fn add(counter: &str, amount: u64) {
    host::add(counter, amount);
}
