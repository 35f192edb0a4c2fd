//! Every container gives the same documents; hostile ones give problems.

use std::collections::BTreeMap;
use std::io::Write;

use crate::containers::*;
use crate::harness::*;
use crate::news::News;

type Change<'a> = &'a dyn Fn(&mut Vec<u8>);
type Relations = BTreeMap<(String, String), (String, String)>;

/// Relations with ids as the last part of them, without an extension.
fn by_stem(reports: &Reports) -> Relations {
    let stem = |id: &str| id.rsplit('/').next().unwrap().trim_end_matches(".txt").to_owned();
    let relations = reports.relations();
    relations.iter().map(|((a, b), (r, inner))| ((stem(a), stem(b)), (r.clone(), stem(inner)))).collect()
}

#[test]
fn the_same_documents_in_every_container_give_the_same_pairs() {
    let docs = docs(250);
    let lines = jsonl(&docs);
    let dir = Dir::new();
    let plain = Reports::of(&dir.file("x.jsonl", &lines), &[]);
    let expected = by_stem(&plain);
    assert!(expected.len() > 80, "{}", expected.len());
    let names: Vec<String> = docs.iter().map(|d| format!("paper/{}.txt", d.id)).collect();
    let texts: Vec<(&str, &[u8])> =
        names.iter().zip(&docs).map(|(name, d)| (name.as_str(), d.text.as_bytes())).collect();
    let warc = warc(&docs);
    let members: Vec<u8> = warc.iter().flat_map(|record| gzip(record)).collect();
    let table_gz = gzip(&table(&docs, ','));
    let (first, second) = docs.split_at(100);
    let nested = tar(&[
        ("a/x.jsonl", &jsonl(first)),
        ("b/x.csv.gz", &gzip(&table(&second[..50], ','))),
        ("c/x.tar", &tar(&[("x.wet.zst", &zstd(&wet(&second[50..100])))])),
        (
            "d/x.warc.gz",
            &second[100..]
                .iter()
                .flat_map(|d| gzip(&response(d, "Content-Type: text/plain", d.text.as_bytes())))
                .collect::<Vec<_>>(),
        ),
    ]);
    let containers: Vec<(&str, Vec<u8>)> = vec![
        ("x.jsonl.gz", gzip(&lines)),
        ("x.jsonl.zst", zstd(&lines)),
        ("x.csv", table(&docs, ',')),
        ("x.tsv", table(&docs, '\t')),
        ("y.csv.gz", table_gz),
        ("x.warc", warc.concat()),
        ("x.warc.gz", members),
        ("y.warc.gz", gzip(&warc.concat())),
        ("x.wet", wet(&docs)),
        ("x.wet.gz", gzip(&wet(&docs))),
        ("x.tar", tar(&[("news/x.jsonl", &lines)])),
        ("x.tar.gz", gzip(&tar(&[("x.jsonl", &lines)]))),
        ("x.tgz", gzip(&tar(&[("./x.csv", &table(&docs, ','))]))),
        ("x.tar.zst", zstd(&tar(&[("x.warc", &warc.concat())]))),
        ("texts.tar.gz", gzip(&tar(&texts))),
        ("nested.tar", nested),
        ("x.jsonl.bz2", bzip2(&lines)),
        ("y.jsonl.bz2", [bzip2(&lines[..1000]), bzip2(&lines[1000..])].concat()),
        ("x.jsonl.xz", xz(&lines)),
        ("y.jsonl.xz", [xz(&lines[..1000]), xz(&lines[1000..])].concat()),
        ("x.tar.bz2", bzip2(&tar(&[("x.jsonl", &lines)]))),
        ("x.txz", xz(&tar(&[("x.csv", &table(&docs, ','))]))),
        (
            "x.zip",
            zip(&[
                ("a/x.jsonl", &jsonl(first), Packed::Deflated),
                ("b/x.tsv", &table(second, '\t'), Packed::Zstd),
            ]),
        ),
        ("nested.zip", {
            let inner = zip(&[("x.wet", &wet(second), Packed::Stored)]);
            zip(&[
                ("inner.zip", &inner, Packed::Deflated),
                ("x.jsonl.gz", &gzip(&jsonl(first)), Packed::Stored),
            ])
        }),
        ("zip.tar.gz", gzip(&tar(&[("x.zip", &zip(&[("x.jsonl", &lines, Packed::Deflated)]))]))),
        ("x.rss", rss(&docs)),
        ("x.xml.gz", gzip(&rss(&docs))),
        ("x.atom", atom(&docs)),
        ("x.mbox", mbox(&docs)),
        ("x.mbox.xz", xz(&mbox(&docs))),
    ];
    let check = |name: &str, bytes: &[u8]| {
        let reports = Reports::of(&dir.file(name, bytes), &[]);
        assert_eq!(reports.count("documents"), 250, "{name}");
        assert!(by_stem(&reports) == expected, "{name}: {:?}", reports.reasons());
        reports
    };
    for (name, bytes) in &containers {
        let reports = check(name, bytes);
        assert_eq!(reports.reasons(), Vec::<String>::new(), "{name}");
        if !name.starts_with("texts") {
            assert_eq!(reports.json["accounting"]["sites"].as_array().unwrap().len(), 5, "{name}");
        }
    }
    // What a name does not say, the first bytes do.
    for (name, _) in containers.iter().filter(|(name, _)| !name.contains(".csv") && !name.contains(".tsv")) {
        let bytes = std::fs::read(dir.path(name)).unwrap();
        check("of-unknown-kind", &bytes);
    }
    let pairs = plain.pairs.len();
    for (name, bytes) in &containers {
        let flags: &[&str] = if name.contains(".csv") {
            &["--format", "csv"]
        } else if name.contains(".tsv") {
            &["--format", "tsv"]
        } else {
            &[]
        };
        if name.ends_with("csv.gz") {
            continue;
        }
        let output = run_with_input(&[&["scan", "-", "--report", "pairs"], flags].concat(), bytes);
        assert_eq!((code(&output), stdout(&output).lines().count()), (0, pairs), "{name} on standard input");
    }
}

