//! Opening: paths, streams and bytes to the inputs of a corpus.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::asked::{FieldsSeen, are_asked};
use super::convert::objects::{self, PEEKED};
use super::convert::{self, Converted, FileKindOf, Job, ReadingRules};
use super::inflate::{Compression, decompressed};
use super::plain::PlainText;
use super::site::site_of_path;
use super::spool::Spooled;
use super::store::{BIG, InputBytes, Stamp};
use super::{
    Corpus, CorpusOptions, Format, Input, JSONL, JsonLines, OWN, Opened, Problem, Reader, TEXT, walk,
};
use crate::charset::{Utf8Stream, is_wide, narrowed, unmarked};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::Kernel;
use crate::options::Resources;
use crate::output::marks;
use crate::output::open_regular;

/// The name of standard input among paths.
const STDIN: &str = "-";

/// Bytes of a record, at most, where nobody says otherwise: no text that people write is as long, and reading one takes up to
/// 27 times its bytes of memory.
const MAX_RECORD: u64 = 64 << 20;

/// Bytes of a file that tell its kind: a tar's mark ends at 262.
pub(super) const SNIFFED: u64 = 4096;

impl Corpus {
    /// Opens files and directories with the default options, as [`Corpus::open`] does.
    ///
    /// # Errors
    /// As [`Corpus::open`].
    pub fn from_paths(paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Result<Corpus> {
        let paths: Vec<PathBuf> = paths.into_iter().map(Into::into).collect();
        Corpus::open(&paths, &CorpusOptions::default(), &Resources::default())
    }

    /// Opens files, directories and standard input (`-`), and converts what cannot be read where it stands: that
    /// takes time linear in its bytes, and memory for some batches of records. What cannot be opened is a problem,
    /// not an error.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] for a glob that is none, or a path that is in both sets; [`ErrorKind::Write`] where
    /// nothing can be spilled; cancellation.
    pub fn open(paths: &[PathBuf], options: &CorpusOptions, resources: &Resources) -> Result<Corpus> {
        are_apart(paths, &options.against)?;
        let mut corpus = Opened::empty(options, resources);
        let mut jobs = Vec::new();
        let said = named_together(paths);
        let paths = paths.iter().chain(&options.against).cloned();
        let (stdin, files): (Vec<_>, Vec<_>) = paths.partition(|p| p.as_os_str() == STDIN);
        if !stdin.is_empty() {
            corpus.add_stream(STDIN, io::stdin().lock(), options, resources, &mut jobs)?;
        }
        let walked = walk::walk(&files, &options.walk, |path| {
            let is_read = || match kind(path) {
                // Settings and maps are JSON too, and nobody's articles.
                Some(kind) if kind.format == Format::Json => match options.format {
                    Format::Auto => holds_a_text(path, kind, options),
                    _ => true,
                },
                // Whoever names a format means what else is there too.
                kind => kind.is_some() || options.format != Format::Auto,
            };
            options.is_converted(path) || own_reader(options, path).is_some() || is_read()
        })?;
        corpus.skipped = walked.skipped;
        corpus.ignored = walked.ignored;
        for error in walked.problems {
            corpus.problem(&error);
        }
        for (link, file) in walked.hard_links {
            corpus.hard_link(&link, &file);
        }
        for found in walked.files {
            resources.cancel.check()?;
            if !found.explicit && is_own(&found.path) {
                corpus.passed_over(&found.path);
                continue;
            }
            corpus.files.push(found.path.clone());
            if let Some(reader) = own_reader(options, &found.path) {
                let opened = corpus.own_store(OWN + reader, &found.path, resources);
                corpus.add(found.name, &found.path, OWN + reader, opened)?;
                continue;
            }
            if options.is_converted(&found.path) {
                let kind = FileKindOf { compression: None, format: Format::Auto };
                jobs.push(Job { name: found.name, path: found.path, kind, store: None, by_command: true });
                continue;
            }
            match corpus.kind_of_file(&found.path, options.format) {
                Ok(kind) if kind.format.is_direct() => {
                    let opened = match kind.compression {
                        Some(how) => unpacked(&found.path, how, resources),
                        None => InputBytes::of_file(&found.path).map(|store| (store, None)),
                    };
                    let opened = opened.and_then(|opened| narrow_store(opened, kind, resources));
                    corpus.add(found.name, &found.path, reader_of(kind), opened)?;
                }
                Ok(kind) if holds_several(kind.format) => {
                    let opened = open_regular(&found.path).and_then(|file| Stamp::of(&found.path, &file));
                    match opened {
                        Ok(stamp) => {
                            // Whoever writes it again without some of its documents has to find them where they were.
                            corpus.stamps.insert(found.path.clone(), stamp);
                            jobs.push(Job::of_file(found.name, found.path, kind));
                        }
                        Err(e) => corpus.problem(&Error::io(ErrorKind::NotReadable, &found.path, e)),
                    }
                }
                Ok(kind) => jobs.push(Job::of_file(found.name, found.path, kind)),
                Err(error) => corpus.problem(&error),
            }
        }
        corpus.convert(&jobs, options, resources)?;
        Ok(corpus.shared_telling(&said))
    }

    /// Opens bytes as [`Corpus::open`] opens a file of this name.
    ///
    /// # Errors
    /// As [`Corpus::open`].
    pub fn of_bytes(
        name: &str,
        bytes: &[u8],
        options: &CorpusOptions,
        resources: &Resources,
    ) -> Result<Corpus> {
        Corpus::of_stream(name, bytes, options, resources)
    }

    /// Opens what a stream gives, to its end, as [`Corpus::open`] opens a file of this name.
    ///
    /// # Errors
    /// As [`Corpus::open`].
    pub fn of_stream(
        name: &str,
        from: impl Read,
        options: &CorpusOptions,
        resources: &Resources,
    ) -> Result<Corpus> {
        let mut corpus = Opened::empty(options, resources);
        let mut jobs = Vec::new();
        corpus.add_stream(name, from, options, resources, &mut jobs)?;
        corpus.convert(&jobs, options, resources)?;
        Ok(corpus.shared_telling(name))
    }
}

impl Opened {
    pub(super) fn shared(self) -> Corpus {
        Corpus { opened: Arc::new(self) }
    }

