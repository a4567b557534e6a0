//! The console in a real browser: plays the steps of `tests/console`.

use crate::servers::process::{kill_all, mortal, spawn};
use crate::servers::target_dir;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Stdio};

/// Plays `tests/console/pages/{page}.mjs` at the gateway of this URL. The steps get `facts`, and may ask for something by an
/// order, which `deed` does and answers. Screenshots are kept in `target/console-looks`, which is printed.
///
/// # Panics
/// If a step fails: with its words, what was expected, what the page shows, and where its screenshot lies.
#[expect(clippy::print_stdout, reason = "where the screenshots are, for a person")]
pub fn play(page: &str, url: &str, facts: &Value, mut deed: impl FnMut(&str, &Value) -> Value) {
    let target = target_dir();
    let target = target.parent().unwrap_or(&target);
    let looks = target.join("console-looks");
    let mut node = Node::start(page);
    node.say(&json!({
        "url": url, "facts": facts, "looks": looks, "libraries": target.join("console"), "chromium": "/usr/bin/chromium",
    }));
    let mut steps = Vec::new();
    while let Some(line) = node.hear() {
        if let Some(step) = line["step"].as_str() {
            steps.push(step.to_owned());
        } else if let Some(order) = line["ask"].as_str() {
            let answer = deed(order, &line["more"]);
            node.say(&answer);
        } else if let Some(failed) = line.get("failed") {
            panic!("{}", account(page, &steps, failed));
        }
    }
    let complaint = node.complaint();
    let ended = node.child.wait().expect("a child of ours");
    assert!(
        ended.success() && !steps.is_empty(),
        "tests/console/run.mjs {page} ended before its steps did ({ended}; `tests/setup` installs what it needs):\n{complaint}"
    );
    println!(
        "{page}: {} steps; looks are kept in {}",
        steps.len(),
        looks.display()
    );
}

fn account(page: &str, steps: &[String], failed: &Value) -> String {
    let told = |field: &str| failed[field].as_str().unwrap_or("-").to_owned();
    format!(
        "{page}, step {} ({}): {}\n\ncomplaints: {}\nscreenshot: {}\naddress: {}\nthe page:\n{}\n",
        steps.len(),
        told("step"),
        told("error"),
        failed["complaints"],
        told("screenshot"),
        told("address"),
        told("text"),
    )
}

/// The program that drives the browser; gone with the story, and the browser with it.
struct Node {
    child: Child,
    told: BufReader<Box<dyn Read + Send>>,
}

impl Node {
    fn start(page: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("console/run.mjs");
        let mut command = mortal("node", "KILL", &[]);
        command
            .arg(script)
            .arg(page)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Ok(files) = std::env::var("CONSOLE_FILES") {
            // As said at the root of the workspace, where cargo was called.
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
            command.env("CONSOLE_FILES", root.join(files));
        }
        let mut child = spawn(command).expect("setpriv(1)");
        let told = BufReader::new(Box::new(child.stdout.take().expect("a pipe")) as Box<dyn Read + Send>);
        Self { child, told }
    }

    fn say(&mut self, line: &Value) {
        let orders = self.child.stdin.as_mut().expect("a pipe");
        // Whoever is gone says why on its way out.
        drop(writeln!(orders, "{line}"));
    }

    fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        let read = self.told.read_line(&mut line).expect("a pipe that can be read");
        (read > 0).then(|| serde_json::from_str(&line).unwrap_or_else(|_| json!({ "line": line })))
    }

    fn complaint(&mut self) -> String {
        let mut text = String::new();
        let mut stderr = self.child.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut text).expect("a pipe that can be read");
        text
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let child = &mut self.child;
        if !matches!(child.try_wait(), Ok(Some(_))) {
            kill_all(child.id(), &mut || drop(child.wait()));
        }
    }
}
