//! What a start finds: migrations, and servers that are not what they should be.

use super::super::{Place as _, PostgresPlace};
use super::{config, execute, host, number};
use smpp_connector::config::{PostgresConfig, Secret};
use smpp_connector::ports::Probe;
use smpp_connector::store::postgres::{OpenError, PostgresStore};
use smpp_connector_tests::servers::PostgresServer;
use std::net::TcpListener;

async fn server() -> PostgresServer {
    let start = || PostgresServer::with(&["fsync=off"]);
    tokio::task::spawn_blocking(start).await.unwrap()
}

async fn refused(config: &PostgresConfig) -> OpenError {
    match PostgresStore::open(config).await {
        Ok(_) => panic!("it was opened"),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_that_start_at_once_migrate_once() {
    let server = server().await;
    let config = config(&server);
    let all = tokio::join!(
        PostgresStore::migrate(&config),
        PostgresStore::migrate(&config),
        PostgresStore::migrate(&config),
        PostgresStore::migrate(&config)
    );
    let mut applied = [all.0, all.1, all.2, all.3].map(|done| done.unwrap().1.len());
    applied.sort_unstable();
    let [others @ .., one] = applied;
    assert_eq!(others, [0, 0, 0]);
    assert!(one > 0);
    let noted = number(&server, "SELECT count(*) FROM schema_migrations").await;
    assert_eq!(usize::try_from(noted).unwrap(), one);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_database_and_one_of_another_program_are_refused() {
    let server = server().await;
    execute(&server, "CREATE TABLE outcome (id int)").await;
    let error = refused(&config(&server)).await;
    assert!(
        matches!(&error, OpenError::Foreign { table, .. } if table == "outcome"),
        "{error:?}"
    );
    execute(
        &server,
        "DROP TABLE outcome; CREATE TABLE schema_migrations (version text)",
    )
    .await;
    let error = refused(&config(&server)).await;
    assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
    // A schema of our own is enough, and other tables beside ours are no matter.
    execute(&server, "CREATE SCHEMA smpp; CREATE TABLE smpp.recipes (id int)").await;
    let own = PostgresConfig {
        url: Secret::new(format!("{}?options[search_path]=smpp", server.url())),
        connections: 2,
    };
    PostgresStore::open(&own).await.unwrap().close().await;
    execute(
        &server,
        "INSERT INTO smpp.schema_migrations VALUES (99, 'from the future', 0)",
    )
    .await;
    let error = refused(&own).await;
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_refuses_is_named_without_the_password() {
    let server = server().await;
    let url = |database| format!("postgres://smpp:s3cret@{}/{database}", server.address());
    let named = |url: String| PostgresConfig {
        url: Secret::new(url),
        connections: 2,
    };
    let missing = refused(&named(url("nowhere"))).await;
    assert!(matches!(missing, OpenError::Refused { .. }), "{missing:?}");
    let standby = refused(&named(format!(
        "{}?options[default_transaction_read_only]=on",
        url("postgres")
    )))
    .await;
    assert!(matches!(standby, OpenError::ReadOnly { .. }), "{standby:?}");
    let nonsense = refused(&named("s3cret".to_owned())).await;
    assert!(matches!(nonsense, OpenError::Url { .. }), "{nonsense:?}");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let away = refused(&named(format!("postgres://smpp:s3cret@{free}/smpp"))).await;
    assert!(matches!(away, OpenError::Unreachable { .. }), "{away:?}");
    assert!(away.to_string().contains(&format!("{free}/smpp")), "{away}");
    for error in [missing, standby, nonsense, away] {
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_probe_says_what_is_wrong() {
    let place = PostgresPlace::fresh().await;
    let told = place.open.probe().await.unwrap();
    let newest = number(&place.server, "SELECT max(version) FROM schema_migrations").await;
    let schema = format!("schema {newest}");
    assert!(told.contains("PostgreSQL 1") && told.contains(&schema), "{told}");
    assert_eq!(
        place.open.name(),
        format!("PostgreSQL at {}/postgres", place.server.address())
    );
    execute(
        &place.server,
        "ALTER SYSTEM SET default_transaction_read_only = on",
    )
    .await;
    execute(&place.server, "SELECT pg_reload_conf()").await;
    // The server's processes take the new setting over one after the other.
    let error = loop {
        match place.open.probe().await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => break error,
        }
    };
    assert!(error.source.to_string().contains("standby"), "{error:?}");
    let reader = host_refused(&place).await;
    assert!(matches!(reader, OpenError::ReadOnly { .. }), "{reader:?}");
    place.end().await;
}

async fn host_refused(place: &PostgresPlace) -> OpenError {
    refused(&config(&place.server)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_host_starts_on_what_the_first_has_made() {
    let place = PostgresPlace::fresh().await;
    let (name, applied) = PostgresStore::migrate(&config(&place.server)).await.unwrap();
    assert_eq!((name.as_str(), applied.len()), (place.open.name().as_str(), 0));
    host(&place.server).await.close().await;
    place.end().await;
}