    /// The same, which says of fields that somebody named and no record has. `place` is what was read. Where all are there, as many
    /// lines are read as show that.
    pub(super) fn shared_telling(self, place: &str) -> Corpus {
        let corpus = self.shared();
        let opened = &corpus.opened;
        if !are_asked(&opened.fields) {
            return corpus;
        }
        let lines = JsonLines::new(opened.fields.clone(), Kernel::detect());
        let mut seen = opened.seen.clone();
        let mut bytes = Vec::new();
        let pieces = corpus.pieces().into_iter();
        for piece in pieces.filter(|piece| opened.inputs[piece.input() as usize].reader == JSONL) {
            if seen.is_all(&opened.fields) {
                break;
            }
            // What cannot be read is said where it is read to be judged.
            let _ = corpus.read(&piece, &mut bytes, |_, _, fields| {
                if let Ok(fields) = fields {
                    seen.record(&fields, || fields.json.map(|json| lines.names(json)).unwrap_or_default());
                }
            });
        }
        let problems = seen.problems(&opened.fields);
        let mut opened = Arc::try_unwrap(corpus.opened);
        if let Ok(opened) = &mut opened {
            opened.problems.extend(problems.into_iter().map(|reason| Problem {
                path: place.to_owned(),
                record: None,
                reason,
                unreadable: false,
            }));
        }
        Corpus { opened: opened.map_or_else(|shared| shared, Arc::new) }
    }

    pub(super) fn empty(options: &CorpusOptions, resources: &Resources) -> Opened {
        let mut readers: Vec<Arc<dyn Reader>> = vec![
            Arc::new(JsonLines::new(options.fields.clone(), resources.kernel)),
            Arc::new(PlainText),
            Arc::new(Spooled),
        ];
        readers.extend(options.readers.iter().map(|(_, reader)| reader.clone()));
        Opened {
            inputs: Vec::new(),
            readers,
            fields: options.fields.clone(),
            site_from: options.site_from.clone(),
            date_formats: options.date_formats.clone(),
            max_record: options.max_record.unwrap_or(MAX_RECORD).min(u64::from(u32::MAX)),
            skipped: BTreeMap::new(),
            ignored: 0,
            problems: Vec::new(),
            against: options.against.clone(),
            files: Vec::new(),
            cuts: BTreeMap::new(),
            stamps: BTreeMap::new(),
            converted: BTreeMap::new(),
            delimiter: options.delimiter,
            seen: FieldsSeen::default(),
            is_large: OnceLock::new(),
        }
    }

