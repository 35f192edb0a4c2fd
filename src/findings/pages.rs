//! Pages one by one, each looked at by itself: nothing of a page is kept but what tells whether others have its title.
//!
//! A corpus is read twice. The first time notes what titles and descriptions are, in sixteen bytes a page each, and keeps those that
//! several pages have; the second finds repeats and hands each page on. Pages are read a batch at a time, in parallel, and handed on
//! in order.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::repeats::{PageLook, SharedKey, host_key, page_key};
use crate::corpus::{Corpus, Fields, InputPiece, Location, Scratch, Value, turn};
use crate::document::{site_hash, site_of};
use crate::error::{Reason, Result};
use crate::html::PageHead;
use crate::options::Resources;
use crate::page::{NameCount, SiteNames, faults};
use crate::report::{FaultRow, PageRow, ProblemRow};
use crate::text::Tokens;

/// Bytes of pieces of input that are read at once, and pieces, about: a file is one, however small.
const BATCH: u64 = 16 << 20;
const PIECES: usize = 512;

/// A page that was looked at.
#[derive(Debug)]
pub struct SeenPage {
    /// What stands in reports.
    pub row: PageRow,
    /// The text that places are in.
    pub text: String,
}

/// The pages of a corpus.
#[derive(Debug)]
pub struct Pages<'a> {
    corpus: &'a Corpus,
    resources: &'a Resources,
    pool: rayon::ThreadPool,
    /// By key, how many pages have a title or a description; only those that several have.
    shared: HashMap<u64, u32>,
    /// Names that pages show of their sites.
    names: Arc<SiteNames>,
    count: u64,
    problems: Vec<ProblemRow>,
}

/// What one piece of input gave.
struct PieceFound<T> {
    found: Vec<Found<T>>,
    lines: u32,
    failed: Option<String>,
}

/// What was found of a record, which is on this line of its piece, from 0.
struct Found<T> {
    line: u32,
    /// The id that it names.
    id: Option<String>,
    outcome: Result<T, Reason>,
}

/// A record as it is looked at.
struct Record<'a> {
    location: Location,
    text: &'a str,
    fields: &'a Fields<'a>,
}

