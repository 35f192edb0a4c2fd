//! Generates labelled synthetic news corpora, for benchmarks and for trying wirecopy on a set whose
//! duplicates are known. The same options and seed give the same bytes on any machine: random numbers and the
//! mathematics behind them are written out here, so that neither a platform nor a new version of a crate can
//! change a corpus.
//!
//! ```text
//! cargo run --release --example generate -- --documents 20000 --output news.jsonl --labels news.tsv
//! ```
//!
//! Sentences come from a small grammar: real English function words around invented words whose ranks follow
//! Zipf's law, so that whole sentences do not recur. Stock phrases, also ranked by Zipf's law, do recur, as "did
//! not immediately respond to a request for comment" does in a newsroom: mostly five or six words of them, and a
//! whole clause now and then. Of unrelated documents word 5-grams so have a curve of document frequencies, and the
//! runs that two of them share have lengths, like those of a real newswire. `--curve` prints both, of any set.
//!
//! About a fifth of the documents are planted: families of two to six, each a base and its variants. A member is
//! never stored: it is written again from the family's seed and then changed, so memory does not grow with the
//! length of the texts.
//!
//! The modules from the bottom up: `random` and `prose`; `lexicon`, `grammar`, `facts` and `language`, which hold
//! words; `story` writes one article, `site` the page around it, `variant` its copies; `family` and `corpus` say
//! which document is what; `record` is a line of the output, `curve` measures a set.

mod corpus;
mod curve;
mod facts;
mod family;
mod grammar;
mod language;
mod lexicon;
mod options;
mod prose;
mod random;
mod record;
mod sink;
mod site;
mod story;
mod variant;
mod world;

use std::path::Path;
use std::process::ExitCode;

use corpus::documents;
use curve::{CURVE_DOCUMENTS, Curve, measure};
use options::{Options, Task, USAGE};
use sink::Sink;
use world::World;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("generate: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let result = match &options.task {
        Task::Measure { input } => measure(input).map(|mut curve| eprint!("{}", curve.report())),
        Task::Generate { output, labels } => generate(&options, output, labels.as_deref()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("generate: {message}");
            ExitCode::FAILURE
        }
    }
}

fn generate(options: &Options, output: &Path, labels: Option<&Path>) -> Result<(), String> {
    let world = World::new(options);
    let mut lines = Sink::create(output)?;
    let mut labels = labels.map(Sink::create).transpose()?;
    if let Some(sink) = &mut labels {
        sink.write(b"family\tkind\tid\trole\n")?;
    }
    let mut curve = Curve::default();
    let every = options.documents.div_ceil(CURVE_DOCUMENTS);
    for (index, document) in documents(&world, options).enumerate() {
        lines.write(&document.record(&world).line()?)?;
        if let (Some(sink), Some(label)) = (&mut labels, &document.label) {
            sink.write(label.as_bytes())?;
            sink.write(b"\n")?;
        }
        if options.curve && index % every == 0 {
            curve.add(&document.article.text, document.label.is_some());
        }
    }
    lines.finish()?;
    labels.map_or(Ok(()), Sink::finish)?;
    if options.curve {
        eprint!("{}", curve.report());
    }
    Ok(())
}
