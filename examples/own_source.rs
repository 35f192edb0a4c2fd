//! Documents from a source of one's own: records of a format that the library does not know, and rows of a program.

use std::ops::Range;

use wirecopy::corpus::{Fields, Value};
use wirecopy::{Corpus, CorpusOptions, Document, ErrorKind, Reader, Reason, Resources, Result, scan};

/// Records with a line of `%%` between them; the first line of a record is its title.
#[derive(Debug)]
struct Percent;

const BETWEEN: &[u8] = b"\n%%\n";

fn find(bytes: &[u8], from: usize) -> Option<usize> {
    bytes[from..].windows(BETWEEN.len()).position(|window| window == BETWEEN).map(|at| from + at)
}

impl Reader for Percent {
    fn splits(&self) -> bool {
        true
    }

    fn align(&self, bytes: &[u8], at: usize) -> usize {
        if at == 0 {
            return 0;
        }
        let from = at.saturating_sub(BETWEEN.len());
        find(bytes, from).map_or(bytes.len(), |end| end + BETWEEN.len())
    }

    fn next(&self, bytes: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
        // The search goes on one byte behind a record's end: within the separator, which is skipped here.
        let start = if at == 0 { 0 } else { self.align(bytes, at) };
        (start < bytes.len()).then(|| (start..find(bytes, start).unwrap_or(bytes.len()), 0))
    }

    fn fields<'a>(&self, record: &'a [u8]) -> Result<Fields<'a>, Reason> {
        let (title, text) = match record.iter().position(|&byte| byte == b'\n') {
            Some(end) => (Some(Value::Plain(&record[..end])), &record[end + 1..]),
            None => (None, record),
        };
        Ok(Fields { title, ..Fields::of_text(Value::Plain(text)) })
    }
}

fn main() -> Result<()> {
    let quay =
        "The harbour master closed the outer quay on Tuesday after a crane had failed twice within one week.";
    let file = std::env::temp_dir().join(format!("wirecopy-example-{}.percent", std::process::id()));
    let written =
        format!("Quay closed\n{quay}\n%%\nNo ships today\n{quay}\n%%\nWeather\nIt rains on the coast.");
    let failed = |error| wirecopy::Error::io(ErrorKind::Write, &file, error);
    std::fs::write(&file, written).map_err(failed)?;
    let options = CorpusOptions::default().reader("percent", Percent);
    let corpus = Corpus::open(std::slice::from_ref(&file), &options, &Resources::default())?;
    let run = scan(&corpus)?;
    println!("{} records, {} pair", run.documents.entries.len(), run.pairs.len());
    assert_eq!((run.documents.entries.len(), run.pairs.len()), (3, 1));
    std::fs::remove_file(&file).map_err(failed)?;

    // Rows that a program has already need no format.
    let rows = [("a", quay, "Courier"), ("b", quay, "Herald")];
    let documents = rows.map(|(id, text, source)| Document::new(id, text).source(source));
    let run = scan(&Corpus::from_documents(documents)?)?;
    println!(
        "{} and {}: {}",
        run.id(run.pairs[0].a),
        run.id(run.pairs[0].b),
        run.pairs[0].judgement.relation.name()
    );
    assert!(!run.same_site(run.pairs[0].a, run.pairs[0].b));
    Ok(())
}
