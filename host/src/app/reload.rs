//! Operator files take effect without a restart. The folder is small, so it is simply read again every second: that
//! works for editors, `cp`, `mv` and mounted ConfigMaps alike.

use super::operator::Operators;
use crate::config::{Config, Effective, operator_files};
use crate::metrics::Metrics;
use arc_swap::ArcSwap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(1);

/// Applies changes of the operator files until `stop`. Invalid files change nothing and are reported once.
pub(super) async fn follow(
    operators: &mut Operators,
    config: &Config,
    effective: &ArcSwap<Effective>,
    metrics: &Metrics,
    stop: CancellationToken,
) {
    // Nothing yet: what was written after the start had read its files is a change too.
    let mut seen = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        operators.start_ready();
        let now = contents(&config.host.operators_dir);
        if seen.as_ref() == Some(&now) {
            continue;
        }
        // A file that is still being written looks different a moment later: it is applied when it has settled.
        tokio::time::sleep(Duration::from_millis(100)).await;
        if contents(&config.host.operators_dir) != now {
            continue;
        }
        seen = Some(now);
        match Config::load(config.host.file.as_deref()) {
            Ok(fresh) => {
                metrics.configuration_problems(0);
                operators.apply(&fresh.operators).await;
                effective.store(Arc::new(told(fresh.effective, config)));
            }
            Err(problems) => {
                metrics.configuration_problems(problems.iter().count());
                effective.store(Arc::new(effective.load().with(&problems)));
                for problem in problems.iter() {
                    tracing::error!(%problem, "operator files changed and are not applied");
                }
            }
        }
    }
}

/// What is in force now: the operators' files as they are, and the host's as it was at the start.
fn told(fresh: Effective, started_with: &Config) -> Effective {
    let host = started_with.effective.files.iter();
    let host = host.filter(|file| file.operator.is_none()).cloned();
    let operators = fresh.files.into_iter().filter(|file| file.operator.is_some());
    Effective {
        files: host.chain(operators).collect(),
        problems: Vec::new(),
    }
}

/// Names and contents of the operator files; unreadable ones count as empty, so that mending them is a change.
fn contents(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let files = operator_files(dir).unwrap_or_default();
    let read = |file: &Path| std::fs::read(file).unwrap_or_default();
    files
        .iter()
        .map(|file| (file.display().to_string(), read(file)))
        .collect()
}
