//! Defaults of wirecopy.toml and the environment, and names that were nearly typed.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::harness::*;

/// A directory that looks like a repository, with a document in it.
fn repository() -> Dir {
    let dir = Dir::new();
    dir.file(".git/HEAD", "");
    dir.file("a.jsonl", record("a", STORY) + &record("b", STORY));
    dir
}

fn within(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = program();
    command.current_dir(directory).args(arguments);
    command
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The thresholds that a scan was run with.
fn policy(command: &mut Command) -> Value {
    let output = command.args(["--report", "json"]).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["settings"]["policy"].clone()
}

#[test]
fn what_is_typed_goes_over_the_environment_and_that_over_the_file() {
    let dir = repository();
    dir.file(
        "wirecopy.toml",
        "threshold = 0.61\n[scan]\nmin-words = 31\ncontainment = 0.62\n[page]\nformat = 'text'\n",
    );
    let scan = |flags: &[&str], variables: &[(&str, &str)]| {
        let mut command = within(&dir.path(""), &["scan", "a.jsonl"]);
        let policy = policy(command.args(flags).envs(variables.iter().copied()));
        [&policy["threshold"], &policy["containment"], &policy["min_words"]].map(|n| n.as_f64().unwrap())
    };
    assert_eq!(scan(&[], &[]), [0.61, 0.62, 31.0]);
    assert_eq!(
        scan(&[], &[("WIRECOPY_CONTAINMENT", "0.63"), ("WIRECOPY_THRESHOLD", "")]),
        [0.61, 0.63, 31.0]
    );
    let variables = [("WIRECOPY_CONTAINMENT", "0.63"), ("WIRECOPY_MIN_WORDS", "33")];
    assert_eq!(scan(&["--containment", "0.64"], &variables), [0.61, 0.64, 33.0]);
    assert_eq!(scan(&["--no-config"], &[]), [0.7, 0.7, 20.0]);
    dir.file("wirecopy.toml", "threshold = 0.61\nscan.threshold = 0.65\n");
    assert_eq!(scan(&[], &[])[0], 0.65, "a command's own section goes over what stands for all");
}

#[test]
fn the_nearest_file_counts_up_to_the_root_of_the_repository() {
    let dir = repository();
    let file = dir.file("wirecopy.toml", "threshold = 0.6");
    dir.file("sub/deep/b.jsonl", record("a", STORY));
    let deep = dir.path("sub/deep");
    let threshold =
        |flags: &[&str]| policy(within(&deep, &["scan", "b.jsonl"]).args(flags))["threshold"].as_f64();
    assert_eq!(threshold(&[]), Some(0.6));
    let said = within(&deep, &["scan", "b.jsonl", "-v"]).output().unwrap();
    assert!(stderr(&said).contains(&file.canonicalize().unwrap().display().to_string()), "{}", stderr(&said));
    dir.file("sub/wirecopy.toml", "threshold = 0.5");
    assert_eq!(threshold(&[]), Some(0.5));
    assert_eq!(threshold(&["--config", "../../wirecopy.toml"]), Some(0.6));
    let mut named = within(&deep, &["scan", "b.jsonl"]);
    assert_eq!(policy(named.env("WIRECOPY_CONFIG", &file))["threshold"], 0.6);
    dir.file("sub/deep/.git/HEAD", "");
    assert_eq!(threshold(&[]), Some(0.7), "not beyond the repository");
    assert_eq!(code(&within(&deep, &["scan", "b.jsonl", "--config", "none.toml"]).output().unwrap()), 2);
    assert_eq!(
        code(&within(&deep, &["scan", "b.jsonl", "--config", "x", "--no-config"]).output().unwrap()),
        2
    );
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_line() {
    let dir = repository();
    let says = |text: &str| {
        dir.file("wirecopy.toml", text);
        let output = within(&dir.path(""), &["scan", "a.jsonl"]).output().unwrap();
        assert_eq!(code(&output), 2, "{text}");
        stderr(&output)
    };
    let expect = |text: &str, expected: &[&str]| {
        let said = says(text);
        assert!(expected.iter().all(|part| said.contains(part)), "{text}: {said}");
    };
    expect("\ntreshold = 0.7", &["wirecopy.toml:2: ", "`treshold`", "did you mean `threshold`?"]);
    expect("[filter]\nthreads = 2\nonn-duplicate = 'drop'", &["toml:3: ", "did you mean `on-duplicate`?"]);
    expect("[scan]\non-duplicate = 'drop'", &["toml:2: ", "`on-duplicate`"]);
    expect("[scam]\nall = true", &["toml:1: ", "`scam`"]);
    expect("threads = 1\nmethod = 'joyn'", &["toml:2: ", "'joyn'", "'join'"]);
    expect("jaccard = true", &["toml:1: ", "'true'"]);
    expect("threads = [1, 2]", &["toml:1: ", "cannot be used multiple times"]);
    expect("threads = 1979-05-27", &["toml:1: ", "datetime"]);
    expect("\n[apply]\nyes = true", &["toml:3: ", "has to be typed"]);
    expect("threads = 1\nthreads = 2", &["toml:2: ", "duplicate"]);
    let mut command = within(&dir.path(""), &["scan", "a.jsonl", "--no-config"]);
    let output = command.env("WIRECOPY_THREADS", "many").output().unwrap();
    assert!(stderr(&output).contains("WIRECOPY_THREADS: invalid value 'many'"), "{}", stderr(&output));
    // Help is there whatever the file says.
    assert_eq!(code(&within(&dir.path(""), &["scan", "--help"]).output().unwrap()), 0);
}

#[test]
fn flags_can_be_set_and_taken_back() {
    let dir = repository();
    dir.file("wirecopy.toml", "quiet = true\nhidden = true\n[scan]\nglob = ['!*.jsonl', '!*.csv']");
    for name in ["in/.hidden.txt", "in/seen.md", "in/other.csv"] {
        dir.file(name, STORY);
    }
    dir.file("in/more.jsonl", record("a", STORY));
    let documents = |flags: &[&str]| {
        let output = within(&dir.path(""), &["scan", "in", "--report", "csv"]).args(flags).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        stdout(&output).lines().count() - 1
    };
    assert_eq!(documents(&[]), 2);
    assert_eq!(documents(&["--hidden=false"]), 1);
    assert_eq!(documents(&["-g", "!*.csv"]), 3, "a list that is typed takes the place of the file's");
    let summary =
        |flags: &[&str]| stdout(&within(&dir.path(""), &["scan", "in"]).args(flags).output().unwrap());
    assert_eq!(summary(&[]), "");
    assert!(summary(&["--quiet=false"]).contains("2 documents"));
    let after = within(&dir.path(""), &["scan", "--report", "csv", "--", "in"]).output().unwrap();
    assert_eq!(stdout(&after).lines().count(), 3, "{}", stderr(&after));
}

#[test]
fn a_file_may_say_what_is_required_and_gives_way_to_what_excludes_it() {
    let dir = repository();
    dir.file("wirecopy.toml", "[filter]\nindex = 'seen'\n[scan]\nclassic = true\nbaseline = 'old.json'");
    let lines = record("a", STORY);
    let filter = |flags: &[&str]| within(&dir.path(""), &["filter", "a.jsonl"]).args(flags).output().unwrap();
    assert_eq!(code(&filter(&["--config", "wirecopy.toml"])), 0);
    assert!(dir.path("seen").is_dir());
    let old = dir.file("old.jsonl", lines);
    let scan = |flags: &[&str]| within(&dir.path(""), &["scan", "--quiet"]).args(flags).output().unwrap();
    let json = format!("json={}", dir.path("old.json").display());
    assert_eq!(code(&scan(&[old.to_str().unwrap(), "--no-config", "--report", &json])), 0);
    assert_eq!(code(&scan(&["a.jsonl", "--fail-on-new"])), 1, "since the file's baseline");
    let saved = scan(&["a.jsonl", "--save-model", "model"]);
    assert_eq!(code(&saved), 0, "{}", stderr(&saved));
    assert!(dir.path("model").exists(), "not classic");
}

#[test]
fn no_flag_has_the_name_of_a_variable_of_the_tests() {
    let script = stdout(&run(&["completions", "bash"]));
    assert!(script.contains(" --threads "));
    for name in ["data", "bless", "kills", "broken", "changes", "bench"] {
        assert!(!script.contains(&format!(" --{name} ")), "WIRECOPY_{} is of the tests", name.to_uppercase());
    }
}

#[test]
fn what_was_nearly_typed_is_named() {
    let dir = repository();
    dir.file("in/a.txt", STORY);
    let says = |arguments: &[&str], expected: &str| {
        let output = within(&dir.path(""), arguments).output().unwrap();
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
    };
    says(&["scna", "in"], "'scan'");
    says(&["scan", "in", "--treshold", "0.7"], "'--threshold'");
    says(&["scan", "in", "--method", "minhas"], "'minhash'");
    says(&["scan", "in", "--report", "marcdown"], "did you mean `markdown`?");
    says(&["report", "render", "x.json", "--report", "htlm"], "did you mean `html`?");
    dir.file(
        "wire.jsonl",
        record("wire-17", STORY) + &record("wire-18\u{1b}", STORY) + &record("other", STORY),
    );
    says(&["text", "wire.jsonl", "--id", "wire-1"], "did you mean `wire-17` or `wire-18`?");
    says(&["compare", "wire-17", "wire-19", "--in", "wire.jsonl"], "did you mean `wire-17` or `wire-18`?");
    let stranger = within(&dir.path(""), &["text", "wire.jsonl", "--id", "zebra"]).output().unwrap();
    assert!(!stderr(&stranger).contains("did you mean"), "{}", stderr(&stranger));
}

/// 11: a file that lies in a folder of data writes nothing, does nothing and leads nowhere; one that is named may.
#[test]
fn a_file_that_was_found_writes_and_does_nothing() {
    let dir = repository();
    let outside = Dir::new();
    outside.file("old.json", "{}");
    outside.file("victim", "precious");
    symlink(outside.path("old.json"), dir.path("link.json")).unwrap();
    let victim = outside.path("victim").display().to_string();
    let cases: [(&str, String); 18] = [
        ("scan a.jsonl", format!("report = 'csv={victim}'")),
        ("scan a.jsonl", format!("scan.save-model = '{victim}'")),
        ("scan a.jsonl", "report = 'csv=here.csv'".to_owned()),
        ("scan a.jsonl", format!("work-dir = '{}'", outside.path("").display())),
        ("scan a.jsonl", "index = 'seen'".to_owned()),
        ("scan a.jsonl", "follow = true".to_owned()),
        ("scan a.jsonl", format!("baseline = '{}'", outside.path("old.json").display())),
        ("scan a.jsonl", "baseline = 'link.json'".to_owned()),
        ("scan a.jsonl", "model = '../x'".to_owned()),
        ("scan a.jsonl", "against = ['/etc']".to_owned()),
        ("filter a.jsonl --index seen", format!("on-duplicate = 'divert={victim}'")),
        ("filter a.jsonl --index seen", format!("[filter]\nrejects = '{victim}'")),
        ("filter a.jsonl", format!("filter.index = '{}'", outside.path("seen").display())),
        ("dedup a.jsonl --output kept.jsonl", format!("removed = '{victim}'")),
        ("dedup a.jsonl --output kept.jsonl", format!("keep = 'source-rank={victim}'")),
        ("dedup a.jsonl", format!("output = '{victim}'")),
        ("apply r.json --yes", "action = 'delete'".to_owned()),
        ("apply r.json --yes --action delete", "root = '/'".to_owned()),
    ];
    for (typed, text) in cases {
        dir.file("wirecopy.toml", &text);
        let output = within(&dir.path(""), &typed.split(' ').collect::<Vec<_>>()).output().unwrap();
        assert_eq!(code(&output), 2, "{typed}, {text}: {}", stderr(&output));
        assert!(stderr(&output).contains("was only found"), "{typed}, {text}: {}", stderr(&output));
        assert_eq!(std::fs::read(outside.path("victim")).unwrap(), b"precious");
        for name in ["here.csv", "kept.jsonl", "seen"] {
            assert!(!dir.path(name).exists(), "{typed}, {text}");
        }
    }
    dir.file("wirecopy.toml", "report = 'csv=here.csv'\nthreads = 1");
    let named = within(&dir.path(""), &["scan", "a.jsonl", "--config", "wirecopy.toml"]).output().unwrap();
    assert_eq!(code(&named), 0, "{}", stderr(&named));
    assert!(dir.path("here.csv").exists());
    // What is typed goes over it, and what concerns another command is none of this one's.
    let typed = within(&dir.path(""), &["scan", "a.jsonl", "--report", "csv"]).output().unwrap();
    assert_eq!(code(&typed), 0, "{}", stderr(&typed));
    assert_eq!(code(&within(&dir.path(""), &["text", "a.jsonl", "--id", "a"]).output().unwrap()), 0);
    // Consent is typed, wherever the file is.
    dir.file("wirecopy.toml", "force = true");
    assert_eq!(
        code(&within(&dir.path(""), &["scan", "a.jsonl", "--config", "wirecopy.toml"]).output().unwrap()),
        2
    );
}
