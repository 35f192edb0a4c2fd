//! A progress bar on standard error, where that is a terminal.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::options::Progress;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// Shows a run's progress until it is dropped.
pub struct Bar {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    /// A bar for a command whose answers may go to standard output as they come: none where that is a terminal too, which shows them.
    pub fn beside_output(progress: &Progress, quiet: bool) -> Bar {
        Bar::show(progress, quiet || std::io::stdout().is_terminal())
    }

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
        let Line { style, message, parts: [done, planned] } = line(progress);
        if let (true, Ok(new)) = (style != shown, ProgressStyle::with_template(style)) {
            shown = style;
            bar.set_style(new);
        }
        bar.set_length(planned);
        bar.set_position(done);
        bar.set_message(message);
    }
    bar.finish_and_clear();
}

/// The stage, how much of it is done, and the time that is left of it.
const MEASURED: &str = "{bar:30} {msg}";

/// The stage, where nothing says how much there is of it.
const WORKING: &str = "{spinner} {msg}";

/// How the line looks, and what it says.
#[derive(Debug, PartialEq)]
struct Line {
    style: &'static str,
    message: String,
    parts: [u64; 2],
}

/// What the line says of a run at this moment.
fn line(progress: &Progress) -> Line {
    let (total, bytes, documents) = progress.read();
    let (stage, parts) = progress.stage();
    let (name, elapsed) = stage.unwrap_or(("", Duration::ZERO));
    let (parts, counted) = match name {
        "read" => ([bytes, total], format!("{documents} documents")),
        "filter" => (parts, format!("{documents} documents")),
        "pages" | "index" => (parts, format!("{} of {}", HumanBytes(parts[0]), HumanBytes(parts[1]))),
        _ => (parts, format!("{} of {}", parts[0], parts[1])),
    };
    let doing = doing(name);
    match (time_left(elapsed, parts), parts) {
        (_, [_, 0]) if documents > 0 && name == "filter" => {
            let message = format!("{doing}: {counted} ({} s)", elapsed.as_secs());
            Line { style: WORKING, message, parts }
        }
        (_, [_, 0]) => Line { style: WORKING, message: format!("{doing} ({} s)", elapsed.as_secs()), parts },
        (None, _) => Line { style: MEASURED, message: format!("{doing}: {counted}"), parts },
        (Some(left), _) => {
            Line { style: MEASURED, message: format!("{doing}: {counted}, {left} left of this step"), parts }
        }
    }
}

/// A stage in words.
fn doing(stage: &str) -> &str {
    match stage {
        "" => "looking for files",
        "convert" => "converting files",
        "read" => "reading",
        "filter" => "answering",
        "pages" => "looking at pages",
        "index" => "reading the index",
        "copies" => "grouping equal texts",
        "postings" => "gathering samples",
        "learn" => "learning what sites print around their texts",
        "standing text" => "learning standing text",
        "join" => "finding pairs",
        "noise" => "finding pairs of noisy texts",
        "forms" => "finding pairs of filled forms",
        "signatures" => "finding pairs by signatures",
        "glimpse" => "looking at pairs that share little",
        "align" | "verify" => "comparing pairs",
        "clusters" => "building clusters",
        "reports" => "writing reports",
        other => other,
    }
}

/// The time that is left of a stage that was as fast all along; none where nothing is done yet, or all.
fn time_left(elapsed: Duration, [done, planned]: [u64; 2]) -> Option<String> {
    if done == 0 || done >= planned {
        return None;
    }
    let seconds = (elapsed.as_secs_f64() / done as f64 * (planned - done) as f64).ceil() as u64;
    Some(match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3600)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_the_stage_its_parts_and_the_time_left() {
        let progress = Progress::default();
        let said = |progress: &Progress| line(progress).message;
        assert_eq!(said(&progress), "looking for files (0 s)");
        progress.begin("read");
        progress.expect(9);
        progress.advance(3, 2);
        assert_eq!(said(&progress), "reading: 2 documents, 1 s left of this step");
        progress.begin("align");
        assert_eq!(said(&progress), "comparing pairs (0 s)");
        progress.plan(8);
        assert_eq!(said(&progress), "comparing pairs: 0 of 8");
        progress.did(2);
        let Line { style, message, parts } = line(&progress);
        assert_eq!(
            (style, &*message, parts),
            (MEASURED, "comparing pairs: 2 of 8, 1 s left of this step", [2, 8])
        );
        assert!([MEASURED, WORKING].iter().all(|style| ProgressStyle::with_template(style).is_ok()));
    }

    #[test]
    fn what_answers_as_it_reads_says_how_many_it_has() {
        let progress = Progress::default();
        progress.begin("filter");
        assert_eq!(line(&progress).message, "answering (0 s)");
        progress.advance(0, 12);
        assert_eq!(line(&progress).message, "answering: 12 documents (0 s)");
        progress.plan(4096);
        progress.did(2048);
        assert_eq!(line(&progress).message, "answering: 12 documents, 1 s left of this step");
        progress.begin("pages");
        progress.plan(3 << 20);
        progress.did(3 << 20);
        assert_eq!(line(&progress).message, "looking at pages: 3.00 MiB of 3.00 MiB");
    }

    #[test]
    fn the_time_left_goes_by_what_is_done() {
        let left = |seconds, parts| time_left(Duration::from_secs(seconds), parts);
        assert_eq!(left(10, [0, 4]), None);
        assert_eq!(left(10, [4, 4]), None);
        assert_eq!(left(10, [1, 4]).as_deref(), Some("30 s"));
        assert_eq!(left(100, [1, 4]).as_deref(), Some("5 min"));
        assert_eq!(left(9000, [1, 4]).as_deref(), Some("8 h"));
    }

    #[test]
    fn every_stage_has_words() {
        let stages =
            ["convert", "read", "copies", "postings", "learn", "standing text", "join", "noise", "forms"];
        let last =
            ["signatures", "glimpse", "align", "verify", "clusters", "reports", "filter", "pages", "index"];
        assert!(stages.iter().chain(&last).all(|stage| doing(stage) != *stage));
    }
}
