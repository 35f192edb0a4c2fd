//! In how many documents word 5-grams occur, and how long the runs are that unrelated documents share.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use crate::random::splitmix;
use crate::record::text_of;

/// In how many documents the word 5-grams of a corpus occur, and how long the runs are that unrelated documents share.
#[derive(Default)]
pub struct Curve {
    /// Of each document, whether it is planted.
    planted: Vec<bool>,
    /// A hash for each 5-gram of each document, with the document and its place there.
    grams: Vec<(u64, u32, u32)>,
}

pub const CURVE_DOCUMENTS: usize = 20_000;
const WORDS_OF_GRAM: usize = 5;
const FREQUENCIES: [(&str, usize); 7] =
    [("1", 1), ("2", 2), ("3-4", 4), ("5-8", 8), ("9-16", 16), ("17-64", 64), ("over 64", usize::MAX)];

/// Words of a run that two documents share.
const LENGTHS: [(&str, usize); 7] =
    [("5", 5), ("6", 6), ("7", 7), ("8-9", 9), ("10-12", 12), ("13-16", 16), ("over 16", usize::MAX)];

/// Documents that share more 5-grams than this are related.
const UNRELATED: usize = 60;

/// Distinct 5-grams and their postings, by document frequency.
type Histogram = [[usize; 2]; FREQUENCIES.len()];

impl Curve {
    pub fn add(&mut self, text: &str, planted: bool) {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let words: Vec<u64> = words.map(hash).collect();
        let document = self.planted.len() as u32;
        self.grams.extend(words.windows(WORDS_OF_GRAM).zip(0..).map(|(gram, place)| {
            let hash = gram.iter().fold(0_u64, |sum, &word| splitmix(&mut (sum.rotate_left(7) ^ word)));
            (hash, document, place)
        }));
        self.planted.push(planted);
    }

    fn histograms(&mut self) -> (Histogram, Histogram) {
        let (mut all, mut plain) = (Histogram::default(), Histogram::default());
        for gram in postings(&mut self.grams) {
            count(&mut all, gram.len());
            count(&mut plain, gram.iter().filter(|posting| !self.planted[posting.1 as usize]).count());
        }
        (all, plain)
    }

    /// By length: pairs of unrelated documents of which that is the longest run in common.
    fn lengths(&mut self) -> [usize; LENGTHS.len()] {
        let mut shared: Vec<(u32, u32, u32, u32)> = Vec::new();
        for gram in postings(&mut self.grams).filter(|gram| gram.len() <= UNRELATED) {
            for (i, &(_, a, of_a)) in gram.iter().enumerate() {
                let with = |&(_, b, of_b): &(u64, u32, u32)| (a, b, of_a.wrapping_sub(of_b), of_a);
                shared.extend(gram[i + 1..].iter().map(with));
            }
        }
        shared.sort_unstable();
        let mut lengths = [0; LENGTHS.len()];
        for pair in shared.chunk_by(|x, y| (x.0, x.1) == (y.0, y.1)).filter(|pair| pair.len() <= UNRELATED) {
            let runs = pair.chunk_by(|x, y| x.2 == y.2 && x.3 + 1 == y.3);
            let words = runs.map(|run| run.len() + WORDS_OF_GRAM - 1).max().unwrap_or_default();
            let row = LENGTHS.iter().position(|&(_, last)| words <= last).unwrap_or_default();
            lengths[row] += 1;
        }
        lengths
    }

    pub fn report(&mut self) -> String {
        let (all, plain) = self.histograms();
        let lengths = self.lengths();
        let documents = self.planted.len();
        let unplanted = self.planted.iter().filter(|&&planted| !planted).count();
        let mut report = table(&all, &format!("{documents} documents"));
        if unplanted < documents {
            report += &table(&plain, &format!("{unplanted} of them unplanted"));
        }
        report += &format!("longest run in common of pairs that share up to {UNRELATED} 5-grams\n");
        report += "words      pairs a document\n";
        for ((label, _), pairs) in LENGTHS.iter().zip(lengths) {
            report += &format!("{label:<9}{:>18.3}\n", 2.0 * pairs as f64 / documents.max(1) as f64);
        }
        report
    }
}

/// By 5-gram: the documents that have it, each with its first place there.
fn postings(grams: &mut Vec<(u64, u32, u32)>) -> impl Iterator<Item = &[(u64, u32, u32)]> {
    grams.sort_unstable();
    grams.dedup_by_key(|&mut (gram, document, _)| (gram, document));
    grams.chunk_by(|a, b| a.0 == b.0)
}

fn table(histogram: &Histogram, name: &str) -> String {
    let [distinct, postings] = [0, 1].map(|of| histogram.iter().map(|row| row[of]).sum::<usize>());
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    let mut table = format!("{name}: {distinct} distinct 5-grams, {postings} postings\n");
    table += "documents   distinct   postings\n";
    for ((label, _), row) in FREQUENCIES.iter().zip(histogram) {
        let [d, p] = [percent(row[0], distinct), percent(row[1], postings)];
        table += &format!("{label:<9}{d:>9.3} %{p:>9.3} %\n");
    }
    table
}

fn count(histogram: &mut Histogram, frequency: usize) {
    if let Some(row) = FREQUENCIES.iter().position(|&(_, last)| frequency <= last).filter(|_| frequency > 0) {
        histogram[row][0] += 1;
        histogram[row][1] += frequency;
    }
}

/// FNV-1a of a word in lower case.
fn hash(word: &str) -> u64 {
    let step = |hash: u64, c: char| (hash ^ u64::from(u32::from(c))).wrapping_mul(0x100_0000_01B3);
    word.chars().flat_map(char::to_lowercase).fold(0xCBF2_9CE4_8422_2325, step)
}

/// The curve of the texts in a file of JSON lines.
pub fn measure(input: &Path) -> Result<Curve, String> {
    let failed = |error: io::Error| format!("{}: {error}", input.display());
    let open = || File::open(input).map(BufReader::new).map_err(failed);
    let every = open()?.split(b'\n').count().div_ceil(CURVE_DOCUMENTS).max(1);
    let mut curve = Curve::default();
    let mut skipped = 0;
    for line in open()?.lines().step_by(every) {
        match text_of(&line.map_err(failed)?) {
            Some(text) => curve.add(&text, false),
            None => skipped += 1,
        }
    }
    if skipped > 0 {
        eprintln!("generate: {}: {skipped} lines without a text", input.display());
    }
    Ok(curve)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_counts_documents() {
        let mut curve = Curve::default();
        curve.add("a b c d e a b c d e", false);
        curve.add("A, b c d e f", false);
        curve.add("a b c d e", true);
        curve.add("too short", false);
        let (all, plain) = curve.histograms();
        assert_eq!(all.map(|row| row[0]), [5, 0, 1, 0, 0, 0, 0]);
        assert_eq!(plain.map(|row| row[1]), [5, 2, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn the_curve_tells_how_long_shared_runs_are() {
        let mut curve = Curve::default();
        curve.add("one two three four five six seven and so on it goes", false);
        curve.add("and so on it goes when one two three four five six seven", false);
        curve.add("well and so on it goes well", false);
        assert_eq!(curve.lengths(), [2, 0, 1, 0, 0, 0, 0]);
        let words: Vec<String> = (0..100).map(|i| format!("w{i}")).collect();
        let mut related = Curve::default();
        related.add(&words.join(" "), false);
        related.add(&words.join(" "), false);
        assert_eq!(related.lengths(), [0; 7]);
    }
}
