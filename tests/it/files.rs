//! Files as people have them: JSON in any layout, tables in any dialect, odd text, and paths that lead to one file.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::containers::*;
use crate::harness::*;

const KELP: &str = "The kelp farm off Orrin Point has lost a third of its lines to the storm, its owners said on Friday. \
    Divers will look for the anchors next week, when the swell is lower, and the harvest begins a month late.";
const TRAM: &str = "Line 4 of the tram goes back to its old route through Mill Street after two years of works. The last \
    rails were laid on Sunday night, and the stop at the library has a roof again, which riders had asked for.";
const MUSEUM: &str = "The museum of clocks has found a buyer for its house, and will close in May unless the town gives it \
    rooms elsewhere. Its four hundred clocks were never wound at once, the curator says, for the noise.";

/// Three records, of which the third is a copy of the first.
fn records() -> Vec<Value> {
    let texts = [("a", KELP), ("b", TRAM), ("c", KELP)];
    texts.map(|(id, text)| json!({ "id": id, "text": text })).to_vec()
}

fn counts(path: &Path, flags: &[&str]) -> (u64, u64) {
    let reports = Reports::of(path, flags);
    assert_eq!(reports.count("unreadable"), 0, "{path:?}: {:?}", reports.reasons());
    (reports.count("documents"), reports.count("duplicates"))
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a scan says of a file in which nothing is a document.
fn refusal(path: &Path, flags: &[&str]) -> String {
    let output = program().arg("scan").arg(path).args(flags).output().unwrap();
    assert_eq!(code(&output), 2, "{}", stdout(&output));
    stderr(&output)
}

fn text_of(path: &Path, flags: &[&str]) -> String {
    let output = program().arg("text").arg(path).args(flags).output().unwrap();
    assert_eq!(code(&output), 0, "{path:?}: {}", stderr(&output));
    stdout(&output)
}

#[test]
fn the_records_of_an_array_are_the_documents() {
    let dir = Dir::new();
    let compact = serde_json::to_string(&records()).unwrap();
    let indented = serde_json::to_string_pretty(&records()).unwrap();
    let one_by_one: String =
        records().iter().map(|record| serde_json::to_string_pretty(record).unwrap() + "\n").collect();
    let on_one_line: String = records().iter().map(Value::to_string).collect();
    let wide: Vec<u8> = format!("\u{feff}{indented}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let layouts = [
        ("compact", compact.clone().into_bytes()),
        ("indented", indented.clone().into_bytes()),
        ("marked", format!("\u{feff} \r\n\n{compact}\n").into_bytes()),
        ("one-by-one", one_by_one.into_bytes()),
        ("on-one-line", on_one_line.into_bytes()),
        ("wide", wide),
    ];
    for (name, bytes) in layouts {
        assert_eq!(counts(&dir.file(&format!("{name}.json"), &bytes), &[]), (3, 1), "{name}");
        assert_eq!(counts(&dir.file(&format!("{name}.json.gz"), gzip(&bytes)), &[]), (3, 1), "{name}");
        assert_eq!(counts(&dir.file(&format!("{name}.json.zst"), zstd(&bytes)), &[]), (3, 1), "{name}");
        assert_eq!(counts(&dir.file(&format!("{name}.export"), &bytes), &[]), (3, 1), "{name}");
        let piped = run_with_input(&["scan", "-", "--report", "json", "--quiet"], &bytes);
        let report: Value = serde_json::from_str(&stdout(&piped)).unwrap();
        assert_eq!(report["accounting"]["documents"], 3, "{name} on standard input");
    }
    assert_eq!(counts(&dir.file("array.jsonl", &indented), &[]), (3, 1));
    let lines: String = records().iter().map(|record| format!("{record}\n")).collect();
    assert_eq!(counts(&dir.file("lines.jl", &lines), &[]), (3, 1));
    assert_eq!(counts(&dir.file("lines.jsonlines", &lines), &[]), (3, 1));
    let one = dir.file("one.json", json!([records()[0]]).to_string());
    assert_eq!(text_of(&one, &[]), KELP);
    // Of an array nothing is prose, whatever it holds.
    let none = dir.file("none.export", r#"["one text", "another text"]"#);
    assert!(refusal(&none, &[]).contains("not a JSON object"));
    for text in [
        format!("[Update] {KELP}"),
        format!("[1] {KELP}"),
        format!("[[Link]] {KELP}"),
        format!("[{{x}}] {KELP}"),
    ] {
        assert_eq!(text_of(&dir.file("text.note", &text), &[]), text);
        assert_eq!(text_of(&dir.file("text.txt", &text), &[]), text);
    }
}

#[test]
fn one_broken_record_of_an_array_is_said_and_the_others_are_read() {
    let dir = Dir::new();
    let indented = serde_json::to_string_pretty(&records()).unwrap();
    let broken = indented.replacen("\"id\": \"b\",", "\"id\": \"b,", 1);
    let reports = Reports::of(&dir.file("x.json", &broken), &[]);
    assert_eq!(
        (reports.count("documents"), reports.count("duplicates"), reports.count("unreadable")),
        (3, 1, 1)
    );
    assert!(reports.reasons()[0].contains("line 6: malformed JSON"), "{:?}", reports.reasons());
    let compact = serde_json::to_string(&records()).unwrap();
    let reports = Reports::of(&dir.file("y.json", compact.replacen("\"b\"", "\"b", 1)), &[]);
    assert_eq!(reports.count("documents"), 2);
    assert_eq!(reports.count("unreadable"), 1);
    assert!(reports.reasons()[0].contains("bytes are lost"), "{:?}", reports.reasons());
    let large = Reports::of(&dir.file("z.json", &indented), &["--max-record", "241"]);
    assert_eq!((large.count("duplicates"), large.count("unreadable")), (1, 1));
    assert!(large.reasons()[0].contains("line 6: larger than 241 bytes"), "{:?}", large.reasons());
}

#[test]
fn folders_give_their_records_and_leave_settings_out() {
    let dir = Dir::new();
    dir.file("s/part-0.json.gz", gzip(record("a", KELP).as_bytes()));
    dir.file("s/deep/part-1.json", record("b", TRAM) + &record("c", KELP));
    dir.file("s/deep/part-2.json.zst", zstd(json!([{ "id": "d", "text": MUSEUM }]).to_string().as_bytes()));
    dir.file("s/one.json", format!("{{\n  \"id\": \"e\",\n  \"text\": \"{TRAM}\"\n}}\n"));
    dir.file("s/late.json", "{\"id\":\"f\"}\n".repeat(50) + &record("g", MUSEUM));
    dir.file("s/settings.json", "{\n  \"texts\": 3,\n  \"paths\": [\"text\"]\n}\n");
    dir.file("s/packages.json", json!([{ "name": "left-pad", "version": "1.0" }]).to_string());
    dir.file(
        "s/map.json.gz",
        gzip(json!({ "type": "Map", "features": [{ "text": "a" }] }).to_string().as_bytes()),
    );
    dir.file("s/number.json", json!({ "text": 7 }).to_string());
    let reports = Reports::of(&dir.path("s"), &[]);
    assert_eq!((reports.count("documents"), reports.count("unreadable")), (56, 50));
    assert_eq!(reports.json["accounting"]["skipped"], json!({ "json": 3, "json.gz": 1 }));
    // What is named is read, and what is wrong with it is said.
    assert!(refusal(&dir.path("s/packages.json"), &[]).contains("`name`, `version`"));
    let (part, list) = (record("a", KELP), array(&docs(2), true));
    let entries: [(&str, &[u8]); 3] =
        [("x/part.json", part.as_bytes()), ("x/settings.json", b"{\"a\": 1}"), ("x/list.json", &list)];
    let zipped = zip(&entries.map(|(name, bytes)| (name, bytes, Packed::Deflated)));
    for (archive, bytes) in [("x.tar", tar(&entries)), ("x.zip", zipped)] {
        let reports = Reports::of(&dir.file(archive, bytes), &[]);
        assert_eq!(
            (reports.count("documents"), reports.json["accounting"]["skipped"]["json"].as_u64()),
            (3, Some(1)),
            "{archive}"
        );
        assert_eq!(reports.count("unreadable"), 0, "{archive}");
    }
}

#[test]
fn what_is_left_of_an_array_is_an_array() {
    let dir = Dir::new();
    let indented = serde_json::to_string_pretty(&records()).unwrap();
    dir.file("s/a.json", &indented);
    dir.file(
        "s/b.json.gz",
        gzip(json!([{ "id": "d", "text": TRAM }, { "id": "e", "text": MUSEUM }]).to_string().as_bytes()),
    );
    dir.file("s/empty.json", "[]");
    dir.file("s/z/one.json", serde_json::to_string_pretty(&records()[0]).unwrap());
    dir.file(
        "s/z/two.json",
        serde_json::to_string_pretty(&json!({ "id": "f", "text": "A story of a lantern that stands in no other file of this corpus, and so it stays where it is for good." })).unwrap(),
    );
    let (source, out) = (dir.path("s"), dir.path("out"));
    let output = program().arg("dedup").arg(&source).arg("--output").arg(&out).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let read = |name: &str| std::fs::read(out.join(name)).unwrap();
    let kept: Vec<Value> = serde_json::from_slice(&read("a.json")).unwrap();
    assert_eq!(kept, records()[..2]);
    assert_eq!(
        String::from_utf8(read("a.json")).unwrap(),
        serde_json::to_string_pretty(&records()[..2]).unwrap()
    );
    // Of a file of one record nothing is left, and it goes.
    assert!(!out.join("z/one.json").exists() && out.join("z/two.json").exists());
    let mut packed = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&read("b.json.gz")[..]), &mut packed)
        .unwrap();
    let kept: Vec<Value> = serde_json::from_slice(&packed).unwrap();
    assert_eq!(kept, [json!({ "id": "e", "text": MUSEUM })]);
    // Lines of two bytes a character stay readable, in UTF-8.
    let lines: String = records().iter().map(|record| format!("{record}\n")).collect();
    let wide: Vec<u8> = format!("\u{feff}{lines}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    let (source, out) = (dir.file("wide.jsonl", wide), dir.path("narrow.jsonl"));
    let output = program().arg("dedup").arg(&source).arg("--output").arg(&out).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let kept: String = records()[..2].iter().map(|record| format!("{record}\n")).collect();
    assert_eq!(std::fs::read_to_string(out).unwrap(), kept);
}

#[test]
fn the_filter_takes_arrays_wide_lines_and_joined_files() {
    let dir = Dir::new();
    let index = dir.path("index").display().to_string();
    let indented = serde_json::to_string_pretty(&records()).unwrap();
    let lines: String = records().iter().map(|record| format!("{record}\n")).collect();
    let wide: Vec<u8> = format!("\u{feff}{lines}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let joined = lines.replacen('\n', "\n\u{feff}", 2);
    let odd = lines.replace("{\"id\"", "{\"n\":[NaN,-Infinity],\"id\"");
    for (number, input) in
        [indented.into_bytes(), wide, joined.into_bytes(), odd.into_bytes()].into_iter().enumerate()
    {
        let output = run_with_input(&["filter", "-q", "--index", &format!("{index}{number}")], &input);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let said = stdout(&output);
        let lines: Vec<&str> = said.lines().collect();
        let verdict = |line: &str, verdict: &str| line.contains(&format!("\"verdict\":\"{verdict}\""));
        assert_eq!(lines.len(), 3, "{number}: {said}");
        assert!(verdict(lines[0], "new") && verdict(lines[1], "new") && verdict(lines[2], "exact"), "{said}");
    }
    // One file is read once, however it is spelled.
    let path = dir.file("x/a.jsonl", record("a", KELP)).display().to_string();
    let again = dir.path("x/../x/a.jsonl").display().to_string();
    let output = run(&["filter", "-q", "--index", &format!("{index}-once"), &path, &again]);
    assert_eq!((code(&output), stdout(&output).lines().count()), (0, 1));
}

#[test]
fn a_file_is_one_document_whatever_leads_to_it() {
    let dir = Dir::new();
    dir.file("s/a.txt", KELP);
    dir.file("s/in/b.txt", TRAM);
    dir.file("s/in/c.html", format!("<html><body><article><p>{MUSEUM}</p></article></body></html>"));
    dir.file(
        "s/in/d.jsonl",
        record("d", "Another story of its own, which nobody has copied anywhere else so far."),
    );
    dir.file("s/in/e.log", "of another kind");
    symlink(dir.path("s"), dir.path("link")).unwrap();
    symlink(dir.path("s/in/b.txt"), dir.path("b-link.txt")).unwrap();
    let absolute = |name: &str| dir.path(name).canonicalize().unwrap().display().to_string();
    let (whole, inner, file, link) =
        (absolute("s"), absolute("s/in"), absolute("s/in/b.txt"), dir.path("link").display().to_string());
    let named = dir.path("b-link.txt").display().to_string();
    let ways: [&[&str]; 6] = [
        &[&whole, &inner],
        &[&inner, &whole],
        &["s", "./s", &whole],
        &[&link, "s/in/b.txt", "s"],
        &["s/in", "s", &file, &named],
        &["s/../s", "s//in"],
    ];
    let scanned = |paths: &[&str]| {
        let output = program()
            .current_dir(dir.path(""))
            .args(["scan", "-q", "--report", "json"])
            .args(paths)
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let mut report: Value = serde_json::from_str(&stdout(&output)).unwrap();
        report["accounting"].take()
    };
    for (number, paths) in ways.iter().enumerate() {
        let accounting = scanned(paths);
        assert_eq!(
            (&accounting["documents"], &accounting["duplicates"]),
            (&json!(4), &json!(0)),
            "{paths:?}"
        );
        assert_eq!(accounting["skipped"], json!({ "log": 1 }), "{paths:?}");
        let out = dir.path(&format!("out{number}"));
        let output = program()
            .current_dir(dir.path(""))
            .arg("dedup")
            .args(*paths)
            .arg("--output")
            .arg(&out)
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{paths:?}: {}", stderr(&output));
        let found = program().args(["scan", "-q", "--report", "json"]).arg(&out).output().unwrap();
        let report: Value = serde_json::from_str(&stdout(&found)).unwrap();
        assert_eq!(report["accounting"]["unique"], 4, "{paths:?}");
    }
    // The order of the arguments is nothing.
    let report = |paths: [&str; 2]| {
        let output = program().args(["scan", "-q", "--report", "csv"]).args(paths).output().unwrap();
        stdout(&output)
    };
    assert_eq!(report([&whole, &inner]), report([&inner, &whole]));
    // A true copy is a copy.
    dir.file("s/in/copy.txt", KELP);
    assert_eq!(scanned(&[&whole, &inner])["duplicates"], 1);
}

#[test]
fn hard_links_are_said_and_are_two_names() {
    let dir = Dir::new();
    let path = dir.file("s/a.txt", KELP);
    std::fs::hard_link(&path, dir.path("s/z.txt")).unwrap();
    let reports = Reports::of(&dir.path("s"), &[]);
    assert_eq!(
        (reports.count("documents"), reports.count("duplicates"), reports.count("unreadable")),
        (2, 1, 0)
    );
    assert!(reports.reasons()[0].contains("z.txt: a hard link: one file with"), "{:?}", reports.reasons());
}

#[test]
fn compare_takes_any_file_of_one_document() {
    let dir = Dir::new();
    let page = |text: &str| format!("<html><body><article><p>{text}</p></article></body></html>");
    let other = KELP.replace("next week", "in ten days");
    dir.file("a.html", page(KELP));
    dir.file("a.htm.gz", gzip(page(&other).as_bytes()));
    dir.file("a.txt", KELP);
    dir.file("a.csv", format!("id;text\nx;\"{other}\"\n"));
    dir.file("a.tsv", format!("text\n{KELP}\n"));
    dir.file("a.jsonl", record("x", KELP));
    dir.file("a.json", serde_json::to_string_pretty(&json!([{ "text": other }])).unwrap());
    dir.file("wide.txt", KELP.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>());
    dir.file("two.csv", format!("text\n\"{KELP}\"\n\"{TRAM}\"\n"));
    dir.file("tram.html", page(TRAM));
    dir.file("none.html", "<html><body></body></html>");
    dir.file("broken.jsonl", "{\"id\": 1}\n");
    let compare = |a: &str, b: &str| {
        let output = program().current_dir(dir.path("")).args(["compare", a, b]).output().unwrap();
        (code(&output), stdout(&output), stderr(&output))
    };
    let names = ["a.html", "a.htm.gz", "a.txt", "a.csv", "a.tsv", "a.jsonl", "a.json", "wide.txt"];
    for pair in names.windows(2) {
        let (code, said, errors) = compare(pair[0], pair[1]);
        assert_eq!(code, 0, "{pair:?}: {errors}");
        let first = said.split_whitespace().next().unwrap_or_default();
        assert!(["near", "exact"].contains(&first), "{pair:?}: {said}");
    }
    assert!(compare("a.html", "./a.html").1.starts_with("exact"));
    assert!(compare("a.html", "tram.html").1.starts_with("none"));
    let (code, _, said) = compare("two.csv", "a.txt");
    assert!(code == 2 && said.contains("two.csv holds 2 documents") && said.contains("--in"), "{said}");
    let (code, _, said) = compare("a.txt", "broken.jsonl");
    assert!(code == 2 && said.contains("broken.jsonl gave no document: line 1: no field `text`"), "{said}");
    let row = program()
        .current_dir(dir.path(""))
        .args(["compare", "a.csv", "a.html", "-q", "--report", "json"])
        .output()
        .unwrap();
    let row: Value = serde_json::from_str(&stdout(&row)).unwrap();
    assert_eq!((&row["a"], &row["relation"]), (&json!("a.csv"), &json!("near")));
}

#[test]
fn tables_in_any_dialect() {
    let dir = Dir::new();
    let ids = |path: &Path, flags: &[&str]| -> Vec<String> {
        let reports = Reports::of(path, flags);
        assert_eq!(reports.count("unreadable"), 0, "{path:?}: {:?}", reports.reasons());
        reports
            .csv
            .lines()
            .skip(1)
            .map(|line| line.split(',').next().unwrap_or_default().to_owned())
            .collect()
    };
    for (name, separator) in [("semicolon", ';'), ("pipe", '|'), ("tab", '\t'), ("comma", ',')] {
        let table = format!(
            "\u{feff}id{separator} TEXT \r\nx{separator}\"{KELP}\"\r\ny{separator}\"{TRAM}; a | b\"\r\n"
        );
        for file in [
            dir.file(&format!("{name}.csv"), &table),
            dir.file(&format!("{name}.tsv.gz"), gzip(table.as_bytes())),
        ] {
            assert_eq!(ids(&file, &[]), ["x", "y"], "{name}");
        }
    }
    let escaped =
        format!("id,text,n\nx,\"{KELP} \\\"No, no,\\\" he said,\nand \\\"yes.\\\"\",1\ny,\"{TRAM}\",2\n");
    let path = dir.file("escaped.csv", escaped);
    assert_eq!(ids(&path, &[]), ["x", "y"]);
    assert!(text_of(&path, &["--id", "x"]).ends_with("\"No, no,\" he said,\nand \"yes.\""));
    let caret = dir.file("caret.csv", format!("id^text\nx^{KELP}\n"));
    assert_eq!(ids(&caret, &["--delimiter", "^"]), ["x"]);
    let output = program().arg("scan").arg(&caret).output().unwrap();
    assert!(
        stderr(&output).contains("`id^text`") && stderr(&output).contains("--delimiter"),
        "{}",
        stderr(&output)
    );
    let output = program().arg("scan").arg(&caret).args(["--delimiter", "ab"]).output().unwrap();
    assert_eq!(code(&output), 2);
}

#[test]
fn nested_fields_by_their_paths() {
    let dir = Dir::new();
    let nested = |id: u64| json!({ "head": { "id": id }, "body": { "text": [KELP, null, TRAM], "n": 1 } });
    let lines = dir.file("x.jsonl", format!("{}\n{}\n", nested(1), nested(2)));
    let flags = ["--text-field", "body.text", "--id-field", "head.id"];
    assert_eq!(counts(&lines, &flags), (2, 1));
    assert_eq!(text_of(&lines, &[&flags[..], &["--id", "2"]].concat()), format!("{KELP}\n\n{TRAM}"));
    assert!(refusal(&lines, &[]).contains("there are `body.n`, `body.text`, `head.id`"));
    assert!(refusal(&lines, &["--text-field", "body"]).contains("it is an object"));
}

#[cfg(feature = "parquet")]
#[test]
fn nested_columns_by_their_paths() {
    let dir = Dir::new();
    let all = docs(600);
    let path = dir.file("x.parquet", lists(&all));
    let reports = Reports::of(&path, &["--text-field", "body", "--id-field", "head.id"]);
    assert_eq!((reports.count("documents"), reports.count("unreadable")), (600, 1));
    let flags = ["--text-field", "body", "--id-field", "head.id", "--id", "d599"];
    let text = text_of(&path, &flags);
    assert_eq!(text.replace("\n\n", ""), all[599].text.replace("\n\n", ""));
    let output = program().arg("scan").arg(&path).output().unwrap();
    assert!(stderr(&output).contains("`head.id`, `head.lang`, `body.list.element`"), "{}", stderr(&output));
    let output = program().arg("scan").arg(&path).args(["--text-field", "head"]).output().unwrap();
    assert!(stderr(&output).contains("it is a struct"), "{}", stderr(&output));
}

#[test]
fn sparse_files_have_their_names_and_no_map() {
    let dir = Dir::new();
    let start = KELP.len() as u64;
    let path = dir
        .file("x.tar", sparse_tar("kelp.txt", &[(0, KELP.as_bytes()), (start, b" And more.")], start + 10));
    let reports = Reports::of(&path, &[]);
    assert!(reports.csv.lines().nth(1).unwrap().starts_with("x.tar/kelp.txt,"), "{}", reports.csv);
    assert_eq!(text_of(&path, &[]), format!("{KELP} And more."));
    assert!(
        refusal(&dir.file("y.tar", sparse_tar("y.txt", &[(1 << 40, b"x")], (1 << 40) + 1)), &[])
            .contains("a decompression bomb")
    );
    assert!(
        refusal(&dir.file("z.tar", sparse_tar("z.txt", &[(9, b"xy")], 3)), &[]).contains("a sparse file")
    );
}

/// A field that somebody names and no record has is said, with the fields that are there.
#[test]
fn a_field_that_no_record_has_is_said_with_those_that_are_there() {
    let dir = Dir::new();
    let text = "The harbour board voted seven to two on Monday for a second ferry across the sound.";
    let line = format!("{{\"key\":\"a\",\"text\":\"{text}\",\"meta\":{{\"head\":\"Ferry\"}}}}\n");
    let inputs = [
        dir.file("one.jsonl", line.repeat(3)),
        dir.file("two.json", format!("[{line},{line}]")),
        dir.file("three.csv", format!("key,text,meta.head\na,\"{text}\",Ferry\n")),
    ];
    let flags =
        ["--id-field", "--title-field", "--url-field", "--canonical-field", "--date-field", "--source-field"];
    for input in &inputs {
        let path = input.to_str().unwrap();
        for flag in flags {
            let problem = format!(
                "no record has a field `nosuch` ({flag} names it); there are `key`, `text`, `meta.head`"
            );
            let report = run(&["scan", path, flag, "nosuch", "--quiet", "--report", "json"]);
            let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
            let reasons: Vec<&str> = report["problems"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|one| one["reason"].as_str())
                .collect();
            assert!(reasons.contains(&&*problem), "{path} {flag}: {reasons:?}");
            assert_eq!(report["accounting"]["unreadable"], 0, "it takes no document away");
        }
        let said = |arguments: &[&str]| {
            let output = run(arguments);
            assert_eq!(code(&output), 0, "{arguments:?}");
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
        };
        let told = "no record has a field `nosuch` (--date-field names it)";
        let out = dir.path("out");
        let out = out.to_str().unwrap();
        let index = dir.path(&format!("index-{}", input.file_name().unwrap().to_str().unwrap()));
        let index = index.to_str().unwrap();
        for command in [
            vec!["scan", path],
            vec!["page", path],
            vec!["dedup", path, "--force", "--output", out],
            vec!["filter", "--index", index, path],
        ] {
            let asked = said(&[&*command, &["--date-field", "nosuch"]].concat());
            assert!(asked.contains(told), "{command:?}: {asked}");
            // What is there is not missed, one level down either, and what nobody named is missed by nobody.
            let there = said(&[&*command, &["--id-field", "key", "--title-field", "meta.head"]].concat());
            assert!(!there.contains("no record has"), "{command:?}: {there}");
        }
    }
}
