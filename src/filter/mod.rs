//! The pre-ingest filter: a document arrives, and something says whether it is new.
//!
//! The second flow beside `scan`, over the same sample, gate and judge; under one model both say the same of a
//! pair. [`Filter`] takes documents into its index, [`Lookup`] only asks one. [`Filter::batch`] takes documents in parallel
//! and answers as if they had come one by one: a document finds those before it, in the index and in its batch, and none
//! behind it.
//!
//! An answer is kept with its document. So the same id and text is given the same answer again, whatever came since.

mod core;
mod corpus;
mod incoming;
mod learn;
pub mod line;
#[cfg(feature = "cli")]
pub mod lines;
mod look;
mod pool;
mod prepare;
#[cfg(feature = "cli")]
pub mod records;
mod shared;
mod stories;
mod unpack;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use self::core::{Arrived, Core, Novelty, novelty};
use crate::document::{id_hash, site_hash};
use crate::error::{Error, ErrorKind, Result};
use crate::index::format::{MAX_ID, More, NAMED, StoredRow, encode_said};
use crate::index::store::{Disk, Store};
use crate::index::verdict::Verdict;
use crate::index::view::{Earlier, Moment, PartPlace, View};
use crate::index::{Admitted, Limits, NewDocument, Remake, Setup, Snapshot, Writer, exists, model_hash};
use crate::model::Model;
use crate::options::{Policy, Resources};
use crate::recipe::Recipe;
use crate::sketch::Sketcher;
pub use corpus::KnownDocument;
pub use incoming::Incoming;
use look::Matched;
pub use prepare::{Prepared, Preparer};
pub use shared::{IndexFigures, IndexedDocument, SharedFilter};
use unpack::Unpacker;
pub use unpack::unpack;

/// The answer to a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether it was given before, to the same id and text.
    pub again: bool,
}

/// Takes documents into an index, and says of each whether it is new.
///
/// What a method acknowledged survives a crash. [`Filter::close`] writes what is in memory into a segment; without it the
/// next start reads the log instead.
#[derive(Debug)]
pub struct Filter {
    core: Core,
    writer: Box<Writer>,
}

/// Asks an index as it was when it was opened, and changes nothing.
#[derive(Debug)]
pub struct Lookup {
    core: Core,
    reader: Box<Snapshot>,
}

impl Lookup {
    /// Over the index in this directory, with the default settings.
    ///
    /// # Errors
    /// No index there, damage, or no threads.
    pub fn open(directory: impl AsRef<Path>) -> Result<Lookup> {
        let store: Arc<dyn Store> = Arc::new(Disk::new(directory.as_ref()));
        Lookup::new(Snapshot::open(&store, None, None)?, Policy::default(), &Resources::default())
    }

    /// Over an index that was opened.
    ///
    /// # Errors
    /// A model that cannot be read, or no threads.
    pub fn new(reader: Snapshot, policy: Policy, resources: &Resources) -> Result<Lookup> {
        let settings = (reader.recipe(), reader.manifest().keep);
        let core = Core::new(settings, reader.model(), policy, resources, false)?;
        Ok(Lookup { core, reader: Box::new(reader) })
    }

    /// Everything in the index.
    pub fn view(&self) -> View<'_> {
        self.reader.view()
    }

    /// The index as it was when it was opened.
    pub fn snapshot(&self) -> &Snapshot {
        &self.reader
    }

    /// Whether texts are compared, and not only samples.
    pub fn verifies(&self) -> bool {
        self.core.verifies()
    }

    /// What prepares documents for [`Lookup::answer`], from any thread.
    pub fn preparer(&self) -> Preparer {
        self.core.preparer.clone()
    }

    /// The answer that each document would be given, each for itself.
    ///
    /// # Errors
    /// Damage that was met.
    pub fn check(&self, documents: &[Incoming]) -> Result<Vec<Answer>> {
        self.answer(documents, self.core.preparer.prepare(documents)?)
    }

    /// As [`Lookup::check`], of documents that this lookup's [`Preparer`] made ready: `prepared` is what it gave of these.
    ///
    /// # Errors
    /// Damage that was met.
    ///
    /// # Panics
    /// Where `prepared` is shorter.
    pub fn answer(&self, documents: &[Incoming], prepared: Vec<Prepared>) -> Result<Vec<Answer>> {
        self.core.check((&self.view(), self.reader.next()), documents, prepared)
    }
}

