//! What the process takes of the machine, under the names that dashboards know. Read at each scrape, from /proc; what cannot
//! be read is left out.

use crate::clock;
use chrono::{DateTime, Utc};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::fmt;
use std::fs;
use std::time::Duration;

/// See the module.
#[derive(Debug)]
pub(super) struct Process {
    started: DateTime<Utc>,
}

impl Process {
    /// Of a process that has just started.
    pub(super) fn new() -> Self {
        Self {
            started: clock::utc_now(),
        }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let cpu = ConstCounter::new(cpu_time().as_secs_f64());
        let about = "User and system CPU time";
        let metric = encoder.encode_descriptor("process_cpu_seconds", about, None, cpu.metric_type())?;
        cpu.encode(metric)?;
        let mut gauge = |name, about, value: Option<f64>| {
            let Some(value) = value else { return Ok(()) };
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, about, None, gauge.metric_type())?)
        };
        let (resident, threads) = status();
        gauge("process_resident_memory_bytes", "Memory in RAM", resident)?;
        gauge("process_threads", "Threads", threads)?;
        gauge("process_open_fds", "Open files and sockets", open_files())?;
        gauge("process_max_fds", "How many may be open", max_files())?;
        let started = (self.started - DateTime::UNIX_EPOCH).as_seconds_f64();
        gauge("process_start_time_seconds", "Start, in Unix time", Some(started))
    }
}

/// Of all threads, since the start.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

/// Resident octets and threads.
fn status() -> (Option<f64>, Option<f64>) {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = |key: &str| -> Option<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse().ok()
    };
    (value("VmRSS:").map(|kib| kib * 1_024.0), value("Threads:"))
}

fn open_files() -> Option<f64> {
    let open = fs::read_dir("/proc/self/fd").ok()?.count();
    // Without the one that reads the folder.
    u32::try_from(open.saturating_sub(1)).ok().map(f64::from)
}

fn max_files() -> Option<f64> {
    let limit = getrlimit(Resource::Nofile).current?;
    u32::try_from(limit).ok().map(f64::from)
}
