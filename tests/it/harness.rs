//! A fresh directory, the program, and its reports as data.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub struct Dir(tempfile::TempDir);

impl Dir {
    pub fn new() -> Dir {
        Dir(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and returns its path.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

pub fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)
}

pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_wirecopy"))
}

pub fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

pub fn run_with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = program()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its arguments closes the pipe early.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

pub fn code(output: &Output) -> i32 {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    output.status.code().unwrap_or_else(|| panic!("ended by a signal: {stderr}"))
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The three reports of one scan.
pub struct Reports {
    pub pairs: Vec<Value>,
    pub csv: String,
    pub json: Value,
    /// The pairs, csv and json reports as they were written.
    pub written: [String; 3],
}

impl Reports {
    /// Scans `path` and checks what holds for every run.
    pub fn of(path: &Path, flags: &[&str]) -> Reports {
        let dir = Dir::new();
        let target = |name: &str| format!("{name}={}", dir.path(name).display());
        let output = program()
            .args(["scan", "--quiet"])
            .arg(path)
            .args(["--report", &target("pairs"), "--report", &target("csv"), "--report", &target("json")])
            .args(flags)
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.is_empty(), "--quiet is quiet");
        let read = |name: &str| std::fs::read_to_string(dir.path(name)).unwrap();
        let reports = Reports {
            pairs: read("pairs").lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            csv: read("csv"),
            json: serde_json::from_str(&read("json")).unwrap(),
            written: ["pairs", "csv", "json"].map(read),
        };
        reports.check();
        reports
    }

    pub fn count(&self, name: &str) -> u64 {
        self.json["accounting"][name].as_u64().unwrap()
    }

    /// Pairs by ids: relation and contained side.
    pub fn relations(&self) -> BTreeMap<(String, String), (String, String)> {
        let text = |pair: &Value, name: &str| pair[name].as_str().unwrap_or_default().to_owned();
        let entry = |pair: &Value| {
            ((text(pair, "a"), text(pair, "b")), (text(pair, "relation"), text(pair, "inner")))
        };
        self.pairs.iter().map(entry).collect()
    }

    pub fn reasons(&self) -> Vec<String> {
        let problems = self.json["problems"].as_array().unwrap();
        problems
            .iter()
            .map(|p| format!("{}: {}", p["path"].as_str().unwrap(), p["reason"].as_str().unwrap()))
            .collect()
    }

    fn check(&self) {
        let parts = ["unique", "duplicates", "empty", "unreadable"].map(|part| self.count(part));
        assert_eq!(parts.iter().sum::<u64>(), self.count("documents"), "{}", self.json["accounting"]);
        assert_eq!(self.csv.lines().count() as u64 - 1, self.count("documents") - self.count("unreadable"));
        for pair in &self.pairs {
            assert!(pair["a"].as_str() < pair["b"].as_str(), "{pair}");
            let number = |name: &str| pair[name].as_f64().unwrap();
            let in_range = ["jaccard", "containment_a_in_b", "containment_b_in_a", "score"].map(number);
            assert!(in_range.iter().all(|n| (0.0..=1.0).contains(n)), "{pair}");
        }
        let members = self.json["clusters"].as_array().unwrap().iter();
        let members: usize = members.map(|cluster| cluster["members"].as_array().unwrap().len()).sum();
        assert_eq!(members as u64, self.count("duplicates"));
    }
}

/// A short story of its own.
pub const STORY: &str = "The lighthouse keeper at Vessa Head has asked the harbour board for a new lamp, because the \
    old one can be seen from the land only and the ships, which are on the other side, have begun to complain.";

/// A folder `s` with [`STORY`] twice, once more in capitals, and a page of its own.
pub fn copies_and_another(dir: &Dir) {
    dir.file("s/a.txt", STORY);
    dir.file("s/b.txt", STORY);
    dir.file("s/c.txt", STORY.to_uppercase());
    dir.file("s/other.txt", "A page of its own, of which there is no copy in the whole directory at all.");
}

pub fn record(id: &str, text: &str) -> String {
    format!("{}\n", serde_json::json!({ "id": id, "text": text }))
}
