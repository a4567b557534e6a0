//! What this machine is, and what this process has used of it.

use anyhow::{Context, Result};

/// CPU microseconds of this process so far: the gateway's own threads, SQLite's, the simulated operator's.
pub(crate) struct Cpu([f64; 3]);

impl Cpu {
    pub(crate) fn now() -> Result<Self> {
        let mut used = [0.0; 3];
        for thread in std::fs::read_dir("/proc/self/task")? {
            // A thread may end between the two.
            let Ok(stat) = std::fs::read_to_string(thread?.path().join("stat")) else {
                continue;
            };
            let (name, ticks) = read_stat(&stat).context("/proc/self/task/*/stat has another form")?;
            let [gateway, sqlite, operator] = &mut used;
            *match name {
                "operator" => operator,
                name if name.starts_with("sqlx") => sqlite,
                _ => gateway,
            } += ticks * 10_000.0;
        }
        Ok(Self(used))
    }

    pub(crate) fn since(&self, before: &Self) -> [f64; 3] {
        let ([a, b, c], [x, y, z]) = (self.0, before.0);
        [a - x, b - y, c - z]
    }
}

/// The name of a thread, and its user and system time in ticks of 10 ms (proc(5): USER_HZ is 100 everywhere).
fn read_stat(stat: &str) -> Option<(&str, f64)> {
    let (head, tail) = stat.rsplit_once(") ")?;
    let mut fields = tail.split(' ').skip(11).map(str::parse::<f64>);
    let ticks = fields.next()?.ok()? + fields.next()?.ok()?;
    Some((head.split_once('(')?.1, ticks))
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
