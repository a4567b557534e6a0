use super::*;
use sqlx::sqlite::SqlitePoolOptions;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Notify, Semaphore};

/// Statements so far, and what holds the next one up.
struct Gate {
    statements: AtomicUsize,
    begun: Notify,
    open: Semaphore,
}

impl Gate {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            statements: AtomicUsize::new(0),
            begun: Notify::new(),
            open: Semaphore::new(0),
        })
    }
}

/// Doubles a number, behind the gate.
struct Double(u32, Arc<Gate>);

#[async_trait]
impl Lookup for Double {
    type Answer = u32;
    const ACTION: &'static str = "doubling";

    fn rows(&self) -> usize {
        1
    }

    async fn find_all(alike: &[Arc<Self>], _: &mut SqliteConnection) -> Result<Vec<u32>, sqlx::Error> {
        let Double(_, gate) = &*alike[0];
        gate.statements.fetch_add(1, Ordering::SeqCst);
        gate.begun.notify_one();
        gate.open.acquire().await.unwrap().forget();
        if alike.iter().any(|double| double.0 == 0) {
            return Err(sqlx::Error::RowNotFound);
        }
        Ok(alike.iter().map(|double| 2 * double.0).collect())
    }
}

async fn readers() -> SqlitePool {
    SqlitePoolOptions::new().connect("sqlite::memory:").await.unwrap()
}

/// The first has the turn, and ten more wait.
async fn one_and_ten(numbers: [u32; 10]) -> (Arc<Gate>, Vec<tokio::task::JoinHandle<Found<Double>>>) {
    let (gate, lookups, readers) = (Gate::new(), Arc::new(Lookups::default()), readers().await);
    let find = |number| {
        let (lookups, readers, gate) = (Arc::clone(&lookups), readers.clone(), Arc::clone(&gate));
        tokio::spawn(async move { lookups.find(&readers, Double(number, gate)).await })
    };
    let mut all = vec![find(100)];
    gate.begun.notified().await;
    all.extend(numbers.map(find));
    while lookups.waiting.lock().unwrap().len() < numbers.len() {
        tokio::task::yield_now().await;
    }
    (gate, all)
}

#[tokio::test]
async fn those_that_wait_share_one_statement() {
    let (gate, all) = one_and_ten([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).await;
    gate.open.add_permits(2);
    let mut found = Vec::new();
    for one in all {
        found.push(one.await.unwrap().unwrap());
    }
    assert_eq!(found, [200, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
    assert_eq!(gate.statements.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn whoever_is_cancelled_with_the_turn_takes_nobody_along() {
    let (gate, all) = one_and_ten([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).await;
    gate.open.add_permits(1);
    // Somebody has the turn for the ten by now.
    gate.begun.notified().await;
    let mut left = Vec::new();
    for (n, one) in all.into_iter().enumerate() {
        if n == 1 {
            one.abort();
            assert!(one.await.unwrap_err().is_cancelled());
        } else {
            left.push(one);
        }
    }
    gate.open.add_permits(2);
    for one in left {
        assert!(one.await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn an_error_is_told_to_all() {
    let (gate, all) = one_and_ten([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).await;
    gate.open.add_permits(2);
    let mut failed = 0;
    for one in all {
        failed += usize::from(one.await.unwrap().is_err());
    }
    assert_eq!(failed, 10);
}
