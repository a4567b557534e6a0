//! From a plugin's crate to the component that a gateway loads.
//!
//! cargo makes a core module for `wasm32-unknown-unknown`, which is checked and wrapped into a component here, so that
//! authors need a Rust toolchain and nothing else.

mod cargo;

use super::fixtures::{self, FixturesError};
use super::manifest::{self, Manifest, ManifestError};
use smpp_domain::policy::Hook;
use std::collections::BTreeSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;
use thiserror::Error;
use wasmparser::{Parser, Payload, Validator};
use wit_component::ComponentEncoder;

/// What to build.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuildRequest {
    /// Folder of the plugin's Cargo.toml.
    pub crate_dir: PathBuf,
    /// The component to write. Its folder is made if it is not there.
    pub out: PathBuf,
    /// Cargo features to switch on.
    pub features: Vec<String>,
    /// Leave the crate's default features off.
    pub no_default_features: bool,
}

/// What was built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuiltPlugin {
    /// The component.
    pub path: PathBuf,
    /// Its octets.
    pub size: u64,
    /// How long it took, cargo included.
    pub millis: u64,
}

/// Why a plugin could not be built, and what to do about it.
#[derive(Debug, Error)]
pub enum BuildError {
    /// There is no crate in the folder.
    #[error("{0} has no Cargo.toml: give the folder of the plugin's crate")]
    NoCrate(PathBuf),
    /// cargo or rustup could not be started.
    #[error("cannot run `{program}`: install Rust from https://rustup.rs, or set CARGO to your cargo")]
    Toolchain {
        /// Which.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The compiler has no standard library for WASM, and it could not be had.
    #[error(
        "the target wasm32-unknown-unknown is not installed: run `rustup target add wasm32-unknown-unknown`\n{0}"
    )]
    Target(String),
    /// The plugin does not compile.
    #[error("cargo could not build the plugin\n{0}")]
    Compile(String),
    /// cargo was content but made no module.
    #[error(
        "cargo built no .wasm: the plugin's Cargo.toml needs `[lib] crate-type = [\"cdylib\", \"rlib\"]`"
    )]
    NoModule,
    /// The module is not valid WebAssembly, or its bindings do not fit it.
    #[error("the compiled module cannot become a component: {0}")]
    Component(String),
    /// The manifest is missing or unreadable.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The manifest and the exports differ.
    #[error(
        "the manifest names the hooks [{named}], the component exports [{exported}]: list each hook in `operator_policy!`"
    )]
    Hooks {
        /// By the manifest.
        named: String,
        /// By the component.
        exported: String,
    },
    /// The plugin's fixtures cannot be packed.
    #[error("the fixtures of the plugin cannot be packed into it\n{0}")]
    Fixtures(#[from] FixturesError),
    /// A file could not be read or written.
    #[error("{path}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Builds a plugin. Blocks for as long as cargo takes: seconds, with a cold target folder a minute or two.
///
/// The component appears under its name at once and whole, so that `out` may be in a watched folder.
///
/// # Errors
/// If the toolchain is missing, the crate does not compile, or the result is no plugin; the message says the mend.
pub fn build(request: &BuildRequest) -> Result<BuiltPlugin, BuildError> {
    let started = Instant::now();
    let component = componentize(&cargo::compile(request)?)?;
    check_hooks(&component)?;
    let component = fixtures::pack_folder(&component, &request.crate_dir)?;
    write_whole(&request.out, &component)?;
    Ok(BuiltPlugin {
        path: request.out.clone(),
        size: component.len() as u64,
        millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// Wraps a core module that carries `component-type` sections into a component.
///
/// # Errors
/// [`BuildError::Component`] if the module is not valid or lacks what its bindings promise.
pub fn componentize(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    // wit-component panics on a module that is cut short, so the module is validated before, and the panic of whatever
    // else it does not expect is caught.
    Validator::new()
        .validate_all(module)
        .map_err(|error| BuildError::Component(error.to_string()))?;
    let encoded = catch_unwind(AssertUnwindSafe(|| {
        ComponentEncoder::default()
            .validate(true)
            .module(module)
            .and_then(|mut encoder| encoder.encode())
    }));
    match encoded {
        Ok(Ok(component)) => Ok(component),
        Ok(Err(error)) => Err(BuildError::Component(format!("{error:#}"))),
        Err(_) => Err(BuildError::Component("wit-component panicked on it".to_owned())),
    }
}

/// Names of the interfaces that a component exports, with their package and version.
///
/// # Errors
/// [`BuildError::Component`] if the bytes are not WebAssembly.
pub fn exported_interfaces(component: &[u8]) -> Result<Vec<String>, BuildError> {
    let unreadable = |error: wasmparser::BinaryReaderError| BuildError::Component(error.to_string());
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(unreadable)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentExportSection(exports) if depth == 0 => {
                for export in exports {
                    names.push(export.map_err(unreadable)?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

fn check_hooks(component: &[u8]) -> Result<Manifest, BuildError> {
    let manifest = manifest::read_manifest(component)?;
    let exported: BTreeSet<Hook> = exported_interfaces(component)?
        .iter()
        .filter_map(|name| hook_of(name))
        .collect();
    let named: BTreeSet<Hook> = manifest.hooks.iter().copied().collect();
    if named == exported {
        return Ok(manifest);
    }
    let list = |hooks: &BTreeSet<Hook>| {
        hooks
            .iter()
            .map(|hook| hook.name())
            .collect::<Vec<_>>()
            .join(", ")
    };
    Err(BuildError::Hooks {
        named: list(&named),
        exported: list(&exported),
    })
}

/// The hook behind an export like `smpp:operator-policy/encoding@1.0.0`.
fn hook_of(export: &str) -> Option<Hook> {
    let interface = export.strip_prefix("smpp:operator-policy/")?;
    let name = interface.split_once('@').map_or(interface, |(name, _)| name);
    Hook::ALL.into_iter().find(|hook| hook.name() == name)
}

fn write_whole(out: &Path, component: &[u8]) -> Result<(), BuildError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BuildError::Io { path, source }
    };
    let folder = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let mut file = tempfile::Builder::new()
        .prefix(".building-")
        .suffix(".tmp")
        .tempfile_in(folder)
        .map_err(failed(folder))?;
    io::Write::write_all(&mut file, component).map_err(failed(file.path()))?;
    readable_by_all(file.as_file()).map_err(failed(file.path()))?;
    file.persist(out).map_err(|error| BuildError::Io {
        path: out.to_owned(),
        source: error.error,
    })?;
    Ok(())
}

/// A temporary file is its owner's alone, a plugin is often built by one user and loaded by another.
#[cfg(unix)]
fn readable_by_all(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &std::fs::File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
