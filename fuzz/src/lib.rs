//! What is fuzzed. Each target takes any bytes and must neither panic nor lose count of documents. The same functions
//! are run by libFuzzer (`fuzz_targets/`), by the test suite over `corpus/`, and by `cargo run --example fuzz`.

use std::path::Path;

use wirecopy::corpus::{Corpus, CorpusOptions, Location, Scratch};
use wirecopy::options::Resources;

/// A name, and the function that takes any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("jsonl", |bytes| read("x.jsonl", bytes)),
    ("csv", |bytes| read("x.csv", bytes)),
    ("warc", |bytes| packed("x.warc", bytes)),
    ("tar", |bytes| packed("x.tar", bytes)),
    #[cfg(feature = "parquet")]
    ("parquet", |bytes| read("x.parquet", bytes)),
    ("html", |bytes| read("x.html", bytes)),
    ("text", |bytes| read("x.txt", bytes)),
];

/// Runs the target of this name.
#[allow(dead_code)]
pub fn run(name: &str, bytes: &[u8]) {
    TARGETS.iter().filter(|(target, _)| *target == name).for_each(|(_, target)| target(bytes));
}

/// Reads bytes as a file of this name, compressed where they begin as if they were.
fn packed(name: &str, bytes: &[u8]) {
    match bytes {
        [0x1F, 0x8B, ..] => read(&format!("{name}.gz"), bytes),
        [0x28, 0xB5, ..] => read(&format!("{name}.zst"), bytes),
        _ => read(name, bytes),
    }
}

/// Reads every record twice: what it gave the first time, it gives the second time.
fn read(name: &str, bytes: &[u8]) {
    let options = CorpusOptions { max_record: Some(1 << 20), ..CorpusOptions::default() };
    let resources = Resources { threads: 1, ..Resources::default() };
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
