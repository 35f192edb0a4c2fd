//! What is fuzzed. Each target takes any bytes and must neither panic nor lose count of documents; an index of any bytes
//! answers or says what is wrong. The same functions
//! are run by libFuzzer (`fuzz_targets/`), by the test suite over `corpus/`, and by `cargo run --example fuzz`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use wirecopy::corpus::{Corpus, CorpusOptions, FieldNames, JsonLines, Location, Reader as _, Scratch, When};
use wirecopy::filter::{Filter, Incoming, Lookup, line, remaker};
use wirecopy::index::{Limits, Setup, Snapshot, Writer, repair, upgrade, verify};
use wirecopy::internals::index::store::{Disk, Store};
use wirecopy::internals::kernel::Kernel;
use wirecopy::options::{Policy, Resources};
use wirecopy::page::PageReader;

/// A name, and the function that takes any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("jsonl", |bytes| read("x.jsonl", bytes)),
    ("json", |bytes| packed("x.json", bytes)),
    ("csv", |bytes| read("x.csv", bytes)),
    ("warc", |bytes| packed("x.warc", bytes)),
    ("tar", |bytes| packed("x.tar", bytes)),
    ("zip", |bytes| read("x.zip", bytes)),
    ("xml", |bytes| read("x.xml", bytes)),
    ("mail", |bytes| read("x.mbox", bytes)),
    #[cfg(feature = "parquet")]
    ("parquet", |bytes| read("x.parquet", bytes)),
    #[cfg(feature = "arrow")]
    ("arrow", |bytes| packed("x.arrow", bytes)),
    ("html", |bytes| read("x.html", bytes)),
    ("text", |bytes| read("x.txt", bytes)),
    ("date", date),
    ("file", file),
    ("index", index),
    ("filter", filter),
];

/// Runs the target of this name.
#[allow(dead_code)]
pub fn run(name: &str, bytes: &[u8]) {
    TARGETS.iter().filter(|(target, _)| *target == name).for_each(|(_, target)| target(bytes));
}

/// Reads a date: what it is read as, is read as the same.
fn date(bytes: &[u8]) {
    if let Some(when) = When::of(&String::from_utf8_lossy(bytes)) {
        assert_eq!(When::of(&when.written()).map(|again| again.at), Some(when.at));
    }
}

/// Reads bytes as a file of this name, compressed where they begin as if they were.
fn packed(name: &str, bytes: &[u8]) {
    match bytes {
        [0x1F, 0x8B, ..] => read(&format!("{name}.gz"), bytes),
        [0x28, 0xB5, ..] => read(&format!("{name}.zst"), bytes),
        [b'B', b'Z', ..] => read(&format!("{name}.bz2"), bytes),
        [0xFD, b'7', ..] => read(&format!("{name}.xz"), bytes),
        _ => read(name, bytes),
    }
}

/// Reads every record twice: what it gave the first time, it gives the second time.
fn read(name: &str, bytes: &[u8]) {
    let mut options = CorpusOptions::default();
    options.max_record = Some(1 << 20);
    let resources = Resources::default().with_threads(1);
    let corpus = match Corpus::of_bytes(name, bytes, &options, &resources) {
        Ok(corpus) => corpus,
        Err(error) => panic!("{name}: {error}"),
    };
    let mut decoded = Scratch::default();
    let (mut bytes, mut seen): (Vec<u8>, Vec<(Location, usize)>) = Default::default();
    for piece in corpus.pieces() {
        let visited = corpus.read(&piece, &mut bytes, |at, _, fields| {
            if let Ok(fields) = fields {
                seen.push((at, fields.text.decode(&mut decoded).text.len()));
            }
        });
        assert!(visited.is_ok(), "{name}: {visited:?}");
    }
    for (number, (at, length)) in seen.into_iter().enumerate() {
        let again = corpus.fields(at, &mut bytes).map(|fields| fields.text.decode(&mut decoded).text.len());
        assert_eq!(again, Ok(length), "{name}: record {number}");
        assert!(corpus.meta(at, number as u32).is_ok());
        corpus.place(at, number as u32);
        if let Some(page) = corpus.page(at) {
            let found = PageReader::new(Kernel::PORTABLE).page_repeats(&page);
            let mut places = found.iter().flat_map(|repeat| &repeat.places);
            assert!(
                places.all(|place| page.text.get(place.range.clone()).is_some()),
                "{name}: record {number}"
            );
        }
    }
}

