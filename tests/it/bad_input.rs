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
        "id `a` is not the first of that name; printed as `a#2`",
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
    assert!(reasons.contains("latin.txt: 4 sequences that are no UTF-8"), "{reasons}");
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
fn one_line_of_forty_megabytes_and_ten_of_one_word() {
    let dir = Dir::new();
    dir.file("in/line.txt", "x".repeat(40_000_000));
    dir.file("in/word.txt", "spam ".repeat(2_000_000));
    dir.file("in/again.txt", "Spam! ".repeat(2_000_000));
    let reports = Reports::of(&dir.path("in"), &[]);
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
    let reports = Reports::of(&dir.file("dates.jsonl", lines), &[]);
    assert!(reports.count("duplicates") >= 2990, "{}", reports.json["accounting"]);
    assert!(reports.pairs.len() < 100_000);
    assert_eq!(reports.count("unsettled"), 0);
}

#[test]
fn ten_thousand_broken_files_add_up() {
    let dir = Dir::new();
    let mut state = 1u64;
    let mut random = move || {
        state = wirecopy::hash::avalanche(state.wrapping_add(0x9E37_79B9_7F4A_7C15));
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
