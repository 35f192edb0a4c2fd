//! Bad days of an index: whatever fails, nothing acknowledged is lost and nothing is answered wrongly.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use wirecopy::ErrorKind;
use wirecopy::Recipe;
use wirecopy::filter::{Answer, Filter, Incoming, Lookup, SharedFilter, lookup, remaker};
use wirecopy::index::{Keep, LOCK, Limits, MANIFEST, Setup, Snapshot, Writer, repair, verify};
use wirecopy::internals::index::store::{Disk, Store};
use wirecopy::options::{Policy, Resources};

use crate::disk::{Failing, FaultyDisk};
use crate::harness::{Dir, code, program, run};

/// Numbers that look random and are the same every time.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Numbers {
        Numbers(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, most: usize) -> usize {
        (self.next() % most as u64) as usize
    }
}

/// A stream of articles: new ones, copies, edited ones, excerpts, new versions and repeats of earlier ones.
pub fn stream(count: usize, seed: u64) -> Vec<Incoming> {
    let mut numbers = Numbers::new(seed);
    let mut all: Vec<Incoming> = Vec::new();
    while all.len() < count {
        let number = all.len();
        let words = 60 + numbers.below(120);
        let mut fresh: Vec<String> = (0..words).map(|_| format!("word{}", numbers.below(5000))).collect();
        let mut id = format!("article-{number}");
        if !all.is_empty() {
            let earlier = all[numbers.below(all.len())].clone();
            let mut old: Vec<String> = earlier.text.split(' ').map(str::to_owned).collect();
            match numbers.below(10) {
                0 => fresh = old,
                1 => {
                    let at = numbers.below(old.len());
                    old[at] = "edited".to_owned();
                    fresh = old;
                }
                2 => fresh = old.split_off(old.len() / 3),
                3 => {
                    fresh.append(&mut old);
                }
                4 => {
                    id = earlier.id;
                    old.push(format!("later{number}"));
                    fresh = old;
                }
                5 => {
                    all.push(earlier);
                    continue;
                }
                _ => {}
            }
        }
        all.push(Incoming::new(id, fresh.join(" ")));
    }
    all
}

/// Memories and segments so small that every kind of thing happens within a few documents.
pub const SMALL: Limits = Limits { documents: 8, bytes: 1 << 20, fan: 2 };

pub fn resources() -> Resources {
    Resources::default().with_threads(1)
}

pub fn filter(writer: Writer) -> Filter {
    Filter::new(writer, Policy::default(), &resources()).unwrap()
}

pub fn created(disk: &FaultyDisk, keep: Keep) -> wirecopy::Result<Filter> {
    let setup = Setup { keep, ..Setup::default() };
    Writer::create(disk.store(), &setup, SMALL).map(filter)
}

pub fn opened(disk: &FaultyDisk) -> wirecopy::Result<Filter> {
    Writer::open(disk.store(), None, None, SMALL).map(filter)
}

/// What is the same in every run: all but the time.
pub fn said(answer: &Answer) -> String {
    let matches =
        answer.verdict.matches.iter().map(|m| (m.id.clone(), m.relation, m.measures, m.spans.clone()));
    format!("{:?} {:x} {:?}", answer.verdict.relation, answer.verdict.cluster, matches.collect::<Vec<_>>())
}

/// What a session of all documents says that nothing disturbs.
pub fn undisturbed(documents: &[Incoming], keep: Keep) -> Vec<String> {
    let mut filter = created(&FaultyDisk::new(), keep).unwrap();
    documents.iter().map(|one| said(&filter.batch(std::slice::from_ref(one)).unwrap()[0])).collect()
}

/// Takes documents in batches until something fails, each begun while the one before is written; returns how many were
/// acknowledged, and the error.
pub fn take(
    filter: &mut Filter,
    documents: &[Incoming],
    expected: &[String],
) -> (usize, Option<wirecopy::Error>) {
    let preparer = filter.preparer();
    let (mut done, mut begun) = (0, 0);
    for batch in documents.chunks(5) {
        match preparer.prepare(batch).and_then(|prepared| filter.begin(batch, prepared)) {
            Ok(answers) => {
                done = begun;
                for answer in &answers {
                    assert_eq!(said(answer), expected[begun]);
                    begun += 1;
                }
            }
            Err(error) => {
                let is_safe = filter.finish().is_ok();
                return (if is_safe { begun } else { done }, Some(error));
            }
        }
    }
    match filter.finish() {
        Ok(()) => (begun, None),
        Err(error) => (done, Some(error)),
    }
}

