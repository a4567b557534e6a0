//! The dispatcher and the settler between fakes of their ports: what happens when, and nothing else on the way.
#![cfg(test)]

mod custody;
mod fakes;
mod recorded;
mod resumed;
mod resuming;
mod sharing;
mod stops;
mod turns;

use fakes::{FakeEvents, FakeIntake, FakeSeen, FakeStore};
use smpp_connector::config::{Config, OperatorConfig};
use smpp_connector::limiter::in_process::InProcessLimiter;
use smpp_connector::metrics::Metrics;
use smpp_connector::pipeline::{Dispatcher, OperatorContext, Recorder, Settler, Stops, Tracer};
use smpp_connector::policy::built_in;
use smpp_connector::ports::{
    BindBoard, BindHandle, BindStatus, PartOutcome, PartResult, SeenIds, SubmitRequest,
};
use smpp_connector_tests::{Message, Operator, PATIENCE, write_files};
use smpp_domain::pdu::{BindMode, CommandStatus};
use smpp_domain::session::SubmitResponse;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Parts that the one bind may have out.
const WINDOW: usize = 2;

/// How often the queue is to be told what is worked on: the right to it ends after two and a half of these.
const HOLD_EVERY: Duration = Duration::from_millis(200);

/// One operator with one bind, whose SMSC is the test.
struct Pipeline {
    operator: OperatorConfig,
    intake: Arc<FakeIntake>,
    store: Arc<FakeStore>,
    stops: Arc<Stops>,
    events: Arc<FakeEvents>,
    metrics: Arc<Metrics>,
    submits: mpsc::Receiver<SubmitRequest>,
    outcomes: mpsc::Sender<PartOutcome>,
    board: Arc<BindBoard>,
    stop: CancellationToken,
    tasks: [JoinHandle<()>; 2],
}

async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("{what}"))
}

/// Lines of the operator's file, and what other hosts have taken.
async fn pipeline(lines: &[(&str, &str)], seen: Option<Arc<FakeSeen>>) -> Pipeline {
    let operator = operator(lines);
    let (intake, store, events) = (
        Arc::new(FakeIntake::new(HOLD_EVERY)),
        Arc::new(FakeStore::default()),
        Arc::new(FakeEvents::default()),
    );
    let metrics = Arc::new(Metrics::default());
    let limiter = InProcessLimiter::new(operator.operator_id, operator.tps_limit);
    let stops = Arc::new(Stops::new(store.clone(), events.clone()));
    let context = OperatorContext {
        config: Arc::new(operator.clone()),
        intake: intake.clone(),
        store: store.clone(),
        segments: store.clone(),
        events: events.clone(),
        limiter: Arc::new(limiter),
        throttle: Arc::default(),
        seen: seen.map(|seen| seen as Arc<dyn SeenIds>),
        stops: stops.clone(),
        policies: built_in(),
        metrics: metrics.operator("acme"),
        recorder: Arc::new(Recorder::off()),
        tracer: Arc::new(Tracer::off()),
    };
    let bell = Arc::new(Notify::new());
    let board = Arc::new(BindBoard::new(bell.clone()));
    let (submits_in, submits) = mpsc::channel(WINDOW);
    let (outcomes, outcomes_out) = mpsc::channel(64);
    let (settle_in, settle) = mpsc::channel(1_024);
    let (matched, _) = mpsc::channel(64);
    let bind = BindHandle {
        submits: submits_in,
        board: board.clone(),
        window: WINDOW,
        mode: BindMode::Transceiver,
        is_primary: true,
    };
    let stop = CancellationToken::new();
    let backup = watch::Sender::new(false);
    let dispatcher = Dispatcher::new(
        context.clone(),
        vec![bind],
        backup,
        outcomes_out,
        settle_in,
        bell,
        stop.clone(),
    );
    let settler = Settler::new(context, settle, matched);
    let tasks = [tokio::spawn(dispatcher.run()), tokio::spawn(settler.run())];
    board.post(BindStatus::Up);
    Pipeline {
        operator,
        intake,
        store,
        stops,
        events,
        metrics,
        submits,
        outcomes,
        board,
        stop,
        tasks,
    }
}

fn operator(lines: &[(&str, &str)]) -> OperatorConfig {
    let folder = TempDir::new().unwrap();
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let with = |operator: Operator, (key, value): &(&str, &str)| operator.set(key, value);
    let operator = lines.iter().fold(Operator::at(nowhere), with);
    write_files(folder.path(), &[operator]);
    let file = folder.path().join("smpp-connector.toml");
    Config::load(Some(&file)).unwrap().operators.remove(0)
}

impl Pipeline {
    /// A command for this operator, to a number of its own.
    fn command(&self, text: &str) -> Message {
        static NUMBERS: AtomicU32 = AtomicU32::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        Message::to(&format!("49151{number:07}9"))
            .text(text)
            .operator(self.operator.operator_id)
    }

    /// The next part that comes to the bind.
    async fn submitted(&mut self) -> SubmitRequest {
        let submit = within("a part at the bind", self.submits.recv()).await;
        submit.expect("the dispatcher lives")
    }

    /// Nothing is at the bind.
    fn nothing_submitted(&mut self) -> bool {
        self.submits.try_recv().is_err()
    }

    /// The SMSC takes the part.
    async fn accept(&self, request: SubmitRequest) {
        let id = format!("id-{}", request.ticket.slot);
        self.answer(request, CommandStatus::OK, &id).await;
    }

    /// The SMSC answers the part.
    async fn answer(&self, request: SubmitRequest, status: CommandStatus, message_id: &str) {
        let result = PartResult::Answered {
            written_at: chrono::Utc::now(),
            sequence_number: 1,
            response: SubmitResponse {
                status,
                message_id: message_id.to_owned(),
                ..SubmitResponse::default()
            },
        };
        self.comes_back(request, result).await;
    }

    async fn comes_back(&self, request: SubmitRequest, result: PartResult) {
        let ticket = request.ticket;
        let outcome = PartOutcome {
            bind: 0,
            ticket,
            result,
        };
        self.outcomes.send(outcome).await.unwrap();
    }

    /// Stops it. Every part must be answered by then.
    async fn ends(&mut self) {
        self.stop.cancel();
        for task in &mut self.tasks {
            within("the end of a task", task).await.unwrap();
        }
        let metrics = self.metrics.render();
        let in_flight = metrics.lines().find(|line| line.contains("in_flight_messages{"));
        assert_eq!(
            in_flight.and_then(|line| line.split(' ').next_back()),
            Some("0"),
            "{in_flight:?}"
        );
    }
}
