//! A corpus without its duplicates: same layout, kept records byte for byte and in order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::dedup::{Decisions, list};
use super::members;
use crate::charset::narrowed;
use crate::corpus::{Compression, Container, Corpus, Location, Part, copy_kept, decompressed, kept_objects};
use crate::document::DocId;
use crate::error::{Error, ErrorKind, Result};
use crate::findings::strip::Stripper;
use crate::output::{FileId, OutputPlace, Outputs, id_of, open_regular, remove_own, resolved, sync_all};
use crate::scan::Run;

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
    /// It stays without these documents of it: a table, a crawl, an archive.
    Parts(Container, Vec<Part>),
    /// It stays without these stretches of its unpacked bytes, in order and apart.
    Cut(Vec<Range<u64>>),
    /// It goes: it is one document.
    Gone,
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    Removed,
    /// It loses its chrome, if it has any, or the passages that were decided.
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
    /// `stripper`, records of JSON lines and text files lose their sites' chrome; pages are written as they are. Where it was
    /// decided so they lose passages. Returns how many lost something.
    ///
    /// # Errors
    /// [`ErrorKind::Changed`] where an input is no longer what was scanned, [`ErrorKind::Setting`] where two inputs
    /// have one place or a document cannot be taken out of its file, and those of reading and writing.
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
        let mut strip = Strip { corpus, decisions, stripper, count: 0 };
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
    let mut strip = Strip { corpus, decisions, stripper, count: 0 };
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

fn unchanged(corpus: &Corpus) -> Result<()> {
    match corpus.changed().first() {
        Some(changed) => Err(Error::new(ErrorKind::Changed).at(&changed.path)),
        None => Ok(()),
    }
}

/// Records that lose a part of their text, as they are written.
struct Strip<'a> {
    corpus: &'a Corpus,
    decisions: &'a Decisions,
    stripper: Option<Stripper<'a>>,
    /// How many there were.
    count: u64,
}

impl Strip<'_> {
    /// The record of a document that loses something, without it.
    fn record(&mut self, at: Location, document: DocId) -> Option<Vec<u8>> {
        let record = match self.decisions.cuts.get(&document.0) {
            Some(cuts) => {
                let ranges: Vec<Range<usize>> = cuts.iter().map(|cut| cut.start..cut.end).collect();
                self.corpus.without(at, &ranges)?
            }
            None => self.corpus.with_text(at, &self.stripper.as_mut()?.stripped(document)?)?,
        };
        self.count += 1;
        Some(record)
    }
}

/// Every file of the corpus, but for a second set, and what becomes of it: those that are read where they stand, those that
/// are converted, and those that gave no document.
fn files(run: &Run, decisions: &Decisions, strip: bool) -> Result<BTreeMap<PathBuf, Fate>> {
    let corpus = run.corpus();
    let mut files: BTreeMap<PathBuf, Fate> = BTreeMap::new();
    for input in 0..corpus.inputs() as u32 {
        let source = corpus.path(input);
        if !source.as_os_str().is_empty() && !corpus.is_against(source) {
            files.insert(source.to_owned(), Fate::Edited(Vec::new()));
        }
    }
    for source in corpus.converted().filter(|source| !corpus.is_against(source)) {
        let fate = match corpus.file_of(source) {
            Some((_, Some(container))) => Fate::Parts(container, Vec::new()),
            _ if corpus.holds_objects(source) || is_parquet(source) => Fate::Rows(Vec::new()),
            _ => Fate::Edited(Vec::new()),
        };
        files.insert(source.to_owned(), fate);
    }
    // Files of JSON objects, each with how many documents it has.
    let mut objects: HashMap<PathBuf, usize> =
        corpus.files_of_objects().map(|source| (source.to_owned(), 0)).collect();
    for (number, entry) in run.documents.entries.iter().enumerate() {
        if run.documents.is_against(DocId(number as u32)) {
            continue;
        }
        let number = number as u32;
        let is_gone = decisions.removed.contains_key(&number);
        let is_cut = decisions.cuts.contains_key(&number);
        let source = corpus.path(entry.location.input);
        if !source.as_os_str().is_empty() {
            // A name need not be text; as text it has lost what it is.
            let edits = match files.get_mut(source) {
                Some(Fate::Edited(edits)) => edits,
                _ => continue,
            };
            if is_gone && !corpus.holds_several(entry.location.input) {
                files.insert(source.to_owned(), Fate::Gone);
            } else if is_gone {
                edits.push((entry.location, Edit::Removed));
            } else if is_cut || strip {
                edits.push((entry.location, Edit::Stripped(DocId(number))));
            }
            continue;
        }
        let (place, record) = corpus.place(entry.location, entry.record);
        let place = PathBuf::from(place);
        let file = corpus.file_of(&place).map_or(&*place, |(file, _)| file);
        if let Some(rows) = objects.get_mut(file) {
            *rows += 1;
        }
        let refused = |what: &str| Error::new(ErrorKind::Setting).at(&place).because(what);
        if is_cut {
            return Err(refused(
                "--strip passages writes JSON lines and text files, and nothing was written",
            ));
        }
        if !is_gone {
            continue;
        }
        let inside = place.strip_prefix(file).ok().and_then(Path::to_str).unwrap_or_default();
        match (files.get_mut(file), record) {
            (Some(Fate::Rows(rows)), Some(row)) if inside.is_empty() => rows.push(row),
            (Some(Fate::Parts(Container::Table(_) | Container::Crawl, parts)), Some(record))
                if inside.is_empty() =>
            {
                parts.push(Part::Record(record));
            }
            (Some(Fate::Parts(Container::Archive, parts)), None) if !inside.is_empty() => {
                parts.push(Part::Entry(inside.to_owned()));
            }
            (Some(fate @ (Fate::Edited(_) | Fate::Gone)), None) if inside.is_empty() => *fate = Fate::Gone,
            _ => {
                let what = "a document of this file cannot be taken out of it, and nothing was written: unpack or convert \
                            the file first (written are JSON, CSV, TSV, Parquet and WARC files, entries of tar archives, \
                            and files of one document)";
                return Err(refused(what));
            }
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
            Fate::Parts(..) | Fate::Cut(_) | Fate::Gone => {}
        }
    }
    for (path, fate) in &mut files {
        if let Fate::Parts(container, parts) = fate {
            let stretches = if parts.is_empty() {
                Vec::new()
            } else {
                let found = corpus.stretches(*container, parts, || reader(path));
                found.map_err(|what| Error::new(ErrorKind::Setting).at(path).because(what))?
            };
            *fate = Fate::Cut(stretches);
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
        Fate::Cut(stretches) if !stretches.is_empty() && members::are_kept(source, place)? => {
            members::copy_without(open_regular(source)?, stretches, out)
        }
        Fate::Cut(stretches) if !stretches.is_empty() || packing(source)? != Compression::of_name(place) => {
            packed(place, out, |out| copy_without(&mut reader(source)?, stretches, out))
        }
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

/// Copies all but these stretches of bytes.
pub(super) fn copy_without(
    from: &mut dyn Read,
    stretches: &[Range<u64>],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut at = 0;
    for stretch in stretches {
        io::copy(&mut (&mut *from).take(stretch.start.saturating_sub(at)), out)?;
        io::copy(&mut (&mut *from).take(stretch.end - stretch.start), &mut io::sink())?;
        at = stretch.end;
    }
    io::copy(&mut *from, out).map(|_| ())
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
