//! A corpus without its duplicates: same layout, kept records byte for byte and in order.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Removable;
use super::files::{resolved, write_whole};
use super::keep::Rules;
use crate::corpus::{Corpus, Location};
use crate::document::DocId;
use crate::error::{Error, ErrorKind, Result};
use crate::relation::{Judgement, Relation};
use crate::report::{ClusterRow, MemberRow};
use crate::scan::Scan;

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
    /// By site of more than one document: documents, and how many of them go; those that lose more than half.
    pub losing: Vec<(String, u64, u64)>,
}

/// Decides what goes. Every removed document was verified against the copy that stays for it.
pub fn decide(scan: &Scan, clusters: &[ClusterRow], rules: &Rules, removable: Removable) -> Decisions {
    let verified = Verified::of(scan);
    let mut removed = BTreeMap::new();
    for (cluster, row) in scan.clusters.iter().zip(clusters) {
        let members = cluster.members.iter().map(|(document, _)| *document);
        let documents: Vec<DocId> = std::iter::once(cluster.representative).chain(members).collect();
        let rows: Vec<&MemberRow> = row.documents().collect();
        let mut left: Vec<usize> = (0..documents.len()).collect();
        while left.len() > 1 {
            let candidates: Vec<&MemberRow> = left.iter().map(|&place| rows[place]).collect();
            // What stands in a second set stays there, and nothing else was verified against one another.
            let (chosen, rule) = match scan.documents.is_against(cluster.representative) {
                true => (0, "against"),
                false => rules.choose(&candidates),
            };
            let kept = left[chosen];
            left.retain(|&place| {
                if place == kept {
                    return false;
                }
                let relation = verified.relation(documents[place], documents[kept]);
                match relation.filter(|relation| removable.allows(relation) && !rules.protect(rows[place])) {
                    Some(relation) => {
                        let (id, kept) = (rows[place].id.clone(), rows[kept].id.clone());
                        removed.insert(documents[place].0, Removal { id, kept, relation, rule });
                        false
                    }
                    None => true,
                }
            });
            if rule == "against" {
                break;
            }
        }
    }
    let losing = losing(scan, &removed);
    Decisions { removed, losing }
}

fn losing(scan: &Scan, removed: &BTreeMap<u32, Removal>) -> Vec<(String, u64, u64)> {
    let mut sites: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let own = (0..scan.documents.entries.len() as u32).filter(|&d| !scan.documents.is_against(DocId(d)));
    for document in own {
        let site = sites.entry(scan.site(DocId(document))).or_default();
        site.0 += 1;
        site.1 += u64::from(removed.contains_key(&document));
    }
    let losing = sites.into_iter().filter(|(_, (all, gone))| *all > 1 && 2 * gone > *all);
    losing.map(|(site, (all, gone))| (site.to_owned(), all, gone)).collect()
}

/// Who was verified against whom: documents with equal token sequences are one.
struct Verified {
    /// The lowest document of equal ones, of documents that have equals.
    equals: HashMap<DocId, DocId>,
    judged: HashMap<(DocId, DocId), Judgement>,
}

impl Verified {
    fn of(scan: &Scan) -> Verified {
        let mut verified = Verified { equals: HashMap::new(), judged: HashMap::new() };
        for pair in &scan.pairs {
            if pair.judgement.relation == Relation::Exact {
                let (a, b) = (verified.lowest(pair.a), verified.lowest(pair.b));
                verified.equals.insert(a.max(b), a.min(b));
            }
        }
        for pair in &scan.pairs {
            let (a, b) = (verified.lowest(pair.a), verified.lowest(pair.b));
            if pair.judgement.relation.is_copy() && a != b {
                verified.judged.insert((a, b), pair.judgement);
            }
        }
        verified
    }

    fn lowest(&self, mut document: DocId) -> DocId {
        while let Some(&lower) = self.equals.get(&document).filter(|&&lower| lower != document) {
            document = lower;
        }
        document
    }

    /// What `a` is to `b`, where that was verified.
    fn relation(&self, a: DocId, b: DocId) -> Option<&'static str> {
        let (a, b) = (self.lowest(a), self.lowest(b));
        if a == b {
            return Some(Relation::Exact.name());
        }
        let forwards = self.judged.get(&(a, b)).copied();
        let judgement = forwards.or_else(|| self.judged.get(&(b, a)).map(|judgement| judgement.swapped()))?;
        Some(crate::scan::relation_from_a(&judgement))
    }
}