#[test]
#[cfg(feature = "parquet")]
fn parquet_gives_the_same_pairs_in_every_codec() {
    use parquet::basic::Compression;
    let docs = docs(250);
    let dir = Dir::new();
    let expected = Reports::of(&dir.file("x.jsonl", jsonl(&docs)), &[]).relations();
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::ZSTD(Default::default()),
        Compression::LZ4_RAW,
        Compression::BROTLI(Default::default()),
    ];
    for codec in codecs {
        let reports = Reports::of(&dir.file("x.parquet", parquet(&docs, codec, SCHEMA)), &[]);
        assert!(reports.relations() == expected, "{codec:?}: {:?}", reports.reasons());
        assert_eq!(reports.json["accounting"]["sites"].as_array().unwrap().len(), 5);
    }
    let bytes = parquet(&docs, Compression::SNAPPY, SCHEMA);
    let packed = Reports::of(&dir.file("p.tar.gz", gzip(&tar(&[("a/x.parquet", &bytes)]))), &[]);
    assert!(packed.relations() == expected);
    let piped = run_with_input(&["scan", "-", "--report", "pairs"], &bytes);
    assert_eq!(stdout(&piped).lines().count(), expected.len());
    let numbered = "message m { required int64 number; optional byte_array body; }";
    let path = dir.file("n.parquet", parquet(&docs, Compression::SNAPPY, numbered));
    let reports = Reports::of(&path, &["--id-field", "number", "--text-field", "body"]);
    assert_eq!(reports.pairs.len(), expected.len());
    assert!(reports.csv.contains("\n17,"), "a number is an id in its decimal form");
    let nameless = Reports::of(&path, &["--text-field", "body"]);
    assert!(nameless.csv.contains("\nn.parquet#249,"), "records count on over row groups");
    let output = run(&["scan", path.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("no field `text`"));
    let output = run(&["scan", path.to_str().unwrap(), "--text-field", "number"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("`number` is not a string"));
}

#[test]
fn ids_and_sites_come_from_where_a_record_stands() {
    let dir = Dir::new();
    let story = &docs(1)[0].text;
    let lines =
        format!("{}\n\n{}\n", serde_json::json!({ "text": story }), serde_json::json!({ "text": "x" }));
    let bare = format!("text\n{story}\n\"{story}\nx\"\n");
    dir.file(
        "in/day.tar",
        tar(&[("paper/a.txt", story.as_bytes()), ("x.jsonl", lines.as_bytes()), ("t.csv", bare.as_bytes())]),
    );
    dir.file("in/one.txt", story);
    let reports = Reports::of(&dir.path("in"), &[]);
    for id in ["day.tar/paper/a.txt", "day.tar/x.jsonl#0", "day.tar/x.jsonl#1", "day.tar/t.csv#1", "one.txt"]
    {
        assert!(reports.csv.contains(&format!("\n{id},")), "{id} is not in {}", reports.csv);
    }
    let sites: Vec<_> =
        reports.json["accounting"]["sites"].as_array().unwrap().iter().map(|s| s["site"].clone()).collect();
    assert_eq!(sites, ["", "day.tar", "day.tar/paper"]);
    assert_eq!(
        stdout(&run(&["text", dir.path("in").to_str().unwrap(), "--id", "day.tar/t.csv#1"])),
        format!("{story}\nx")
    );
    // Entries of one name are told apart, and the problem names the archive.
    let twice = dir.file("twice.tar", tar(&[("a.txt", story.as_bytes()), ("a.txt", story.as_bytes())]));
    let reports = Reports::of(&twice, &[]);
    assert_eq!(reports.relations().keys().next().unwrap().1, "twice.tar/a.txt#2");
    assert!(reports.reasons()[0].contains("twice.tar/a.txt: duplicate id"), "{:?}", reports.reasons());
}

#[test]
fn rows_that_are_no_documents_are_named() {
    let dir = Dir::new();
    let story = &docs(1)[0].text;
    let table = format!("id,text\na,{story}\nb\nc,{story},more\n\nd,\"{story}\n,\"\"\"\ne,\nf,éééééééééé?\n");
    let mut bytes = table.into_bytes();
    // Too little among what is UTF-8 to speak for another charset.
    let last = bytes.len() - 2;
    bytes[last] = 0xFF;
    let reports = Reports::of(&dir.file("x.csv", bytes), &[]);
    let counts = ["documents", "unreadable", "empty"].map(|name| reports.count(name));
    assert_eq!(counts, [6, 2, 1], "{:?}", reports.reasons());
    assert_eq!(reports.relations().len(), 1);
    let reasons = reports.reasons().join("\n");
    for expected in
        ["line 3: 1 fields, the header has 2", "line 4: 3 fields", "line 9: 1 invalid character was replaced"]
    {
        assert!(reasons.contains(expected), "{expected} is not in {reasons}");
    }
    let problems = &reports.json["problems"];
    assert_eq!((&problems[0]["record"], &problems[1]["record"]), (&1.into(), &2.into()));
    // A quote that nothing closes takes no more memory than a record may have.
    let open = format!("id,text\na,{story}\nb,\"{}", "x ".repeat(4_000_000));
    let reports = Reports::of(&dir.file("open.csv", open), &["--max-record", "1M"]);
    assert_eq!((reports.count("documents"), reports.count("unreadable")), (2, 1), "{:?}", reports.reasons());
    let output = run(&["scan", dir.file("y.csv", "id,body\n1,x\n").to_str().unwrap()]);
    assert_eq!(code(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("no field `text`"));
}

#[test]
fn bad_records_of_a_crawl_cost_no_others() {
    let dir = Dir::new();
    let docs = docs(9);
    let whole = warc(&docs);
    let expected: Vec<&str> = docs.iter().map(|d| d.id.as_str()).collect();
    let ids = |reports: &Reports| -> Vec<String> {
        reports.csv.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
    };
    let spoiled = |change: Change<'_>| {
        let mut records = whole.clone();
        change(&mut records[4]);
        records
    };
    let replaced = |from: &'static str, to: &'static str| {
        move |record: &mut Vec<u8>| {
            let text = String::from_utf8_lossy(record).replace(from, to);
            *record = text.into_bytes();
        }
    };
    let changes: [(&str, Change<'_>); 6] = [
        ("too long", &replaced("Content-Length: ", "Content-Length: 1")),
        ("far too long", &replaced("Content-Length: ", "Content-Length: 9999")),
        ("none", &replaced("Content-Length", "Content-Width")),
        ("no header", &replaced("WARC/1.0", "GARBAGE")),
        ("no response", &replaced("HTTP/1.1", "GOPHER")),
        ("too short", &replaced("Content-Length: ", "Content-Length: 0")),
    ];
    for (name, change) in changes {
        for packed in [false, true] {
            let records = spoiled(change);
            let bytes = if packed {
                records.iter().flat_map(|record| gzip(record)).collect()
            } else {
                records.concat()
            };
            let file = if packed { "x.warc.gz" } else { "x.warc" };
            let reports = Reports::of(&dir.file(file, bytes), &[]);
            let found = ids(&reports);
            let others = expected.iter().filter(|id| **id != "d3").all(|id| found.iter().any(|f| f == id));
            assert!(others, "{name}: {found:?} {:?}", reports.reasons());
            assert!(
                name == "too short" || reports.count("unreadable") == 1,
                "{name}: {:?}",
                reports.reasons()
            );
        }
    }
    // A damaged member, a member that is no gzip, and a cut.
    let mut members: Vec<Vec<u8>> = whole.iter().map(|record| gzip(record)).collect();
    let middle = members[4].len() / 2;
    members[4][middle..middle + 20].fill(0xA5);
    members[6] = b"not gzip at all".to_vec();
    let last = members.len() - 1;
    members[last].truncate(60);
    let reports = Reports::of(&dir.file("damaged.warc.gz", members.concat()), &[]);
    let found = ids(&reports);
    assert_eq!(found, ["d0", "d1", "d2", "d4", "d6", "d7"], "{:?}", reports.reasons());
    assert!(reports.count("unreadable") >= 2);
    let cut = whole.concat();
    let reports = Reports::of(&dir.file("cut.warc", &cut[..cut.len() - 100]), &[]);
    assert_eq!((ids(&reports).len(), reports.count("unreadable")), (8, 1));
    assert!(reports.reasons()[0].contains("cut off after"), "{:?}", reports.reasons());
}

#[test]
fn a_crawl_gives_pages_by_status_and_content_type() {
    let dir = Dir::new();
    let docs = docs(8);
    let text = |i: usize| docs[i].text.as_bytes();
    let chunked = [format!("{:x}\r\n", text(1).len()).as_bytes(), text(1), b"\r\n0\r\n\r\n"].concat();
    let missing = [b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\n", text(3)].concat();
    let records = [
        response(&docs[0], "Content-Type: text/plain\r\nContent-Encoding: gzip", &gzip(text(0))),
        response(&docs[1], "content-type:text/plain\r\ntransfer-encoding:chunked", &chunked),
        response(&docs[2], "Content-Type: image/png", b"\x89PNG"),
        warc_record("response", "Content-Type: application/http\r\n", &missing),
        warc_record("resource", "WARC-Record-ID: <urn:uuid:r>\r\nContent-Type: text/plain\r\n", text(4)),
        warc_record("request", "Content-Type: application/http\r\n", b"GET / HTTP/1.1\r\n\r\n"),
        warc_record("metadata", "", b""),
        warc_record("revisit", "Content-Type: application/http\r\n", b"HTTP/1.1 200 OK\r\n\r\n"),
        response(&docs[5], "Content-Type: text/plain\r\nContent-Encoding: br", b"\x91\x01?"),
    ];
    let reports = Reports::of(&dir.file("x.warc", records.concat()), &[]);
    let ids: Vec<&str> = reports.csv.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(ids, ["d0", "d1", "r"]);
    let skipped = &reports.json["accounting"]["skipped"];
    assert_eq!((&skipped["image/png"], &skipped["HTTP 404"]), (&1.into(), &1.into()));
    assert_eq!(reports.count("unreadable"), 1);
    assert_eq!(stdout(&run(&["text", dir.path("x.warc").to_str().unwrap(), "--id", "d1"])), docs[1].text);
}

#[test]
fn archives_lead_nowhere_and_hide_nothing() {
    let dir = Dir::new();
    let story = docs(1)[0].text.clone();
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |name: &str, kind: tar::EntryType, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        // `set_path` refuses what an attacker would write.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        if kind.is_symlink() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        builder.append(&header, bytes).unwrap();
    };
    let regular = tar::EntryType::Regular;
    add("../../../escape.txt", regular, story.as_bytes());
    add("/abs.txt", regular, story.as_bytes());
    add("link.txt", tar::EntryType::Symlink, b"");
    add("device.txt", tar::EntryType::Char, b"");
    add("pipe.txt", tar::EntryType::Fifo, b"");
    add("dir/", tar::EntryType::Directory, b"");
    add(".hidden.txt", regular, story.as_bytes());
    add("picture.png", regular, b"png");
    add("noise.txt", regular, &[0, 0xFF, 0xFE, 0].repeat(100));
    let path = dir.file("in/bad.tar", builder.into_inner().unwrap());
    let reports = Reports::of(&path, &[]);
    let relations: Vec<_> = reports.relations().into_keys().collect();
    assert_eq!(relations, [("bad.tar/abs.txt".to_owned(), "bad.tar/escape.txt".to_owned())]);
    let reasons = reports.reasons().join("\n");
    for expected in [
        "link.txt: skipped: a symbolic link",
        "device.txt: skipped: a device",
        "pipe.txt: skipped: a pipe",
        "noise.txt: binary data",
    ] {
        assert!(reasons.contains(expected), "{expected} is not in {reasons}");
    }
    assert_eq!((reports.count("documents"), reports.count("unreadable")), (3, 1));
    assert_eq!(reports.json["accounting"]["skipped"]["png"], 1);
    assert_eq!(std::fs::read_dir(dir.path("in")).unwrap().count(), 1, "nothing is unpacked");
    assert_eq!(Reports::of(&path, &["--hidden"]).count("documents"), 4);
    let limited = Reports::of(&path, &["--max-filesize", "100K"]);
    assert_eq!(limited.count("documents"), 3);
}

#[test]
fn limits_hold_inside_archives() {
    let dir = Dir::new();
    let story = docs(1)[0].text.clone();
    let big = "word ".repeat(300_000);
    let line = |text: &str| format!("{}\n", serde_json::json!({ "text": text }));
    let lines = line(&story) + &line(&big) + &line(&story);
    let endless = format!("{}{{\"text\":\"{}", line(&story), "x".repeat(5_000_000));
    let archive = tar(&[
        ("big.txt", big.as_bytes()),
        ("endless.jsonl", endless.as_bytes()),
        ("ok.txt", story.as_bytes()),
        ("x.jsonl", lines.as_bytes()),
    ]);
    let path = dir.file("x.tar.zst", zstd(&archive));
    let reports = Reports::of(&path, &["--max-record", "1M"]);
    assert_eq!((reports.count("documents"), reports.count("unreadable")), (7, 3), "{:?}", reports.reasons());
    assert!(
        reports.reasons().join("\n").contains("x.jsonl: line 2: larger than 1048576 bytes"),
        "{:?}",
        reports.reasons()
    );
    assert_eq!(reports.pairs.len(), 4 * 3 / 2);
    let reports = Reports::of(&path, &["--max-filesize", "1M"]);
    assert_eq!((reports.count("documents"), reports.count("unreadable")), (4, 3), "{:?}", reports.reasons());
}

#[test]
fn bombs_are_put_out() {
    let dir = Dir::new();
    let zeros = vec![b' '; 1 << 20];
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    (0..300).for_each(|_| encoder.write_all(&zeros).unwrap());
    let bomb = encoder.finish().unwrap();
    dir.file("in/ok.txt", &docs(1)[0].text);
    for name in ["bomb.csv.zst", "bomb.jsonl.zst", "bomb.warc.zst", "bomb.txt.zst", "bomb.tar.zst"] {
        dir.file(&format!("in/{name}"), &bomb);
    }
    dir.file(
        "in/nested.tar.gz",
        gzip(&tar(&[("bomb.txt.zst", &bomb), ("b.txt", docs(3)[2].text.as_bytes())])),
    );
    let reports = Reports::of(&dir.path("in"), &[]);
    let reasons = reports.reasons().join("\n");
    assert!(reasons.matches("decompression bomb").count() >= 4, "{reasons}");
    assert_eq!(
        reports.count("documents") - reports.count("unreadable") - reports.count("empty"),
        2,
        "{reasons}"
    );
    let mut doll = tar(&[("x.txt", b"one two three")]);
    (0..8).for_each(|_| doll = tar(&[("doll.tar", &doll)]));
    let output = run(&["scan", dir.file("doll.tar", doll).to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("archives in one another"));
}

#[test]
fn names_without_end_are_not_held() {
    let dir = Dir::new();
    let story = docs(1)[0].text.clone();
    let named = |length: usize| {
        let mut builder = tar::Builder::new(Vec::new());
        for name in ["first.txt".to_owned(), format!("{}/long.txt", "d".repeat(length))] {
            let mut header = tar::Header::new_gnu();
            header.set_size(story.len() as u64);
            builder.append_data(&mut header, name, story.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    };
    let reports = Reports::of(&dir.file("long.tar", named(5000)), &[]);
    assert_eq!((reports.count("documents"), reports.count("unreadable")), (2, 0), "{:?}", reports.reasons());
    let reports = Reports::of(&dir.file("endless.tar.gz", gzip(&named(50 << 20))), &[]);
    assert_eq!((reports.count("documents"), reports.count("unreadable")), (2, 1));
    assert!(reports.reasons().join("\n").contains("headers of more than"), "{:?}", reports.reasons());
}

#[test]
fn tables_of_other_charsets() {
    let dir = Dir::new();
    let story = "Городской совет решил сохранить старые часы на башне, потому что жители собрали подписи.";
    let rows = |d: char| format!("id{d}title{d}text\n1{d}Часы{d}\"{story}\"\n2{d}Часы{d}\"{story}\"\n");
    let commas = rows(',');
    let (cyrillic, _, unmappable) = encoding_rs::WINDOWS_1251.encode(&commas);
    assert!(!unmappable);
    let tabs = format!("\u{feff}{}", rows('\t'));
    let utf_16: Vec<u8> = tabs.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes) in
        [("x.csv", cyrillic.to_vec()), ("x.tsv", utf_16.clone()), ("x.csv.gz", gzip(&cyrillic))]
    {
        let path = dir.file(name, bytes);
        assert_eq!(stdout(&run(&["text", path.to_str().unwrap(), "--id", "2"])), story, "{name}");
    }
    // Half a character at the end.
    let reports = Reports::of(&dir.file("cut.tsv", &utf_16[..utf_16.len() - 3]), &[]);
    assert!(reports.reasons().join("\n").contains("became U+FFFD"), "{:?}", reports.reasons());
}

#[test]
fn what_came_before_the_cut_of_a_container_is_kept() {
    let dir = Dir::new();
    let docs = docs(400);
    let names: Vec<String> = docs.iter().map(|d| format!("{}.txt", d.id)).collect();
    let texts: Vec<(&str, &[u8])> =
        names.iter().zip(&docs).map(|(name, d)| (name.as_str(), d.text.as_bytes())).collect();
    let archive = tar(&texts);
    let zipped: Vec<u8> = gzip(&warc(&docs).concat());
    for (name, bytes) in [
        ("x.csv", table(&docs, ',')),
        ("x.csv.gz", gzip(&table(&docs, ','))),
        ("x.tar", archive.clone()),
        ("x.tar.gz", gzip(&archive)),
        ("x.tar.zst", zstd(&archive)),
        ("x.warc.gz", zipped),
    ] {
        let reports = Reports::of(&dir.file(name, &bytes[..bytes.len() / 2]), &[]);
        let read = reports.count("documents") - reports.count("unreadable");
        assert!(read > 60 && read < 300, "{name}: {read}");
        assert_eq!(reports.count("unreadable"), 1, "{name}: {:?}", reports.reasons());
    }
    #[cfg(feature = "parquet")]
    {
        let bytes = parquet(&docs, parquet::basic::Compression::SNAPPY, SCHEMA);
        let output = run(&["scan", dir.file("x.parquet", &bytes[..bytes.len() / 2]).to_str().unwrap()]);
        assert_eq!(code(&output), 2);
        assert!(String::from_utf8_lossy(&output.stderr).contains("not a Parquet file"));
        let mut damaged = bytes.clone();
        damaged[200..600].fill(0xA5);
        let reports = Reports::of(&dir.file("damaged.parquet", damaged), &[]);
        assert!(
            reports.count("documents") > 300 && reports.count("unreadable") >= 1,
            "{:?}",
            reports.reasons()
        );
    }
}

#[test]
fn pipes_devices_and_sockets_are_never_opened() {
    let dir = Dir::new();
    dir.file("in/ok.txt", &docs(1)[0].text);
    for name in ["in/pipe.tar", "in/pipe.csv", "in/pipe.warc.gz", "in/pipe.html"] {
        assert!(std::process::Command::new("mkfifo").arg(dir.path(name)).status().unwrap().success());
    }
    let _socket = std::os::unix::net::UnixListener::bind(dir.path("in/socket.txt")).unwrap();
    std::os::unix::fs::symlink(dir.path("in/pipe.tar"), dir.path("link.tar")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", dir.path("zero.txt")).unwrap();
    let reports = Reports::of(&dir.path("in"), &[]);
    assert_eq!((reports.count("documents"), reports.count("unreadable")), (6, 5), "{:?}", reports.reasons());
    for path in ["/dev/zero", "/dev/full", "in/pipe.tar", "link.tar", "zero.txt"] {
        let path = if path.starts_with('/') { path.into() } else { dir.path(path) };
        let output = run(&["scan", path.to_str().unwrap()]);
        assert_eq!(code(&output), 2, "{}", path.display());
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains("neither a file nor a directory"), "{}: {message}", path.display());
    }
}

/// A directory of seeded broken files of every kind; `WIRECOPY_BROKEN` says how many.
#[test]
fn broken_files_of_every_kind_add_up() {
    let count = std::env::var("WIRECOPY_BROKEN").ok().and_then(|n| n.parse().ok()).unwrap_or(1000);
    let seeds = crate::fuzzing::seeds();
    let mut random = crate::fuzzing::targets::Random::new(7);
    let dir = Dir::new();
    for i in 0..count {
        let (_, name, bytes) = &seeds[random.below(seeds.len())];
        let bytes = random.mutated(bytes, &[]);
        dir.file(&format!("in/{}/{i}-{name}", i % 10), bytes);
    }
    dir.file("in/ok.txt", &docs(1)[0].text);
    let reports = Reports::of(&dir.path("in"), &["--max-record", "4M"]);
    assert!(reports.count("documents") as usize > count / 2, "{}", reports.json["accounting"]);
    let again = Reports::of(&dir.path("in"), &["--max-record", "4M", "--threads", "1"]);
    assert_eq!(reports.written, again.written, "any number of threads gives the same");
}

/// The path names the site where the document does not: of files of any format and of entries of archives.
#[test]
fn a_site_is_taken_out_of_the_path() {
    let dir = Dir::new();
    let mut news = News::new(31);
    let mut wanted = std::collections::BTreeMap::new();
    for site in ["courier", "herald"] {
        let add = |name: String, bytes: &str| {
            dir.file(&format!("in/crawl/{site}/2026/{name}"), bytes);
        };
        add("a.txt".to_owned(), &news.story(5));
        add("b.jsonl".to_owned(), &record("b", &news.story(5)));
        add("c.csv".to_owned(), &format!("id,text\nc,{}\n", news.sentence()));
        add(
            "d.html".to_owned(),
            &format!("<html><body><article><p>{}</p></article></body></html>", news.story(9)),
        );
        wanted.insert(site.to_owned(), 4u64);
    }
    let named = serde_json::json!({"id": "e", "text": news.story(5), "source": "Own"}).to_string();
    dir.file("in/crawl/herald/2026/e.jsonl", format!("{named}\n"));
    dir.file("in/elsewhere/f.txt", news.story(5));
    wanted.extend([("Own".to_owned(), 1), ("elsewhere".to_owned(), 1)]);
    let sites = |path: &std::path::Path, flags: &[&str]| -> std::collections::BTreeMap<String, u64> {
        let reports = Reports::of(path, flags);
        let sites = reports.json["accounting"]["sites"].as_array().unwrap().clone();
        let row = |site: &serde_json::Value| {
            (site["site"].as_str().unwrap().to_owned(), site["documents"].as_u64().unwrap())
        };
        sites.iter().map(row).collect()
    };
    let flags = ["--site-from", "crawl/([^/]+)/"];
    assert_eq!(sites(&dir.path("in"), &flags), wanted);
    // Without it, each folder is one.
    assert!(!sites(&dir.path("in"), &[]).contains_key("courier"));
    let archive = dir.path("pages.tar");
    let mut builder = tar::Builder::new(std::fs::File::create(&archive).unwrap());
    builder.append_dir_all(".", dir.path("in")).unwrap();
    builder.finish().unwrap();
    let entries = sites(&archive, &flags);
    assert_eq!(
        (entries.get("courier"), entries.get("herald"), entries.get("Own")),
        (Some(&4), Some(&4), Some(&1))
    );
    for (pattern, said) in [("crawl/[^/]+/", "no group in"), ("crawl/(", "no regular expression")] {
        let path = dir.path("in");
        let output = run(&["scan", path.to_str().unwrap(), "--site-from", pattern]);
        assert_eq!(code(&output), 2);
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{output:?}");
    }
}

/// A corpus whose sites have one document each is one whose sites were not told.
#[test]
fn sites_of_one_document_are_said() {
    let dir = Dir::new();
    let mut news = News::new(32);
    let mut scanned = |pages: usize| {
        let name = format!("in{pages}");
        for n in 0..24 {
            dir.file(&format!("{name}/page-{}/text{n}.txt", n / pages), news.story(5));
        }
        let path = dir.path(&name);
        stdout(&run(&["scan", path.to_str().unwrap()]))
    };
    assert!(scanned(1).contains("24 of 24 sites have one document"));
    assert!(!scanned(2).contains("have one document"));
}

/// Pages of two documents, the first as a server sent it.
fn pages(docs: &[Doc], head: &str, body: &[u8]) -> Vec<u8> {
    let plain = response(&docs[3], "Content-Type: text/html", page_of(&docs[3]).as_bytes());
    [response(&docs[2], head, body), plain].concat()
}

fn page_of(doc: &Doc) -> String {
    format!(
        "<!doctype html><html><head><title>Quay</title></head><body><article><p>{}</p></article></body></html>",
        doc.text
    )
}

#[test]
fn pages_are_read_whatever_servers_say_of_their_codings() {
    let (dir, docs) = (Dir::new(), docs(4));
    let page = page_of(&docs[2]).into_bytes();
    // Brotli that does not compress: a window of 22 bits, one piece of so many bytes, the end.
    let br = |bytes: &[u8]| {
        let head = 0x0B | (bytes.len() as u32 - 1) << 7 | 1 << 23;
        [&head.to_le_bytes()[..3], bytes, &[3]].concat()
    };
    let chunked =
        |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n0\r\n\r\n"].concat();
    for (coding, body) in [
        ("7bit", page.clone()),
        ("windows-1252", page.clone()),
        ("", page.clone()),
        ("NONE", page.clone()),
        ("text/html; charset=utf-8", page.clone()),
        ("identity, gzip, identity", gzip(&page)),
        ("gzip,\tX-GZIP", gzip(&gzip(&page))),
        ("zstd", zstd(&page)),
        ("BR", br(&page)),
        ("br", page.clone()),
        ("br, gzip", gzip(&br(&page))),
        ("deflate", page.clone()),
        ("br\r\nTransfer-Encoding: chunked", chunked(&br(&page))),
    ] {
        let head = format!("Content-Type: text/html\r\nContent-Encoding: {coding}");
        let reports = Reports::of(&dir.file("x.warc", pages(&docs, &head, &body)), &[]);
        assert_eq!(
            (reports.count("unique"), reports.count("unreadable")),
            (2, 0),
            "{coding}: {:?}",
            reports.reasons()
        );
        assert!(reports.csv.contains("\nd2,") && reports.csv.contains("\nd3,"), "{coding}");
    }
    let mut damaged = gzip(&page);
    let middle = damaged.len() / 2;
    damaged[middle..middle + 20].fill(0x5A);
    let cut = &gzip(&page)[..60];
    for (coding, body) in [
        ("gzip", &damaged[..]),
        ("gzip", cut),
        ("exi", b"\x01\x9a\x02zzz"),
        ("exi", b"zzzzzz"),
        ("br", b"\x91\x00\x01\xff"),
    ] {
        let head = format!("Content-Type: text/html\r\nContent-Encoding: {coding}");
        let reports = Reports::of(&dir.file("x.warc", pages(&docs, &head, body)), &[]);
        assert_eq!((reports.count("unique"), reports.count("unreadable")), (1, 1), "{coding}");
        assert!(reports.reasons()[0].contains(&format!("`{coding}`")), "{:?}", reports.reasons());
    }
}

#[test]
fn pages_are_read_whatever_servers_say_of_their_types() {
    let (dir, docs) = (Dir::new(), docs(4));
    let page = page_of(&docs[2]).into_bytes();
    let gzipped = "X-Served-By: cache\r\nContent-Encoding: gzip";
    for (head, body) in [
        ("Content-Type: text/html;charset=utf-8,text/html", page.clone()),
        ("Content-Type: TEXT/HTML , text/html", page.clone()),
        ("Content-Type: text/html\r\nContent-Type: text/html; charset=utf-8", page.clone()),
        ("Content-Type: Application/XHTML+XML", page.clone()),
        ("Content-Type: unknown/unknown", page.clone()),
        ("Content-Type:", page.clone()),
        (gzipped, gzip(&page)),
        ("Server: x", page.clone()),
        ("Content-Type: text/plain, text/plain", docs[2].text.clone().into_bytes()),
        ("Server: x", docs[2].text.clone().into_bytes()),
    ] {
        let bytes = pages(&docs, head, &body);
        let other_case = String::from_utf8_lossy(&bytes).replace("application/http;", "Application/HTTP; ");
        let files = [
            dir.file("x.warc", &bytes),
            dir.file("y.warc", if head == gzipped { bytes.clone() } else { other_case.into() }),
        ];
        for file in files {
            let reports = Reports::of(&file, &[]);
            assert_eq!(
                (reports.count("unique"), reports.count("unreadable")),
                (2, 0),
                "{head}: {:?}",
                reports.reasons()
            );
            let text = stdout(&run(&["text", file.to_str().unwrap(), "--id", "d2"]));
            assert_eq!(text.trim(), docs[2].text, "{head}");
        }
    }
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01".to_vec();
    for (head, body) in [
        ("Content-Type: image/png, image/png", picture.clone()),
        ("Server: x", picture.clone()),
        (gzipped, gzip(&picture)),
        ("Server: x", b"<?xml version=\"1.0\"?><rss><channel/></rss>".to_vec()),
    ] {
        let reports = Reports::of(&dir.file("x.warc", pages(&docs, head, &body)), &[]);
        assert_eq!((reports.count("documents"), reports.count("unreadable")), (1, 0), "{head}");
        assert_eq!(reports.json["accounting"]["skipped"].as_object().unwrap().len(), 1, "{head}");
    }
}

#[test]
fn zstd_frames_with_a_long_window_hold_what_others_hold() {
    let (dir, docs) = (Dir::new(), docs(2));
    let long = |bytes: &[u8]| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
        encoder.include_contentsize(false).unwrap();
        encoder.write_all(bytes).unwrap();
        let mut frame = encoder.finish().unwrap();
        // The window that its header names: 2 GiB.
        frame[5] = (31 - 10) << 3;
        frame
    };
    let (first, second) = (jsonl(&docs[..1]), jsonl(&docs[1..]));
    let texts = tar(&[("a.txt", docs[0].text.as_bytes()), ("b.txt", docs[1].text.as_bytes())]);
    for (name, bytes) in [
        ("one.jsonl.zst", long(&jsonl(&docs))),
        ("two.jsonl.zst", [long(&first), zstd(&second)].concat()),
        ("x.tar.zst", long(&texts)),
    ] {
        let reports = Reports::of(&dir.file(name, &bytes), &[]);
        assert_eq!(
            (reports.pairs.len(), reports.count("unreadable")),
            (1, 0),
            "{name}: {:?}",
            reports.reasons()
        );
        let cut = run(&["scan", dir.file(name, &bytes[..bytes.len() - 9]).to_str().unwrap()]);
        let said = stdout(&cut) + &String::from_utf8_lossy(&cut.stderr);
        assert!(said.contains("broke off"), "{name}: {said}");
    }
}

#[cfg(feature = "parquet")]
mod typed {
    use std::sync::Arc;

    use parquet::data_type::{
        ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
        Int96, Int96Type,
    };
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;

    use super::*;

    /// A table of three texts, of which two are copies, and a column of this kind, of which the last value is null.
    fn table<T: DataType>(column: &str, values: &[T::T], dictionary: bool) -> Vec<u8> {
        let docs = docs(3);
        let schema = format!("message m {{ required binary text (utf8); optional {column}; }}");
        let schema = Arc::new(parquet::schema::parser::parse_message_type(&schema).unwrap());
        let properties = WriterProperties::builder().set_dictionary_enabled(dictionary).build();
        let mut out = Vec::new();
        let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(properties)).unwrap();
        let mut rows = writer.next_row_group().unwrap();
        let texts: Vec<ByteArray> = docs.iter().map(|d| d.text.clone().into_bytes().into()).collect();
        let mut text = rows.next_column().unwrap().unwrap();
        text.typed::<ByteArrayType>().write_batch(&texts, None, None).unwrap();
        text.close().unwrap();
        let mut typed = rows.next_column().unwrap().unwrap();
        typed.typed::<T>().write_batch(values, Some(&[1, 1, 0]), None).unwrap();
        typed.close().unwrap();
        rows.close().unwrap();
        writer.close().unwrap();
        out
    }

    fn fixed(bytes: &[u8]) -> FixedLenByteArray {
        ByteArray::from(bytes.to_vec()).into()
    }

    #[test]
    fn ids_that_are_decimals_and_uuids_are_what_people_write() {
        let dir = Dir::new();
        let uuids: [&[u8]; 2] = [&[0xAB; 16], b"0123456789abcdef"];
        for dictionary in [false, true] {
            for (bytes, ids) in [
                (
                    table::<Int32Type>("int32 id (decimal(9, 2))", &[71_050, -425], dictionary),
                    ["710.50", "-4.25"],
                ),
                (
                    table::<Int64Type>("int64 id (decimal(18, 0))", &[9_000_000_017, -3], dictionary),
                    ["9000000017", "-3"],
                ),
                (
                    table::<FixedLenByteArrayType>(
                        "fixed_len_byte_array(6) id (decimal(12, 1))",
                        &[fixed(&[0, 0, 0, 0, 1, 4]), fixed(&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xF5])],
                        dictionary,
                    ),
                    ["26.0", "-1.1"],
                ),
                (
                    table::<ByteArrayType>(
                        "binary id (decimal(38, 0))",
                        &[vec![3, 0x21].into(), vec![0x80].into()],
                        dictionary,
                    ),
                    ["801", "-128"],
                ),
                (
                    table::<FixedLenByteArrayType>(
                        "fixed_len_byte_array(16) id (uuid)",
                        &uuids.map(fixed),
                        dictionary,
                    ),
                    ["abababab-abab-abab-abab-abababababab", "30313233-3435-3637-3839-616263646566"],
                ),
            ] {
                let path = dir.file("x.parquet", bytes);
                let reports = Reports::of(&path, &[]);
                let pair = [&reports.pairs[0]["a"], &reports.pairs[0]["b"]]
                    .map(|id| id.as_str().unwrap().to_owned());
                let mut expected = ids.map(str::to_owned);
                expected.sort();
                assert_eq!(pair, expected);
                assert!(reports.csv.contains("\nx.parquet#2,"), "null is no id: {}", reports.csv);
            }
        }
        let text = dir.file("x.parquet", table::<Int32Type>("int32 id", &[1, 2], false));
        assert!(Reports::of(&text, &[]).csv.contains("\n1,"));
    }

    #[test]
    fn times_of_twelve_bytes_are_dates() {
        let dir = Dir::new();
        // Nanoseconds of a day, and the day from noon of 4714 B.C.
        let time = |day: u32, nanoseconds: u64| {
            let mut value = Int96::new();
            value.set_data(nanoseconds as u32, (nanoseconds >> 32) as u32, day);
            value
        };
        let midnight = 86_399_999_999_999;
        for dictionary in [false, true] {
            for (values, dates) in [
                (
                    [time(2_440_588, 0), time(2_440_587, midnight)],
                    ["1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z"],
                ),
                (
                    [time(2_460_375, 54_000_000_000_000), time(2_460_375, 0)],
                    ["2024-03-05T15:00:00Z", "2024-03-05T00:00:00Z"],
                ),
            ] {
                let path = dir.file("x.parquet", table::<Int96Type>("int96 date", &values, dictionary));
                let reports = Reports::of(&path, &["--within", "16h"]);
                assert_eq!((reports.pairs.len(), reports.count("undated")), (1, 1));
                let cluster = &reports.json["clusters"][0];
                assert_eq!(cluster["origin"]["id"], "x.parquet#1");
                assert!(dates.iter().all(|date| cluster.to_string().contains(date)), "{cluster}");
            }
        }
    }
}