impl Filter {
    /// Over the index in this directory, which is created where there is none, with the default settings.
    ///
    /// # Errors
    /// As [`open_or_create`], or no threads.
    pub fn open(directory: impl AsRef<Path>) -> Result<Filter> {
        let (directory, recipe) = (directory.as_ref(), Recipe::default());
        let disk = Disk::new(directory);
        disk.create_directory().map_err(|e| Error::io(ErrorKind::Write, directory, e))?;
        let setup = Setup { recipe, ..Setup::default() };
        let writer = open_or_create(Arc::new(disk), &setup, None, Limits::default())?;
        Filter::new(writer, Policy::default(), &Resources::default())
    }

    /// Over an index that was opened.
    ///
    /// # Errors
    /// A model that cannot be read, or no threads.
    pub fn new(writer: Writer, policy: Policy, resources: &Resources) -> Result<Filter> {
        let (settings, model) = ((writer.recipe(), writer.manifest().keep), writer.model()?);
        let core = Core::new(settings, model.as_deref(), policy, resources, true)?;
        Ok(Filter { core, writer: Box::new(writer) })
    }

    /// Everything in the index.
    pub fn view(&self) -> View<'_> {
        self.writer.view()
    }

    /// Whether texts are compared, and not only samples.
    pub fn verifies(&self) -> bool {
        self.core.verifies()
    }

    /// What prepares documents for [`Filter::begin`], while the filter is busy with others.
    pub fn preparer(&self) -> Preparer {
        self.core.preparer.clone()
    }

    /// Takes documents, as if one by one. Once it returns, its answers are safe on disk.
    ///
    /// # Errors
    /// Damage that was met, or a disk that fails: nothing of the batch is then acknowledged.
    pub fn batch(&mut self, documents: &[Incoming]) -> Result<Vec<Answer>> {
        let prepared = self.core.preparer.prepare(documents)?;
        let answers = self.begin(documents, prepared)?;
        self.finish()?;
        Ok(answers)
    }

    /// As [`Filter::batch`], of documents that this filter's [`Preparer`] made ready, and without waiting for the disk: the
    /// answers hold once [`Filter::finish`] or another [`Filter::begin`] returns well. `prepared` is what the preparer gave of
    /// these documents.
    ///
    /// # Errors
    /// As [`Filter::batch`], of these documents or of those that were begun before.
    ///
    /// # Panics
    /// Where `prepared` is shorter.
    pub fn begin(&mut self, documents: &[Incoming], prepared: Vec<Prepared>) -> Result<Vec<Answer>> {
        self.writer.keep()?;
        let first = self.writer.next();
        let begun = self.begin_from(documents, prepared);
        if begun.is_err() {
            self.writer.take_back(first);
            self.core.forget(first);
        }
        begun
    }

    fn begin_from(&mut self, documents: &[Incoming], prepared: Vec<Prepared>) -> Result<Vec<Answer>> {
        let earlier = self.core.earlier(&self.writer.view(), documents, &prepared)?;
        let (arrived, admitted) = self.admit(documents, prepared, earlier)?;
        let found = self.core.look(&self.writer.view(), &arrived)?;
        self.acknowledge(arrived, admitted, found)
    }

    /// Decides how documents stand to those before them, and takes those that are fresh.
    fn admit<'a>(
        &mut self,
        documents: &'a [Incoming],
        prepared: Vec<Prepared>,
        earlier: Vec<Earlier>,
    ) -> Result<(Vec<Arrived<'a>>, Vec<Admitted>)> {
        let mut arrived = Vec::with_capacity(documents.len());
        let (mut admitted, mut more) = (Vec::new(), Vec::new());
        let mut came = Came::default();
        for ((document, prepared), before) in documents.iter().zip(prepared).zip(earlier) {
            let kept = prepared.kept_keys();
            let Prepared { mut row, keys, grams, packed } = prepared;
            row.ordinal = self.writer.next();
            let own = cut(&document.id);
            let novelty = novelty(came.earlier(own, &row, before));
            let mut id = None;
            if let Novelty::Fresh { replaces } = novelty {
                id = self.other_name(document, &row)?;
                let named = id.as_deref().unwrap_or(own);
                row.id = named.len() as u16;
                more.clear();
                More::begin(named, document.own_title(row.tokens), &mut more);
                let arriving = NewDocument { row, more: &more, keys: kept, text: packed, replaces };
                admitted.push(self.writer.admit(arriving)?);
                came.add(own, &row);
            }
            arrived.push(Arrived { document, novelty, row, keys, grams, id });
        }
        Ok((arrived, admitted))
    }

    /// The name of a record without an id where another document has the one that was made up for it: the same place of
    /// another input.
    fn other_name(&self, document: &Incoming, row: &StoredRow) -> Result<Option<String>> {
        let id = cut(&document.id);
        let is_made = !document.named && document.place != 0;
        if !is_made || !self.writer.view().has_id(id, id_hash(id.as_bytes()), Moment::of(row))? {
            return Ok(None);
        }
        let name = format!("{id}-{:016x}", document.place);
        Ok((name.len() <= MAX_ID).then_some(name))
    }

    /// Gives documents their verdicts, and begins to write them down.
    fn acknowledge(
        &mut self,
        arrived: Vec<Arrived<'_>>,
        admitted: Vec<Admitted>,
        found: Vec<Vec<Matched>>,
    ) -> Result<Vec<Answer>> {
        let mut settling = Settling::of(&admitted);
        let each = arrived.into_iter().zip(found);
        let answers = each.map(|(arrived, found)| self.settle(&arrived, found, &mut settling));
        let answers = answers.collect::<Result<_>>()?;
        self.writer.begin(admitted)?;
        Ok(answers)
    }

    /// Gives the next document of a batch its verdict.
    fn settle(
        &mut self,
        arrived: &Arrived<'_>,
        found: Vec<Matched>,
        settling: &mut Settling<'_>,
    ) -> Result<Answer> {
        let answer = self.core.answer(&self.writer.view(), arrived, found)?;
        let fresh = if answer.again { None } else { settling.pending.next() };
        if let Some(one) = fresh {
            let more = &mut settling.more;
            more.clear();
            More::begin(arrived.kept_id(), arrived.document.own_title(arrived.row.tokens), more);
            encode_said(&answer.verdict, &arrived.document.meta, more);
            self.writer.settle(one.local, arrived.row.id, more, answer.verdict.cluster);
        }
        Ok(answer)
    }

    /// Waits until what was begun is safe.
    ///
    /// # Errors
    /// A disk that fails: nothing that was begun and not yet safe is then acknowledged.
    pub fn finish(&mut self) -> Result<()> {
        self.writer.committed()
    }

    /// The answer that each document would be given, each for itself; takes none.
    ///
    /// # Errors
    /// Damage that was met.
    pub fn check(&self, documents: &[Incoming]) -> Result<Vec<Answer>> {
        let prepared = self.core.preparer.prepare(documents)?;
        self.core.check((&self.writer.view(), self.writer.next()), documents, prepared)
    }

    /// Deletes all versions of these ids; returns how many documents that were.
    ///
    /// # Errors
    /// Damage, or a disk that fails.
    pub fn delete(&mut self, ids: &[String]) -> Result<usize> {
        self.delete_of(ids, None)
    }

    /// As [`Filter::delete`]; of one site's documents alone, where one is named.
    fn delete_of(&mut self, ids: &[String], site: Option<&str>) -> Result<usize> {
        let view = self.writer.view();
        let mut gone = Vec::new();
        for id in ids {
            let id = cut(id);
            // What has expired goes too, whatever the clock says.
            let versions = view.versions(id, id_hash(id.as_bytes()), 0)?;
            let is_meant = |row: &StoredRow| site.is_none_or(|site| row.site == site_hash(site));
            gone.extend(versions.iter().filter(|(_, row)| is_meant(row)).map(|(_, row)| row.ordinal));
        }
        self.writer.delete(&gone)?;
        Ok(gone.len())
    }

    /// Ends the session well.
    ///
    /// # Errors
    /// A disk that fails.
    pub fn close(self) -> Result<()> {
        self.writer.close()
    }

    /// The index, to be kept in order.
    pub fn writer(&mut self) -> &mut Writer {
        &mut self.writer
    }
}

