//! Acting: nothing is lost that was not verified, and everything that can be taken back is.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use serde_json::Value;

use crate::harness::*;

fn lines() -> Vec<String> {
    let whole = |id: &str, extra: &str| {
        format!("{{\"id\": \"{id}\",  \"extra\": [{extra}1.0],\"text\": \"{STORY}\"}}")
    };
    vec![
        whole("a", ""),
        "not json at all".to_owned(),
        String::new(),
        whole("b", "0,"),
        record("c", "Something else entirely, which nobody has ever copied from anywhere at all.")
            .trim_end()
            .to_owned(),
        record("d", "").trim_end().to_owned(),
        whole("e", "2,"),
    ]
}

fn dedup(arguments: &[&str]) -> (i32, String) {
    let output = program().arg("dedup").args(arguments).output().unwrap();
    (code(&output), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn kept_records_are_the_same_bytes_in_the_same_order() {
    let dir = Dir::new();
    let text = lines().join("\r\n");
    let input = dir.file("in.jsonl", &text);
    let [output, removed] = ["out.jsonl", "removed.ndjson"].map(|name| dir.path(name));
    let paths = [&input, &output, &removed].map(|path| path.display().to_string());
    let (exit, errors) = dedup(&[&paths[0], "--output", &paths[1], "--removed", &paths[2], "--quiet"]);
    assert_eq!(exit, 0, "{errors}");
    assert!(errors.contains("malformed JSON"), "what could not be read is said: {errors}");
    let gone: Vec<Value> = fs::read_to_string(removed)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let ids: Vec<&str> = gone.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["b", "e"]);
    assert!(
        gone.iter().all(|l| l["kept"] == "a" && l["relation"] == "exact" && l["rule"] == "representative")
    );
    let mut kept = lines();
    kept.retain(|line| !line.starts_with("{\"id\": \"b\"") && !line.starts_with("{\"id\": \"e\""));
    assert_eq!(fs::read_to_string(output).unwrap(), kept.join("\r\n") + "\r\n");
    assert_eq!(fs::read_to_string(input).unwrap(), text, "the input is as it was");
}

#[test]
fn layout_and_compression_stay() {
    let dir = Dir::new();
    let text = lines().join("\n") + "\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    dir.file("in/x/a.jsonl.gz", gzip.finish().unwrap());
    dir.file("in/b.jsonl.zst", zstd::encode_all(text.as_bytes(), 3).unwrap());
    dir.file("in/y/story.txt", STORY);
    dir.file("in/y/other.txt", "A page of its own, of which there is no copy in the whole directory at all.");
    let [input, output] = ["in", "out"].map(|name| dir.path(name).display().to_string());
    let (exit, errors) = dedup(&[&input, "--output", &output, "--keep", "path=x/*"]);
    assert_eq!(exit, 0, "{errors}");
    let mut kept = String::new();
    let packed = fs::read(dir.path("out/x/a.jsonl.gz")).unwrap();
    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut kept).unwrap();
    let zstd = String::from_utf8(zstd::decode_all(&*fs::read(dir.path("out/b.jsonl.zst")).unwrap()).unwrap())
        .unwrap();
    let copies = |text: &str| text.matches("lighthouse").count();
    assert_eq!(copies(&kept) + copies(&zstd) + usize::from(dir.path("out/y/story.txt").exists()), 1);
    assert!(dir.path("out/y/other.txt").exists());
    assert_eq!(kept.matches("not json").count() + zstd.matches("not json").count(), 2, "unread records stay");
}

