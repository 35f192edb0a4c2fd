//! A title is part of a short text: two companies that send one note of a dividend sent two notes.

use serde_json::{Value, json};
use wirecopy::filter::{Answer, Incoming};
use wirecopy::index::{Keep, Snapshot, upgrade};
use wirecopy::judge::Directed;

use crate::disk::FaultyDisk;
use crate::harness::{Dir, Reports, code, corpus, program, run, run_with_input, stdout};
use crate::index::{Numbers, created, is_well, opened};

const NOTE: &str = "Quarterly dividend of ten cents against ten cents a year ago, payable on April 2 to holders of record \
    on March 5.";

fn line(id: &str, title: &str) -> String {
    format!("{}\n", json!({ "id": id, "source": id, "title": title, "text": NOTE }))
}

/// Two companies' notes, a copy of each, one of them misspelt.
fn notes() -> String {
    [
        line("a1", "Acme declares dividend"),
        line("b1", "Bolt declares dividend"),
        line("a2", "Acme declares dividend"),
        line("a3", "Acme declares divedend"),
        line("b2", "Bolt declares dividend"),
    ]
    .concat()
}

fn relation(reports: &Reports, a: &str, b: &str) -> String {
    let key = (a.to_owned(), b.to_owned());
    reports.relations().get(&key).map(|(relation, _)| relation.clone()).unwrap_or_default()
}

#[test]
fn a_scan_parts_notes_and_all_that_follows_does() {
    let dir = Dir::new();
    let path = dir.file("notes.jsonl", notes());
    let reports = Reports::of(&path, &["--audit", "5", "--seed", "1"]);
    let pairs = reports.relations();
    assert_eq!(pairs.len(), 10);
    for ((a, b), (found, _)) in &pairs {
        let expected = if a[..1] == b[..1] { "exact" } else { "templated" };
        assert_eq!(found, expected, "{a} and {b}");
    }
    assert_eq!((reports.count("duplicates"), reports.count("unique")), (3, 2));
    let clusters = reports.json["clusters"].as_array().unwrap();
    assert_eq!(clusters.len(), 2);
    let audit = &reports.json["audit"];
    assert_eq!((&audit["recall"], &audit["missed"]), (&json!(1.0), &json!([])));
    assert_eq!(audit["by_relation"]["templated"]["pairs"], json!(6), "{audit}");
    // Threads and the order of records change nothing.
    let turned: String = notes().lines().rev().map(|line| format!("{line}\n")).collect();
    let turned = Reports::of(&dir.file("turned.jsonl", turned), &["--threads", "3"]);
    assert_eq!(turned.relations(), pairs);
    let raw = Reports::of(&path, &["--classic"]);
    assert!(
        raw.relations().values().all(|(found, _)| found == "exact"),
        "by raw measures titles say nothing"
    );
    assert_eq!(raw.count("duplicates"), 4);
    let kept = dir.path("kept.jsonl");
    let deduped = program().args(["dedup", "-q"]).arg(&path).arg("--output").arg(&kept).output().unwrap();
    assert_eq!(code(&deduped), 0);
    let kept = std::fs::read_to_string(kept).unwrap();
    assert!(kept.lines().count() == 2 && kept.contains("Acme") && kept.contains("Bolt"), "{kept}");
}

