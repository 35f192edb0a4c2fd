//! Hostile and broken input: a clear message, and nothing lost.

use std::io::Write;

use crate::harness::*;

fn story(i: usize) -> String {
    (0..40).map(|w| format!("word{} ", (i * 41 + w) * 7919 % 1_000_003)).collect()
}

#[test]
fn malformed_lines_are_named_and_the_rest_goes_on() {
    let dir = Dir::new();
    let good = record("a", &story(0));
    let text = format!("{good}{{\"id\":\"b\",\"text\":\n\n{{\"id\":\"c\"}}\n[]\nnull\n{good}");
    let path = dir.file(
        "bad.jsonl",
        text + "{\"id\":5,\"text\":\"cat\"}\n{\"id\":\"e\",\"text\":\"dog\"}\n{\"text\":7}\n",
    );
    let reports = Reports::of(&path, &[]);
    assert_eq!((reports.count("documents"), reports.count("unreadable")), (9, 5));
    let reasons = reports.reasons().join("\n");
    for expected in [
        "line 2: malformed JSON: expected a value at byte 17",
        "line 4: no field `text`",
        "line 5: not a JSON object",
        "line 6: not a JSON object",
        "line 10: field `text` is not a string",
        "duplicate id `a`: this one is shown as `a#2`",
    ] {
        assert!(reasons.contains(expected), "{expected} is not in {reasons}");
    }
    // Short notes are not duplicates of one another; the repeated id is told apart.
    assert_eq!(reports.relations().keys().collect::<Vec<_>>(), [&("a".to_owned(), "a#2".to_owned())]);
}

