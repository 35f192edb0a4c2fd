//! Standing text: what several items of one site have beside news of their own makes no copies of them.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Dir, Reports, run_with_input, stdout};
use crate::news::News;

/// A document of a site.
fn page(id: &str, site: &str, text: &str) -> String {
    format!("{}\n", json!({ "id": id, "source": site, "text": text }))
}

/// The pairs that are copies.
fn copies(reports: &Reports) -> BTreeSet<(String, String)> {
    let strong = ["exact", "near", "contained"];
    let pairs = reports.relations().into_iter();
    pairs.filter(|(_, (relation, _))| strong.contains(&&**relation)).map(|(ids, _)| ids).collect()
}

fn standing(reports: &Reports) -> Vec<&Value> {
    let rows = reports.json["boilerplate"].as_array().unwrap().iter();
    rows.filter(|row| row["kind"] == "standing").collect()
}

fn ids(a: &str, b: &str) -> (String, String) {
    (a.to_owned(), b.to_owned())
}

/// Four releases of 45 words above 190 words about their issuer, and one of them again with a word changed.
fn releases(dir: &Dir) -> std::path::PathBuf {
    let mut news = News::new(22);
    let about = news.story(16);
    let items: Vec<String> = (0..4).map(|_| news.story(4)).collect();
    let mut lines: String = items
        .iter()
        .zip(0..)
        .map(|(item, i)| page(&format!("r{i}"), "wire", &format!("{item}\n{about}")))
        .collect();
    let again = items[2].replacen(' ', " verily ", 1);
    lines += &page("s", "wire", &format!("{again}\n{about}"));
    dir.file("releases.jsonl", lines)
}

#[test]
fn releases_above_one_company_text_are_other_news_and_a_repost_is_a_copy() {
    let dir = Dir::new();
    let reports = Reports::of(&releases(&dir), &[]);
    assert_eq!(copies(&reports), BTreeSet::from([ids("r2", "s")]), "{:?}", reports.relations());
    // However candidates are found.
    let minhash = Reports::of(&releases(&dir), &["--method", "minhash"]);
    assert_eq!(copies(&minhash), BTreeSet::from([ids("r2", "s")]), "{:?}", minhash.relations());
    assert_eq!(minhash.json["boilerplate"], reports.json["boilerplate"], "what is learned is the same");
    let classic = Reports::of(&releases(&dir), &["--classic", "--jaccard", "0.6"]);
    assert!(copies(&classic).len() > 3, "what they share is most of them: {:?}", classic.relations());
}

#[test]
fn a_passage_that_stands_is_listed_once_with_its_documents_and_items() {
    let dir = Dir::new();
    let mut news = News::new(7);
    let about = news.story(8);
    let line =
        |i: usize, news: &mut News| page(&format!("p{i}"), "wire", &format!("{}\n{about}", news.story(6)));
    let pages: String = (0..4).map(|i| line(i, &mut news)).collect();
    let reports = Reports::of(&dir.file("four.jsonl", pages), &[]);
    let rows = standing(&reports);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(
        (&rows[0]["source"], &rows[0]["documents"], &rows[0]["items"]),
        (&json!("wire"), &json!(4), &json!(4))
    );
    let text = rows[0]["text"].as_str().unwrap();
    assert!(about.trim_end_matches('.').contains(text.trim_end_matches('.')), "{text}");
    assert!(text.len() > about.len() * 9 / 10, "{text}");
}