    /// Adds what a stream gives under this name.
    fn add_stream(
        &mut self,
        name: &str,
        from: impl Read,
        options: &CorpusOptions,
        resources: &Resources,
        jobs: &mut Vec<Job>,
    ) -> Result<()> {
        let path = Path::new(name);
        let (mut store, mut damage) = InputBytes::of_stream(from, resources.work_dir.as_deref())?;
        let mut kind = kind(path).unwrap_or_else(|| sniffed(&store, &self.fields.text));
        if options.format != Format::Auto {
            kind.format = options.format;
        }
        if kind.format == Format::Auto
            && let Some(how) = kind.compression.take()
        {
            (store, damage) = unpacked_store(&store, how, resources)?;
            kind = FileKindOf { compression: None, format: sniffed(&store, &self.fields.text).format };
        }
        if options.format == Format::Auto && matches!(kind.format, Format::Json | Format::Jsonl) {
            let mut scratch = Vec::new();
            let start = store.range(0..store.len().min(SNIFFED), &mut scratch)?;
            let head = match kind.compression {
                Some(how) => decompressed(start, how).and_then(head).unwrap_or_default(),
                None => start.to_vec(),
            };
            kind.format = layout(kind.format, &head);
        }
        match (kind.format.is_direct(), kind.compression) {
            (true, None) => {
                let opened = narrow_store((store, damage), kind, resources)?;
                self.add(name.to_owned(), path, reader_of(kind), Ok(opened))
            }
            (true, Some(how)) => {
                let unpacked = unpacked_store(&store, how, resources)?;
                let unpacked = narrow_store(unpacked, kind, resources)?;
                self.add(name.to_owned(), path, reader_of(kind), Ok(unpacked))
            }
            (false, _) => {
                self.broke_off(path, &store, damage);
                let (name, path) = (name.to_owned(), path.to_owned());
                jobs.push(Job { name, path, kind, store: Some(Box::new(store)), by_command: false });
                Ok(())
            }
        }
    }

    /// What a file is, by its name, or by its first bytes where the name does not tell, or not all.
    fn kind_of_file(&self, path: &Path, forced: Format) -> Result<FileKindOf> {
        let named = kind(path);
        if forced != Format::Auto {
            let compression = compression(path).map(|(how, _)| how);
            return Ok(FileKindOf { compression, format: forced });
        }
        if let Some(kind) = named
            && !matches!(kind.format, Format::Json | Format::Jsonl)
        {
            return Ok(kind);
        }
        let failed = |e| Error::io(ErrorKind::NotReadable, path, e);
        let open = || open_regular(path).map_err(failed);
        let outside = if named.is_some_and(|kind| kind.compression.is_some()) {
            Vec::new()
        } else {
            head(open()?).map_err(failed)?
        };
        let compression = named.map_or_else(|| Compression::of(&outside), |kind| kind.compression);
        let inside = match compression {
            // A head that is damaged tells nothing, and whoever reads on will say so.
            Some(how) => decompressed(open()?, how).and_then(head).unwrap_or_default(),
            None => outside,
        };
        let format = named.map_or_else(|| sniffed_table(&inside, &self.fields.text), |kind| kind.format);
        Ok(FileKindOf { compression, format: layout(format, &inside) })
    }

    /// A file for a reader of one's own. One that cuts records sees all of the bytes every time, so that a big file is copied
    /// into a spilled one first: it then stays as it is, and need not be read anew for every piece.
    fn own_store(
        &self,
        reader: usize,
        path: &Path,
        resources: &Resources,
    ) -> Result<(InputBytes, Option<io::Error>)> {
        let store = InputBytes::of_file(path)?;
        if !self.readers[reader].splits() || store.len() < BIG {
            return Ok((store, None));
        }
        let file = open_regular(path).map_err(|e| Error::io(ErrorKind::NotReadable, path, e))?;
        InputBytes::of_stream(file, resources.work_dir.as_deref())
    }

