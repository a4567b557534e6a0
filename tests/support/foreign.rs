//! Peers that others wrote: SMSCs for the gateway, ESMEs for the simulator, and a second opinion on octets.
//!
//! Their own few lines stand in `tests/foreign`; `tests/setup` installs what these stand on.

mod aiosmpplib;
mod kannel;
mod node;
mod program;

pub use aiosmpplib::{AioEsme, read_submits};
pub use kannel::{Coding, KannelEsme, KannelSmsc, Receipt};
pub use node::NodeSmsc;

use std::path::{Path, PathBuf};

/// A program of `tests/foreign`.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("foreign").join(name)
}

/// Where `tests/setup` has put what they stand on.
fn libraries(of: &str) -> PathBuf {
    crate::servers::target_dir().with_file_name("foreign").join(of)
}
