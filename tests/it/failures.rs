//! What went wrong with plugins elsewhere, played against this host: `docs/plugins/failures.md` lists it, and names other
//! tests where these show it already.
#![cfg(test)]

mod blind;
mod cache;
mod causes;
mod newer;
mod outstanding;
mod poison;
mod quiet;

use smpp_connector::policy::{OperatorPolicy, PolicyHost};
use smpp_domain::policy::{FaultCause, Hook};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A watch over a host's files that ends with the story.
struct Watch {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Watch {
    fn over(host: &Arc<PolicyHost>) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(Arc::clone(host).watch(stop.clone()));
        Self { stop, task }
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.expect("a watch that ends without a panic");
    }
}

/// Calls of a hook, and those of them that had no usable answer for this cause.
fn counted(operator: &OperatorPolicy, hook: Hook, cause: FaultCause) -> (u64, u64) {
    let (_, stats) = operator
        .stats()
        .hooks()
        .find(|(known, _)| *known == hook)
        .expect("counters of every hook");
    let faults = stats.faults().find(|(known, _)| *known == cause);
    (stats.calls(), faults.map_or(0, |(_, count)| count))
}
