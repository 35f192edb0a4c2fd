//! Templates: skeleton, typed slots and their values.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::harness::*;
use crate::news::News;

const MONTHS: [&str; 4] = ["March", "June", "September", "December"];

/// Notes of one form, every other one with an optional sentence; and stories that are of none.
pub fn notes(count: usize) -> String {
    let mut news = News::new(7);
    let mut out = String::new();
    for i in 0..count {
        let (company, chief) = (format!("{} {}", news.name(), news.name()), news.name());
        let (loss, share, sales) = (news.below(900) + 10, news.below(90) + 10, news.below(900) + 10);
        let day = format!("{} {}", MONTHS[news.below(4)], news.below(28) + 1);
        let optional = format!("\nThe company named {chief} as head of its board, and expects a calm year.");
        let text = format!(
            "{company} reported a net loss of ${loss}.{share} million for the quarter ended {day}.\n\
             Sales came to ${sales} million, the company said in a statement to the exchange.{}\n\
             Its shares had closed {share} cents lower before the report was out.",
            if i % 2 == 0 { &optional } else { "" }
        );
        out += &record(&format!("n{i:02}"), &text);
        out += &record(&format!("s{i:02}"), &news.story(8));
    }
    out
}

fn mined(dir: &Dir, flags: &[&str]) -> Vec<Value> {
    let path = dir.file("notes.jsonl", notes(20)).display().to_string();
    let output = run(&[&["templates", &path, "--report", "json"], flags].concat());
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_form_is_what_stays_and_what_is_filled_in() {
    let templates = mined(&Dir::new(), &[]);
    assert_eq!(templates.len(), 1, "{templates:?}");
    let template = &templates[0];
    let skeleton = template["skeleton"].as_str().unwrap();
    for part in [
        "{name} reported a net loss of {money} for the quarter ended {date}.",
        "Sales came to {money}, the company said in a statement to the exchange.",
        "[The company named {name} as head of its board, and expects a calm year.]",
        "Its shares had closed {number} cents lower",
    ] {
        assert!(
            skeleton.contains(part) || skeleton.contains(&part.replace("{number} cents", "{money}")),
            "{part} in {skeleton}"
        );
    }
    let documents: BTreeSet<&str> =
        template["documents"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(documents.len(), 20);
    assert!(documents.iter().all(|id| id.starts_with('n')));
    assert_eq!(template["optional"], 1);
    assert!((0.5..1.0).contains(&template["share"].as_f64().unwrap()), "{template}");
    assert!(template["bits_saved"].as_f64().unwrap() > 0.0);
    for slot in template["slots"].as_array().unwrap() {
        assert_eq!(slot["values"].as_array().unwrap().len(), 20, "a value or none for each document");
    }
    let kind =
        |kind: &str| template["slots"].as_array().unwrap().iter().find(|slot| slot["kind"] == kind).unwrap();
    let first = kind("money")["values"][0].as_str().unwrap();
    assert!(first.starts_with('$') && first.ends_with(" million"), "{first}");
    assert!(MONTHS.iter().any(|month| kind("date")["values"][0].as_str().unwrap().starts_with(month)));
}

#[test]
fn copies_and_unrelated_stories_are_no_form() {
    let dir = Dir::new();
    let mut news = News::new(8);
    let story = news.story(12);
    let mut records = String::new();
    for i in 0..6 {
        let copy = news.edited(&story, 40);
        records += &(record(&format!("c{i}"), &copy) + &record(&format!("s{i}"), &news.story(12)));
    }
    let path = dir.file("copies.jsonl", records).display().to_string();
    let output = run(&["templates", &path, "--report", "json"]);
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), serde_json::json!([]));
    assert!(stdout(&run(&["templates", &path])).contains("no documents fill in one form"));
}

#[test]
fn the_command_shows_and_writes_what_the_report_has() {
    let dir = Dir::new();
    let one = mined(&dir, &["-j", "1"]);
    assert_eq!(one, mined(&dir, &["-j", "4"]));
    let path = dir.path("notes.jsonl");
    assert_eq!(Reports::of(&path, &[]).json["templates"], Value::from(one.clone()));
    let path = path.display().to_string();
    let shown = stdout(&run(&["templates", &path]));
    assert!(shown.contains("20 documents") && shown.contains("{money}") && shown.contains("n00"), "{shown}");
    let csv = stdout(&run(&["templates", &path, "--report", "csv"]));
    assert_eq!(csv.lines().next(), Some("template,slot,kind,document,value"));
    let values: usize = one[0]["slots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|slot| slot["values"].as_array().unwrap().iter().filter(|value| !value.is_null()).count())
        .sum();
    assert_eq!(csv.lines().count() - 1, values);
    assert!(Reports::of(Path::new(&path), &["--classic"]).json["templates"].as_array().unwrap().is_empty());
}

/// What a site prints on nearly all pages is listed, and a list that changes from page to page is not.
#[test]
fn boilerplate_is_what_stays() {
    let dir = Dir::new();
    let mut news = News::new(9);
    let heads: Vec<String> = (0..40).map(|_| news.sentence().replace('.', "")).collect();
    let pages: String = (0..60)
        .map(|i| {
            let most = format!("Most read: {} * {}", heads[i / 6], heads[i / 6 + 1]);
            let text = format!(
                "{}\n{most}\nSign up for our newsletter and never miss a story that matters to you",
                news.story(8)
            );
            serde_json::json!({ "id": format!("p{i}"), "source": "hill.example", "text": text }).to_string()
                + "\n"
        })
        .collect();
    let reports = Reports::of(&dir.file("site.jsonl", pages), &[]);
    let lines = reports.json["boilerplate"].as_array().unwrap();
    let listed: Vec<&str> = lines.iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert!(listed.iter().any(|line| line.contains("never miss a story")), "{listed:?}");
    assert!(!listed.iter().any(|line| heads.iter().any(|head| line.contains(head.as_str()))), "{listed:?}");
}