/// Every byte that counts is what was written.
pub fn is_well(store: &dyn Store, what: &str) {
    assert_eq!(verify(store).unwrap().faults, Vec::<String>::new(), "{what}");
}

/// What was acknowledged is there, word for word, and a replay of the whole stream says what was said.
pub fn nothing_is_lost(
    disk: &FaultyDisk,
    documents: &[Incoming],
    expected: &[String],
    acknowledged: usize,
    what: &str,
) {
    is_well(&*disk.store(), what);
    let mut filter = opened(disk).unwrap_or_else(|error| panic!("{what}: {error}"));
    for (answer, expected) in filter.check(&documents[..acknowledged]).unwrap().iter().zip(expected) {
        assert!(answer.again, "{what}: an acknowledged document is gone");
        assert_eq!(&said(answer), expected, "{what}");
    }
    let (done, error) = take(&mut filter, documents, expected);
    assert!(error.is_none() && done == documents.len(), "{what}: {error:?}");
    filter.close().unwrap();
}

fn session(disk: &FaultyDisk, documents: &[Incoming], expected: &[String], fresh: bool) -> (usize, bool) {
    let filter = if fresh { created(disk, Keep::Text) } else { opened(disk) };
    let Ok(mut filter) = filter else { return (0, false) };
    let (done, error) = take(&mut filter, documents, expected);
    if error.is_some() {
        assert!(filter.batch(&documents[..1]).is_err(), "after a failure nothing more is written");
        // What was acknowledged is still answered.
        assert!(filter.check(&documents[..done]).unwrap().iter().all(|answer| answer.again));
        return (done, false);
    }
    let compacted = filter.writer().seal().is_ok();
    (done, compacted && filter.close().is_ok())
}

#[test]
fn every_operation_fails_once() {
    let documents = stream(60, 1);
    let expected = undisturbed(&documents, Keep::Text);
    let whole = FaultyDisk::new();
    assert_eq!(session(&whole, &documents, &expected, true), (60, true));
    let operations = whole.operations();
    assert!(operations > 100);
    let mut numbers = Numbers::new(2);
    let every = (0..operations + 5).flat_map(|n| [(Failing::Once(n), n), (Failing::From(n), n)]);
    // What the power leaves is a matter of chance: names as well as bytes.
    for (failing, number) in (0..kills() / 30).flat_map(|_| every.clone()) {
        let what = format!("{failing:?}");
        let disk = FaultyDisk::new();
        if number % 2 == 0 {
            disk.write_short();
        }
        disk.fail(failing);
        let (done, _) = session(&disk, &documents, &expected, true);
        let left = disk.after_crash(|| numbers.next());
        // A crash while the index is created leaves none, or an empty one.
        if left.files().contains_key(MANIFEST) {
            nothing_is_lost(&left, &documents, &expected, done, &what);
        } else {
            assert_eq!(done, 0, "{what}");
            created(&left, Keep::Text).unwrap_or_else(|error| panic!("{what}: {error}"));
        }
    }
}

/// A session is killed anywhere, between a write and its sync too, the next one takes its files over and answers, and then
/// the power goes off. What the second answered is there (findings 02 and 03).
#[test]
fn what_is_taken_over_from_a_killed_session_is_made_safe() {
    let documents = stream(40, 23);
    let expected = undisturbed(&documents, Keep::Text);
    let mut numbers = Numbers::new(24);
    for number in 0.. {
        let disk = FaultyDisk::new();
        disk.fail(Failing::From(number));
        let (_, whole) = session(&disk, &documents[..30], &expected, true);
        disk.fail(Failing::Never);
        let what = format!("killed at operation {number}");
        let filter =
            if wirecopy::index::exists(&disk).unwrap() { opened(&disk) } else { created(&disk, Keep::Text) };
        let mut filter = filter.unwrap_or_else(|error| panic!("{what}: {error}"));
        // Those of the first session first: they are answered from what it left.
        let known = filter.check(&documents).unwrap().iter().take_while(|answer| answer.again).count();
        let left = disk.after_crash(|| numbers.next());
        nothing_is_lost(&left, &documents, &expected, known, &format!("{what}, only opened"));
        let (done, error) = take(&mut filter, &documents, &expected);
        assert!(error.is_none() && done == documents.len(), "{what}: {error:?}");
        if number % 2 == 0 {
            filter.close().unwrap();
        }
        let left = disk.after_crash(|| numbers.next());
        nothing_is_lost(&left, &documents, &expected, done, &what);
        if whole {
            break;
        }
    }
}

