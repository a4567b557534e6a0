//! Policy calls without a usable answer.

use crate::config::OperatorConfig;
use crate::metrics::OperatorMetrics;
use smpp_domain::policy::Fault;

/// Counts and logs a fault; `lacks` is what the policy did not give.
pub(super) fn note(operator: &OperatorConfig, metrics: &OperatorMetrics, fault: &Fault, lacks: &str) {
    metrics.policy_fault(fault.hook.name(), fault.cause.name());
    let (hook, cause) = (fault.hook.name(), fault.cause.name());
    tracing::warn!(operator = %operator.name, hook, cause, %fault, "the policy gave no {lacks}");
}