/// Documents of a batch that are given their verdicts, in order.
struct Settling<'a> {
    /// Those that were taken and have none yet.
    pending: std::slice::Iter<'a, Admitted>,
    /// Memory for what is kept of one.
    more: Vec<u8>,
}

impl<'a> Settling<'a> {
    fn of(admitted: &'a [Admitted]) -> Settling<'a> {
        Settling { pending: admitted.iter(), more: Vec::new() }
    }
}

/// What came in a batch.
#[derive(Default)]
struct Came<'a> {
    /// By id and site, and what is asked again.
    texts: HashMap<(&'a str, [u64; 3], u32), u32>,
    /// By site: the last version of every id that a record named.
    last: HashMap<(&'a str, u64), u32>,
}

impl<'a> Came<'a> {
    /// What came before under an id, given what is in the index.
    fn earlier(&self, id: &'a str, row: &StoredRow, before: Earlier) -> Earlier {
        let again = || self.texts.get(&(id, [row.site, row.id_hash, row.text_hash], row.bytes)).copied();
        let last = self.last.get(&(id, row.site)).copied().filter(|_| row.flags & NAMED != 0);
        Earlier { again: before.again.or_else(again), last: last.or(before.last) }
    }

    fn add(&mut self, id: &'a str, row: &StoredRow) {
        self.texts.insert((id, [row.site, row.id_hash, row.text_hash], row.bytes), row.ordinal);
        if row.flags & NAMED != 0 {
            self.last.insert((id, row.site), row.ordinal);
        }
    }
}

/// Opens an index for a filter, creating it as `setup` says where there is none.
///
/// # Errors
/// As [`Writer::create`] and [`Writer::open`].
pub fn open_or_create(
    store: Arc<dyn Store>,
    setup: &Setup,
    recipe: Option<Recipe>,
    limits: Limits,
) -> Result<Writer> {
    if exists(&*store)? {
        let model = setup.model.as_deref().map(model_hash);
        return Writer::open(store, recipe, model, limits);
    }
    Writer::create(store, setup, limits)
}

/// An id, no longer than is kept.
fn cut(id: &str) -> &str {
    let mut end = id.len().min(crate::index::format::MAX_ID);
    while !id.is_char_boundary(end) {
        end -= 1;
    }
    &id[..end]
}

/// All versions of an id that were not deleted and have not expired, the oldest first.
///
/// # Errors
/// Damage.
pub fn lookup(view: &View<'_>, id: &str) -> Result<Vec<(PartPlace, StoredRow)>> {
    let id = cut(id);
    view.versions(id, id_hash(id.as_bytes()), crate::index::now())
}

/// Makes anew what a recipe decides of kept texts, for [`crate::index::repair()`] and [`crate::index::upgrade()`].
///
/// # Errors
/// A model that cannot be read, or no memory for a decompressor.
pub fn remaker(recipe: Recipe, model: Option<&[u8]>) -> Result<Box<Remake<'static>>> {
    let model = model.map(|bytes| Model::read(recipe, bytes)).transpose()?.unwrap_or_default();
    let mut unpacker = Unpacker::new()?;
    let mut sketcher = Sketcher::new(recipe, crate::kernel::Kernel::detect());
    Ok(Box::new(move |row, packed| {
        let text = unpacker.unpack(packed, row)?;
        if xxh3_64(text.as_bytes()) != row.text_hash {
            let other = format!("the text of document {} is another one", row.ordinal);
            return Err(Error::new(ErrorKind::Corrupt).because(other));
        }
        Ok(prepare::remade(&mut sketcher, &model, row.site, text))
    }))
}

/// Keys in order, each once.
fn keys(sample: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut keys: Vec<u64> = sample.collect();
    keys.sort_unstable();
    keys.dedup();
    keys.truncate(usize::from(u16::MAX));
    keys
}
