//! Runs cargo and rustup for [`super::build`].

use super::{BuildError, BuildRequest, last_lines, run};
use serde_json::Value;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const TARGET: &str = "wasm32-unknown-unknown";

/// The profile of this repository's Cargo.toml, for crates outside of it.
const PROFILE: [&str; 6] = [
    "profile.plugin.inherits='release'",
    "profile.plugin.opt-level=3",
    "profile.plugin.lto=true",
    "profile.plugin.codegen-units=1",
    "profile.plugin.panic='abort'",
    "profile.plugin.strip='debuginfo'",
];

/// What an outer `cargo run`, `cargo test` or CI job leaves in the environment and must not decide about the plugin:
/// flags for the host's target, another target, and clippy in place of the compiler.
const LEAKS: [&str; 5] = [
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "RUSTC_WORKSPACE_WRAPPER",
];

/// Compiles the crate. Gives the core module.
pub(super) fn compile(request: &BuildRequest) -> Result<Vec<u8>, BuildError> {
    let manifest = request.crate_dir.join("Cargo.toml");
    if !manifest.is_file() {
        return Err(BuildError::NoCrate(request.crate_dir.clone()));
    }
    let manifest = manifest.canonicalize().map_err(|source| BuildError::Io {
        path: request.crate_dir.clone(),
        source,
    })?;
    let workspace = Workspace::of(&manifest)?;
    // Builds of one crate with other features write the same file, so it is read before the next build may begin.
    let _until_read = workspace.lock()?;
    let mut output = workspace.compile(&manifest, request)?;
    if lacks_target(&output) {
        add_target(&request.crate_dir)?;
        output = workspace.compile(&manifest, request)?;
    }
    if !output.status.success() {
        return Err(BuildError::Compile(last_lines(&output.stderr)));
    }
    let module = module_of(&manifest, &output.stdout).ok_or(BuildError::NoModule)?;
    std::fs::read(&module).map_err(|source| BuildError::Io { path: module, source })
}

struct Workspace {
    root: PathBuf,
    target_dir: PathBuf,
    has_profile: bool,
}

impl Workspace {
    fn of(manifest: &Path) -> Result<Self, BuildError> {
        let mut command = cargo(manifest);
        command
            .args(["metadata", "--format-version=1", "--no-deps", "--manifest-path"])
            .arg(manifest);
        let output = run(&mut command)?;
        if !output.status.success() {
            return Err(BuildError::Compile(
                String::from_utf8_lossy(&output.stderr).into_owned(),
            ));
        }
        let metadata: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| BuildError::Compile(format!("cargo metadata: {error}")))?;
        let folder = |key: &str| {
            metadata
                .get(key)
                .and_then(Value::as_str)
                .map(PathBuf::from)
                .unwrap_or_default()
        };
        let has_profile = std::fs::read_to_string(folder("workspace_root").join("Cargo.toml"))
            .ok()
            .and_then(|text| text.parse::<toml::Table>().ok())
            .is_some_and(|table| {
                table
                    .get("profile")
                    .is_some_and(|profiles| profiles.get("plugin").is_some())
            });
        // A folder of its own: cargo holds a lock on its target folder while it runs what it built.
        Ok(Self {
            target_dir: folder("target_directory").join("plugins"),
            root: folder("workspace_root"),
            has_profile,
        })
    }

    /// Held until the file is dropped.
    fn lock(&self) -> Result<File, BuildError> {
        let path = self.target_dir.join(".smpp-connector-lock");
        let locked = std::fs::create_dir_all(&self.target_dir).and_then(|()| {
            let file = File::create(&path)?;
            file.lock()?;
            Ok(file)
        });
        locked.map_err(|source| BuildError::Io { path, source })
    }

    fn compile(&self, manifest: &Path, request: &BuildRequest) -> Result<Output, BuildError> {
        let mut command = cargo(manifest);
        command.args(["build", "--profile", "plugin", "--lib", "--target", TARGET]);
        command
            .args(["--message-format", "json-render-diagnostics", "--manifest-path"])
            .arg(manifest);
        command.arg("--target-dir").arg(&self.target_dir);
        command.arg("--config").arg(reproducible(&self.root));
        if !self.has_profile {
            command.args(PROFILE.iter().flat_map(|setting| ["--config", setting]));
        }
        if request.no_default_features {
            command.arg("--no-default-features");
        }
        if !request.features.is_empty() {
            command.arg("--features").arg(request.features.join(","));
        }
        run(&mut command)
    }
}

/// Flags that keep this machine's folders out of the component, so that the same source gives the same bytes elsewhere:
/// panics name their place in the source. Of the target's flags, to which those of the crate's own configuration are added.
fn reproducible(root: &Path) -> String {
    let mut folders = vec![(root.to_owned(), "/workspace")];
    let sources = cargo_home().map(|home| home.join("registry/src"));
    for registry in sources.iter().flat_map(std::fs::read_dir).flatten().flatten() {
        folders.push((registry.path(), "/registry"));
    }
    let flags = folders.into_iter().filter_map(|(from, to)| {
        let from = from.to_str()?.to_owned();
        Some(toml::Value::from(format!("--remap-path-prefix={from}={to}")))
    });
    let flags = toml::Value::Array(flags.collect());
    format!("target.{TARGET}.rustflags={flags}")
}

fn cargo_home() -> Option<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

fn cargo(manifest: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    for name in LEAKS {
        command.env_remove(name);
    }
    // The crate's own rust-toolchain.toml and .cargo/config.toml apply.
    if let Some(folder) = manifest.parent() {
        command.current_dir(folder);
    }
    command
}

/// rustc's E0463 without the standard library, and its hint.
fn lacks_target(output: &Output) -> bool {
    let stderr = String::from_utf8_lossy(&output.stderr);
    !output.status.success() && stderr.contains(TARGET) && stderr.contains("target may not be installed")
}

fn add_target(crate_dir: &Path) -> Result<(), BuildError> {
    let mut command = Command::new("rustup");
    command.args(["target", "add", TARGET]).current_dir(crate_dir);
    let output = run(&mut command).map_err(|_| {
        BuildError::Target("rustup was not found: install the target with whatever installed Rust".to_owned())
    })?;
    match output.status.success() {
        true => Ok(()),
        false => Err(BuildError::Target(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )),
    }
}

/// The `.wasm` among the artifacts of the crate itself.
pub(super) fn module_of(manifest: &Path, messages: &[u8]) -> Option<PathBuf> {
    String::from_utf8_lossy(messages)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.get("reason").and_then(Value::as_str) == Some("compiler-artifact"))
        .filter(|message| {
            message
                .get("manifest_path")
                .and_then(Value::as_str)
                .map(Path::new)
                == Some(manifest)
        })
        .filter_map(|message| {
            let files = message.get("filenames")?.as_array()?;
            files
                .iter()
                .filter_map(Value::as_str)
                .map(PathBuf::from)
                .find(|path| path.extension().is_some_and(|end| end == "wasm"))
        })
        .next_back()
}
