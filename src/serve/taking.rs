//! The one that takes documents and deletes: a thread with the filter, and a queue before it.
//!
//! What several clients send is taken together and synced once. An answer goes back when it is safe: while the disk works on
//! one batch, the next is judged.

use std::sync::Arc;

use tokio::sync::mpsc::{Receiver, Sender, channel, error::TryRecvError};
use tokio::sync::oneshot;

use super::refusal::Refusal;
use crate::error::{Error, ErrorKind, Result};
use crate::filter::{Answer, Incoming, Prepared, SharedFilter};
use crate::priority::give_way;

/// Documents that are taken together, about: as many as the command takes.
const BATCH: usize = 256;

/// Bytes of texts that are taken together, about.
const BATCH_BYTES: usize = 4 << 20;

/// Jobs that wait, at most: each holds some documents of a stream, which is read no further meanwhile.
pub(super) const QUEUE: usize = 64;

/// What is said of documents, once it is safe.
pub(super) type Told<T> = oneshot::Receiver<Result<T, Refusal>>;

type Tell<T> = oneshot::Sender<Result<T, Refusal>>;

pub(super) enum Job {
    Take {
        documents: Vec<Incoming>,
        prepared: Vec<Prepared>,
        tell: Tell<Vec<Answer>>,
    },
    Delete {
        ids: Vec<String>,
        site: Option<String>,
        tell: Tell<usize>,
    },
    /// Nothing is taken any more.
    End,
}

/// Where jobs wait.
#[derive(Debug, Clone)]
pub(super) struct Queue(Sender<Job>);

impl Queue {
    /// A queue, and the thread that works through it until nobody can put anything in.
    pub fn begin(filter: Arc<SharedFilter>) -> Result<(Queue, std::thread::JoinHandle<()>)> {
        let (sender, jobs) = channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("takes documents".to_owned())
            .spawn(move || {
                give_way();
                Taker { filter, jobs, begun: Vec::new(), later: None }.all();
            })
            .map_err(|e| Error::io(ErrorKind::Setting, "a thread", e))?;
        Ok((Queue(sender), thread))
    }

    /// Puts documents in, once there is room. Blocks.
    pub fn take(
        &self,
        documents: Vec<Incoming>,
        prepared: Vec<Prepared>,
    ) -> Result<Told<Vec<Answer>>, Refusal> {
        let (tell, told) = oneshot::channel();
        let job = Job::Take { documents, prepared, tell };
        self.0.blocking_send(job).map_err(|_| Refusal::closing())?;
        Ok(told)
    }

    /// Deletes documents; refuses where there is no room.
    pub async fn delete(&self, ids: Vec<String>, site: Option<String>) -> Result<usize, Refusal> {
        let (tell, told) = oneshot::channel();
        self.0.try_send(Job::Delete { ids, site, tell }).map_err(|_| Refusal::busy())?;
        told.await.unwrap_or_else(|_| Err(Refusal::closing()))
    }

    /// Has what waits done, and nothing after it.
    pub async fn end(&self) {
        // Where nobody listens it has ended already.
        let _ = self.0.send(Job::End).await;
    }

    /// Whether nothing is taken any more.
    pub fn is_over(&self) -> bool {
        self.0.is_closed()
    }

    /// Jobs that wait.
    pub fn len(&self) -> usize {
        self.0.max_capacity() - self.0.capacity()
    }
}

/// Documents that have their answers, which may not be safe yet.
struct Begun {
    answers: Vec<Answer>,
    tell: Tell<Vec<Answer>>,
}

struct Taker {
    filter: Arc<SharedFilter>,
    jobs: Receiver<Job>,
    begun: Vec<Begun>,
    /// A job that came while others were put together, and is none of them.
    later: Option<Job>,
}

impl Taker {
    fn all(mut self) {
        while let Some(job) = self.next() {
            match job {
                Job::Take { documents, prepared, tell } => self.take(documents, prepared, tell),
                Job::Delete { ids, site, tell } => self.delete(&ids, site.as_deref(), tell),
                Job::End => return self.finish(),
            }
        }
    }

    fn delete(&mut self, ids: &[String], site: Option<&str>, tell: Tell<usize>) {
        self.finish();
        // Whoever asked may have gone.
        let _ = tell.send(self.filter.delete(ids, site).map_err(Refusal::from));
    }

    /// The next job; what was begun is made safe where none waits.
    fn next(&mut self) -> Option<Job> {
        if let Some(job) = self.later.take() {
            return Some(job);
        }
        match self.jobs.try_recv() {
            Ok(job) => Some(job),
            Err(TryRecvError::Empty) => {
                self.finish();
                self.jobs.blocking_recv()
            }
            Err(TryRecvError::Disconnected) => {
                self.finish();
                None
            }
        }
    }

    /// Takes documents, and those that wait behind them.
    fn take(&mut self, mut documents: Vec<Incoming>, mut prepared: Vec<Prepared>, tell: Tell<Vec<Answer>>) {
        let mut parts = vec![(documents.len(), tell)];
        let mut bytes: usize = documents.iter().map(|document| document.text.len()).sum();
        while documents.len() < BATCH && bytes < BATCH_BYTES {
            match self.jobs.try_recv() {
                Ok(Job::Take { documents: more, prepared: made, tell }) => {
                    bytes += more.iter().map(|document| document.text.len()).sum::<usize>();
                    parts.push((more.len(), tell));
                    documents.extend(more);
                    prepared.extend(made);
                }
                Ok(other) => {
                    self.later = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        match self.filter.begin(&documents, prepared) {
            Ok(answers) => {
                // What was begun before is safe by now.
                self.tell();
                let mut answers = answers.into_iter();
                let own = |(count, tell)| Begun { answers: answers.by_ref().take(count).collect(), tell };
                self.begun = parts.into_iter().map(own).collect();
            }
            Err(error) => {
                // What was begun before may be safe all the same.
                self.finish();
                let refusal = Refusal::from(error);
                parts.into_iter().for_each(|(_, tell)| drop(tell.send(Err(refusal.clone()))));
            }
        }
    }

    /// Waits until what was begun is safe, and tells it.
    fn finish(&mut self) {
        match self.filter.finish() {
            Ok(()) => self.tell(),
            Err(error) => {
                let refusal = Refusal::from(error);
                self.begun.drain(..).for_each(|begun| drop(begun.tell.send(Err(refusal.clone()))));
            }
        }
    }

    fn tell(&mut self) {
        self.begun.drain(..).for_each(|begun| drop(begun.tell.send(Ok(begun.answers))));
    }
}
