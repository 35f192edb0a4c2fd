//! A corpus without its duplicates: same layout, kept records byte for byte and in order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Removable;
use super::keep::{self, Gone, Rules, part};
use super::strip::Stripper;
use crate::charset::narrowed;
use crate::corpus::{Compression, Corpus, Location, copy_kept, decompressed, kept_objects};
use crate::document::DocId;
use crate::error::{Error, ErrorKind, Result};
use crate::judge::{Judgement, Relation};
use crate::output::{FileId, OutputPlace, Outputs, id_of, open_regular, remove_own, resolved, sync_all};
use crate::report::{ClusterRow, MemberRow};
use crate::scan::Run;

/// A document that does not stay, as `--removed FILE` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removal {
    /// Its id.
    pub id: String,
    /// The id of the copy that stays.
    pub kept: String,
    /// What it is to that copy: `exact`, `near` or `contained`.
    pub relation: &'static str,
    /// The rule that chose the copy.
    pub rule: &'static str,
}

/// What goes, and what it costs each site.
#[derive(Debug, Default)]
pub struct Decisions {
    /// Documents that go, in order, each with the reason.
    pub removed: BTreeMap<u32, Removal>,
    /// Documents that are duplicates, whether they go or not: those of clusters but for one of each.
    pub duplicates: u64,
    /// By site of more than one document: documents, and how many of them go; those that lose more than half.
    pub losing: Vec<(String, u64, u64)>,
}

/// Decides what goes; `clusters` are the run's rows, with their lineage. Every removed document was verified against the
/// copy that stays for it.
pub fn decide(run: &Run, clusters: &[ClusterRow], rules: &Rules, removable: Removable) -> Decisions {
    let verified = Verified::of(run);
    let mut removed = BTreeMap::new();
    for (cluster, row) in run.clusters.iter().zip(clusters) {
        let documents: Vec<DocId> = cluster.documents().collect();
        let rows: Vec<&MemberRow> = row.documents().collect();
        let relation = |place: usize, kept: usize| {
            let relation = verified.relation(documents[place], documents[kept]);
            let relation = relation.or_else(|| keep::verified(row, &rows, place, kept));
            relation.filter(|relation| removable.allows(relation) && !rules.protect(rows[place]))
        };
        let gone = if run.documents.is_against(cluster.representative) {
            let of_second = |place: usize| {
                relation(place, 0).map(|relation| Gone { place, kept: 0, relation, rule: "against" })
            };
            (1..documents.len()).filter_map(of_second).collect()
        } else {
            part(row, rules, relation)
        };
        removed.extend(gone.into_iter().map(|Gone { place, kept, relation, rule }| {
            let (id, kept) = (rows[place].id.clone(), rows[kept].id.clone());
            (documents[place].0, Removal { id, kept, relation, rule })
        }));
    }
    let losing = losing(run, &removed);
    let duplicates = run.clusters.iter().map(|cluster| cluster.members.len() as u64).sum();
    Decisions { removed, duplicates, losing }
}

fn losing(run: &Run, removed: &BTreeMap<u32, Removal>) -> Vec<(String, u64, u64)> {
    let mut sites: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let own = (0..run.documents.entries.len() as u32).filter(|&d| !run.documents.is_against(DocId(d)));
    for document in own {
        let site = sites.entry(run.site(DocId(document))).or_default();
        site.0 += 1;
        site.1 += u64::from(removed.contains_key(&document));
    }
    let losing = sites.into_iter().filter(|(_, (all, gone))| *all > 1 && 2 * gone > *all);
    losing.map(|(site, (all, gone))| (site.to_owned(), all, gone)).collect()
}

/// Which documents were verified against which: documents with equal token sequences are one.
struct Verified<'a> {
    run: &'a Run,
    judged: HashMap<(DocId, DocId), Judgement>,
}

