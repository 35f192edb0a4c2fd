//! The first pass: every record once, in parallel, to a table of documents and the samples for the join.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use bitvec::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::candidates::{MOST_DOCUMENTS, Runs, Sampled};
use crate::corpus::{Corpus, Fields, InputPiece, Location, Problem, Scratch, Value, replaced, turn};
use crate::document::{DocId, Identity, address_hash, authority, id_hash, site_hash, site_of};
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::model::noise::SeenTokens;
use crate::options::Resources;
use crate::recipe::Recipe;
use crate::signature::winnow::LEVELS;
use crate::sketch::Sketcher;

/// What the first pass keeps of a document: 80 bytes.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub struct DocumentEntry {
    /// Where its record stands.
    pub location: Location,
    /// The record's number in its input.
    pub record: u32,
    /// Tokens of its text.
    pub tokens: u32,
    /// Bytes of its text.
    pub bytes: u32,
    /// Its site's number.
    pub site: u32,
    /// A hash of the id that the record names; 0 where it names none.
    pub id_hash: u64,
    /// Hashes of its address and canonical address; 0 where it names none, or nobody wants to know.
    pub addresses: [u64; 2],
    /// A hash of its token sequence.
    pub sequence: u64,
    /// How many hashes its sample of each level has.
    pub counts: [u16; LEVELS],
    /// A hash of its text, where that is in a file that somebody else may write; else 0.
    pub check: u32,
}

/// By what a text that is read again is known to be the same. A file that is written in place may give another text of the same
/// length, in which no place of the first one need be the beginning of a character.
pub(crate) fn text_check(text: &str) -> u32 {
    (xxh3_64(text.as_bytes()) >> 32) as u32
}

impl DocumentEntry {
    /// Whether a text is the document's, as it was when the document was read first.
    pub(crate) fn is_of(&self, text: &str, corpus: &Corpus) -> bool {
        let shared = corpus.is_shared(self.location.input);
        text.len() as u32 == self.bytes && (!shared || text_check(text) == self.check)
    }
}

/// The documents of a run, in order.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Documents {
    /// By document number.
    pub entries: Vec<DocumentEntry>,
    /// Sites by number.
    pub sites: Vec<String>,
    /// By document number, whether it is of the second set; empty where there is one set.
    #[serde(skip)]
    pub against: BitVec,
    /// By document number, seconds from 1970 to its date, where it has one; empty where nobody wants to know.
    pub dates: Vec<Option<i64>>,
    /// Dates that could not be read.
    pub unread: UnreadDates,
    /// What gave no document, or not as it stood.
    pub problems: Vec<Problem>,
}

/// Dates that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UnreadDates {
    /// How many documents have one.
    pub documents: u64,
    /// The first, or the beginning of it.
    pub example: Option<String>,
}

/// Letters of a date that is an example.
const EXAMPLE: usize = 40;

impl UnreadDates {
    /// One that says something.
    fn add(&mut self, date: Value<'_>) {
        if date.is_blank() {
            return;
        }
        self.documents += 1;
        self.example.get_or_insert_with(|| date.to_text().trim().chars().take(EXAMPLE).collect());
    }

    /// Those that come after them.
    fn merge(&mut self, next: UnreadDates) {
        self.documents += next.documents;
        self.example = self.example.take().or(next.example);
    }
}

impl Sampled for Documents {
    fn counts(&self, document: u32) -> [u16; LEVELS] {
        self.entries[document as usize].counts
    }

    /// Those of the second set come first: as leaders they are compared with the others.
    fn sequence(&self, document: u32) -> u64 {
        let sequence = self.entries[document as usize].sequence;
        match self.against.get(document as usize) {
            None => sequence,
            Some(against) => sequence >> 1 | u64::from(!*against) << 63,
        }
    }
}

impl Documents {
    /// Sites by number, as the model knows them.
    pub(crate) fn site_hashes(&self) -> Vec<u64> {
        self.sites.iter().map(|name| site_hash(name)).collect()
    }