#[test]
fn rules_choose_and_protect() {
    let dir = Dir::new();
    let line = |id: &str, date: &str, url: &str, canonical: &str| {
        let source = url.split('/').nth(2);
        serde_json::json!({
            "id": id, "date": date, "url": url, "canonical_url": canonical, "source": source, "text": STORY
        })
        .to_string()
    };
    let home = "https://harbour.example/lamp";
    let text = [
        line("a", "2024-03-02", "https://inland.example/lamp", home),
        line("b", "2024-03-03T09:00:00Z", home, home),
        line("c", "2024-03-01T09:00:00+02:00", "https://early.example/lamp", home),
    ];
    let input = dir.file("in.jsonl", text.join("\n")).display().to_string();
    let ranks = dir.file("ranks.txt", "inland.example\nharbour.example\n").display().to_string();
    let kept = |rules: &str| {
        let [output, removed] = ["out.jsonl", "gone"].map(|name| dir.path(name).display().to_string());
        let (exit, errors) =
            dedup(&[&input, "--output", &output, "--removed", &removed, "--keep", rules, "--force"]);
        assert_eq!(exit, 0, "{errors}");
        let rule = fs::read_to_string(&removed).unwrap().lines().next().map_or(String::new(), |line| {
            serde_json::from_str::<Value>(line).unwrap()["rule"].as_str().unwrap().to_owned()
        });
        let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
        let ids: Vec<String> = fs::read_to_string(&output).unwrap().lines().map(id).collect();
        (ids.join(" "), rule)
    };
    let expect = |ids: &str, rule: &str| (ids.to_owned(), rule.to_owned());
    assert_eq!(kept("canonical-url,earliest"), expect("b", "canonical-url"));
    assert_eq!(kept("earliest"), expect("c", "earliest"));
    assert_eq!(kept(&format!("source-rank={ranks}")), expect("a", "source-rank"));
    assert_eq!(kept("protected=b,earliest"), expect("b", "protected"));
    assert_eq!(kept("protected={b,c}").0.len(), 3, "both stay");
    assert_eq!(dedup(&[&input, "--output", "x", "--keep", "newest"]).0, 2);
    assert_eq!(dedup(&[&input, "--output", "x", "--remove", "templated"]).0, 2, "never removable");
}

#[test]
fn an_output_is_never_an_input() {
    let dir = Dir::new();
    let input = dir.file("d/in.jsonl", lines().join("\n"));
    std::os::unix::fs::symlink(&input, dir.path("link.jsonl")).unwrap();
    fs::hard_link(&input, dir.path("hard.jsonl")).unwrap();
    let path = |name: &str| dir.path(name).display().to_string();
    for (from, to) in [
        ("d/in.jsonl", "d/in.jsonl"),
        ("d/in.jsonl", "link.jsonl"),
        ("d/in.jsonl", "hard.jsonl"),
        ("d/in.jsonl", "d/../d/in.jsonl"),
        ("d", "d"),
        ("d", "d/out"),
        ("d/in.jsonl", "d"),
    ] {
        assert_eq!(dedup(&[&path(from), "--output", &path(to)]).0, 2, "{from} to {to}");
    }
    assert_eq!(dedup(&[&path("d"), "--output", &path("")]).0, 0, "beside it");
    assert_eq!(dedup(&[&path("d/in.jsonl"), "--output", &path("o"), "--removed", &path("d/in.jsonl")]).0, 2);
    assert_eq!(fs::read_to_string(input).unwrap(), lines().join("\n"));
}

#[test]
fn a_site_that_loses_much_is_named() {
    let dir = Dir::new();
    let line =
        |id: u32, source: &str| serde_json::json!({ "id": id, "source": source, "text": STORY }).to_string();
    let text: Vec<String> =
        (0..5).map(|i| line(i, if i == 0 { "first.example" } else { "copier.example" })).collect();
    let input = dir.file("in.jsonl", text.join("\n")).display().to_string();
    let (_, errors) = dedup(&[&input, "--output", &dir.path("o.jsonl").display().to_string(), "--quiet"]);
    assert!(errors.contains("copier.example loses 4 of 4 documents"), "{errors}");
}

#[test]
fn pages_are_documents() {
    let dir = Dir::new();
    let page = |extra: &str| {
        format!("<html><body><article><h1>Lamp</h1><p>{STORY}</p></article>{extra}</body></html>")
    };
    dir.file("in/a.html", page(""));
    dir.file("in/x/b.html", page("<!-- the same -->"));
    let [input, output] = ["in", "out"].map(|name| dir.path(name).display().to_string());
    let (exit, errors) = dedup(&[&input, "--output", &output]);
    assert_eq!(exit, 0, "{errors}");
    assert_eq!(fs::read_to_string(dir.path("out/a.html")).unwrap(), page(""));
    assert!(!dir.path("out/x/b.html").exists());
}

