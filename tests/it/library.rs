//! What a program that embeds the library relies on.

use wirecopy::corpus::{Corpus, CorpusOptions};
use wirecopy::error::{Error, ErrorKind};
use wirecopy::options::Resources;
use wirecopy::scan::{Run, Scan};

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
    let resources = Resources { threads: 1, ..Resources::default() };
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
    let resources = Resources { work_dir: Some(taken.clone()), ..Resources::default() };
    let error = Corpus::open(&[big], &CorpusOptions::default(), &resources).unwrap_err();
    assert_eq!((error.kind(), error.place()), (ErrorKind::Write, Some(&*taken)));
    assert!(std::error::Error::source(&error).is_some());
    let nothing =
        Corpus::open(&[dir.path("missing")], &CorpusOptions::default(), &Resources::default()).unwrap();
    assert_eq!(run(&nothing, &Resources::default()).unwrap_err().kind(), ErrorKind::NothingReadable);
}
