//! `index upgrade`: an index of an older format or recipe is refused, and brought over with its verdicts and times.

use std::collections::BTreeMap;
use std::sync::Arc;

use wirecopy::filter::{Answer, Incoming, Lookup, remaker};
use wirecopy::index::{Keep, MANIFEST, Snapshot, Writer, repair, upgrade};
use wirecopy::internals::index::format::{Manifest, VERSION};
use wirecopy::internals::index::store::{Disk, Store};
use wirecopy::options::{Policy, Resources};
use wirecopy::{Directed, ErrorKind, Recipe};
use xxhash_rust::xxh3::xxh3_64;

use crate::disk::{Failing, FaultyDisk};
use crate::harness::{Dir, code, corpus, run};
use crate::index::{Numbers, SMALL, created, is_well, opened, stream, undisturbed};
use crate::spellings::ARTICLES;

type Files = BTreeMap<String, Vec<u8>>;

/// An index of version 1, as a program wrote it that knew no other: [`frozen_documents`], with `article-3` deleted.
fn frozen() -> Files {
    files_of("golden/index_v1")
}

fn files_of(directory: &str) -> Files {
    let entries = std::fs::read_dir(corpus(directory)).unwrap();
    let file = |path: std::path::PathBuf| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap())
    };
    entries.map(|entry| file(entry.unwrap().path())).collect()
}

fn frozen_documents() -> Vec<Incoming> {
    stream(44, 16)
}

/// An index of the present version, built by a recipe of version 0: its samples are none that this program makes.
fn of_an_older_recipe(documents: &[Incoming], keep: Keep) -> (Files, Vec<Answer>) {
    let disk = FaultyDisk::new();
    let mut filter = created(&disk, keep).unwrap();
    documents.chunks(5).for_each(|batch| drop(filter.batch(batch).unwrap()));
    let answers = filter.check(documents).unwrap();
    filter.close().unwrap();
    let mut files = disk.files();
    let recipe = Recipe::default().fingerprint().replacen(|digit: char| digit.is_ascii_digit(), "0", 1);
    let manifest = Manifest { recipe, ..Manifest::decode(&files[MANIFEST]).unwrap() };
    files.insert(MANIFEST.to_owned(), manifest.encode());
    (files, answers)
}

/// An index that is brought over says what it said, times and clusters included, and finds copies.
fn says(disk: &FaultyDisk, documents: &[Incoming], answers: &[Answer]) {
    is_well(disk, "after an upgrade");
    let filter = opened(disk).unwrap();
    for (now, then) in filter.check(documents).unwrap().iter().zip(answers) {
        assert!(now.again);
        assert_eq!(now.verdict, then.verdict);
    }
    let other = |one: &Incoming| Incoming::new(format!("other-{}", one.id), &one.text);
    let copies = filter.check(&documents.iter().map(other).collect::<Vec<_>>()).unwrap();
    let lost = copies.iter().filter(|answer| answer.verdict.relation == wirecopy::judge::Directed::New);
    assert_eq!(lost.count(), 0, "a copy is called new");
}

fn is_refused(files: &Files, kind: ErrorKind, says: &str) {
    let disk = FaultyDisk::with(files.clone());
    let errors = [
        Snapshot::open(&disk.store(), None, None).map(drop).unwrap_err(),
        Writer::open(disk.store(), None, None, SMALL).map(drop).unwrap_err(),
        created(&disk, Keep::Text).map(drop).unwrap_err(),
    ];
    for error in &errors[..2] {
        assert!(error.kind() == kind && error.to_string().contains(says), "{error}");
    }
    assert_eq!(disk.files(), *files, "whoever was refused touched nothing");
}

