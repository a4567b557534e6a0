//! `smpp-connector migrate`.

use super::{has, run};
use smpp_connector_tests::servers::PostgresServer;

#[test]
fn both_databases_are_migrated_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = PostgresServer::with(&["fsync=off"]);
    let file = format!("[postgres]\nurl = \"{}\"\n", server.url());
    std::fs::write(dir.path().join("smpp-connector.toml"), file).unwrap();
    std::fs::create_dir_all(dir.path().join("operators")).unwrap();
    let first = run(dir.path(), &["migrate"]);
    assert_eq!(first.code, 0, "{first:?}");
    let applied = "3 migrations applied: 0001_initial, 0002_intent_owner, 0003_mo_segments";
    let name = format!("PostgreSQL at {}/postgres: {applied}", server.address());
    has(&first.stdout, &[&name, &format!("smpp-connector.db: {applied}")]);
    let second = run(dir.path(), &["migrate"]);
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(second.stdout.matches("nothing to do").count(), 2, "{second:?}");
    drop(server);
    // Nobody listens there any more.
    let away = run(dir.path(), &["migrate"]);
    assert_eq!(away.code, 69, "{away:?}");
    has(&away.stderr, &["cannot be reached"]);
    std::fs::write(dir.path().join("smpp-connector.toml"), "[postgres]\nuri = 1\n").unwrap();
    assert_eq!(run(dir.path(), &["migrate"]).code, 78);
}
