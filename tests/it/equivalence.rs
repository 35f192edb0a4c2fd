//! What must not change the answer, and the slow oracle that gives it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wirecopy::internals::text::reference;

use crate::harness::*;

#[test]
fn threads_and_instruction_sets_change_nothing() {
    let truth = Reports::of(&corpus(""), &["-j", "1"]);
    let sets = wirecopy::internals::kernel::Kernel::available();
    for flags in sets.iter().map(|set| ["--kernel", set.name()]).chain([["-j", "2"], ["-j", "7"]]) {
        let reports = Reports::of(&corpus(""), &flags);
        for (written, expected) in reports.written.iter().zip(&truth.written) {
            assert!(written == expected, "{flags:?}: other bytes\n{written}");
        }
    }
}

/// Every document of the bundled corpus that is JSON lines, as one list.
pub fn records() -> Vec<String> {
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
    lines.sort_by_key(|line| wirecopy::internals::hash::token_hash(line.as_bytes()));
    let shuffled = Reports::of(&dir.file("b/x.jsonl", lines.join("\n")), &[]);
    assert_eq!(forward.pairs, shuffled.pairs);
    let sorted = |csv: &str, folder: &str| -> BTreeSet<String> {
        let place = dir.path(folder).display().to_string();
        csv.lines().map(|line| line.replace(&place, "")).collect()
    };
    assert_eq!(sorted(&forward.csv, "a"), sorted(&shuffled.csv, "b"));
    let clusters = |reports: &Reports| without_places(reports.json["clusters"].clone());
    assert!(clusters(&forward) == clusters(&shuffled));
}

/// The same without what says where documents stand.
fn without_places(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Array(values) => values.into_iter().map(without_places).collect(),
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| name != "path" && name != "record");
            Value::Object(kept.map(|(name, value)| (name, without_places(value))).collect())
        }
        other => other,
    }
}

/// Two versions of one page have the date of one day: which of them the third has its text from is not the order that they came in.
#[test]
fn the_version_before_is_the_same_in_any_order() {
    let dir = Dir::new();
    let version = |id: &str, date: &str, last: &str| {
        let text = format!("{STORY} Whether there is money for it nobody could say on Monday, {last}.");
        let url = "https://harbour.example/lamp";
        format!(
            "{}\n",
            serde_json::json!({"id": id, "url": url, "date": date, "source": "harbour", "text": text})
        )
    };
    let mut lines = [
        version("a", "2026-03-01", "and the board will meet again in the week after Easter to vote on it"),
        version(
            "b",
            "2026-03-01",
            "but the mayor has promised to look through the accounts of the last year",
        ),
        version("c", "2026-03-02", "as the treasurer said, who had been asked twice since the last storm"),
    ];
    let mut parents = BTreeSet::new();
    for _ in 0..3 {
        lines.rotate_left(1);
        for _ in 0..2 {
            lines.swap(0, 1);
            let csv = Reports::of(&dir.file("x.jsonl", lines.concat()), &[]).csv;
            let (head, rows) = csv.split_once('\n').unwrap();
            let parent = head.split(',').position(|name| name == "parent").unwrap();
            let row = rows.lines().find(|row| row.starts_with("c,")).unwrap();
            parents.insert(row.split(',').nth(parent).unwrap().to_owned());
        }
    }
    assert_eq!(parents, BTreeSet::from(["b".to_owned()]));
}

#[test]
fn of_two_equally_long_documents_the_lower_id_is_the_contained_one_in_any_order() {
    let dir = Dir::new();
    let words = |last: &str| {
        let own = (0..6).map(|w| format!("{last}{w} "));
        (0..34).map(|w| format!("w{w} ")).chain(own).collect::<String>()
    };
    let (one, other) = (words("x"), words("y"));
    // Copies of the one stand on both sides of the other, so which of them comes first in the file must not matter.
    let mut lines = [record("m", &one), record("a", &one), record("k", &other)];
    for turn in 0..3 {
        let reports = Reports::of(&dir.file("x.jsonl", lines.concat()), &["--classic"]);
        let relations = reports.relations();
        let inner = |a: &str, b: &str| relations[&(a.to_owned(), b.to_owned())].clone();
        assert_eq!(inner("a", "k"), ("contained".to_owned(), "a".to_owned()), "turn {turn}");
        assert_eq!(inner("k", "m"), ("contained".to_owned(), "k".to_owned()), "turn {turn}");
        assert!(reports.csv.contains("\nk,") && reports.csv.contains(",contains,a,"), "{}", reports.csv);
        lines.rotate_left(1);
    }
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
    for (flags, jaccard, containment) in [
        (&["--classic"][..], 0.8, 0.7),
        (&["--classic", "--jaccard", "0.5", "--containment", "0.6"], 0.5, 0.6),
    ] {
        let truth = brute_force(&lines, |j, c, tokens| j >= jaccard || (c >= containment && tokens >= 20));
        assert!(truth.len() > 90);
        assert_eq!(measured(&Reports::of(&path, flags)), truth);
    }
}

