//! Why a plugin could not be built, in words that say what to do.

use super::project::Language;
use super::tools::install_command;
use crate::policy::fixtures::FixturesError;
use crate::policy::manifest::ManifestError;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a plugin could not be built, and what to do about it.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The description of a plugin cannot be used.
    #[error("{file}: {problem}", file = file.display())]
    Project {
        /// Which.
        file: PathBuf,
        /// What is wrong in it.
        problem: String,
    },
    /// The tools of a language are not there in the pinned versions.
    #[error(
        "{packages} is not in {folder}: run `{mend}` once, with a network",
        folder = folder.display(),
        mend = install_command(*language)
    )]
    Tools {
        /// What is wanted.
        packages: String,
        /// Where it was looked for.
        folder: PathBuf,
        /// Whose.
        language: Language,
    },
    /// npm or pip failed.
    #[error("the tools for {language} could not be installed\n{said}")]
    Install {
        /// Whose.
        language: Language,
        /// The installer's last lines.
        said: String,
    },
    /// The language's tool made no component.
    #[error("{tool} could not build the plugin\n{said}")]
    Tool {
        /// Which.
        tool: &'static str,
        /// Its last lines.
        said: String,
    },
    /// There is no plugin in the folder.
    #[error("{0} has neither a Cargo.toml nor a plugin.toml: give the folder of a plugin")]
    NoCrate(PathBuf),
    /// A tool could not be started.
    #[error("cannot run `{program}`: {mend}", mend = install_hint(program))]
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

/// How a program that is not there is had.
fn install_hint(program: &str) -> &'static str {
    match program.rsplit(['/', '\\']).next().unwrap_or(program) {
        "node" | "npm" => "install Node.js 18 or newer with npm, or set NODE to your node",
        "pip" | "python" | "python3" => {
            "install Python 3.10 or newer with pip, or set PYTHON to your python3"
        }
        _ => "install Rust from https://rustup.rs, or set CARGO to your cargo",
    }
}
