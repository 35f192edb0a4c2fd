//! Runs that go on after the finished steps of an earlier one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::harness::{Dir, STORY, code, program};

/// A corpus of some copies, and other news.
fn records(dir: &Dir, name: &str, more: usize) -> PathBuf {
    let record = |n: usize| {
        let own = format!("{STORY} {}", "It is the board's turn. ".repeat(n / 3));
        let other =
            format!("Note {n} has words of its own, from number {n} to number {}, and no more. ", n * n);
        let text = if n.is_multiple_of(2) { own } else { other.repeat(3) };
        serde_json::json!({ "id": format!("n{n}"), "source": format!("s{}", n % 4), "text": text })
            .to_string()
            + "\n"
    };
    dir.file(name, (0..30 + more).map(record).collect::<String>())
}

/// Scans, and returns the exit code, the pairs and csv reports, and what was said.
fn scan(dir: &Dir, path: &Path, flags: &[&str]) -> (i32, [String; 2], String) {
    let [pairs, csv] = ["pairs", "csv"].map(|name| dir.path(&format!("out.{name}")));
    [&pairs, &csv].into_iter().for_each(|path| drop(std::fs::remove_file(path)));
    let output = program()
        .args(["--quiet", "scan"])
        .arg(path)
        .args([format!("--report=pairs={}", pairs.display()), format!("--report=csv={}", csv.display())])
        .args(flags)
        .output()
        .unwrap();
    let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    (code(&output), [read(&pairs), read(&csv)], String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The files of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let file = |entry: std::fs::DirEntry| {
        (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap())
    };
    entries.map(file).collect()
}

/// Leaves the first steps of a run, as if it had been ended after them.
fn keep_steps(folder: &Path, count: usize) {
    let path = folder.join("steps.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let steps = manifest["steps"].as_array_mut().unwrap();
    for step in steps.drain(count.min(steps.len())..) {
        std::fs::remove_file(folder.join(step["file"].as_str().unwrap())).unwrap();
    }
    std::fs::write(&path, manifest.to_string()).unwrap();
}

#[test]
fn a_run_that_goes_on_after_any_step_gives_the_same() {
    let dir = Dir::new();
    let path = records(&dir, "in.jsonl", 0);
    for flags in [&[][..], &["--classic"], &["--method", "minhash"], &["--within", "3d"]] {
        let folder = dir.path("steps");
        let _ = std::fs::remove_dir_all(&folder);
        let (_, at_once, _) = scan(&dir, &path, flags);
        let resumed = |threads: &str| {
            let kept = ["--work-dir", folder.to_str().unwrap(), "--resume", "-j", threads];
            let (code, reports, said) = scan(&dir, &path, &[flags, &kept].concat());
            assert_eq!(code, 0, "{said}");
            reports
        };
        assert!(resumed("1") == at_once, "{flags:?}: while steps are kept");
        let whole = files(&folder);
        let steps = whole.keys().filter(|name| name.ends_with(".step")).count();
        assert_eq!(steps, if flags.contains(&"--classic") { 2 } else { 6 }, "{flags:?}");
        assert!(resumed("2") == at_once, "{flags:?}: of a finished run");
        for count in (0..steps).rev() {
            keep_steps(&folder, count);
            assert!(resumed("2") == at_once, "{flags:?}: after {count} steps");
            assert!(files(&folder) == whole, "{flags:?}: steps on two threads, after {count} of them");
        }
    }
}

#[test]
fn steps_of_another_run_are_refused_with_the_reason_or_replaced() {
    let dir = Dir::new();
    let path = records(&dir, "in.jsonl", 0);
    let folder = dir.path("steps");
    let kept = ["--work-dir", folder.to_str().unwrap()];
    let with = |flags: &[&str]| scan(&dir, &path, &[&kept, flags].concat());
    assert_eq!(with(&["--resume"]).0, 0);
    let refused = |flags: &[&str], why: &str| {
        let (code, _, said) = with(&[&["--resume"], flags].concat());
        assert_eq!(code, 2, "{flags:?}");
        assert!(
            said.contains(why) && said.contains("steps") && said.contains("--work-dir"),
            "{flags:?}: {said}"
        );
    };
    refused(&["--threshold", "0.9"], "threshold was 0.7, and now is 0.9");
    refused(&["--shingle", "4"], "recipe");
    refused(&["--id-field", "source"], "fields");
    let chrome = dir.file("chrome", "s1\n    Read more of this on the front page of the paper today\n");
    refused(&["--boilerplate", chrome.to_str().unwrap()], "boilerplate");
    let before = files(&folder);
    records(&dir, "in.jsonl", 1);
    assert_eq!(with(&["--keep-steps"]).0, 0);
    assert!(files(&folder) != before, "they are replaced");
    let (code, again, _) = with(&["--resume"]);
    assert_eq!((code, again), (0, scan(&dir, &path, &[]).1));
}

/// Sixty files with a record each, `changed` of which are other than they were.
fn folder_of_files(dir: &Dir, changed: usize) -> PathBuf {
    let text = |n: usize| {
        let version = if n < changed { "as it was told again" } else { "as it was told" };
        format!(
            "{STORY} That is how {} of them had it, {version}. {}",
            n % 7,
            "And more of it. ".repeat(n % 5)
        )
    };
    (0..60).for_each(|n| {
        drop(dir.file(&format!("in/{n}.jsonl"), serde_json::json!({ "text": text(n) }).to_string()))
    });
    dir.path("in")
}

#[test]
fn where_inputs_changed_only_these_are_read_again_and_it_is_said() {
    let dir = Dir::new();
    let path = folder_of_files(&dir, 0);
    let folder = dir.path("steps");
    let kept = ["--work-dir", folder.to_str().unwrap(), "--resume"];
    let first = scan(&dir, &path, &kept);
    folder_of_files(&dir, 1);
    std::fs::remove_file(path.join("59.jsonl")).unwrap();
    dir.file("in/60.jsonl", r#"{"text": "Another one that nobody had."}"#);
    let output = program()
        .args(["scan"])
        .arg(&path)
        .args(kept)
        .args(["--report", "pairs=/dev/null"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(code(&output), 0, "{said}");
    for part in ["0.jsonl is no longer what it was", "60.jsonl was not there", "59.jsonl is no longer there"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.contains("of the 60 parts of the input 2 were read"), "{said}");
    let (code, reports, said) = scan(&dir, &path, &kept);
    assert_eq!(code, 0, "{said}");
    assert!(reports != first.1 && reports == scan(&dir, &path, &[]).1);
    assert_eq!(files(&folder).keys().filter(|name| name.starts_with("read-")).count(), 60);
}

/// Three families of short texts, so many pairs that they are judged in several slices, and not so many texts that they are a
/// crowd.
fn families(dir: &Dir) -> PathBuf {
    const STORIES: [&str; 3] = [
        STORY,
        "Trains between the two towns stop for works on the bridge until the end of the month, the operator said on Monday, and \
         buses go every half hour from the square in front of the station.",
        "The library opens its new reading room on the second floor with two hundred seats and a view over the river, and whoever \
         has a card may stay there until midnight on every day but Sunday.",
    ];
    let record = |n: usize| {
        let text =
            format!("{} Seen by reader number {} of the paper in town {}.", STORIES[n % 3], n / 3, n % 13);
        serde_json::json!({ "id": format!("n{n}"), "source": format!("s{}", n % 40), "text": text })
            .to_string()
            + "\n"
    };
    dir.file("families.jsonl", (0..285).map(record).collect::<String>())
}

#[test]
fn processes_that_share_a_folder_give_what_one_gives() {
    let dir = Dir::new();
    let path = families(&dir);
    let others = folder_of_files(&dir, 3);
    let alone = dir.path("alone");
    let inputs = [path.to_str().unwrap(), others.to_str().unwrap()];
    let one = scan(&dir, &path, &[inputs[1], "--work-dir", alone.to_str().unwrap(), "--resume"]);
    assert_eq!(one.0, 0, "{}", one.2);
    let steps = |folder: &Path| {
        let mut files = files(folder);
        files.retain(|name, _| !name.starts_with("judged-"));
        files
    };
    for count in [1, 3, 17] {
        let folder = dir.path(&format!("of{count}"));
        let stage = |name: &str, shards: Vec<String>| {
            let start = |shard: &String| {
                let mut command = program();
                command.args(["stage", name]).args(inputs).arg("--work-dir").arg(&folder);
                command.args(shard.split_whitespace()).args(["-j", "1", "--quiet"]).spawn().unwrap()
            };
            let running: Vec<_> = shards.iter().map(start).collect();
            assert!(
                running.into_iter().all(|mut child| child.wait().unwrap().success()),
                "{name} of {count}"
            );
        };
        let shards = || (0..count).map(|number| format!("--shard {number}/{count}")).collect();
        stage("read", shards());
        stage("candidates", vec![String::new()]);
        stage("judge", shards());
        let judged = files(&folder).keys().filter(|name| name.starts_with("judged-")).count();
        assert!(judged >= 3, "{judged} slices");
        let many = scan(&dir, &path, &[inputs[1], "--work-dir", folder.to_str().unwrap(), "--resume"]);
        assert!(many == one, "{count}: {}", many.2);
        assert!(steps(&folder) == steps(&alone), "{count}");
    }
}

#[test]
fn a_stage_before_its_time_and_a_shard_that_is_none_are_refused() {
    let dir = Dir::new();
    let path = records(&dir, "in.jsonl", 0);
    let folder = dir.path("steps");
    let refused = |flags: &[&str], why: &str| {
        let output = program().arg("stage").args(flags).arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(code(&output) == 2 && said.contains(why), "{flags:?}: {said}");
    };
    let there = ["--work-dir", folder.to_str().unwrap()];
    refused(&[&["judge"][..], &there].concat(), "wirecopy stage candidates");
    refused(&["read"], "--work-dir");
    refused(&[&["read", "--shard", "4/4"][..], &there].concat(), "0/4 to 3/4");
    refused(&[&["candidates", "--shard", "0/4"][..], &there].concat(), "not shared");
}

#[test]
fn what_a_run_learns_does_not_depend_on_what_documents_come_in() {
    let dir = Dir::new();
    let path = records(&dir, "in.jsonl", 400);
    let lines = std::fs::read_to_string(&path).unwrap();
    let escaped = |line: &str| -> String {
        let all = line
            .chars()
            .map(|c| if c.is_alphabetic() { format!("\\u{:04x}", c as u32) } else { c.to_string() });
        all.collect()
    };
    let mut wide = String::new();
    for line in lines.lines() {
        let record: BTreeMap<String, String> = serde_json::from_str(line).unwrap();
        let member = |(name, value): (&String, &String)| format!("\"{name}\": \"{}\"", escaped(value));
        wide += &format!("{{{}}}\n", record.iter().map(member).collect::<Vec<_>>().join(", "));
    }
    assert!(wide.len() > 3 * lines.len());
    let learned = |path: &Path| {
        let model = dir.path("model");
        let (code, _, said) = scan(&dir, path, &["--save-model", model.to_str().unwrap(), "--force"]);
        assert_eq!(code, 0, "{said}");
        std::fs::read(model).unwrap()
    };
    let (plain, wide) = (learned(&path), learned(&dir.file("wide.jsonl", wide)));
    assert!(plain == wide, "{} and {} bytes", plain.len(), wide.len());
}

#[test]
fn a_step_that_was_changed_is_refused_and_named() {
    let dir = Dir::new();
    let path = records(&dir, "in.jsonl", 0);
    let folder = dir.path("steps");
    let kept = ["--work-dir", folder.to_str().unwrap(), "--resume"];
    assert_eq!(scan(&dir, &path, &kept).0, 0);
    for name in ["judged.step", "documents.step", "model.step"] {
        let step = folder.join(name);
        let good = std::fs::read(&step).unwrap();
        let mut bad = good.clone();
        *bad.last_mut().unwrap() ^= 1;
        std::fs::write(&step, bad).unwrap();
        let (code, _, said) = scan(&dir, &path, &kept);
        assert_eq!(code, 2, "{name}");
        assert!(said.contains(name) && said.contains("remove the folder"), "{said}");
        std::fs::write(&step, good).unwrap();
    }
    std::fs::write(folder.join("steps.json"), "{").unwrap();
    let (code, _, said) = scan(&dir, &path, &kept);
    assert!(code == 2 && said.contains("steps.json"), "{said}");
}

#[test]
fn steps_need_a_folder_and_no_two_runs_use_one() {
    let dir = Dir::new();
    let path = records(&dir, "in.jsonl", 0);
    let (code, _, said) = scan(&dir, &path, &["--resume"]);
    assert!(code == 2 && said.contains("--work-dir"), "{said}");
    let folder = dir.path("deep/steps");
    let kept = ["--work-dir", folder.to_str().unwrap(), "--resume"];
    assert_eq!(scan(&dir, &path, &kept).0, 0, "the folder is made");
    let lock = std::fs::File::open(folder.join("steps.lock")).unwrap();
    lock.lock().unwrap();
    let (code, _, said) = scan(&dir, &path, &kept);
    assert!(code == 2 && said.contains("another run"), "{said}");
    lock.unlock().unwrap();
    assert_eq!(scan(&dir, &path, &kept).0, 0);
}
