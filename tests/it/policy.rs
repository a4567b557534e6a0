//! Policy plugins as files: what is refused, what a running one may do to us, and how it is replaced.
#![cfg(test)]

mod cookbook;
mod files;
mod fixtures;
mod hostile;
mod published;
mod quirks;
mod refusals;
mod swaps;
mod versions;

use smpp_connector::policy::build::{BuildRequest, build};
use smpp_connector::policy::{LoadError, OperatorPolicy, OperatorPolicyConfig, PolicyHost};
use smpp_connector::ports::{Policy, PolicySource};
use smpp_domain::dispatch::{LongMessageStrategy, MessageType, SmsEncoding};
use smpp_domain::ids::{AccountId, MessageId, OperatorId};
use smpp_domain::pdu::Address;
use smpp_domain::policy::{OutboundMessage, SplittingAnswer};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;

/// Splits long texts by message_payload.
pub(crate) const PAYLOAD: &str = "latin1";
/// The same plugin, which splits them by headers.
pub(crate) const HEADERS: &str = "latin1-headers";
/// Misbehaves on demand.
pub(crate) const HOSTILE: &str = "hostile";

/// A plugin of this repository as a component, built once.
pub(crate) fn plugin(name: &str) -> &'static [u8] {
    static BUILT: OnceLock<Vec<(&str, Vec<u8>)>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let out = TempDir::new().expect("a folder for plugins");
        let builds = [
            (PAYLOAD, "plugins/latin1"),
            (HEADERS, "plugins/latin1"),
            (HOSTILE, "tests/fixtures/hostile"),
        ];
        let build_one = |(name, folder): (&'static str, &str)| {
            let request = BuildRequest {
                crate_dir: Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder),
                out: out.path().join(name).with_extension("wasm"),
                features: Vec::new(),
                no_default_features: name == HEADERS,
            };
            let built = build(&request).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, std::fs::read(built.path).expect("the plugin just built"))
        };
        builds.map(build_one).into()
    });
    &built
        .iter()
        .find(|(built, _)| *built == name)
        .expect("a plugin of this list")
        .1
}

/// The same component under another digest.
pub(crate) fn stamped(wasm: &[u8], stamp: u32) -> Vec<u8> {
    let name = b"stamp";
    let mut section = vec![0, 1 + 5 + 4, 5];
    section.extend_from_slice(name);
    section.extend_from_slice(&stamp.to_le_bytes());
    [wasm, &section].concat()
}

/// A folder with plugins, and a host that loads them.
pub(crate) struct Bench {
    pub(crate) host: Arc<PolicyHost>,
    pub(crate) folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let host = PolicyHost::new(smpp_connector::policy::Limits::default()).expect("a plugin host");
        Self {
            host,
            folder: TempDir::new().expect("a folder"),
        }
    }

    /// One for guests that bring an interpreter, on a machine that does much else meanwhile.
    pub(crate) fn patient() -> Self {
        let limits = smpp_connector::policy::Limits {
            call_deadline: std::time::Duration::from_secs(5),
            start_deadline: std::time::Duration::from_secs(20),
            memory_bytes: 128 << 20,
            ..smpp_connector::policy::Limits::default()
        };
        Self {
            host: PolicyHost::new(limits).expect("a plugin host"),
            folder: TempDir::new().expect("a folder"),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, wasm: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, wasm).expect("a plugin file");
        path
    }

    pub(crate) fn load(
        &self,
        file: &Path,
        settings: serde_json::Value,
    ) -> Result<Arc<OperatorPolicy>, LoadError> {
        self.host.load_operator(config(file, settings))
    }
}

pub(crate) fn config(file: &Path, settings: serde_json::Value) -> OperatorPolicyConfig {
    OperatorPolicyConfig {
        settings,
        ..OperatorPolicyConfig::new(OperatorId(uuid::Uuid::now_v7()), "acme", Some(file.to_owned()))
    }
}

pub(crate) fn no_settings() -> serde_json::Value {
    serde_json::json!({})
}

pub(crate) fn message(text: &str) -> OutboundMessage {
    let address = |ton, npi, digits: &str| Address {
        ton,
        npi,
        digits: digits.to_owned(),
    };
    OutboundMessage {
        message_id: MessageId(uuid::Uuid::nil()),
        account_id: AccountId(uuid::Uuid::nil()),
        source: address(5, 0, "Test"),
        destination: address(1, 1, "491510000000"),
        text: text.to_owned(),
        encoding: SmsEncoding::Gsm7,
        message_type: MessageType::Sms,
        long_message_strategy: LongMessageStrategy::Csms,
    }
}

/// Which of the two versions this is, by what it does.
pub(crate) fn behaviour(policy: &dyn Policy) -> &'static str {
    match policy.splitting(&message("long"), 3, 500) {
        Ok(SplittingAnswer::MessagePayload { .. }) => PAYLOAD,
        Ok(SplittingAnswer::Udh { .. }) => HEADERS,
        other => panic!("neither version answers {other:?}"),
    }
}

pub(crate) fn current(operator: &OperatorPolicy) -> &'static str {
    behaviour(&*operator.current())
}

/// `<file>.status.json`.
pub(crate) fn verdict(file: &Path) -> serde_json::Value {
    let mut path = file.as_os_str().to_owned();
    path.push(".status.json");
    let text = std::fs::read(PathBuf::from(path)).expect("a verdict next to the file");
    serde_json::from_slice(&text).expect("a verdict in JSON")
}
