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
    let style = "{bar:30} {bytes}/{total_bytes} {msg} {eta} left";
    let bar = ProgressBar::hidden();
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    let mut rounds = 0;
    while !over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(50));
        rounds += 1;
        // Short runs show nothing.
        if rounds == 10 {
            bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        let (total, bytes, documents) = progress.read();
        bar.set_length(total);
        bar.set_position(bytes);
        bar.set_message(format!("{documents} documents"));
    }
    bar.finish_and_clear();
}
