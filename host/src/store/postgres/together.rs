//! Calls of one kind that wait at the same time share a statement, whosever they are; nothing waits for company.
//!
//! A statement is a round trip and, if it writes, a wait for the server's disk. With a thousand operators, each with a message
//! now and then, and few connections, these would be most of what a message costs and all of what it waits for.
//!
//! There is no task for it. Who finds a free turn goes alone, at once. Who finds none waits. Who is through hands its turn to
//! whoever waits longest, and that one takes along those who wait by then.

use super::db::Db;
use crate::ports::{BackendError, BackendErrorKind};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Statements of one kind under way at once: while the server has one, the next is made.
const TURNS: usize = 2;
/// Bounds of one statement: they bound how long it takes, and how much is done again when one of its calls is at fault.
const CALLS: usize = 512;
const ITEMS: usize = 4_096;

/// A kind of calls, each of them a batch of items.
#[async_trait]
pub(super) trait Call: 'static {
    type Item: Clone + Send + Sync + 'static;
    type Answer: Default + Send + 'static;

    /// Carries out several, and answers each, in their order.
    async fn carry_out(db: &Db, calls: &[&[Self::Item]]) -> Result<Vec<Self::Answer>, BackendError>;
}

/// What somebody who waits is told.
enum Told<A> {
    /// It was carried out with others.
    Answer(Result<A, Arc<BackendError>>),
    /// It has the turn.
    Turn,
}

/// Somebody who waits.
struct Waiting<C: Call> {
    items: Vec<C::Item>,
    told: oneshot::Sender<Told<C::Answer>>,
}

struct State<C: Call> {
    free: usize,
    /// Nobody, as long as a turn is free.
    waiting: VecDeque<Waiting<C>>,
}

/// The calls of one kind.
pub(super) struct Calls<C: Call>(Mutex<State<C>>);

impl<C: Call> Default for Calls<C> {
    fn default() -> Self {
        Self(Mutex::new(State {
            free: TURNS,
            waiting: VecDeque::new(),
        }))
    }
}

/// Whoever drops it is through, or was cancelled: the turn goes on.
struct Turn<'c, C: Call>(&'c Calls<C>);

impl<C: Call> Drop for Turn<'_, C> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        while let Some(next) = state.waiting.pop_front() {
            if next.told.send(Told::Turn).is_ok() {
                return;
            }
        }
        state.free += 1;
    }
}

/// A place among those who wait.
struct Place<'c, C: Call> {
    calls: &'c Calls<C>,
    told: oneshot::Receiver<Told<C::Answer>>,
}

impl<C: Call> Drop for Place<'_, C> {
    fn drop(&mut self) {
        self.told.close();
        if let Ok(Told::Turn) = self.told.try_recv() {
            drop(Turn(self.calls));
        }
    }
}

/// What a call comes to.
enum Entered<'c, C: Call> {
    Turn(Turn<'c, C>),
    Place(Place<'c, C>),
}

impl<C: Call> Calls<C> {
    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out a call, alone or with others. Cancel safe for all others.
    pub(super) async fn call(&self, db: &Db, items: &[C::Item]) -> Result<C::Answer, BackendError> {
        loop {
            let mut place = match self.enter(items) {
                Entered::Turn(_turn) => return carry_out::<C>(db, items, Vec::new()).await,
                Entered::Place(place) => place,
            };
            match (&mut place.told).await {
                Ok(Told::Answer(answer)) => return answer.map_err(of_all),
                Ok(Told::Turn) => {
                    let _turn = Turn(self);
                    return carry_out::<C>(db, items, self.gather(items.len())).await;
                }
                // Whoever took it along was cancelled.
                Err(_) => {}
            }
        }
    }

    fn enter(&self, items: &[C::Item]) -> Entered<'_, C> {
        let mut state = self.lock();
        if state.free > 0 {
            state.free -= 1;
            return Entered::Turn(Turn(self));
        }
        let (tell, told) = oneshot::channel();
        let items = items.to_vec();
        state.waiting.push_back(Waiting { items, told: tell });
        Entered::Place(Place { calls: self, told })
    }

    /// Those that wait longest and still want an answer, up to the bounds.
    fn gather(&self, mut items: usize) -> Vec<Waiting<C>> {
        let mut state = self.lock();
        let mut others = Vec::new();
        while others.len() + 1 < CALLS && items < ITEMS {
            let Some(next) = state.waiting.pop_front() else {
                break;
            };
            if !next.told.is_closed() {
                items += next.items.len();
                others.push(next);
            }
        }
        others
    }
}

/// Nobody waits any more where an answer cannot be told.
async fn carry_out<C: Call>(
    db: &Db,
    own: &[C::Item],
    others: Vec<Waiting<C>>,
) -> Result<C::Answer, BackendError> {
    let mut calls = vec![own];
    calls.extend(others.iter().map(|other| other.items.as_slice()));
    let error = match C::carry_out(db, &calls).await {
        Ok(answers) => {
            let mut answers = answers.into_iter();
            let own = answers.next().unwrap_or_default();
            for (other, answer) in others.into_iter().zip(answers) {
                drop(other.told.send(Told::Answer(Ok(answer))));
            }
            return Ok(own);
        }
        Err(error) => error,
    };
    if others.is_empty() {
        return Err(error);
    }
    if error.kind == BackendErrorKind::Corrupt {
        // Perhaps because of one of them, which is to take nobody with it.
        for other in others {
            let answer = alone::<C>(db, &other.items).await;
            drop(other.told.send(Told::Answer(answer.map_err(Arc::new))));
        }
        return alone::<C>(db, own).await;
    }
    let error = Arc::new(error);
    for other in others {
        drop(other.told.send(Told::Answer(Err(Arc::clone(&error)))));
    }
    Err(of_all(error))
}

async fn alone<C: Call>(db: &Db, items: &[C::Item]) -> Result<C::Answer, BackendError> {
    let answers = C::carry_out(db, &[items]).await?;
    Ok(answers.into_iter().next().unwrap_or_default())
}

/// The error of a statement, for one of those that have shared it.
fn of_all(error: Arc<BackendError>) -> BackendError {
    BackendError {
        backend: error.backend.clone(),
        action: error.action,
        kind: error.kind,
        source: Box::new(Shared(error)),
    }
}

/// The cause of an error that several have.
#[derive(Debug)]
struct Shared(Arc<BackendError>);

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.source.fmt(f)
    }
}

impl Error for Shared {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.source()
    }
}

#[cfg(test)]
mod tests;
