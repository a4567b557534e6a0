//! Processes that do not outlive the test's, signals to them and their children, and waiting for their end.

use super::READY;
use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

type Order = (Command, mpsc::Sender<io::Result<Child>>);

/// A program that the kernel sends this signal when the test's process is gone, kill -9 included. To be started by [`spawn`].
/// `privileges` are further options of setpriv(1).
pub(crate) fn mortal(program: impl AsRef<OsStr>, signal: &str, privileges: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", signal])
        .args(privileges)
        .arg("--")
        .arg(program)
        // The kernel wakes what is stopped in a group that loses its last tie to the terminal, and this is not the shell's.
        .process_group(0);
    command
}

/// Starts a program from a thread that lives as long as the process: the kernel counts a parent as dead with its thread.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    static PARENT: OnceLock<mpsc::Sender<Order>> = OnceLock::new();
    let parent = PARENT.get_or_init(|| {
        let (order, orders) = mpsc::channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, answer) in orders {
                // Whoever asked is waiting.
                drop(answer.send(command.spawn()));
            }
        });
        order
    });
    let (answer, answered) = mpsc::channel();
    parent.send((command, answer)).expect("a thread that lives");
    answered.recv().expect("a thread that lives")
}

/// Sends a signal to a process and its children. The parent is stopped first, so that it has no further ones meanwhile.
pub(super) fn signal_all(parent: u32, name: &str) {
    signal("STOP", &[parent]);
    let children = children(parent);
    signal(name, &children);
    signal(name, &[parent]);
}

/// kill -9 to a process and its children; returns when they are gone. `wait` reaps the parent, which is ours.
pub(crate) fn kill_all(parent: u32, wait: &mut dyn FnMut()) {
    signal("STOP", &[parent]);
    let children = children(parent);
    signal("KILL", &[parent]);
    signal("KILL", &children);
    wait();
    until_gone(&children);
}

/// Waits until these have ended. They need not be ours.
fn until_gone(pids: &[u32]) {
    let started = Instant::now();
    while pids.iter().any(|&pid| lives(pid)) {
        assert!(started.elapsed() < READY, "some of {pids:?} do not end");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Sends a signal by its name, such as `STOP`, to whoever of them is there.
pub(super) fn signal(name: &str, pids: &[u32]) {
    if pids.is_empty() {
        return;
    }
    let sent = Command::new("kill")
        .arg(format!("-{name}"))
        .args(pids.iter().map(u32::to_string))
        .stderr(Stdio::null())
        .status();
    // Some may have ended by themselves.
    sent.expect("kill(1)");
}

/// The processes whose parent this is.
fn children(parent: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").expect("/proc");
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|&pid| stat(pid).is_some_and(|(_, of)| of == parent))
        .collect()
}

fn lives(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

/// State and parent, from `/proc/PID/stat`: `PID (NAME) STATE PARENT …`.
fn stat(pid: u32) -> Option<(char, u32)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = text.get(text.rfind(')')? + 1..)?.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.next()?.parse().ok()?))
}
