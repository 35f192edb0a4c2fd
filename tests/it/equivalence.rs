//! What must not change the answer, and the slow oracle that gives it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wirecopy::text::reference;

use crate::harness::*;

#[test]
fn threads_and_instruction_sets_change_nothing() {
    let truth = Reports::of(&corpus(""), &["-j", "1"]);
    let sets = wirecopy::kernel::Kernel::available();
    for flags in sets.iter().map(|set| ["--kernel", set.name()]).chain([["-j", "2"], ["-j", "7"]]) {
        let reports = Reports::of(&corpus(""), &flags);
        assert_eq!(reports.pairs, truth.pairs, "{flags:?}");
        assert_eq!(reports.csv, truth.csv, "{flags:?}");
        assert_eq!(reports.json, truth.json, "{flags:?}");
    }
}

/// Every document of the bundled corpus that is JSON lines, as one list.
fn records() -> Vec<String> {
    let mut lines = Vec::new();
    for folder in std::fs::read_dir(corpus("")).unwrap() {
        let path = folder.unwrap().path().join("wire.jsonl");
        if let Ok(text) = std::fs::read_to_string(path) {
            lines.extend(text.lines().map(str::to_owned));
        }
    }
    lines.sort();
    lines
}

#[test]
fn order_of_input_changes_nothing() {
    let dir = Dir::new();
    let mut lines = records();
    assert!(lines.len() > 150);
    let forward = Reports::of(&dir.file("a/x.jsonl", lines.join("\n")), &[]);
    lines.sort_by_key(|line| wirecopy::hash::token_hash(line.as_bytes()));
    let shuffled = Reports::of(&dir.file("b/x.jsonl", lines.join("\n")), &[]);
    assert_eq!(forward.pairs, shuffled.pairs);
    let sorted = |csv: &str| csv.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(sorted(&forward.csv), sorted(&shuffled.csv));
    assert_eq!(forward.json["clusters"], shuffled.json["clusters"]);
}

/// All pairs by plain sets of token 5-grams.
fn brute_force(
    lines: &[String],
    least: impl Fn(f64, f64, usize) -> bool,
) -> BTreeMap<(String, String), [f64; 3]> {
    let mut sets: Vec<(String, usize, BTreeSet<Vec<String>>)> = Vec::new();
    for line in lines {
        let record: Value = serde_json::from_str(line).unwrap();
        let tokens = reference::tokens(record["text"].as_str().unwrap());
        let grams = match tokens.len() {
            0 => BTreeSet::new(),
            1..5 => BTreeSet::from([tokens.clone()]),
            _ => tokens.windows(5).map(<[String]>::to_vec).collect(),
        };
        sets.push((record["id"].as_str().unwrap().to_owned(), tokens.len(), grams));
    }
    sets.sort();
    let mut pairs = BTreeMap::new();
    for (i, (a, tokens_a, of_a)) in sets.iter().enumerate() {
        for (b, tokens_b, of_b) in &sets[i + 1..] {
            let common = of_a.intersection(of_b).count() as f64;
            let (size_a, size_b) = (of_a.len() as f64, of_b.len() as f64);
            let (jaccard, in_b, in_a) =
                (common / (size_a + size_b - common), common / size_a, common / size_b);
            if common > 0.0 && least(jaccard, in_b.max(in_a), *tokens_a.min(tokens_b)) {
                pairs.insert((a.clone(), b.clone()), [jaccard, in_b, in_a]);
            }
        }
    }
    pairs
}

fn measured(reports: &Reports) -> BTreeMap<(String, String), [f64; 3]> {
    let entry = |pair: &Value| {
        let text = |name: &str| pair[name].as_str().unwrap().to_owned();
        let number = |name: &str| pair[name].as_f64().unwrap();
        (
            (text("a"), text("b")),
            [number("jaccard"), number("containment_a_in_b"), number("containment_b_in_a")],
        )
    };
    reports.pairs.iter().map(entry).collect()
}

#[test]
fn every_pair_and_every_figure_is_the_oracle_s() {
    let dir = Dir::new();
    let lines = records();
    let path = dir.file("x.jsonl", lines.join("\n"));
    for (flags, jaccard, containment) in
        [(&[][..], 0.8, 0.7), (&["--jaccard", "0.5", "--containment", "0.6"][..], 0.5, 0.6)]
    {
        let truth = brute_force(&lines, |j, c, tokens| j >= jaccard || (c >= containment && tokens >= 20));
        assert!(truth.len() > 90);
        assert_eq!(measured(&Reports::of(&path, flags)), truth);
    }
}

#[test]
fn other_methods_find_a_part_of_it_and_measure_the_same() {
    let whole = measured(&Reports::of(&corpus(""), &[]));
    for (method, at_least) in [("minhash", 0.6), ("simhash", 0.1)] {
        let part = measured(&Reports::of(&corpus(""), &["--method", method]));
        assert!(part.iter().all(|(pair, measures)| whole.get(pair) == Some(measures)), "{method}");
        assert!(
            part.len() as f64 > at_least * whole.len() as f64,
            "{method}: {} of {}",
            part.len(),
            whole.len()
        );
    }
}
