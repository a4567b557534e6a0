//! From a plugin's folder to the component that a gateway loads.
//!
//! Rust: cargo makes a core module for `wasm32-unknown-unknown`, which is checked and wrapped into a component here, so that
//! authors need a Rust toolchain and nothing else. JavaScript and Python: the language's own tool makes the component, with
//! a world of the hooks that `plugin.toml` names; the manifest is added here.

mod cargo;
pub mod contract;
mod error;
mod javascript;
pub mod project;
mod python;
pub mod tools;

pub use error::BuildError;

use super::fixtures;
use super::manifest::{self, Manifest, ManifestError};
use super::sections;
use project::{Language, Project};
use smpp_domain::policy::Hook;
use std::collections::BTreeSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;
use tools::Toolbox;
use wasmparser::{Parser, Payload, Validator};
use wit_component::ComponentEncoder;

/// What to build.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuildRequest {
    /// The plugin's folder, with a Cargo.toml or a plugin.toml.
    pub crate_dir: PathBuf,
    /// The component to write. Its folder is made if it is not there.
    pub out: PathBuf,
    /// Cargo features to switch on, in Rust.
    pub features: Vec<String>,
    /// Leave the crate's default features off, in Rust.
    pub no_default_features: bool,
}

/// What was built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuiltPlugin {
    /// The component.
    pub path: PathBuf,
    /// Its octets.
    pub size: u64,
    /// How long it took, the language's own tools included.
    pub millis: u64,
}

/// Builds a plugin with the tools of this user. Blocks for as long as the language's tools take: seconds, for Rust with a
/// cold target folder a minute or two.
///
/// The component appears under its name at once and whole, so that `out` may be in a watched folder.
///
/// # Errors
/// If the toolchain is missing, the plugin does not compile, or the result is no plugin; the message says the mend.
pub fn build(request: &BuildRequest) -> Result<BuiltPlugin, BuildError> {
    build_with(request, &Toolbox::of_user())
}

/// Builds a plugin like [`build`], with the tools of a folder.
///
/// # Errors
/// Like those of [`build`].
pub fn build_with(request: &BuildRequest, tools: &Toolbox) -> Result<BuiltPlugin, BuildError> {
    let started = Instant::now();
    let component = match Project::read(&request.crate_dir)? {
        Some(project) => interpreted(&project, tools)?,
        None => componentize(&cargo::compile(request)?)?,
    };
    check_hooks(&component)?;
    let component = fixtures::pack_folder(&component, &request.crate_dir)?;
    write_whole(&request.out, &component)?;
    Ok(BuiltPlugin {
        path: request.out.clone(),
        size: component.len() as u64,
        millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// A component of a language that brings its interpreter along.
fn interpreted(project: &Project, tools: &Toolbox) -> Result<Vec<u8>, BuildError> {
    let stage = tempfile::Builder::new()
        .prefix("smpp-plugin-")
        .tempdir()
        .map_err(|source| BuildError::Io {
            path: std::env::temp_dir(),
            source,
        })?;
    let mut component = match project.language {
        Language::Python => python::compile(project, tools, stage.path())?,
        Language::JavaScript | Language::Rust => javascript::compile(project, tools, stage.path())?,
    };
    sections::append(
        &mut component,
        manifest::SECTION,
        contract::manifest(project).as_bytes(),
    );
    Ok(component)
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
    if let Some(hook) = manifest.unknown_hooks.first().cloned() {
        return Err(ManifestError::UnknownHook { hook }.into());
    }
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

fn write_file(path: &Path, content: &[u8]) -> Result<(), BuildError> {
    let folder = path.parent().unwrap_or(path);
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, content));
    written.map_err(|source| BuildError::Io {
        path: path.to_owned(),
        source,
    })
}

fn read_file(path: &Path) -> Result<Vec<u8>, BuildError> {
    std::fs::read(path).map_err(|source| BuildError::Io {
        path: path.to_owned(),
        source,
    })
}

fn run(command: &mut Command) -> Result<Output, BuildError> {
    let program = command.get_program().to_string_lossy().into_owned();
    command
        .output()
        .map_err(|source| BuildError::Toolchain { program, source })
}

/// The last lines that a tool wrote, where it says what went wrong.
fn last_lines(written: &[u8]) -> String {
    const MOST_LINES: usize = 60;
    let text = String::from_utf8_lossy(written);
    let lines: Vec<_> = text.lines().collect();
    lines
        .get(lines.len().saturating_sub(MOST_LINES)..)
        .unwrap_or_default()
        .join("\n")
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
