//! What is done now and then: counting reloads, asking backends how they are.

use super::backends::Backends;
use crate::http::LoadedOperators;
use crate::metrics::Metrics;
use crate::policy::{Refusal, Swap};
use crate::ports::Probe;
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

/// How often backends are asked, for the metrics.
const LOOK: Duration = Duration::from_secs(5);

/// Asks the backends whether they are there, and how many commands wait.
pub(super) async fn watch_backends(backends: Backends, operators: LoadedOperators, stop: CancellationToken) {
    let mut known = BTreeSet::new();
    loop {
        let look = async {
            tokio::join!(
                look_at_probes(&backends),
                look_at_queues(&backends, &operators, &mut known)
            );
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = look => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// One that takes longer than a look is as good as away.
async fn look_at_probes(backends: &Backends) {
    let look = |probe: Arc<dyn Probe>| async move {
        let answer = tokio::time::timeout(LOOK, probe.probe()).await;
        backends
            .metrics
            .backend(probe.kind(), matches!(answer, Ok(Ok(_))));
    };
    join_all(backends.probes.iter().cloned().map(look)).await;
}

/// `known` are the operators of the look before: what is not looked at any more has no length.
async fn look_at_queues(backends: &Backends, operators: &LoadedOperators, known: &mut BTreeSet<String>) {
    let loaded = operators.load_full();
    let names = loaded
        .values()
        .map(|operator| operator.config.name.clone())
        .collect();
    for gone in std::mem::replace(known, names).difference(known) {
        backends.metrics.queued(gone, None);
    }
    let ids: Vec<_> = loaded.keys().copied().collect();
    let depths = tokio::time::timeout(LOOK, backends.queue.depths(&ids)).await;
    let depths = depths.ok().and_then(Result::ok).unwrap_or_default();
    let mut depths = depths.into_iter();
    for operator in loaded.values() {
        backends.metrics.queued(&operator.config.name, depths.next());
    }
}

/// Counts plugin candidates as metrics.
pub(super) async fn count_reloads(
    mut swaps: broadcast::Receiver<Swap>,
    mut refusals: broadcast::Receiver<Refusal>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) {
    loop {
        let counted = tokio::select! {
            () = stop.cancelled() => return,
            swap = swaps.recv() => swap.map(|swap| (swap.operator_name, if swap.rolled_back { "rolled_back" } else { "active" })),
            refusal = refusals.recv() => refusal.map(|refusal| (refusal.operator_name, "refused")),
        };
        match counted {
            Ok((operator, verdict)) => metrics.operator(&operator).policy_reload(verdict),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
