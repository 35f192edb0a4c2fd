//! Every command that writes, while one of its writing system calls fails or is the last thing that happens before a kill. What
//! `failing.c` counts is what the kernel is asked for: no list of ours says where the program writes.
//!
//! Of the calls of a command a few everywhere fail, or with `WIRECOPY_EVERY_WRITE` each of them in every way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use wirecopy::filter::lookup;
use wirecopy::index::Snapshot;
use wirecopy::internals::index::store::{Disk, Store};

use crate::harness::{Dir, STORY, code, copies_and_another, corpus, run};
use crate::index::is_well;

/// How a call fails: the errors of a disk that is broken, full, used up by its owner, and of a file that may not grow.
const FAILURES: [i32; 4] = [libc::EIO, libc::ENOSPC, libc::EDQUOT, libc::EFBIG];

/// Instead of the call the program is killed.
const KILL: i32 = 0;

/// Calls of a command that fail where not all are asked for.
const SAMPLED: usize = 5;

/// Calls after whose failure a command may go on, and why. What it wrote has to be whole all the same.
const SURVIVED: [(&str, &str); 7] = [
    ("openat", "where no file without a name can be had, one with a name is written"),
    ("linkat", "a file without a name that can get none is copied into one that has"),
    (
        "fallocate",
        "a block that the disk does not give is held in memory until the stage ends, which then says so",
    ),
    ("fchown", "whoever may not give files away keeps what is written"),
    ("copy_file_range", "the library copies by reading and writing then"),
    ("renameat2", "what cannot be renamed is copied, as across file systems"),
    ("unlink", "what could not be removed is in nobody's way"),
];

/// The program that lets calls fail; none where it cannot be built, or the kernel does not let it.
fn tool() -> Option<&'static Path> {
    static TOOL: OnceLock<Option<PathBuf>> = OnceLock::new();
    let build = || -> Option<PathBuf> {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let built = tempfile::Builder::new().prefix("failing-").tempfile_in(directory).ok()?.into_temp_path();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/failing.c");
        let cc = Command::new("cc").args(["-O1", "-o"]).arg(&built).arg(source).output();
        let is_built = cc.as_ref().is_ok_and(|output| output.status.success());
        let tool = directory.join("failing");
        built.persist(&tool).ok()?;
        let runs = || Command::new(&tool).args(["/none", "/dev/null", "", "/bin/true"]).status().ok();
        if is_built && runs().is_some_and(|status| status.success()) {
            return Some(tool);
        }
        eprintln!("skipped: system calls cannot be made to fail here: {cc:?}");
        None
    };
    TOOL.get_or_init(build).as_deref()
}

/// One run of the program.
struct Attempt {
    code: i32,
    said: String,
    out: Vec<u8>,
    /// Its writing calls, each with its file.
    calls: Vec<(String, PathBuf)>,
}

/// Files by their names: bytes, mode and time of change.
type Files = BTreeMap<PathBuf, (Vec<u8>, u32, i64)>;

/// A directory that is put back as it was before every attempt: under one name, since journals hold whole paths.
struct Place {
    dir: Dir,
    tool: &'static Path,
}

impl Place {
    /// A directory that `fill` fills and these commands prepare.
    fn new(tool: &'static Path, fill: impl FnOnce(&Dir), before: &[&str]) -> Place {
        let place = Place { dir: Dir::new(), tool };
        fs::create_dir(place.dir.path("tmp")).unwrap();
        let work = Dir::new();
        fill(&work);
        fs::rename(work.path(""), place.dir.path("at")).unwrap();
        fs::create_dir_all(place.dir.path("")).unwrap();
        for command in before {
            let prepared = place.attempt(command, "");
            assert_eq!(prepared.code, 0, "{command}: {}", prepared.said);
        }
        place.copy("at", "saved");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path("at").join(name)
    }

    fn copy(&self, from: &str, to: &str) {
        let _ = fs::remove_dir_all(self.dir.path(to));
        // Links, modes and times too.
        let copied = Command::new("cp").arg("-a").args([self.dir.path(from), self.dir.path(to)]).status();
        assert!(copied.unwrap().success());
    }

