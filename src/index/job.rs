//! Work in the background: segments are written, logs synced and files removed while documents come.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::error::{Error, ErrorKind, Result};
use crate::priority::give_way;

/// What a thread does in the background.
#[derive(Debug)]
pub(super) struct BackgroundJob<T> {
    work: Work<T>,
    stop: Arc<AtomicBool>,
    /// What it does, for messages.
    what: &'static str,
}

#[derive(Debug)]
enum Work<T> {
    Goes(JoinHandle<Result<T>>),
    /// The system had no thread to give, and it was done at once.
    IsDone(Result<T>),
}

impl<T: Send + 'static> BackgroundJob<T> {
    /// Does `work` on a thread of its own, which may ask whether to go on.
    pub fn spawn(
        what: &'static str,
        work: impl FnOnce(&dyn Fn() -> bool) -> Result<T> + Send + 'static,
    ) -> BackgroundJob<T> {
        BackgroundJob::of(what, work, false)
    }

    /// As [`BackgroundJob::spawn`], where nobody waits for it: the thread gives way to others.
    pub fn spawn_behind(
        what: &'static str,
        work: impl FnOnce(&dyn Fn() -> bool) -> Result<T> + Send + 'static,
    ) -> BackgroundJob<T> {
        BackgroundJob::of(what, work, true)
    }

    fn of(
        what: &'static str,
        work: impl FnOnce(&dyn Fn() -> bool) -> Result<T> + Send + 'static,
        gives_way: bool,
    ) -> BackgroundJob<T> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        // Taken by whoever does it: what a thread was to have that is not, is gone.
        let waiting = Arc::new(Mutex::new(Some(work)));
        let taken = waiting.clone();
        let start = move || {
            if gives_way {
                give_way();
            }
            let work = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
            work.map_or(Err(Error::new(ErrorKind::Write)), |work| work(&|| !stopped.load(Ordering::Relaxed)))
        };
        let work = match std::thread::Builder::new().spawn(start) {
            Ok(thread) => Work::Goes(thread),
            Err(error) => Work::IsDone(match waiting.lock().unwrap_or_else(PoisonError::into_inner).take() {
                Some(work) => work(&|| true),
                None => Err(Error::new(ErrorKind::Write).because(format!("no thread: {error}"))),
            }),
        };
        BackgroundJob { work, stop, what }
    }

    /// Whether [`BackgroundJob::wait`] would not wait.
    pub fn is_done(&self) -> bool {
        match &self.work {
            Work::Goes(thread) => thread.is_finished(),
            Work::IsDone(_) => true,
        }
    }

    /// Asks it to give up.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Waits for it.
    ///
    /// # Errors
    /// What its work says.
    pub fn wait(self) -> Result<T> {
        let failed = |_| Err(Error::new(ErrorKind::Write).because(format!("{} ended in a panic", self.what)));
        match self.work {
            Work::Goes(thread) => thread.join().unwrap_or_else(failed),
            Work::IsDone(result) => result,
        }
    }
}
