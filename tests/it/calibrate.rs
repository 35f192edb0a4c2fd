//! What other thresholds would give.

use serde_json::Value;

use crate::harness::*;
use crate::news::News;

fn edited_copies() -> String {
    let mut news = News::new(11);
    let mut records = String::new();
    for family in 0..12 {
        let story = news.story(9);
        records += &record(&format!("a{family}"), &story);
        records += &record(&format!("b{family}"), &news.edited(&story, 4 + 3 * family));
        let part = story.lines().take(6).collect::<Vec<_>>().join("\n");
        records += &record(&format!("c{family}"), &format!("{part}\n{}", news.story(3 + family)));
    }
    records
}

#[test]
fn thresholds_are_tried_on_saved_pairs_alone() {
    let dir = Dir::new();
    let path = dir.file("news.jsonl", edited_copies());
    let name = path.display().to_string();
    let direct: Value =
        serde_json::from_slice(&run(&["calibrate", &name, "--report", "json"]).stdout).unwrap();
    let pairs = dir.path("pairs.ndjson").display().to_string();
    let saved = format!("pairs={pairs}");
    run(&["scan", &name, "--quiet", "--threshold", "0.3", "--containment", "0.3", "--report", &saved]);
    std::fs::remove_file(path).unwrap();
    let output = run(&["calibrate", "--from", &pairs, "--report", "json"]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let again: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(again, direct);
    for measure in ["score", "containment"] {
        let steps = again[measure].as_array().unwrap();
        assert_eq!(
            (&steps[0]["threshold"], &steps[steps.len() - 1]["threshold"]),
            (&1.0.into(), &0.3.into())
        );
        let pairs: Vec<u64> = steps.iter().map(|step| step["pairs"].as_u64().unwrap()).collect();
        assert!(pairs.is_sorted() && pairs[0] < pairs[pairs.len() - 1], "{measure}: {pairs:?}");
        for step in steps {
            assert!(step["removed"].as_u64() >= step["clusters"].as_u64());
            for pair in step["borderline"].as_array().unwrap() {
                let distance = pair["value"].as_f64().unwrap() - step["threshold"].as_f64().unwrap();
                assert!(distance.abs() <= 0.0251, "{pair}");
            }
        }
        assert!(steps.iter().any(|step| !step["borderline"].as_array().unwrap().is_empty()));
    }
}

#[test]
fn the_table_is_for_people_and_for_spreadsheets() {
    let dir = Dir::new();
    let path = dir.file("news.jsonl", edited_copies()).display().to_string();
    let shown = stdout(&run(&["calibrate", &path]));
    assert!(shown.contains("score") && shown.contains("0.70*") && shown.contains("removed"), "{shown}");
    let duplicates = Reports::of(std::path::Path::new(&path), &[]).count("duplicates");
    assert!(shown.contains(&format!("(*) finds {duplicates} duplicates in ")), "{shown}");
    let csv = stdout(&run(&["calibrate", &path, "--report", "csv"]));
    assert_eq!(csv.lines().next(), Some("measure,threshold,pairs,clusters,removed"));
    assert!(csv.lines().any(|line| line.starts_with("containment,0.7,")), "{csv}");
    assert_eq!(code(&run(&["calibrate"])), 2, "of what?");
    let broken = dir.file("broken.ndjson", "{}\n").display().to_string();
    assert_eq!(code(&run(&["calibrate", "--from", &broken])), 2);
}

/// As many copies as a scan at that threshold has.
#[test]
fn a_step_counts_what_a_scan_finds() {
    let dir = Dir::new();
    let path = dir.file("news.jsonl", edited_copies());
    let csv = stdout(&run(&["calibrate", &path.display().to_string(), "--report", "csv"]));
    let reports = Reports::of(&path, &[]);
    let copies = |relation: &str| reports.json["accounting"]["pairs"][relation].as_u64().unwrap_or(0);
    let pairs: u64 = ["exact", "near", "contained"].map(copies).iter().sum();
    let line = csv.lines().find(|line| line.starts_with("score,0.7,")).unwrap();
    let of_step: Vec<u64> = line.split(',').skip(2).map(|cell| cell.parse().unwrap()).collect();
    assert_eq!((of_step[0], of_step[2]), (pairs, reports.count("duplicates")), "{line}");
}
