//! Which pairs are looked at: one set against another, and pairs close in time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::equivalence::{Random, records};
use crate::harness::*;

/// A story of words that no other has.
fn story(name: &str, words: usize) -> String {
    (0..words).map(|i| format!("{name}{i}")).collect::<Vec<_>>().join(" ")
}

fn of_records(documents: &[(&str, String)]) -> String {
    documents.iter().map(|(id, text)| record(id, text)).collect()
}

fn dated(id: &str, date: &str, text: &str) -> String {
    let url = format!("https://{id}.example/{id}");
    format!("{}\n", serde_json::json!({ "id": id, "date": date, "url": url, "text": text }))
}

fn ids(reports: &Reports) -> BTreeSet<(String, String)> {
    reports.relations().into_keys().collect()
}

fn pairs_of(expected: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

/// Representatives and their members.
fn clusters(reports: &Reports) -> BTreeMap<String, Vec<String>> {
    let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
    let clusters = reports.json["clusters"].as_array().unwrap().iter();
    clusters
        .map(|cluster| {
            let members = cluster["members"].as_array().unwrap().iter().map(id).collect();
            (id(&cluster["representative"]), members)
        })
        .collect()
}

/// Two sets: copies across them, copies within each, and stories that nobody else has.
fn two_sets(dir: &Dir) -> (std::path::PathBuf, String) {
    let edited = |name: &str| story(name, 80).replace(&format!("{name}40 "), "otherwise ");
    let own = [
        ("a1", story("harbour", 80)),
        ("a2", story("harbour", 80)),
        ("a3", edited("bridge")),
        ("a4", story("own", 60)),
        ("a5", story("own", 60)),
        ("a6", story("single", 60)),
    ];
    let other = [
        ("b1", story("harbour", 80)),
        ("b2", story("harbour", 80)),
        ("b3", story("bridge", 80)),
        ("b4", story("theirs", 60)),
        ("b5", story("theirs", 60)),
        ("b6", edited("theirs")),
    ];
    let against = dir.file("suspects.jsonl", of_records(&other));
    (dir.file("ours.jsonl", of_records(&own)), against.display().to_string())
}

#[test]
fn only_pairs_across_two_sets_are_reported_and_the_second_has_no_duplicates() {
    let dir = Dir::new();
    let (ours, suspects) = two_sets(&dir);
    for flags in [&["--against", &suspects][..], &["--against", &suspects, "--classic"]] {
        let reports = Reports::of(&ours, flags);
        let expected = pairs_of(&[("a1", "b1"), ("a1", "b2"), ("a2", "b1"), ("a2", "b2"), ("a3", "b3")]);
        assert_eq!(ids(&reports), expected, "{flags:?}");
        let members = |list: &[&str]| list.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let expected = [("b1", members(&["a1", "a2"])), ("b3", members(&["a3"]))];
        let expected = expected.into_iter().map(|(id, list)| (id.to_owned(), list)).collect();
        assert_eq!(clusters(&reports), expected);
        let counts = ["documents", "unique", "duplicates", "against"].map(|name| reports.count(name));
        assert_eq!(counts, [12, 9, 3, 6]);
        assert_eq!(reports.json["settings"]["against"], serde_json::json!([suspects]));
        let row = |id: &str| {
            let line = reports.csv.lines().find(|line| line.starts_with(id)).unwrap();
            line.split(',').map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!((&*row("a2")[2], &*row("a2")[3]), ("exact", "b1"));
        assert_eq!((&*row("b1")[2], &*row("b2")[1]), ("", ""), "a copy in the second set is nothing");
    }
}

#[test]
fn the_second_set_may_be_several_paths_and_archives_and_has_its_own_names() {
    let dir = Dir::new();
    let ours = dir.file("ours/story.txt", story("harbour", 80));
    let first = dir.file("first/story.txt", story("harbour", 80)).parent().unwrap().display().to_string();
    let table = format!("id,text\nrow,{}\n", story("harbour", 80));
    let second = dir.file("second/table.csv", table).display().to_string();
    let reports = Reports::of(ours.parent().unwrap(), &["--against", &first, "--against", &second]);
    let ids: BTreeSet<String> =
        reports.csv.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 3, "two files of one name are told apart: {ids:?}");
    assert_eq!((reports.pairs.len(), reports.count("duplicates"), reports.count("against")), (2, 1, 2));
}

#[test]
fn a_path_in_both_sets_is_refused() {
    let dir = Dir::new();
    let file = dir.file("both/a.txt", "text").display().to_string();
    let folder = dir.path("both").display().to_string();
    for (own, other) in [(&file, &file), (&folder, &file), (&file, &folder)] {
        let output = run(&["scan", own, "--against", other]);
        assert_eq!(code(&output), 2);
        assert!(String::from_utf8_lossy(&output.stderr).contains("it is in both sets"));
    }
}

/// Text that stands in more than a hundred documents is compared with leaders only; the second set leads.
#[test]
fn a_crowd_is_compared_with_the_second_set() {
    let dir = Dir::new();
    let page = |i: usize| format!("{} {}", story("form", 200), story(&format!("own{i}x"), 12));
    let crowd: Vec<(String, String)> = (0..300).map(|i| (format!("a{i:03}"), page(i))).collect();
    let crowd: String = crowd.iter().map(|(id, text)| record(id, text)).collect();
    let other = dir.file("b.jsonl", record("b", &page(999))).display().to_string();
    let reports = Reports::of(&dir.file("a.jsonl", crowd), &["--against", &other]);
    assert_eq!((reports.pairs.len(), reports.count("duplicates")), (300, 300));
}

#[test]
fn what_is_found_across_two_sets_is_what_one_scan_finds_across_them() {
    let dir = Dir::new();
    let mut random = Random(3);
    let (mut first, mut second) = (String::new(), String::new());
    let mut of_second = BTreeSet::new();
    for line in records() {
        let id = serde_json::from_str::<Value>(&line).unwrap()["id"].as_str().unwrap().to_owned();
        match random.below(2) {
            0 => first.push_str(&format!("{line}\n")),
            _ => {
                second.push_str(&format!("{line}\n"));
                of_second.insert(id);
            }
        }
    }
    let model = dir.path("model").display().to_string();
    let all = Reports::of(&dir.file("all.jsonl", format!("{first}{second}")), &["--save-model", &model]);
    let second = dir.file("second.jsonl", second).display().to_string();
    let across = Reports::of(&dir.file("first.jsonl", first), &["--against", &second, "--model", &model]);
    let is_across = |pair: &&Value| {
        let [a, b] = ["a", "b"].map(|side| of_second.contains(pair[side].as_str().unwrap()));
        a != b
    };
    let expected: Vec<&Value> = all.pairs.iter().filter(is_across).collect();
    assert!(expected.len() > 80, "{}", expected.len());
    assert_eq!(across.pairs.iter().collect::<Vec<_>>(), expected);
    for (representative, members) in clusters(&across) {
        assert!(of_second.contains(&representative) && members.iter().all(|id| !of_second.contains(id)));
    }
}

#[test]
fn dedup_against_a_second_set_removes_what_stands_there_and_nothing_else() {
    let dir = Dir::new();
    let (ours, suspects) = two_sets(&dir);
    let (clean, removed) = (dir.path("clean.jsonl"), dir.path("removed.ndjson"));
    let shown = |path: &Path| path.display().to_string();
    let output = run(&[
        "dedup",
        &shown(&ours),
        "--against",
        &suspects,
        "--output",
        &shown(&clean),
        "--removed",
        &shown(&removed),
    ]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(stdout(&output), "6 documents = 3 kept + 3 removed\n");
    let before = std::fs::read_to_string(&ours).unwrap();
    let kept: String = before.lines().skip(3).map(|line| format!("{line}\n")).collect();
    assert_eq!(std::fs::read_to_string(&clean).unwrap(), kept);
    let rows = std::fs::read_to_string(&removed).unwrap();
    let rows: Vec<Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told =
        |row: &Value| ["id", "kept", "relation", "rule"].map(|name| row[name].as_str().unwrap().to_owned());
    let expected =
        [["a1", "b1", "exact", "against"], ["a2", "b1", "exact", "against"], ["a3", "b3", "near", "against"]];
    assert_eq!(rows.iter().map(told).collect::<Vec<_>>(), expected.map(|row| row.map(str::to_owned)));
    // Of directories, only the first set is written.
    let folder = dir.file("set/one.txt", story("harbour", 80)).parent().unwrap().to_owned();
    dir.file("set/two.txt", story("single", 60));
    let out = dir.path("out");
    let output = run(&["dedup", &shown(&folder), "--against", &suspects, "-q", "--output", &shown(&out)]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let left: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["two.txt"]);
}

#[test]
fn copies_far_apart_in_time_are_no_pairs_and_not_of_one_cluster() {
    let dir = Dir::new();
    let text = story("harbour", 80);
    let edited = text.replace("harbour40 ", "otherwise ");
    let lines = [
        dated("a", "2024-03-01", &text),
        dated("b", "2024-03-06T12:00:00+02:00", &text),
        dated("c", "2024-03-11", &text),
        dated("d", "2024-03-12", &edited),
        dated("e", "2023-03-12", &edited),
        dated("f", "", &text),
        dated("g", "last week", &text),
    ];
    let path = dir.file("x.jsonl", lines.concat());
    for mode in [&["--within", "1w"][..], &["--within", "168h", "--classic"]] {
        let reports = Reports::of(&path, mode);
        let expected = pairs_of(&[("a", "b"), ("b", "c"), ("b", "d"), ("c", "d")]);
        assert_eq!(ids(&reports), expected, "{mode:?}");
        assert_eq!(reports.count("undated"), 2);
        assert_eq!(reports.json["settings"]["policy"]["within"], 604_800);
        let found = clusters(&reports);
        let one = |representative: &str, member: &str| (representative.to_owned(), vec![member.to_owned()]);
        let (whole, edited) = (one("a", "b"), one("c", "d"));
        assert_eq!(found, BTreeMap::from([whole, edited]), "{mode:?}");
    }
    let two_days = Reports::of(&path, &["--within", "2d"]);
    assert_eq!(ids(&two_days), pairs_of(&[("c", "d")]));
    assert_eq!(code(&run(&["scan", "x", "--within", "soon"])), 2);
}

#[test]
fn what_is_found_within_a_time_is_what_one_scan_finds_within_it() {
    let dir = Dir::new();
    let mut random = Random(5);
    let mut hours = BTreeMap::new();
    let lines: Vec<String> = records()
        .iter()
        .map(|line| {
            let mut record: Value = serde_json::from_str(line).unwrap();
            let hour = random.below(20 * 24);
            hours.insert(record["id"].as_str().unwrap().to_owned(), hour);
            record["date"] = format!("2024-05-{:02}T{:02}:00:00Z", 1 + hour / 24, hour % 24).into();
            record.to_string()
        })
        .collect();
    let path = dir.file("x.jsonl", lines.join("\n"));
    let model = dir.path("model").display().to_string();
    let all = Reports::of(&path, &["--save-model", &model]);
    let close = Reports::of(&path, &["--within", "5d", "--model", &model]);
    let is_close = |pair: &&Value| {
        let [a, b] = ["a", "b"].map(|side| hours[pair[side].as_str().unwrap()]);
        a.abs_diff(b) <= 5 * 24
    };
    let expected: Vec<&Value> = all.pairs.iter().filter(is_close).collect();
    assert!(expected.len() > 80 && expected.len() + 80 < all.pairs.len(), "{}", expected.len());
    assert_eq!(close.pairs.iter().collect::<Vec<_>>(), expected);
    for (representative, members) in clusters(&close) {
        assert!(members.iter().all(|id| hours[id].abs_diff(hours[&representative]) <= 5 * 24));
    }
}

#[test]
fn two_sets_and_a_time_together() {
    let dir = Dir::new();
    let text = story("harbour", 80);
    let own = [dated("a1", "2024-03-01", &text), dated("a2", "2024-05-01", &text)].concat();
    let other = [dated("b1", "2024-03-02", &text), dated("b2", "2024-09-01", &text)].concat();
    let other = dir.file("b.jsonl", other).display().to_string();
    let reports = Reports::of(&dir.file("a.jsonl", own), &["--against", &other, "--within", "3d"]);
    assert_eq!(ids(&reports), pairs_of(&[("a1", "b1")]));
    assert_eq!(reports.count("duplicates"), 1);
}