    /// As it was when it was prepared.
    fn restore(&self) {
        self.copy("saved", "at");
    }

    /// Runs a command, of which these calls fail. What stands behind ` > ` is where its standard output goes.
    fn attempt(&self, command: &str, faults: &str) -> Attempt {
        let root = self.dir.path("").canonicalize().unwrap();
        let log = root.join("log");
        let (arguments, out) = match command.split_once(" > ") {
            Some((arguments, file)) => (arguments, Stdio::from(fs::File::create(self.path(file)).unwrap())),
            None => (command, Stdio::piped()),
        };
        let mut attempt = Command::new(self.tool);
        attempt.arg(&root).arg(&log).arg(faults).arg(env!("CARGO_BIN_EXE_wirecopy"));
        attempt
            .arg("--quiet")
            .args(arguments.split(' '))
            .current_dir(self.path(""))
            .env("TMPDIR", root.join("tmp"));
        let output = attempt.stdin(Stdio::null()).stdout(out).stderr(Stdio::piped()).output().unwrap();
        let calls = fs::read_to_string(log).unwrap();
        let call = |line: &str| {
            let (name, file) = line.split_once('\t').unwrap();
            (name.to_owned(), PathBuf::from(file))
        };
        Attempt {
            code: code(&output),
            said: String::from_utf8_lossy(&output.stderr).into_owned(),
            out: output.stdout,
            calls: calls.lines().map(call).collect(),
        }
    }

    /// Changes what is there before every attempt.
    fn change(&self, change: impl FnOnce(&Place)) {
        self.restore();
        change(self);
        self.copy("at", "saved");
    }

    fn files(&self) -> Files {
        let (mut files, mut left) = (Files::new(), vec![self.path("")]);
        while let Some(directory) = left.pop() {
            for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap()) {
                let metadata = entry.metadata().unwrap();
                if metadata.is_dir() {
                    left.push(entry.path());
                    continue;
                }
                let name = entry.path().strip_prefix(self.path("")).unwrap().to_owned();
                let bytes = fs::read(entry.path()).unwrap();
                files.insert(name, (bytes, metadata.mode(), metadata.mtime()));
            }
        }
        files
    }
}

/// Which calls fail, of so many, and how.
fn faults(calls: usize) -> Vec<(usize, i32)> {
    let ways = [FAILURES[0], KILL, FAILURES[1], FAILURES[2], KILL, FAILURES[3]];
    if std::env::var_os("WIRECOPY_EVERY_WRITE").is_some() {
        let all = |call| FAILURES.into_iter().chain([KILL]).map(move |how| (call, how));
        return (1..=calls).flat_map(all).collect();
    }
    let some = calls.min(SAMPLED);
    (0..some).map(|n| (1 + (2 * n + 1) * calls / (2 * some), ways[n % ways.len()])).collect()
}

/// Lets calls of a command fail, one after the other beside those that `always` do, and `check`s what each left.
fn each_fault(place: &Place, command: &str, always: &str, check: impl Fn(&Failed<'_>)) {
    place.restore();
    let before = place.files();
    let undisturbed = place.attempt(command, always);
    assert_eq!(undisturbed.code, 0, "{command}: {}", undisturbed.said);
    assert!(!undisturbed.calls.is_empty(), "{command} writes nothing");
    let good = place.files();
    for (call, how) in faults(undisturbed.calls.len()) {
        place.restore();
        let attempt = place.attempt(command, &format!("{call}:{how},{always}"));
        // Names of files without a place differ from run to run, and so may how often they are looked for.
        let Some((name, file)) = attempt.calls.get(call - 1).cloned() else {
            assert_eq!(attempt.code, 0, "{command}: {}", attempt.said);
            continue;
        };
        let what = format!("`{command}`, call {call} = {name} {} ({how}): {}", file.display(), attempt.said);
        if std::env::var_os("WIRECOPY_SHOW_WRITES").is_some() {
            eprintln!("{} {what}", attempt.code);
        }
        let failed =
            Failed { place, command, call: name, file, how, attempt, before: &before, good: &good, what };
        failed.is_said();
        check(&failed);
    }
}

/// A command of which a call failed.
struct Failed<'a> {
    place: &'a Place,
    command: &'a str,
    call: String,
    file: PathBuf,
    how: i32,
    attempt: Attempt,
    before: &'a Files,
    good: &'a Files,
    what: String,
}

