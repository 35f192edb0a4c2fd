//! The HTTP service: the filter, for clients that are other programs or other machines.
//!
//! A request goes through `routes` (who may), `body` (how much, how long) and to `stream` or `single` (what is asked).
//! Documents are taken by one thread (`taking`), which has the filter; what is only asked is answered beside it, of what is safe
//! on disk. An answer that says that a document is taken is sent when it is safe.
//!
//! Every place where something could grow is bounded: connections, headers, bytes of bodies, streams, questions that wait, jobs
//! that wait, and the time that a client may keep any of them.

mod body;
mod connections;
mod figures;
mod keys;
mod refusal;
mod routes;
mod single;
mod stream;
mod taking;

use std::future::Future;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};

pub use keys::{Grant, KeptKey, Keys, Scope, create, list, revoke};

use body::BodyRoom;
use figures::Figures;
use taking::Queue;

use crate::error::{Error, ErrorKind, Result};
use crate::filter::records::{RecordRules, Records};
use crate::filter::{Filter, SharedFilter};
use crate::options::{Policy, Resources};

/// Streams that are read at once, at most: each has a thread.
const STREAMS: usize = 64;

/// Questions that are answered or wait for that, at most.
const QUESTIONS: usize = 256;

/// Threads for what takes a processor's time, beside those of streams.
const WORKERS: usize = 16;

/// How a service is run.
#[derive(Debug, Clone)]
pub struct ServiceOptions {
    /// Bytes that a body may have, and what comes out of it.
    pub max_body: u64,
    /// How long closing may take.
    pub grace: Duration,
    /// How records are read.
    pub rules: RecordRules,
    /// What counts as what: the filter's own.
    pub policy: Policy,
}

/// What all requests share.
#[derive(Debug)]
struct Service {
    filter: Arc<SharedFilter>,
    queue: Queue,
    keys: Keys,
    /// Whether nobody but this machine can ask.
    is_local: bool,
    rules: RecordRules,
    room: BodyRoom,
    streams: Arc<Semaphore>,
    work: Arc<Semaphore>,
    figures: Figures,
    began: Instant,
    grace: Duration,
    closing: watch::Sender<bool>,
}

impl Service {
    fn is_closing(&self) -> bool {
        *self.closing.borrow()
    }

    /// Returns when the service has been closing for half of its time: then streams are read no further.
    fn closing_late(&self) -> impl Future<Output = ()> + use<> {
        let (mut closing, half) = (self.closing.subscribe(), self.grace / 2);
        async move {
            // A service that is gone is closed.
            let _ = closing.wait_for(|closing| *closing).await;
            tokio::time::sleep(half).await;
        }
    }

    /// What reads the records of a request.
    fn records(&self) -> Records {
        Records::new(self.rules.clone(), Vec::new(), self.filter.preparer())
    }
}

/// Where requests come in, and who may ask.
#[derive(Debug)]
pub struct Entrance {
    listener: TcpListener,
    keys: Keys,
    /// Whether nobody but this machine can ask.
    is_local: bool,
}

impl Entrance {
    /// A socket that listens, for the index in this directory. Nothing is accepted yet.
    ///
    /// # Errors
    /// Keys that cannot be read; [`ErrorKind::Setting`] where others than this machine reach the socket and there is no key.
    pub fn new(listener: TcpListener, directory: &Path) -> Result<Entrance> {
        let keys = Keys::open(directory)?;
        let no_socket = |e| Error::io(ErrorKind::Setting, "the listening socket", e);
        let is_local = listener.local_addr().map_err(no_socket)?.ip().is_loopback();
        check_keys(is_local, &keys, directory)?;
        Ok(Entrance { listener, keys, is_local })
    }
}

/// Answers over a filter until the process is asked to end. `began` is called once requests are accepted.
///
/// # Errors
/// No threads, or a disk that fails as the index is closed.
pub fn serve(
    entrance: Entrance,
    filter: Filter,
    options: ServiceOptions,
    began: impl FnOnce(),
) -> Result<()> {
    let Entrance { listener, keys, is_local } = entrance;
    let filter = Arc::new(SharedFilter::new(filter, options.policy, &Resources::default())?);
    let (queue, taking) = Queue::begin(filter.clone())?;
    let service = Arc::new(Service {
        filter: filter.clone(),
        queue,
        keys,
        is_local,
        rules: options.rules,
        room: BodyRoom::new(options.max_body),
        streams: Arc::new(Semaphore::new(STREAMS)),
        work: Arc::new(Semaphore::new(QUESTIONS)),
        figures: Figures::default(),
        began: Instant::now(),
        grace: options.grace,
        closing: watch::Sender::new(false),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(WORKERS)
        .build()
        .map_err(|e| Error::io(ErrorKind::Setting, "threads", e))?;
    let ends = runtime.block_on(connections::serve(service, listener, began))?;
    runtime.shutdown_background();
    close(filter, taking, ends)
}

/// Refuses to let everybody in: without keys a service is for its own machine.
fn check_keys(is_local: bool, keys: &Keys, directory: &Path) -> Result<()> {
    if is_local || keys.is_any() {
        return Ok(());
    }
    let message = format!(
        "others than this machine could ask it, and there is no key; make one: wirecopy key create --index {} --scope write",
        directory.display()
    );
    Err(Error::new(ErrorKind::Setting).because(message))
}

/// How often it is looked whether something has ended.
const LOOK: Duration = Duration::from_millis(5);

/// Waits for a thread, but no longer than until then; none where it did not end.
fn joined<T>(thread: JoinHandle<T>, ends: Instant) -> Option<T> {
    while !thread.is_finished() && Instant::now() < ends {
        std::thread::sleep(LOOK);
    }
    if thread.is_finished() { thread.join().ok() } else { None }
}

/// Ends the session well, as far as there is time: what was acknowledged is safe already, and the next session goes on from the
/// log.
fn close(filter: Arc<SharedFilter>, taking: JoinHandle<()>, ends: Instant) -> Result<()> {
    joined(taking, ends);
    // Whoever still asks keeps it.
    let Some(filter) = Arc::into_inner(filter) else { return Ok(()) };
    joined(std::thread::spawn(|| filter.close()), ends).unwrap_or(Ok(()))
}