#[test]
fn other_methods_find_a_part_of_it_and_measure_the_same() {
    let whole = measured(&Reports::of(&corpus(""), &["--classic"]));
    for (method, at_least) in [("minhash", 0.6), ("simhash", 0.1)] {
        let part = measured(&Reports::of(&corpus(""), &["--classic", "--method", method]));
        assert!(part.iter().all(|(pair, measures)| whole.get(pair) == Some(measures)), "{method}");
        assert!(
            part.len() as f64 > at_least * whole.len() as f64,
            "{method}: {} of {}",
            part.len(),
            whole.len()
        );
    }
}

/// Numbers that are the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        wirecopy::internals::hash::avalanche(wirecopy::internals::hash::avalanche(self.0)) as usize % n
    }
}

/// Texts that are copies, cuts, joins and edits of one another, from 0 to some 400 words.
fn relatives(random: &mut Random) -> Vec<String> {
    let mut texts: Vec<Vec<String>> = Vec::new();
    for i in 0..40 {
        let mut words: Vec<String> = match (random.below(4), i) {
            (0, _) | (_, 0) => {
                let length = [0, 1, 3, 4, 5, 6, 19, 20, 21, 60, 200, 400][random.below(12)];
                (0..length).map(|_| format!("w{}", random.below(5000))).collect()
            }
            (1, _) => {
                [random.below(i), random.below(i)].iter().flat_map(|&from| texts[from].clone()).collect()
            }
            _ => texts[random.below(i)].clone(),
        };
        match random.below(4) {
            0 => {
                for _ in 0..random.below(1 + words.len() / 12) {
                    let at = random.below(words.len());
                    words[at] = format!("x{}", random.below(5000));
                }
            }
            1 if !words.is_empty() => {
                let (from, to) = (random.below(words.len()), random.below(words.len()));
                words = words[from.min(to)..].to_vec();
            }
            2 => words.truncate(20 + random.below(60)),
            _ => {}
        }
        words.truncate(400);
        texts.push(words);
    }
    texts.iter().map(|words| words.join(" ")).collect()
}

#[test]
fn relatives_have_the_oracle_s_pairs_and_relations() {
    let mut random = Random(7);
    let (mut wanted, mut missed) = (0, Vec::new());
    for round in 0..25 {
        let dir = Dir::new();
        let texts = relatives(&mut random);
        let lines: Vec<String> = texts
            .iter()
            .enumerate()
            .map(|(i, text)| record(&format!("d{i:02}"), text).trim().to_owned())
            .collect();
        let truth = brute_force(&lines, |j, c, tokens| j >= 0.8 || (c >= 0.7 && tokens >= 20));
        let all = brute_force(&lines, |_, _, _| true);
        let reports = Reports::of(&dir.file("x.jsonl", lines.join("\n")), &["--classic", "-j", "2"]);
        let relations = reports.relations();
        let found = measured(&reports);
        for (pair, measures) in &found {
            let [jaccard, in_b, in_a] = *measures;
            let place = |id: &str| id[1..].parse::<usize>().unwrap();
            let words = [&pair.0, &pair.1].map(|id| texts[place(id)].split(' ').count());
            assert_eq!(all.get(pair), Some(measures), "round {round}: {pair:?}");
            // What must be long enough is the inner side, and the shorter text need not be it.
            let inner_words = if in_b > in_a { words[0] } else { words[1] };
            let reaches = jaccard >= 0.8 || (in_b.max(in_a) >= 0.7 && inner_words >= 20);
            assert!(reaches, "round {round}: {pair:?} {measures:?} {words:?}");
            let (relation, inner) = &relations[pair];
            let expected = match (texts[place(&pair.0)] == texts[place(&pair.1)], jaccard >= 0.8) {
                (true, _) => "exact",
                (_, true) => "near",
                _ => "contained",
            };
            assert_eq!(relation, expected, "round {round}: {pair:?} {measures:?}");
            let strictly = if in_b > in_a { &pair.0 } else { &pair.1 };
            assert!(expected != "contained" || in_a == in_b || inner == strictly, "round {round}: {pair:?}");
        }
        wanted += truth.len();
        missed.extend(
            truth.into_iter().filter(|(pair, _)| !found.contains_key(pair)).map(|pair| (round, pair)),
        );
    }
    assert!(wanted > 1000);
    println!("{} of {wanted} pairs are missed: {missed:?}", missed.len());
    assert!(missed.len() * 1000 <= wanted, "{} of {wanted}: {missed:?}", missed.len());
}