    fn add(
        &mut self,
        name: String,
        path: &Path,
        reader: usize,
        opened: Result<(InputBytes, Option<io::Error>)>,
    ) -> Result<()> {
        let (store, damage) = match opened {
            Ok(opened) => opened,
            Err(error) if error.kind() == ErrorKind::Write => return Err(error),
            Err(error) => {
                self.problem(&error);
                return Ok(());
            }
        };
        let damaged = damage.is_some();
        self.broke_off(path, &store, damage);
        if damaged && store.len() == 0 {
            return Ok(());
        }
        let directory = site_of_path(self.site_from.as_ref(), &name).to_owned();
        self.inputs.push(Input { name, path: path.to_owned(), store, reader, directory, cuts: Vec::new() });
        Ok(())
    }

    fn broke_off(&mut self, path: &Path, store: &InputBytes, damage: Option<io::Error>) {
        if let Some(damage) = damage {
            self.cuts.insert(path.to_owned(), store.len());
            self.problems.push(Problem {
                path: path.display().to_string(),
                record: None,
                reason: format!("broke off after {} bytes: {damage}", store.len()),
                unreadable: store.len() == 0,
            });
        }
    }

    /// Converts what is not read where it stands into one more input.
    fn convert(&mut self, jobs: &[Job], options: &CorpusOptions, resources: &Resources) -> Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        resources.progress.begin("convert");
        self.converted.extend(jobs.iter().map(|job| (job.path.clone(), (job.name.clone(), job.kind))));
        let converted = convert::convert(jobs, &self.rules(options), resources)?;
        self.add_converted(converted)
    }

    /// What readers of files that are converted heed.
    pub(super) fn rules(&self, options: &CorpusOptions) -> ReadingRules {
        ReadingRules {
            names: options.fields.clone(),
            max_record: self.max_record,
            max_filesize: options.walk.max_filesize,
            hidden: options.walk.hidden,
            html: options.html,
            text_only: options.text_only,
            undated: options.undated,
            site_from: options.site_from.clone(),
            delimiter: options.delimiter,
            command: options.command.clone(),
            keep_records: options.keep_records,
        }
    }

    /// Adds what was converted as one more input.
    pub(super) fn add_converted(&mut self, converted: Converted) -> Result<()> {
        self.problems.extend(converted.problems);
        self.seen.merge(converted.seen);
        for (kind, count) in converted.skipped {
            *self.skipped.entry(kind).or_default() += count;
        }
        let (store, cuts) = converted.spool.finish()?;
        self.inputs.push(Input::spooled(store, cuts));
        Ok(())
    }

    /// Nobody means a report of before by a folder that it lies in.
    fn passed_over(&mut self, path: &Path) {
        let reason = "passed over: wirecopy wrote it; a file that is named is read".to_owned();
        self.problems.push(Problem {
            path: path.display().to_string(),
            record: None,
            reason,
            unreadable: false,
        });
    }

    /// Both names are read, and neither is lost: whoever acts on copies treats them as one file.
    fn hard_link(&mut self, link: &Path, file: &Path) {
        self.problems.push(Problem {
            path: link.display().to_string(),
            record: None,
            reason: format!("a hard link: one file with {}", file.display()),
            unreadable: false,
        });
    }

    fn problem(&mut self, error: &Error) {
        let path = error.place().map_or(String::new(), |place| place.display().to_string());
        self.problems.push(Problem { path, record: None, reason: error.reason(), unreadable: true });
    }
}

/// Several paths in a few words.
fn named_together(paths: &[PathBuf]) -> String {
    let mut named: Vec<String> = paths.iter().take(3).map(|path| path.display().to_string()).collect();
    if paths.len() > named.len() {
        named.push("\u{2026}".to_owned());
    }
    named.join(", ")
}

/// Whether a file that a walk found is an output of ours. Those are never compressed.
fn is_own(path: &Path) -> bool {
    // An empty file is no report, and is counted among the documents.
    let is_empty = || std::fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0);
    compression(path).is_none() && matches!(marks::of_file(path), Ok(Some(_))) && !is_empty()
}

