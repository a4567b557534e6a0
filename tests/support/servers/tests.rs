use super::{NatsServer, PostgresServer, RedisServer};
use sqlx::{Connection, PgConnection};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

async fn postgres(server: &PostgresServer) -> PgConnection {
    PgConnection::connect(&server.url()).await.unwrap()
}

async fn execute(connection: &mut PgConnection, statement: &'static str) {
    sqlx::query(statement).execute(connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_comes_back_after_a_kill_while_it_hangs_with_work_to_do() {
    let mut server = PostgresServer::with(&[]);
    let mut connection = postgres(&server).await;
    execute(&mut connection, "CREATE TABLE t (n int)").await;
    let mut busy = postgres(&server).await;
    let working = tokio::spawn(async move { sqlx::query("SELECT pg_sleep(600)").execute(&mut busy).await });
    server.freeze();
    server.kill();
    working.await.unwrap().unwrap_err();
    server.start_again();
    execute(&mut postgres(&server).await, "INSERT INTO t VALUES (1)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_leaves_nothing_behind() {
    let mut server = PostgresServer::start();
    let dir = server.server.dir.path().to_owned();
    // Once in order, once after a kill.
    server.kill();
    let guard = super::postgres::guard_segment(&dir).unwrap();
    drop(server);
    assert!(!dir.exists());
    assert!(!segments().contains(&guard));

    let server = PostgresServer::start();
    let dir = server.server.dir.path().to_owned();
    let pid = server.pid();
    drop(server);
    assert!(!dir.exists());
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
}

/// The segments of shared memory of this machine.
fn segments() -> Vec<String> {
    let segments = std::fs::read_to_string("/proc/sysvipc/shm").unwrap();
    let ids = segments.lines().filter_map(|line| line.split_whitespace().nth(1));
    ids.map(str::to_owned).collect()
}

/// Not a test by itself: it is killed by the next one.
#[test]
#[ignore = "waits to be killed"]
fn waits_to_be_killed() {
    let (nats, postgres, redis) = (NatsServer::start(), PostgresServer::start(), RedisServer::start());
    let guard = super::postgres::guard_segment(postgres.server.dir.path()).unwrap();
    println!(
        "\nservers {} {} {} {guard}",
        nats.pid(),
        postgres.pid(),
        redis.pid()
    );
    for server in [&nats.server, &postgres.server, &redis.server] {
        println!("folder {}", server.dir.path().display());
    }
    println!("end");
    std::thread::sleep(Duration::from_secs(600));
}

#[test]
fn no_server_outlives_a_test_process_that_is_killed() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "servers::tests::waits_to_be_killed",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let told: Vec<String> = told.take_while(|line| line != "end").collect();
    let words = |kind: &'static str| told.iter().filter_map(move |line| line.strip_prefix(kind));
    let mut pids: Vec<String> = words("servers ")
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect();
    let guard = pids.pop().unwrap();
    assert_eq!(pids.len(), 3);
    assert!(segments().contains(&guard));
    child.kill().unwrap();
    child.wait().unwrap();
    let lives = |pid: &String| Path::new("/proc").join(pid).exists();
    let started = Instant::now();
    while pids.iter().any(lives) || segments().contains(&guard) {
        assert!(
            started.elapsed() < super::READY,
            "{pids:?} or the segment {guard} is there"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    for folder in words("folder ") {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_keeps_its_streams_and_redis_forgets() {
    for mut server in [NatsServer::start(), NatsServer::start_current()] {
        let stream = |name: &str| async_nats::jetstream::stream::Config {
            name: name.to_owned(),
            ..Default::default()
        };
        let client = async_nats::connect(server.url()).await.unwrap();
        let context = async_nats::jetstream::new(client);
        context.create_stream(stream("KEPT")).await.unwrap();
        server.freeze();
        server.kill();
        server.start_again();
        let client = async_nats::connect(server.url()).await.unwrap();
        async_nats::jetstream::new(client)
            .get_stream("KEPT")
            .await
            .unwrap();
    }
    let mut server = RedisServer::start();
    let connect = |url: String| async move {
        let client = redis::Client::open(url).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    };
    let set: () = redis::cmd("SET")
        .arg("k")
        .arg("v")
        .query_async(&mut connect(server.url()).await)
        .await
        .unwrap();
    server.kill();
    server.start_again();
    let kept: Option<String> = redis::cmd("GET")
        .arg("k")
        .query_async(&mut connect(server.url()).await)
        .await
        .unwrap();
    assert_eq!((set, kept), ((), None));
}
