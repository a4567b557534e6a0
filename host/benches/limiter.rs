//! Send times a second that Redis gives out, beside the bare script that the limiter grew from.
//!
//! ```text
//! cargo bench -p smpp-connector --bench limiter [-- --url redis://127.0.0.1:6379 --seconds 5]
//! ```
//! Without `--url` or `REDIS_URL` a redis-server from the PATH is started. 50 operators, 64 requests under way on one
//! connection, 50 send times wanted a request; rounds of both take turns, and the median of each counts. The bare script
//! keeps a tail and a run id and nothing else: no hosts, no shares, no fairness, no adaptive rate.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use anyhow::{Context, Result};
use clap::Parser;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo as _, Script, io::tcp::TcpSettings};
use smpp_connector::config::{RedisConfig, Secret};
use smpp_connector::limiter::redis::{Promise, RedisLimiter, RedisLimits};
use smpp_connector::ports::TpsLimiter as _;
use smpp_connector::servers::redis::RedisServer;
use smpp_domain::ids::OperatorId;
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

const OPERATORS: usize = 50;
const IN_FLIGHT: usize = 64;
const WANT: u32 = 50;
/// So high that nobody waits for a send time.
const LIMIT: NonZeroU32 = NonZeroU32::new(1_000_000).unwrap();
const ROUNDS: usize = 5;

/// The paced reservation, bare.
const BARE: &str = "
local t = redis.call('TIME') local now = t[1] * 1000000 + t[2]
local T = tonumber(ARGV[1]) local H = tonumber(ARGV[2]) local want = tonumber(ARGV[3])
local s = redis.call('HMGET', KEYS[1], 't', 'r') local tat = tonumber(s[1])
if not tat or s[2] ~= ARGV[4] then tat = math.min(math.max(tat or 0, now) + H + T, now + 2 * (H + T))
elseif tat > now + 2 * (H + T) then tat = now + H + T end
if tat < now then tat = now end
local n = math.min(want, math.ceil((math.floor((now + H - tat) / T) + 1) / 2))
if n <= 0 then
  redis.call('HSET', KEYS[1], 't', string.format('%.3f', tat), 'r', ARGV[4])
  return {0, math.ceil(tat - now - H)}
end
redis.call('HSET', KEYS[1], 't', string.format('%.3f', tat + n * T), 'r', ARGV[4])
return {n, math.ceil(tat - now)}";

#[derive(Parser)]
struct Options {
    /// A Redis that may be used; its keys under `bench:` are written
    #[arg(long, env = "REDIS_URL")]
    url: Option<String>,
    /// Length of one round, in seconds
    #[arg(long)]
    seconds: Option<f64>,
    /// Given by `cargo bench`; without it a short run shows that the benchmark still works
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let options = Options::parse();
    let round = Duration::from_secs_f64(options.seconds.unwrap_or(if options.bench { 2.0 } else { 0.1 }));
    let own = match &options.url {
        Some(_) => None,
        None => Some(Server::start()?),
    };
    let url = options
        .url
        .clone()
        .or_else(|| own.as_ref().map(|own| own.url.clone()));
    let url = url.unwrap_or_default();
    let tasks = TaskTracker::new();
    let limiters = limiters(&url, &tasks).await?;
    let bare = connect(&url).await?;
    let (mut ours, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bares.push(run_bare(&bare, round).await?);
        ours.push(run_ours(&limiters, round).await?);
    }
    let (bare, ours) = (median(bares), median(ours));
    println!("{OPERATORS} operators, {IN_FLIGHT} requests under way, {ROUNDS} rounds of {round:?}, medians");
    for (name, rate) in [("bare script", &bare), ("limiter", &ours)] {
        println!(
            "{name:12} {:>12.0} send times/s {:>10.0} requests/s",
            rate.permits, rate.requests
        );
    }
    println!("bare / limiter: {:.2}", bare.permits / ours.permits);
    Ok(())
}

