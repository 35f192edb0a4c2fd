//! Precision as a reader measures it: a sheet that hides what the scan said, filled in and read back.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::*;

/// The bundled corpus' labels: what two documents are to each other.
fn truth() -> BTreeMap<(String, String), String> {
    let labels = std::fs::read_to_string(corpus("labels.tsv")).unwrap();
    let rows = labels.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    rows.map(|row| ((row[0].clone(), row[1].clone()), row[2].clone())).collect()
}

/// The rows of a table without line ends in its cells.
fn rows(table: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut in_quotes = false;
    for c in table.chars() {
        let row = rows.last_mut().unwrap();
        match c {
            '"' => in_quotes = !in_quotes,
            ',' if !in_quotes => row.push(String::new()),
            '\n' if !in_quotes => rows.push(vec![String::new()]),
            c => row.last_mut().unwrap().push(c),
        }
    }
    rows.pop();
    rows
}

struct Sheet {
    dir: Dir,
    path: String,
}

impl Sheet {
    fn drawn(pairs: usize, seed: usize) -> Sheet {
        let dir = Dir::new();
        let path = dir.path("sheet.csv").display().to_string();
        let (review, seed) = (format!("{pairs}={path}"), seed.to_string());
        let labelled = corpus("").display().to_string();
        let output = run(&["scan", &labelled, "--quiet", "--review", &review, "--seed", &seed]);
        assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
        Sheet { dir, path }
    }

    fn read(&self) -> Vec<Vec<String>> {
        rows(&std::fs::read_to_string(&self.path).unwrap())
    }

    /// Fills in what `say` says of each pair, as a spreadsheet with semicolons would write it.
    fn fill(&self, mut say: impl FnMut(&str, &str) -> String) {
        let mut table = String::from("\u{feff}number;verdict;key\r\n");
        for row in self.read().into_iter().skip(1) {
            table += &format!("{};{};{}\r\n", row[0], say(&row[3], &row[4]), row[15]);
        }
        std::fs::write(&self.path, table).unwrap();
    }

    fn said(&self) -> Value {
        let output = run(&["calibrate", "--labels", &self.path, "--report", "json"]);
        assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

#[test]
fn a_sheet_hides_the_answer_and_is_the_same_for_one_seed() {
    let sheet = Sheet::drawn(60, 1);
    let rows = sheet.read();
    assert_eq!(rows.len(), 61);
    assert_eq!(rows[0][..5], ["number", "verdict", "note", "a", "b"]);
    for row in &rows[1..] {
        assert_eq!(row.len(), 16, "{row:?}");
        assert!(row[1].is_empty() && !row[13].is_empty() && !row[14].is_empty());
        assert!(row[15].bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
    let read = |sheet: &Sheet| std::fs::read_to_string(&sheet.path).unwrap();
    assert_eq!(read(&sheet), read(&Sheet::drawn(60, 1)));
    assert_ne!(read(&sheet), read(&Sheet::drawn(60, 2)));
    let page = std::fs::read_to_string(sheet.dir.path("sheet.html")).unwrap();
    assert!(page.contains("sheet.csv") && page.contains("default-src 'none'"));
    assert!(!page.contains("\"relation\"") && !page.contains("\"score\""));
    // A sheet may be filled in: it is not written over.
    let (review, labelled) = (format!("5={}", sheet.path), corpus("").display().to_string());
    let again = run(&["scan", &labelled, "-q", "--review", &review]);
    assert!(code(&again) == 2 && read(&sheet) == read(&Sheet::drawn(60, 1)));
    for wrong in ["sheet.csv", "0=sheet.csv", "5=sheet.html", "5="] {
        assert_eq!(code(&run(&["scan", &labelled, "-q", "--review", wrong])), 2, "{wrong}");
    }
}

#[test]
fn labels_give_precision_by_relation_with_an_interval_that_holds_the_truth() {
    let truth = truth();
    let none = "none".to_owned();
    // What is true of all pairs of the scan.
    let reports = Reports::of(&corpus(""), &[]);
    let mut all: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (pair, (relation, _)) in reports.relations() {
        let is_right = truth.get(&pair).unwrap_or(&none) == &relation;
        let counts = all.entry(relation).or_default();
        *counts = (counts.0 + 1, counts.1 + u64::from(is_right));
    }
    let (mut intervals, mut missed) = (0, Vec::new());
    for seed in 1..=8 {
        let sheet = Sheet::drawn(90, seed);
        sheet.fill(|a, b| truth.get(&(a.to_owned(), b.to_owned())).unwrap_or(&none).to_uppercase());
        let said = sheet.said();
        for row in said["precision"].as_array().unwrap() {
            let Some(&(pairs, right)) = all.get(row["relation"].as_str().unwrap()) else { continue };
            assert_eq!(row["pairs"], pairs);
            let share = right as f64 / pairs as f64;
            intervals += 1;
            let [low, high] = ["low", "high"].map(|bound| row[bound].as_f64().unwrap());
            if share < low - 1e-9 || share > high + 1e-9 {
                missed.push(format!("{seed}: {row} {share}"));
            }
        }
        assert!(said["precision"].as_array().unwrap().iter().any(|row| row["relation"] == "copies"));
    }
    // Of 48 intervals at 95 % two miss, and seldom more than five.
    assert!(intervals >= 40 && missed.len() <= 5, "{missed:#?} of {intervals}");
}

#[test]
fn what_is_open_or_wrong_is_said() {
    let sheet = Sheet::drawn(30, 3);
    let unfilled = run(&["calibrate", "--labels", &sheet.path]);
    assert!(
        code(&unfilled) == 2 && String::from_utf8_lossy(&unfilled.stderr).contains("no pair has a verdict")
    );
    let mut number = 0;
    sheet.fill(|_, _| {
        number += 1;
        if number % 3 == 0 { "?".to_owned() } else { "near".to_owned() }
    });
    assert_eq!(sheet.said()["open"], 10);
    let shown = stdout(&run(&["calibrate", "--labels", &sheet.path]));
    assert!(shown.contains("95 % interval") && shown.contains("Korn and Graubard"), "{shown}");
    assert!(shown.contains("10 pairs have no verdict") && shown.contains("score"), "{shown}");
    let csv = stdout(&run(&["calibrate", "--labels", &sheet.path, "--report", "csv"]));
    assert!(csv.starts_with("relation,threshold,pairs,labelled,right,low,high,kept\n"), "{csv}");
    let filled = std::fs::read_to_string(&sheet.path).unwrap();
    std::fs::write(&sheet.path, filled.replacen(";near;", ";nearly;", 1)).unwrap();
    let wrong = run(&["calibrate", "--labels", &sheet.path]);
    assert!(code(&wrong) == 2 && String::from_utf8_lossy(&wrong.stderr).contains("`nearly`"));
    std::fs::write(&sheet.path, filled.replacen(";near;", ";near;00", 1)).unwrap();
    let wrong = run(&["calibrate", "--labels", &sheet.path]);
    assert!(code(&wrong) == 2 && String::from_utf8_lossy(&wrong.stderr).contains("key"));
}