/// The relation, its contained side and all its figures: what a pair is, apart from which of its two is `a`.
fn told(pair: &Value) -> (String, String, Vec<String>) {
    let sides = |a: &str, b: &str| {
        let (mut first, mut second) = (pair[a].to_string(), pair[b].to_string());
        if pair["a"].as_str() > pair["b"].as_str() {
            std::mem::swap(&mut first, &mut second);
        }
        [first, second]
    };
    let figures = [["jaccard", "score"], ["identity", "same_site"]].concat();
    let figures = figures.iter().map(|name| pair[name].to_string());
    let sided =
        [sides("coverage_a", "coverage_b"), sides("containment_a_in_b", "containment_b_in_a")].concat();
    let text = |name: &str| pair[name].as_str().unwrap_or_default().to_owned();
    (text("relation"), text("inner"), figures.chain(sided).collect())
}

#[test]
fn a_relation_is_a_function_of_two_documents_and_the_model() {
    let dir = Dir::new();
    let lines = records();
    let of: BTreeMap<String, &String> = lines
        .iter()
        .map(|line| (serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned(), line))
        .collect();
    let model = dir.path("model").display().to_string();
    let all = Reports::of(&dir.file("all.jsonl", lines.join("\n")), &["--save-model", &model]);
    let again = Reports::of(&dir.path("all.jsonl"), &["--model", &model]);
    assert_eq!(again.pairs, all.pairs, "a model that was kept judges as the one that was learned");
    let mut random = Random(11);
    for turn in 0..60 {
        let pair = &all.pairs[random.below(all.pairs.len())];
        let (a, b) = (pair["a"].as_str().unwrap(), pair["b"].as_str().unwrap());
        let both = [of[a].as_str(), of[b].as_str()];
        let text = if turn % 2 == 0 { both.join("\n") } else { [both[1], both[0]].join("\n") };
        let alone = Reports::of(&dir.file("two.jsonl", text), &["--model", &model]);
        assert_eq!(alone.pairs.len(), 1, "{a} {b}: {pair}");
        assert_eq!(told(&alone.pairs[0]), told(pair), "{a} {b}");
    }
    // Any two documents, which mostly are nothing to each other.
    let known = all.relations();
    let ids: Vec<&String> = of.keys().collect();
    for _ in 0..60 {
        let (a, b) = (ids[random.below(ids.len())], ids[random.below(ids.len())]);
        let pair = (a.min(b).clone(), a.max(b).clone());
        if a != b && !known.contains_key(&pair) {
            let text = [of[a].as_str(), of[b].as_str()].join("\n");
            let alone = Reports::of(&dir.file("two.jsonl", text), &["--model", &model]);
            assert!(alone.pairs.is_empty(), "{a} {b}: {:?}", alone.pairs);
        }
    }
}

#[test]
fn spans_are_whole_tokens_that_stand_on_both_sides() {
    let lines = records();
    let text: BTreeMap<String, String> = lines
        .iter()
        .map(|line| {
            let record: Value = serde_json::from_str(line).unwrap();
            (record["id"].as_str().unwrap().to_owned(), record["text"].as_str().unwrap().to_owned())
        })
        .collect();
    let mut seen = 0;
    for pair in Reports::of(&corpus(""), &[]).pairs {
        for span in pair["spans"].as_array().unwrap() {
            let cut = |side: &str| {
                let text = text.get(pair[side].as_str().unwrap())?;
                let [start, end] = [0, 1].map(|i| span[side][i].as_u64().unwrap() as usize);
                Some(reference::tokens(text.get(start..end).expect("between characters")))
            };
            let (Some(a), Some(b)) = (cut("a"), cut("b")) else { continue };
            assert!(!a.is_empty() && !b.is_empty(), "{span}");
            let tokens = span["tokens"].as_u64().unwrap() as usize;
            assert!(
                tokens <= a.len().max(b.len()) && (0.0..=1.0).contains(&span["identity"].as_f64().unwrap())
            );
            // Half of the matched tokens at least are not even respelled.
            let equal = a.iter().filter(|token| b.contains(token)).count();
            assert!(tokens > 0 && 2 * equal >= tokens, "{span}: {a:?} {b:?}");
            seen += 1;
        }
    }
    assert!(seen > 300, "{seen}");
}