    /// Which page a document is; `sites` are [`Documents::site_hashes`].
    pub(crate) fn identity(&self, document: u32, sites: &[u64]) -> Identity {
        let entry = &self.entries[document as usize];
        let [url, canonical] = entry.addresses;
        Identity { id: entry.id_hash, url, canonical, site: sites[entry.site as usize] }
    }

    /// Whether two documents are versions of one page.
    pub(crate) fn are_versions(&self, a: DocId, b: DocId) -> bool {
        let identity = |document: DocId| {
            let entry = &self.entries[document.index()];
            let [url, canonical] = entry.addresses;
            // Numbers of sites are told apart as their names are.
            Identity { id: entry.id_hash, url, canonical, site: u64::from(entry.site) }
        };
        identity(a).is_version_of(&identity(b))
    }

    /// Bytes of all texts.
    pub(super) fn text_bytes(&self) -> u64 {
        self.entries.iter().map(|entry| u64::from(entry.bytes)).sum()
    }

    /// Says of each document of a corpus of two sets which it is of.
    pub(super) fn find_second_set(&mut self, corpus: &Corpus) {
        if !corpus.against().is_empty() {
            let place = |entry: &DocumentEntry| corpus.place(entry.location, entry.record).0;
            self.against =
                self.entries.iter().map(|entry| corpus.is_against(Path::new(&place(entry)))).collect();
        }
    }

    /// Whether a document is of the second set.
    pub fn is_against(&self, document: DocId) -> bool {
        self.against.get(document.index()).is_some_and(|against| *against)
    }
}

/// The samples of one worker, and the document numbers of what it numbered from 0.
pub type Samples = (Runs, Vec<u32>);

/// What else than documents is wanted of the first pass.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub(super) struct Wanted {
    /// Samples, to join.
    pub samples: bool,
    /// Whether these are of tokens as they are printed.
    pub as_printed: bool,
    /// Addresses, to tell versions of one page.
    pub addresses: bool,
    /// How often each token stands in the corpus.
    pub tokens: bool,
    /// Dates.
    pub dates: bool,
}

/// What the first pass gives: documents, samples, and how often each token stands.
pub(super) type FirstRead = (Documents, Vec<Samples>, SeenTokens);

/// Reads the whole corpus on the current thread pool.
pub(super) fn read(
    corpus: &Corpus,
    recipe: Recipe,
    wanted: Wanted,
    resources: &Resources,
) -> Result<FirstRead> {
    let pieces = corpus.pieces();
    resources.progress.expect(pieces.iter().map(InputPiece::bytes).sum());
    let most = pieces.iter().map(|piece| most_text(corpus, piece)).sum();
    let next = AtomicUsize::new(0);
    let mut workers: Vec<ReadPart> = rayon::broadcast(|_| {
        let mut worker = PieceReader::new(recipe, wanted, resources);
        if wanted.tokens {
            worker.tokens = ReadTokens::Table(SeenTokens::new(most));
        }
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = pieces.get(number) else { return Ok(worker.into_part()) };
            resources.cancel.check()?;
            worker.read(corpus, number, piece);
            resources.progress.advance(piece.bytes(), worker.last_count());
        }
    })
    .into_iter()
    .collect::<Result<_>>()?;
    let table = |tokens: ReadTokens| match tokens {
        ReadTokens::Table(seen) => Some(seen),
        ReadTokens::None | ReadTokens::Slots(_) => None,
    };
    let mut seen = workers.iter_mut().filter_map(|worker| table(std::mem::take(&mut worker.tokens)));
    let first = seen.next().unwrap_or_default();
    let mut seen = seen.fold(first, |mut all, part| {
        all.merge(&part);
        all
    });
    let (documents, samples) = merge(corpus, &pieces, workers)?;
    seen.fit(documents.text_bytes());
    Ok((documents, samples, seen))
}

/// Bytes of text that a piece gives, at most: a character takes three bytes where a file of one text, in another charset than
/// UTF-8, has it as one.
pub(super) fn most_text(corpus: &Corpus, piece: &InputPiece) -> u64 {
    if corpus.holds_several(piece.input()) { piece.bytes() } else { 3 * piece.bytes() }
}

