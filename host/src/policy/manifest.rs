//! What a plugin says about itself, read without running it.
//!
//! The SDK writes it into a custom section of the core module, which the component then carries. The hooks in it are
//! compared with the file's exports at admission: a component cut short at the end of a section is still valid, it
//! merely has fewer hooks.

use serde::{Deserialize, Serialize};
use smpp_domain::policy::Hook;
use thiserror::Error;
use wasmparser::{Parser, Payload};

/// The custom section's name.
pub const SECTION: &str = "smpp-plugin-manifest";

/// Octets that a manifest may have.
const MOST_OCTETS: usize = 64 * 1024;

/// A plugin's own account of itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Manifest {
    /// Name of the plugin's package.
    pub name: String,
    /// Version of the plugin's package.
    pub version: String,
    /// Version of the SDK that it was built with.
    pub sdk: String,
    /// Version of the WIT package that it was built for.
    pub contract: String,
    /// What it exports, in the order of the contract.
    pub hooks: Vec<Hook>,
}

/// Why there is no manifest to be had, and what to do about it.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// The bytes are not WebAssembly, or end too early.
    #[error("not a complete WebAssembly file: copy it again, and to another name first, then rename")]
    Unreadable(#[source] wasmparser::BinaryReaderError),
    /// The file does not say what it is.
    #[error(
        "no custom section `{SECTION}`: a plugin in Rust needs `operator_policy!`, any other must add the section"
    )]
    Missing,
    /// The file says it twice.
    #[error(
        "more than one custom section `{SECTION}`: use `operator_policy!` once, in the plugin's own crate"
    )]
    Repeated,
    /// The section is too long.
    #[error("custom section `{SECTION}` has {0} octets, {MOST_OCTETS} are allowed")]
    TooLong(usize),
    /// The section is no manifest.
    #[error("custom section `{SECTION}` is no manifest: build the plugin with the SDK of this gateway")]
    Malformed(#[source] serde_json::Error),
    /// It names a hook that this gateway has not got.
    #[error("unknown hook `{hook}`: this gateway knows {known}; leave the hook out or upgrade the gateway", known = known_hooks())]
    UnknownHook {
        /// As written.
        hook: String,
    },
}

/// As in the section. Unknown keys are a later SDK's business.
#[derive(Deserialize)]
struct Written {
    name: String,
    version: String,
    sdk: String,
    contract: String,
    hooks: Vec<String>,
}

/// Reads the manifest of a component or of a core module.
///
/// # Errors
/// If the file is damaged or has not exactly one manifest; the message says the mend.
pub fn read_manifest(wasm: &[u8]) -> Result<Manifest, ManifestError> {
    let mut found = None;
    // Walks into nested modules, too.
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CustomSection(section) = payload.map_err(ManifestError::Unreadable)? else {
            continue;
        };
        if section.name() == SECTION && found.replace(section.data()).is_some() {
            return Err(ManifestError::Repeated);
        }
    }
    let written = found.ok_or(ManifestError::Missing)?;
    if written.len() > MOST_OCTETS {
        return Err(ManifestError::TooLong(written.len()));
    }
    let written: Written = serde_json::from_slice(written).map_err(ManifestError::Malformed)?;
    let mut hooks = written
        .hooks
        .into_iter()
        .map(known_hook)
        .collect::<Result<Vec<_>, _>>()?;
    hooks.sort_unstable();
    hooks.dedup();
    Ok(Manifest {
        name: written.name,
        version: written.version,
        sdk: written.sdk,
        contract: written.contract,
        hooks,
    })
}

fn known_hook(hook: String) -> Result<Hook, ManifestError> {
    Hook::ALL
        .into_iter()
        .find(|known| known.name() == hook)
        .ok_or(ManifestError::UnknownHook { hook })
}

fn known_hooks() -> String {
    Hook::ALL.map(Hook::name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"name":"acme","version":"1.2.3","sdk":"1.0.0","contract":"1.0.0","hooks":["inbound","encoding"]}"#;

    /// A core module of nothing but manifests, each under 16 kB.
    fn module(manifests: &[&str]) -> Vec<u8> {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        for manifest in manifests {
            let mut body = vec![u8::try_from(SECTION.len()).unwrap()];
            body.extend_from_slice(SECTION.as_bytes());
            body.extend_from_slice(manifest.as_bytes());
            wasm.push(0);
            wasm.push(u8::try_from(body.len() & 0x7F).unwrap() | 0x80);
            wasm.push(u8::try_from(body.len() >> 7).unwrap());
            wasm.extend_from_slice(&body);
        }
        wasm
    }

    #[test]
    fn reads_what_the_sdk_writes() {
        let manifest = read_manifest(&module(&[GOOD])).unwrap();
        assert_eq!(
            (manifest.name.as_str(), manifest.version.as_str()),
            ("acme", "1.2.3")
        );
        assert_eq!(
            (manifest.sdk.as_str(), manifest.contract.as_str()),
            ("1.0.0", "1.0.0")
        );
        assert_eq!(
            manifest.hooks,
            [Hook::Encoding, Hook::Inbound],
            "in the order of the contract"
        );
    }

    #[test]
    fn says_what_is_wrong() {
        let error = |manifests: &[&str]| read_manifest(&module(manifests)).unwrap_err();
        assert!(matches!(error(&[]), ManifestError::Missing));
        assert!(matches!(error(&[GOOD, GOOD]), ManifestError::Repeated));
        assert!(matches!(error(&["{}"]), ManifestError::Malformed(_)));
        let unknown = error(&[&GOOD.replace("inbound", "outbound")]);
        assert!(
            unknown
                .to_string()
                .starts_with("unknown hook `outbound`: this gateway knows settings, encoding,")
        );
    }

    #[test]
    fn damaged_files_are_told_from_files_without_a_manifest() {
        let whole = module(&[GOOD]);
        for damaged in [&b""[..], b"hello, world", &whole[..whole.len() - 1]] {
            assert!(matches!(
                read_manifest(damaged),
                Err(ManifestError::Unreadable(_))
            ));
        }
    }
}