/// A directory of files with a report on it.
struct Scanned {
    dir: Dir,
    report: String,
}

impl Scanned {
    fn new() -> Scanned {
        let dir = Dir::new();
        copies_and_another(&dir);
        let report = dir.path("report.json").display().to_string();
        let output =
            run(&["scan", &dir.path("s").display().to_string(), "-q", "--report", &format!("json={report}")]);
        assert_eq!(code(&output), 0);
        Scanned { dir, report }
    }

    fn apply(&self, arguments: &[&str]) -> (i32, String) {
        let root = self.dir.path("").display().to_string();
        let mut all = vec!["apply", &self.report, "--root", &root];
        all.extend(arguments);
        let output = run(&all);
        (code(&output), stdout(&output) + &String::from_utf8_lossy(&output.stderr))
    }

    fn undo(&self) -> (i32, String) {
        let root = self.dir.path("").display().to_string();
        let output =
            run(&["undo", &format!("{}.journal", self.report), "--root", &root, "--root", "/dev/shm"]);
        (code(&output), stdout(&output) + &String::from_utf8_lossy(&output.stderr))
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let name = |path: &std::path::Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let entries = fs::read_dir(self.dir.path("s")).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| (name(&path), fs::read(&path).unwrap())).collect()
    }

    fn moving(&self) -> String {
        format!("move={}", self.dir.path("gone").display())
    }
}

/// A Parquet file of rows of every kind, in three row groups: rows 3 and 5 copy rows 0 and 2.
#[cfg(feature = "parquet")]
fn table() -> Vec<u8> {
    use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
    use parquet::file::metadata::KeyValue;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;

    let schema = "message m { required binary id (UTF8); optional binary text (UTF8); required boolean flag; \
        optional int64 n; optional group tags (LIST) { repeated group list { optional binary element (UTF8); } } }";
    let schema = std::sync::Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let own = KeyValue::new("origin".to_owned(), "a crawl".to_owned());
    let properties = WriterProperties::builder()
        .set_compression(parquet::basic::Compression::SNAPPY)
        .set_key_value_metadata(Some(vec![own]))
        .build();
    let other = "Something else entirely, which nobody has ever copied from anywhere at all, but for one.";
    let texts = [Some(STORY), None, Some(other), Some(STORY), Some("A short one."), Some(other), None];
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, schema, std::sync::Arc::new(properties)).unwrap();
    for rows in [0..3, 3..4, 4..7] {
        let mut group = writer.next_row_group().unwrap();
        let bytes = |text: &str| ByteArray::from(text.as_bytes().to_vec());
        let mut put = |write: &dyn Fn(&mut parquet::file::writer::SerializedColumnWriter<'_>) -> usize| {
            let mut column = group.next_column().unwrap().unwrap();
            write(&mut column);
            column.close().unwrap();
        };
        let ids: Vec<ByteArray> = rows.clone().map(|row| bytes(&format!("r{row}"))).collect();
        put(&|column| column.typed::<ByteArrayType>().write_batch(&ids, None, None).unwrap());
        let of_rows = &texts[rows.clone()];
        let values: Vec<ByteArray> = of_rows.iter().flatten().map(|text| bytes(text)).collect();
        let there: Vec<i16> = of_rows.iter().map(|text| i16::from(text.is_some())).collect();
        put(&|column| column.typed::<ByteArrayType>().write_batch(&values, Some(&there), None).unwrap());
        let flags: Vec<bool> = rows.clone().map(|row| row % 3 == 1).collect();
        put(&|column| column.typed::<BoolType>().write_batch(&flags, None, None).unwrap());
        let numbers: Vec<i64> = rows.clone().filter(|row| row % 2 == 0).map(|row| row as i64).collect();
        let there: Vec<i16> = rows.clone().map(|row| i16::from(row % 2 == 0)).collect();
        put(&|column| column.typed::<Int64Type>().write_batch(&numbers, Some(&there), None).unwrap());
        // As many tags as the row's number, each second one null; row 0 has an empty list and row 1 none.
        let (mut tags, mut there, mut again) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            for tag in 0..row {
                there.push(if tag % 2 == 0 { 3 } else { 2 });
                again.push(i16::from(tag > 0));
                tags.extend((tag % 2 == 0).then(|| bytes(&format!("tag{row}-{tag}"))));
            }
            if row == 0 {
                there.push(1);
                again.push(0);
            }
        }
        put(&|column| {
            column.typed::<ByteArrayType>().write_batch(&tags, Some(&there), Some(&again)).unwrap()
        });
        group.close().unwrap();
    }
    writer.close().unwrap();
    out
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_files_lose_rows_and_nothing_else() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let dir = Dir::new();
    let path = dir.file("in/t.parquet", table());
    dir.file("in/unique.parquet", b"PAR1 but broken PAR1");
    let [input, output] = ["in", "out"].map(|name| dir.path(name).display().to_string());
    let (exit, errors) = dedup(&[&input, "--output", &output]);
    assert_eq!(exit, 0, "{errors}");
    let read = |path: &std::path::Path| {
        let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
        let rows: Vec<String> =
            reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
        let metadata = reader.metadata();
        let own = metadata.file_metadata().key_value_metadata().cloned();
        let schema = metadata.file_metadata().schema().clone();
        (rows, own, schema, metadata.row_group(0).column(0).compression(), metadata.num_row_groups())
    };
    let (before, after) = (read(&path), read(&dir.path("out/t.parquet")));
    let kept: Vec<&String> =
        before.0.iter().enumerate().filter(|(row, _)| ![3, 5].contains(row)).map(|(_, row)| row).collect();
    assert_eq!(after.0.iter().collect::<Vec<_>>(), kept);
    assert!(kept[4].contains("tag6-4"), "{kept:?}");
    assert_eq!((after.1, after.2, after.3), (before.1, before.2, before.3));
    assert_eq!(after.4, 3, "an empty row group stays one");
    // What cannot be read stays as it is.
    assert_eq!(fs::read(dir.path("out/unique.parquet")).unwrap(), b"PAR1 but broken PAR1");
}

