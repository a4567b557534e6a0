//! A program that tells in lines what it does, and is told in lines what to do.

use crate::PATIENCE;
use crate::servers::process;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::watch;

/// So many lines are shown of a program whose test has failed.
const LAST: usize = 100;

type Lines = Arc<watch::Sender<Vec<String>>>;

/// A running program, killed with its test. If the test has failed, what it told is shown.
pub(super) struct Program {
    name: &'static str,
    child: Child,
    orders: Option<ChildStdin>,
    told: watch::Receiver<Vec<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Program {
    /// Starts a program with what `arguments` adds to its command line and environment.
    pub(super) fn start(
        name: &'static str,
        program: impl AsRef<Path>,
        arguments: impl FnOnce(&mut Command),
    ) -> Self {
        let mut command = process::mortal(program.as_ref(), "KILL", &[]);
        arguments(&mut command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = process::spawn(command).expect("setpriv(1)");
        let lines = Lines::default();
        let told = lines.subscribe();
        // When both have ended, so has the telling.
        let readers = vec![
            collect(child.stdout.take().expect("a pipe"), lines.clone()),
            collect(child.stderr.take().expect("a pipe"), lines),
        ];
        let orders = child.stdin.take();
        Self {
            name,
            child,
            orders,
            told,
            readers,
        }
    }

    /// Tells it a line.
    pub(super) fn say(&mut self, line: &str) {
        let orders = self.orders.as_mut().expect("a program that is still spoken to");
        writeln!(orders, "{line}").unwrap_or_else(|error| panic!("{} does not listen: {error}", self.name));
    }

    /// Tells it that nothing comes any more.
    pub(super) fn say_no_more(&mut self) {
        self.orders = None;
    }

    /// Waits until `find` finds something in what the program has told so far, on both outputs.
    pub(super) async fn until<T>(&self, what: &str, mut find: impl FnMut(&[String]) -> Option<T>) -> T {
        let mut told = self.told.clone();
        let waiting = async {
            loop {
                if let Some(found) = find(&told.borrow_and_update()) {
                    return Ok::<_, watch::error::RecvError>(found);
                }
                told.changed().await?;
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) => panic!(
                "{} has ended before this: {what}; `tests/setup` installs what it needs",
                self.name
            ),
            Err(_) => panic!("{} has not told this in {PATIENCE:?}: {what}", self.name),
        }
    }

    /// Waits until it ends by itself.
    pub(super) async fn until_ended(&self) {
        let mut told = self.told.clone();
        let ended = async { while told.changed().await.is_ok() {} };
        let waited = tokio::time::timeout(PATIENCE, ended).await;
        assert!(waited.is_ok(), "{} does not end", self.name);
    }

    /// kill -9; returns when it is gone.
    pub(super) fn kill(&mut self) {
        process::kill_all(self.child.id(), &mut || drop(self.child.wait()));
        for reader in self.readers.drain(..) {
            reader.join().expect("a reader");
        }
    }
}

impl Drop for Program {
    #[expect(clippy::print_stderr, reason = "so that a failed test shows it")]
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let told = self.told.borrow();
            let (_, last) = told.split_at(told.len().saturating_sub(LAST));
            eprintln!("The last that {} told:\n{}\n", self.name, last.join("\n"));
        }
    }
}

/// Reads a program's output to its end.
fn collect(output: impl Read + Send + 'static, lines: Lines) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while let Ok(1..) = output.read_until(b'\n', &mut line) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            lines.send_modify(|lines| lines.push(text));
            line.clear();
        }
    })
}
