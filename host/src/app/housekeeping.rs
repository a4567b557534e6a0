//! What is done now and then: forgetting what is over, counting reloads.

use super::backends::Backends;
use crate::clock;
use crate::errors;
use crate::metrics::Metrics;
use crate::policy::{Refusal, Swap};
use chrono::TimeDelta;
use smpp_domain::reassembly::REMEMBERED;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(30);

/// Rows forgotten at once: small steps, so that traffic goes between them.
const STEP: usize = 5_000;

/// How long events, outcomes and parked receipts are kept.
const KEEP: TimeDelta = TimeDelta::hours(72);

/// Forgets what is over, a little at a time.
pub(super) async fn housekeeping(backends: Backends, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let now = clock::utc_now();
        loop {
            let gone = match backends.store.expire(now, now - KEEP, now - KEEP, STEP).await {
                Ok(rows) => rows,
                Err(error) => {
                    tracing::warn!(error = errors::chain(&error), "old rows could not be forgotten");
                    break;
                }
            };
            let pruned = backends.log.prune(now - KEEP, STEP).await.unwrap_or(0);
            let told = backends
                .segments
                .forget_told(now - REMEMBERED, STEP)
                .await
                .unwrap_or(0);
            if gone + pruned + told == 0 || stop.is_cancelled() {
                break;
            }
        }
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