/// Where the kept records go: checked before anything is read for them.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    /// Whether it is one file, because the input is.
    single: bool,
    /// What was asked for: names below the output are relative to these.
    inputs: Vec<PathBuf>,
}

/// A file of the corpus, and what goes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Gone {
    /// Nothing, or these records, in order.
    Records(Vec<Location>),
    /// The file, which is one document.
    File,
}

impl Output {
    /// Where the corpus of these paths goes, which is compared with a second set.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where the output is an input or lies within one, or standard input is one.
    pub fn new(inputs: &[PathBuf], against: &[PathBuf], output: &Path) -> Result<Output> {
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
            (true, true, _) => refuse("a directory; the input is one file, and so is what is left of it"),
            (false, false, true) => refuse("not a directory; the input is more than one file"),
            _ => Ok(Output { path: output.to_owned(), single, inputs: inputs.to_owned() }),
        }
    }

    /// Writes what stays: each file complete or not at all. Records and files that could not be read stay.
    ///
    /// # Errors
    /// [`ErrorKind::Changed`] where an input is no longer what was scanned, [`ErrorKind::Setting`] where two inputs
    /// have one place or one is of a format that is not written, and those of reading and writing.
    pub fn write(&self, corpus: &Corpus, scan: &Scan, decisions: &Decisions) -> Result<()> {
        unchanged(corpus)?;
        let files = files(corpus, scan, decisions)?;
        let mut places: BTreeMap<PathBuf, (&Path, &Gone)> = BTreeMap::new();
        for (source, gone) in &files {
            let place = self.place(source)?;
            if places.insert(place.clone(), (source, gone)).is_some() {
                let message = "two inputs have this name; give them one directory by directory";
                return Err(Error::new(ErrorKind::Setting).at(&place).because(message));
            }
        }
        for (place, (source, gone)) in places {
            if let Gone::Records(gone) = gone {
                // What came before a cut is kept, as the scan kept it; the scan has said so.
                let is_cut = corpus.problems().iter().any(|problem| Path::new(&problem.path) == source);
                write_file(source, gone, &place, is_cut)?;
            }
        }
        unchanged(corpus)
    }

    fn place(&self, source: &Path) -> Result<PathBuf> {
        if self.single {
            return Ok(self.path.clone());
        }
        let below = self.inputs.iter().filter_map(|input| source.strip_prefix(input).ok());
        let relative =
            below.filter(|path| !path.as_os_str().is_empty()).min_by_key(|path| path.components().count());
        let place = self.path.join(relative.or(source.file_name().map(Path::new)).unwrap_or(source));
        if same_file(source, &place) {
            return Err(Error::new(ErrorKind::Setting).at(&place).because("the output is an input"));
        }
        Ok(place)
    }
}

fn unchanged(corpus: &Corpus) -> Result<()> {
    match corpus.changed().first() {
        Some(changed) => Err(Error::new(ErrorKind::Changed).at(&changed.path)),
        None => Ok(()),
    }
}

/// Every file of the corpus, but for a second set, and what goes of it: those that are read where they stand, pages, and pages that gave no
/// document.
fn files(corpus: &Corpus, scan: &Scan, decisions: &Decisions) -> Result<BTreeMap<PathBuf, Gone>> {
    let mut files: BTreeMap<PathBuf, Gone> = BTreeMap::new();
    for input in 0..corpus.inputs() as u32 {
        let source = corpus.path(input);
        if !source.as_os_str().is_empty() && !corpus.is_against(source) {
            files.insert(source.to_owned(), Gone::Records(Vec::new()));
        }
    }
    for (number, entry) in scan.documents.entries.iter().enumerate() {
        if scan.documents.is_against(DocId(number as u32)) {
            continue;
        }
        let (path, record) = corpus.place(entry.location, entry.record);
        let path = PathBuf::from(path);
        let is_direct = corpus.path(entry.location.input) == path;
        if !is_direct && (record.is_some() || !path.is_file()) {
            let message = "files of this format cannot be written without some of their records yet";
            return Err(Error::new(ErrorKind::Setting).at(&path).because(message));
        }
        let is_gone = decisions.removed.contains_key(&(number as u32));
        match files.entry(path).or_insert(Gone::Records(Vec::new())) {
            gone if is_gone && record.is_none() => *gone = Gone::File,
            Gone::Records(gone) if is_gone => gone.push(entry.location),
            _ => {}
        }
    }
    for problem in scan.documents.problems.iter().filter(|problem| problem.unreadable) {
        let path = Path::new(&problem.path);
        if path.is_file() && !corpus.is_against(path) {
            files.entry(path.to_owned()).or_insert(Gone::Records(Vec::new()));
        }
    }
    for gone in files.values_mut() {
        if let Gone::Records(gone) = gone {
            gone.sort_unstable_by_key(|location| location.offset);
        }
    }
    Ok(files)
}

