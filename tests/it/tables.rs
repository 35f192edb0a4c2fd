//! The `parquet` report, read back and compared with the others.

use std::fs::File;
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Map, Value, json};

use crate::harness::*;

const TABLES: [&str; 4] = ["documents", "pairs", "clusters", "pages"];

/// Scans into a directory of tables.
fn tables(path: &Path, directory: &Path, flags: &[&str]) {
    let target = format!("parquet={}", directory.display());
    let output =
        program().args(["scan", "--quiet", "--report", &target]).args(flags).arg(path).output().unwrap();
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
}

/// A table's rows.
fn rows(directory: &Path, table: &str) -> Vec<Map<String, Value>> {
    let file = File::open(directory.join(table).with_extension("parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let cell = |(name, field): (&String, &Field)| (name.clone(), value(field));
    reader.get_row_iter(None).unwrap().map(|row| row.unwrap().get_column_iter().map(cell).collect()).collect()
}

fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(flag) => json!(flag),
        Field::Long(count) => json!(count),
        Field::Double(number) => json!(number),
        Field::Str(text) => json!(text),
        Field::ListInternal(list) => list.elements().iter().map(value).collect(),
        Field::Group(row) => {
            row.get_column_iter().map(|(name, field)| (name.clone(), value(field))).collect()
        }
        other => panic!("no column is of this type: {other:?}"),
    }
}

/// A row of the pairs report as its table has it.
fn flattened(pair: &Value) -> Map<String, Value> {
    let mut row = Map::new();
    for name in
        ["a", "b", "relation", "inner", "same_site", "jaccard", "containment_a_in_b", "containment_b_in_a"]
    {
        row.insert(name.to_owned(), pair[name].clone());
    }
    for name in ["score", "coverage_a", "coverage_b", "identity", "indexed"] {
        row.insert(name.to_owned(), pair[name].clone());
    }
    let span = |span: &Value| {
        json!({
            "a_start": span["a"][0], "a_end": span["a"][1], "b_start": span["b"][0], "b_end": span["b"][1],
            "tokens": span["tokens"], "identity": span["identity"],
        })
    };
    let spans = pair["spans"].as_array().map(|spans| spans.iter().map(span).collect());
    row.insert("spans".to_owned(), spans.unwrap_or_default());
    row
}

/// A row of the documents table as a line of csv.
fn line(row: &Map<String, Value>, header: &str) -> String {
    let cell = |name: &str| match &row[name] {
        Value::Null => String::new(),
        Value::String(text) if text.contains([',', '"']) => format!("\"{}\"", text.replace('"', "\"\"")),
        Value::String(text) => text.clone(),
        // As csv has it: 1 and not 1.0.
        Value::Number(number) => number.as_f64().unwrap().to_string(),
        other => panic!("{other}"),
    };
    assert_eq!(row.len(), header.split(',').count());
    header.split(',').map(cell).collect::<Vec<_>>().join(",")
}