#[test]
fn what_came_before_a_cut_is_kept() {
    let dir = Dir::new();
    let lines: String = (0..2000).map(|i| record(&format!("z{i}"), &story(i))).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(lines.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(lines.as_bytes(), 1).unwrap();
    for (name, bytes) in [("cut.jsonl.gz", &gzip), ("cut.jsonl.zst", &zstd)] {
        let reports = Reports::of(&dir.file(name, &bytes[..bytes.len() / 2]), &[]);
        assert!(reports.count("unique") > 500, "{name}: {}", reports.json["accounting"]);
        assert!(reports.reasons().iter().any(|reason| reason.contains("broke off after")), "{name}");
        let kept = reports.count("unique");
        assert!(
            reports.csv.contains(&format!("z{},", kept - 1)) && !reports.csv.contains(&format!("z{kept},"))
        );
    }
    let noise = dir.file("noise.jsonl.gz", b"\x1f\x8bnot gzip at all");
    let output = run(&["scan", noise.to_str().unwrap()]);
    assert_eq!(code(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("noise.jsonl.gz: broke off after 0 bytes"));
}

#[test]
fn bytes_that_are_no_text() {
    let dir = Dir::new();
    dir.file("in/empty.txt", b"");
    dir.file("in/latin.txt", b"caf\xe9 d\xe9j\xe0 vu \xff words that follow here\n");
    dir.file(
        "in/noise.txt",
        (0u32..100_000).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>(),
    );
    dir.file("in/nul.txt", b"a\0b\0c ".repeat(1000));
    dir.file("in/ok.txt", story(1));
    let reports = Reports::of(&dir.path("in"), &[]);
    let counts = ["documents", "empty", "unreadable"].map(|name| reports.count(name));
    assert_eq!(counts, [5, 1, 1], "{:?}", reports.reasons());
    let reasons = reports.reasons().join("\n");
    assert!(reasons.contains("noise.txt: binary data, not text"), "{reasons}");
    assert!(!reasons.contains("latin.txt"), "another charset is no problem: {reasons}");
    let latin = run(&["text", &dir.path("in/latin.txt").display().to_string()]);
    assert_eq!(stdout(&latin), "caf\u{e9} d\u{e9}j\u{e0} vu \u{ff} words that follow here\n");
}

#[test]
fn loops_devices_and_pipes_do_not_hang() {
    let dir = Dir::new();
    dir.file("in/ok.txt", story(1));
    std::os::unix::fs::symlink(dir.path("in"), dir.path("in/loop")).unwrap();
    let fifo = dir.path("in/pipe.txt");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let reports = Reports::of(&dir.path("in"), &["--follow"]);
    assert_eq!(reports.count("unique"), 1);
    let reasons = reports.reasons().join("\n");
    assert!(reasons.contains("pipe.txt: cannot be opened: neither a file nor a directory"), "{reasons}");
    assert!(reasons.contains("loop"), "{reasons}");
    assert_eq!(code(&run(&["scan", "/dev/null"])), 2);
}

#[test]
fn one_line_of_two_hundred_megabytes_and_ten_of_one_word() {
    let dir = Dir::new();
    dir.file("in/line.txt", "x".repeat(200_000_000));
    dir.file("in/word.txt", "spam ".repeat(2_000_000));
    dir.file("in/again.txt", "Spam! ".repeat(2_000_000));
    let reports = Reports::of(&dir.path("in"), &["--max-record", "1G"]);
    let relations = reports.relations();
    assert_eq!(relations.len(), 1);
    assert_eq!(relations[&("again.txt".to_owned(), "word.txt".to_owned())].0, "exact");
    let limited = Reports::of(&dir.path("in"), &["--max-record", "20M"]);
    assert_eq!(limited.count("unreadable"), 1);
}

#[test]
fn a_page_copied_fifty_thousand_times_is_a_star() {
    let dir = Dir::new();
    let page = story(3);
    let lines: String = (0..50_000).map(|i| record(&format!("c{i}"), &page)).collect();
    let reports = Reports::of(&dir.file("crowd.jsonl", lines), &[]);
    assert_eq!((reports.count("duplicates"), reports.pairs.len()), (49_999, 49_999));
    let smaller: String = (0..100).map(|i| record(&format!("c{i:02}"), &page)).collect();
    let all = Reports::of(&dir.file("group.jsonl", smaller), &[]);
    assert_eq!(all.pairs.len(), 100 * 99 / 2, "of 100 every pair is shown");
}

#[test]
fn pages_that_differ_by_a_date_are_one_crowd() {
    let dir = Dir::new();
    let body = (0..8).map(story).collect::<String>();
    let lines: String =
        (0..3000).map(|i| record(&format!("d{i}"), &format!("On day {i} {body} until {}", i + 1))).collect();
    let reports = Reports::of(&dir.file("dates.jsonl", lines), &["--classic"]);
    assert_eq!(reports.count("duplicates"), 2999, "{}", reports.json["accounting"]);
    assert_eq!(reports.json["clusters"].as_array().unwrap().len(), 1, "one star");
    assert!(reports.pairs.len() < 100_000);
    assert_eq!(reports.count("unsettled"), 0);
}

#[test]
fn ten_thousand_broken_files_add_up() {
    let dir = Dir::new();
    let mut state = 1u64;
    let mut random = move || {
        state = wirecopy::internals::hash::avalanche(state.wrapping_add(0x9E37_79B9_7F4A_7C15));
        state
    };
    let (mut records, good) = (0, record("g", &story(5)));
    for i in 0..2000 {
        let length = random() as usize % 60;
        let mut bytes = good.as_bytes()[..good.len().min(length * 8)].to_vec();
        for _ in 0..random() % 4 {
            let at = random() as usize % (bytes.len() + 1);
            bytes.insert(at, random() as u8);
        }
        records +=
            bytes.split(|&b| b == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace)).count();
        dir.file(&format!("in/{i}.jsonl"), bytes);
    }
    let reports = Reports::of(&dir.path("in"), &[]);
    assert_eq!(reports.count("documents") as usize, records);
}

#[test]
fn odd_json_is_read_or_refused_by_line() {
    let dir = Dir::new();
    let text = story(2);
    let deep =
        format!("{{\"id\":\"deep\",\"x\":{}{},\"text\":\"cat\"}}\n", "[".repeat(5000), "]".repeat(5000));
    let lines = [
        format!("\u{feff}{}", record("bom", &text)),
        format!("{{\"id\":\"crlf\",\"text\":{}}}\r\n", serde_json::json!(text)),
        format!("{{\"id\":\"nul\",\"text\":\"{text} \\u0000 end\"}}\n"),
        format!("{{\"id\":\"lone\",\"text\":\"{text} \\ud800 end\"}}\n"),
        "{\"id\":\"empty\",\"text\":\"\"}\n{\"id\":\"marks\",\"text\":\"-- !! --\"}\n".to_owned(),
        "{\"id\":1e400,\"text\":\"bird\"}\n{\"id\":null,\"text\":\"fish\"}\n{\"id\":[1],\"text\":\"frog\"}\n"
            .to_owned(),
        deep,
        format!("{{\"id\":\"last\",\"text\":\"{text}\"}}"),
    ];
    let reports = Reports::of(&dir.file("odd.jsonl", lines.concat()), &[]);
    assert_eq!(reports.count("documents"), 11);
    assert_eq!(reports.count("empty"), 2);
    let relations = reports.relations();
    let exact = |a: &str, b: &str| relations[&(a.to_owned(), b.to_owned())].0 == "exact";
    assert!(exact("bom", "crlf") && exact("bom", "last") && exact("crlf", "last"));
}

#[test]
fn a_cut_inside_a_record_loses_that_record_only() {
    let dir = Dir::new();
    let whole = record("a", &story(0)) + &record("b", &story(0));
    let cut = whole.clone() + &record("c", &story(0))[..60];
    let reports = Reports::of(&dir.file("cut.jsonl", cut), &[]);
    assert_eq!((reports.count("documents"), reports.count("unreadable")), (3, 1));
    assert!(reports.reasons()[0].contains("line 3"), "{:?}", reports.reasons());
    // Members of one gzip file, and frames of one zstd file, are one text.
    let gzip = |text: &str| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    };
    let (left, right) = whole.split_at(50);
    let members = dir.file("two.jsonl.gz", [gzip(left), gzip(right)].concat());
    assert_eq!(Reports::of(&members, &[]).count("duplicates"), 1);
    let frames = [left, right].map(|part| zstd::encode_all(part.as_bytes(), 1).unwrap()).concat();
    assert_eq!(Reports::of(&dir.file("two.jsonl.zst", frames), &[]).count("duplicates"), 1);
    let empty = Reports::of(&dir.file("in/x.jsonl.gz", gzip("")), &[]);
    assert_eq!(empty.count("documents"), 0);
}