#[test]
fn compare_says_that_titles_decided() {
    let dir = Dir::new();
    let path = dir.file("notes.jsonl", notes());
    let compare = |a: &str, b: &str| -> Value {
        let output =
            program().args(["compare", a, b, "--report", "json", "--in"]).arg(&path).output().unwrap();
        assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let other = compare("a1", "b1");
    assert_eq!((&other["relation"], &other["score"]), (&json!("templated"), &json!(1.0)));
    let said = other["tests"].as_array().unwrap();
    let holds = |test: &Value| test["holds"] == json!(true) && test["relation"] == json!("templated");
    assert!(said.len() == 2 && said.iter().all(holds), "{said:?}");
    assert!(said[1]["what"].as_str().unwrap().contains("titles"), "{said:?}");
    assert_eq!(other["spans"][0]["a"], json!([0, NOTE.len() - 1]));
    let same = compare("a1", "a3");
    assert_eq!(same["relation"], json!("exact"));
    assert_eq!(same["tests"].as_array().unwrap().last().unwrap()["what"], json!("equal token sequences"));
}

#[test]
fn files_whose_titles_differ_are_not_removed_for_one_another() {
    let dir = Dir::new();
    let page =
        |title: &str| format!("<html><head><title>{title}</title></head><body><p>{NOTE}</p></body></html>");
    for (name, title) in
        [("a1", "Acme declares dividend"), ("a2", "Acme declares dividend"), ("b1", "Bolt declares dividend")]
    {
        dir.file(&format!("pages/{name}.html"), page(title));
    }
    let (pages, report) = (dir.path("pages"), dir.path("report.json"));
    let target = format!("json={}", report.display());
    let scanned = program().args(["scan", "-q"]).arg(&pages).args(["--report", &target]).output().unwrap();
    assert_eq!(code(&scanned), 0);
    let applied = program()
        .args(["apply", "-q", "--action", "delete", "--yes", "--root"])
        .arg(&pages)
        .arg(&report)
        .output()
        .unwrap();
    assert_eq!(code(&applied), 0, "{}", String::from_utf8_lossy(&applied.stderr));
    let mut left: Vec<String> = std::fs::read_dir(&pages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".html"))
        .collect();
    left.sort();
    assert_eq!(left, ["a1.html", "b1.html"]);
}

#[test]
fn a_second_set_and_time_part_notes_too() {
    let dir = Dir::new();
    let own = dir.file(
        "own.jsonl",
        [line("a1", "Acme declares dividend"), line("c1", "Cole declares dividend")].concat(),
    );
    let known = dir.file(
        "known.jsonl",
        [line("b1", "Bolt declares dividend"), line("a2", "Acme declares dividend")].concat(),
    );
    let reports = Reports::of(&own, &["--against", known.to_str().unwrap()]);
    let found: Vec<String> =
        reports.relations().iter().map(|(pair, of)| format!("{pair:?} {}", of.0)).collect();
    assert_eq!(
        found,
        [
            "(\"a1\", \"a2\") exact",
            "(\"a1\", \"b1\") templated",
            "(\"a2\", \"c1\") templated",
            "(\"b1\", \"c1\") templated"
        ]
    );
    assert_eq!(reports.count("duplicates"), 1);
    let dated = |id: &str, title: &str, day: u32| {
        let date = format!("2024-05-{day:02}");
        format!("{}\n", json!({ "id": id, "title": title, "date": date, "text": NOTE }))
    };
    let all = [
        dated("a1", "Acme declares dividend", 1),
        dated("b1", "Bolt declares dividend", 2),
        dated("a2", "Acme declares dividend", 3),
        dated("a3", "Acme declares dividend", 20),
    ];
    let reports = Reports::of(&dir.file("dated.jsonl", all.concat()), &["--within", "2d"]);
    assert_eq!(relation(&reports, "a1", "a2"), "exact");
    assert_eq!(relation(&reports, "a1", "b1"), "templated");
    assert_eq!(reports.relations().len(), 3, "a3 is alone");
}

/// What the filter says: verdict and match, by id.
fn said(output: &str) -> Vec<(String, String, String)> {
    let row = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&line["id"]), text(&line["wirecopy"]["verdict"]), text(&line["wirecopy"]["of"]))
    };
    output.lines().map(row).collect()
}

#[test]
fn the_filter_and_the_index_know_titles() {
    let expected = [
        ("a1", "new", ""),
        ("b1", "templated", "a1"),
        ("a2", "exact", "a1"),
        ("a3", "exact", "a1"),
        ("b2", "exact", "b1"),
    ]
    .map(|(id, verdict, of)| (id.to_owned(), verdict.to_owned(), of.to_owned()));
    for store in ["text", "signatures"] {
        let dir = Dir::new();
        let index = dir.path("index").display().to_string();
        assert_eq!(code(&run(&["index", "create", &index, "--store", store])), 0);
        let filtered = run_with_input(&["filter", "-q", "--index", &index], notes().as_bytes());
        assert_eq!(said(&stdout(&filtered)), expected, "{store}");
        // Again, after what was sealed is read from its file.
        assert_eq!(code(&run(&["index", "compact", "-q", &index])), 0);
        let again = run_with_input(&["filter", "-q", "--index", &index], notes().as_bytes());
        assert_eq!(said(&stdout(&again)), expected, "{store}");
        let more = [line("b3", "Bolt declares dividend"), line("d1", "Dorn declares dividend")].concat();
        let more = run_with_input(&["filter", "-q", "--check", "--index", &index], more.as_bytes());
        let more = said(&stdout(&more));
        assert_eq!((&*more[0].1, &*more[0].2), ("exact", "b1"), "{store}");
        assert_eq!(more[1].1, "templated", "{store}");
        let exported = stdout(&run(&["index", "export", &index]));
        assert_eq!(exported.matches("\"title\":\"Bolt declares dividend\"").count(), 2, "{exported}");
    }
}