impl Failed<'_> {
    fn succeeded(&self) -> bool {
        self.attempt.code == 0
    }

    /// Whoever failed says so and where; whoever did not had no need of the call.
    fn is_said(&self) {
        match self.attempt.code {
            0 => {
                assert!(SURVIVED.iter().any(|(call, _)| *call == self.call), "{}: nothing is said", self.what)
            }
            137 => assert_eq!(self.how, KILL, "{}", self.what),
            2 => {
                let names = self.good.keys().chain([&self.file]).flat_map(|path| path.iter());
                let is_named =
                    names.filter_map(|name| name.to_str()).any(|name| self.attempt.said.contains(name));
                assert!(is_named || self.command.contains(" > "), "{}: no place is named", self.what);
            }
            _ => panic!("{}: exit code {}", self.what, self.attempt.code),
        }
    }

    /// What is read is as it was, and nothing new is there but what `may` be, and names that a kill or a failure to remove
    /// them left.
    fn touched_only(&self, may: impl Fn(&Path) -> bool) {
        let after = self.place.files();
        for (name, file) in self.before.iter().filter(|(name, _)| !may(name)) {
            assert_eq!(after.get(name).map(|now| &now.0), Some(&file.0), "{}: {}", self.what, name.display());
        }
        let is_left = |name: &Path| {
            let unplaced =
                name.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".wirecopy-"));
            unplaced && (self.how == KILL || self.call.starts_with("unlink"))
        };
        let new = after.keys().find(|name| !self.before.contains_key(*name) && !may(name) && !is_left(name));
        assert!(new.is_none(), "{}: {} is left", self.what, new.unwrap().display());
    }

    /// The same again, with nothing in the way.
    fn again(&self) -> Attempt {
        let again = self.place.attempt(self.command, "");
        assert_eq!(again.code, 0, "{}: and again: {}", self.what, again.said);
        again
    }
}

fn bytes(files: &Files) -> BTreeMap<&Path, &[u8]> {
    let names = files.iter().filter(|(name, _)| !name.to_string_lossy().contains(".wirecopy-"));
    names.map(|(name, file)| (&**name, &*file.0)).collect()
}

/// Outputs are as before or as they should be, one by one, and all as they should be when the command runs again.
fn is_whole(failed: &Failed<'_>) {
    let after = failed.place.files();
    let is_output = |name: &Path| failed.good.get(name) != failed.before.get(name);
    failed.touched_only(|name| is_output(name));
    if !failed.command.contains(" > ") {
        for (name, file) in after.iter().filter(|(name, _)| failed.good.contains_key(*name)) {
            let states = [failed.before.get(name), failed.good.get(name)];
            let is_one = states.into_iter().flatten().any(|state| state.0 == file.0);
            assert!(is_one, "{}: {} is in pieces", failed.what, name.display());
        }
    }
    if failed.succeeded() {
        assert_eq!(bytes(&after), bytes(failed.good), "{}", failed.what);
    }
    // Records bear no mark of ours: only where the command said that it failed, nothing of it may be in the way.
    let force = if failed.command.starts_with("dedup") && failed.attempt.code != 2 { " --force" } else { "" };
    let again = failed.place.attempt(&format!("{}{force}", failed.command), "");
    assert_eq!(again.code, 0, "{}: and again: {}", failed.what, again.said);
    assert_eq!(bytes(&failed.place.files()), bytes(failed.good), "{}: and again", failed.what);
}

