//! Acting on files when nobody helps: two names of a file, files that change at the wrong moment, reports and journals of
//! strangers, disks that are full. Numbers are those of findings.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use wirecopy::Report;
use wirecopy::act::Removable;
use wirecopy::act::apply::{Action, Actor, Journal, Plan, plan};
use wirecopy::act::keep::Rules;
use wirecopy::act::names::Names;
use wirecopy::act::roots::Roots;
use wirecopy::act::undo::{Undone, read_journal, undo};

use crate::harness::*;

/// A folder `s` with copies `a.txt` and `b.txt`, one in capitals, and a page of its own; and the report on it.
struct Folder {
    dir: Dir,
}

impl Folder {
    fn new() -> Folder {
        let dir = Dir::new();
        copies_and_another(&dir);
        let folder = Folder { dir };
        folder.scan("s");
        folder
    }

    fn scan(&self, what: &str) {
        let arguments = format!("scan {what} --report json=report.json");
        let (exit, text) = self.run(&arguments);
        assert_eq!(exit, 0, "{text}");
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = program();
        command.current_dir(self.dir.path("")).args(arguments.split(' '));
        command
    }

    fn run(&self, arguments: &str) -> (i32, String) {
        let output = self.command(arguments).output().unwrap();
        (code(&output), stdout(&output) + &String::from_utf8_lossy(&output.stderr))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// How often a text stands in files, under one name or more.
    fn copies(&self, text: &str) -> usize {
        let mut seen = std::collections::BTreeSet::new();
        let mut left = vec![self.path("")];
        while let Some(directory) = left.pop() {
            for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap()) {
                let metadata = entry.metadata().unwrap();
                if metadata.is_dir() {
                    left.push(entry.path());
                } else if metadata.is_file() && fs::read(entry.path()).unwrap() == text.as_bytes() {
                    seen.insert((metadata.dev(), metadata.ino()));
                }
            }
        }
        seen.len()
    }

    /// Files that wait for what becomes of them.
    fn aside(&self) -> usize {
        let names = fs::read_dir(self.path("s")).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with(".wirecopy-")).count()
    }

    /// What the report allows, with whole paths.
    fn plan(&self) -> Plan {
        let (exit, text) =
            self.run(&format!("scan {} --force --report json=report.json", self.path("s").display()));
        assert_eq!(exit, 0, "{text}");
        let report = Report::read(fs::File::open(self.path("report.json")).unwrap()).unwrap();
        plan(&report, &Rules::default(), Removable::default(), &Names::default())
    }

    fn roots(&self) -> Roots {
        Roots::new(&[self.path("")]).unwrap()
    }

    fn edit(&self, edit: impl FnOnce(&mut Value)) {
        let mut report: Value = serde_json::from_str(&self.read("report.json")).unwrap();
        edit(&mut report);
        self.dir.file("report.json", report.to_string());
    }
}

const ACTIONS: [&str; 3] = ["move=gone", "hardlink", "delete"];

/// 05: a file with two names is one file, and nothing is done to it, whatever the action.
#[test]
fn two_names_of_a_file_are_one_file() {
    for action in ACTIONS {
        let folder = Folder::new();
        fs::remove_file(folder.path("s/b.txt")).unwrap();
        fs::remove_file(folder.path("s/c.txt")).unwrap();
        fs::hard_link(folder.path("s/a.txt"), folder.path("s/b.txt")).unwrap();
        folder.scan("s");
        let (exit, text) = folder.run(&format!("apply report.json --action {action} --yes"));
        assert_eq!(exit, 2, "{text}");
        assert!(text.contains("under another name"), "{text}");
        assert_eq!((folder.read("s/a.txt"), folder.read("s/b.txt")), (STORY.into(), STORY.into()));
    }
}

