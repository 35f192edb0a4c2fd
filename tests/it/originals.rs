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

/// A story is the same tomorrow, though an earlier original and a longer copy turned up.
#[test]
fn a_story_keeps_its_id_beside_a_baseline() {
    let [story, first, second] = carried();
    let dir = Dir::new();
    let [post, echo] = [
        line("post", "post.example", "2026-03-02T10:00:00Z", &first),
        line("echo", "echo.example", "2026-03-02T12:00:00Z", &second),
    ];
    let longer = format!("{story}\nA line of its own at the end of it, which is longer than the others are.");
    let late = line("aa-agency", "agency.example", "2026-03-02T08:00:00Z", &longer);
    let mut news = News::new(44);
    let other = news.story(10);
    let new: String =
        ["n1", "n2"].map(|id| line(id, &format!("{id}.example"), "2026-03-03", &other)).concat();
    let [yesterday, today] = [
        dir.file("yesterday.jsonl", [&*post, &*echo].concat()),
        dir.file("today.jsonl", [&*late, &*post, &*echo, &*new].concat()),
    ]
    .map(|path| path.display().to_string());
    let [old, kept, csv] =
        ["old.json", "kept.json", "kept.csv"].map(|name| dir.path(name).display().to_string());
    let scan = |arguments: &[&str]| {
        let output = run(&[&["scan", "--quiet"], arguments].concat());
        assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    };
    scan(&[&yesterday, "--report", &format!("json={old}")]);
    let [json, table] = [format!("json={kept}"), format!("csv={csv}")];
    scan(&[&today, "--baseline", &old, "--report", &json, "--report", &table]);
    let clusters = |path: &str| -> Vec<(String, String)> {
        let report: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let text = |cluster: &Value, name: &str| cluster[name].as_str().unwrap().to_owned();
        let clusters = report["clusters"].as_array().unwrap();
        clusters.iter().map(|cluster| (text(cluster, "id"), text(cluster, "lead"))).collect()
    };
    let (before, after) = (clusters(&old), clusters(&kept));
    assert_eq!(after[0], (before[0].0.clone(), "aa-agency".to_owned()));
    assert_ne!(after[1].0, before[0].0);
    let rows = std::fs::read_to_string(csv).unwrap();
    assert_eq!(rows.lines().filter(|row| row.contains(&before[0].0)).count(), 3, "{rows}");
    // Without the baseline it is another one: its representative is.
    let plain = dir.path("plain.json").display().to_string();
    scan(&[&today, "--report", &format!("json={plain}")]);
    assert_ne!(clusters(&plain)[0].0, before[0].0);
}

/// What a report of an index says of its stories: id, lead and documents of each, in order.
fn stories(dir: &Dir, flags: &[&str]) -> (Vec<(String, String, Vec<String>)>, Value) {
    let [index, json] = ["index", "report.json"].map(|name| dir.path(name).display().to_string());
    let target = format!("json={json}");
    let output = run(&[&["report", "index", &index, "--report", &target, "--quiet"], flags].concat());
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let story = |cluster: &Value| {
        let members = cluster["members"].as_array().unwrap().iter();
        let mut ids: Vec<String> =
            members.chain([&cluster["representative"]]).map(|member| text(&member["id"])).collect();
        ids.sort_unstable();
        (text(&cluster["id"]), text(&cluster["lead"]), ids)
    };
    (report["clusters"].as_array().unwrap().iter().map(story).collect(), report)
}

#[test]
fn an_index_tells_its_stories_without_a_second_scan() {
    let [story, first, second] = carried();
    let dir = Dir::new();
    let mut news = News::new(90);
    let lines: String = [
        line("post", "post.example", "2026-03-02T10:00:00Z", &first),
        line("agency", "agency.example", "2026-03-02T08:00:00Z", &story),
        line("echo", "echo.example", "2026-03-02T11:00:00Z", &second),
        line("times", "times.example", "2026-03-02T12:00:00Z", &first),
        line("gone", "gone.example", "2026-03-02T12:30:00Z", &first),
        line("alone", "post.example", "2026-03-02T13:00:00Z", &news.story(9)),
    ]
    .concat();
    let (_, said_then) = said(&dir, &[], &lines);
    let index = dir.path("index").display().to_string();
    assert_eq!(code(&run(&["index", "delete", &index, "gone", "-q"])), 0);
    let (told, report) = stories(&dir, &[]);
    let cluster = |line: &str| serde_json::from_str::<Value>(line).unwrap()["wirecopy"]["cluster"].clone();
    let name = cluster(std::str::from_utf8(&said_then).unwrap().lines().next().unwrap());
    let documents = ["agency", "echo", "post", "times"].map(str::to_owned).to_vec();
    assert_eq!(told, [(name.as_str().unwrap().to_owned(), "agency".to_owned(), documents)]);
    let accounting = &report["accounting"];
    assert_eq!([&accounting["documents"], &accounting["duplicates"]], [&json!(5), &json!(3)]);
    let cluster = &report["clusters"][0];
    assert_eq!((&cluster["origin"]["id"], &cluster["origin"]["order"]), (&json!("agency"), &json!("known")));
    let carriers: Vec<(&str, &str)> = report["site_pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair["carrier"].as_str().unwrap(), pair["source"].as_str().unwrap()))
        .collect();
    assert!(carriers.contains(&("post.example", "agency.example")), "{carriers:?}");
    // Titles, dates and texts are those that came.
    let html = dir.path("today.html");
    let target = format!("html={}", html.display());
    let page = run(&["report", "index", &index, "--since", "1d", "--report", &target]);
    assert!(stdout(&page).contains("report: file://"), "{}", String::from_utf8_lossy(&page.stderr));
    let html = std::fs::read_to_string(html).unwrap();
    assert!(html.contains("agency.example") && html.contains(story.split(' ').nth(30).unwrap()));
    // Of what came long enough ago nothing is told; the index is as it was.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(stories(&dir, &["--since", "1s"]).0, []);
    let late = line("late", "late.example", "2026-03-04T10:00:00Z", &second);
    said(&dir, &[], &late);
    let (told, _) = stories(&dir, &["--since", "1s"]);
    assert_eq!(told[0].2.len(), 5, "the story whole");
    assert_eq!(code(&run(&["index", "verify", &index])), 0);
}

/// Documents of a story that were never compared with one another are, and what was said stays.
#[test]
fn a_story_of_many_copies_is_one_story() {
    let dir = Dir::new();
    let mut news = News::new(12);
    let story = news.story(14);
    let lines: String = (0..30)
        .map(|n| {
            let text = news.edited(&story, 25);
            line(
                &format!("c{n:02}"),
                &format!("site{n}.example"),
                &format!("2026-03-02T{:02}:00:00Z", n % 24),
                &text,
            )
        })
        .collect();
    said(&dir, &[], &lines);
    let (told, report) = stories(&dir, &[]);
    assert_eq!(told.iter().map(|(.., documents)| documents.len()).collect::<Vec<_>>(), [30]);
    assert_eq!(report["accounting"]["duplicates"], 29);
    let signatures = dir.path("signatures").display().to_string();
    let filter =
        run_with_input(&["filter", "--index", &signatures, "--store", "signatures", "-q"], lines.as_bytes());
    assert_eq!(code(&filter), 0);
    let refused = run(&["report", "index", &signatures, "--report", "json"]);
    assert!(code(&refused) == 2 && String::from_utf8_lossy(&refused.stderr).contains("no texts"));
}