/// Reads lines from a file, which is read anew for every piece, as bytes in memory are read.
fn file(bytes: &[u8]) {
    let directory = Directory::new();
    let path = directory.0.join("x.jsonl");
    // More than one piece, where there is enough to begin with.
    let bytes = bytes.repeat((1 << 20) / bytes.len().max(1 << 10) + 1);
    if std::fs::write(&path, &bytes).is_err() {
        return;
    }
    let options = CorpusOptions::default();
    let (of_file, of_bytes) = (
        Corpus::open(&[path], &options, &single()),
        Corpus::of_bytes("x.jsonl", &bytes, &options, &single()),
    );
    let records = |corpus: Result<Corpus, _>| {
        let Ok(corpus) = corpus else { panic!("a file that is there") };
        let (mut scratch, mut decoded, mut records) = (Vec::new(), Scratch::default(), Vec::new());
        for piece in corpus.pieces() {
            let visited = corpus.read(&piece, &mut scratch, |at, line, fields| {
                let text = fields.map(|fields| fields.text.decode(&mut decoded).text.to_owned());
                records.push((at.offset, at.len, line, text));
            });
            assert!(visited.is_ok());
        }
        records
    };
    assert!(records(of_file) == records(of_bytes), "a file and its bytes hold different records");
}

/// A directory of its own, which goes with it.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Directory {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("wirecopy-fuzz-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory for temporary files");
        Directory(path)
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::new(Disk::new(&self.0))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Whatever is left there harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Files as one input: of each the length of its name, its name, its length in 4 bytes, and its bytes.
#[allow(dead_code)]
pub fn pack(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let file = |(name, bytes): &(String, Vec<u8>)| {
        [&[name.len() as u8], name.as_bytes(), &(bytes.len() as u32).to_le_bytes(), bytes].concat()
    };
    files.iter().flat_map(file).collect()
}

/// Writes the files that bytes are, as far as they are, into a directory.
fn unpack(mut bytes: &[u8], directory: &Path) {
    while let Some((&len, rest)) = bytes.split_first() {
        let Some((name, rest)) = rest.split_at_checked(usize::from(len)) else { return };
        let Some((len, rest)) = rest.split_first_chunk() else { return };
        let (file, rest) = rest.split_at(rest.len().min(u32::from_le_bytes(*len) as usize));
        let plain = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-';
        if !name.is_empty() && name.iter().all(plain) {
            let _ = std::fs::write(directory.join(String::from_utf8_lossy(name).as_ref()), file);
        }
        bytes = rest;
    }
}

fn single() -> Resources {
    Resources::default().with_threads(1)
}

fn article(id: &str, text: &str) -> Incoming {
    Incoming::new(id, text)
}

const ARTICLE: &str = "The council met on Tuesday and voted eleven to four for the new bridge over the river, which \
    the harbour master had asked for since the old one was closed in spring.";

/// Opens bytes as an index, asks it, writes to it, repairs it and asks again: answers, or errors.
fn index(bytes: &[u8]) {
    let directory = Directory::new();
    unpack(bytes, &directory.0);
    let store = directory.store();
    let asked = [article("article-3", ARTICLE), article("x", "word1 word2 word3 word4 word5 word6")];
    let ask = || {
        let reader = Snapshot::open(&store, None, None)?;
        Lookup::new(reader, Policy::default(), &single())?.check(&asked)
    };
    // An older one is brought over first, if it can be.
    let upgraded = upgrade(&*store, &remaker).is_ok();
    let sound = upgraded && verify(&*store).is_ok_and(|found| found.faults.is_empty());
    let answered = ask();
    assert!(!sound || answered.is_ok(), "verify finds nothing, and {answered:?}");
    let written = Writer::open(store.clone(), None, None, Limits::default())
        .and_then(|writer| Filter::new(writer, Policy::default(), &single()))
        .and_then(|mut filter| filter.batch(&asked));
    assert!(!sound || written.is_ok(), "verify finds nothing, and {written:?}");
    if repair(&*store, &remaker).is_ok_and(|repaired| upgraded || !repaired.faults.is_empty()) {
        let answered = ask();
        assert!(answered.is_ok(), "after a repair: {answered:?}");
    }
}