impl<'a> Verified<'a> {
    fn of(run: &'a Run) -> Verified<'a> {
        let mut judged = HashMap::new();
        for pair in run.pairs.iter().filter(|pair| pair.judgement.relation.is_copy()) {
            let (a, b) = (run.equals.first(pair.a), run.equals.first(pair.b));
            if a != b {
                judged.insert((a, b), pair.judgement);
            }
        }
        Verified { run, judged }
    }

    /// What `a` is to `b`, where that was verified.
    fn relation(&self, a: DocId, b: DocId) -> Option<&'static str> {
        let (a, b) = (self.run.equals.first(a), self.run.equals.first(b));
        if a == b {
            return Some(Relation::Exact.name());
        }
        let forwards = self.judged.get(&(a, b)).copied();
        let judgement = forwards.or_else(|| self.judged.get(&(b, a)).map(|judgement| judgement.swapped()))?;
        Some(judgement.from_a().name())
    }
}

/// Where the kept records go: checked before anything is read for them.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    /// Whether it is one file, because the input is.
    single: Option<OutputPlace>,
    /// What was asked for: names below the output are relative to these.
    inputs: Vec<PathBuf>,
    /// Where what goes is listed.
    removed: Option<OutputPlace>,
    outputs: Outputs,
}

/// Files that were not there before. They go again unless all that belongs to them could be written: half a corpus is none,
/// and would be in the way of the next attempt.
#[derive(Default)]
struct NewFiles(Vec<(PathBuf, Option<FileId>)>);

impl NewFiles {
    /// Writes a file by `write`.
    fn write(&mut self, place: &OutputPlace, write: impl FnOnce() -> Result<()>) -> Result<()> {
        let is_new = id_of(place.target()).is_none();
        write()?;
        if is_new {
            self.0.push((place.target().to_owned(), id_of(place.target())));
        }
        Ok(())
    }

    /// All is written.
    fn stay(mut self) {
        self.0.clear();
    }
}

impl Drop for NewFiles {
    fn drop(&mut self) {
        self.0.iter().for_each(|(path, id)| remove_own(path, *id));
    }
}

/// A file of the corpus, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// It stays but for this, in order of place.
    Edited(Vec<(Location, Edit)>),
    /// It stays without these of its rows, or objects, in order: a Parquet file, or JSON that is not one object a line.
    Rows(Vec<u32>),
    /// It goes: it is one document.
    Gone,
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    Removed,
    /// It loses its chrome, if it has any.
    Stripped(DocId),
}

impl Output {
    /// Where the corpus of these paths goes, which is compared with a second set. `outputs` knows what else is read and
    /// written.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where the output is an input or lies within one, or standard input is one, and
    /// [`ErrorKind::Taken`] where a file is there that may not be replaced.
    pub fn new(
        inputs: &[PathBuf],
        against: &[PathBuf],
        output: &Path,
        mut outputs: Outputs,
    ) -> Result<Output> {
        outputs.reads(inputs.iter().chain(against));
        let refuse = |message: &str| Err(Error::new(ErrorKind::Setting).at(output).because(message));
        if inputs.iter().any(|path| path.as_os_str() == "-") {
            return refuse("standard input can be read only once; name the files");
        }
        let whole = resolved(output);
        let mut read = inputs.iter().chain(against);
        if read.any(|input| whole.starts_with(resolved(input)) || same_file(input, output)) {
            return refuse("the output is an input, or inside one");
        }
        let single = matches!(inputs, [only] if only.is_file());
        match (single, output.is_dir(), output.exists()) {
            (true, true, _) => {
                return refuse("a directory; the input is one file, and so is what is left of it");
            }
            (false, false, true) => return refuse("not a directory; the input is more than one file"),
            _ => {}
        }
        let name = output.file_name().filter(|_| single).map(Path::new);
        let below = output.parent().unwrap_or(Path::new(""));
        let single = name.map(|name| outputs.below(below, name)).transpose()?;
        Ok(Output { path: output.to_owned(), single, inputs: inputs.to_owned(), removed: None, outputs })
    }