#[test]
fn version_1_is_refused_and_brought_over() {
    let files = frozen();
    is_refused(&files, ErrorKind::Version, "index upgrade");
    let documents = frozen_documents();
    let disk = FaultyDisk::with(files.clone());
    is_well(&disk, "as it was frozen");
    let upgraded = upgrade(&disk, &remaker).unwrap();
    assert!(upgraded.documents.is_some_and(|count| count > 30) && upgraded.notes.is_empty(), "{upgraded:?}");
    is_well(&disk, "brought over");
    assert!(disk.files().keys().all(|name| name == MANIFEST || !files.contains_key(name)));
    let mut filter = opened(&disk).unwrap();
    // What was said of those before any deletion; later ones may name what was deleted since.
    let expected = undisturbed(&documents, Keep::Text);
    let old: Vec<u8> = files.into_values().flatten().collect();
    for ((answer, document), expected) in
        filter.check(&documents).unwrap().iter().zip(&documents).zip(&expected)
    {
        assert_eq!(answer.again, document.id != "article-3", "{}", document.id);
        if answer.again {
            // The version that was frozen kept no span of an exact copy.
            let is_copy = answer.verdict.relation == wirecopy::Directed::Exact;
            let kept = |said: &str| said.split("}, [").next().filter(|_| is_copy).unwrap_or(said).to_owned();
            assert_eq!(kept(&crate::index::said(answer)), kept(expected));
            let seen = answer.verdict.seen.to_le_bytes();
            assert!(memchr::memmem::find(&old, &seen).is_some(), "a time that nothing was seen at");
        }
    }
    assert_eq!(filter.batch(&stream(5, 17)).unwrap().len(), 5);
    filter.close().unwrap();
    assert_eq!(upgrade(&disk, &remaker).unwrap().documents, None, "nothing to do");
}

#[test]
fn an_older_recipe_is_refused_and_brought_over() {
    let documents = stream(50, 71);
    let (files, answers) = of_an_older_recipe(&documents, Keep::Text);
    is_refused(&files, ErrorKind::Mismatch, "index upgrade");
    let disk = FaultyDisk::with(files.clone());
    upgrade(&disk, &remaker).unwrap();
    says(&disk, &documents, &answers);
    assert_eq!(upgrade(&disk, &remaker).unwrap().documents, None);
    // A damaged one is brought over by its repair.
    let mut damaged = files;
    let name = damaged.keys().find(|name| name.starts_with("seg-")).unwrap().clone();
    damaged.get_mut(&name).unwrap()[60] ^= 1;
    let disk = FaultyDisk::with(damaged);
    let error = upgrade(&disk, &remaker).unwrap_err();
    assert!(error.kind() == ErrorKind::Corrupt && error.to_string().contains("index repair"), "{error}");
    assert_eq!(repair(&disk, &remaker).unwrap().gone, 0);
    says(&disk, &documents, &answers);
}

/// As a program wrote it that knew no spellings: articles in Czech, Turkish, Persian and Hebrew.
#[test]
fn an_index_of_before_spellings_finds_by_them_once_it_is_brought_over() {
    let files = files_of("golden/index_recipe_1");
    is_refused(&files, ErrorKind::Version, "index upgrade");
    let disk = FaultyDisk::with(files);
    assert_eq!(upgrade(&disk, &remaker).unwrap().documents, Some(4));
    is_well(&disk, "brought over");
    let filter = opened(&disk).unwrap();
    let mut known = 0;
    for (language, spelled, text) in ARTICLES {
        let [same, other] = [(*language).into(), format!("{language}-other")];
        let documents = [Incoming::new(same, *text), Incoming::new(other, spelled(text))];
        let [same, other] = <[Answer; 2]>::try_from(filter.check(&documents).unwrap()).unwrap();
        known += usize::from(same.again);
        let found = if same.again { Directed::Near } else { Directed::New };
        assert_eq!(other.verdict.relation, found, "{language}");
    }
    assert_eq!(known, 4);
}

/// What was left over from before a deletion is not brought over with the rest.
#[test]
fn what_was_deleted_stays_deleted() {
    let documents = stream(30, 75);
    let disk = FaultyDisk::new();
    let mut filter = created(&disk, Keep::Text).unwrap();
    filter.batch(&documents).unwrap();
    filter.writer().seal().unwrap();
    let before = disk.files();
    let id = documents[3].id.clone();
    assert!(filter.delete(std::slice::from_ref(&id)).unwrap() > 0);
    filter.writer().compact().unwrap();
    filter.close().unwrap();
    let mut files = disk.files();
    for (name, bytes) in before.into_iter().filter(|(name, _)| name.starts_with("seg-")) {
        files.entry(name).or_insert(bytes);
    }
    let older = Manifest::decode(&files[MANIFEST]).unwrap();
    let recipe = "wirecopy-recipe-0-k5-html1".to_owned();
    files.insert(MANIFEST.to_owned(), Manifest { recipe, ..older }.encode());
    let disk = FaultyDisk::with(files);
    upgrade(&disk, &remaker).unwrap();
    let reader = Snapshot::open(&disk.store(), None, None).unwrap();
    assert!(wirecopy::filter::lookup(&reader.view(), &id).unwrap().is_empty());
}