/// 05: so is one under two mounts, also where it has copies elsewhere. Skipped where nobody may mount.
#[test]
fn a_file_under_two_mounts_keeps_its_last_copy() {
    for action in ACTIONS {
        for what in ["s m", "m s"] {
            let folder = Folder::new();
            fs::remove_file(folder.path("s/b.txt")).unwrap();
            fs::create_dir(folder.path("m")).unwrap();
            let script = format!(
                "mount --bind s m && \"$0\" scan {what} -q --report json=report.json; \
                 \"$0\" apply report.json --action {action} --yes; true"
            );
            let mut command = Command::new("unshare");
            command.args(["-rm", "sh", "-c", &script, env!("CARGO_BIN_EXE_wirecopy")]);
            let output = command.current_dir(folder.path("")).output();
            let mounted = output.as_ref().is_ok_and(|output| output.status.success());
            if !mounted || !folder.path("report.json").exists() {
                eprintln!("skipped: nothing can be mounted here");
                return;
            }
            let text = String::from_utf8_lossy(&output.unwrap().stderr).into_owned();
            let other = "A page of its own, of which there is no copy in the whole directory at all.";
            assert_eq!(folder.copies(other), 1, "{action} {what}: {text}");
            assert!(
                folder.copies(STORY) + folder.copies(&STORY.to_uppercase()) >= 1,
                "{action} {what}: {text}"
            );
            assert_eq!(folder.aside(), 0, "{text}");
        }
    }
}

/// A journal that does something else between the check and the act: there is no better moment.
struct Meddling {
    written: Vec<u8>,
    meddle: Box<dyn FnMut()>,
}

impl io::Write for Meddling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Journal for Meddling {
    fn sync(&mut self) -> io::Result<()> {
        (self.meddle)();
        Ok(())
    }

    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        self.written.truncate(bytes as usize);
        Ok(())
    }
}

fn actions(folder: &Folder) -> [Action; 3] {
    [Action::Move(folder.path("gone")), Action::Hardlink, Action::Delete]
}

/// 06: what goes is what was looked at, and only where the kept copy is still what it was.
#[test]
fn nothing_that_changes_meanwhile_is_lost() {
    type Meddle = fn(&Path, &Path);
    let fresh = "A text that was written meanwhile, and that nobody has anywhere else.";
    let variants: [(&str, Meddle); 9] = [
        ("the duplicate is written in place", |own, _| fs::write(own, FRESH).unwrap()),
        ("the duplicate is replaced", |own, _| {
            fs::write(own.with_extension("new"), FRESH).unwrap();
            fs::rename(own.with_extension("new"), own).unwrap();
        }),
        ("the duplicate is a link", |own, kept| {
            fs::remove_file(own).unwrap();
            symlink(kept, own).unwrap();
        }),
        ("the duplicate is a directory", |own, _| {
            fs::remove_file(own).unwrap();
            fs::create_dir(own).unwrap();
        }),
        ("the kept copy is written in place", |_, kept| fs::write(kept, FRESH).unwrap()),
        ("the kept copy is replaced", |_, kept| {
            fs::remove_file(kept).unwrap();
            fs::write(kept, FRESH).unwrap();
        }),
        ("the kept copy is gone", |_, kept| fs::remove_file(kept).unwrap()),
        ("the kept copy is a link to the duplicate", |own, kept| {
            fs::remove_file(kept).unwrap();
            symlink(own, kept).unwrap();
        }),
        ("the kept copy is the duplicate", |own, kept| {
            fs::remove_file(kept).unwrap();
            fs::hard_link(own, kept).unwrap();
        }),
    ];
    const FRESH: &str = "A text that was written meanwhile, and that nobody has anywhere else.";
    for number in 0..3 {
        for (what, meddle) in variants {
            let folder = Folder::new();
            fs::remove_file(folder.path("s/c.txt")).unwrap();
            let plan = folder.plan();
            let step = &plan.steps[0];
            let (own, kept) = (step.path.clone(), step.kept.clone());
            let journal = Meddling { written: Vec::new(), meddle: Box::new(move || meddle(&own, &kept)) };
            let action = actions(&folder)[number].clone();
            let mut actor = Actor::new(action, journal, folder.roots(), &plan.stay);
            let why = actor.act(step).expect_err(what);
            assert!(folder.copies(STORY) >= 1, "{what}: {why}");
            let is_written = folder.read("s/a.txt") == fresh || folder.read("s/b.txt") == fresh;
            assert_eq!(folder.copies(fresh), usize::from(is_written), "{what}: {why}");
            assert!(is_written || !what.contains("written") && !what.contains("replaced"), "{what}: {why}");
            assert_eq!(folder.aside(), 0, "{what}: {why}");
        }
    }
}

