//! From a file to machine code: read once, hash, look inside, compile. Nothing of the plugin runs here.

use super::bindings::{IMPORTS, PACKAGE, PDU_PACKAGE, VERSION};
use super::contract;
use super::engine::Workshop;
use super::error::LoadError;
use super::fixtures::{self, Fixture};
use super::hooks::{HookIndices, exports};
use super::imports::Ctx;
use super::limits::Limits;
use super::manifest::{Manifest, read_manifest};
use super::prebuilt;
use super::watch::Stamp;
use sha2::{Digest, Sha256};
use smpp_domain::policy::Hook;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::time::Instant;
use wasmparser::{ComponentExternalKind, Encoding, Parser, Payload, Validator};
use wasmtime::component::{Component, InstancePre};

/// A file's content. The file is not touched again once this exists.
pub(super) struct Image {
    pub(super) bytes: Vec<u8>,
    pub(super) sha256: String,
    /// `None` where it did not come from the plugins folder.
    pub(super) stamp: Option<Stamp>,
}

impl Image {
    /// Of octets that lie in no plugin's file.
    pub(super) fn of(bytes: Vec<u8>, limits: &Limits) -> Result<Self, LoadError> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > limits.file_bytes {
            return Err(LoadError::TooLarge {
                size,
                limit: limits.file_bytes,
            });
        }
        let sha256 = hex::encode(Sha256::digest(&bytes));
        Ok(Self {
            bytes,
            sha256,
            stamp: None,
        })
    }
}

/// A component as machine code, for any number of operators.
pub(super) struct Compiled {
    pub(super) pre: InstancePre<Ctx>,
    pub(super) indices: HookIndices,
    pub(super) hooks: BTreeSet<Hook>,
    pub(super) manifest: Manifest,
    /// What its author has seen to, and no later version may break.
    pub(super) fixtures: Vec<Fixture>,
    pub(super) sha256: String,
    pub(super) compile_ms: u64,
}