#[test]
fn tables_hold_what_the_other_reports_hold() {
    let dir = Dir::new();
    for flags in [&[][..], &["--classic"]] {
        let (directory, reports) = (dir.path("new/tables"), Reports::of(&corpus(""), flags));
        tables(&corpus(""), &directory, flags);
        let (header, lines) = reports.csv.split_once('\n').unwrap();
        let documents = rows(&directory, "documents");
        let documents: Vec<String> = documents.iter().map(|row| line(row, header)).collect();
        assert_eq!(documents, lines.lines().collect::<Vec<_>>());
        let pairs: Vec<_> = reports.pairs.iter().map(flattened).collect();
        assert_eq!(rows(&directory, "pairs"), pairs);
        let members = reports.json["clusters"].as_array().unwrap().iter().flat_map(|cluster| {
            let members = cluster["members"].as_array().unwrap().iter();
            let mut members: Vec<&Value> =
                std::iter::once(&cluster["representative"]).chain(members).collect();
            members.sort_by_key(|member| member["id"] != cluster["lead"]);
            members.into_iter().map(move |member| (cluster, member))
        });
        let clusters = rows(&directory, "clusters");
        assert_eq!(clusters.len(), members.clone().count());
        for (row, (cluster, member)) in clusters.iter().zip(members) {
            for (name, value) in row {
                let expected = match name.as_str() {
                    "cluster" => &cluster["id"],
                    "representative" => &cluster["representative"]["id"],
                    "lead" => &cluster["lead"],
                    "origin_order" => &cluster["origin"]["order"],
                    "origin" => &cluster["origin"]["id"],
                    "origin_confidence" => &cluster["origin"]["confidence"],
                    "parent" => &member["parent"]["id"],
                    "parent_way" => &member["parent"]["way"],
                    "parent_lag" => &member["parent"]["lag"],
                    "parent_lag_days" => &member["parent"]["lag_days"],
                    "parent_verbatim" => &member["parent"]["verbatim"],
                    name => &member[name],
                };
                let is_none = value.is_null() && expected == "";
                assert!(value == expected || is_none, "{name}: {value} for {expected}");
            }
        }
        let repeats: Vec<Map<String, Value>> =
            reports.json["pages"].as_array().unwrap().iter().flat_map(repeats_of).collect();
        let pages = rows(&directory, "pages").into_iter().filter(|row| !row["places"].is_null());
        assert!(!repeats.is_empty());
        assert_eq!(pages.collect::<Vec<_>>(), repeats);
    }
}

/// The repeats of a page of the json report as its table has them.
fn repeats_of(page: &Value) -> Vec<Map<String, Value>> {
    let place = |place: &Value| {
        let mut place = place.clone();
        // Only elements of HTML pages have one.
        place.as_object_mut().unwrap().entry("path").or_insert(json!(""));
        place
    };
    let row = |repeat: &Value| {
        let mut row = Map::new();
        row.insert("id".to_owned(), page["id"].clone());
        row.insert("path".to_owned(), page["path"].clone());
        for name in ["kind", "text", "count", "furniture"] {
            row.insert(name.to_owned(), repeat[name].clone());
        }
        let places = repeat["places"].as_array().unwrap().iter().map(place).collect();
        row.insert("places".to_owned(), places);
        row
    };
    page["repeats"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn tables_are_the_same_bytes_on_any_number_of_threads() {
    let dir = Dir::new();
    let [one, two] = ["1", "2"].map(|threads| {
        let directory = dir.path(threads);
        tables(&corpus(""), &directory, &["-j", threads]);
        TABLES.map(|table| std::fs::read(directory.join(table).with_extension("parquet")).unwrap())
    });
    assert!(one == two);
}

#[test]
fn a_saved_report_gives_its_clusters_as_a_table() {
    let dir = Dir::new();
    let (saved, [scanned, rendered]) =
        (dir.path("saved.json"), ["scanned", "rendered"].map(|name| dir.path(name)));
    tables(&corpus(""), &scanned, &["--report", &format!("json={}", saved.display())]);
    let target = format!("parquet={}", rendered.display());
    assert_eq!(code(&run(&["report", "render", &saved.display().to_string(), "--report", &target])), 0);
    assert_eq!(rows(&rendered, "clusters"), rows(&scanned, "clusters"));
    assert!(!rendered.join("documents.parquet").exists(), "a saved report does not name them all");
}

#[test]
fn tables_need_a_directory() {
    let dir = Dir::new();
    let path = dir.file("a.txt", "A text.").display().to_string();
    let output = run(&["scan", &path, "--report", "parquet"]);
    assert_eq!(code(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("parquet=DIR"));
    let taken = run(&["scan", &path, "--report", &format!("parquet={path}")]);
    assert_eq!(code(&taken), 2);
    assert!(String::from_utf8_lossy(&taken.stderr).contains("not a directory"));
}

#[test]
fn nothing_gives_tables_without_rows() {
    let dir = Dir::new();
    tables(&dir.file("empty.jsonl", ""), &dir.path("tables"), &[]);
    for table in TABLES {
        assert_eq!(rows(&dir.path("tables"), table), []);
    }
}
