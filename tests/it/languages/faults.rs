//! What goes wrong in a hook is a fault with a text, and costs no instance.

use super::load;
use crate::process::has;
use smpp_connector::policy::{Limits, PolicyHost};
use smpp_connector::ports::Policy;
use smpp_connector_tests::build_plugin;
use smpp_domain::policy::{FaultCause, IdOrigin};
use std::path::Path;
use std::sync::Arc;

/// A plugin of one hook and one module.
fn write(folder: &Path, lang: &str, entry: &str, module: &str) {
    let description = format!(
        "name = \"odd\"\nversion = \"1.0.0\"\nlang = \"{lang}\"\nhooks = [\"message-ids\"]\nentry = \"{entry}\"\n"
    );
    std::fs::write(folder.join("plugin.toml"), description).unwrap();
    std::fs::write(folder.join(entry), module).unwrap();
}

fn built(lang: &str, entry: &str, module: &str) -> Arc<dyn Policy> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), lang, entry, module);
    let component = folder.path().join("odd.wasm");
    build_plugin(folder.path(), &component).unwrap();
    let host = PolicyHost::new(Limits::default()).unwrap();
    load(&host, &component, serde_json::json!({})).unwrap()
}

/// What the hook of an odd plugin does when it is asked for these ids. One instance serves all of them.
fn every_oddity_is_survived(policy: &dyn Policy, place: &str) {
    let fault = |raw: &str| {
        let fault = policy.message_key(raw, IdOrigin::SubmitResp).unwrap_err();
        assert_eq!(fault.cause, FaultCause::Other, "{raw}: {fault:?}");
        fault.text
    };
    let key = |raw: &str| policy.message_key(raw, IdOrigin::SubmitResp).unwrap();
    let calls = || -> u32 { key("calls").unwrap().parse().unwrap() };
    let before = calls();
    has(&fault("throw"), &["boom", place]);
    has(
        &fault("shape"),
        &[
            "message-ids.normalise gave no answer of the contract",
            "must be",
            "7",
        ],
    );
    // The state of the instance is still there: it is the one that failed.
    assert_eq!(calls(), before + 3);
    assert_eq!(key("print").as_deref(), Some("print"));
    assert_eq!(key("nothing"), None);
    let now: i64 = key("clock").unwrap().parse().unwrap();
    let difference = chrono::Utc::now().timestamp_millis() - now;
    assert!((0..60_000).contains(&difference), "{difference}");
}

#[test]
fn exceptions_of_javascript_are_faults() {
    let policy = built(
        "javascript",
        "plugin.js",
        r#"let calls = 0;
export const messageIds = {
  normalise(raw, origin) {
    calls += 1;
    if (raw === "throw") throw new TypeError("boom");
    if (raw === "shape") return 7;
    if (raw === "calls") return String(calls);
    if (raw === "print") console.log("a line", { of: 3 });
    if (raw === "clock") return String(Date.now() === new Date().getTime() ? Date.now() : 0);
    return raw === "nothing" ? undefined : raw;
  },
};
"#,
    );
    every_oddity_is_survived(&*policy, "plugin.js:5");
}

#[test]
fn exceptions_of_python_are_faults() {
    let policy = built(
        "python",
        "plugin.py",
        r#"import time

calls = 0


class MessageIds:
    def normalise(self, raw, origin):
        global calls
        calls += 1
        if raw == "throw":
            raise ValueError("boom")
        if raw == "shape":
            return 7
        if raw == "calls":
            return str(calls)
        if raw == "print":
            print("a line", {"of": 3})
        if raw == "codec":
            return raw.encode("utf-16-be").decode("latin-1").encode("cp1252").hex()
        if raw == "file":
            open("/etc/passwd")
        if raw == "import":
            import colorsys
        if raw == "clock":
            return str(time.time_ns() // 1_000_000)
        return None if raw == "nothing" else raw
"#,
    );
    every_oddity_is_survived(&*policy, "plugin.py:11");
    let ask = |raw: &str| policy.message_key(raw, IdOrigin::SubmitResp);
    assert_eq!(ask("codec").unwrap().as_deref(), Some("0063006f006400650063"));
    has(&ask("file").unwrap_err().text, &["a policy has no files"]);
    has(
        &ask("import").unwrap_err().text,
        &["colorsys", "at the top of the plugin's module"],
    );
}

#[test]
fn a_description_and_a_module_that_differ_are_told() {
    for (lang, entry, module, wanted) in [
        (
            "javascript",
            "plugin.js",
            "export const nothing = 1;",
            "exports no messageIds with a function normalise",
        ),
        (
            "javascript",
            "plugin.js",
            "export const messageIds = { normalise(raw) {} };\nexport const inbound = {};",
            "plugin.toml does not name the hook `inbound`",
        ),
        (
            "javascript",
            "plugin.js",
            "export const messageIds = {",
            "plugin.js",
        ),
        (
            "typescript",
            "plugin.ts",
            "enum E { A }\nexport const messageIds = { normalise(raw: string) {} };",
            "enum is not supported",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), lang, entry, module);
        let refused = build_plugin(folder.path(), &folder.path().join("odd.wasm")).unwrap_err();
        has(&refused.to_string(), &["componentize-qjs", wanted]);
    }
}
