//! What a message costs in instructions and allocations, which hardly depend on what else the machine does.
//!
//! The gateway runs under valgrind's callgrind, fifty times slower than by itself, so that its batches are those of a gateway that has
//! more to do than it can. It carries few messages and many, and the difference counts: neither its start nor its end do.

use anyhow::{Context, Result, ensure};
use smpp_connector_tests::load::{Ours, Setup, count as as_f64};
use std::collections::HashMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const FEW: usize = 1_000;
/// What the C library is asked for memory by.
const ALLOCATE: [&str; 6] = [
    "malloc",
    "calloc",
    "realloc",
    "posix_memalign",
    "aligned_alloc",
    "memalign",
];

/// Of one message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) instructions: f64,
    pub(crate) allocations: f64,
}

/// What one run has counted in all.
#[derive(Default, Debug, PartialEq, Eq)]
struct Totals {
    instructions: usize,
    allocations: usize,
}

/// Counts with a gateway of this setup. The counts by function are left in `profile`, for callgrind_annotate(1).
pub(crate) async fn count(binary: &str, setup: &Setup, messages: usize, profile: &Path) -> Result<Counted> {
    let few = run(binary, setup, FEW, profile).await?;
    let many = run(binary, setup, FEW + messages, profile).await?;
    let each = |few: usize, many: usize| as_f64(many.saturating_sub(few)) / as_f64(messages);
    Ok(Counted {
        instructions: each(few.instructions, many.instructions),
        allocations: each(few.allocations, many.allocations),
    })
}

async fn run(binary: &str, setup: &Setup, messages: usize, profile: &Path) -> Result<Totals> {
    let folder = tempfile::tempdir_in(&setup.data_dir)?;
    let under = under_callgrind(binary, folder.path(), profile)?;
    let under = under.to_str().context("a path in UTF-8")?;
    let mut stage = Ours::start(under, setup, messages).await?;
    stage.flood(messages).await?;
    ensure!(stage.terminate(), "the gateway does not end well under callgrind");
    let counted = std::fs::read_to_string(profile);
    Ok(totals(&counted.with_context(|| profile.display().to_string())?))
}

/// A program that runs this one under callgrind.
fn under_callgrind(binary: &str, folder: &Path, profile: &Path) -> Result<PathBuf> {
    let program = folder.join("gateway");
    let out = profile.display();
    let script = format!(
        "#!/bin/sh\nexec valgrind --quiet --tool=callgrind '--callgrind-out-file={out}' '{binary}' \"$@\"\n"
    );
    std::fs::write(&program, script)?;
    std::fs::set_permissions(&program, Permissions::from_mode(0o755))?;
    Ok(program)
}

/// Reads callgrind's file: names stand with their number where they appear first, and with the number alone later.
fn totals(file: &str) -> Totals {
    let (mut names, mut called, mut totals) = (HashMap::new(), "", Totals::default());
    for line in file.lines() {
        let (kind, value) = line.split_once(['=', ':']).unwrap_or_default();
        match kind {
            "fn" | "cfn" => {
                let (number, name) = value.split_once(' ').unwrap_or((value, ""));
                let known = names.entry(number).or_insert(name);
                if kind == "cfn" {
                    called = *known;
                }
            }
            "calls" if ALLOCATE.contains(&called) => totals.allocations += first_number(value),
            "totals" => totals.instructions = first_number(value),
            _ => {}
        }
    }
    totals
}

fn first_number(text: &str) -> usize {
    let number = text.split_whitespace().next();
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
