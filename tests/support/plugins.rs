//! Policy plugins, built once a test run.

use crate::servers::target_dir;
use smpp_connector::policy::build::tools::Toolbox;
use smpp_connector::policy::build::{BuildError, BuildRequest, BuiltPlugin, build, build_with};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// The component of a plugin crate: `latin1`, `hexdec` or `dlt` of `plugins/`, or `cutter` or `hostile` of the fixtures.
#[must_use]
pub fn plugin(name: &str) -> PathBuf {
    plugin_with(name, true)
}

/// The same with or without the crate's default features.
#[must_use]
pub fn plugin_with(name: &str, default_features: bool) -> PathBuf {
    static BUILT: OnceLock<Mutex<HashMap<(String, bool), PathBuf>>> = OnceLock::new();
    let mut built = BUILT
        .get_or_init(Mutex::default)
        .lock()
        .expect("another test's build has failed");
    let key = (name.to_owned(), default_features);
    built
        .entry(key)
        .or_insert_with(|| make(name, default_features))
        .clone()
}

fn make(name: &str, default_features: bool) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = if tests.join("fixtures").join(name).is_dir() {
        tests.join("fixtures")
    } else {
        tests.join("../plugins")
    };
    let suffix = if default_features { "" } else { "-plain" };
    let built = target_dir().join("plugins");
    std::fs::create_dir_all(&built).expect("a target folder");
    // Under a name of this process first: another one may be reading what it has built.
    let out = built.join(format!("{name}{suffix}-{}.wasm", std::process::id()));
    let request = BuildRequest {
        crate_dir: folder.join(name),
        out: out.clone(),
        features: Vec::new(),
        no_default_features: !default_features,
    };
    build(&request).unwrap_or_else(|error| panic!("the plugin {name} cannot be built: {error}"));
    let whole = built.join(format!("{name}{suffix}.wasm"));
    std::fs::rename(&out, &whole).expect("a file of ours");
    whole
}

/// The tools for JavaScript and Python that `tests/setup` installs.
#[must_use]
pub fn toolbox() -> Toolbox {
    let target = target_dir();
    Toolbox::new(target.parent().unwrap_or(&target).join("plugin-tools"))
}

/// Builds the plugin of a folder, in whatever language, with the tools of `tests/setup`.
///
/// # Errors
/// If it does not build.
pub fn build_plugin(folder: &Path, out: &Path) -> Result<BuiltPlugin, BuildError> {
    let request = BuildRequest {
        crate_dir: folder.to_owned(),
        out: out.to_owned(),
        features: Vec::new(),
        no_default_features: false,
    };
    build_with(&request, &toolbox())
}

/// A component that was compiled when this version of the contract was released: `rust`, `javascript` or `python`.
#[must_use]
pub fn published(contract: &str, language: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/published");
    let file = folder.join(contract).join(language).with_extension("wasm.zst");
    let packed = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut component = Vec::new();
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(packed.as_slice()).expect("a zstd file");
    std::io::Read::read_to_end(&mut decoder, &mut component).expect("a whole zstd file");
    component
}
