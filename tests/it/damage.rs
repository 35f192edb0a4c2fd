//! Damage of an index, of every kind and everywhere: it is named or changes no answer, and a repair accounts for every
//! document.

use std::collections::{BTreeMap, HashSet};

use wirecopy::ErrorKind;
use wirecopy::filter::{Incoming, remaker};
use wirecopy::index::{Keep, LOCK, Limits, MANIFEST, Setup, Writer, repair, verify};
use wirecopy::internals::index::format::Manifest;
use wirecopy::internals::index::store::{Disk, Store};

use crate::disk::FaultyDisk;
use crate::harness::{Dir, code, program, record, run};
use crate::index::{
    Numbers, SMALL, created, filter, filtered, is_right_or_refused, is_well, lines, opened, said, stream,
    take, undisturbed,
};

type Files = BTreeMap<String, Vec<u8>>;

/// Batches of so many documents that a batch has more records than one looks at by chance, and logs of several batches.
const LARGE: Limits = Limits { documents: 1000, bytes: 1 << 20, fan: 2 };

/// The files of an index whose writer was killed once all of these were acknowledged: in batches of so many.
fn killed(documents: &[Incoming], batch: usize, limits: Limits) -> Files {
    let disk = FaultyDisk::new();
    let mut filter = Writer::create(disk.store(), &Setup::default(), limits).map(filter).unwrap();
    documents.chunks(batch).for_each(|batch| drop(filter.batch(batch).unwrap()));
    drop(filter);
    disk.files()
}

/// The files of an index whose writer ended well.
fn closed(documents: &[Incoming], keep: Keep) -> Files {
    let disk = FaultyDisk::new();
    let mut filter = created(&disk, keep).unwrap();
    let (done, error) = take(&mut filter, documents, &undisturbed(documents, keep));
    assert!(error.is_none() && done == documents.len());
    filter.close().unwrap();
    disk.files()
}

/// Places to damage in a file of so many bytes: all that the environment asks for, or a few everywhere.
fn places(len: usize, numbers: &mut Numbers) -> Vec<usize> {
    if std::env::var_os("WIRECOPY_EVERY_BYTE").is_some() {
        return (0..len).collect();
    }
    let within: Vec<usize> = (0..25).map(|_| numbers.below(len)).collect();
    (0..len.min(24)).step_by(3).chain(within).chain(len.saturating_sub(30)..len).collect()
}

