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
        let steps = whole.len() - 2;
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
    records(&dir, "in.jsonl", 1);
    refused(&[], "in.jsonl is no longer what it was");
    let before = files(&folder);
    assert_eq!(with(&["--keep-steps"]).0, 0);
    assert!(files(&folder) != before, "they are replaced");
    let (code, again, _) = with(&["--resume"]);
    assert_eq!((code, again), (0, scan(&dir, &path, &[]).1));
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
