//! Whether what the configuration names can be reached, and binds. Nothing is started and nothing is changed.

use crate::config::{
    Config, HostConfig, NatsConfig, OperatorConfig, PostgresConfig, RedisConfig, SessionSettings,
};
use crate::errors;
use crate::ports::Probe;
use crate::servers::nats::NatsServer;
use crate::servers::redis::RedisServer;
use crate::smpp;
use crate::store::postgres::PostgresStore;
use crate::store::sqlite::FILE_NAME;
use futures_util::future::{LocalBoxFuture, join, join_all};
use tokio_util::task::TaskTracker;

/// Something that the gateway needs, and how it is.
pub(crate) struct Reach {
    /// What it is, for people, without secrets.
    pub(crate) what: String,
    /// What it says of itself, or why it cannot be used and what helps.
    pub(crate) told: Result<String, String>,
}

/// Asks everything at once. Takes some ten seconds at most, longer only where `connect_timeout` of a session is. Operators for
/// which `binds` says so are bound to, with one session after the other.
pub(crate) async fn reach(config: &Config, binds: impl Fn(&OperatorConfig) -> bool) -> Vec<Reach> {
    let mut asked: Vec<LocalBoxFuture<'_, Reach>> = Vec::new();
    let mut bound: Vec<LocalBoxFuture<'_, Vec<Reach>>> = Vec::new();
    if let Some(nats) = &config.host.nats {
        asked.push(Box::pin(of_nats(nats)));
    }
    if let Some(postgres) = &config.host.postgres {
        asked.push(Box::pin(of_postgres(postgres)));
    }
    if let Some(redis) = &config.host.redis {
        asked.push(Box::pin(of_redis(redis)));
    }
    for operator in &config.operators {
        if binds(operator) {
            bound.push(Box::pin(bind(operator)));
        } else {
            for session in &operator.sessions {
                asked.push(Box::pin(of_smsc(operator, session)));
            }
        }
    }
    let (mut all, bound) = join(join_all(asked), join_all(bound)).await;
    all.extend(bound.into_iter().flatten());
    all.extend(embedded(&config.host));
    all
}

async fn of_nats(config: &NatsConfig) -> Reach {
    let server = match NatsServer::connect(config).await {
        Ok(server) => server,
        Err(error) => {
            return Reach {
                what: "NATS".to_owned(),
                told: Err(errors::chain(&error)),
            };
        }
    };
    let told = async {
        let itself = server.probe().await.map_err(|error| errors::chain(&error))?;
        let streams = server
            .look_at_streams()
            .await
            .map_err(|error| errors::chain(&error))?;
        Ok(format!("{itself}; {streams}"))
    };
    Reach {
        told: told.await,
        what: server.name(),
    }
}

async fn of_postgres(config: &PostgresConfig) -> Reach {
    match PostgresStore::look(config).await {
        Ok((what, told)) => Reach { what, told: Ok(told) },
        Err(error) => Reach {
            what: "PostgreSQL".to_owned(),
            told: Err(errors::chain(&error)),
        },
    }
}

async fn of_redis(config: &RedisConfig) -> Reach {
    let tasks = TaskTracker::new();
    let reach = match RedisServer::connect(config, &tasks).await {
        Ok(server) => {
            let told = server.probe().await.map_err(|error| errors::chain(&error));
            Reach {
                what: server.name(),
                told,
            }
        }
        Err(error) => Reach {
            what: "Redis".to_owned(),
            told: Err(errors::chain(&error)),
        },
    };
    // The connection has ended with the server above.
    tasks.close();
    tasks.wait().await;
    reach
}

async fn of_smsc(operator: &OperatorConfig, session: &SessionSettings) -> Reach {
    let what = smsc(operator, session);
    if let Some(outbind) = &session.outbind {
        let told = format!("it is not asked: it connects to {} when it likes", outbind.listen);
        return Reach { what, told: Ok(told) };
    }
    let reached = smpp::reach(session).await;
    let by = by(session);
    Reach {
        what,
        told: reached.map(|address| format!("takes connections{by} at {address}")),
    }
}

/// Binds with each session, the one before unbound: an account may have as few as one bind.
async fn bind(operator: &OperatorConfig) -> Vec<Reach> {
    let mut all = Vec::new();
    for session in &operator.sessions {
        if session.outbind.is_some() {
            all.push(of_smsc(operator, session).await);
            continue;
        }
        let bound = smpp::try_bind(operator, session).await;
        let (mode, by) = (session.bind_mode.name(), by(session));
        all.push(Reach {
            what: smsc(operator, session),
            told: bound.map(|address| format!("takes the bind as {mode}{by} at {address}; unbound again")),
        });
    }
    all
}

fn smsc(operator: &OperatorConfig, session: &SessionSettings) -> String {
    format!("{}: SMSC {}:{}", operator.name, session.host, session.port)
}

fn by(session: &SessionSettings) -> &'static str {
    if session.tls.is_some() { " by TLS" } else { "" }
}

/// The embedded database, if some part needs it.
fn embedded(host: &HostConfig) -> Option<Reach> {
    let needed = host.nats.is_none() || host.postgres.is_none();
    let file = host.data_dir.join(FILE_NAME);
    let told = if file.exists() {
        "is there"
    } else {
        "is not there yet: the start makes it"
    };
    needed.then(|| Reach {
        what: format!("SQLite {}", file.display()),
        told: Ok(told.to_owned()),
    })
}
