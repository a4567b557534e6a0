use super::super::db::Server;
use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;

/// Statements so far, and what holds the next one up.
struct Gate {
    statements: AtomicUsize,
    begun: Notify,
    open: Semaphore,
    kind: BackendErrorKind,
}

/// Doubles numbers, behind a gate. Nobody can double 0.
struct Double;

#[async_trait]
impl Call for Double {
    type Item = (u32, Arc<Gate>);
    type Answer = u32;

    async fn carry_out(_: &Db, calls: &[&[Self::Item]]) -> Result<Vec<u32>, BackendError> {
        let (_, gate) = &calls[0][0];
        gate.statements.fetch_add(1, Ordering::SeqCst);
        gate.begun.notify_one();
        gate.open.acquire().await.unwrap().forget();
        if calls.iter().any(|call| call[0].0 == 0) {
            return Err(BackendError {
                backend: "a test".to_owned(),
                action: "doubling",
                kind: gate.kind,
                source: "there is a 0".into(),
            });
        }
        Ok(calls.iter().map(|call| 2 * call[0].0).collect())
    }
}

struct Stage {
    gate: Arc<Gate>,
    db: Arc<Db>,
    calls: Arc<Calls<Double>>,
}

impl Stage {
    /// Every turn is taken, and ten more wait.
    async fn with_ten(numbers: [u32; 10], kind: BackendErrorKind) -> (Self, Vec<JoinHandle<Answer>>) {
        let server = Server::new("postgres://nobody@127.0.0.1:1/none").unwrap();
        let stage = Self {
            gate: Arc::new(Gate {
                statements: AtomicUsize::new(0),
                begun: Notify::new(),
                open: Semaphore::new(0),
                kind,
            }),
            db: Arc::new(Db::new(server, 2)),
            calls: Arc::default(),
        };
        let mut all = Vec::new();
        for _ in 0..TURNS {
            all.push(stage.double(100));
            stage.gate.begun.notified().await;
        }
        for number in numbers {
            all.push(stage.double(number));
        }
        while stage.calls.lock().waiting.len() < numbers.len() {
            tokio::task::yield_now().await;
        }
        (stage, all)
    }

    fn double(&self, number: u32) -> JoinHandle<Answer> {
        let (calls, db) = (Arc::clone(&self.calls), Arc::clone(&self.db));
        let items = [(number, Arc::clone(&self.gate))];
        tokio::spawn(async move { calls.call(&db, &items).await })
    }
}

type Answer = Result<u32, BackendError>;

const TEN: [u32; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

#[tokio::test]
async fn those_that_wait_share_one_statement() {
    let (stage, all) = Stage::with_ten(TEN, BackendErrorKind::Unavailable).await;
    stage.gate.open.add_permits(1);
    stage.gate.begun.notified().await;
    stage.gate.open.add_permits(TURNS);
    let mut answers = Vec::new();
    for one in all {
        answers.push(one.await.unwrap().unwrap());
    }
    assert_eq!(answers[TURNS..], TEN.map(|number| 2 * number));
    assert_eq!(stage.gate.statements.load(Ordering::SeqCst), TURNS + 1);
    assert_eq!(stage.calls.lock().free, TURNS);
}

#[tokio::test]
async fn whoever_is_cancelled_takes_nobody_along() {
    let (stage, all) = Stage::with_ten(TEN, BackendErrorKind::Unavailable).await;
    stage.gate.open.add_permits(1);
    // The first of those that wait has taken the others along by now.
    stage.gate.begun.notified().await;
    let mut left = Vec::new();
    for (n, one) in all.into_iter().enumerate() {
        // And one that was taken along.
        if n == TURNS || n == TURNS + 3 {
            one.abort();
            assert!(one.await.unwrap_err().is_cancelled());
        } else {
            left.push(one);
        }
    }
    stage.gate.open.add_permits(20);
    for one in left {
        assert!(one.await.unwrap().is_ok());
    }
    assert_eq!(stage.calls.lock().free, TURNS);
}

#[tokio::test]
async fn whoever_is_cancelled_while_it_is_given_the_turn_gives_it_on() {
    let (stage, all) = Stage::with_ten(TEN, BackendErrorKind::Unavailable).await;
    for one in &all {
        one.abort();
    }
    for one in all {
        assert!(one.await.unwrap_err().is_cancelled());
    }
    assert_eq!(stage.calls.lock().free, TURNS);
}

#[tokio::test]
async fn a_server_that_is_away_is_told_to_all() {
    let numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    let (stage, all) = Stage::with_ten(numbers, BackendErrorKind::Unavailable).await;
    stage.gate.open.add_permits(1);
    stage.gate.begun.notified().await;
    stage.gate.open.add_permits(TURNS);
    for (n, one) in all.into_iter().enumerate() {
        let answer = one.await.unwrap();
        let told = answer.map_err(|error| crate::errors::chain(&error));
        match told {
            Ok(number) => assert!(n < TURNS && number == 200),
            Err(words) => assert_eq!(words, "a test: doubling failed: there is a 0"),
        }
    }
    assert_eq!(stage.gate.statements.load(Ordering::SeqCst), TURNS + 1);
}

#[tokio::test]
async fn what_is_at_fault_takes_nobody_with_it() {
    let numbers = [1, 2, 3, 0, 5, 6, 7, 8, 9, 10];
    let (stage, all) = Stage::with_ten(numbers, BackendErrorKind::Corrupt).await;
    stage.gate.open.add_permits(20);
    for (n, one) in all.into_iter().enumerate() {
        assert_eq!(one.await.unwrap().is_err(), n == TURNS + 3);
    }
}