    /// The same, with a list of what goes.
    #[must_use]
    pub fn listing(self, removed: Option<OutputPlace>) -> Output {
        Output { removed, ..self }
    }

    /// Writes what stays, and the list of what goes: each file complete or not at all, and none that is new where one of
    /// them cannot be written. Records and files that could not be read stay. With a
    /// `stripper`, records of JSON lines and text files lose their sites' chrome; pages are written as they are. Returns
    /// how many did.
    ///
    /// # Errors
    /// [`ErrorKind::Changed`] where an input is no longer what was scanned, [`ErrorKind::Setting`] where two inputs
    /// have one place or one is of a format that is not written, and those of reading and writing.
    pub fn write(mut self, run: &Run, decisions: &Decisions, stripper: Option<Stripper<'_>>) -> Result<u64> {
        let corpus = run.corpus();
        unchanged(corpus)?;
        let files = files(run, decisions, stripper.is_some())?;
        let mut names: BTreeMap<PathBuf, (&Path, &Fate)> = BTreeMap::new();
        for (source, fate) in &files {
            let name = self.name(source)?;
            if names.insert(name.clone(), (source, fate)).is_some() {
                let message = "two inputs have this name; give them one directory by directory";
                return Err(Error::new(ErrorKind::Setting).at(self.path.join(name)).because(message));
            }
        }
        // Nothing is written where one of the places is taken.
        let mut places = Vec::new();
        for (name, (source, fate)) in names.into_iter().filter(|(_, (_, fate))| **fate != Fate::Gone) {
            let place = match self.single.take() {
                Some(place) => place,
                None => self.outputs.below(&self.path, &name)?.together(),
            };
            places.push((place, source, fate));
        }
        self.outputs.are_not_read(corpus.files())?;
        let mut strip = Strip { corpus, stripper, count: 0 };
        let mut new = NewFiles::default();
        for (place, source, fate) in &places {
            new.write(place, || place.write(|out| copy(source, fate, place.path(), out, &mut strip)))?;
        }
        if let Some(place) = &self.removed {
            new.write(place, || place.write(|out| list(decisions, out)))?;
        }
        if self.path.is_dir() {
            sync_all(&self.path).map_err(|e| Error::io(ErrorKind::Write, &self.path, e))?;
        }
        unchanged(corpus)?;
        new.stay();
        Ok(strip.count)
    }

    /// The name that a file has below the output; of a single one, that of the output.
    fn name(&self, source: &Path) -> Result<PathBuf> {
        if self.single.is_some() {
            return Ok(PathBuf::from(self.path.file_name().unwrap_or_default()));
        }
        let below = self.inputs.iter().filter_map(|input| source.strip_prefix(input).ok());
        // Below the outermost, as ids have it: two files of one name below two of them are two.
        let relative =
            below.filter(|path| !path.as_os_str().is_empty()).max_by_key(|path| path.components().count());
        let name = relative.or(source.file_name().map(Path::new)).unwrap_or(source);
        let place = self.path.join(name);
        if same_file(source, &place) {
            return Err(Error::new(ErrorKind::Setting).at(&place).because("the output is an input"));
        }
        Ok(name.to_owned())
    }
}

/// Writes what stays of a corpus of one file to a stream, unpacked, and the list of what goes to its place.
///
/// # Errors
/// As [`Output::write`], and [`ErrorKind::Setting`] where there is another file.
pub fn stream(
    run: &Run,
    decisions: &Decisions,
    stripper: Option<Stripper<'_>>,
    removed: Option<&OutputPlace>,
    out: &mut (dyn Write + Send),
) -> Result<u64> {
    let corpus = run.corpus();
    unchanged(corpus)?;
    let files = files(run, decisions, stripper.is_some())?;
    if let Some((another, _)) = files.iter().nth(1) {
        let message = "standard output takes one file; name a folder for the corpus of several";
        return Err(Error::new(ErrorKind::Setting).at(another).because(message));
    }
    let mut strip = Strip { corpus, stripper, count: 0 };
    let plain = Path::new("-");
    for (source, fate) in files.iter().filter(|(_, fate)| **fate != Fate::Gone) {
        let mut out = BufWriter::new(&mut *out);
        let written = copy(source, fate, plain, &mut out, &mut strip).and_then(|()| out.flush());
        written.map_err(|e| Error::io(ErrorKind::Write, plain, e))?;
    }
    unchanged(corpus)?;
    if let Some(place) = removed {
        place.write(|out| list(decisions, out))?;
    }
    Ok(strip.count)
}

