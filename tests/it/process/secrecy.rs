//! A full run at the most verbose level, and afterwards not one number, text or secret in what people may see of it: logs,
//! metrics, pages that want no token, answers to who has none, recordings, traces, what commands print.

mod needles;
mod stage;

use super::run;
use smpp_connector_tests::servers::{NatsServer, PostgresServer, RedisServer};
use smpp_connector_tests::{http, write_files_with};
use stage::{SERVERS, Stage, WRONG, needles, shown, wait};

#[test]
fn a_run_on_embedded_backends_shows_nothing_private() {
    let mut stage = Stage::new("");
    stage.play("text", |_, _| {});
    stage.shown.assert_nothing_private(&needles());
}

#[test]
fn a_run_on_a_platform_that_comes_and_goes_shows_nothing_private() {
    let [nats_word, postgres_word, redis_word] = SERVERS;
    let mut nats = NatsServer::start_with(&["--user", "smpp", "--pass", nats_word]);
    let mut postgres = PostgresServer::start();
    let mut redis = RedisServer::start_with(&["--requirepass", redis_word]);
    let urls = |nats_word: &str, redis_word: &str| {
        format!(
            "lease = \"2s\"\nnats.url = \"nats://smpp:{nats_word}@{}\"\npostgres.url = \"postgres://smpp:{postgres_word}@{}/postgres\"\nredis.url = \"redis://:{redis_word}@{}\"\n",
            nats.address(),
            postgres.address(),
            redis.address()
        )
    };
    let (good, bad) = (urls(nats_word, redis_word), urls(WRONG, WRONG));
    let mut stage = Stage::new(&good);
    stage.play("json", |stage, gateway| {
        let ready = |status| {
            http::request("GET", &gateway.url("/readyz"), &[], b"")
                .is_ok_and(|answer| answer.status == status)
        };
        redis.kill();
        nats.kill();
        postgres.kill();
        wait(|| ready(503));
        redis.start_again();
        nats.start_again();
        postgres.start_again();
        wait(|| ready(200));
        stage.seen(|seen| seen.binds >= 1);
    });
    // The same with passwords that no server takes.
    let settings = stage.settings.replace(&good, &bad);
    write_files_with(stage.path(), &stage.operators, &settings);
    stage.runtime.block_on(postgres.refuse_passwords());
    for arguments in [
        ["check", "--connect"],
        ["run", "--log=json"],
        ["migrate", "--log=json"],
    ] {
        let told = run(stage.path(), &arguments);
        assert_ne!(told.code, 0, "{told:?}");
        stage.shown.add(arguments.join(" "), shown(&told));
    }
    stage.shown.assert_nothing_private(&needles());
}
