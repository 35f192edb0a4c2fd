//! What a program that embeds the library relies on.

use wirecopy::corpus::{Corpus, CorpusOptions};
use wirecopy::options::Resources;
use wirecopy::scan::{Run, Scan};
use wirecopy::{Error, ErrorKind};

use crate::harness::*;

fn run(corpus: &Corpus, resources: &Resources) -> Result<Run, Error> {
    Scan::new().resources(resources.clone()).run(corpus)
}

#[test]
fn a_cancelled_run_ends_within_a_batch() {
    let dir = Dir::new();
    let lines: String = (0..40_000)
        .map(|i| record(&format!("{i}"), &format!("number {i} of many that say nothing else ").repeat(8)))
        .collect();
    let path = dir.file("many.jsonl", lines);
    let resources = Resources::default().with_threads(1);
    let corpus = Corpus::open(&[path], &CorpusOptions::default(), &resources).unwrap();
    let observer = resources.clone();
    let watched = std::thread::spawn(move || {
        while observer.progress.read().1 == 0 {
            std::thread::yield_now();
        }
        observer.cancel.cancel();
    });
    let error = run(&corpus, &resources).unwrap_err();
    watched.join().unwrap();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let again = run(&corpus, &resources).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Cancelled, "a token stays cancelled");
    assert!(run(&corpus, &Resources::default()).is_ok(), "another run of the same corpus goes on");
}

#[test]
fn errors_have_a_kind_a_place_and_a_source() {
    let dir = Dir::new();
    let taken = dir.file("a-file", "");
    let big = dir.file("big.txt.gz", {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gz, "word ".repeat(200_000).as_bytes()).unwrap();
        gz.finish().unwrap()
    });
    // There is no room for the spill: its directory is a file.
    let resources = Resources::default().with_work_dir(&taken);
    let error = Corpus::open(&[big], &CorpusOptions::default(), &resources).unwrap_err();
    assert_eq!((error.kind(), error.place()), (ErrorKind::Write, Some(&*taken)));
    assert!(std::error::Error::source(&error).is_some());
    let nothing =
        Corpus::open(&[dir.path("missing")], &CorpusOptions::default(), &Resources::default()).unwrap();
    assert_eq!(run(&nothing, &Resources::default()).unwrap_err().kind(), ErrorKind::NothingReadable);
}

/// What `cargo test` built, or else what cargo builds now.
fn example(name: &str) -> std::process::Output {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_wirecopy"));
    let built = program.parent().unwrap().join("examples").join(name);
    if built.is_file() {
        return std::process::Command::new(built).output().unwrap();
    }
    std::process::Command::new(env!("CARGO")).args(["run", "--quiet", "--example", name]).output().unwrap()
}

/// The five things that a user tries first, each an example that runs and is as short as it can be.
#[test]
fn every_example_runs() {
    let lines = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}.rs"));
        let text = std::fs::read_to_string(path).unwrap();
        let code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        text.lines().filter(code).count()
    };
    for (name, shown, most) in [
        ("cluster_strings", "text 0 stands for texts [1, 2, 3, 4, 5, 6, 7, 8, 9]", 20),
        ("compare_strings", "Near", 12),
        ("signatures", "bits of SimHash differ", 40),
        ("filter_stream", "herald-9: near courier-1", 40),
        ("own_source", "3 records, 1 pair", 80),
    ] {
        let output = example(name);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains(shown), "{name}: {said}");
        assert!(lines(name) <= most, "{name} has {} lines of code", lines(name));
    }
}

/// A run cannot be asked of another corpus or by another recipe: it holds its own. Two runs at once mix nothing up.
#[test]
fn a_run_reads_out_of_what_it_was_made_of() {
    let texts = |word: &str| {
        let text =
            |i: usize| (0..40).map(|w| format!("{word}{}", (i / 2) * 40 + w)).collect::<Vec<_>>().join(" ");
        (0..20).map(text).collect::<Vec<_>>()
    };
    let recipe = wirecopy::Recipe::with_shingle(3).unwrap();
    let one = Scan::new().recipe(recipe).run(&Corpus::from_texts(texts("alpha")).unwrap()).unwrap();
    let other = Scan::new().run(&Corpus::from_texts(texts("beta")).unwrap()).unwrap();
    assert_eq!((one.recipe().shingle(), other.recipe().shingle()), (3, 5));
    for (run, word) in [(&one, "alpha"), (&other, "beta")] {
        assert_eq!(run.pairs.len(), 10);
        let spans = run.spans().unwrap().unwrap();
        assert!(spans.iter().all(|spans| spans.len() == 1), "{word}: every pair has its span");
        assert!(run.text(run.pairs[3].a).unwrap().starts_with(word));
        let report = run.report(&wirecopy::Parts::ALL).unwrap();
        assert_eq!(report.clusters.len(), 10);
    }
    // A document that is no longer there is an error that `?` takes.
    fn text(run: &Run) -> Result<String, Box<dyn std::error::Error>> {
        Ok(run.text(wirecopy::DocId(0))?)
    }
    assert!(text(&one).unwrap().starts_with("alpha0 alpha1"));
}

/// Nothing is no relation to anything, and no reason to end a program.
#[test]
fn texts_without_words_are_compared() {
    for (a, b) in [
        ("", ""),
        ("", "a word"),
        ("\n \u{200b}", "..."),
        ("!", "The quay is closed until the crane is mended."),
    ] {
        for (a, b) in [(a, b), (b, a)] {
            let found = wirecopy::compare(a, b);
            assert_eq!(found.relation(), None, "{a:?} and {b:?}");
            assert!(found.spans.is_empty());
        }
    }
}