/// Lists what goes, a JSON object a line.
///
/// # Errors
/// Those of writing.
pub fn list(decisions: &Decisions, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    for removal in decisions.removed.values() {
        serde_json::to_writer(&mut out, removal)?;
        writeln!(out)?;
    }
    out.flush()
}

fn unchanged(corpus: &Corpus) -> Result<()> {
    match corpus.changed().first() {
        Some(changed) => Err(Error::new(ErrorKind::Changed).at(&changed.path)),
        None => Ok(()),
    }
}

/// Records without their chrome, as they are written.
struct Strip<'a> {
    corpus: &'a Corpus,
    stripper: Option<Stripper<'a>>,
    /// How many there were.
    count: u64,
}

impl Strip<'_> {
    /// The record of a document that has chrome, without it.
    fn record(&mut self, at: Location, document: DocId) -> Option<Vec<u8>> {
        let text = self.stripper.as_mut()?.stripped(document)?;
        let record = self.corpus.with_text(at, &text)?;
        self.count += 1;
        Some(record)
    }
}

/// Every file of the corpus, but for a second set, and what becomes of it: those that are read where they stand, pages,
/// and pages that gave no document.
fn files(run: &Run, decisions: &Decisions, strip: bool) -> Result<BTreeMap<PathBuf, Fate>> {
    let corpus = run.corpus();
    let mut files: BTreeMap<PathBuf, Fate> = BTreeMap::new();
    for input in 0..corpus.inputs() as u32 {
        let source = corpus.path(input);
        if !source.as_os_str().is_empty() && !corpus.is_against(source) {
            files.insert(source.to_owned(), Fate::Edited(Vec::new()));
        }
    }
    // Files of JSON objects, each with how many documents it has.
    let mut objects: HashMap<PathBuf, usize> = HashMap::new();
    for source in corpus.files_of_objects().filter(|source| !corpus.is_against(source)) {
        files.insert(source.to_owned(), Fate::Rows(Vec::new()));
        objects.insert(source.to_owned(), 0);
    }
    for (number, entry) in run.documents.entries.iter().enumerate() {
        if run.documents.is_against(DocId(number as u32)) {
            continue;
        }
        let (path, record) = corpus.place(entry.location, entry.record);
        let source = corpus.path(entry.location.input);
        let is_direct = !source.as_os_str().is_empty();
        // A name need not be text; as text it has lost what it is.
        let path = if is_direct { source.to_owned() } else { PathBuf::from(path) };
        let is_gone = decisions.removed.contains_key(&(number as u32));
        // What a file is, its first row tells.
        let is_of_rows = |path: &Path| match files.get(path) {
            Some(fate) => matches!(fate, Fate::Rows(_)),
            None => is_parquet(path),
        };
        if let Some(row) = record.filter(|_| !is_direct && is_of_rows(&path)) {
            if let Some(rows) = objects.get_mut(&path) {
                *rows += 1;
            }
            if let Fate::Rows(gone) = files.entry(path).or_insert(Fate::Rows(Vec::new())) {
                gone.extend(is_gone.then_some(row));
            }
            continue;
        }
        if !is_direct && (record.is_some() || !path.is_file()) {
            let message = "files of this format cannot be written without some of their records yet";
            return Err(Error::new(ErrorKind::Setting).at(&path).because(message));
        }
        match files.entry(path).or_insert(Fate::Edited(Vec::new())) {
            fate if is_gone && record.is_none() => *fate = Fate::Gone,
            Fate::Edited(edits) if is_gone => edits.push((entry.location, Edit::Removed)),
            Fate::Edited(edits) if strip && is_direct => {
                edits.push((entry.location, Edit::Stripped(DocId(number as u32))));
            }
            _ => {}
        }
    }
    let unreadable = run.documents.problems.iter().filter(|problem| problem.unreadable);
    let broken: HashSet<&Path> = unreadable.map(|problem| Path::new(&problem.path)).collect();
    for (path, fate) in &mut files {
        // A file of one object is that document, and goes with it.
        let is_one = objects.get(path) == Some(&1) && !broken.contains(&**path);
        if is_one && matches!(fate, Fate::Rows(gone) if gone.len() == 1) {
            *fate = Fate::Gone;
        }
    }
    for path in broken {
        if path.is_file() && !corpus.is_against(path) {
            files.entry(path.to_owned()).or_insert(Fate::Edited(Vec::new()));
        }
    }
    for fate in files.values_mut() {
        match fate {
            Fate::Edited(edits) => edits.sort_unstable_by_key(|(location, _)| location.offset),
            Fate::Rows(gone) => gone.sort_unstable(),
            Fate::Gone => {}
        }
    }
    Ok(files)
}

