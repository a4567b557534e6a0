//! What this machine is, and what the processes of a run have used of it.

use anyhow::{Context, Result};
use std::path::Path;

/// Microseconds in a tick (proc(5): USER_HZ is 100 everywhere).
const TICK: f64 = 10_000.0;

/// Whose processor time it is.
#[derive(Clone, Copy, Debug)]
pub enum Who {
    /// A process and its children: PostgreSQL has one for each connection.
    Family(u32),
    /// The threads of a process whose names begin so.
    Threads(u32, &'static str),
    /// A process without the threads whose names begin so.
    Rest(u32, &'static str),
}

/// The processes of a run, by name.
#[derive(Clone, Debug, Default)]
pub struct Processes(pub Vec<(&'static str, Who)>);

impl Processes {
    /// Of each, the CPU microseconds so far.
    ///
    /// # Errors
    /// When /proc is not Linux's.
    pub fn used(&self) -> Result<Vec<f64>> {
        self.0.iter().map(|(_, who)| used(*who)).collect()
    }

    /// The most memory that the first of them has had, in MiB: that is the gateway.
    #[must_use]
    pub fn peak(&self) -> Option<f64> {
        let (_, who) = self.0.first()?;
        let (Who::Family(pid) | Who::Threads(pid, _) | Who::Rest(pid, _)) = who;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1_024.0)
    }
}

fn used(who: Who) -> Result<f64> {
    Ok(TICK
        * match who {
            Who::Family(pid) => family(pid)?,
            Who::Threads(pid, name) => threads(pid, name)?,
            // With threads that have ended: those of a runtime come and go.
            Who::Rest(pid, name) => own(pid)? - threads(pid, name)?,
        })
}

fn own(pid: u32) -> Result<f64> {
    let line = stat_of(Path::new(&format!("/proc/{pid}"))).context("a process has ended")?;
    let stat = Stat::read(&line).context("/proc/*/stat has another form")?;
    Ok(stat.own)
}

fn threads(pid: u32, name: &str) -> Result<f64> {
    let mut ticks = 0.0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end between the two.
        let Some(line) = stat_of(&thread?.path()) else {
            continue;
        };
        let stat = Stat::read(&line).context("/proc/*/task/*/stat has another form")?;
        if stat.name.starts_with(name) {
            ticks += stat.own;
        }
    }
    Ok(ticks)
}

fn family(pid: u32) -> Result<f64> {
    let mut ticks = 0.0;
    for process in std::fs::read_dir("/proc")? {
        let path = process?.path();
        let own = path
            .file_name()
            .and_then(|name| name.to_str()?.parse::<u32>().ok());
        let Some((own, stat)) = own.zip(stat_of(&path)) else {
            continue;
        };
        if let Some(stat) = Stat::read(&stat)
            && (own == pid || stat.parent == pid)
        {
            ticks += stat.own + stat.children;
        }
    }
    Ok(ticks)
}

fn stat_of(process: &Path) -> Option<String> {
    std::fs::read_to_string(process.join("stat")).ok()
}

/// A line of /proc/*/stat.
struct Stat<'a> {
    name: &'a str,
    parent: u32,
    /// User and system time, in ticks.
    own: f64,
    /// That of children that have ended.
    children: f64,
}

impl<'a> Stat<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let (head, tail) = line.rsplit_once(") ")?;
        let fields: Vec<_> = tail.split(' ').collect();
        let number = |at: usize| fields.get(at)?.parse::<f64>().ok();
        Some(Self {
            name: head.split_once('(')?.1,
            parent: fields.get(1)?.parse().ok()?,
            own: number(11)? + number(12)?,
            children: number(13)? + number(14)?,
        })
    }
}

/// Cores and model.
#[must_use]
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, model)| model);
    format!("{cores} cores, {}", model.unwrap_or("unknown CPU"))
}
