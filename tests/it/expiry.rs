//! `--window`: documents are forgotten by their age, wherever they stand, and no clock deletes them at once (finding 30).

use std::time::Duration;

use wirecopy::filter::{Filter, Incoming, Lookup, lookup};
use wirecopy::index::{Limits, MANIFEST, Setup, Snapshot, Writer};
use wirecopy::internals::index::format::{Manifest, READINGS};
use wirecopy::judge::Directed;
use wirecopy::options::{Policy, Resources};

use crate::disk::FaultyDisk;
use crate::index::{SMALL, filter, is_well, opened};

/// A window, and a time that is longer.
const WINDOW: u64 = 100;
const LONGER: Duration = Duration::from_millis(250);

/// Longer than any test takes.
const HOURS: u64 = 10 * 3_600_000;

fn with_window(disk: &FaultyDisk, window: u64, limits: Limits) -> Filter {
    let setup = Setup { window, ..Setup::default() };
    Writer::create(disk.store(), &setup, limits).map(filter).unwrap()
}

fn others(documents: &[Incoming]) -> Vec<Incoming> {
    let other = |one: &Incoming| Incoming::new(format!("other-{}", one.id), &one.text);
    documents.iter().map(other).collect()
}

fn fresh(count: usize, seed: u64) -> Vec<Incoming> {
    let distinct = |number: usize| {
        let words: String = (0..80).map(|word| format!("w{seed}x{number}x{word} ")).collect();
        Incoming::new(format!("{seed}-{number}"), words)
    };
    (0..count).map(distinct).collect()
}

/// The same disk, as it was after another window was written into its manifest.
fn change_window(disk: &FaultyDisk, window: u64) -> FaultyDisk {
    let mut files = disk.files();
    let manifest = Manifest::decode(&files[MANIFEST]).unwrap();
    files.insert(MANIFEST.to_owned(), Manifest { window, ..manifest }.encode());
    FaultyDisk::with(files)
}

#[test]
fn what_is_in_no_segment_expires_at_once() {
    let documents = fresh(40, 51);
    for (limits, seals) in [(Limits::default(), false), (Limits::default(), true), (SMALL, false)] {
        let disk = FaultyDisk::new();
        let mut filter = with_window(&disk, WINDOW, limits);
        filter.batch(&documents).unwrap();
        if seals {
            filter.writer().seal().unwrap();
        }
        std::thread::sleep(LONGER);
        // In the session that took them, in one that reads, and in the next one.
        let asked = [others(&documents), documents.clone()].concat();
        let is_forgotten = |answers: wirecopy::Result<Vec<wirecopy::Answer>>, what: &str| {
            let answers = answers.unwrap();
            let is_new = |answer: &&wirecopy::filter::Answer| {
                !answer.again && answer.verdict.relation == Directed::New
            };
            assert_eq!(answers.iter().filter(is_new).count(), asked.len(), "{what}");
        };
        is_forgotten(filter.check(&asked), "in the same session");
        filter.close().unwrap();
        let reader = Snapshot::open(&disk.store(), None, None).unwrap();
        assert!(lookup(&reader.view(), &documents[0].id).unwrap().is_empty());
        let lookup = Lookup::new(reader, Policy::default(), &Resources::default()).unwrap();
        is_forgotten(lookup.check(&asked), "who reads");
        let mut filter = opened(&disk).unwrap();
        is_forgotten(filter.check(&asked), "in the next session");
        let young = filter.batch(&others(&documents)).unwrap();
        assert!(young.iter().all(|answer| answer.verdict.relation == Directed::New));
        filter.close().unwrap();
        is_well(&disk, "after all expired");
    }
}

#[test]
fn within_the_window_everything_is_found() {
    let documents = fresh(40, 52);
    let disk = FaultyDisk::new();
    let mut filter = with_window(&disk, HOURS, SMALL);
    filter.batch(&documents).unwrap();
    let copies = filter.check(&others(&documents)).unwrap();
    assert!(copies.iter().all(|answer| answer.verdict.relation == Directed::Exact));
    filter.close().unwrap();
    assert!(opened(&disk).unwrap().check(&documents).unwrap().iter().all(|answer| answer.again));
}

/// Copies that are gone do not stand before one that is not, however many they are.
#[test]
fn what_has_expired_hides_nothing() {
    let text = &fresh(1, 53)[0].text;
    let copy =
        |number: usize, words: &str| Incoming::new(format!("copy-{number}"), format!("{text} {words}"));
    for limits in [SMALL, Limits::default()] {
        let disk = FaultyDisk::new();
        let mut filter = with_window(&disk, WINDOW, limits);
        let old: Vec<Incoming> = (0..60).map(|number| copy(number, "")).collect();
        filter.batch(&old).unwrap();
        std::thread::sleep(LONGER);
        // In the same session, and in the next one.
        if limits.documents == SMALL.documents {
            filter.close().unwrap();
            filter = opened(&disk).unwrap();
        }
        // They come together, so that none has expired when the others do.
        let young = [copy(100, ""), copy(101, ""), copy(102, "and a word more")];
        let answers = filter.batch(&young).unwrap();
        let said: Vec<_> =
            answers.iter().map(|answer| (answer.verdict.relation, answer.verdict.of())).collect();
        let expected =
            [(Directed::New, None), (Directed::Exact, Some("copy-100")), (Directed::Near, Some("copy-100"))];
        assert_eq!(said, expected);
    }
}

/// A session whose clock is ahead forgets nothing for good: what it does not find is there when the clock is right again. The
/// clock that is ahead is a window that is short here: what counts is that a document is older than the window.
#[test]
fn a_clock_that_was_ahead_deletes_nothing() {
    let documents = fresh(40, 54);
    let disk = FaultyDisk::new();
    let mut filter = with_window(&disk, WINDOW, SMALL);
    filter.batch(&documents).unwrap();
    filter.writer().seal().unwrap();
    filter.close().unwrap();
    std::thread::sleep(LONGER);
    for session in 0..READINGS - 1 {
        let mut filter = opened(&disk).unwrap();
        filter.batch(&fresh(10, 60 + session as u64)).unwrap();
        filter.writer().compact().unwrap();
        filter.close().unwrap();
        is_well(&disk, "while the clock is ahead");
        let again = change_window(&disk, 0);
        let known = opened(&again).unwrap().check(&documents).unwrap();
        assert!(known.iter().all(|answer| answer.again), "session {session} deleted documents");
    }
}

/// Once every clock that is remembered says so, the files are given up.
#[test]
fn whole_segments_are_given_up_in_time() {
    let documents = fresh(30, 55);
    let disk = FaultyDisk::new();
    let mut filter = with_window(&disk, WINDOW, SMALL);
    filter.batch(&documents).unwrap();
    filter.writer().seal().unwrap();
    filter.close().unwrap();
    let before: Vec<String> = disk.files().into_keys().filter(|name| name.starts_with("seg-")).collect();
    assert!(!before.is_empty());
    std::thread::sleep(LONGER);
    for session in 0..READINGS as u64 + 1 {
        let mut filter = opened(&disk).unwrap();
        filter.batch(&fresh(1, 70 + session)).unwrap();
        filter.close().unwrap();
    }
    let left = disk.files();
    assert!(before.iter().all(|name| !left.contains_key(name)), "{:?}", left.keys());
    is_well(&disk, "after segments expired");
}
