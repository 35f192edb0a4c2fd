//! The original stands for its copies wherever one of several documents is named.

use serde_json::{Value, json};

use crate::harness::*;
use crate::news::News;

fn line(id: &str, source: &str, date: &str, text: &str) -> String {
    format!("{}\n", json!({ "id": id, "source": source, "date": date, "title": id, "text": text }))
}

/// What a filter says of lines: id, verdict, whom it is of, and what it is to that one.
fn said(dir: &Dir, flags: &[&str], lines: &str) -> (Vec<[String; 4]>, Vec<u8>) {
    let index = dir.path("index").display().to_string();
    let mut arguments = vec!["filter", "--index", &index, "--quiet"];
    arguments.extend(flags);
    let output = run_with_input(&arguments, lines.as_bytes());
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let rows = stdout(&output)
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let said = &line["wirecopy"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let of = text(&said["of"]);
            let to = said["matches"].as_array().unwrap().iter().find(|one| one["id"] == of.as_str());
            let to = to.map(|one| text(&one["relation"])).unwrap_or_default();
            [text(&line["id"]), text(&said["verdict"]), of, to]
        })
        .collect();
    (rows, output.stdout)
}

/// A story of an agency; what a paper made of it; and what another made of that.
fn carried() -> [String; 3] {
    let mut news = News::new(5);
    let story = news.story(12);
    let first = news.edited(&story, 12);
    [story, first.clone(), news.edited(&first, 12)]
}

#[test]
fn the_filter_names_the_original_and_what_the_document_is_to_it() {
    let [story, first, second] = carried();
    let dir = Dir::new();
    let lines = [
        line("agency", "agency.example", "2026-03-02T08:00:00Z", &story),
        line("post", "post.example", "2026-03-02T10:00:00Z", &first),
        // Nearer to the paper that it has the words from, and a copy of the agency's story all the same.
        line("times", "times.example", "2026-03-02T12:00:00Z", &first),
        line("echo", "echo.example", "2026-03-02T11:00:00Z", &second),
        line("own", "own.example", "2026-03-02T13:00:00Z", &News::new(6).story(12)),
    ]
    .concat();
    let (rows, bytes) = said(&dir, &[], &lines);
    let row = |id: &str| rows.iter().find(|row| row[0] == id).unwrap()[1..].to_vec();
    assert_eq!(row("agency"), ["new", "", ""]);
    assert_eq!(row("post"), ["near", "agency", "near"]);
    assert_eq!(row("times"), ["exact", "agency", "near"]);
    assert_eq!(row("echo"), ["near", "agency", "near"]);
    assert_eq!(row("own"), ["new", "", ""]);
    // What was said is said again, by another process and of the index as it is stored.
    assert_eq!(said(&dir, &[], &lines).1, bytes);
    let index = dir.path("index").display().to_string();
    assert_eq!(code(&run(&["index", "compact", &index])), 0);
    assert_eq!(said(&dir, &[], &lines).1, bytes);
    let asked = stdout(&run(&["index", "query", &index, "times"]));
    assert!(asked.contains(r#""verdict":"exact","of":"agency""#), "{asked}");
}

#[test]
fn an_original_that_came_later_stands_for_what_comes_behind_it() {
    let [story, first, second] = carried();
    let lines = [
        line("post", "post.example", "2026-03-02T10:00:00Z", &first),
        line("agency", "agency.example", "2026-03-02T08:00:00Z", &story),
        line("echo", "echo.example", "2026-03-02T11:00:00Z", &second),
    ]
    .concat();
    let rows = said(&Dir::new(), &[], &lines).0;
    assert_eq!(rows[1][1..], ["near", "post", "near"], "it is itself the first");
    assert_eq!(rows[2][1..], ["near", "agency", "near"]);
}

#[test]
fn where_nothing_tells_who_was_first_the_nearest_is_named() {
    let [story, first, second] = carried();
    for dates in [["2026-03-02"; 3], [""; 3]] {
        let lines = [
            line("agency", "agency.example", dates[0], &story),
            line("post", "post.example", dates[1], &first),
            line("echo", "echo.example", dates[2], &second),
        ]
        .concat();
        let rows = said(&Dir::new(), &[], &lines).0;
        assert_eq!(rows[2][1..], ["near", "post", "near"], "{dates:?}");
    }
    // A credit that names a site is as good as a date.
    let credited = format!("{second}\n\nSource: agency.example");
    let lines = [
        line("agency", "agency.example", "", &story),
        line("post", "post.example", "", &first),
        line("echo", "echo.example", "", &credited),
    ]
    .concat();
    assert_eq!(said(&Dir::new(), &[], &lines).0[2][1..], ["near", "agency", "near"]);
}

/// A document that says more than the original is no copy that could go for it.
#[test]
fn nobody_is_named_who_says_less() {
    let mut news = News::new(9);
    let story = news.story(8);
    let longer = format!("{story}\n{}", news.story(10));
    let lines = [
        line("agency", "agency.example", "2026-03-02T08:00:00Z", &story),
        line("post", "post.example", "2026-03-02T10:00:00Z", &longer),
        line("echo", "echo.example", "2026-03-02T11:00:00Z", &longer),
    ]
    .concat();
    let rows = said(&Dir::new(), &[], &lines).0;
    assert_eq!(rows[1][1..], ["contains", "agency", "contains"]);
    assert_eq!(rows[2][1..], ["exact", "post", "exact"]);
}

/// An index that is built at once says what one says that documents come to one by one.
#[test]
fn a_built_index_names_originals_too() {
    let [story, first, second] = carried();
    let dir = Dir::new();
    let mut lines = [
        line("agency", "agency.example", "2026-03-02T08:00:00Z", &story),
        line("post", "post.example", "2026-03-02T10:00:00Z", &first),
        line("times", "times.example", "2026-03-02T12:00:00Z", &first),
        line("echo", "echo.example", "2026-03-02T11:00:00Z", &second),
    ]
    .concat();
    let mut news = News::new(77);
    (0..6).for_each(|n| lines += &line(&format!("other{n}"), "post.example", "2026-03-02", &news.story(9)));
    let input = dir.file("all.jsonl", &lines).display().to_string();
    let index = dir.path("index").display().to_string();
    let built = run(&["index", "build", &index, &input, "--quiet"]);
    assert_eq!(code(&built), 0, "{}", String::from_utf8_lossy(&built.stderr));
    let rows = said(&dir, &["--check"], &lines).0;
    let of: Vec<[&str; 3]> = rows[..4].iter().map(|row| [&*row[1], &*row[2], &*row[3]]).collect();
    assert_eq!(
        of,
        [
            ["new", "", ""],
            ["near", "agency", "near"],
            ["exact", "agency", "near"],
            ["near", "agency", "near"]
        ]
    );
}