/// 06: whoever takes the place while the file is aside keeps it, and the file is not lost.
#[test]
fn a_place_that_is_taken_meanwhile_stays_taken() {
    let folder = Folder::new();
    fs::remove_file(folder.path("s/c.txt")).unwrap();
    let plan = folder.plan();
    let step = &plan.steps[0];
    // The kept copy goes when the duplicate is aside: the journal is read by a thread that waits for that.
    let (own, kept) = (step.path.clone(), step.kept.clone());
    let meddle = move || {
        fs::remove_file(&kept).unwrap();
        let own = own.clone();
        std::thread::spawn(move || {
            while own.exists() {
                std::hint::spin_loop();
            }
            let _ = fs::OpenOptions::new().write(true).create_new(true).open(&own);
        });
    };
    let journal = Meddling { written: Vec::new(), meddle: Box::new(meddle) };
    let mut actor = Actor::new(Action::Delete, journal, folder.roots(), &plan.stay);
    let why = actor.act(step).unwrap_err();
    assert_eq!(folder.copies(STORY), 1, "{why}");
}

/// A disk that is full after some bytes.
struct Full {
    room: usize,
    written: Rc<RefCell<Vec<u8>>>,
}

impl io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.room);
        if taken == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.room -= taken;
        self.written.borrow_mut().extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Journal for Full {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        self.written.borrow_mut().truncate(bytes as usize);
        Ok(())
    }
}

/// 33: what cannot be written down is not done, and neither is anything behind it; what was done comes back.
#[test]
fn a_journal_on_a_full_disk_ends_the_run_and_stays_whole() {
    for room in [0, 1, 300, 500, 700, 900] {
        let folder = Folder::new();
        fs::remove_file(folder.path("s/c.txt")).unwrap();
        for name in ["d", "e", "f"] {
            folder.dir.file(&format!("s/{name}.txt"), STORY);
        }
        let plan = folder.plan();
        let written = Rc::new(RefCell::new(Vec::new()));
        let journal = Full { room, written: written.clone() };
        let mut actor = Actor::new(Action::Delete, journal, folder.roots(), &plan.stay);
        let done = plan.steps.iter().filter(|step| actor.act(step).is_ok()).count();
        assert!(actor.is_broken() && done < plan.steps.len());
        let read = read_journal(&written.borrow()[..]).unwrap();
        assert_eq!((read.entries.len(), read.cut, read.passed_over.len()), (done, false, 0), "{room}");
        for entry in read.entries.iter().rev() {
            assert_eq!(undo(entry, &folder.roots()).unwrap(), Undone::Back);
        }
        assert_eq!(folder.copies(STORY), 5);
    }
}

/// 33: a journal of before may have a line that was cut, the next one behind it.
#[test]
fn a_torn_journal_is_read_as_far_as_it_says_something() {
    let folder = Folder::new();
    folder.dir.file("s/d.txt", STORY);
    folder.scan("s --force");
    assert_eq!(folder.run("apply report.json --action move=gone --yes").0, 0);
    let journal = folder.read("report.json.journal");
    let lines: Vec<&str> = journal.lines().collect();
    assert_eq!(lines.len(), 3);
    let torn = format!(
        "{}{}\n{}\n\n{}\n{}\n{}",
        &lines[0][..40],
        lines[0],
        "no entry",
        lines[1],
        lines[2],
        "{\"action"
    );
    folder.dir.file("report.json.journal", torn);
    let (exit, text) = folder.run("undo report.json.journal");
    assert_eq!(exit, 2, "something may be missing: {text}");
    assert!(text.contains("journal:2: no entry") && text.contains("3 files back"), "{text}");
    assert_eq!(folder.copies(STORY), 3);
}

