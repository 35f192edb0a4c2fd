//! The audit: what a run says of its own recall.

use std::collections::BTreeSet;

use serde_json::Value;
use wirecopy::corpus::{Corpus, CorpusOptions};
use wirecopy::findings::AuditOptions;
use wirecopy::options::{Method, Mode, Policy, Resources};
use wirecopy::scan::Scan;

use crate::harness::*;
use crate::news::News;

/// Families of edited copies among stories without any.
fn corpus_of(seed: u64, families: usize) -> String {
    let mut news = News::new(seed);
    let mut records = String::new();
    for family in 0..families {
        let story = news.story(9);
        records += &record(&format!("f{family:02}-0"), &story);
        for copy in 1..2 + news.below(3) {
            // From hardly to clearly edited: some of it is beyond a weak method.
            let every = 12 + news.below(80);
            records += &record(&format!("f{family:02}-{copy}"), &news.edited(&story, every));
        }
        records += &record(&format!("s{family:02}"), &news.story(9));
    }
    records
}

fn audited(dir: &Dir, records: String, flags: &[&str]) -> Value {
    let path = dir.file("news.jsonl", records);
    Reports::of(&path, flags).json["audit"].clone()
}

#[test]
fn a_run_that_misses_nothing_says_so_with_an_interval() {
    let dir = Dir::new();
    for mode in [&["--audit", "60", "--seed", "3"][..], &["--audit", "60", "--seed", "3", "--classic"]] {
        let audit = audited(&dir, corpus_of(1, 40), mode);
        assert_eq!(
            (&audit["sampled"], &audit["recall"], &audit["high"]),
            (&60.into(), &1.0.into(), &1.0.into())
        );
        let low = audit["low"].as_f64().unwrap();
        assert!((0.8..1.0).contains(&low), "what was not drawn is not known: {low}");
        assert!(audit["missed"].as_array().unwrap().is_empty());
        assert!(audit["by_relation"]["near"]["pairs"].as_u64().unwrap() > 0, "{audit}");
    }
}

#[test]
fn missed_pairs_are_named_with_the_gate_that_lost_them() {
    let dir = Dir::new();
    let flags = ["--classic", "--jaccard", "0.5", "--method", "simhash", "--audit", "1000", "--seed", "1"];
    let weak = audited(&dir, corpus_of(2, 40), &flags);
    let missed = weak["missed"].as_array().unwrap();
    assert!(!missed.is_empty());
    assert!(missed.iter().all(|pair| pair["gate"] == "simhash further apart than 3 bits"));
    assert_eq!(weak["pairs"].as_u64().unwrap() - weak["found"].as_u64().unwrap(), missed.len() as u64);
    // Exhaustive: what the weak run found and what the audit says it missed are what the join finds.
    let path = dir.path("news.jsonl");
    let all = Reports::of(&path, &["--classic", "--jaccard", "0.5"]).relations();
    let mut met: BTreeSet<(String, String)> = Reports::of(&path, &flags).relations().into_keys().collect();
    let id = |pair: &Value, side: &str| pair[side].as_str().unwrap().to_owned();
    met.extend(missed.iter().map(|pair| (id(pair, "a"), id(pair, "b"))));
    assert_eq!(met, all.into_keys().collect());
}

#[test]
fn stars_count_as_found_and_order_and_threads_change_nothing() {
    let dir = Dir::new();
    let story = News::new(5).story(9);
    let copies: String = (0..130).map(|i| record(&format!("c{i:03}"), &story)).collect();
    let edited = record("edited", &News::new(6).edited(&story, 30));
    let records = copies + &edited;
    let audit = audited(&dir, records.clone(), &["--audit", "40", "-j", "1"]);
    assert_eq!((&audit["recall"], audit["missed"].as_array().unwrap().len()), (&1.0.into(), 0), "{audit}");
    assert!(audit["pairs"].as_u64().unwrap() > 4000, "every copy is one with every other");
    assert_eq!(audit, audited(&dir, records, &["--audit", "40", "-j", "4"]));
}

/// Where candidates are weakened on purpose, the interval holds the truth in 95 of 100 runs, of 200 seeded ones.
#[test]
fn intervals_hold_the_truth() {
    let dir = Dir::new();
    let resources = Resources::default().with_threads(1);
    let mut policy = Policy::default();
    (policy.mode, policy.jaccard, policy.method) = (Mode::Classic, 0.5, Method::Simhash);
    let (mut held, mut runs, mut lossy) = (0, 0, 0);
    for seed in 0..20 {
        let path = dir.file(&format!("{seed}.jsonl"), corpus_of(100 + seed, 60));
        let corpus = Corpus::open(&[path], &CorpusOptions::default(), &resources).unwrap();
        let run = Scan::new().policy(policy).resources(resources.clone()).run(&corpus).unwrap();
        let audit = |documents: usize, seed: u64| run.audit(AuditOptions { documents, seed }).unwrap();
        let truth = audit(usize::MAX, 0).recall.unwrap();
        lossy += usize::from(truth < 0.9);
        for draw in 0..10 {
            let audit = audit(60, draw);
            held += usize::from(audit.low <= truth && truth <= audit.high);
            runs += 1;
        }
    }
    assert_eq!(runs, 200);
    assert!(lossy >= 10, "the method is weak: {lossy} of 20");
    // Of 200 runs at 95 % two standard deviations are 6: the tolerance.
    assert!(held >= 190 - 6, "{held} of {runs}");
}

/// Without being asked every report says what the run would have found of planted copies, and what that does not show.
#[test]
fn every_run_certifies_itself_with_a_small_sample() {
    let dir = Dir::new();
    let path = dir.file("news.jsonl", corpus_of(3, 60));
    let recovery = |flags: &[&str]| Reports::of(&path, flags).json["recovery"].clone();
    let met = |recovery: &Value| {
        let rows = recovery["by_kind"].as_object().unwrap().values();
        rows.map(|row| (row["met"].as_u64().unwrap(), row["planted"].as_u64().unwrap())).collect::<Vec<_>>()
    };
    for flags in [&[][..], &["--classic"]] {
        let recovery = recovery(flags);
        assert!(recovery["documents"].as_u64().unwrap() > 0);
        // A run is no more than a few in a hundred slower: one document in 200.
        assert!(recovery["documents"].as_u64().unwrap() * 100 <= 240, "{recovery}");
        assert!(recovery["shows"].as_str().unwrap().contains("--audit N"));
        if flags.is_empty() {
            assert!(met(&recovery).iter().all(|(met, planted)| met == planted), "{recovery}");
        }
    }
    let weak = met(&recovery(&["--classic", "--method", "simhash"]));
    assert!(weak.iter().any(|(met, planted)| met < planted), "simhash finds no excerpts: {weak:?}");
    let shown = stdout(&run(&["scan", &path.display().to_string()]));
    assert!(shown.contains("self-test: all ") && shown.contains("would have been compared"), "{shown}");
    let shown = stdout(&run(&["scan", &path.display().to_string(), "--audit", "20"]));
    assert!(shown.contains("audit: 20 documents drawn") && shown.contains("95 % interval"), "{shown}");
}