/// Reads the file at once and makes sure that it was the same file from beginning to end.
pub(super) fn read(file: &Path, limits: &Limits) -> Result<Image, LoadError> {
    let unreadable = |source| LoadError::Unreadable {
        file: file.to_owned(),
        source,
    };
    let stamp = Stamp::of(file).map_err(unreadable)?;
    if stamp == Stamp::PREBUILT
        && let Some(image) = prebuilt::image(file)
    {
        return Ok(image);
    }
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    opened
        .take(limits.file_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > limits.file_bytes {
        return Err(LoadError::TooLarge {
            size: stamp.len().max(size),
            limit: limits.file_bytes,
        });
    }
    if Stamp::of(file).map_err(unreadable)? != stamp {
        return Err(LoadError::Superseded);
    }
    let sha256 = hex::encode(Sha256::digest(&bytes));
    Ok(Image {
        bytes,
        sha256,
        stamp: Some(stamp),
    })
}

/// Makes a read file ready to be instantiated, if it is a component of this contract.
pub(super) fn compile(workshop: &Workshop, image: &Image) -> Result<Compiled, LoadError> {
    let started = crate::clock::now();
    check_structure(&image.bytes)?;
    let exported = check_names(&image.bytes);
    let manifest = read_manifest(&image.bytes).map_err(LoadError::Manifest);
    let (exported, manifest) = match (exported, manifest) {
        // What it was built for says more than the name of one interface of it.
        (Err(error @ LoadError::Contract { .. }), Ok(manifest)) => {
            contract::check(&manifest)?;
            return Err(error);
        }
        (exported, manifest) => (exported?, manifest?),
    };
    check_manifest(&manifest, &exported)?;
    let fixtures = fixtures::packed(&image.bytes).map_err(LoadError::Fixtures)?;
    let component = Component::new(&workshop.engine, &image.bytes).map_err(|error| LoadError::Compile {
        reason: format!("{error:#}"),
    })?;
    let pre = workshop.linker.instantiate_pre(&component);
    let pre = pre.map_err(|error| contract::unlinked(&manifest, &format!("{error:#}")))?;
    let indices =
        HookIndices::new(&pre).map_err(|(hook, error)| hook_type(hook, &manifest.contract, &error))?;
    let hooks = Hook::ALL
        .into_iter()
        .filter(|hook| exports(&component, *hook))
        .collect();
    Ok(Compiled {
        pre,
        indices,
        hooks,
        manifest,
        fixtures,
        sha256: image.sha256.clone(),
        compile_ms: millis_since(started),
    })
}

pub(super) fn hook_type(hook: Hook, built: &str, error: &wasmtime::Error) -> LoadError {
    LoadError::HookType {
        hook,
        built: built.to_owned(),
        contract: VERSION,
        reason: format!("{error:#}"),
    }
}

pub(super) fn millis_since(start: Instant) -> u64 {
    u64::try_from(crate::clock::now().saturating_duration_since(start).as_millis()).unwrap_or(u64::MAX)
}

/// A whole, valid component. wasmtime would say so too, but later, and libraries between here and there panic on files
/// that were cut.
fn check_structure(bytes: &[u8]) -> Result<(), LoadError> {
    let invalid = |reason: String| LoadError::Invalid { reason };
    if bytes.is_empty() {
        return Err(invalid("the file is empty".to_owned()));
    }
    match Parser::new(0).parse_all(bytes).next() {
        Some(Ok(Payload::Version {
            encoding: Encoding::Module,
            ..
        })) => {
            // A core module that was cut is a matter of copying, not of building.
            Validator::new()
                .validate_all(bytes)
                .map_err(|error| invalid(error.to_string()))?;
            return Err(LoadError::CoreModule);
        }
        Some(Err(error)) => return Err(invalid(error.to_string())),
        _ => {}
    }
    Validator::new()
        .validate_all(bytes)
        .map(drop)
        .map_err(|error| invalid(error.to_string()))
}

/// Looks at the names of imports and exports. Returns the hooks that are exported, by name.
fn check_names(bytes: &[u8]) -> Result<BTreeSet<Hook>, LoadError> {
    let invalid = |error: wasmparser::BinaryReaderError| LoadError::Invalid {
        reason: error.to_string(),
    };
    let (mut hooks, mut others) = (BTreeSet::new(), Vec::new());
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(invalid)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    check_import(import.map_err(invalid)?.name.name)?;
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let export = export.map_err(invalid)?;
                    match exported_hook(export.name.name)? {
                        Some(hook) if export.kind == ComponentExternalKind::Instance => {
                            hooks.insert(hook);
                        }
                        _ => others.push(format!("`{}`", export.name.name)),
                    }
                }
            }
            _ => {}
        }
    }
    if hooks.iter().all(|hook| *hook == Hook::Settings) {
        let exports = if others.is_empty() {
            "nothing".to_owned()
        } else {
            others.join(", ")
        };
        return Err(LoadError::NoHooks { exports });
    }
    Ok(hooks)
}

/// `package/interface@version`.
fn parts(name: &str) -> (&str, &str, &str) {
    let (path, version) = name.split_once('@').unwrap_or((name, ""));
    let (package, interface) = path.split_once('/').unwrap_or((path, ""));
    (package, interface, version)
}

fn check_import(import: &str) -> Result<(), LoadError> {
    let (package, interface, version) = parts(import);
    let known = match package {
        PACKAGE => IMPORTS.contains(&interface),
        PDU_PACKAGE => interface == "types",
        _ => {
            return Err(LoadError::ForbiddenImport {
                import: import.to_owned(),
                mend: mend(package),
            });
        }
    };
    if known && contract::is_ours(version) {
        Ok(())
    } else {
        Err(contract::foreign(import))
    }
}

fn exported_hook(export: &str) -> Result<Option<Hook>, LoadError> {
    let (package, interface, version) = parts(export);
    let hook = Hook::ALL
        .into_iter()
        .find(|hook| package == PACKAGE && hook.name() == interface);
    if hook.is_some() && !contract::is_ours(version) {
        Err(contract::foreign(export))
    } else {
        Ok(hook)
    }
}

fn mend(package: &str) -> &'static str {
    if package.starts_with("wasi:") {
        "a policy has no clock, files, environment or network. `smpp-connector plugin build` leaves WASI out in every language; by hand: Rust for wasm32-unknown-unknown, componentize-py and componentize-qjs with --stub-wasi"
    } else {
        "a policy may import the interfaces of smpp:operator-policy only (call-context, logging, metrics, charset)"
    }
}

