//! The bundled corpus: what its labels say, and what is found.

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::*;

/// Labels that need alignment, chrome or templates, and are not met yet. Lower it when they are. They are forms filled
/// in again at one address, which are called updates, some notes of which a word changed with the facts, and one story
/// of which a house style spells the numbers out.
const KNOWN_GAPS: usize = 8;

fn table(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(corpus(name)).unwrap();
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

#[test]
fn every_label_is_met_but_for_known_gaps() {
    let reports = Reports::of(&corpus(""), &[]);
    let found = reports.relations();
    let none = (String::from("none"), String::new());
    let (mut wrong, mut gaps, mut met_early) = (Vec::new(), Vec::new(), 0);
    let mut labelled = BTreeSet::new();
    for label in table("labels.tsv") {
        let [a, b, relation, inner, decided_by, ..] = &label[..] else { panic!("{label:?}") };
        let pair = (a.clone(), b.clone());
        let got = found.get(&pair).unwrap_or(&none);
        labelled.insert(pair);
        let met = (&got.0, &got.1) == (relation, inner);
        match decided_by.as_str() {
            "classic" if !met => wrong.push(format!("{a} {b}: {relation} {inner}, found {got:?}")),
            "syndication" if !met => gaps.push(format!("{a} {b}: {relation} {inner}, found {got:?}")),
            "syndication" => met_early += 1,
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let strangers: Vec<_> = found.keys().filter(|pair| !labelled.contains(pair)).collect();
    assert!(strangers.is_empty(), "pairs without a label: {strangers:?}");
    println!(
        "of the labels that raw measures do not decide, {met_early} are met and {} are known gaps:",
        gaps.len()
    );
    gaps.iter().for_each(|gap| println!("  {gap}"));
    assert!(gaps.len() <= KNOWN_GAPS, "{} such labels are not met, {KNOWN_GAPS} were not", gaps.len());
}

#[test]
fn repeats_within_pages() {
    let output = run(&["page", corpus("page-repeats").to_str().unwrap(), "--report", "json"]);
    let pages: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut found = BTreeMap::new();
    for page in pages.as_array().unwrap() {
        for repeat in page["repeats"].as_array().unwrap() {
            let key = (page["id"].as_str().unwrap().to_owned(), repeat["text"].as_str().unwrap().to_owned());
            found.insert(
                key,
                (repeat["kind"].as_str().unwrap().to_owned(), repeat["count"].as_u64().unwrap()),
            );
        }
    }
    let mut expected = BTreeMap::new();
    for row in table("page-repeats/expected.tsv") {
        let id = row[0].trim_start_matches("page-repeats/").to_owned();
        expected.insert((id, row[3].clone()), (row[1].clone(), row[2].parse().unwrap()));
    }
    assert_eq!(found, expected);
}