/// Whether a JSON file that a walk found holds a record with a text: its beginning tells.
fn holds_a_text(path: &Path, kind: FileKindOf, options: &CorpusOptions) -> bool {
    let peeked = open_regular(path).and_then(|file| {
        let mut head = Vec::new();
        let mut from = match kind.compression {
            Some(how) => decompressed(file, how)?,
            None => Box::new(file),
        };
        // What came before damage tells, too.
        let read = from.by_ref().take(PEEKED).read_to_end(&mut head);
        if head.is_empty() { read.map(|_| head) } else { Ok(head) }
    });
    // What cannot be read is no setting: whoever reads it says so.
    peeked.map_or(true, |head| objects::hold_a_text(&head, &options.fields))
}

/// How JSON of this format is laid out, by its first bytes: one object a line, or else.
fn layout(format: Format, head: &[u8]) -> Format {
    let narrow = narrowed(head).and_then(self::head).unwrap_or_default();
    match format {
        Format::Json if objects::are_lines(&narrow) => Format::Jsonl,
        // Of what is called JSON lines a first line that is broken is no sign of another layout.
        Format::Jsonl if objects::begin_objects(&narrow) => Format::Json,
        format => format,
    }
}

/// Whether a file of this format may hold several documents, and be written again without some of them.
fn holds_several(format: Format) -> bool {
    match format {
        Format::Json | Format::Csv | Format::Tsv | Format::Parquet | Format::Warc | Format::Tar => true,
        Format::Auto
        | Format::Jsonl
        | Format::Text
        | Format::Html
        | Format::Arrow
        | Format::Zip
        | Format::Xml
        | Format::Mail => false,
    }
}

/// The reader of what is read where it stands.
fn reader_of(kind: FileKindOf) -> usize {
    if kind.format == Format::Jsonl { JSONL } else { TEXT }
}

/// The number of the reader that was given for files of this extension.
fn own_reader(options: &CorpusOptions, path: &Path) -> Option<usize> {
    let own = extension(path)?;
    options.readers.iter().position(|(extension, _)| *extension == own)
}

/// Refuses a path that is in both sets, or a part of what is in the other.
fn are_apart(paths: &[PathBuf], against: &[PathBuf]) -> Result<()> {
    let whole = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let first: Vec<PathBuf> = paths.iter().map(whole).collect();
    for path in against {
        let other = whole(path);
        if first.iter().any(|own| own.starts_with(&other) || other.starts_with(own)) {
            return Err(Error::new(ErrorKind::Setting).at(path).because("it is in both sets"));
        }
    }
    Ok(())
}

/// How a file is compressed, by its name, and its name without that.
fn compression(path: &Path) -> Option<(Compression, PathBuf)> {
    let how = Compression::of_name(path)?;
    // Archives have short names, of which nothing is left without it.
    let inner = if extension(path)?.starts_with('t') { "tar" } else { "" };
    Some((how, path.with_extension(inner)))
}

/// A name's extension, in small letters.
pub(super) fn extension(path: &Path) -> Option<String> {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase())
}

/// What a file is, by its name; `None` where nothing reads its kind.
pub(super) fn kind(path: &Path) -> Option<FileKindOf> {
    let (compression, inner) = match compression(path) {
        Some((how, inner)) => (Some(how), inner),
        None => (None, path.to_owned()),
    };
    let format = match extension(&inner)?.as_str() {
        "jsonl" | "ndjson" | "jl" | "jsonlines" => Format::Jsonl,
        "json" => Format::Json,
        "txt" | "md" => Format::Text,
        "html" | "htm" | "xhtml" => Format::Html,
        "csv" => Format::Csv,
        "tsv" => Format::Tsv,
        "parquet" => Format::Parquet,
        "arrow" | "arrows" | "feather" | "ipc" => Format::Arrow,
        "warc" | "wet" => Format::Warc,
        "tar" => Format::Tar,
        "zip" => Format::Zip,
        "xml" | "rss" | "atom" | "rdf" | "alto" | "hocr" => Format::Xml,
        "mbox" | "eml" => Format::Mail,
        _ => return None,
    };
    Some(FileKindOf { compression, format })
}