/// Whether a file is a Parquet file that can be written again.
fn is_parquet(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = open_regular(path).and_then(|mut file| file.read_exact(&mut magic));
    cfg!(feature = "parquet") && read.is_ok() && magic == *b"PAR1"
}

fn same_file(a: &Path, b: &Path) -> bool {
    id_of(a).is_some() && id_of(a) == id_of(b)
}

/// Writes what stays of a file, packed as the name of its place says.
fn copy(
    source: &Path,
    fate: &Fate,
    place: &Path,
    out: &mut (dyn Write + Send),
    strip: &mut Strip<'_>,
) -> io::Result<()> {
    match fate {
        Fate::Rows(gone) if strip.corpus.holds_objects(source) => {
            if gone.is_empty() && packing(source)? == Compression::of_name(place) {
                return io::copy(&mut open_regular(source)?, out).map(|_| ());
            }
            let kept = kept_objects(&mut narrowed(reader(source)?)?, gone, strip.corpus.max_record())?;
            packed(place, out, |out| copy_kept(narrowed(reader(source)?)?, &kept, out))
        }
        #[cfg(feature = "parquet")]
        Fate::Rows(gone) if !gone.is_empty() => super::parquet::copy_without(source, gone, out),
        Fate::Edited(edits) if !edits.is_empty() || packing(source)? != Compression::of_name(place) => {
            // What came before a cut is kept, as the scan kept it; the scan has said so.
            let cut = strip.corpus.cut_at(source);
            let mut from = WatchedWrite::new(reader(source)?);
            // Lines of two bytes a character were read, and are written, in UTF-8.
            let is_lines = edits.first().is_some_and(|(at, _)| strip.corpus.holds_several(at.input));
            packed(place, out, |out| {
                let narrow: Box<dyn Read + '_> =
                    if is_lines { narrowed(&mut from)? } else { Box::new(&mut from) };
                let mut lines = BufReader::with_capacity(1 << 18, narrow);
                let copied = copy_edited(&mut lines, edits, out, |at, document| strip.record(at, document));
                drop(lines);
                match copied {
                    Err(_) if from.failed_at.is_some() && from.failed_at == cut => out.flush(),
                    result => result,
                }
            })
        }
        // Nothing is unpacked that stays as it is.
        _ => io::copy(&mut open_regular(source)?, out).map(|_| ()),
    }
}

/// Bytes that are read, and where reading them failed: an error of writing is none of reading.
struct WatchedWrite<R> {
    from: R,
    read: u64,
    failed_at: Option<u64>,
}