/// Stories of two sites, with copies; lines that are none; and what else commands read.
fn fill(dir: &Dir) {
    let records: String = (0..6)
        .map(|n| {
            let own = format!("{STORY} {}", "It is the board's turn. ".repeat(n / 3));
            serde_json::json!({ "id": format!("n{n}"), "source": format!("s{}", n % 2), "text": own })
                .to_string()
                + "\n"
        })
        .collect();
    dir.file("in.jsonl", format!("{records}{{}}\nno json\n"));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, records.as_bytes()).unwrap();
    dir.file("in.jsonl.gz", packed.finish().unwrap());
    dir.file("one.txt", STORY);
    dir.file("two.txt", STORY.to_uppercase());
    copies_and_another(dir);
    dir.file(
        "s/deep/d.txt",
        "Another page, of which there is one copy beside it, and it is rather short too.",
    );
    dir.file(
        "s/deep/e.txt",
        "Another page, of which there is one copy beside it, and it is rather short too.",
    );
}

const REPORTS: &str = "scan in.jsonl.gz -j 1 --save-model model --report json=r.json --report json+text=t.json \
    --report pairs=pairs.ndjson --report csv=r.csv --report sites=sites.csv --report markdown=r.md \
    --report boilerplate=boilerplate.txt --report html=r.html --report parquet=tables";

#[test]
fn reports_are_whole() {
    let Some(tool) = tool() else { return };
    let place = Place::new(tool, fill, &[]);
    each_fault(&place, REPORTS, "", is_whole);
    each_fault(&place, "scan in.jsonl -j 1 --report json > out", "", is_whole);
    each_fault(&place, "page in.jsonl --report json=page.json", "", is_whole);
    each_fault(&place, "compare one.txt two.txt --report json=pair.json", "", is_whole);
    each_fault(&place, "templates in.jsonl -j 1 --report json=t.json --report csv=t.csv", "", is_whole);
    each_fault(&place, "calibrate in.jsonl -j 1 --report json=c.json --report csv=c.csv", "", is_whole);
    each_fault(&place, "man pages/deep", "", is_whole);
}

/// Reports of saved reports, over those of another day.
#[test]
fn reports_are_replaced_whole() {
    let Some(tool) = tool() else { return };
    let old = REPORTS.replace("in.jsonl.gz", "one.txt");
    let place = Place::new(tool, fill, &[&old, "scan in.jsonl --report json=new.json"]);
    each_fault(&place, REPORTS, "", is_whole);
    let render = "report render new.json --report json=r.json --report sites=sites.csv --report markdown=r.md \
        --report boilerplate=boilerplate.txt --report html=r.html --report parquet=tables";
    each_fault(&place, render, "", is_whole);
    each_fault(&place, "report diff r.json new.json --report json=diff.json", "", is_whole);
}

#[test]
fn corpora_without_duplicates_are_whole() {
    let Some(tool) = tool() else { return };
    let place = Place::new(tool, fill, &[]);
    each_fault(&place, "dedup in.jsonl -j 1 --output kept.jsonl --removed removed.ndjson", "", is_whole);
    each_fault(&place, "dedup in.jsonl.gz -j 1 --output kept.jsonl.zst", "", is_whole);
    each_fault(&place, "dedup s -j 1 --output kept --removed removed.ndjson", "", is_whole);
}

/// A run that keeps its steps goes on after any end of an earlier one, and writes what it would have written at once.
#[test]
fn runs_go_on_after_their_last_whole_step() {
    let Some(tool) = tool() else { return };
    let place = Place::new(tool, fill, &[]);
    let command = "scan in.jsonl -j 1 --work-dir w --resume --memory 1M --report pairs=pairs.ndjson --report json=r.json";
    each_fault(&place, command, "", |failed| {
        failed.touched_only(|name| name.starts_with("w") || failed.good.contains_key(name));
        failed.again();
        assert_eq!(bytes(&place.files()), bytes(failed.good), "{}: and again", failed.what);
    });
}

/// What an index says of all its documents; nothing where it is refused or not there.
fn exported(place: &Place) -> Option<BTreeMap<String, Value>> {
    let output = run(&["index", "export", place.path("seen").to_str().unwrap()]);
    (code(&output) == 0).then(|| answers(&output.stdout))
}

