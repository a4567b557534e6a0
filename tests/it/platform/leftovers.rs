//! What a story that fails leaves behind: nothing.

use super::{BINARY, my_turn, operator, until_bound};
use smpp_connector_tests::Platform;
use smsc_sim::Script;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

#[test]
fn a_story_that_fails_leaves_neither_processes_nor_folders() {
    let _turn = my_turn();
    let (tell, told) = mpsc::channel::<(PathBuf, Vec<u32>)>();
    let failing = std::thread::spawn(move || {
        let platform = Platform::start(BINARY).behind_relays();
        let smsc = platform.smsc(Script::new());
        let operator = operator(&smsc);
        let host = platform.host("host", &[operator]);
        until_bound(&platform, &smsc, 1);
        let servers = [
            platform.nats.pid(),
            platform.postgres.pid(),
            platform.redis.pid(),
            host.pid(),
        ];
        tell.send((platform.path().to_owned(), servers.to_vec())).unwrap();
        panic!("this story fails, as it is meant to");
    });
    failing.join().unwrap_err();
    let (folder, pids) = told.recv().unwrap();
    assert!(!folder.exists(), "{}", folder.display());
    for pid in pids {
        assert!(
            pid > 0 && !Path::new(&format!("/proc/{pid}")).exists(),
            "{pid} is there"
        );
    }
}