impl<'a> Pages<'a> {
    /// Notes which titles and descriptions several pages have.
    ///
    /// # Errors
    /// Cancellation, or a number of threads that the system does not give.
    pub fn of(corpus: &'a Corpus, resources: &'a Resources) -> Result<Pages<'a>> {
        let pool = resources.pool()?;
        let problems = corpus.problems().iter().map(Into::into).collect();
        let names = Arc::default();
        let mut pages = Pages { corpus, resources, pool, shared: HashMap::new(), names, count: 0, problems };
        let (mut keys, mut count, mut problems) = (Vec::new(), 0, Vec::new());
        let mut names = NameCount::default();
        pages.walk(
            || (PageLook::new(resources.kernel), Tokens::new(resources.kernel)),
            |(look, tokens), record| {
                let head = corpus.page_head(record.location);
                let host = host_key(corpus, record.location, record.fields);
                let seen = head.as_ref().and_then(|head| look.site_names(head, host));
                (pages.keys(&record, head.as_ref(), tokens), seen)
            },
            |found| match found {
                Ok((_, (found, seen))) => {
                    count += 1;
                    keys.extend(found.into_iter().flatten());
                    seen.iter().for_each(|seen| names.add(seen));
                }
                Err(problem) => problems.push(problem),
            },
        )?;
        pages.names = Arc::new(names.names());
        pages.count = count;
        pages.problems.extend(problems);
        pages.problems.extend(corpus.changed().iter().map(ProblemRow::from));
        keys.sort_unstable();
        keys.dedup();
        for same in keys.chunk_by(|one, next| one.key == next.key).filter(|same| same.len() > 1) {
            pages.shared.insert(same[0].key, same.len() as u32);
        }
        Ok(pages)
    }

    /// How many pages there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// What gave no page.
    pub fn problems(&self) -> &[ProblemRow] {
        &self.problems
    }

    /// Hands on every page in order, up to the first that `visit` fails on.
    ///
    /// # Errors
    /// Cancellation; within, that of `visit`.
    pub fn each<E>(&self, mut visit: impl FnMut(SeenPage) -> Result<(), E>) -> Result<Result<(), E>> {
        let kernel = self.resources.kernel;
        let mut result = Ok(());
        self.walk(
            || (PageLook::new(kernel), Tokens::new(kernel)),
            |(look, tokens), record| {
                let turn = turn(record.text.len());
                let seen = self.look(record, look, tokens);
                if turn.is_some() {
                    // Its memory is not kept by every thread that had a large text.
                    *look = PageLook::new(kernel);
                }
                seen
            },
            |found| {
                if let (Ok((id, page)), Ok(())) = (found, &result) {
                    result = visit(SeenPage { row: PageRow { id, ..page.row }, ..page });
                }
            },
        )?;
        Ok(result)
    }

    /// Looks at all records in parallel, and hands on in order what was found of each, with its id.
    fn walk<S, T: Send>(
        &self,
        memory: impl Fn() -> S + Sync + Send,
        look: impl Fn(&mut S, Record<'_>) -> T + Sync + Send,
        mut take: impl FnMut(Result<(String, T), ProblemRow>),
    ) -> Result<()> {
        let corpus = self.corpus;
        let pieces = corpus.pieces();
        let progress = &self.resources.progress;
        progress.begin("pages");
        progress.plan(pieces.iter().map(InputPiece::bytes).sum());
        let (mut from, mut input, mut lines) = (0, 0, 0);
        while from < pieces.len() {
            self.resources.cancel.check()?;
            let mut bytes = 0;
            let batch = pieces[from..].iter().take(PIECES).take_while(|piece| {
                let is_first = bytes == 0;
                bytes += piece.bytes();
                is_first || bytes <= BATCH
            });
            let batch = &pieces[from..from + batch.count()];
            let found: Vec<PieceFound<T>> = self.pool.install(|| {
                let memory = || (memory(), Vec::new(), Scratch::new(self.resources.kernel));
                batch
                    .par_iter()
                    .map_init(memory, |(memory, bytes, scratch), piece| {
                        self.read(piece, bytes, scratch, |record| look(memory, record))
                    })
                    .collect()
            });
            for (piece, found) in batch.iter().zip(found) {
                if piece.input() != input {
                    (input, lines) = (piece.input(), 0);
                }
                let several = corpus.holds_several(input);
                let path = corpus.path(input).display().to_string();
                for Found { line, id, outcome } in found.found {
                    let record = lines + line;
                    let id = id.unwrap_or_else(|| corpus.made_id(input, record));
                    take(outcome.map(|found| (id, found)).map_err(|reason| ProblemRow {
                        path: path.clone(),
                        record: several.then_some(record),
                        reason: reason.to_string(),
                    }));
                }
                if let Some(reason) = found.failed {
                    take(Err(ProblemRow { path, record: None, reason }));
                }
                lines += found.lines;
            }
            progress.did(batch.iter().map(InputPiece::bytes).sum());
            from += batch.len();
        }
        Ok(())
    }

    fn read<T>(
        &self,
        piece: &InputPiece,
        bytes: &mut Vec<u8>,
        scratch: &mut Scratch,
        mut look: impl FnMut(Record<'_>) -> T,
    ) -> PieceFound<T> {
        let mut found = Vec::new();
        let read = self.corpus.read(piece, bytes, |location, line, fields| {
            let id = fields.as_ref().ok().and_then(|fields| fields.id).map(Value::to_text);
            let outcome = fields.map(|fields| {
                let text = fields.text.decode(scratch).text;
                look(Record { location, text, fields: &fields })
            });
            found.push(Found { line, id, outcome });
        });
        match read {
            Ok(lines) => PieceFound { found, lines, failed: None },
            Err(error) => PieceFound { found, lines: 0, failed: Some(error.reason()) },
        }
    }

    /// The keys of a record's title and description.
    fn keys(
        &self,
        record: &Record<'_>,
        head: Option<&PageHead>,
        tokens: &mut Tokens,
    ) -> [Option<SharedKey>; 2] {
        let Record { location, fields, .. } = record;
        let text = |value: Option<Value<'_>>| value.map(Value::to_text);
        let (source, url, inside) = (text(fields.source), text(fields.url), text(fields.directory));
        let directory = inside.as_deref().unwrap_or_else(|| self.corpus.directory(location.input));
        let site = site_hash(site_of(source.as_deref(), url.as_deref(), directory));
        // What has no address is told from other pages by its place.
        let place = u64::from(location.input) << 40 ^ location.offset;
        let key = page_key(fields, place);
        let title = text(fields.title);
        let description = head.and_then(|head| head.description.as_deref());
        // A description that others have as their title is none that they share.
        let mut of = |text: Option<&str>, site| SharedKey::of(text?, site, key, tokens);
        [of(title.as_deref(), site), of(description, !site)]
    }

    fn look(&self, record: Record<'_>, look: &mut PageLook, tokens: &mut Tokens) -> SeenPage {
        let page = self.corpus.page(record.location);
        let keys = self.keys(&record, page.as_ref().map(|page| &page.head), tokens);
        let Record { location, text, fields } = record;
        let host = host_key(self.corpus, location, fields);
        let repeats = look.repeats(text, fields, page.as_ref(), (&self.names, host));
        let (path, _) = self.corpus.place(location, 0);
        let mut row = PageRow::new(String::new(), path, &repeats);
        row.faults.extend(page.as_ref().map(faults).unwrap_or_default().into_iter().map(FaultRow::from));
        let title = fields.title.map(Value::to_text);
        let description = page.as_ref().and_then(|page| page.head.description.clone());
        let shared = [("title-shared", title), ("description-shared", description)];
        for ((kind, text), key) in shared.into_iter().zip(keys) {
            let pages = key.and_then(|key| self.shared.get(&key.key)).copied();
            if let (Some(text), Some(pages)) = (text, pages) {
                row.faults.push(FaultRow { kind: kind.into(), texts: vec![text], pages: Some(pages) });
            }
        }
        SeenPage { row, text: page.map_or_else(|| text.to_owned(), |page| page.text) }
    }
}
