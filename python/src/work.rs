//! Work that runs while Python goes on: other threads have the interpreter, Ctrl-C is heard, and progress is told.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use pyo3::prelude::*;
use wirecopy::options::{Cancel, Progress};

use crate::error::Failure;
use crate::items::Items;

/// Time between two looks at signals.
const TICK: Duration = Duration::from_millis(20);

/// Time that work has to end once it is cancelled; longer, it ends by itself while the interrupt is already told.
const GRACE: Duration = Duration::from_millis(300);

/// Time between two calls of a watcher.
const TELL: Duration = Duration::from_millis(100);

/// What stops work and what watches it.
pub struct Watch {
    pub cancel: Cancel,
    pub progress: Progress,
    /// Called with the stage, bytes read, bytes in all and documents read.
    pub told: Option<Py<PyAny>>,
}

impl Watch {
    /// Of work that nobody watches.
    pub fn unseen(cancel: &Cancel) -> Watch {
        Watch { cancel: cancel.clone(), progress: Progress::default(), told: None }
    }

    fn tell(&self, py: Python<'_>) -> PyResult<()> {
        let Some(told) = &self.told else { return Ok(()) };
        let (total, bytes, documents) = self.progress.read();
        let stages = self.progress.stages();
        let stage = stages.last().map_or("open", |(name, _)| *name);
        told.call1(py, (stage, bytes, total, documents)).map(drop)
    }
}

/// Items of Python that work waits for, and where their batches go.
pub struct Feed {
    pub items: Items,
    pub to: SyncSender<RecordBatch>,
}

/// Runs `work` on a thread of its own and waits for it. Items are taken from Python on the thread that called: generators may
/// hold what is bound to it.
///
/// # Errors
/// Those of the work, of the items, and what a signal handler raises: then the work is cancelled.
pub fn run<T: Send + 'static>(
    py: Python<'_>,
    watch: &Watch,
    feeds: Vec<Feed>,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> PyResult<T> {
    let (done, result) = sync_channel(1);
    let cancel = watch.cancel.clone();
    let body = move || {
        let ended = catch_unwind(AssertUnwindSafe(work));
        // Whoever was interrupted may ask again once this is over.
        cancel.renew();
        drop(done.send(ended));
    };
    thread::Builder::new().name("wirecopy".to_owned()).spawn(body)?;
    let ended = feed(py, feeds).and_then(|()| wait(py, watch, result));
    match ended {
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(failure))) => Err(failure.raise(py)),
        Ok(Err(panic)) => resume_unwind(panic),
        Err(error) => {
            watch.cancel.cancel();
            Err(error)
        }
    }
}

/// Hands on all items. Where the work takes no more, it has its reason.
fn feed(py: Python<'_>, feeds: Vec<Feed>) -> PyResult<()> {
    for Feed { mut items, to } in feeds {
        while let Some(batch) = items.next(py)? {
            let is_taken = py.detach(|| to.send(batch).is_ok());
            py.check_signals()?;
            if !is_taken {
                break;
            }
        }
    }
    Ok(())
}

/// What came of work, or of its panic.
type Ended<T> = thread::Result<Result<T, Failure>>;

fn wait<T: Send>(py: Python<'_>, watch: &Watch, result: Receiver<Ended<T>>) -> PyResult<Ended<T>> {
    let mut told = Instant::now();
    let mut result = result;
    loop {
        let ended;
        (result, ended) = receive(py, result, TICK);
        match ended {
            Ok(ended) => {
                watch.tell(py)?;
                return Ok(ended);
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Ok(Ok(Err(Failure::Asked("the work ended without a result".to_owned()))));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let mut heard = py.check_signals();
        if heard.is_ok() && told.elapsed() >= TELL {
            told = Instant::now();
            heard = watch.tell(py);
        }
        if let Err(error) = heard {
            watch.cancel.cancel();
            if receive(py, result, GRACE).1.is_ok() {
                watch.cancel.renew();
            }
            return Err(error);
        }
    }
}

fn receive<T: Send>(
    py: Python<'_>,
    result: Receiver<Ended<T>>,
    time: Duration,
) -> (Receiver<Ended<T>>, Result<Ended<T>, RecvTimeoutError>) {
    py.detach(move || {
        let ended = result.recv_timeout(time);
        (result, ended)
    })
}
