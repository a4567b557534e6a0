//! What this machine is, and what the processes of a run have used of it.

use anyhow::{Context, Result};
use std::path::Path;

/// Microseconds in a tick (proc(5): USER_HZ is 100 everywhere).
const TICK: f64 = 10_000.0;

/// Who uses the processor, in the order of [`Cpu`]'s figures.
pub(crate) const USERS: [&str; 6] = [
    "gateway",
    "SQLite",
    "simulated operator",
    "NATS",
    "PostgreSQL",
    "Redis",
];

/// CPU microseconds so far, by [`USERS`].
pub(crate) struct Cpu([f64; 6]);

impl Cpu {
    /// `servers` are the first processes of NATS, PostgreSQL and Redis, where there are any.
    pub(crate) fn now(servers: Option<[u32; 3]>) -> Result<Self> {
        let mut used = [0.0; 6];
        let [gateway, sqlite, operator, nats, postgres, redis] = &mut used;
        for thread in std::fs::read_dir("/proc/self/task")? {
            // A thread may end between the two.
            let Ok(stat) = std::fs::read_to_string(thread?.path().join("stat")) else {
                continue;
            };
            let stat = Stat::read(&stat).context("/proc/self/task/*/stat has another form")?;
            match stat.name {
                "operator" => *operator += stat.own * TICK,
                name if name.starts_with("sqlx-sqlite") => *sqlite += stat.own * TICK,
                _ => {}
            }
        }
        // Everything else in this process, with threads that have ended: those of the gateway's runtime come and go.
        let process = std::fs::read_to_string("/proc/self/stat")?;
        let process = Stat::read(&process).context("/proc/self/stat has another form")?;
        *gateway = process.own * TICK - *operator - *sqlite;
        if let Some(pids) = servers {
            for (pid, used) in pids.into_iter().zip([nats, postgres, redis]) {
                *used = family(pid)? * TICK;
            }
        }
        Ok(Self(used))
    }

    pub(crate) fn since(&self, before: &Self) -> [f64; 6] {
        let mut used = self.0;
        for (now, before) in used.iter_mut().zip(before.0) {
            *now -= before;
        }
        used
    }
}

/// The ticks of a process and its children: PostgreSQL has one for each connection.
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

pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, model)| model);
    format!("{cores} cores, {}", model.unwrap_or("unknown CPU"))
}