/// What one round made, a second.
struct Rate {
    permits: f64,
    requests: f64,
}

fn median(mut rates: Vec<Rate>) -> Rate {
    rates.sort_by(|one, other| one.permits.total_cmp(&other.permits));
    let middle = rates.len() / 2;
    rates.swap_remove(middle)
}

async fn limiters(url: &str, tasks: &TaskTracker) -> Result<Vec<Arc<RedisLimiter>>> {
    let config = RedisConfig {
        url: Secret::new(url),
        prefix: "bench".to_owned(),
        lease: Duration::from_secs(10),
    };
    let limits = RedisLimits::new(RedisServer::connect(&config, tasks).await?, tasks);
    let limiter = |_| {
        let promise = Promise {
            operator_id: OperatorId(Uuid::now_v7()),
            limit: LIMIT,
            fallback_share: None,
        };
        Arc::new(limits.join(promise))
    };
    let limiters: Vec<_> = (0..OPERATORS).map(limiter).collect();
    // A new operator begins one horizon late.
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(limiters)
}

async fn run_ours(limiters: &[Arc<RedisLimiter>], round: Duration) -> Result<Rate> {
    let end = Instant::now() + round;
    let mut workers = JoinSet::new();
    for limiter in limiters.iter().cycle().take(IN_FLIGHT) {
        let limiter = limiter.clone();
        workers.spawn(async move {
            let (mut permits, mut requests) = (0, 0);
            while Instant::now() < end {
                permits += u64::from(limiter.reserve(WANT).await?.count);
                requests += 1;
            }
            anyhow::Ok((permits, requests))
        });
    }
    collect(workers, round).await
}

async fn run_bare(connection: &MultiplexedConnection, round: Duration) -> Result<Rate> {
    let end = Instant::now() + round;
    let script = Arc::new(Script::new(BARE));
    let mut workers = JoinSet::new();
    for worker in 0..IN_FLIGHT {
        let (script, mut connection) = (script.clone(), connection.clone());
        workers.spawn(async move {
            let key = format!("bench:bare:{}", worker % OPERATORS);
            let (mut permits, mut requests) = (0, 0);
            while Instant::now() < end {
                let mut call = script.key(&key);
                call.arg("1.015")
                    .arg(100_000)
                    .arg(WANT)
                    .arg("a-run-id-of-forty-characters-as-they-are");
                let (count, _): (u64, i64) = call.invoke_async(&mut connection).await?;
                permits += count;
                requests += 1;
            }
            anyhow::Ok((permits, requests))
        });
    }
    collect(workers, round).await
}

async fn collect(mut workers: JoinSet<Result<(u64, u32)>>, round: Duration) -> Result<Rate> {
    let (mut permits, mut requests) = (0.0, 0.0);
    while let Some(worker) = workers.join_next().await {
        let (its_permits, its_requests) = worker??;
        permits += f64::from(u32::try_from(its_permits)?);
        requests += f64::from(its_requests);
    }
    let seconds = round.as_secs_f64();
    Ok(Rate {
        permits: permits / seconds,
        requests: requests / seconds,
    })
}

async fn connect(url: &str) -> Result<MultiplexedConnection> {
    let info = url.into_connection_info()?;
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let config = AsyncConnectionConfig::new().set_pipeline_buffer_size(1_024);
    let client = Client::open(info)?;
    Ok(client
        .get_multiplexed_async_connection_with_config(&config)
        .await?)
}

/// A redis-server for this run.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start() -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new("redis-server")
            .args([
                "--bind",
                "127.0.0.1",
                "--port",
                &port.to_string(),
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .stdout(Stdio::null())
            .spawn()
            .context("redis-server cannot be started: install it, or give --url")?;
        let server = Self {
            child,
            url: format!("redis://127.0.0.1:{port}"),
        };
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        anyhow::bail!("redis-server does not open port {port}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}