#[test]
fn a_corpus_that_is_loaded_says_what_the_filter_says() {
    let dir = Dir::new();
    let path = dir.file("notes.jsonl", notes()).display().to_string();
    let index = dir.path("index").display().to_string();
    let built = run(&["index", "build", "-q", &index, &path]);
    assert_eq!(code(&built), 0, "{}", String::from_utf8_lossy(&built.stderr));
    let again = run_with_input(&["filter", "-q", "--index", &index], notes().as_bytes());
    let verdicts: Vec<String> = said(&stdout(&again)).into_iter().map(|(_, verdict, _)| verdict).collect();
    assert_eq!(verdicts, ["new", "templated", "exact", "exact", "exact"]);
    let other = dir.file("other.jsonl", line("b9", "Bolt declares dividend"));
    let pairs = format!("pairs={}", dir.path("pairs").display());
    let scanned = program()
        .args(["scan", "-q"])
        .arg(&other)
        .args(["--index", &index, "--report", &pairs])
        .output()
        .unwrap();
    assert_eq!(code(&scanned), 0, "{}", String::from_utf8_lossy(&scanned.stderr));
    let pairs = std::fs::read_to_string(dir.path("pairs")).unwrap();
    let row: Value = serde_json::from_str(pairs.lines().next().unwrap()).unwrap();
    assert_eq!((&row["relation"], &row["a"]), (&json!("exact"), &json!("b1")), "{pairs}");
}

/// Companies whose names have nothing in common.
fn companies(count: usize) -> Vec<String> {
    let mut numbers = Numbers::new(9);
    let mut letter = || char::from(b'a' + numbers.below(26) as u8);
    let name = |_| (0..9).map(|_| letter()).collect();
    (0..count).map(name).collect()
}

#[test]
fn one_note_of_many_companies_is_a_star() {
    let names = companies(140);
    let title = |name: &str| format!("{name} declares dividend");
    let all: String = (0..2)
        .flat_map(|copy| names.iter().enumerate().map(move |(i, name)| (copy, i, name)))
        .map(|(copy, i, name)| line(&format!("{copy}-{i:03}"), &title(name)))
        .collect();
    let dir = Dir::new();
    let path = dir.file("flood.jsonl", &all);
    let reports = Reports::of(&path, &["--audit", "40", "--seed", "2"]);
    assert_eq!(reports.count("duplicates"), 140);
    assert!(reports.pairs.len() < 1000, "{} pairs", reports.pairs.len());
    let exact = reports.relations().iter().filter(|(_, of)| of.0 == "exact").count();
    assert_eq!(exact, 140);
    assert_eq!(reports.json["audit"]["recall"], json!(1.0));
    // However many notes of the same words came before, a copy finds its own.
    let index = dir.path("index").display().to_string();
    let filtered = run_with_input(&["filter", "-q", "--index", &index], all.as_bytes());
    let said = said(&stdout(&filtered));
    assert!(said[1..140].iter().all(|(_, verdict, _)| verdict == "templated"));
    for (id, verdict, of) in &said[140..] {
        assert_eq!((&**verdict, &of[2..]), ("exact", &id[2..]), "{id}");
    }
}

fn incoming(id: &str, title: &str) -> Incoming {
    Incoming::new(id, NOTE).title(title)
}

#[test]
fn titles_survive_a_kill_and_an_upgrade() {
    let documents = [
        incoming("a1", "Acme declares dividend"),
        incoming("b1", "Bolt declares dividend"),
        incoming("a2", "Acme declares dividend"),
    ];
    for keep in [Keep::Text, Keep::Signatures] {
        let disk = FaultyDisk::new();
        let mut filter = created(&disk, keep).unwrap();
        let first: Vec<Answer> =
            documents.iter().map(|one| filter.batch(std::slice::from_ref(one)).unwrap().remove(0)).collect();
        let relations = first.iter().map(|answer| answer.verdict.relation);
        assert!(relations.eq([Directed::New, Directed::Templated, Directed::Exact]));
        // Nothing is closed: as a kill leaves it.
        let mut filter = opened(&FaultyDisk::with(disk.files())).unwrap();
        let again = filter.batch(&documents).unwrap();
        assert!(again.iter().zip(&first).all(|(now, then)| now.again && now.verdict == then.verdict));
        let next = filter.batch(&[incoming("b2", "Bolt declares dividend")]).unwrap();
        assert_eq!((next[0].verdict.relation, next[0].verdict.of()), (Directed::Exact, Some("b1")));
    }
}

