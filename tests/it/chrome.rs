//! Chrome as people write it.

use std::path::PathBuf;

use crate::harness::*;

const HEADER: &str = "Courier home politics business culture sport weather jobs homes motors";
const FOOTER: &str = "Sign up for the Courier letter and never miss what this town is up to";

/// Eight pages of one site: one story each, of 40 words, in the same chrome.
fn pages(dir: &Dir) -> PathBuf {
    let page = |i: usize| {
        let story: Vec<String> = (0..40).map(|w| format!("word{i}x{w}")).collect();
        let text = format!("{HEADER}\n\n{}\n\n{FOOTER}\nAdvertisement", story.join(" "));
        let line = serde_json::json!({ "id": format!("p{i}"), "source": "Courier", "text": text });
        format!("{line}\n")
    };
    dir.file("pages.jsonl", (0..8).map(page).collect::<String>())
}

fn shown(path: &std::path::Path) -> String {
    path.display().to_string()
}

/// What is listed as chrome with these flags.
fn listed(path: &std::path::Path, flags: &[&str]) -> Vec<(String, String)> {
    let reports = Reports::of(path, flags);
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = reports.json["boilerplate"].as_array().unwrap().iter();
    rows.map(|row| (text(row, "source"), text(row, "text"))).collect()
}

#[test]
fn learned_chrome_is_written_edited_and_given_back() {
    let dir = Dir::new();
    let path = pages(&dir);
    let file = dir.path("chrome.txt");
    let output = run(&["scan", &shown(&path), "-q", "--report", &format!("boilerplate={}", shown(&file))]);
    assert_eq!(code(&output), 0);
    let written = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = written.lines().filter(|line| !line.starts_with('#')).collect();
    let header = format!("    {HEADER}");
    assert!(lines.contains(&"Courier") && lines.contains(&&*header), "{written}");
    let given = |text: &str| shown(&dir.file("given.txt", text));
    // As it was written it says the same.
    let flags = [String::from("--boilerplate"), given(&written)];
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    assert_eq!(listed(&path, &flags), listed(&path, &[]));
    // A line that is taken out stays out, and one that is added counts; `*` is every site.
    let edited = given(&format!("Courier\n    {FOOTER}\n*\n\tADVERTISEMENT\n"));
    let chrome = listed(&path, &["--boilerplate", &edited]);
    let expected = [FOOTER, "Advertisement"].map(|text| ("Courier".to_owned(), text.to_owned()));
    let mut sorted = chrome.clone();
    sorted.sort_by_key(|(_, text)| text != FOOTER);
    assert_eq!(sorted, expected);
}

#[test]
fn given_chrome_decides_relations_and_is_part_of_a_model_that_is_kept() {
    let dir = Dir::new();
    let notice: Vec<String> = (0..60).map(|w| format!("notice{w}")).collect();
    let notice = notice.join(" ");
    let page = |id: &str| {
        let story: Vec<String> = (0..30).map(|w| format!("{id}{w}")).collect();
        let text = format!("{}\n\n{notice}", story.join(" "));
        format!("{}\n", serde_json::json!({ "id": id, "source": "Courier", "text": text }))
    };
    let path = dir.file("two.jsonl", page("a") + &page("b"));
    assert_eq!(Reports::of(&path, &[]).pairs.len(), 1, "they share sixty words");
    let given = shown(&dir.file("given.txt", format!("# ours\n*\n  {notice}\n")));
    let model = shown(&dir.path("model"));
    let with = Reports::of(&path, &["--boilerplate", &given, "--save-model", &model]);
    assert_eq!(with.pairs.len(), 0, "{:?}", with.pairs);
    assert_eq!(Reports::of(&path, &["--model", &model]).pairs.len(), 0);
    let feed = std::fs::read(&path).unwrap();
    let index = shown(&dir.path("index"));
    let output = run_with_input(&["filter", "--index", &index, "--model", &model], &feed);
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).lines().all(|line| line.contains("\"verdict\":\"new\"")), "{}", stdout(&output));
}

#[test]
fn a_malformed_file_is_refused_with_the_line() {
    let dir = Dir::new();
    let path = shown(&pages(&dir));
    for (text, says) in [
        ("# ours\n\n    Sign in", "line 3: text of no site"),
        ("Courier\n    ***\n", "line 2: there is no word in it"),
        ("\"Courier\n    Sign in\n", "line 1: a name that begins with a quote is a JSON string"),
    ] {
        let file = shown(&dir.file("given.txt", text));
        let output = run(&["scan", &path, "--boilerplate", &file]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(code(&output), 2);
        assert!(stderr.contains(says) && stderr.contains("given.txt"), "{stderr}");
    }
    let missing = run(&["scan", &path, "--boilerplate", &shown(&dir.path("none"))]);
    assert_eq!(code(&missing), 2);
}