#[test]
fn pipes_and_devices_that_are_named_are_refused() {
    let dir = Dir::new();
    let fifo = dir.path("pipe.jsonl");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for path in [fifo.to_str().unwrap(), "/dev/zero"] {
        for command in ["scan", "page", "text"] {
            assert_eq!(code(&run(&[command, path])), 2, "{command} {path}");
        }
    }
    std::os::unix::fs::symlink("/dev/zero", dir.path("zero.txt")).unwrap();
    std::os::unix::fs::symlink(dir.path("nowhere"), dir.path("dangling.txt")).unwrap();
    dir.file("ok.txt", story(1));
    let reports = Reports::of(&dir.path(""), &["-L"]);
    assert_eq!((reports.count("unique"), reports.count("unreadable")), (1, 3), "{:?}", reports.reasons());
}

#[test]
fn repeated_ids_never_share_a_printed_id() {
    let dir = Dir::new();
    let lines: String = ["a", "a", "a#2", "a"].iter().map(|id| record(id, &story(4))).collect();
    let reports = Reports::of(&dir.file("x.jsonl", lines), &[]);
    assert_eq!(reports.relations().len(), 6, "six pairs have six names: {:?}", reports.pairs);
}

#[test]
fn a_file_that_shrinks_after_it_was_opened_is_a_problem() {
    use wirecopy::corpus::{Corpus, CorpusOptions};
    use wirecopy::options::Resources;
    let dir = Dir::new();
    // One is mapped, one is small enough to be read.
    for (name, copies) in [("mapped.jsonl", 4000), ("small.jsonl", 40)] {
        let lines: String = (0..copies).map(|i| record(&format!("{i}"), &story(i))).collect();
        assert_eq!(lines.len() > 600_000, name == "mapped.jsonl");
        let shrinking = dir.file(name, &lines);
        let ok = dir.file("ok.txt", story(9));
        let resources = Resources::default().with_threads(2);
        let corpus = Corpus::open(&[shrinking.clone(), ok], &CorpusOptions::default(), &resources).unwrap();
        std::fs::File::options().write(true).open(&shrinking).unwrap().set_len(5000).unwrap();
        let found = wirecopy::scan::Scan::new().resources(resources).run(&corpus).unwrap();
        let problems = &found.documents.problems;
        assert!(
            problems.iter().any(|p| p.path.ends_with(name) && p.reason.contains("changed")),
            "{problems:?}"
        );
        let accounting = found.accounting();
        let parts = accounting.unique + accounting.duplicates + accounting.empty + accounting.unreadable;
        assert_eq!(accounting.documents, parts);
        assert!(accounting.unique >= 1, "the other file is read");
    }
}
