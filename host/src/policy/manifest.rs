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
/// Counters that a plugin may declare.
const MOST_COUNTERS: usize = 32;
/// Octets of a counter's name.
const COUNTER_NAME: usize = 40;

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
    /// The oldest version of the contract that it can do with, if that is older than `contract`.
    pub needs: Option<String>,
    /// What it exports, in the order of the contract.
    pub hooks: Vec<Hook>,
    /// Hooks of a contract that this gateway does not know.
    pub unknown_hooks: Vec<String>,
    /// Counters that it adds to: at most 32.
    pub counters: Vec<String>,
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
    /// It declares counters that nobody could read.
    #[error("custom section `{SECTION}` {0}")]
    Counters(String),
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
    #[serde(default)]
    needs: Option<String>,
    hooks: Vec<String>,
    #[serde(default)]
    counters: Vec<String>,
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
    let (mut hooks, mut unknown_hooks) = (Vec::new(), Vec::new());
    for hook in written.hooks {
        match Hook::ALL.into_iter().find(|known| known.name() == hook) {
            Some(known) => hooks.push(known),
            None => unknown_hooks.push(hook),
        }
    }
    hooks.sort_unstable();
    hooks.dedup();
    check_counters(&written.counters).map_err(ManifestError::Counters)?;
    Ok(Manifest {
        name: written.name,
        version: written.version,
        sdk: written.sdk,
        contract: written.contract,
        needs: written.needs,
        hooks,
        unknown_hooks,
        counters: written.counters,
    })
}

fn check_counters(counters: &[String]) -> Result<(), String> {
    if counters.len() > MOST_COUNTERS {
        return Err(format!(
            "declares {} counters; {MOST_COUNTERS} are the most",
            counters.len()
        ));
    }
    let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'_');
    for (index, counter) in counters.iter().enumerate() {
        if counter.is_empty() || counter.len() > COUNTER_NAME || !counter.bytes().all(fits) {
            return Err(format!(
                "declares the counter {counter:?}; a name has 1 to {COUNTER_NAME} lower-case letters, digits, `-` and `_`"
            ));
        }
        if counters.iter().take(index).any(|other| other == counter) {
            return Err(format!("declares the counter `{counter}` twice"));
        }
    }
    Ok(())
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
    }

    #[test]
    fn what_a_later_sdk_adds_is_read_as_far_as_it_is_known() {
        let later = GOOD
            .replace("inbound", "outbound")
            .replace("\"hooks\"", "\"needs\":\"1.0\",\"colour\":\"red\",\"hooks\"");
        let manifest = read_manifest(&module(&[&later])).unwrap();
        assert_eq!(manifest.needs.as_deref(), Some("1.0"));
        assert_eq!(
            (manifest.hooks, manifest.unknown_hooks),
            (vec![Hook::Encoding], vec!["outbound".to_owned()])
        );
        let unknown = ManifestError::UnknownHook {
            hook: "outbound".to_owned(),
        };
        let text = unknown.to_string();
        assert!(text.starts_with("unknown hook `outbound`: this gateway knows settings, encoding,"));
    }

    #[test]
    fn counters_are_few_and_have_plain_names() {
        let with = |counters: &[String]| {
            let counters = serde_json::to_string(counters).unwrap();
            let manifest = GOOD.replace("\"hooks\"", &format!("\"counters\":{counters},\"hooks\""));
            read_manifest(&module(&[&manifest]))
        };
        let names = |count: usize| -> Vec<String> { (0..count).map(|n| format!("seen-{n}")).collect() };
        assert_eq!(with(&names(32)).unwrap().counters.len(), 32);
        let many = with(&names(33)).unwrap_err().to_string();
        assert!(many.contains("33 counters; 32 are the most"), "{many}");
        for (wrong, says) in [
            (["Seen"].map(str::to_owned).to_vec(), "lower-case"),
            ([""].map(str::to_owned).to_vec(), "1 to 40"),
            (["x".repeat(41)].to_vec(), "1 to 40"),
            (["a", "a"].map(str::to_owned).to_vec(), "twice"),
        ] {
            let text = with(&wrong).unwrap_err().to_string();
            assert!(text.contains(says), "{text}");
        }
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