/// 04, 34: a link in the old place is no file, and a journal that names one place twice is not followed.
#[test]
fn undo_never_removes_the_last_copy() {
    let folder = Folder::new();
    fs::remove_file(folder.path("s/c.txt")).unwrap();
    folder.scan("s --force");
    assert_eq!(folder.run("apply report.json --action move=gone --yes").0, 0);
    let entry: Value = serde_json::from_str(&folder.read("report.json.journal")).unwrap();
    let (path, to) =
        (PathBuf::from(entry["path"].as_str().unwrap()), PathBuf::from(entry["to"].as_str().unwrap()));
    for leads_to in [to.clone(), PathBuf::from("../gone/s").join(to.file_name().unwrap())] {
        symlink(leads_to, &path).unwrap();
        let (exit, text) = folder.run("undo report.json.journal");
        assert_eq!(exit, 2, "{text}");
        assert!(text.contains("in its place"), "{text}");
        assert_eq!(fs::read(&to).unwrap(), STORY.as_bytes());
        fs::remove_file(&path).unwrap();
    }
    // The same place, spelled in two ways; and a copy that is the same file.
    for same in [to.clone(), to.parent().unwrap().join("../s").join(to.file_name().unwrap())] {
        let mut forged = entry.clone();
        forged["path"] = json!(same);
        folder.dir.file("forged", forged.to_string());
        assert_eq!(folder.run("undo forged").0, 2);
        assert_eq!(fs::read(&to).unwrap(), STORY.as_bytes());
    }
    fs::hard_link(&to, &path).unwrap();
    assert_eq!(folder.run("undo report.json.journal").0, 0, "as an older version left it when it was ended");
    assert_eq!(fs::read(&path).unwrap(), STORY.as_bytes());
    assert!(folder.run("undo report.json.journal").1.contains("1 with nothing"));
    // Another file in the place is not nothing.
    fs::write(&path, "Something new.").unwrap();
    let (exit, text) = folder.run("undo report.json.journal");
    assert!(exit == 2 && text.contains("another file is in its place"), "{text}");
}

/// 06: a run that ended at any moment is taken back.
#[test]
fn a_run_that_ended_while_a_file_was_aside_is_taken_back() {
    for action in ACTIONS {
        let folder = Folder::new();
        fs::remove_file(folder.path("s/c.txt")).unwrap();
        folder.scan("s --force");
        assert_eq!(folder.run(&format!("apply report.json --action {action} --yes")).0, 0);
        let entry: Value = serde_json::from_str(&folder.read("report.json.journal")).unwrap();
        let place = |name: &str| PathBuf::from(entry[name].as_str().unwrap_or_default());
        // As if it had been ended before the last system call.
        fs::write(place("aside"), STORY).unwrap();
        let (exit, text) = folder.run("undo report.json.journal");
        assert_eq!(exit, 0, "{action}: {text}");
        assert_eq!((folder.aside(), folder.copies(STORY)), (0, 2), "{action}: {text}");
        assert_ne!(fs::metadata(place("path")).unwrap().ino(), fs::metadata(place("kept")).unwrap().ino());
        // And as if before that.
        fs::rename(place("path"), place("aside")).unwrap();
        assert_eq!(folder.run("undo report.json.journal").0, 0, "{action}");
        assert_eq!((folder.aside(), folder.copies(STORY)), (0, 2), "{action}");
    }
}

/// 08: a report from somebody else reaches nothing outside, and is believed in nothing that the files do not say.
#[test]
fn a_forged_report_removes_nothing() {
    let forged: [fn(&Folder, &mut Value); 4] = [
        // An absolute path, and one that climbs.
        |folder, member| member["path"] = json!(folder.path("outside/x.txt")),
        |_, member| member["path"] = json!("../outside/x.txt"),
        // Through a link.
        |_, member| member["path"] = json!("s/link/x.txt"),
        // Inside, and no copy of anything.
        |_, member| member["path"] = json!("s/other.txt"),
    ];
    for forge in forged {
        for action in ["delete", "hardlink", "move=gone"] {
            let folder = Folder::new();
            folder.dir.file("work/s/a.txt", STORY);
            folder.dir.file("work/s/b.txt", STORY);
            let victim = "A page of its own, of which there is no copy in the whole directory at all.";
            folder.dir.file("outside/x.txt", victim);
            folder.dir.file("work/s/other.txt", victim);
            symlink(folder.path("outside"), folder.path("work/s/link")).unwrap();
            let work = |arguments: &str| {
                let output = folder.command(arguments).current_dir(folder.path("work")).output().unwrap();
                (code(&output), stdout(&output) + &String::from_utf8_lossy(&output.stderr))
            };
            assert_eq!(work("scan s --report json=../report.json --force").0, 0);
            folder.edit(|report| {
                let sources = report["sources"].as_array().unwrap().clone();
                let hash =
                    sources.iter().find(|source| source["path"] == "s/other.txt").unwrap()["sha256"].clone();
                forge(&folder, &mut report["clusters"][0]["members"][0]);
                let path = report["clusters"][0]["members"][0]["path"].clone();
                report["sources"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({ "path": path, "bytes": 1, "sha256": hash }));
            });
            let (exit, text) = work(&format!("apply ../report.json --action {action} --yes"));
            assert_eq!(exit, 2, "{action}: {text}");
            assert_eq!(folder.copies(victim), 3, "one of them in s itself: {text}");
            assert!(text.contains("--root") || text.contains("judged again"), "{text}");
        }
    }
}

