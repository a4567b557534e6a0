//! Machine code that was kept on disk and is no use any more. Elsewhere one entry of another compiler made every plugin fail, until
//! somebody deleted a folder.

use crate::policy::{Bench, HEADERS, current, no_settings, plugin};
use smpp_connector::policy::{Limits, PolicyHost};
use std::path::{Path, PathBuf};

/// What is kept under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn machine_code_that_cannot_be_read_is_made_again() {
    let bench = Bench::new();
    let file = bench.put("acme.wasm", plugin(HEADERS));
    let data = tempfile::tempdir().unwrap();
    // A host of its own each time, as after a restart.
    let hits = || {
        let host = PolicyHost::open(Limits::default(), data.path()).expect("a plugin host");
        let operator = host
            .load_operator(crate::policy::config(&file, no_settings()))
            .expect("a good plugin");
        assert_eq!(current(&operator), HEADERS);
        host.cache_hits()
    };
    assert_eq!((hits(), hits()), (0, 1), "compiled once");
    type Harm = fn(&Path);
    let harms: [(&str, Harm); 3] = [
        ("of another compiler", |entry| {
            let mut code = std::fs::read(entry).unwrap();
            let middle = code.len() / 2;
            code[..middle].fill(b'x');
            std::fs::write(entry, code).unwrap();
        }),
        ("half written", |entry| {
            let code = std::fs::read(entry).unwrap();
            std::fs::write(entry, &code[..code.len() / 2]).unwrap();
        }),
        ("empty", |entry| std::fs::write(entry, b"").unwrap()),
    ];
    for (name, harm) in harms {
        let kept = files(data.path());
        assert!(!kept.is_empty(), "nothing is kept");
        kept.iter().for_each(|entry| harm(entry));
        assert_eq!(hits(), 0, "{name}: it was compiled again");
    }
}
