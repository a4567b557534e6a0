//! `smpp-connector migrate`.

use super::{has, run};
use smpp_connector_tests::servers::PostgresServer;
use std::path::Path;

#[test]
fn both_databases_are_migrated_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = PostgresServer::with(&["fsync=off"]);
    let file = format!("[postgres]\nurl = \"{}\"\n", server.url());
    std::fs::write(dir.path().join("smpp-connector.toml"), file).unwrap();
    std::fs::create_dir_all(dir.path().join("operators")).unwrap();
    let first = run(dir.path(), &["migrate"]);
    assert_eq!(first.code, 0, "{first:?}");
    let names = migrations();
    let applied = format!("{} migrations applied: {}", names.len(), names.join(", "));
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

/// The names in `migrations/`, which are the same for both databases.
fn migrations() -> Vec<String> {
    let [postgres, sqlite] = ["postgres", "sqlite"].map(|database| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../migrations")
            .join(database);
        let files = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path());
        let mut names: Vec<_> = files
            .map(|file| file.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    });
    assert_eq!(postgres, sqlite);
    postgres
}
