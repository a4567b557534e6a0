//! `smpp-connector.toml`.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        "data_dir",
        r#"`"data"`"#,
        "the SQLite database, the latest odd PDUs and decisions, earlier plugin versions and compiled plugins. Whoever can write here can run code",
    ),
    key(
        "operators_dir",
        r#"`"operators"`"#,
        "one TOML file an operator; changes apply within about a second, an invalid file changes nothing and is logged",
    ),
    key("plugins_dir", r#"`"plugins"`"#, "the `.wasm` files"),
    key("shutdown_grace", r#"`"30s"`"#, "how long a shutdown may drain"),
    key(
        "host_name",
        "the machine's",
        "tells hosts apart in logs and where they share something",
    ),
    key(
        "lease",
        r#"`"10s"`"#,
        "how long what a host holds stays its own after it was last heard of: binds, its share of the TPS, commands that it works on. The same on all hosts",
    ),
    key(
        "http.listen",
        r#"`"127.0.0.1:8080"`"#,
        "port 0 takes any free one; `run` prints it",
    ),
    key(
        "http.token",
        "none",
        r#"bearer token for everything but the health checks, the API's description and the console's files; required unless `listen` is a loopback address. A literal, `{ env = "NAME" }` or `{ file = "path" }`"#,
    ),
    key(
        "recordings.decisions",
        "`true`",
        "whether hook calls and their PDUs are recorded: [docs/decisions.md](decisions.md)",
    ),
    key("recordings.room", r#"`"64MiB"`"#, "octets on disk for them"),
    key(
        "recordings.texts",
        r#"`"masked"`"#,
        r#"or `"kept"`: whether recorded calls hold messages' texts. Numbers are always masked"#,
    ),
    key(
        "traces.otlp",
        r#"`"http://127.0.0.1:4318"`, or what `OTEL_EXPORTER_OTLP_ENDPOINT` says"#,
        "where the [traces](operating.md#traces) of messages go: an OpenTelemetry collector beside this host, by plain HTTP. Without `[traces]` there are none",
    ),
    key(
        "traces.sample",
        "`0.01`",
        "the share of messages that are traced, each of them on all hosts or on none",
    ),
    key(
        "traces.headers",
        "none",
        "a table: sent with every request, such as a collector's token",
    ),
    key(
        "traces.service_name",
        r#"`"smpp-connector"`, or what `OTEL_SERVICE_NAME` says"#,
        "the service's name in the traces; `host_name` tells hosts apart",
    ),
    key(
        "traces.timeout",
        r#"`"5s"`"#,
        "how long the collector may take for a batch",
    ),
    key(
        "nats.url",
        "embedded queue and events",
        "one server or several, separated by commas",
    ),
    key(
        "nats.creds_file",
        "none",
        "a file of credentials, as `nsc` writes them",
    ),
    key("nats.user", "none", "with `nats.password`"),
    key("nats.password", "none", "with `nats.user`"),
    key("nats.token", "none", "in the place of user and password"),
    key(
        "nats.tls_ca",
        "the machine's",
        "PEM of the authorities that may have signed the servers' certificates",
    ),
    key(
        "nats.tls_cert",
        "none",
        "PEM of our own certificate, with `nats.tls_key`",
    ),
    key("nats.tls_key", "none", "PEM of its key"),
    key(
        "nats.prefix",
        r#"`"smpp"`"#,
        "first token of the subjects, and in capitals of the streams' names",
    ),
    key("nats.replicas", "`1`", "of the streams that are created"),
    key(
        "nats.keep_events",
        r#"`"72h"`"#,
        "how long the stream of events keeps them, if it is created",
    ),
    key(
        "nats.duplicate_window",
        r#"`"2m"`"#,
        "within which an event published again is dropped, if the stream is created",
    ),
    key(
        "postgres.url",
        "embedded correlation",
        "`postgres://user:password@host/database?sslmode=verify-full`",
    ),
    key("postgres.connections", "`8`", "at most, of this host"),
    key("redis.url", "in-process TPS window", "`redis://` or `rediss://`"),
    key("redis.prefix", r#"`"smpp"`"#, "of every key"),
];