/// Indexes of version 2, as a program wrote them that kept no titles: they are refused, and brought over as they are.
#[test]
fn an_index_without_titles_is_brought_over() {
    for name in ["golden/index_v2", "golden/index_v2_signatures"] {
        let entries = std::fs::read_dir(corpus(name)).unwrap().map(|entry| entry.unwrap().path());
        let files = entries.map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap())
        });
        let disk = FaultyDisk::with(files);
        let refused = Snapshot::open(&disk.store(), None, None).map(drop).unwrap_err();
        assert!(refused.to_string().contains("index upgrade"), "{refused}");
        let upgraded = upgrade(&disk, &wirecopy::filter::remaker).unwrap();
        assert_eq!(upgraded.documents, Some(3), "{name}");
        is_well(&disk, name);
        let mut filter = opened(&disk).unwrap();
        // Whoever has no title is a copy, as before.
        let known = filter
            .check(&[Incoming::new("acme", NOTE).site("wire"), incoming("new", "Acme declares dividend")]);
        let known = known.unwrap();
        assert!(known[0].again && known[0].verdict.relation == Directed::New, "{name}");
        assert_eq!(known[1].verdict.relation, Directed::Exact, "{name}");
        let next = [incoming("x", "Dorn declares dividend"), incoming("y", "Cole declares dividend")];
        assert_eq!(filter.batch(&next).unwrap().len(), 2);
        filter.close().unwrap();
        is_well(&disk, name);
        assert_eq!(upgrade(&disk, &wirecopy::filter::remaker).unwrap().documents, None, "{name}");
    }
}

/// What differs in a word or two is no other note by itself: titles tell of that too.
#[test]
fn nearly_equal_notes_are_told_by_their_titles() {
    let other = NOTE.replace("payable on", "to be paid on");
    let row = |id: &str, title: &str, text: &str| {
        format!("{}\n", json!({ "id": id, "source": id, "title": title, "text": text }))
    };
    let lines = [
        row("a1", "Acme declares dividend", NOTE),
        row("b1", "Bolt declares dividend", NOTE),
        row("a2", "Acme declares dividend", &other),
        row("c1", "Cole declares dividend", &other),
        row("n1", "", &other),
    ];
    let dir = Dir::new();
    let path = dir.file("notes.jsonl", lines.concat());
    let reports = Reports::of(&path, &["--audit", "5"]);
    for (a, b, expected) in [
        ("a1", "a2", "near"),
        ("a1", "b1", "templated"),
        ("a1", "c1", "templated"),
        ("a1", "n1", "near"),
        ("a2", "b1", "templated"),
        ("a2", "c1", "templated"),
        ("a2", "n1", "exact"),
        ("b1", "c1", "templated"),
        ("b1", "n1", "near"),
        ("c1", "n1", "exact"),
    ] {
        assert_eq!(relation(&reports, a, b), expected, "{a} and {b}");
    }
    assert_eq!(reports.json["audit"]["recall"], json!(1.0));
    let index = dir.path("index").display().to_string();
    let filtered = run_with_input(&["filter", "-q", "--index", &index], lines.concat().as_bytes());
    let said = said(&stdout(&filtered));
    let verdicts: Vec<(&str, &str)> = said.iter().map(|(_, verdict, of)| (&**verdict, &**of)).collect();
    assert_eq!(
        verdicts,
        [("new", ""), ("templated", "a1"), ("near", "a1"), ("templated", "a2"), ("exact", "a2")]
    );
    // A note that stands in a digest is one, whatever both are called.
    let digest =
        format!("{NOTE} The harbour master closed the outer quay on Tuesday after a crane had failed twice.");
    let lines = [row("a1", "Acme declares dividend", NOTE), row("d", "Highlights at 1145", &digest)];
    let reports = Reports::of(&dir.file("digest.jsonl", lines.concat()), &[]);
    assert_eq!(relation(&reports, "a1", "d"), "contained");
}
