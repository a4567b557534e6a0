//! Policy plugins, built once a test run.

use smpp_connector::policy::build::{BuildRequest, build};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// The component of a plugin crate, `latin1` or `hexdec` of `plugins/`, or `hostile` of the fixtures.
#[must_use]
pub fn plugin(name: &str) -> PathBuf {
    plugin_with(name, true)
}

/// The same with or without the crate's default features.
#[must_use]
pub fn plugin_with(name: &str, default_features: bool) -> PathBuf {
    static BUILT: OnceLock<Mutex<HashMap<(String, bool), PathBuf>>> = OnceLock::new();
    let mut built = BUILT.get_or_init(Mutex::default).lock().expect("another test's build has failed");
    let key = (name.to_owned(), default_features);
    built.entry(key).or_insert_with(|| make(name, default_features)).clone()
}

fn make(name: &str, default_features: bool) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = if name == "hostile" { tests.join("fixtures") } else { tests.join("../plugins") };
    let suffix = if default_features { "" } else { "-plain" };
    let out = folder_of_this_run().join(format!("{name}{suffix}.wasm"));
    let request = BuildRequest {
        crate_dir: folder.join(name),
        out: out.clone(),
        features: Vec::new(),
        no_default_features: !default_features,
    };
    build(&request).unwrap_or_else(|error| panic!("the plugin {name} cannot be built: {error}"));
    out
}

/// Removed by the operating system's own cleaning of its temporary folder.
fn folder_of_this_run() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| tempfile::tempdir().expect("a temporary folder")).path()
}