fn damaged(files: &Files, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Files {
    let mut files = files.clone();
    files.get_mut(name).map(change);
    files
}

fn parts(files: &Files) -> Vec<(String, usize)> {
    files.iter().filter(|(name, _)| *name != LOCK).map(|(name, bytes)| (name.clone(), bytes.len())).collect()
}

/// Finding 01: a flip in a log that a kill left dropped everything behind it.
#[test]
fn a_flipped_bit_after_a_kill_is_named_or_changes_no_answer() {
    // A log of three batches of the largest kind, and one that was begun.
    let documents = stream(210, 31);
    let expected = undisturbed(&documents, Keep::Text);
    let mut numbers = Numbers::new(32);
    for batch in [4, 40, 64] {
        let files = killed(&documents, batch, LARGE);
        assert!(files.keys().filter(|name| name.starts_with("log-")).count() >= 1);
        assert!(is_right_or_refused(files.clone(), &documents, &expected, "as the kill left it"));
        for (name, len) in parts(&files) {
            for at in places(len, &mut numbers) {
                let what = format!("batches of {batch}, {name} flipped at {at}");
                let files = damaged(&files, &name, |bytes| bytes[at] ^= 1 << (at % 8));
                let answered = is_right_or_refused(files.clone(), &documents, &expected, &what);
                let disk = FaultyDisk::with(files);
                let found = verify(&disk).unwrap();
                assert!(answered || !found.faults.is_empty(), "{what}: refused, and verify is content");
                assert!(!found.faults.is_empty() || !found.left.is_empty(), "{what}: verify sees nothing");
                // Who writes to it loses nothing either.
                if let Ok(filter) = opened(&disk) {
                    let known = filter.check(&documents).map(|known| known.iter().all(|one| one.again));
                    assert!(known.unwrap_or(true), "{what}: a writer dropped documents");
                }
            }
        }
    }
}

/// Finding 01: an id that looks like the beginnings of records spent the budget that the search for records had.
#[test]
fn ids_that_look_like_records_hide_nothing() {
    let mut documents = stream(120, 33);
    // Magic, kind and a length that is there: the beginning of a record, again and again.
    let magic = "WACR\u{1}\0\0\0\u{70}\u{10}\0\0".repeat(1500);
    for (one, number) in documents.iter_mut().zip(0..).filter(|(_, number)| number % 3 == 0) {
        one.id = format!("{magic}{number}");
    }
    let expected = undisturbed(&documents, Keep::Text);
    let files = killed(&documents, 4, LARGE);
    let mut numbers = Numbers::new(34);
    for (name, len) in parts(&files).into_iter().filter(|(name, _)| name.starts_with("log-")) {
        for at in (0..20).map(|_| numbers.below(len)) {
            let files = damaged(&files, &name, |bytes| bytes[at] ^= 4);
            is_right_or_refused(files, &documents, &expected, &format!("{name} flipped at {at}"));
        }
    }
}

/// What is torn is said, and is no damage; whoever looks is told one from the other (finding 01).
#[test]
fn verify_tells_a_torn_tail_from_damage() {
    let documents = stream(30, 35);
    let files = killed(&documents, 6, LARGE);
    let (name, len) = parts(&files).into_iter().rfind(|(name, _)| name.starts_with("log-")).unwrap();
    let torn = damaged(&files, &name, |bytes| bytes.extend_from_slice(b"WACR of a record that was begun"));
    let found = verify(&FaultyDisk::with(torn)).unwrap();
    assert!(
        found.faults.is_empty() && found.left.len() == 1 && found.left[0].contains("a crash tore"),
        "{found:?}"
    );
    let broken = damaged(&files, &name, |bytes| bytes[len / 2] ^= 1);
    let found = verify(&FaultyDisk::with(broken)).unwrap();
    assert!(found.faults.len() == 1 && found.faults[0].contains(&name), "{found:?}");
}

/// Repairs, and checks that every document is kept or reported; returns how many are gone.
fn repaired(files: Files, documents: &[Incoming], expected: &[String], what: &str) -> u64 {
    let disk = FaultyDisk::with(files);
    let repaired = repair(&disk, &remaker).unwrap_or_else(|error| panic!("{what}: {error}"));
    is_well(&disk, what);
    let filter = opened(&disk).unwrap_or_else(|error| panic!("{what}: {error}"));
    let known = filter.check(documents).unwrap();
    let mut missing = HashSet::new();
    for ((answer, document), expected) in known.iter().zip(documents).zip(expected) {
        if answer.again {
            assert_eq!(&said(answer), expected, "{what}: another answer");
        } else {
            missing.insert((&document.id, &document.text));
        }
    }
    let acknowledged: HashSet<_> = documents.iter().map(|one| (&one.id, &one.text)).collect();
    if repaired.faults.is_empty() {
        assert_eq!(missing.len(), 0, "{what}: nothing is damaged, and documents are gone");
        return 0;
    }
    assert_eq!(repaired.gone, missing.len() as u64, "{what}: {repaired:?}");
    assert_eq!(repaired.kept + repaired.gone, acknowledged.len() as u64, "{what}: {repaired:?}");
    assert!(repaired.lost.is_empty() == missing.is_empty(), "{what}: {repaired:?}");
    repaired.gone
}

/// Finding 43: a single flipped bit costs nothing, wherever it is.
#[test]
fn repair_puts_a_flipped_bit_back() {
    let documents = stream(45, 9);
    let expected = undisturbed(&documents, Keep::Text);
    let mut numbers = Numbers::new(10);
    for files in [closed(&documents, Keep::Text), killed(&documents, 5, SMALL)] {
        for (name, len) in parts(&files) {
            for at in places(len, &mut numbers) {
                let what = format!("{name} flipped at {at}");
                let files = damaged(&files, &name, |bytes| bytes[at] ^= 1 << (at % 8));
                assert_eq!(repaired(files, &documents, &expected, &what), 0, "{what}");
            }
        }
    }
}

/// Finding 43: of an index without texts as well, where samples cannot be made anew.
#[test]
fn repair_of_signatures() {
    let documents = stream(45, 36);
    let expected = undisturbed(&documents, Keep::Signatures);
    let files = closed(&documents, Keep::Signatures);
    let mut numbers = Numbers::new(37);
    for (name, len) in parts(&files) {
        for at in places(len, &mut numbers) {
            let what = format!("{name} zeroed at {at}");
            let files = damaged(&files, &name, |bytes| bytes[at..(at + 40).min(len)].fill(0x5A));
            repaired(files, &documents, &expected, &what);
        }
    }
}

/// Findings 43 and 42: every single file lost, cut, smashed: kept and gone are all that there was, and what is whole is kept.
#[test]
fn repair_accounts_for_every_document() {
    let documents = stream(60, 38);
    let expected = undisturbed(&documents, Keep::Text);
    let files = closed(&documents, Keep::Text);
    assert!(["log-", "seg-"].iter().all(|kind| files.keys().any(|name| name.starts_with(kind))));
    let mut numbers = Numbers::new(39);
    for (name, len) in parts(&files) {
        let mut lost = files.clone();
        lost.remove(&name);
        let gone = repaired(lost, &documents, &expected, &format!("{name} lost"));
        assert!(name != MANIFEST || gone == 0, "without MANIFEST everything else is there");
        for at in places(len, &mut numbers) {
            let what = format!("{name} cut at {at}");
            let cut = damaged(&files, &name, |bytes| bytes.truncate(at));
            let gone = repaired(cut, &documents, &expected, &what);
            assert!(name != MANIFEST || gone == 0, "{what}: {gone} gone");
            let what = format!("{name} smashed at {at}");
            let smashed = damaged(&files, &name, |bytes| bytes[at..(at + 40).min(len)].fill(0x5A));
            let gone = repaired(smashed, &documents, &expected, &what);
            assert!(name != MANIFEST || gone == 0, "{what}: {gone} gone");
        }
        // Of a segment, header, sums and footer hold no document.
        if name.starts_with("seg-") {
            let manifest = Manifest::decode(&files[MANIFEST]).unwrap();
            let entry =
                manifest.segments.iter().find(|entry| name.ends_with(&entry.number.to_string())).unwrap();
            let sums = entry.footer.unwrap().sums as usize;
            for (from, to) in [(0, 24), (sums, len), (sums, sums + 8), (len - 100, len)] {
                let what = format!("{name} smashed from {from} to {to}");
                let smashed = damaged(&files, &name, |bytes| bytes[from..to].fill(0xFF));
                assert_eq!(repaired(smashed, &documents, &expected, &what), 0, "{what}");
                let cut = damaged(&files, &name, |bytes| bytes.truncate(from.max(sums)));
                assert_eq!(repaired(cut, &documents, &expected, &what), 0, "{name} cut at {from}");
            }
        }
    }
}

/// Finding 43: a damaged index is often damaged twice.
#[test]
fn repair_of_several_damages() {
    let documents = stream(60, 40);
    let expected = undisturbed(&documents, Keep::Text);
    let files = closed(&documents, Keep::Text);
    let mut numbers = Numbers::new(41);
    for round in 0..60 {
        let mut damaged = files.clone();
        for (name, len) in parts(&files).into_iter().filter(|(name, _)| name != MANIFEST) {
            let bytes = damaged.get_mut(&name).unwrap();
            for _ in 0..numbers.below(3) {
                let at = numbers.below(len);
                let end = (at + 1 + numbers.below(200)).min(len);
                bytes[at..end].fill(numbers.next() as u8);
            }
        }
        repaired(damaged, &documents, &expected, &format!("round {round}"));
    }
}

/// Finding 03: a segment whose name was lost, and whose log is still there: repair threw the log away.
#[test]
fn repair_finds_what_is_missing_in_files_that_are_left_over() {
    let documents = stream(16, 42);
    let expected = undisturbed(&documents, Keep::Text);
    let disk = FaultyDisk::new();
    let mut filter = created(&disk, Keep::Text).unwrap();
    filter.batch(&documents[..4]).unwrap();
    let before = disk.files();
    filter.batch(&documents[4..]).unwrap();
    filter.writer().seal().unwrap();
    filter.close().unwrap();
    let mut files = disk.files();
    let log = before.keys().find(|name| name.starts_with("log-")).unwrap();
    files.retain(|name, _| !name.starts_with("seg-"));
    let without = repaired(files.clone(), &documents, &expected, "without its segments");
    files.insert(log.clone(), before[log].clone());
    let with = repaired(files, &documents, &expected, "with an old log");
    assert_eq!(without - with, 4, "the old log holds four documents");
}

/// Findings 29 and 43: files that somebody put there, and files that are there twice.
#[test]
fn strays_and_doubles_do_no_harm() {
    let documents = stream(45, 43);
    let expected = undisturbed(&documents, Keep::Text);
    for files in [closed(&documents, Keep::Text), killed(&documents, 5, SMALL)] {
        let own: Vec<Vec<u8>> = files.values().cloned().collect();
        let contents = [vec![], b"x".to_vec(), vec![b'W'; 500]].into_iter().chain(own);
        let names = [
            "seg-999999999999",
            "log-999999999999",
            "seg-18446744073709551615",
            "log-18446744073709551615",
            "seg-000000000000",
            "log-000000000000",
            "seg-",
            "log-",
            "seg-1",
            "log-1",
            "log-00000000000x",
            "model-x",
            "MANIFEST (1)",
            "MANIFEST.tmp",
            "seg.tmp",
            "seg-999999999998.tmp",
            ".DS_Store",
        ];
        for (content, kind) in contents.zip(0..) {
            for name in names {
                let what = format!("{name} of kind {kind}");
                let mut files = files.clone();
                files.insert(name.to_owned(), content.clone());
                // A log under the name of another may have taken its place: that is named, and mended.
                let doubled = kind > 2 && name.starts_with("log-9") || name.starts_with("log-1844");
                if !is_right_or_refused(files.clone(), &documents, &expected, &what) {
                    assert!(doubled && content.starts_with(b"wirecopyLOG "), "{what}: refused");
                    assert_eq!(repaired(files, &documents, &expected, &what), 0, "{what}");
                    continue;
                }
                let disk = FaultyDisk::with(files);
                is_well(&disk, &what);
                for round in 0..2 {
                    let mut filter = opened(&disk).unwrap_or_else(|error| panic!("{what}, {round}: {error}"));
                    filter.batch(&stream(20, 44 + round)).unwrap();
                    assert!(filter.check(&documents).unwrap().iter().all(|one| one.again), "{what}");
                    filter.close().unwrap();
                }
                is_well(&disk, &what);
            }
        }
    }
}

/// Finding 29: directories and pipes with the names of files.
#[test]
fn what_is_no_file_is_none_of_the_index() {
    let dir = Dir::new();
    let index = dir.path("index");
    let documents = stream(40, 45);
    let expected = filtered(&index, &[], &lines(&documents));
    for name in ["seg-999999999999", "log-999999999999", "seg-000000000000", "MANIFEST.d"] {
        std::fs::create_dir(index.join(name)).unwrap();
    }
    std::fs::write(index.join("seg-000000000099"), "somebody's").unwrap();
    assert_eq!(filtered(&index, &[], &lines(&documents)), expected);
    is_well(&Disk::new(&index), "with directories in it");
}

/// Finding 42: without MANIFEST, a new index was begun over the old one.
#[test]
fn a_missing_manifest_is_damage_and_no_new_index() {
    // All in a log, and most in segments.
    for memory in ["1000", "16"] {
        let dir = Dir::new();
        let index = dir.path("index");
        let documents = stream(60, 46);
        let input = lines(&documents);
        let file = dir.file("in.jsonl", &input);
        let filter = || {
            let mut filter = program();
            filter.args(["filter", "--memory-documents", memory, "--index"]).arg(&index).arg(&file);
            filter.output().unwrap()
        };
        let first = filter();
        assert_eq!(code(&first), 0);
        std::fs::remove_file(index.join(MANIFEST)).unwrap();
        let disk = Disk::new(&index);
        let files = |disk: &Disk| -> Files {
            let names = disk.list().unwrap().into_iter().filter(|name| name != LOCK);
            names.map(|name| (name.clone(), disk.read(&name).unwrap())).collect()
        };
        let before = files(&disk);
        let place = index.to_str().unwrap();
        for arguments in [
            &["index", "create", place][..],
            &["index", "stats", place],
            &["index", "build", place, file.to_str().unwrap()],
            &["index", "upgrade", place],
        ] {
            assert_eq!(code(&run(arguments)), 2, "{arguments:?}");
        }
        let refused = filter();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(code(&refused) == 2 && said.contains("MANIFEST") && said.contains("index repair"), "{said}");
        assert_eq!(code(&run(&["index", "verify", place])), 1);
        assert_eq!(files(&disk), before, "nothing was touched");
        let repaired = run(&["index", "repair", place]);
        let said = String::from_utf8_lossy(&repaired.stderr).into_owned();
        assert!(code(&repaired) == 0 && said.contains(", 0 gone"), "{said}");
        assert_eq!(filter().stdout, first.stdout);
    }
}

/// A directory in which creating an index ended early is no index (finding 42).
#[test]
fn an_index_is_created_where_creating_one_was_broken_off() {
    let documents = stream(3, 47);
    let files = killed(&documents, 3, SMALL);
    let header = files.iter().find(|(name, _)| name.starts_with("log-")).unwrap();
    for len in [0, 7, 40] {
        let disk = FaultyDisk::with([(header.0.clone(), header.1[..len].to_vec())]);
        assert!(created(&disk, Keep::Text).is_ok(), "a log of {len} bytes");
    }
    let disk = FaultyDisk::with([(header.0.clone(), header.1.clone())]);
    assert_eq!(created(&disk, Keep::Text).unwrap_err().kind(), ErrorKind::Corrupt);
}

/// A record that says something else of nobody: the accounting of the command itself.
#[test]
fn the_command_counts_documents_and_not_lines() {
    let dir = Dir::new();
    let index = dir.path("index");
    let input: String =
        (0..30).map(|number| record(&format!("id-{number}"), &format!("words of {number}"))).collect();
    filtered(&index, &[], input.as_bytes());
    let log = std::fs::read_dir(&index).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        path.file_name()?.to_str()?.starts_with("log-").then_some(path)
    });
    std::fs::remove_file(log.unwrap()).unwrap();
    let repaired = run(&["index", "repair", index.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&repaired.stderr).into_owned();
    assert!(code(&repaired) == 0 && said.contains("0 documents kept, 30 gone"), "{said}");
}