/// What whole lines say, by id.
fn answers(out: &[u8]) -> BTreeMap<String, Value> {
    let whole = out.rsplitn(2, |&b| b == b'\n').nth(1).unwrap_or_default();
    let lines = whole.split(|&b| b == b'\n').filter(|line| !line.is_empty());
    let of = |line: &[u8]| {
        let line: Value = serde_json::from_slice(line).unwrap();
        let said = &line["wirecopy"];
        (
            line["id"].as_str().unwrap().to_owned(),
            serde_json::json!([said["verdict"], said["of"], said["score"]]),
        )
    };
    lines.map(of).collect()
}

/// Lets calls fail of a command that takes documents into an index. What was acknowledged is there, whatever is there is
/// whole, and the same command again says of every document what it should.
fn each_fault_of_taking(place: &Place, command: &str) {
    place.restore();
    let undisturbed = place.attempt(command, "");
    let good = exported(place);
    let lines = |name: &str| -> BTreeSet<String> {
        fs::read_to_string(place.path(name)).unwrap_or_default().lines().map(str::to_owned).collect()
    };
    let (diverted, rejects) = (
        answers(lines("more").into_iter().map(|line| line + "\n").collect::<String>().as_bytes()),
        lines("rejects"),
    );
    each_fault(place, command, "", |failed| {
        let what = &failed.what;
        failed.touched_only(|name| ["seen", "more", "rejects"].iter().any(|own| name.starts_with(own)));
        let index = place.path("seen");
        let acknowledged = answers(&failed.attempt.out);
        if index.join("MANIFEST").exists() {
            is_well(&Disk::new(&index), what);
            let store: Arc<dyn Store> = Arc::new(Disk::new(&index));
            let snapshot = Snapshot::open(&store, None, None).unwrap();
            for id in acknowledged.keys() {
                assert!(!lookup(&snapshot.view(), id).unwrap().is_empty(), "{what}: {id} is gone");
            }
        } else {
            assert!(acknowledged.is_empty(), "{what}: acknowledged without an index");
        }
        let again = failed.again();
        assert_eq!(answers(&again.out), answers(&undisturbed.out), "{what}: and again");
        assert_eq!(exported(place), good, "{what}: and again");
        is_well(&Disk::new(&index), &format!("{what}: and again"));
        // A line may stand there twice, and none is missing or cut.
        assert_eq!(lines("rejects"), rejects, "{what}: and again");
        let now = lines("more").into_iter().map(|line| line + "\n").collect::<String>();
        assert_eq!(answers(now.as_bytes()), diverted, "{what}: and again");
    });
}

/// Lets calls fail of a command that keeps an index: it says what it said before or what it should, and that when the command
/// runs again.
fn each_fault_of_keeping(place: &Place, command: &str) {
    place.restore();
    let before = exported(place);
    assert_eq!(place.attempt(command, "").code, 0);
    let good = exported(place);
    assert!(good.is_some());
    each_fault(place, command, "", |failed| {
        failed.touched_only(|name| name.starts_with("seen") || name.ends_with("out"));
        let left = exported(place);
        let is_one = left == good || !failed.succeeded() && left == before;
        assert!(is_one, "{}: {left:?} is left", failed.what);
        // An index that was created as the last thing before a kill is not created again.
        if failed.how != KILL || !command.contains("create") || left.is_none() {
            failed.again();
        }
        assert_eq!(exported(place), good, "{}: and again", failed.what);
        is_well(&Disk::new(place.path("seen")), &format!("{}: and again", failed.what));
    });
}

const FILTER: &str = "filter in.jsonl -j 1 --memory-documents 2 --index seen";

#[test]
fn filters_lose_nothing_that_they_acknowledged() {
    let Some(tool) = tool() else { return };
    let place = Place::new(tool, fill, &[]);
    each_fault_of_taking(
        &place,
        "filter in.jsonl -j 1 --index seen --rejects rejects --on-duplicate divert=more",
    );
    each_fault_of_taking(&place, FILTER);
    each_fault_of_taking(&place, "index build seen in.jsonl -j 1");
    let place = Place::new(tool, fill, &["index build seen s -j 1"]);
    each_fault_of_taking(&place, &format!("{FILTER} --durability always"));
    each_fault_of_taking(&place, "index build seen in.jsonl -j 1");
}