#[test]
fn what_cannot_be_brought_over_is_refused_and_stays() {
    let (files, _) = of_an_older_recipe(&stream(20, 72), Keep::Signatures);
    let disk = FaultyDisk::with(files.clone());
    let error = upgrade(&disk, &remaker).unwrap_err();
    assert!(error.kind() == ErrorKind::Setting && error.to_string().contains("index build"), "{error}");
    assert_eq!(without_lock(&disk), files);
    // A later format, whole; one bit of a version that flipped is damage.
    let (files, _) = of_an_older_recipe(&stream(20, 72), Keep::Text);
    let mut later = files.clone();
    let manifest = later.get_mut(MANIFEST).unwrap();
    manifest[12] = VERSION as u8 + 7;
    let body = manifest.len() - 8;
    let sum = xxh3_64(&manifest[..body]).to_le_bytes();
    manifest[body..].copy_from_slice(&sum);
    is_refused(&later, ErrorKind::Version, "use a later one");
    for refused in [
        upgrade(&FaultyDisk::with(later.clone()), &remaker).map(drop),
        repair(&FaultyDisk::with(later.clone()), &remaker).map(drop),
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Version);
    }
    let recipe = "wirecopy-recipe-99-k5-html1".to_owned();
    let manifest = Manifest { recipe, ..Manifest::decode(&files[MANIFEST]).unwrap() };
    let mut later = files;
    later.insert(MANIFEST.to_owned(), manifest.encode());
    is_refused(&later, ErrorKind::Mismatch, "use a later one");
    let error = upgrade(&FaultyDisk::with(later), &remaker).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
}

fn without_lock(disk: &FaultyDisk) -> Files {
    disk.files().into_iter().filter(|(name, _)| name != wirecopy::index::LOCK).collect()
}

/// Killed or without power at any operation, the index is the old one or the new one.
#[test]
fn an_upgrade_fails_at_every_operation() {
    let documents = stream(50, 73);
    let (files, answers) = of_an_older_recipe(&documents, Keep::Text);
    let mut numbers = Numbers::new(74);
    for number in 0.. {
        let disk = FaultyDisk::with(files.clone());
        disk.fail(Failing::From(number));
        let done = upgrade(&disk, &remaker).is_ok();
        disk.fail(Failing::Never);
        for left in [disk.after_crash(|| numbers.next()), disk] {
            upgrade(&left, &remaker).unwrap_or_else(|error| panic!("operation {number}: {error}"));
            says(&left, &documents, &answers);
        }
        if done {
            break;
        }
    }
}

#[test]
fn the_command_says_what_it_did() {
    let dir = Dir::new();
    let index = dir.path("index");
    std::fs::create_dir(&index).unwrap();
    frozen().iter().for_each(|(name, bytes)| std::fs::write(index.join(name), bytes).unwrap());
    let place = index.to_str().unwrap();
    let said = |arguments: &[&str]| {
        let output = run(arguments);
        (code(&output), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (exit, refused) = said(&["index", "stats", place]);
    assert!(exit == 2 && refused.contains("wirecopy index upgrade"), "{refused}");
    let (exit, done) = said(&["index", "upgrade", place]);
    assert!(exit == 0 && done.contains("documents brought over"), "{done}");
    let (exit, done) = said(&["index", "upgrade", place]);
    assert!(exit == 0 && done.contains("nothing to do"), "{done}");
    assert_eq!(said(&["index", "verify", place]).0, 0);
    let store: Arc<dyn Store> = Arc::new(Disk::new(&index));
    let reader = Snapshot::open(&store, None, None).unwrap();
    let filter = Lookup::new(reader, Policy::default(), &Resources::default()).unwrap();
    let known = filter.check(&frozen_documents()).unwrap();
    assert!(known.iter().zip(frozen_documents()).all(|(one, of)| one.again == (of.id != "article-3")));
}
