//! What `host/ARCHITECTURE.md` promises about the shape of the code, read from the code.
#![cfg(test)]

mod dependencies;
mod documents;
mod field_problems;
mod files;
mod imports;
mod logs;

use std::path::{Path, PathBuf};

/// The workspace's folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace around the tests")
}

/// A file of the workspace.
fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A path as the workspace's documents write it.
fn name(path: &Path) -> String {
    let inside = path.strip_prefix(root()).expect("a file of the workspace");
    inside.to_string_lossy().into_owned()
}

/// Every Rust file under a folder of the workspace.
fn rust_files(folder: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the workspace") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder} has no Rust file");
    found
}

/// The code without comments and without what stands in string literals on one line; lines stay where they are.
fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    for line in text.lines() {
        let (mut in_string, mut previous) = (false, ' ');
        for character in line.chars() {
            match character {
                '"' if previous != '\\' && previous != '\'' => in_string = !in_string,
                '/' if previous == '/' && !in_string => {
                    code.pop();
                    break;
                }
                _ if in_string => {}
                _ => code.push(character),
            }
            previous = character;
        }
        code.push('\n');
    }
    code
}