/// Takes bytes as lines for the filter: what is a record gets a verdict, as the last member of the same object.
fn filter(bytes: &[u8]) {
    static FILTER: OnceLock<Lookup> = OnceLock::new();
    let filter = FILTER.get_or_init(|| {
        let directory = Directory::new();
        let writer =
            Writer::create(directory.store(), &Setup::default(), Limits::default()).expect("an index");
        let mut filter = Filter::new(writer, Policy::default(), &single()).expect("a filter");
        filter.batch(&[article("a", ARTICLE)]).expect("a document is taken");
        filter.close().expect("it is closed");
        let reader = Snapshot::open(&directory.store(), None, None).expect("it is opened again");
        Lookup::new(reader, Policy::default(), &single()).expect("a filter")
    });
    let reader = JsonLines::new(FieldNames::default(), Kernel::detect());
    let mut scratch = Scratch::default();
    for record in bytes.split(|&b| b == b'\n').map(<[u8]>::trim_ascii_end) {
        let Ok(fields) = reader.fields(record) else { continue };
        let id = fields.id.map(|id| id.to_text()).unwrap_or_default();
        let document = article(&id, fields.text.decode(&mut scratch).text);
        let answers = filter.check(&[document]).expect("an intact index answers");
        let mut written = Vec::new();
        line::write_line(record, &answers[0].verdict, &mut written);
        let Ok(text) = std::str::from_utf8(&written) else { continue };
        let again = reader.fields(text.as_bytes()).map(|fields| fields.text.to_text());
        let before = reader.fields(record).map(|fields| fields.text.to_text());
        assert_eq!(again, before, "{text}");
    }
}

/// The files of a target's corpus, in order of name.
pub fn corpus(folder: &Path, target: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder.join(target)) else { return Vec::new() };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

/// Seeded random numbers and changes (splitmix64): the same seed, the same changes.
pub struct Random(u64);

impl Random {
    /// Numbers of this seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// The bytes with a few changes, some of them taken from `others`.
    pub fn mutated(&mut self, bytes: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..1 + self.below(6) {
            self.change(&mut bytes, others);
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
        const WORDS: [&[u8]; 12] = [
            b"\0",
            b"\xff\xff\xff\xff",
            b"\n",
            b"\r\n\r\n",
            b"\"",
            b"{",
            b"}",
            b"\\u",
            b"<",
            b"WARC/1.0\r\n",
            b"-1",
            b"999999999999",
        ];
        let at = self.below(bytes.len() + 1);
        let end = (at + self.below(64)).min(bytes.len());
        match self.below(9) {
            0 | 1 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            2 if at < bytes.len() => bytes[at] = self.next() as u8,
            3 => bytes.insert(at, self.next() as u8),
            4 => drop(bytes.drain(at..end)),
            5 => {
                let copied = bytes[at..end].to_vec();
                let to = self.below(bytes.len() + 1);
                bytes.splice(to..to, copied);
            }
            6 => drop(bytes.splice(at..at, WORDS[self.below(WORDS.len())].iter().copied())),
            7 if self.below(4) == 0 => bytes.truncate(at),
            8 if !others.is_empty() => {
                let other = &others[self.below(others.len())];
                let from = self.below(other.len() + 1);
                let to = (from + self.below(256)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            _ => bytes[at..end].fill(self.next() as u8),
        }
    }
}