#[test]
fn rules_say_which_copy_apply_keeps() {
    let scanned = Scanned::new();
    let (exit, text) = scanned.apply(&["--keep", "path=**/c.txt"]);
    assert_eq!(exit, 0, "{text}");
    let said = |name: &str| text.lines().find(|line| line.contains(&format!("{name} "))).unwrap_or_default();
    for gone in ["a.txt", "b.txt"] {
        assert!(said(gone).ends_with("s/c.txt  (path)") && said(gone).contains("exact of"), "{text}");
    }
    assert_eq!(scanned.apply(&["--keep", "path=**/c.txt", "--action", "delete", "--yes"]).0, 0);
    assert_eq!(scanned.files().into_keys().collect::<Vec<_>>(), ["c.txt", "other.txt"]);
    assert_eq!(scanned.apply(&["--keep", "newest"]).0, 2);
}

/// Members of a cluster were verified against its representative and not against one another.
#[test]
fn a_member_goes_only_for_a_copy_that_it_was_verified_against() {
    let dir = Dir::new();
    let story = STORY.repeat(3);
    dir.file("s/a.txt", &story);
    dir.file("s/b.txt", story.replacen("lamp", "light", 1));
    dir.file("s/c.txt", story.replacen("ships", "boats", 1));
    let report = dir.path("report.json").display().to_string();
    let output =
        run(&["scan", &dir.path("s").display().to_string(), "-q", "--report", &format!("json={report}")]);
    assert_eq!(code(&output), 0);
    let read: Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
    let cluster = &read["clusters"][0];
    let representative = cluster["representative"]["id"].as_str().unwrap().to_owned();
    let members: Vec<&str> =
        cluster["members"].as_array().unwrap().iter().map(|member| member["id"].as_str().unwrap()).collect();
    assert_eq!(members.len(), 2, "{cluster}");
    let output = run(&["apply", &report, "--keep", &format!("path=**/{}", members[0])]);
    let text = stdout(&output);
    assert_eq!((code(&output), text.lines().count()), (0, 1), "{text}");
    assert!(
        text.contains(&representative) && text.contains(members[0]) && !text.contains(members[1]),
        "{text}"
    );
}

