//! Work in the background: segments are written, logs synced and files removed while documents come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::error::{Error, ErrorKind, Result};

/// What a thread does in the background.
#[derive(Debug)]
pub(super) struct BackgroundJob<T> {
    thread: JoinHandle<Result<T>>,
    stop: Arc<AtomicBool>,
    /// What it does, for messages.
    what: &'static str,
}

impl<T: Send + 'static> BackgroundJob<T> {
    /// Does `work` on a thread of its own, which may ask whether to go on.
    pub fn spawn(
        what: &'static str,
        work: impl FnOnce(&dyn Fn() -> bool) -> Result<T> + Send + 'static,
    ) -> BackgroundJob<T> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || work(&|| !stopped.load(Ordering::Relaxed)));
        BackgroundJob { thread, stop, what }
    }

    /// Whether [`BackgroundJob::wait`] would not wait.
    pub fn is_done(&self) -> bool {
        self.thread.is_finished()
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
        self.thread.join().unwrap_or_else(failed)
    }
}
