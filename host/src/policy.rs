//! Policy plugins: what an operator does differently, as WASM components that are replaced while messages flow.
//!
//! ```text
//! file, [policy], deploy -> settle -> read once -> hash -> validate -> compile -> admit -> trial -> swap -> budget
//!                           (watch)   (load)              (load, engine) (judge, admit) (shadow)  (registry)  (tend)
//! ```
//! One operator has one [`OperatorPolicy`]: the active version, those before it, and at most one candidate. A message
//! keeps the version that it was given first, in-flight calls own theirs. A version that fails anywhere changes nothing;
//! why it failed stands in the log, in the list of reloads, and in `<file>.status.json` next to the file (module
//! `verdict`). What was taken back stays so over a restart (`shelf`).
//!
//! A plugin sees its arguments and four small imports: no WASI, no clock, no file, no socket. Whatever it does (loop,
//! trap, grow, lie) costs its own answer: see the modules `limits`, `convert` and `breaker`.

mod admit;
mod bindings;
mod breaker;
pub mod build;
mod contract;
mod convert;
mod desk;
mod engine;
mod error;
pub mod fixtures;
mod hooks;
mod host;
mod imports;
mod latency;
pub mod limits;
mod load;
mod loader;
pub mod manifest;
mod plugin;
pub mod prebuilt;
mod registry;
mod reload;
mod reloads;
mod sections;
mod shadow;
mod shelf;
mod stats;
mod tally;
mod test_bench;
mod trace;
mod trial;
pub mod verdict;
mod view;
mod watch;

pub use error::{LoadError, Stage};
pub use host::{OperatorPolicyConfig, PolicyHost, Refusal, Report, ShadowRule, Swap, check};
pub use limits::{Limits, LimitsAsked};
pub use registry::{OperatorPolicy, built_in};
pub use stats::{HookStats, PolicyStats};
pub use test_bench::TestBench;