#[test]
fn indexes_are_kept() {
    let Some(tool) = tool() else { return };
    let place = Place::new(tool, fill, &[]);
    each_fault_of_keeping(&place, "index create seen");
    let place = Place::new(tool, fill, &[FILTER, "index delete seen n2"]);
    each_fault_of_keeping(&place, "index delete seen n1");
    each_fault_of_keeping(&place, "index compact seen");
    each_fault_of_keeping(&place, "index export seen > out");
    place.change(|place| {
        let segments = fs::read_dir(place.path("seen")).unwrap().map(|entry| entry.unwrap().path());
        let segment = segments.filter(|path| path.to_string_lossy().contains("seg-")).min().unwrap();
        let mut bytes = fs::read(&segment).unwrap();
        bytes[100] ^= 255;
        fs::write(segment, bytes).unwrap();
    });
    each_fault_of_keeping(&place, "index repair seen");
    let frozen = |dir: &Dir| {
        for entry in fs::read_dir(corpus("golden/index_v1")).unwrap().map(|entry| entry.unwrap()) {
            dir.file(
                &format!("seen/{}", entry.file_name().to_str().unwrap()),
                fs::read(entry.path()).unwrap(),
            );
        }
    };
    each_fault_of_keeping(&Place::new(tool, frozen, &[]), "index upgrade seen");
}

/// Lets calls fail of `apply`: no text is gone of which no copy stays, what was done can be undone, and done again.
fn each_fault_of_acting(place: &Place, action: &str, always: &str) {
    const JOURNAL: &str = "report.json.journal";
    let command = format!("apply report.json --action {action} --remove exact --yes");
    let without = |mut files: Files| {
        files.remove(Path::new(JOURNAL));
        files
    };
    let texts = |files: &Files| -> BTreeSet<Vec<u8>> {
        files
            .iter()
            .filter(|(name, _)| {
                name.extension().is_some_and(|kind| kind == "txt")
                    || name.to_string_lossy().contains(".wirecopy-")
            })
            .map(|(_, file)| file.0.clone())
            .collect()
    };
    each_fault(place, &command, always, |failed| {
        let what = &failed.what;
        let left = place.files();
        assert!(texts(failed.before).is_subset(&texts(&left)), "{what}: a text is gone");
        if left.get(Path::new(JOURNAL)).is_some_and(|journal| !journal.0.is_empty()) {
            let undone = place.attempt(&format!("undo {JOURNAL}"), "");
            assert_eq!(undone.code, 0, "{what}: and undone: {}", undone.said);
            fs::remove_file(place.path(JOURNAL)).unwrap();
        }
        let mut undone = without(place.files());
        // A kill may leave the beginning of a copy.
        undone.retain(|name, _| failed.how != KILL || !name.to_string_lossy().contains(".wirecopy-"));
        assert!(undone == *failed.before, "{what}: and undone: {:?}", undone.keys());
        failed.again();
        assert_eq!(bytes(&without(place.files())), bytes(&without(failed.good.clone())), "{what}: and again");
    });
}

/// Lets calls fail of `undo`: no text is gone, and all is back when it runs again, with its mode and time.
fn each_fault_of_undoing(place: &Place) {
    each_fault(place, "undo report.json.journal", "", |failed| {
        let (what, left) = (&failed.what, place.files());
        let texts = |files: &Files| files.values().map(|file| file.0.clone()).collect::<BTreeSet<_>>();
        assert!(texts(failed.before).is_subset(&texts(&left)), "{what}: a text is gone");
        failed.again();
        let unplaced = |name: &Path| name.to_string_lossy().contains(".wirecopy-");
        let now: Files = place.files().into_iter().filter(|(name, _)| !unplaced(name)).collect();
        assert!(now == *failed.good, "{what}: and again: {:?}", now.keys());
    });
}

const SCAN: &str = "scan s -j 1 --report json=report.json";

/// Copies of the same bytes alone: what was deleted comes back.
fn fill_with_copies(dir: &Dir) {
    fill(dir);
    fs::remove_file(dir.path("s/c.txt")).unwrap();
}

