//! Runs that hold no more memory than they may.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::harness::{Dir, code, program, run};

/// Articles of words that each has its own order of, every fifth a copy of the one before with another end.
fn articles(dir: &Dir) -> PathBuf {
    let mut state = 7u64;
    let mut text = || -> String {
        let mut words = String::new();
        for _ in 0..400 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            words += &format!("w{} ", state >> 50);
        }
        words
    };
    let (mut lines, mut last) = (String::new(), String::new());
    for n in 0..1500 {
        let text = if n % 5 == 4 { format!("{last} and another end of it") } else { text() };
        let record =
            serde_json::json!({ "id": format!("a{n}"), "source": format!("s{}", n % 7), "text": text });
        lines += &format!("{record}\n");
        last = text;
    }
    dir.file("in.jsonl", lines)
}

/// Bytes of a mapped file in `folder` that a process has in memory, at most while it runs; and what the process gave.
fn scanned(dir: &Dir, path: &Path, folder: &Path, flags: &[&str]) -> (u64, String) {
    let out = dir.path("pairs.ndjson");
    drop(std::fs::remove_file(&out));
    let mut child = program()
        .args(["scan", "--quiet", "--report"])
        .arg(format!("pairs={}", out.display()))
        .arg(path)
        .arg("--work-dir")
        .arg(folder)
        .args(flags)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut most = 0;
    let status = loop {
        let maps = std::fs::read_to_string(format!("/proc/{}/smaps", child.id())).unwrap_or_default();
        let of_folder = maps.split("VmFlags").filter(|map| map.contains(folder.to_str().unwrap()));
        let resident = of_folder.filter_map(|map| {
            let line = map.lines().find(|line| line.starts_with("Rss:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        });
        most = most.max(1024 * resident.sum::<u64>());
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    assert!(status.success(), "{status}");
    (most, std::fs::read_to_string(out).unwrap())
}

#[test]
fn what_memory_may_not_hold_goes_to_the_work_directory() {
    let dir = Dir::new();
    let path = articles(&dir);
    let folder = dir.path("w");
    let (on_disk, pairs) = scanned(&dir, &path, &folder, &[]);
    assert_eq!(on_disk, 0, "there is memory enough");
    assert!(pairs.lines().count() >= 300, "{}", pairs.lines().count());
    for flags in [["--memory", "1M", "-j", "1"], ["--memory", "1M", "-j", "3"]] {
        let (on_disk, bounded) = scanned(&dir, &path, &folder, &flags);
        assert!(on_disk > 1 << 20, "{on_disk} bytes with {flags:?}");
        assert!(bounded == pairs, "other pairs with {flags:?}");
    }
    // It is a file without a name.
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_size_is_a_number_of_bytes() {
    let dir = Dir::new();
    let path = dir.file("a.txt", "A text.");
    let scan = |memory: &str| run(&["scan", "--quiet", "--memory", memory, path.to_str().unwrap()]);
    assert_eq!(code(&scan("64M")), 0);
    let output = scan("much");
    assert_eq!(code(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("--memory <SIZE>"));
}