/// What it is created in is new too, and nobody syncs it but who creates it (finding 03).
#[test]
fn the_directories_of_an_index_are_created_with_their_parents() {
    let dir = Dir::new();
    let nested = dir.path("a/b/index");
    Disk::new(&nested).create_directory().unwrap();
    Disk::new(&nested).create_directory().unwrap();
    assert!(nested.is_dir());
    // A path without a parent that is named.
    let output = program().current_dir(dir.path("a")).args(["index", "create", "plain"]).output().unwrap();
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn documents_are_compared_while_the_log_is_synced_and_not_acknowledged_before_it_is() {
    let documents = stream(6, 21);
    let expected = undisturbed(&documents, Keep::Text);
    let disk = FaultyDisk::new();
    let mut filter = created(&disk, Keep::Text).unwrap();
    let preparer = filter.preparer();
    disk.hold_syncs(true);
    // Both would wait for ever if they waited for the disk.
    let first = filter.begin(&documents[..5], preparer.prepare(&documents[..5]).unwrap()).unwrap();
    assert_eq!(first.iter().map(said).collect::<Vec<_>>(), expected[..5]);
    assert!(filter.check(&documents[..5]).unwrap().iter().all(|answer| answer.again));
    let crashed = opened(&disk.after_crash(|| 0)).unwrap();
    assert!(crashed.check(&documents[..5]).unwrap().iter().all(|answer| !answer.again));
    disk.hold_syncs(false);
    filter.begin(&documents[5..], preparer.prepare(&documents[5..]).unwrap()).unwrap();
    let crashed = opened(&disk.after_crash(|| 0)).unwrap();
    assert!(crashed.check(&documents[..5]).unwrap().iter().all(|answer| answer.again));
}

#[test]
fn whoever_asks_sees_what_is_safe_and_waits_for_no_disk() {
    let text = |number: u32| (0..60).map(|i| format!("word{number}x{i} ")).collect::<String>();
    let old = [Incoming::new("a", text(1)), Incoming::new("b", text(2))];
    // A document of its own, and another version of one that is there.
    let new = [Incoming::new("c", text(3)), Incoming::new("b", text(4))];
    let copies = [1, 2, 3, 4].map(|number| Incoming::new("copy", text(number)));
    let disk = FaultyDisk::new();
    let mut filter = created(&disk, Keep::Text).unwrap();
    filter.batch(&old).unwrap();
    let shared = SharedFilter::new(filter, Policy::default(), &Resources::default()).unwrap();
    let of = || {
        shared
            .check(&copies)
            .unwrap()
            .iter()
            .map(|one| one.verdict.of().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let named = |id: &str| Some(id.to_owned());
    disk.hold_syncs(true);
    shared.begin(&new, shared.preparer().prepare(&new).unwrap()).unwrap();
    let before = [named("a"), named("b"), None, None];
    assert_eq!(of(), before);
    assert!(!shared.check(&new).unwrap().iter().any(|answer| answer.again));
    assert!(shared.documents("c", None).unwrap().is_empty());
    assert_eq!(shared.documents("b", None).unwrap()[0].document.text, text(2));
    std::thread::scope(|scope| {
        let finishing = scope.spawn(|| shared.finish());
        assert_eq!(of(), before, "while others wait for the disk");
        disk.hold_syncs(false);
        finishing.join().unwrap().unwrap();
    });
    assert_eq!(of(), [named("a"), None, named("c"), named("b")]);
    assert_eq!(shared.documents("b", None).unwrap()[0].document.text, text(4));
    assert_eq!((shared.delete(&["a".to_owned()], None).unwrap(), &of()[0]), (1, &None));
    assert_eq!((shared.figures().documents, shared.is_well()), (2, true));
    shared.close().unwrap();
}

#[test]
fn a_batch_that_meets_damage_is_taken_back() {
    // So long that texts and tables are in different pages.
    let named = |id: &str, text: String| Incoming::new(id, text);
    let long = |number: u32| (0..1500).map(|i| format!("word{number}x{i} ")).collect::<String>();
    let documents: Vec<Incoming> = (0..9).map(|i| named(&format!("long-{i}"), long(i))).collect();
    let whole = FaultyDisk::new();
    let mut filter = created(&whole, Keep::Text).unwrap();
    filter.batch(&documents).unwrap();
    filter.writer().seal().unwrap();
    filter.close().unwrap();
    let mut files = whole.files();
    for (_, bytes) in files.iter_mut().filter(|(name, _)| name.starts_with("seg-")) {
        bytes[40] ^= 1;
    }
    let disk = FaultyDisk::with(files);
    let mut filter = opened(&disk).unwrap();
    let next = filter.writer().next();
    let failing =
        [named("x", long(100)), named("x2", long(100) + " more"), named("damaged", long(0) + " more")];
    let error = filter.batch(&failing).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert_eq!(filter.writer().next(), next);
    // Others come in their place, and are not taken for them.
    let others = [named("y", long(200)), named("y2", long(200) + " more"), named("z", long(100))];
    let answers = filter.batch(&others).unwrap();
    let near = &answers[1].verdict;
    assert_eq!((near.matches.len(), near.matches[0].id.as_str()), (1, "y"));
    assert!(answers[2].verdict.matches.is_empty(), "nobody was left of those that were taken back");
    filter.close().unwrap();
    let mut again = opened(&disk).unwrap();
    assert!(again.check(&others).unwrap().iter().all(|answer| answer.again));
    assert_eq!(again.writer().next(), next + 3);
}

#[test]
fn failures_of_an_index_that_is_opened_again() {
    let documents = stream(40, 3);
    let expected = undisturbed(&documents, Keep::Text);
    let begun = FaultyDisk::new();
    assert_eq!(session(&begun, &documents[..25], &expected, true), (25, true));
    let files = begun.files();
    let mut numbers = Numbers::new(4);
    for number in 0.. {
        let disk = FaultyDisk::with(files.clone());
        disk.fail(Failing::From(number));
        let (done, whole) = session(&disk, &documents, &expected, false);
        if whole {
            break;
        }
        let left = disk.after_crash(|| numbers.next());
        nothing_is_lost(&left, &documents, &expected, done.max(25), &format!("operation {number}"));
    }
}

#[test]
fn the_disk_is_full_at_every_write() {
    let documents = stream(40, 5);
    let expected = undisturbed(&documents, Keep::Text);
    let whole = FaultyDisk::new();
    session(&whole, &documents, &expected, true);
    let most: usize = whole.files().values().map(Vec::len).sum();
    let mut numbers = Numbers::new(6);
    for room in (0..2 * most as u64).step_by(most / 50) {
        let disk = FaultyDisk::new();
        disk.fail(Failing::Full(room));
        let Ok(mut filter) = created(&disk, Keep::Text) else { continue };
        let (done, error) = take(&mut filter, &documents, &expected);
        if let Some(error) = error {
            assert_eq!(error.kind(), ErrorKind::Write, "{error}");
            assert!(filter.check(&documents[..done]).unwrap().iter().all(|answer| answer.again));
        }
        drop(filter);
        // There is room again.
        disk.fail(Failing::Never);
        nothing_is_lost(&disk, &documents, &expected, done, &format!("room for {room} bytes"));
        let left = disk.after_crash(|| numbers.next());
        nothing_is_lost(&left, &documents, &expected, done, &format!("room for {room} bytes, after a crash"));
    }
}

/// The files of an index with segments, deletions and a log, and what it says of its documents.
fn sample(documents: &[Incoming], expected: &[String], keep: Keep) -> BTreeMap<String, Vec<u8>> {
    let disk = FaultyDisk::new();
    let mut filter = created(&disk, keep).unwrap();
    let (done, error) = take(&mut filter, documents, expected);
    assert!(error.is_none() && done == documents.len());
    filter.close().unwrap();
    disk.files()
}

/// Opens a damaged index and asks it everything: right answers, or an error that names a file.
pub fn is_right_or_refused(
    files: BTreeMap<String, Vec<u8>>,
    documents: &[Incoming],
    expected: &[String],
    what: &str,
) -> bool {
    let disk = FaultyDisk::with(files);
    let answered = Snapshot::open(&disk.store(), None, None)
        .and_then(|reader| Lookup::new(reader, Policy::default(), &resources()))
        .and_then(|filter| {
            // Unknown ids, so that everything is looked up and compared.
            let probes: Vec<Incoming> = documents
                .iter()
                .map(|one| Incoming::new(format!("probe-{}", one.id), one.text.clone()))
                .collect();
            Ok((filter.check(documents)?, filter.check(&probes)?))
        });
    match answered {
        Ok((known, probed)) => {
            for (answer, expected) in known.iter().zip(expected) {
                assert!(answer.again, "{what}: an acknowledged document is gone");
                assert_eq!(&said(answer), expected, "{what}");
            }
            let lost = probed.iter().filter(|probe| probe.verdict.relation == wirecopy::judge::Directed::New);
            assert_eq!(lost.count(), 0, "{what}: a copy is called new");
            true
        }
        Err(error) => {
            let named = error.place().is_some_and(|place| place.starts_with("disk"));
            assert!(named && !error.reason().is_empty(), "{what}: {error}");
            false
        }
    }
}

#[test]
fn damage_is_named_or_does_no_harm() {
    let documents = stream(45, 7);
    for keep in [Keep::Text, Keep::Signatures] {
        let expected = undisturbed(&documents, keep);
        let files = sample(&documents, &expected, keep);
        assert!(
            files.keys().any(|name| name.starts_with("seg-"))
                && files.keys().any(|name| name.starts_with("log-"))
        );
        assert!(is_right_or_refused(files.clone(), &documents, &expected, "intact"));
        let mut numbers = Numbers::new(8);
        for (name, bytes) in files.iter().filter(|(name, _)| *name != LOCK) {
            let ends = (0..bytes.len().min(80)).chain(bytes.len().saturating_sub(260)..bytes.len());
            let within = (0..60).map(|_| numbers.below(bytes.len())).collect::<Vec<_>>();
            for at in ends.chain(within) {
                let damages: [(&str, Vec<u8>); 3] = [
                    ("flipped", {
                        let mut b = bytes.clone();
                        b[at] ^= 1 << (at % 8);
                        b
                    }),
                    ("cut", bytes[..at].to_vec()),
                    ("zeroed", {
                        let mut b = bytes.clone();
                        let end = (at + 64).min(b.len());
                        b[at..end].fill(0);
                        b
                    }),
                ];
                for (kind, damaged) in damages {
                    let what = format!("{keep:?} {name} {kind} at {at}");
                    if damaged == *bytes {
                        continue;
                    }
                    let mut files = files.clone();
                    files.insert(name.clone(), damaged);
                    let faults =
                        verify(&FaultyDisk::with(files.clone())).map_or(1, |found| found.faults.len());
                    assert!(faults > 0, "{what}: not found by verify");
                    is_right_or_refused(files, &documents, &expected, &what);
                }
            }
        }
    }
}

#[test]
fn deletes_and_compaction() {
    let disk = FaultyDisk::new();
    let documents = stream(50, 11);
    let mut filter = created(&disk, Keep::Text).unwrap();
    filter.batch(&documents).unwrap();
    let gone: Vec<String> = documents.iter().take(10).map(|one| one.id.clone()).collect();
    let deleted = filter.delete(&gone).unwrap();
    assert!(deleted >= 5);
    assert_eq!(filter.delete(&gone).unwrap(), 0, "deleted once");
    for _ in 0..2 {
        for id in &gone {
            assert!(lookup(&filter.view(), id).unwrap().is_empty());
        }
        let copies = filter.check(&documents[..10]).unwrap();
        assert!(
            copies.iter().all(|answer| answer.verdict.of().is_none_or(|of| !gone.iter().any(|id| id == of)))
        );
        filter.writer().compact().unwrap();
        filter.close().unwrap();
        filter = opened(&disk).unwrap();
    }
    assert_eq!(disk.files().keys().filter(|name| name.starts_with("seg-")).count(), 1);
}

#[test]
fn a_second_writer_is_told_who_is_first() {
    let dir = Dir::new();
    let store = || -> std::sync::Arc<dyn Store> { std::sync::Arc::new(Disk::new(dir.path("index"))) };
    Disk::new(dir.path("index")).create_directory().unwrap();
    let first = Writer::create(store(), &Setup::default(), SMALL).unwrap();
    let error = Writer::open(store(), None, None, SMALL).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    let output = run(&["index", "compact", dir.path("index").to_str().unwrap()]);
    assert_eq!(code(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains(&format!("process {}", std::process::id())));
    // Whoever reads needs no lock.
    assert!(Snapshot::open(&store(), None, None).is_ok());
    drop(first);
    assert!(Writer::open(store(), None, None, SMALL).is_ok());
}

#[test]
fn another_recipe_or_model_is_refused_by_name() {
    let disk = FaultyDisk::new();
    created(&disk, Keep::Text).unwrap().close().unwrap();
    let other = Recipe::with_shingle(8).unwrap();
    let error = Writer::open(disk.store(), Some(other), None, SMALL).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    let both = [Recipe::default().fingerprint(), other.fingerprint()];
    assert!(both.iter().all(|name| error.to_string().contains(name)), "{error}");
    let error = Snapshot::open(&disk.store(), None, Some(0xabc)).unwrap_err();
    assert!(error.kind() == ErrorKind::Mismatch && error.to_string().contains("0000000000000abc"), "{error}");
}

#[test]
fn readers_see_one_moment() {
    let disk = FaultyDisk::new();
    let documents = stream(60, 13);
    let mut filter = created(&disk, Keep::Text).unwrap();
    filter.batch(&documents[..30]).unwrap();
    let reader = Snapshot::open(&disk.store(), None, None).unwrap();
    let then = Lookup::new(reader, Policy::default(), &resources()).unwrap();
    let before: Vec<String> = then.check(&documents).unwrap().iter().map(said).collect();
    filter.batch(&documents[30..]).unwrap();
    filter.writer().compact().unwrap();
    let after: Vec<String> = then.check(&documents).unwrap().iter().map(said).collect();
    assert_eq!(before, after);
}

/// How many times the program is killed: 30, or what the environment says.
fn kills() -> usize {
    std::env::var("WIRECOPY_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(30)
}

pub fn lines(documents: &[Incoming]) -> Vec<u8> {
    let line = |one: &Incoming| {
        format!("{}\n", serde_json::json!({ "id": one.id, "title": one.meta.title, "text": one.text }))
    };
    documents.iter().map(line).collect::<String>().into_bytes()
}

fn verdicts(output: &[u8]) -> Vec<(Value, Value, Value)> {
    let whole = output.rsplitn(2, |&b| b == b'\n').nth(1).unwrap_or_default();
    let lines = whole.split(|&b| b == b'\n').filter(|line| !line.is_empty());
    let verdict = |line: &[u8]| {
        let line: Value = serde_json::from_slice(line).unwrap();
        (line["id"].clone(), line["wirecopy"]["verdict"].clone(), line["wirecopy"]["of"].clone())
    };
    lines.map(verdict).collect()
}

pub fn filtered(index: &Path, flags: &[&str], input: &[u8]) -> Vec<(Value, Value, Value)> {
    // A file, since whoever writes to a pipe must read at the same time.
    let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    file.write_all(input).unwrap();
    let mut filter = program();
    filter.args(["filter", "--quiet", "--memory-documents", "32", "--index"]).arg(index).args(flags);
    let output = filter.arg(file.path()).output().unwrap();
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    verdicts(&output.stdout)
}

/// In a copy of an index that a kill left a bit flips (finding 01): its documents are answered as before, or it is damaged and
/// says so; and a repair puts the bit back (finding 43).
fn a_flip_is_named_or_mended(
    index: &Path,
    documents: &[Incoming],
    expected: &[(Value, Value, Value)],
    numbers: &mut Numbers,
) {
    let disk = Disk::new(index);
    let names = disk.list().unwrap_or_default();
    let parts: Vec<&String> =
        names.iter().filter(|name| *name != LOCK && disk.len(name).unwrap() > 0).collect();
    if documents.is_empty() || parts.is_empty() {
        return;
    }
    let copy = Dir::new();
    for name in &parts {
        copy.file(name, disk.read(name).unwrap());
    }
    let flipped = copy.path(parts[numbers.below(parts.len())]);
    let mut bytes = std::fs::read(&flipped).unwrap();
    let bit = numbers.below(bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    std::fs::write(&flipped, bytes).unwrap();
    let input = lines(documents);
    let index = flipped.parent().unwrap();
    let ask = || {
        let file = copy.file("asked.jsonl", &input);
        program().args(["filter", "-q", "--check", "--index"]).arg(index).arg(file).output().unwrap()
    };
    let what = format!("bit {bit} of {}", flipped.display());
    let answer = ask();
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    if code(&answer) == 0 {
        assert_eq!(verdicts(&answer.stdout), expected[..documents.len()], "{what}");
    } else {
        assert!(said.contains("damaged"), "{what}: {said}");
    }
    let repaired = run(&["index", "repair", index.to_str().unwrap()]);
    assert_eq!(code(&repaired), 0, "{what}: {}", String::from_utf8_lossy(&repaired.stderr));
    assert_eq!(verdicts(&ask().stdout), expected[..documents.len()], "{what}, repaired");
}

#[test]
fn killed_at_any_moment() {
    // Among articles a short note, of which only the title says whose it is.
    let note = |i: usize| {
        let title = ["Acme", "Bolt", "Cole", "Dorn"][i / 8 % 4];
        Incoming::new(format!("note-{i}"), "Dividend of ten cents a share.").title(&format!("{title} pays"))
    };
    let with_notes = |(i, one): (usize, Incoming)| [Some(one), (i % 8 == 0).then(|| note(i))];
    let documents: Vec<Incoming> =
        stream(700, 14).into_iter().enumerate().flat_map(with_notes).flatten().collect();
    let input = lines(&documents);
    let dir = Dir::new();
    let expected = filtered(&dir.path("whole"), &[], &input);
    assert_eq!(expected.len(), documents.len());
    let mut numbers = Numbers::new(15);
    for kill in 0..kills() {
        let index = dir.path(&format!("killed-{kill}"));
        let mut acknowledged = 0;
        // Killed several times on the way, going on where the last one ended.
        for durability in ["batch", "always", "batch"] {
            let mut child = program()
                .args([
                    "filter",
                    "--quiet",
                    "--memory-documents",
                    "32",
                    "--durability",
                    durability,
                    "--index",
                ])
                .arg(&index)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
            let fed = input.clone();
            let feeder = std::thread::spawn(move || drop(stdin.write_all(&fed)));
            let reader = std::thread::spawn(move || {
                let mut output = Vec::new();
                stdout.read_to_end(&mut output).map(|_| output)
            });
            std::thread::sleep(Duration::from_millis(5 + numbers.next() % 150));
            child.kill().unwrap();
            child.wait().unwrap();
            feeder.join().unwrap();
            let got = verdicts(&reader.join().unwrap().unwrap());
            assert_eq!(got, expected[..got.len()], "kill {kill}");
            acknowledged = acknowledged.max(got.len());
        }
        if acknowledged > 0 {
            let known = filtered(&index, &["--check"], &lines(&documents[..acknowledged]));
            assert_eq!(known, expected[..acknowledged], "kill {kill}: an acknowledged document is gone");
        }
        a_flip_is_named_or_mended(&index, &documents[..acknowledged], &expected, &mut numbers);
        assert_eq!(filtered(&index, &[], &input), expected, "kill {kill}: a replay says something else");
        let verified = run(&["index", "verify", index.to_str().unwrap()]);
        assert_eq!(code(&verified), 0, "{}", String::from_utf8_lossy(&verified.stderr));
        std::fs::remove_dir_all(&index).unwrap();
    }
}

/// By another recipe than the default one, and with nothing left of what says so first.
#[test]
fn repair_learns_the_recipe_from_what_is_left() {
    let documents = stream(45, 18);
    let recipe = Recipe::with_shingle(8).unwrap();
    let setup = Setup { recipe, ..Setup::default() };
    let disk = FaultyDisk::new();
    let mut eight = Writer::create(disk.store(), &setup, SMALL).map(filter).unwrap();
    documents.chunks(5).for_each(|batch| drop(eight.batch(batch).unwrap()));
    eight.close().unwrap();
    let mut files = disk.files();
    files.get_mut(MANIFEST).unwrap()[20] ^= 3;
    for left in ["seg-", "log-"] {
        let files = files.iter().filter(|(name, _)| name.starts_with(left) || *name == MANIFEST);
        let disk = FaultyDisk::with(files.map(|(name, bytes)| (name.clone(), bytes.clone())));
        let repaired = repair(&disk, &remaker).unwrap();
        assert!(repaired.kept > 0, "{left}");
        let reader = Snapshot::open(&disk.store(), Some(recipe), None).unwrap();
        assert_eq!(reader.recipe(), recipe, "{left}");
    }
    let nothing = FaultyDisk::with([(MANIFEST.to_owned(), files[MANIFEST].clone())]);
    let repaired = repair(&nothing, &remaker).unwrap();
    assert!(repaired.notes.iter().any(|note| note.contains("the default one is taken")), "{repaired:?}");
}

/// What is loaded at once is there at once, or not at all.
#[test]
fn loading_fails_at_every_operation() {
    let dir = Dir::new();
    let documents = stream(60, 19);
    let file = dir.file("all.jsonl", lines(&documents));
    let corpus = wirecopy::corpus::Corpus::open(&[file], &Default::default(), &resources()).unwrap();
    let scan = wirecopy::scan::Scan::new().model(Default::default()).resources(resources());
    let found = scan.run(&corpus).unwrap();
    let mut numbers = Numbers::new(20);
    for number in 0.. {
        let disk = FaultyDisk::new();
        let mut filter = created(&disk, Keep::Text).unwrap();
        disk.fail(Failing::From(number));
        let loaded = filter.load(&found, None);
        let left = disk.after_crash(|| numbers.next());
        if !left.files().contains_key(MANIFEST) {
            continue;
        }
        is_well(&*left.store(), &format!("operation {number}"));
        let known = opened(&left).unwrap().check(&documents).unwrap();
        let there = known.iter().filter(|answer| answer.again).count();
        if loaded.is_ok() {
            assert_eq!(there, documents.len());
            break;
        }
        let first = documents.iter().map(|one| &one.id).collect::<std::collections::HashSet<_>>().len();
        assert!(there == 0 || there >= first, "operation {number}: {there} documents of a load that failed");
        assert!(number < 10_000);
    }
}

/// Deletion and compaction are killed at random moments: whoever was not to be deleted is there as before, and whoever
/// was acknowledged as deleted is gone.
#[test]
fn killed_while_deleting_and_compacting() {
    let mut ids = std::collections::HashSet::new();
    let documents: Vec<Incoming> =
        stream(900, 21).into_iter().filter(|one| ids.insert(one.id.clone())).collect();
    let dir = Dir::new();
    let index = dir.path("index");
    let expected = filtered(&index, &[], &lines(&documents));
    let (mut kept, mut deleted): (Vec<usize>, Vec<usize>) = ((0..documents.len()).collect(), Vec::new());
    let mut numbers = Numbers::new(22);
    let mut run_and_kill = |arguments: &[&str]| {
        let mut child = program()
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(500 * (numbers.next() % 60)));
        // It may be done already: then what it was asked for is so.
        child.kill().unwrap();
        child.wait().unwrap().success()
    };
    for kill in 0..kills() {
        let place = index.to_str().unwrap();
        if kill % 2 == 0 {
            run_and_kill(&["index", "compact", place]);
        } else {
            let gone: Vec<usize> = kept.drain(..1).collect();
            let ids: Vec<&str> = gone.iter().map(|&at| documents[at].id.as_str()).collect();
            if run_and_kill(&[&["index", "delete", place], &ids[..]].concat()) {
                deleted.extend(&gone);
            }
        }
        let of =
            |places: &[usize]| -> Vec<Incoming> { places.iter().map(|&at| documents[at].clone()).collect() };
        let known = filtered(&index, &["--check"], &lines(&of(&kept)));
        let wanted: Vec<_> = kept.iter().map(|&at| expected[at].clone()).collect();
        assert_eq!(known, wanted, "kill {kill}");
        let store: std::sync::Arc<dyn Store> = std::sync::Arc::new(Disk::new(&index));
        let reader = Snapshot::open(&store, None, None).unwrap();
        let found = |at: &&usize| !lookup(&reader.view(), &documents[**at].id).unwrap().is_empty();
        assert_eq!(deleted.iter().filter(found).count(), 0, "kill {kill}: a deleted document is back");
        is_well(&*store, &format!("kill {kill}"));
    }
    assert_eq!(code(&run(&["index", "compact", index.to_str().unwrap()])), 0);
    is_well(&Disk::new(&index), "in the end");
}