#[test]
fn acts_can_be_taken_back() {
    let Some(tool) = tool() else { return };
    for action in ["move=gone", "hardlink", "delete"] {
        let place = Place::new(tool, fill_with_copies, &[SCAN]);
        each_fault_of_acting(&place, action, "");
        let act = format!("apply report.json --action {action} --remove exact --yes");
        each_fault_of_undoing(&Place::new(tool, fill_with_copies, &[SCAN, &act]));
    }
}

/// 07: in a move to another file system the copy, its name and the directories that were made for it are safe before the
/// original goes; and what happens is in the journal, bytes and name, before it does.
#[test]
fn moves_across_file_systems_are_safe_before_the_original_goes() {
    let Some(tool) = tool() else { return };
    let place = Place::new(tool, fill_with_copies, &[SCAN]);
    let noted = |name: &str| {
        let mut value = [0; 16];
        let read = rustix::fs::getxattr(place.path(name), "user.desk", &mut value).ok();
        read.map(|len| value[..len].to_vec())
    };
    place.change(|place| {
        let file = place.path("s/b.txt");
        if let Err(e) = rustix::fs::setxattr(file, "user.desk", b"foreign", rustix::fs::XattrFlags::empty()) {
            eprintln!("skipped: this file system keeps no attributes: {e}");
        }
    });
    let is_noted = noted("s/b.txt");
    let command = "apply report.json --action move=gone --remove exact --yes";
    let calls = place.attempt(command, "").calls;
    let gone = place.path("gone").canonicalize().unwrap();
    let into =
        calls.iter().position(|(_, file)| file.starts_with(&gone) && file.extension().is_some()).unwrap();
    assert_eq!(calls[into].0, "renameat2");
    let always = format!("{}:{}", into + 1, libc::EXDEV);
    place.restore();
    let moved = place.attempt(command, &always);
    assert_eq!(moved.code, 0, "{}", moved.said);
    let (was, is) = (&place.dir.path("saved/s/b.txt"), &place.path("gone/s/b.txt"));
    let looks = |path: &Path| {
        fs::metadata(path).map(|file| (file.mode(), file.mtime(), file.uid(), file.gid())).unwrap()
    };
    assert_eq!((looks(is), noted("gone/s/b.txt")), (looks(was), is_noted));
    let to = &moved.calls[into].1;
    let directory = to.parent().unwrap();
    let waits = |file: &Path| file.file_name().unwrap().to_string_lossy().starts_with(".wirecopy-");
    let first = |what: &str, from: usize, is_it: &dyn Fn(&str, &Path) -> bool| {
        let found = moved.calls[from..].iter().position(|(call, file)| is_it(call, file));
        from + found.unwrap_or_else(|| panic!("{what} is missing behind {from}: {:#?}", moved.calls))
    };
    let journal = place.path("report.json.journal").canonicalize().unwrap();
    let at = journal.parent().unwrap();
    let mut last = 0;
    let mut then = |what: &str, is_it: &dyn Fn(&str, &Path) -> bool| last = first(what, last, is_it) + 1;
    then("the journal", &|call, file| call == "openat" && file.ends_with("report.json.journal"));
    then("its name", &|call, file| call == "fsync" && file == at);
    then("its line", &|call, file| call == "write" && file == journal);
    then("its line's sync", &|call, file| call == "fdatasync" && file == journal);
    then("setting aside", &|call, file| call == "renameat2" && waits(file));
    then("a directory", &|call, file| call == "mkdir" && file == directory);
    then("its name", &|call, file| call == "fsync" && Some(file) == directory.parent());
    then("moving", &|_, file| file == to);
    then("the copy's sync", &|call, file| call == "fsync" && file.parent() == Some(directory) && waits(file));
    then("the copy's name", &|call, file| ["renameat2", "linkat"].contains(&call) && file == to);
    then("its sync", &|call, file| call == "fsync" && file == directory);
    let removed =
        first("the original", 0, &|call, file| call == "unlink" && waits(file) && !file.starts_with(&gone));
    assert_eq!(removed, first("the original", last, &|call, _| call == "unlink"), "{:#?}", moved.calls);
    place.restore();
    each_fault_of_acting(&place, "move=gone", &always);
}