/// What bytes are that their name says nothing about.
pub(super) fn sniff(head: &[u8]) -> Format {
    if head.starts_with(b"WARC/") {
        return Format::Warc;
    }
    if head.starts_with(b"PAR1") {
        return Format::Parquet;
    }
    if head.starts_with(b"ARROW1") {
        return Format::Arrow;
    }
    if head.get(257..262) == Some(b"ustar") {
        return Format::Tar;
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Format::Zip;
    }
    if convert::is_mail(head) {
        return Format::Mail;
    }
    let narrow = narrowed(head).and_then(self::head).unwrap_or_default();
    let text = unmarked(&narrow).trim_ascii_start();
    let begins = |mark: &[u8]| text.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
    match text.first() {
        Some(b'{') => Format::Json,
        Some(b'[') if objects::begin_an_array(text, (head.len() as u64) < SNIFFED) => Format::Json,
        _ if begins(b"<!doctype html") || begins(b"<html") => Format::Html,
        Some(b'<') if convert::is_xml(text) => Format::Xml,
        _ => Format::Text,
    }
}

/// As [`sniff`], and a table where the first line names columns, the text's among them: prose does not begin so.
fn sniffed_table(head: &[u8], text: &str) -> Format {
    match sniff(head) {
        Format::Text => table(head, text).unwrap_or(Format::Text),
        format => format,
    }
}

/// Characters of a column's name, at most, where nothing but the first line says that there are columns.
const COLUMN: usize = 40;

/// What kind of table begins like this, where its first line is a header with this column.
fn table(head: &[u8], text: &str) -> Option<Format> {
    let narrow = narrowed(head).and_then(self::head).unwrap_or_default();
    let line = unmarked(&narrow).split(|byte| matches!(byte, b'\n' | b'\r')).next()?;
    let line = std::str::from_utf8(line).ok()?;
    let is_header = |separator: char| {
        let cells: Vec<&str> = line.split(separator).map(|cell| cell.trim().trim_matches('"')).collect();
        let is_name = |cell: &&str| !cell.is_empty() && cell.chars().count() <= COLUMN;
        cells.len() > 1 && cells.iter().all(is_name) && cells.contains(&text)
    };
    if is_header('\t') {
        return Some(Format::Tsv);
    }
    [',', ';', '|'].into_iter().any(is_header).then_some(Format::Csv)
}

fn sniffed(store: &InputBytes, text: &str) -> FileKindOf {
    let mut scratch = Vec::new();
    let head = store.range(0..store.len().min(SNIFFED), &mut scratch).unwrap_or_default();
    match Compression::of(head) {
        Some(how) => FileKindOf { compression: Some(how), format: Format::Auto },
        None => FileKindOf { compression: None, format: sniffed_table(head, text) },
    }
}

fn head(from: impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    from.take(SNIFFED).read_to_end(&mut head)?;
    Ok(head)
}

/// What a compressed file holds.
fn unpacked(path: &Path, how: Compression, resources: &Resources) -> Result<(InputBytes, Option<io::Error>)> {
    let failed = |e| Error::io(ErrorKind::NotReadable, path, e);
    let from = decompressed(open_regular(path).map_err(failed)?, how).map_err(failed)?;
    InputBytes::of_stream(from, resources.work_dir.as_deref())
}

/// JSON of two or four bytes a character, which is not read where it stands, in UTF-8.
fn narrow_store(
    (store, damage): (InputBytes, Option<io::Error>),
    kind: FileKindOf,
    resources: &Resources,
) -> Result<(InputBytes, Option<io::Error>)> {
    let mut scratch = Vec::new();
    if kind.format != Format::Jsonl || !is_wide(store.range(0..store.len().min(4), &mut scratch)?) {
        return Ok((store, damage));
    }
    let all = store.all(&mut scratch)?;
    let (narrow, _) = InputBytes::of_stream(Utf8Stream::new(all), resources.work_dir.as_deref())?;
    Ok((narrow, damage))
}

/// What compressed bytes hold.
fn unpacked_store(
    store: &InputBytes,
    how: Compression,
    resources: &Resources,
) -> Result<(InputBytes, Option<io::Error>)> {
    let mut scratch = Vec::new();
    let from = decompressed(store.all(&mut scratch)?, how);
    let from = from.map_err(|e| Error::new(ErrorKind::NotReadable).because(e.to_string()))?;
    InputBytes::of_stream(from, resources.work_dir.as_deref())
}