/// What some pieces gave.
pub(super) struct ReadPart {
    pub entries: Vec<DocumentEntry>,
    pub runs: Runs,
    /// By the entries' numbers.
    pub sites: Vec<String>,
    pub tokens: ReadTokens,
    /// By entry, where dates are wanted.
    pub dates: Option<Vec<Option<i64>>>,
    pub outcomes: Vec<PieceOutcome>,
}

/// How often each token stands.
#[derive(Default)]
pub(super) enum ReadTokens {
    /// Nobody wants to know.
    #[default]
    None,
    Table(SeenTokens),
    /// The slots of all tokens, to be counted later.
    Slots(Vec<u32>),
}

pub(super) struct PieceReader {
    recipe: Recipe,
    kernel: Kernel,
    wanted: Wanted,
    sketcher: Sketcher,
    bytes: Vec<u8>,
    text: Scratch,
    entries: Vec<DocumentEntry>,
    runs: Runs,
    sites: SiteNames,
    pub tokens: ReadTokens,
    dates: Option<Vec<Option<i64>>>,
    outcomes: Vec<PieceOutcome>,
}

/// What one piece gave.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct PieceOutcome {
    pub piece: usize,
    first: usize,
    count: u32,
    records: u32,
    lines: u32,
    /// Record and line within the piece, and what is wrong with it.
    faults: Vec<(u32, u32, Fault)>,
    unread: UnreadDates,
    /// Why it could not be read to its end.
    pub failed: Option<String>,
}

#[derive(serde::Serialize, serde::Deserialize)]
enum Fault {
    /// The record gave no document, for this reason.
    NoDocument(String),
    Replaced(u32),
}

impl PieceReader {
    pub fn new(recipe: Recipe, wanted: Wanted, resources: &Resources) -> PieceReader {
        PieceReader {
            recipe,
            kernel: resources.kernel,
            wanted,
            sketcher: Sketcher::of(recipe, resources.kernel, wanted.as_printed),
            bytes: Vec::new(),
            text: Scratch::new(resources.kernel),
            entries: Vec::new(),
            runs: Runs::default(),
            sites: SiteNames::default(),
            tokens: ReadTokens::None,
            dates: wanted.dates.then(Vec::new),
            outcomes: Vec::new(),
        }
    }

    /// What all pieces gave.
    pub fn into_part(self) -> ReadPart {
        let PieceReader { entries, runs, sites, tokens, dates, outcomes, .. } = self;
        ReadPart { entries, runs, sites: sites.names, tokens, dates, outcomes }
    }

    /// Documents of the piece that was read last.
    pub fn last_count(&self) -> u64 {
        self.outcomes.last().map_or(0, |outcome| u64::from(outcome.count))
    }

