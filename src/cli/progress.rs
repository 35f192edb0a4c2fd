//! A progress bar on standard error, where that is a terminal.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::options::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// Shows a run's progress until it is dropped.
pub struct Bar {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    /// A bar, unless `quiet` or nobody would see it.
    pub fn show(progress: &Progress, quiet: bool) -> Bar {
        let over = Arc::new(AtomicBool::new(false));
        let visible = !quiet && std::io::stderr().is_terminal();
        // Where the system has no thread to give, there is no bar.
        let thread = visible.then(|| {
            let (progress, over) = (progress.clone(), over.clone());
            std::thread::Builder::new().spawn(move || follow(&progress, &over)).ok()
        });
        let thread = thread.flatten();
        Bar { over, thread }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A bar that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}

fn follow(progress: &Progress, over: &AtomicBool) {
    let bar = ProgressBar::hidden();
    let mut shown = "";
    let mut rounds = 0;
    while !over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(50));
        rounds += 1;
        // Short runs show nothing.
        if rounds == 10 {
            bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        let (total, bytes, documents) = progress.read();
        let (style, message) = line(total, bytes, documents);
        if let (true, Ok(new)) = (style != shown, ProgressStyle::with_template(style)) {
            shown = style;
            bar.set_style(new);
        }
        bar.set_length(total);
        bar.set_position(bytes);
        bar.set_message(message);
    }
    bar.finish_and_clear();
}

/// A bar and the time that is left, while it is known how much is read of how much.
const READING: &str = "{bar:30} {bytes}/{total_bytes} {msg} {eta} left";

/// What goes on, where nothing says how long.
const WORKING: &str = "{spinner} {msg} ({elapsed})";

/// How the line looks, and what it says: how long documents are compared is known to nobody.
fn line(total: u64, bytes: u64, documents: u64) -> (&'static str, String) {
    match (total, bytes) {
        (0, _) => (WORKING, "looking for files".to_owned()),
        _ if bytes < total => (READING, format!("{documents} documents")),
        _ => (WORKING, format!("{documents} documents read; comparing them")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_left_only_while_documents_are_read() {
        assert_eq!(line(0, 0, 0), (WORKING, "looking for files".to_owned()));
        assert_eq!(line(9, 3, 2), (READING, "2 documents".to_owned()));
        assert_eq!(line(9, 9, 7), (WORKING, "7 documents read; comparing them".to_owned()));
        assert!([READING, WORKING].iter().all(|style| ProgressStyle::with_template(style).is_ok()));
    }
}