/// A component cut short at a section's end is still valid; it merely exports less than its author meant.
fn check_manifest(manifest: &Manifest, exported: &BTreeSet<Hook>) -> Result<(), LoadError> {
    contract::check(manifest)?;
    let named: BTreeSet<&str> = manifest.hooks.iter().map(|hook| hook.name()).collect();
    let found: BTreeSet<&str> = exported.iter().map(|hook| hook.name()).collect();
    if named == found {
        return Ok(());
    }
    let list = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(", ");
    Err(LoadError::HooksDiffer {
        named: list(named),
        found: list(found),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_contracts_interfaces_may_be_imported() {
        assert!(check_import("smpp:operator-policy/logging@1.0.0").is_ok());
        assert!(check_import("smpp:operator-policy/logging@1.4.7").is_ok());
        assert!(check_import("smpp:pdu/types@1.0.0").is_ok());
        let text = |import| check_import(import).unwrap_err().to_string();
        assert!(text("wasi:cli/environment@0.2.6").contains("wasi:cli/environment@0.2.6"));
        assert!(text("wasi:cli/environment@0.2.6").contains("wasm32-unknown-unknown"));
        assert!(text("acme:secrets/vault").contains("call-context"));
        for newer in [
            "smpp:operator-policy/logging@2.0.0",
            "smpp:operator-policy/clock@1.0.0",
            "smpp:pdu/types@2.1.0",
        ] {
            assert!(
                matches!(check_import(newer), Err(LoadError::Contract { .. })),
                "{newer}"
            );
        }
    }

    #[test]
    fn hooks_of_another_contract_version_are_named() {
        assert!(matches!(
            exported_hook("smpp:operator-policy/inbound@1.0.0"),
            Ok(Some(Hook::Inbound))
        ));
        assert!(matches!(exported_hook("acme:thing/inbound@1.0.0"), Ok(None)));
        let text = exported_hook("smpp:operator-policy/inbound@2.0.0")
            .unwrap_err()
            .to_string();
        assert!(text.contains("inbound@2.0.0") && text.contains(VERSION), "{text}");
        assert!(exported_hook("smpp:operator-policy/inbound@1.0.0-rc1").is_err());
    }

    fn manifest(hooks: &[Hook], contract: &str) -> Manifest {
        let [name, version, sdk, contract] = ["acme", "1.0.0", "1.0.0", contract].map(str::to_owned);
        Manifest {
            name,
            version,
            sdk,
            contract,
            needs: None,
            hooks: hooks.to_vec(),
            unknown_hooks: Vec::new(),
            counters: Vec::new(),
        }
    }

    #[test]
    fn the_manifest_and_the_file_name_the_same_hooks() {
        let exported = BTreeSet::from([Hook::Encoding, Hook::Inbound]);
        assert!(check_manifest(&manifest(&[Hook::Inbound, Hook::Encoding], "1.0.0"), &exported).is_ok());
        for hooks in [
            &[Hook::Encoding][..],
            &[Hook::Encoding, Hook::Inbound, Hook::Splitting],
            &[],
        ] {
            let refused = check_manifest(&manifest(hooks, VERSION), &exported);
            assert!(matches!(refused, Err(LoadError::HooksDiffer { .. })), "{hooks:?}");
        }
        let other = check_manifest(
            &manifest(&[Hook::Inbound, Hook::Encoding], "smpp:operator-policy@2.0.0"),
            &exported,
        );
        assert!(matches!(other, Err(LoadError::Contract { .. })));
    }

    #[test]
    fn what_is_no_component_is_refused_in_words() {
        let text = |bytes: &[u8]| check_structure(bytes).unwrap_err().to_string();
        assert!(text(b"").contains("empty"));
        assert!(text(b"#!/bin/sh\n").contains("magic"));
        assert!(text(b"\0asm\x01\0\0\0").contains("plugin build"));
        assert!(text(b"\0asm\x0d\0\x01").contains("end"));
        assert!(check_structure(b"\0asm\x0d\0\x01\0").is_ok());
        assert!(matches!(
            check_names(b"\0asm\x0d\0\x01\0"),
            Err(LoadError::NoHooks { .. })
        ));
    }

    #[test]
    fn a_file_above_the_limit_is_not_read_whole() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), vec![0; 100]).unwrap();
        let limits = Limits {
            file_bytes: 99,
            ..Limits::default()
        };
        assert!(matches!(
            read(file.path(), &limits),
            Err(LoadError::TooLarge { size: 100, limit: 99 })
        ));
        assert!(
            read(
                file.path(),
                &Limits {
                    file_bytes: 100,
                    ..limits
                }
            )
            .is_ok()
        );
    }
}