fn same_file(a: &Path, b: &Path) -> bool {
    let id = |path: &Path| fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
    id(a).is_some() && id(a) == id(b)
}

fn write_file(source: &Path, gone: &[Location], place: &Path, is_cut: bool) -> Result<()> {
    let write = |e| Error::io(ErrorKind::Write, place, e);
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent).map_err(write)?;
    }
    // Nothing is unpacked that stays as it is.
    let is_whole = gone.is_empty() && packing(source) == packing(place);
    write_whole(place, |out| {
        if is_whole {
            return io::copy(&mut File::open(source)?, out).map(|_| ());
        }
        let mut from = BufReader::with_capacity(1 << 18, reader(source)?);
        packed(place, out, |out| match copy_but(&mut from, gone, out) {
            Err(e) if is_cut && e.kind() != io::ErrorKind::StorageFull => Ok(()),
            result => result,
        })
    })
    .map_err(write)
}

/// Copies all but these records and the ends of their lines.
fn copy_but(from: &mut impl BufRead, gone: &[Location], out: &mut dyn Write) -> io::Result<()> {
    let mut at = 0;
    let mut rest = Vec::new();
    for location in gone {
        io::copy(&mut from.by_ref().take(location.offset - at), out)?;
        io::copy(&mut from.by_ref().take(u64::from(location.len)), &mut io::sink())?;
        rest.clear();
        let end = from.read_until(b'\n', &mut rest)?;
        at = location.offset + u64::from(location.len) + end as u64;
    }
    io::copy(from, out)?;
    Ok(())
}

#[derive(PartialEq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

fn packing(path: &Path) -> Packing {
    match path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).as_deref() {
        Some("gz") => Packing::Gzip,
        Some("zst") => Packing::Zstd,
        _ => Packing::Plain,
    }
}

fn reader(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = BufReader::with_capacity(1 << 18, File::open(path)?);
    Ok(match packing(path) {
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
        Packing::Zstd => Box::new(zstd::Decoder::with_buffer(file)?),
        Packing::Plain => Box::new(file),
    })
}

/// Lets `write` write, compressed as the name of the file says; the same bytes in every run.
fn packed(
    path: &Path,
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match packing(path) {
        Packing::Plain => write(out),
        Packing::Gzip => {
            let mut gzip = flate2::write::GzEncoder::new(out, flate2::Compression::default());
            write(&mut gzip)?;
            gzip.finish().map(|_| ())
        }
        Packing::Zstd => {
            let mut zstd = zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
            write(&mut zstd)?;
            zstd.finish().map(|_| ())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_go_with_the_ends_of_their_lines() {
        let text = b"one\r\n\n  two  \nthree";
        let left = |gone: &[(u64, u32)]| {
            let gone: Vec<Location> =
                gone.iter().map(|&(offset, len)| Location { input: 0, len, offset }).collect();
            let mut out = Vec::new();
            copy_but(&mut &text[..], &gone, &mut out).expect("memory");
            String::from_utf8(out).expect("UTF-8")
        };
        assert_eq!(left(&[]), "one\r\n\n  two  \nthree");
        assert_eq!(left(&[(0, 3)]), "\n  two  \nthree");
        assert_eq!(left(&[(6, 5), (14, 5)]), "one\r\n\n");
    }
}