/// Prose of a few hundred words that all stand elsewhere too: of words that stand once a machine would have read it.
fn prose(news: &mut News, words: &[String], length: usize) -> String {
    (0..length).map(|_| words[news.below(words.len())].as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn one_company_text_on_eight_sites_stands_for_no_copy_but_under_two_leads_it_is_one() {
    let dir = Dir::new();
    let mut news = News::new(3);
    let words: Vec<String> = (0..120).map(|_| news.word()).collect();
    let about = prose(&mut news, &words, 190);
    let lines = |sites: usize, news: &mut News| -> String {
        let text = |news: &mut News| format!("{}\n{about}", prose(news, &words, 45));
        (0..sites).map(|i| page(&format!("p{i}"), &format!("site{i}"), &text(news))).collect()
    };
    let eight = Reports::of(&dir.file("eight.jsonl", lines(8, &mut news)), &[]);
    assert!(copies(&eight).is_empty(), "{:?}", eight.relations());
    let two = Reports::of(&dir.file("two.jsonl", lines(2, &mut news)), &[]);
    assert_eq!(copies(&two).len(), 1, "{:?}", two.relations());
}

/// What a flood of one passage costs: one row, and no pair.
#[test]
fn a_passage_of_many_items_makes_no_pairs_and_is_listed() {
    let dir = Dir::new();
    let mut news = News::new(11);
    let about = news.story(9);
    // No site prints it on enough of its pages to be chrome.
    let mut lines = String::new();
    for i in 0..60 {
        let tail = if i % 6 == 0 { format!("\n{about}") } else { String::new() };
        lines += &page(&format!("p{i:02}"), "wire", &format!("{}{tail}", news.story(12)));
    }
    let reports = Reports::of(&dir.file("many.jsonl", lines), &[]);
    assert!(reports.pairs.is_empty(), "{:?}", reports.relations());
    let rows = reports.json["boilerplate"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["documents"] == 10), "{rows:?}");
}

/// Every pair of the releases, explained under the model of the scan: the relation is that of the scan, and of the first
/// of the printed tests' relations all of whose tests hold.
#[test]
fn compare_explains_what_the_scan_decided() {
    let dir = Dir::new();
    let path = releases(&dir);
    let model = dir.path("model");
    let flags = ["--save-model", model.to_str().unwrap()];
    let relations = Reports::of(&path, &flags).relations();
    let ids = ["r0", "r1", "r2", "r3", "s"];
    let mut explained = 0;
    for (i, a) in ids.iter().enumerate() {
        for b in &ids[i + 1..] {
            let (said, tests) = explain(&path, &model, a, b);
            let scanned = relations.get(&(a.to_string(), b.to_string()));
            assert_eq!(said.as_deref(), scanned.map(|(relation, _)| &**relation), "{a} {b}: {tests:?}");
            assert_eq!(said, first_that_holds(&tests), "{a} {b}: {tests:?}");
            explained += 1;
        }
    }
    assert_eq!(explained, 10);
}

/// The relation that `compare` gives, and its tests.
fn explain(path: &Path, model: &Path, a: &str, b: &str) -> (Option<String>, Vec<Value>) {
    let output = crate::harness::program()
        .args(["compare", a, b, "--report", "json", "--in"])
        .arg(path)
        .arg("--model")
        .arg(model)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let relation = report["relation"].as_str().map(str::to_owned);
    (relation, report["tests"].as_array().unwrap().clone())
}

fn first_that_holds(tests: &[Value]) -> Option<String> {
    let of = |relation: &str| -> Vec<bool> {
        let own = tests.iter().filter(|test| test["relation"] == relation);
        own.map(|test| test["holds"].as_bool().unwrap()).collect()
    };
    let all = |relation: &str| !of(relation).is_empty() && of(relation).iter().all(|&holds| holds);
    if !of("any").iter().all(|&holds| holds) {
        return None;
    }
    let order = ["exact", "update", "templated", "near", "contained", "partial"];
    order.into_iter().find(|relation| all(relation)).map(str::to_owned)
}

/// Under the model that a scan saved the filter says of each document what the scan says of its pairs.
#[test]
fn the_filter_agrees_with_the_scan_under_its_model() {
    let dir = Dir::new();
    let path = releases(&dir);
    let (model, index) = (dir.path("model"), dir.path("index"));
    Reports::of(&path, &["--save-model", model.to_str().unwrap()]);
    let (index, model) = (index.to_str().unwrap(), model.to_str().unwrap());
    let output =
        run_with_input(&["filter", "--index", index, "--model", model], &std::fs::read(&path).unwrap());
    let verdicts: Vec<(String, String)> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| {
            let verdict = line["wirecopy"]["verdict"].as_str().unwrap().to_owned();
            (line["id"].as_str().unwrap().to_owned(), verdict)
        })
        .collect();
    let copies: Vec<&str> = verdicts
        .iter()
        .filter(|(_, verdict)| matches!(&**verdict, "near" | "contained" | "exact"))
        .map(|(id, _)| &**id)
        .collect();
    assert_eq!(copies, ["s"], "{verdicts:?}");
}
