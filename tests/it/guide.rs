//! The guide's commands do what the guide shows.
//!
//! In a block marked `console`, a line that begins with `$ ` is a command, and what follows is all that it prints; a
//! line `...` stands for any lines. Each page is run from top to bottom in a directory that holds a copy of the
//! bundled corpus. WIRECOPY_BLESS=1 writes what is printed into the pages.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::*;

/// The pages, in the order of the guide's index.
const PAGES: [&str; 15] = [
    "install",
    "first-scan",
    "input",
    "reading-a-report",
    "choosing-a-threshold",
    "the-filter",
    "service",
    "syndication-study",
    "training-corpus",
    "site-audit",
    "continuous-integration",
    "tuning",
    "why-not-found",
    "library",
    "python",
];

fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide")
}

/// A directory with a copy of what users have after cloning.
fn workplace() -> Dir {
    let dir = Dir::new();
    copy(&corpus(""), &dir.path("corpus"));
    dir
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            // The golden files are of the tests, not of a reader's corpus.
            true if entry.file_name() == "golden" => {}
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// What a command prints, errors among it, its directory's name left out.
fn printed(command: &str, dir: &Dir) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_wirecopy"));
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let own = program.parent().unwrap().to_owned();
    let path = std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&paths))).unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(dir.path(""))
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env_remove("WIRECOPY_DATA")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("panicked"), "{command}: {text}");
    let here = dir.path("").canonicalize().unwrap().display().to_string();
    let lines = text.lines().map(|line| line.replace(&here, "/home/you").trim_end().to_owned());
    lines.map(|line| line + "\n").collect()
}

/// Whether lines are what is expected, `...` standing for any.
fn matches(expected: &[&str], lines: &[&str]) -> bool {
    match expected.split_first() {
        None => lines.is_empty(),
        Some((&"...", rest)) => (0..=lines.len()).any(|skip| matches(rest, &lines[skip..])),
        Some((first, rest)) => lines.first() == Some(first) && matches(rest, &lines[1..]),
    }
}

/// The page with what its commands print, and what is not as the page says.
fn checked(page: &str, dir: &Dir) -> (String, Vec<String>) {
    let (mut new, mut wrong) = (String::new(), Vec::new());
    let mut lines = page.lines().peekable();
    let mut inside = false;
    while let Some(line) = lines.next() {
        new += &format!("{line}\n");
        match line.strip_prefix("```") {
            Some(kind) => inside = kind == "console",
            None if !inside => {}
            None => {
                let Some(first) = line.strip_prefix("$ ") else { continue };
                let mut command = first.to_owned();
                while command.ends_with('\\') {
                    let more = lines.next().unwrap_or_default();
                    new += &format!("{more}\n");
                    command = format!("{command}\n{more}");
                }
                let mut expected = Vec::new();
                while let Some(line) =
                    lines.next_if(|line| !line.starts_with("$ ") && !line.starts_with("```"))
                {
                    expected.push(line);
                }
                let text = printed(&command, dir);
                let right = matches(&expected, &text.lines().collect::<Vec<_>>());
                if right {
                    expected.iter().for_each(|line| new += &format!("{line}\n"));
                } else {
                    wrong.push(format!("$ {command}\n{text}"));
                    new += &text;
                }
            }
        }
    }
    (new, wrong)
}

#[test]
fn every_command_prints_what_the_guide_shows() {
    for page in PAGES {
        let path = guide().join(format!("{page}.md"));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("```console\n$ wirecopy "), "{page} shows no command");
        let (new, wrong) = checked(&text, &workplace());
        if std::env::var_os("WIRECOPY_BLESS").is_some() {
            std::fs::write(&path, new).unwrap();
            continue;
        }
        assert!(wrong.is_empty(), "{page}: WIRECOPY_BLESS=1 writes the pages anew\n{}", wrong.join("\n"));
    }
}

#[test]
fn the_index_names_every_page_and_no_other() {
    let index = std::fs::read_to_string(guide().join("README.md")).unwrap();
    let named: Vec<&str> =
        index.split("](").skip(1).filter_map(|rest| rest.split_once(".md)").map(|(name, _)| name)).collect();
    assert_eq!(named, PAGES);
    let pages = std::fs::read_dir(guide()).unwrap().count();
    assert_eq!(pages, PAGES.len() + 1);
}

#[test]
fn dots_stand_for_any_lines() {
    assert!(matches(&["a", "...", "d"], &["a", "b", "c", "d"]));
    assert!(matches(&["...", "d"], &["d"]));
    assert!(!matches(&["a", "..."], &["b"]));
    assert!(!matches(&["a"], &["a", "b"]));
}
