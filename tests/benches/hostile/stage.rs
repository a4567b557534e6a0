//! One run: a gateway, four operators, and as many messages as it carries.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use smpp_connector::ports::QueuedCommand;
use smpp_connector_tests::{FarSide, Gateway, Message, Operator, plugin};
use smsc_sim::{Record, Script};
use std::time::{Duration, Instant};

/// Messages to each operator in one publish call.
const BATCH: usize = 50;
/// Published and not yet through, at most, of the three.
const AHEAD: usize = 3_000;
const PATIENCE: Duration = Duration::from_secs(120);

/// What one run came to.
#[derive(Clone, Copy)]
pub(crate) struct Figures {
    /// Messages a second of the three operators.
    pub(crate) rate: f64,
    /// CPU seconds of the whole process, until the hostile operator's messages were through too.
    pub(crate) cpu: f64,
}

pub(crate) struct Stage {
    gateway: Gateway,
    hostile: Operator,
    others: [Operator; 3],
    read_to: u64,
}

impl Stage {
    /// Plays a run in which the hostile operator's texts are these.
    pub(crate) fn play(messages: usize, texts: &[&str]) -> Result<Figures> {
        let far_side = FarSide::start(Script::new().record(Record::Off))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let played = runtime.block_on(async {
            let at = |name: &str| {
                Operator::at(far_side.addr)
                    .named(name)
                    .set("tps_limit", "1000000")
                    .session("window", "50")
            };
            let hostile = at("hostile").plugin(plugin("hostile"));
            let others = [
                at("latin1").plugin(plugin("latin1")),
                at("hexdec").plugin(plugin("hexdec")),
                at("none"),
            ];
            let all = [std::slice::from_ref(&hostile), &others].concat();
            let mut stage = Self {
                gateway: Gateway::start(all).await,
                hostile,
                others,
                read_to: 0,
            };
            stage.carry(BATCH, &["plain"]).await?;
            let played = stage.carry(messages, texts).await;
            stage.gateway.shutdown().await;
            played
        });
        far_side.end();
        played
    }

    async fn carry(&mut self, messages: usize, texts: &[&str]) -> Result<Figures> {
        let queue = self.gateway.app.queue.clone();
        let batches: Vec<_> = (0..messages.div_ceil(BATCH))
            .map(|batch| self.batch(BATCH * batch, texts))
            .collect();
        let sent = BATCH * batches.len();
        let (hostile, log) = (self.hostile.id.to_string(), self.gateway.app.events.clone());
        let mut newest = log.newest();
        let (mut batches, mut published) = (batches.into_iter(), 0);
        let (mut of_others, mut of_hostile) = (0, 0);
        let (before, started, mut took) = (cpu()?, Instant::now(), None);
        let working = async {
            while of_others < 3 * sent || of_hostile < sent {
                while published < of_others + AHEAD
                    && let Some(batch) = batches.next()
                {
                    queue.publish(&batch).await?;
                    published += 3 * BATCH;
                }
                newest.borrow_and_update();
                let page = log.read_after(self.read_to, 2_000).await?;
                let Some(last) = page.last() else {
                    newest.changed().await?;
                    continue;
                };
                self.read_to = last.seq;
                for event in &page {
                    if !event.subject.starts_with("smpp.submit.") {
                        continue;
                    }
                    if !event.payload.contains(r#""outcome":"ACCEPTED""#) {
                        bail!("an outcome that should not be: {}", event.payload);
                    }
                    if event.payload.contains(&hostile) {
                        of_hostile += 1;
                    } else {
                        of_others += 1;
                    }
                }
                if of_others == 3 * sent && took.is_none() {
                    took = Some(started.elapsed());
                }
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, working)
            .await
            .context("messages have no outcome")??;
        let took = took.context("nothing was measured")?.as_secs_f64();
        Ok(Figures {
            rate: f64::from(u32::try_from(3 * sent)?) / took,
            cpu: cpu()? - before,
        })
    }

    /// A batch to each of the four, in turns.
    fn batch(&self, first: usize, texts: &[&str]) -> Vec<QueuedCommand> {
        let to_all = |n: usize| {
            let number = format!("+49151{n:08}");
            let text = texts
                .iter()
                .cycle()
                .nth(n % texts.len())
                .copied()
                .unwrap_or_default();
            let hostile = [(&self.hostile, text)];
            let others = self
                .others
                .iter()
                .map(|to| (to, "Your parcel is on its way and arrives today."));
            hostile
                .into_iter()
                .chain(others)
                .map(|(to, text)| QueuedCommand {
                    operator_id: to.id,
                    body: Bytes::from(
                        Message::to(&number)
                            .text(text)
                            .operator(to.id)
                            .with("registeredDelivery", false.into())
                            .json(),
                    ),
                })
                .collect::<Vec<_>>()
        };
        (first..first + BATCH).flat_map(to_all).collect()
    }
}

/// CPU seconds of this process so far (proc(5): USER_HZ is 100 everywhere).
fn cpu() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat
        .rsplit_once(") ")
        .context("/proc/self/stat has another form")?
        .1;
    let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}
