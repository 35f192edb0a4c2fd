//! A stream of documents before an index: each is answered, and is there for those behind it, also after a crash.

use wirecopy::{Filter, Incoming, Result};

const QUAY: &str = "The harbour master closed the outer quay on Tuesday after a crane had failed twice within one week, \
    and ships that wait for grain will be sent up the river until the end of the month.";

fn main() -> Result<()> {
    let directory = std::env::temp_dir().join(format!("wirecopy-example-{}", std::process::id()));
    let mut filter = Filter::open(&directory)?;
    let documents = [
        Incoming::new("courier-1", QUAY).url("https://courier.example/quay"),
        Incoming::new("herald-9", QUAY.replace("twice", "three times")).url("https://herald.example/port"),
        Incoming::new(
            "herald-10",
            "The lighthouse keeper wrote it into a book of his own, at night, in pencil.",
        ),
    ];
    for (document, answer) in documents.iter().zip(filter.batch(&documents)?) {
        println!(
            "{}: {} {}",
            document.id,
            answer.verdict.relation.name(),
            answer.verdict.of().unwrap_or("-")
        );
    }
    // The same document again is given the answer that it was given.
    let again = filter.batch(&documents[1..2])?;
    assert!(again[0].again && again[0].verdict.of() == Some("courier-1"));
    filter.close()?;
    std::fs::remove_dir_all(&directory)
        .map_err(|e| wirecopy::Error::io(wirecopy::ErrorKind::Write, &directory, e))
}