/// 08: empty files are copies of nothing, whatever a report says.
#[test]
fn empty_files_are_nobodys_copies() {
    let folder = Folder::new();
    folder.dir.file("s/e1.txt", "");
    folder.dir.file("s/e2.txt", "");
    folder.scan("s --force");
    folder.edit(|report| {
        report["clusters"][0]["members"][0]["path"] = json!("s/e1.txt");
        report["clusters"][0]["representative"]["path"] = json!("s/e2.txt");
    });
    let (exit, text) = folder.run("apply report.json --action delete --yes");
    assert_eq!(exit, 2, "{text}");
    assert!(folder.path("s/e1.txt").exists() && folder.path("s/e2.txt").exists());
}

/// 34: a journal from somebody else moves nothing outside, and makes nothing run as somebody else.
#[test]
fn a_forged_journal_reaches_nothing_outside() {
    let folder = Folder::new();
    assert_eq!(folder.run("apply report.json --action delete --yes --remove exact").0, 0);
    let entries: Vec<Value> = folder
        .read("report.json.journal")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|entry: &Value| entry["same_bytes"] == true)
        .collect();
    let entry = &entries[0];
    folder.dir.file("outside/x.txt", STORY);
    let forge = |edit: &dyn Fn(&mut Value)| {
        let mut forged = entry.clone();
        edit(&mut forged);
        folder.dir.file("forged", forged.to_string());
        let output = folder.command("undo ../forged").current_dir(folder.path("s")).output().unwrap();
        (code(&output), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let outside = |name: &str| json!(folder.path("outside").join(name));
    for edit in [
        &(|forged: &mut Value| forged["path"] = outside("new.txt")) as &dyn Fn(&mut Value),
        &|forged: &mut Value| forged["kept"] = outside("x.txt"),
        &|forged: &mut Value| (forged["action"], forged["to"]) = (json!("move"), outside("x.txt")),
        &|forged: &mut Value| forged["aside"] = outside(".wirecopy-x"),
        &|forged: &mut Value| forged["aside"] = json!(folder.path("s/other.txt")),
    ] {
        let (exit, text) = forge(edit);
        assert_eq!(exit, 2, "{text}");
        assert!(!folder.path("outside/new.txt").exists() && folder.path("outside/x.txt").exists());
        assert!(folder.path("s/other.txt").exists());
    }
    let (exit, text) = forge(&|forged| forged["mode"] = json!(0o106755));
    assert_eq!(exit, 0, "{text}");
    let path = entry["path"].as_str().unwrap();
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o7777, 0o755);
}

/// 09: what may only be read comes back as it was, for an ordinary user too.
#[test]
fn read_only_files_come_back_as_they_were() {
    let old = SystemTime::UNIX_EPOCH + Duration::new(1_500_000_000, 5_000);
    for action in ACTIONS {
        let folder = Folder::new();
        fs::remove_file(folder.path("s/c.txt")).unwrap();
        folder.scan("s --force");
        for name in ["s/a.txt", "s/b.txt"] {
            let file = fs::OpenOptions::new().write(true).open(folder.path(name)).unwrap();
            file.set_modified(old).unwrap();
            file.set_permissions(fs::Permissions::from_mode(0o444)).unwrap();
        }
        // Root may write everything: then somebody else acts.
        let is_root = fs::metadata(folder.path("s")).unwrap().uid() == 0;
        if is_root {
            for name in ["", "s", "s/a.txt", "s/b.txt"] {
                std::os::unix::fs::chown(folder.path(name), Some(65534), Some(65534)).unwrap();
            }
        }
        let act = |arguments: &str| {
            let mut command = folder.command(arguments);
            if is_root {
                command.uid(65534).gid(65534);
            }
            match command.output() {
                Ok(output) => Some((code(&output), String::from_utf8_lossy(&output.stderr).into_owned())),
                Err(_) => None,
            }
        };
        let Some((exit, text)) = act(&format!("apply report.json --action {action} --yes")) else {
            eprintln!("skipped: an ordinary user may not run the program where it is");
            return;
        };
        assert_eq!(exit, 0, "{action}: {text}");
        let (exit, text) = act("undo report.json.journal").unwrap();
        assert_eq!(exit, 0, "{action}: {text}");
        for name in ["s/a.txt", "s/b.txt"] {
            let metadata = fs::metadata(folder.path(name)).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o7777, 0o444, "{action}");
            assert_eq!(metadata.modified().unwrap(), old, "{action}");
            assert_eq!(metadata.nlink(), 1, "{action}");
        }
    }
}