#[test]
fn nothing_is_done_without_yes() {
    let scanned = Scanned::new();
    let before = scanned.files();
    for action in ["list", "delete", "hardlink", &scanned.moving()] {
        let (exit, text) = scanned.apply(&["--action", action]);
        assert_eq!(exit, 0, "{text}");
        assert!(text.contains("b.txt") && text.contains("c.txt"), "{text}");
    }
    assert_eq!(scanned.apply(&["--action", "burn"]).0, 2);
    assert_eq!(scanned.files(), before);
}

#[test]
fn moved_files_come_back() {
    let scanned = Scanned::new();
    let before = scanned.files();
    let (exit, text) = scanned.apply(&["--action", &scanned.moving(), "--yes"]);
    assert_eq!(exit, 0, "{text}");
    assert_eq!(scanned.files().into_keys().collect::<Vec<_>>(), ["a.txt", "other.txt"], "{text}");
    assert_eq!(
        scanned.apply(&["--action", &scanned.moving(), "--yes"]).0,
        2,
        "the journal is not overwritten"
    );
    assert_eq!(scanned.undo().0, 0);
    assert_eq!(scanned.files(), before);
    assert!(scanned.undo().1.contains("0 files back, 2 with nothing"), "twice is once");
}

#[test]
fn files_move_across_file_systems() {
    let scanned = Scanned::new();
    let before = scanned.files();
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else { return };
    let action = format!("move={}", other.path().display());
    let (exit, text) = scanned.apply(&["--action", &action, "--yes"]);
    assert_eq!((exit, scanned.files().len()), (2, 4), "outside of the roots: {text}");
    let (exit, text) = scanned.apply(&["--action", &action, "--yes", "--root", "/dev/shm"]);
    assert_eq!((exit, scanned.files().len()), (0, 2), "{text}");
    assert_eq!(scanned.undo().0, 0);
    assert_eq!(scanned.files(), before);
}

#[test]
fn links_are_for_equal_bytes_and_come_apart() {
    let scanned = Scanned::new();
    let before = scanned.files();
    let inode = |name: &str| fs::metadata(scanned.dir.path(name)).unwrap().ino();
    let (exit, text) = scanned.apply(&["--action", "hardlink", "--yes"]);
    assert_eq!(exit, 2, "{text}");
    assert!(
        text.contains("1 files done, 1 left as they are") && text.contains("not the same bytes"),
        "{text}"
    );
    assert_eq!(inode("s/a.txt"), inode("s/b.txt"));
    assert_eq!(scanned.undo().0, 0);
    assert_ne!(inode("s/a.txt"), inode("s/b.txt"));
    assert_eq!(scanned.files(), before);
}

#[test]
fn deleted_files_come_back_where_their_bytes_are() {
    let scanned = Scanned::new();
    assert_eq!(scanned.apply(&["--action", "delete", "--yes", "--protect", "**/c.txt"]).0, 0);
    assert_eq!(scanned.files().into_keys().collect::<Vec<_>>(), ["a.txt", "c.txt", "other.txt"]);
    assert_eq!(scanned.undo().0, 0);
    assert_eq!(scanned.files()["b.txt"], STORY.as_bytes());
}

#[test]
fn files_that_changed_since_are_left_alone() {
    let scanned = Scanned::new();
    scanned.dir.file("s/b.txt", "Something new stands here now.");
    let (exit, text) = scanned.apply(&["--action", "delete", "--yes"]);
    assert_eq!(exit, 2, "{text}");
    assert_eq!(scanned.files().into_keys().collect::<Vec<_>>(), ["a.txt", "b.txt", "other.txt"], "{text}");
    // Of the same length, and with the kept copy changed: nothing at all may go.
    let scanned = Scanned::new();
    scanned.dir.file("s/a.txt", STORY.replace("lighthouse", "windyhouse"));
    let before = scanned.files();
    let (exit, text) = scanned.apply(&["--action", "delete", "--yes"]);
    assert_eq!((exit, scanned.files()), (2, before), "{text}");
    let scanned = Scanned::new();
    fs::remove_file(scanned.dir.path("s/a.txt")).unwrap();
    assert_eq!(scanned.apply(&["--action", "delete", "--yes"]).0, 2);
    assert_eq!(scanned.files().len(), 3);
    // The kept copy is a link to the duplicate: there is one file only.
    let scanned = Scanned::new();
    fs::remove_file(scanned.dir.path("s/a.txt")).unwrap();
    std::os::unix::fs::symlink("b.txt", scanned.dir.path("s/a.txt")).unwrap();
    assert_eq!(scanned.apply(&["--action", "delete", "--yes"]).0, 2);
    assert_eq!(scanned.files().len(), 4);
}

