//! `plugin dev`: from a save to a version that decides.

use crate::process::{BINARY, has};
use smpp_connector_tests::{GatewayProcess, Operator, build_plugin, toolbox};
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The command while it runs. Ended when the test does.
struct Dev {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Dev {
    /// The lines up to that which says that it waits again.
    fn round(&mut self) -> String {
        let mut told = String::new();
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            if line.contains("waiting for changes") {
                return told;
            }
            told.push_str(&line);
            told.push('\n');
        }
        panic!("it has ended: {told}");
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_save_is_built_tested_and_swapped_and_a_mistake_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(BINARY)
        .args(["plugin", "new", "acme", "--lang", "javascript"])
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(made.success());
    let sources = folder.path().join("acme");
    let component = folder.path().join("first.wasm");
    build_plugin(&sources, &component).unwrap();
    // Nobody answers there: plugins need no session.
    let operator = Operator::at("127.0.0.1:9".parse().unwrap()).plugin(component);
    let home = tempfile::tempdir().unwrap();
    let gateway = GatewayProcess::start(BINARY, home.path(), std::slice::from_ref(&operator));

    let mut child = Command::new(BINARY)
        .args([
            "plugin",
            "dev",
            "acme",
            "--operator",
            &operator.name,
            "--url",
            gateway.url("").trim_end_matches('/'),
        ])
        .current_dir(folder.path())
        .env("SMPP_CONNECTOR_TOOLS", toolbox().folder())
        .env("XDG_CACHE_HOME", folder.path().join("cache"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut dev = Dev { child, lines };
    has(
        &dev.round(),
        &["3 fixtures, 3 passed", "acme 0.1.0", "decides now"],
    );

    let change = |file: &str, from: &str, to: &str| {
        let path = sources.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    };
    change("plugin.toml", "version = \"0.1.0\"", "version = \"0.2.0\"");
    has(&dev.round(), &["3 passed", "acme 0.2.0", "decides now"]);
    change("plugin.js", "? 16 : 10", "? 10 : 16");
    has(
        &dev.round(),
        &["FAILED  message-ids", "the version before goes on"],
    );
    change(
        "plugin.js",
        "export const inbound = {",
        "export const inbound = {{",
    );
    has(
        &dev.round(),
        &["componentize-qjs could not build the plugin", "plugin.js"],
    );
    let policy = gateway.get(&format!("/api/v1/plugins/{}", operator.name)).json();
    assert_eq!(policy["active"]["version"], "0.2.0", "{policy}");
}
