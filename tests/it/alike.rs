//! What makes two documents versions of one page, and what is the same fact.

use serde_json::{Value, json};

use crate::harness::{Dir, Reports, record, run_with_input, stdout};
use crate::news::News;

fn of_source(id: u32, source: &str, text: &str) -> String {
    format!("{}\n", json!({ "id": id, "source": source, "text": text }))
}

/// The verdicts of a filter, in order.
fn verdicts(dir: &Dir, lines: &str) -> Vec<String> {
    let index = dir.path("index");
    let output = run_with_input(&["filter", "--index", index.to_str().unwrap()], lines.as_bytes());
    let verdict = |line: &str| -> String {
        let record: Value = serde_json::from_str(line).unwrap();
        record["wirecopy"]["verdict"].as_str().unwrap().to_owned()
    };
    stdout(&output).lines().map(verdict).collect()
}

/// The one relation of two texts.
fn relation(name: &str, a: &str, b: &str) -> String {
    let dir = Dir::new();
    let reports = Reports::of(&dir.file(name, record("a", a) + &record("b", b)), &[]);
    reports.relations().into_values().next().map_or_else(|| "none".to_owned(), |(relation, _)| relation)
}

#[test]
fn two_publishers_number_their_records_alike() {
    let dir = Dir::new();
    let mut news = News::new(5);
    let [first, other] = [news.story(8), news.story(8)];
    let near = first.replacen(' ', " verily ", 1);
    let lines = [
        of_source(1, "Times", &first),
        of_source(1, "Post", &other),
        of_source(2, "Post", &first),
        of_source(1, "Times", &near),
    ]
    .concat();
    // The second record takes no other paper's place, so that the third finds the first.
    assert_eq!(verdicts(&dir, &lines), ["new", "new", "exact", "update"]);
    let papers = of_source(1, "Times", &first) + &of_source(1, "Post", &near);
    let reports = Reports::of(&dir.file("papers.jsonl", papers), &[]);
    assert_eq!(reports.pairs[0]["relation"], "near");
}

#[test]
fn digits_of_another_script_are_the_same_numbers() {
    let mut news = News::new(8);
    let parts: Vec<String> = (0..6).map(|_| news.sentence()).collect();
    let with = |digits: [&str; 3]| {
        let [x, y, z] = digits;
        format!("{}{x} {}{y} {}{} {z} {}{}", parts[0], parts[1], parts[2], parts[3], parts[4], parts[5])
    };
    let plain = with(["45", "1207", "3"]);
    for same in [with(["٤٥", "١٢٠٧", "٣"]), with(["४५", "१२०७", "३"])] {
        assert_eq!(relation("digits.jsonl", &plain, &same), "near", "{same}");
    }
    assert_eq!(relation("digits.jsonl", &plain, &with(["٤٦", "١٩٠٧", "٧"])), "templated");
}

#[test]
fn three_corrected_figures_are_a_correction_and_five_a_form() {
    let mut news = News::new(13);
    let parts: Vec<String> = (0..12).map(|_| news.sentence()).collect();
    let with = |changed: usize| -> String {
        let figure = |i: usize| if i < changed { 300 + i } else { 100 + i };
        let part =
            |(i, part): (usize, &String)| if i < 5 { format!("{part} {} ", figure(i)) } else { part.clone() };
        parts.iter().enumerate().map(part).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(relation("figures.jsonl", &with(0), &with(3)), "near");
    assert_eq!(relation("figures.jsonl", &with(0), &with(5)), "templated");
}
