//! The plugin that a command means: a component, or a folder of sources that is built first.

use super::Failure;
use crate::policy::build::{BuildRequest, build};
use crate::policy::{fixtures, prebuilt};
use anyhow::{Context, anyhow};
use sha2::{Digest, Sha256};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What is not looked at for changes, in a folder of sources.
const NO_SOURCES: [&str; 5] = ["target", "node_modules", "__pycache__", "dist", "fixtures"];

/// A component on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Source {
    /// The component.
    pub(super) wasm: PathBuf,
    /// The folder of its sources, if that is what was named.
    pub(super) folder: Option<PathBuf>,
}

impl Source {
    /// The component, or what the folder is built to: again when one of its files has changed.
    pub(super) fn of(path: &Path) -> Result<Self, Failure> {
        if path.is_file() {
            return Ok(Self {
                wasm: path.to_owned(),
                folder: None,
            });
        }
        if !path.is_dir() {
            if let Some(component) = prebuilt::stands_in(&path.with_extension("wasm")) {
                return brought_along(component);
            }
            return Err(anyhow!(
                "{}: there is no such file or folder; give a .wasm file, the folder of a plugin's sources, or quirks",
                path.display()
            )
            .into());
        }
        let wasm = built_file(path)?;
        if is_stale(path, &wasm) {
            eprintln!("building {}", path.display());
            build(&BuildRequest {
                crate_dir: path.to_owned(),
                out: wasm.clone(),
                features: Vec::new(),
                no_default_features: false,
            })?;
        } else {
            pack_again(path, &wasm)?;
        }
        Ok(Self {
            wasm,
            folder: Some(path.to_owned()),
        })
    }

    /// Where its fixtures lie; `None` where they are in the component alone.
    pub(super) fn fixtures(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(fixtures::FOLDER))
    }
}

/// The plugin that the gateway brings along, as a file in the user's cache.
fn brought_along(component: &[u8]) -> Result<Source, Failure> {
    let name = format!(
        "{}-{}.wasm",
        prebuilt::NAME,
        hex::encode(Sha256::digest(component))
    );
    let (folder, wasm) = (cache(), cache().join(name));
    let write = || {
        std::fs::create_dir_all(&folder)?;
        let mut fresh = tempfile::NamedTempFile::new_in(&folder)?;
        fresh.write_all(component)?;
        fresh.persist(&wasm).map(drop).map_err(|error| error.error)
    };
    if !wasm.is_file() {
        write().with_context(|| format!("{} cannot be written", wasm.display()))?;
    }
    Ok(Source { wasm, folder: None })
}

/// The name of the crate's folder, which is also how the plugin is called.
pub(super) fn file_name(dir: &Path) -> PathBuf {
    let folder = std::fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let name = folder
        .file_name()
        .map_or_else(|| "plugin".into(), |name| name.to_owned());
    PathBuf::from(name).with_extension("wasm")
}

/// In the user's cache: the sources stay as they are.
fn built_file(folder: &Path) -> Result<PathBuf, Failure> {
    let whole = std::fs::canonicalize(folder)
        .with_context(|| format!("{} cannot be looked into", folder.display()))?;
    let place = hex::encode(Sha256::digest(whole.as_os_str().as_encoded_bytes()));
    let place = place.get(..12).unwrap_or(&place).to_owned();
    Ok(cache().join("built").join(place).join(file_name(folder)))
}

fn cache() -> PathBuf {
    let path = |name: &str| {
        std::env::var_os(name)
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    path("XDG_CACHE_HOME")
        .or_else(|| path("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("smpp-connector")
}

/// Whether a source, or this program with its SDK, is newer than what was built.
fn is_stale(folder: &Path, wasm: &Path) -> bool {
    let time = |path: &Path| std::fs::metadata(path).and_then(|found| found.modified()).ok();
    let Some(built) = time(wasm) else {
        return true;
    };
    let program = std::env::current_exe().ok().and_then(|program| time(&program));
    program.is_some_and(|program| program > built) || newest(folder).is_none_or(|newest| newest > built)
}

/// When a source was changed last; `None` when that cannot be told.
pub(super) fn newest(folder: &Path) -> Option<SystemTime> {
    let mut newest = std::fs::metadata(folder)
        .and_then(|found| found.modified())
        .ok()?;
    for entry in std::fs::read_dir(folder).ok()? {
        let path = entry.ok()?.path();
        let name = path.file_name()?.to_string_lossy().into_owned();
        let is_built = path.extension().is_some_and(|end| end == "wasm");
        if name.starts_with('.') || is_built || NO_SOURCES.contains(&name.as_str()) {
            continue;
        }
        let time = if path.is_dir() {
            self::newest(&path)?
        } else {
            std::fs::metadata(&path).and_then(|found| found.modified()).ok()?
        };
        newest = newest.max(time);
    }
    Some(newest)
}

/// Fixtures change more often than code: that needs no compiler.
fn pack_again(folder: &Path, wasm: &Path) -> Result<(), Failure> {
    let component = std::fs::read(wasm).with_context(|| wasm.display().to_string())?;
    let packed = fixtures::pack_folder(&component, folder)?;
    if packed != component {
        std::fs::write(wasm, packed).with_context(|| wasm.display().to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::Duration;

    #[test]
    fn a_change_of_a_source_is_noticed_and_of_anything_else_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for dir in ["src/deep", "target/debug", ".git", "fixtures"] {
            std::fs::create_dir_all(path(dir)).unwrap();
        }
        let now = SystemTime::now() + Duration::from_secs(1_000);
        let touch = |name: &str, seconds: u64| {
            let file = File::options()
                .create(true)
                .append(true)
                .open(path(name))
                .unwrap();
            file.set_modified(now + Duration::from_secs(seconds)).unwrap();
        };
        touch("plugin.wasm", 10);
        touch("src/deep/lib.rs", 9);
        for other in ["target/debug/x", ".git/x", "fixtures/a.json", "copy.wasm"] {
            touch(other, 20);
        }
        assert!(!is_stale(folder.path(), &path("plugin.wasm")));
        touch("src/deep/lib.rs", 11);
        assert!(is_stale(folder.path(), &path("plugin.wasm")));
        assert!(is_stale(folder.path(), &path("missing.wasm")));
    }
}