impl<R> WatchedWrite<R> {
    fn new(from: R) -> WatchedWrite<R> {
        WatchedWrite { from, read: 0, failed_at: None }
    }
}

impl<R: Read> Read for WatchedWrite<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to);
        match &read {
            Ok(bytes) => self.read += *bytes as u64,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.failed_at = Some(self.read),
        }
        read
    }
}

/// Copies all but removed records and the ends of their lines, and in place of others what `stripped` gives.
fn copy_edited(
    from: &mut impl BufRead,
    edits: &[(Location, Edit)],
    out: &mut dyn Write,
    mut stripped: impl FnMut(Location, DocId) -> Option<Vec<u8>>,
) -> io::Result<()> {
    let mut at = 0;
    let mut rest = Vec::new();
    for &(location, edit) in edits {
        let record = match edit {
            Edit::Removed => None,
            Edit::Stripped(document) => match stripped(location, document) {
                Some(record) => Some(record),
                None => continue,
            },
        };
        io::copy(&mut from.by_ref().take(location.offset - at), out)?;
        io::copy(&mut from.by_ref().take(u64::from(location.len)), &mut io::sink())?;
        at = location.offset + u64::from(location.len);
        match record {
            Some(record) => out.write_all(&record)?,
            None => {
                rest.clear();
                at += from.read_until(b'\n', &mut rest)? as u64;
            }
        }
    }
    io::copy(from, out)?;
    Ok(())
}

/// How a file is compressed, by its first bytes, as whoever reads it finds out.
fn packing(path: &Path) -> io::Result<Option<Compression>> {
    let mut head = Vec::new();
    open_regular(path)?.take(16).read_to_end(&mut head)?;
    Ok(Compression::of(&head))
}

fn reader(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = open_regular(path)?;
    Ok(match packing(path)? {
        Some(how) => decompressed(file, how)?,
        None => Box::new(file),
    })
}

/// Lets `write` write, compressed as the name of the file says; the same bytes in every run.
fn packed(
    path: &Path,
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match Compression::of_name(path) {
        Some(Compression::Gzip) => {
            let mut gzip = flate2::write::GzEncoder::new(out, flate2::Compression::default());
            write(&mut gzip)?;
            gzip.finish().map(|_| ())
        }
        Some(Compression::Zstd) => {
            let mut zstd = zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
            write(&mut zstd)?;
            zstd.finish().map(|_| ())
        }
        Some(Compression::Bzip2) => {
            let mut bzip2 = bzip2::write::BzEncoder::new(out, bzip2::Compression::best());
            write(&mut bzip2)?;
            bzip2.finish().map(|_| ())
        }
        Some(Compression::Xz) => {
            let mut xz = lzma_rust2::XzWriter::new(out, lzma_rust2::XzOptions::with_preset(XZ_LEVEL))?;
            write(&mut xz)?;
            xz.finish().map(|_| ())
        }
        Some(Compression::Zlib | Compression::Deflate | Compression::Brotli) | None => write(out),
    }
}

/// How hard xz compresses: as `xz` does by itself.
const XZ_LEVEL: u32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_go_with_the_ends_of_their_lines() {
        let text = b"one\r\n\n  two  \nthree";
        let left = |gone: &[(u64, u32)]| {
            let removed = |&(offset, len): &(u64, u32)| (Location { input: 0, len, offset }, Edit::Removed);
            let gone: Vec<(Location, Edit)> = gone.iter().map(removed).collect();
            let mut out = Vec::new();
            copy_edited(&mut &text[..], &gone, &mut out, |_, _| None).expect("memory");
            String::from_utf8(out).expect("UTF-8")
        };
        assert_eq!(left(&[]), "one\r\n\n  two  \nthree");
        assert_eq!(left(&[(0, 3)]), "\n  two  \nthree");
        assert_eq!(left(&[(6, 5), (14, 5)]), "one\r\n\n");
    }
}