#[test]
fn a_directory_that_cannot_be_written_keeps_its_files() {
    let scanned = Scanned::new();
    let before = scanned.files();
    let directory = scanned.dir.path("s");
    // Root writes anywhere: then a file stands where the directory would be made.
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o555)).unwrap();
    let probe = fs::File::create(directory.join("probe"));
    if probe.is_ok() {
        fs::remove_file(directory.join("probe")).unwrap();
        scanned.dir.file("gone", "no directory");
    }
    let (exit, text) = scanned.apply(&["--action", &scanned.moving(), "--yes"]);
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(exit, 2, "{text}");
    assert_eq!(scanned.files(), before);
    assert!(scanned.undo().1.contains("0 files back, 2 with nothing"));
}

#[test]
fn an_interrupted_run_is_taken_back() {
    let scanned = Scanned::new();
    let before = scanned.files();
    assert_eq!(scanned.apply(&["--action", &scanned.moving(), "--yes"]).0, 0);
    let journal = format!("{}.journal", scanned.report);
    let text = fs::read_to_string(&journal).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    // Ended after the second line was written, before the file was moved; and in the middle of a third line.
    let entry: Value = serde_json::from_str(lines[1]).unwrap();
    fs::rename(entry["to"].as_str().unwrap(), entry["path"].as_str().unwrap()).unwrap();
    fs::write(&journal, format!("{text}{}", &lines[0][..20])).unwrap();
    let (exit, said) = scanned.undo();
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("1 files back, 1 with nothing") && said.contains("cut off"), "{said}");
    assert_eq!(scanned.files(), before);
}

#[test]
fn what_was_moved_and_changed_is_not_moved_back() {
    let scanned = Scanned::new();
    assert_eq!(scanned.apply(&["--action", &scanned.moving(), "--yes"]).0, 0);
    scanned.dir.file("s/b.txt", "A new page that took the place.");
    let (exit, text) = scanned.undo();
    assert_eq!(exit, 2, "{text}");
    assert_eq!(scanned.files()["b.txt"], b"A new page that took the place.");
    assert!(scanned.files().contains_key("c.txt"), "the other is back: {text}");
}

#[test]
fn boilerplate_is_cut_from_what_stays_and_nothing_else_is() {
    let dir = Dir::new();
    let input = corpus("intro-chrome/wire.jsonl");
    let output = dir.path("out.jsonl");
    let paths = [&input, &output].map(|path| path.display().to_string());
    let run =
        run(&["dedup", &paths[0], "--output", &paths[1], "--strip", "boilerplate", "--keep", "longest"]);
    assert_eq!(code(&run), 0);
    let before = fs::read_to_string(&input).unwrap();
    let record = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let old: BTreeMap<String, &str> =
        before.lines().map(|line| (record(line)["id"].as_str().unwrap().to_owned(), line)).collect();
    let mut stripped = 0;
    for line in fs::read_to_string(output).unwrap().lines() {
        let new = record(line);
        let was = old[new["id"].as_str().unwrap()];
        let (text, old_text) =
            (new["text"].as_str().unwrap(), record(was)["text"].as_str().unwrap().to_owned());
        assert!(!text.contains("Before you read on"), "{text}");
        if text == old_text {
            assert_eq!(line, was);
            continue;
        }
        stripped += 1;
        // Byte for byte but for the text.
        let frame = |line: &str, text: &str| line.replace(serde_json::to_string(text).unwrap().as_str(), "");
        assert_eq!(frame(line, text), frame(was, &old_text));
        let mut rest = old_text.chars();
        assert!(text.chars().all(|c| rest.any(|old| old == c)), "only cut: {text}");
    }
    assert!(stripped > 0);
    let said = stdout(&run);
    assert!(said.contains(&format!("; {stripped} stripped of boilerplate")), "{said}");
    // Text files too; a mode that knows no chrome says so.
    for (i, line) in before.lines().enumerate() {
        let record = record(line);
        let site = record["source"].as_str().unwrap().to_owned();
        dir.file(&format!("in/{site}/{i}.txt"), record["text"].as_str().unwrap());
    }
    let [files, cut] = ["in", "cut"].map(|name| dir.path(name).display().to_string());
    let (exit, errors) = dedup(&[&files, "--output", &cut, "--strip", "boilerplate", "--remove", "exact"]);
    assert_eq!(exit, 0, "{errors}");
    let left = fs::read_dir(dir.path("cut/kestlevalleynews.example")).unwrap();
    let left: Vec<String> = left.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    assert!(left.len() > 3 && left.iter().all(|text| !text.contains("Before you read on")));
    let other = dir.path("other.jsonl").display().to_string();
    let (exit, errors) = dedup(&[&paths[0], "--output", &other, "--strip", "boilerplate", "--classic"]);
    assert!(exit == 2 && errors.contains("--classic"), "{errors}");
}