    pub fn read(&mut self, corpus: &Corpus, number: usize, piece: &InputPiece) {
        let mut part = PieceOutcome {
            piece: number,
            first: self.entries.len(),
            count: 0,
            records: 0,
            lines: 0,
            faults: Vec::new(),
            unread: UnreadDates::default(),
            failed: None,
        };
        let (recipe, kernel, wanted) = (self.recipe, self.kernel, self.wanted);
        let PieceReader { sketcher, bytes, text, entries, runs, sites, tokens, dates, .. } = self;
        let result = corpus.read(piece, bytes, |location, line, fields| {
            let record = part.records;
            part.records += 1;
            let fields = match fields {
                Ok(fields) => fields,
                Err(reason) => {
                    return part.faults.push((record, line, Fault::NoDocument(reason.to_string())));
                }
            };
            let decoded = fields.text.decode(text);
            if decoded.replaced > 0 {
                part.faults.push((record, line, Fault::Replaced(decoded.replaced)));
            }
            let turn = turn(decoded.text.len());
            let sketch = sketcher.sketch(decoded.text);
            if wanted.samples {
                let local = entries.len() as u32;
                sketch.sample.iter().for_each(|&hash| runs.push(hash, local));
            }
            entries.push(DocumentEntry {
                location,
                record,
                tokens: sketch.tokens,
                bytes: decoded.text.len() as u32,
                site: sites.number(&fields, corpus.directory(location.input)),
                id_hash: field_hash(fields.named_id(), id_hash),
                addresses: if wanted.addresses {
                    [fields.url, fields.canonical_url].map(|field| field_hash(field, address_hash))
                } else {
                    [0; 2]
                },
                sequence: sketch.sequence,
                counts: sketch.counts,
                check: if corpus.is_shared(location.input) { text_check(decoded.text) } else { 0 },
            });
            let when = corpus.when(&fields);
            if let (None, Some(date)) = (when, fields.date) {
                part.unread.add(date);
            }
            if let Some(dates) = dates {
                dates.push(when.map(|when| when.at));
            }
            match tokens {
                ReadTokens::None => {}
                ReadTokens::Table(seen) => sketcher.found_by().iter().for_each(|&hash| seen.add(hash)),
                ReadTokens::Slots(slots) => {
                    slots.extend(sketcher.found_by().iter().map(|&hash| SeenTokens::slot(hash)));
                }
            }
            if turn.is_some() {
                // Its memory is not kept by every thread that had a large text.
                *sketcher = Sketcher::of(recipe, kernel, wanted.as_printed);
            }
        });
        match result {
            Ok(lines) => part.lines = lines,
            Err(error) => part.failed = Some(error.reason()),
        }
        part.count = (self.entries.len() - part.first) as u32;
        self.outcomes.push(part);
    }
}

/// The hash of a field, as `of` makes it of the field's text.
fn field_hash(field: Option<Value<'_>>, of: fn(&[u8]) -> u64) -> u64 {
    match field {
        None => 0,
        Some(Value::Plain(bytes)) => of(bytes),
        Some(field @ (Value::Escaped(_) | Value::List(_) | Value::Coded(_))) => {
            of(field.to_text().as_bytes())
        }
    }
}

/// Sites of one worker. Looked up by what the record says, so that the public suffix list is asked once a host.
#[derive(Default)]
struct SiteNames {
    by_text: HashMap<u64, u32>,
    names: Vec<String>,
}

impl SiteNames {
    fn number(&mut self, fields: &Fields<'_>, directory: &str) -> u32 {
        let bytes = |value: Option<Value<'_>>| match value {
            Some(Value::Plain(bytes) | Value::Escaped(bytes) | Value::List(bytes) | Value::Coded(bytes)) => {
                bytes.len()
            }
            None => 0,
        };
        let (source, url) = (bytes(fields.source), bytes(fields.url));
        let key = match (source, url, fields.source, fields.url) {
            (1.., _, Some(Value::Plain(source)), _) => xxh3_64(source),
            (0, 1.., _, Some(Value::Plain(url))) => match std::str::from_utf8(url) {
                Ok(url) => xxh3_64(authority(url).as_bytes()) ^ 1,
                Err(_) => return self.insert(None, fields, directory),
            },
            (0, 0, ..) => match fields.directory {
                Some(Value::Plain(inside)) => xxh3_64(inside) ^ 2,
                _ => xxh3_64(directory.as_bytes()) ^ 2,
            },
            _ => return self.insert(None, fields, directory),
        };
        match self.by_text.get(&key) {
            Some(&number) => number,
            None => self.insert(Some(key), fields, directory),
        }
    }

    fn insert(&mut self, key: Option<u64>, fields: &Fields<'_>, directory: &str) -> u32 {
        let text = |value: Option<Value<'_>>| value.map(Value::to_text);
        let (source, url) = (text(fields.source), text(fields.url));
        let inside = text(fields.directory);
        let directory = inside.as_deref().unwrap_or(directory);
        let site = site_of(source.as_deref(), url.as_deref(), directory);
        let number = self.names.iter().rposition(|name| name == site).unwrap_or_else(|| {
            self.names.push(site.to_owned());
            self.names.len() - 1
        }) as u32;
        if let Some(key) = key {
            self.by_text.insert(key, number);
        }
        number
    }
}

