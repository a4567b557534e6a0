//! A plugin's settings on the command line: JSON, or a file with them.

use anyhow::{Context, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What `--settings` means.
pub(in crate::cli) const VALUE_NAME: &str = "JSON|@FILE";

/// Reads `{"a": 1}`, `@settings.json`, or `@operators/acme.toml`, of which `[policy] settings` counts.
pub(in crate::cli) fn read(text: &str) -> anyhow::Result<Value> {
    let Some(file) = text.strip_prefix('@').map(PathBuf::from) else {
        return serde_json::from_str(text).with_context(|| {
            format!("--settings: {text:?} is not JSON; write {{...}}, or @ and a file's name")
        });
    };
    let content = std::fs::read_to_string(&file)
        .with_context(|| format!("--settings: {} cannot be read", file.display()))?;
    if file.extension().is_some_and(|end| end == "toml") {
        from_toml(&file, &content)
    } else {
        serde_json::from_str(&content).with_context(|| format!("--settings: {} is not JSON", file.display()))
    }
}

/// Of an operator's file its `[policy] settings`; any other table is the settings themselves.
fn from_toml(file: &Path, content: &str) -> anyhow::Result<Value> {
    let table: toml::Table = content
        .parse()
        .with_context(|| format!("--settings: {} is not TOML", file.display()))?;
    let Some(policy) = table.get("policy") else {
        if table.contains_key("operator_id") {
            bail!("--settings: {} has no [policy]", file.display());
        }
        return serde_json::to_value(table).context("--settings: not every value has a form in JSON");
    };
    match policy.get("settings") {
        Some(settings) => {
            serde_json::to_value(settings).context("--settings: not every value has a form in JSON")
        }
        None => Ok(Value::Object(serde_json::Map::new())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_come_from_where_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, content: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, content).unwrap();
            read(&format!("@{}", file.display()))
        };
        assert_eq!(read("{\"a\":1}").unwrap(), json!({ "a": 1 }));
        assert_eq!(at("a.json", "[1]").unwrap(), json!([1]));
        assert_eq!(at("a.toml", "a = 1").unwrap(), json!({ "a": 1 }));
        let operator = "operator_id = \"x\"\n[policy]\nplugin = \"a.wasm\"\n";
        assert_eq!(at("o.toml", operator).unwrap(), json!({}));
        let with = format!("{operator}settings = {{ b = {{ c = \"hex\" }} }}\n");
        assert_eq!(at("p.toml", &with).unwrap(), json!({ "b": { "c": "hex" } }));
        for (wrong, wanted) in [
            (read("a: 1"), "is not JSON; write {...}, or @"),
            (read("@nowhere.json"), "nowhere.json cannot be read"),
            (at("b.toml", "operator_id = \"x\""), "has no [policy]"),
            (at("c.toml", "="), "is not TOML"),
        ] {
            let told = format!("{:#}", wrong.unwrap_err());
            assert!(told.contains(wanted), "{told}");
        }
    }
}