/// What goes is told without a corpus being written, and a corpus of one file fits a pipe.
#[test]
fn a_dry_run_lists_and_standard_output_takes_one_file() {
    let dir = Dir::new();
    let text = lines().join("\n") + "\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let input = dir.file("in.jsonl.gz", gzip.finish().unwrap()).display().to_string();
    let [output, removed] = ["out.jsonl", "removed"].map(|name| dir.path(name).display().to_string());
    let files = || fs::read_dir(dir.path("")).unwrap().count();
    assert_eq!(code(&run(&["dedup", &input, "--output", &output, "--removed", &removed, "-q"])), 0);
    let before = files();
    let dry = run(&["dedup", &input, "--dry-run"]);
    assert_eq!((code(&dry), files()), (0, before));
    assert_eq!(stdout(&dry), fs::read_to_string(&removed).unwrap(), "the list that --removed writes");
    assert!(String::from_utf8_lossy(&dry.stderr).contains("2 removed"));
    // With an output too nothing is written, and it need not be free.
    let dry = run(&["dedup", &input, "--dry-run", "--output", &output]);
    assert_eq!((code(&dry), stdout(&dry)), (0, fs::read_to_string(&removed).unwrap()));
    let piped = run(&["dedup", &input, "--output", "-"]);
    assert_eq!((code(&piped), stdout(&piped)), (0, fs::read_to_string(&output).unwrap()), "and unpacked");
    assert!(String::from_utf8_lossy(&piped.stderr).contains("2 removed"), "the sum is beside the data");
    let folder = dir.path("").display().to_string();
    assert_eq!(code(&run(&["dedup", &folder, "--output", "-"])), 2);
    assert_eq!(code(&run(&["dedup", &input])), 2, "neither an output nor a dry run");
}

/// A document that holds more than the kept copy is a duplicate and stays: the sum says how many do.
#[test]
fn duplicates_that_stay_are_counted() {
    let dir = Dir::new();
    let more = "A heron was seen at the weir on the morning after the storm, and the warden wrote it in her book with care.";
    let line = |id: &str, date: &str, text: &str| {
        serde_json::json!({ "id": id, "date": date, "source": format!("{id}.example"), "text": text })
            .to_string()
    };
    let text = [
        line("first", "2024-03-01T08:00:00Z", STORY),
        line(
            "longer",
            "2024-03-02T08:00:00Z",
            &format!("{STORY} {more} {}", more.replace("heron", "bittern")),
        ),
        line("copy", "2024-03-03T08:00:00Z", STORY),
    ];
    let input = dir.file("in.jsonl", text.join("\n")).display().to_string();
    let csv = stdout(&run(&["scan", "-q", &input, "--report", "csv"]));
    assert!(csv.contains(",contains,") || csv.contains(",contained,"), "{csv}");
    let output = dir.path("out.jsonl").display().to_string();
    let (exit, said) = dedup(&[&input, "--output", &output]);
    assert_eq!(exit, 0);
    assert!(said.contains("1 of 2 duplicates stay"), "{said}");
    let left = fs::read_to_string(output).unwrap();
    assert!(
        left.contains("\"first\"") && left.contains("\"longer\"") && !left.contains("\"copy\""),
        "{left}"
    );
}