/// Numbers documents in the order of pieces, whoever read them.
pub(super) fn merge(
    corpus: &Corpus,
    pieces: &[InputPiece],
    mut workers: Vec<ReadPart>,
) -> Result<(Documents, Vec<Samples>)> {
    let mut order: Vec<(usize, usize)> = vec![(0, 0); pieces.len()];
    for (w, worker) in workers.iter().enumerate() {
        for (p, part) in worker.outcomes.iter().enumerate() {
            order[part.piece] = (w, p);
        }
    }
    let mut documents = Documents { problems: corpus.problems().to_vec(), ..Documents::default() };
    let total = workers.iter().map(|worker| worker.entries.len()).sum();
    are_numbered(total)?;
    documents.entries.reserve_exact(total);
    let mut numbers: Vec<Vec<u32>> = workers.iter().map(|worker| vec![0; worker.entries.len()]).collect();
    let site_numbers = merge_sites(&workers, &mut documents.sites);
    let (mut input, mut records, mut lines) = (0, 0, 0);
    for (piece, &(w, p)) in pieces.iter().zip(&order) {
        if piece.input() != input {
            (input, records, lines) = (piece.input(), 0, 0);
        }
        let part = &mut workers[w].outcomes[p];
        let path = corpus.path(input).display().to_string();
        if let Some(reason) = part.failed.take() {
            documents.problems.push(Problem { path: path.clone(), record: None, reason, unreadable: true });
        }
        for (record, line, fault) in part.faults.drain(..) {
            documents.problems.push(problem(&path, corpus, input, records + record, lines + line, fault));
        }
        documents.unread.merge(std::mem::take(&mut part.unread));
        let own = part.first..part.first + part.count as usize;
        let first_record = records;
        records += part.records;
        lines += part.lines;
        if let Some(dates) = &workers[w].dates {
            documents.dates.extend_from_slice(&dates[own.clone()]);
        }
        for (entry, number) in workers[w].entries[own.clone()].iter().zip(&mut numbers[w][own]) {
            *number = documents.entries.len() as u32;
            let site = site_numbers[w][entry.site as usize];
            documents.entries.push(DocumentEntry { record: entry.record + first_record, site, ..*entry });
        }
    }
    documents.find_second_set(corpus);
    let samples = workers.into_iter().map(|worker| worker.runs).zip(numbers).collect();
    Ok((documents, samples))
}

/// Whether so many documents have numbers.
///
/// # Errors
/// [`Error::beyond_one_run`] where they have not.
fn are_numbered(documents: usize) -> Result<()> {
    if documents <= MOST_DOCUMENTS {
        return Ok(());
    }
    Err(Error::beyond_one_run(&format!("{documents} documents, and one run takes {MOST_DOCUMENTS}")))
}

fn problem(path: &str, corpus: &Corpus, input: u32, record: u32, line: u32, fault: Fault) -> Problem {
    let several = corpus.holds_several(input);
    let place = if several { format!("line {}: ", line + 1) } else { String::new() };
    let (reason, unreadable) = match fault {
        Fault::NoDocument(reason) => (format!("{place}{reason}"), true),
        Fault::Replaced(count) => (format!("{place}{}", replaced(count)), false),
    };
    Problem { path: path.to_owned(), record: several.then_some(record), reason, unreadable }
}

/// The sites of all workers in order of name, so that numbers do not depend on who read what.
fn merge_sites(workers: &[ReadPart], names: &mut Vec<String>) -> Vec<Vec<u32>> {
    names.extend(workers.iter().flat_map(|worker| worker.sites.iter().cloned()));
    names.sort_unstable();
    names.dedup();
    let number = |name: &String| names.binary_search(name).unwrap_or_default() as u32;
    workers.iter().map(|worker| worker.sites.iter().map(number).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn more_documents_than_there_are_numbers_are_an_error_that_says_so() {
        assert!(are_numbered(MOST_DOCUMENTS).is_ok());
        let error = are_numbered(MOST_DOCUMENTS + 1).expect_err("too many");
        assert!(
            error.kind() == ErrorKind::TooLarge && error.to_string().contains("2147483648 at most"),
            "{error}"
        );
    }
}