/// 32: a file is protected however its path and the pattern are spelled.
#[test]
fn protection_knows_the_file_and_not_its_spelling() {
    let base = Folder::new();
    symlink("s", base.path("link")).unwrap();
    let whole = base.path("s").display().to_string();
    let scanned = ["s", "./s", "s/", "s/.", "s/../s", &whole, "link"];
    let spelled = |name: &str| {
        vec![
            format!("s/{name}"),
            format!("./s/{name}"),
            format!("s//{name}"),
            format!("s/./{name}"),
            format!("s/../s/{name}"),
            format!("{whole}/{name}"),
            format!("link/{name}"),
            format!("**/{name}"),
            format!("s/{}*", &name[..1]),
            format!("{whole}/[b]{}", &name[1..]),
            format!("link/{}*", &name[..1]),
            format!("./s/[{}].txt", &name[..1]),
        ]
    };
    for what in scanned {
        base.scan(&format!("{what} --force"));
        for pattern in spelled("b.txt") {
            let (_, listed) = base.run(&format!("apply report.json --protect {pattern}"));
            assert!(!listed.contains("b.txt  "), "{what}, {pattern}: {listed}");
            assert!(
                listed.contains("duplicate") && !listed.contains("matches no"),
                "{what}, {pattern}: {listed}"
            );
            let (_, listed) = base.run(&format!("apply report.json --keep path={pattern}"));
            assert!(listed.contains("b.txt  (path)"), "{what}, {pattern}: {listed}");
            let (_, listed) = base.run(&format!("apply report.json --keep protected={pattern}"));
            assert!(
                !listed.contains("duplicate") || !listed.contains("b.txt  exact of"),
                "{what}, {pattern}: {listed}"
            );
        }
        let (_, listed) = base.run("apply report.json --protect s");
        assert!(!listed.contains("duplicate"), "a folder is what is in it: {what}: {listed}");
    }
    let (_, said) = base.run("apply report.json --protect nothing/** --keep path=nowhere");
    assert!(said.contains("`nothing/**` matches no") && said.contains("`nowhere` matches no"), "{said}");
    let (_, said) = base.run("dedup s --output kept --keep protected=nowhere");
    assert!(said.contains("`nowhere` matches no"), "{said}");
}

/// `apply` and `undo` touch nothing outside, and say which root is missing.
#[test]
fn nothing_outside_the_root_is_touched() {
    let folder = Folder::new();
    folder.dir.file("else/x", "");
    let apply = "apply report.json --action delete --yes --root else --journal j";
    let (exit, text) = folder.run(apply);
    let root = folder.path("s").canonicalize().unwrap();
    assert!(exit == 2 && text.contains(&format!("--root {}", root.display())), "{text}");
    assert_eq!(folder.copies(STORY), 2);
    let (exit, text) = folder.run("apply report.json --action move=gone --yes --root s");
    assert!(exit == 2 && text.contains("--root"), "{text}");
    assert!(!folder.path("gone").exists() && !folder.path("report.json.journal").exists());
    let (exit, text) = folder.run("apply report.json --action move=gone --yes --root s --root .");
    assert_eq!(exit, 0, "{text}");
    assert_eq!(folder.run("undo report.json.journal --root s").0, 2);
    assert_eq!(folder.copies(STORY), 2);
    assert_eq!(folder.run("undo report.json.journal").0, 0);
    assert_eq!(folder.run("undo report.json.journal --root none").0, 2);
}

/// Pairs are judged again by what counts as a copy now.
#[test]
fn a_pair_that_does_not_hold_is_left() {
    let folder = Folder::new();
    let changed = STORY.replace("lighthouse", "harbour").replace("lamp", "light").replace("ships", "boats");
    folder.dir.file("s/b.txt", &changed);
    fs::remove_file(folder.path("s/c.txt")).unwrap();
    folder.scan("s --threshold 0.3 --force");
    let (exit, text) =
        folder.run("apply report.json --action delete --yes --threshold 0.99 --containment 0.99");
    assert!(exit == 2 && text.contains("judged again"), "{text}");
    assert_eq!((folder.copies(STORY), folder.copies(&changed)), (1, 1));
}
