//! Plugins in every language: built by the gateway's own command, loaded by its own loader.
#![cfg(test)]

mod answers;
mod dev;
mod faults;
mod templates;
mod tools;

use smpp_connector::policy::{LimitsAsked, LoadError, OperatorPolicyConfig, PolicyHost, ShadowRule};
use smpp_connector::ports::{Policy, PolicySource as _};
use smpp_domain::ids::OperatorId;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of the tests.
fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

/// The plugin as an operator's policy, with the limits that an operator gets who says nothing.
fn load(host: &PolicyHost, file: &Path, settings: serde_json::Value) -> Result<Arc<dyn Policy>, LoadError> {
    let operator = host.load_operator(OperatorPolicyConfig {
        operator_id: OperatorId(uuid::Uuid::now_v7()),
        operator_name: "acme".to_owned(),
        file: Some(file.to_owned()),
        settings,
        sha256_pin: None,
        limits: LimitsAsked::default(),
        shadow: ShadowRule::default(),
        budget: None,
    })?;
    Ok(operator.current())
}
