//! Arguments, exit codes and inputs.

use std::io::{Read, Write};
use std::process::Stdio;

use crate::harness::*;

fn two_copies(dir: &Dir) -> String {
    let lines =
        record("a", STORY) + &record("b", &STORY.to_uppercase()) + &record("c", "Something else entirely.");
    dir.file("wire.jsonl", lines).display().to_string()
}

#[test]
fn exit_codes() {
    let dir = Dir::new();
    let path = two_copies(&dir);
    let broken = dir.file("broken.jsonl", record("a", STORY) + "{\n").display().to_string();
    assert_eq!(code(&run(&["scan", &path])), 0);
    assert_eq!(code(&run(&["scan", &path, "--fail-on-duplicates"])), 1);
    assert_eq!(code(&run(&["scan", &broken, "--fail-on-duplicates"])), 0);
    assert_eq!(code(&run(&["scan", &broken])), 0);
    assert_eq!(code(&run(&["scan", &broken, "--strict"])), 2);
    assert_eq!(code(&run(&["scan", &dir.path("missing").display().to_string()])), 2);
    std::fs::create_dir(dir.path("nothing")).unwrap();
    dir.file("nothing/picture.png", "no text");
    assert_eq!(code(&run(&["scan", &dir.path("nothing").display().to_string()])), 2);
    assert_eq!(code(&run(&["scan", &dir.file("no-lines.jsonl", "").display().to_string()])), 0);
    assert_eq!(code(&run(&["scan", &path, "--no-such-flag"])), 2);
    assert_eq!(code(&run(&["scan"])), 2);
    assert_eq!(code(&run(&["scan", &path, "--jaccard", "1.5"])), 2);
    assert_eq!(code(&run(&["scan", &path, "--shingle", "0"])), 2);
    assert_eq!(code(&run(&["scan", &path, "--report", "pairs", "--report", "csv"])), 2);
    assert_eq!(code(&run(&["scan", &path, "--report", "poem"])), 2);
}

#[test]
fn the_summary_says_what_happened() {
    let dir = Dir::new();
    let output = run(&["scan", &two_copies(&dir), "--color", "never"]);
    let text = stdout(&output);
    assert!(text.contains("3 documents = 2 unique + 1 duplicates + 0 empty + 0 unreadable"), "{text}");
    assert!(text.contains("the largest stories") && text.contains("2 documents"), "{text}");
    assert!(text.contains("lighthouse keeper"), "a shared excerpt where there is no headline: {text}");
    let all = stdout(&run(&["scan", &two_copies(&dir), "--color", "never", "--all"]));
    assert!(all.contains("exact     100 %  b") && all.contains("lighthouse keeper"), "{all}");
    assert!(!text.contains('\x1b'));
    assert!(stdout(&run(&["scan", &two_copies(&dir), "--color", "always"])).contains('\x1b'));
    assert!(run(&["scan", &two_copies(&dir), "--quiet"]).stdout.is_empty());
}

#[test]
fn a_closed_pipe_is_no_error() {
    let dir = Dir::new();
    let lines: String =
        (0..20_000).map(|i| record(&format!("id-{i}"), &format!("{STORY} {}", i / 2))).collect();
    let path = dir.file("many.jsonl", lines);
    let mut child =
        program().args(["scan", "--report", "csv"]).arg(path).stdout(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdout.take().unwrap();
    pipe.read_exact(&mut [0; 10]).unwrap();
    drop(pipe);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_same_documents_in_any_wrapping_give_the_same_pairs() {
    let dir = Dir::new();
    let lines =
        record("a", STORY) + &record("b", STORY) + &record("c", &format!("{STORY} {STORY} And more."));
    let plain = Reports::of(&dir.file("x.jsonl", &lines), &[]);
    assert_eq!(plain.pairs.len(), 3);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(lines.as_bytes()).unwrap();
    let gzip = Reports::of(&dir.file("x.ndjson.gz", gzip.finish().unwrap()), &[]);
    let zstd = Reports::of(&dir.file("x.jsonl.zst", zstd::encode_all(lines.as_bytes(), 3).unwrap()), &[]);
    assert_eq!((&gzip.pairs, &zstd.pairs), (&plain.pairs, &plain.pairs));
    let piped = run_with_input(&["scan", "-", "--report", "pairs"], lines.as_bytes());
    assert_eq!(stdout(&piped).lines().count(), 3);
    // A text on standard input is told from JSON lines by its first byte.
    let text = run_with_input(&["text", "-"], STORY.as_bytes());
    assert_eq!(stdout(&text), STORY);
}

#[test]
fn big_compressed_input_is_spilled_and_read_again() {
    let dir = Dir::new();
    let story =
        |i: usize| (0..60).map(|w| format!("w{} ", (i / 2 * 61 + w) * 7919 % 100_003)).collect::<String>();
    let lines: String = (0..3000).map(|i| record(&format!("{i}"), &story(i))).collect();
    assert!(lines.len() > 512 << 10);
    let plain = Reports::of(&dir.file("x.jsonl", &lines), &[]);
    let zstd = zstd::encode_all(lines.as_bytes(), 1).unwrap();
    let work = dir.path("made/where/it/is/wanted");
    let spilled = Reports::of(&dir.file("x.jsonl.zst", zstd), &["--work-dir", work.to_str().unwrap()]);
    assert_eq!(plain.count("duplicates"), 1500);
    assert_eq!(plain.pairs, spilled.pairs);
    assert_eq!(std::fs::read_dir(&work).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn fields_have_the_names_that_are_given() {
    let dir = Dir::new();
    let lines = format!(
        "{}\n{}\n",
        serde_json::json!({ "key": 7, "body": STORY, "paper": "Courier" }),
        serde_json::json!({ "key": "x", "body": STORY, "paper": "Echo" }),
    );
    let path = dir.file("cms.jsonl", lines);
    let reports =
        Reports::of(&path, &["--text-field", "body", "--id-field", "key", "--source-field", "paper"]);
    assert_eq!(reports.pairs.len(), 1);
    assert_eq!((&reports.pairs[0]["a"], &reports.pairs[0]["b"]), (&"7".into(), &"x".into()));
    assert_eq!(reports.pairs[0]["same_site"], false);
    assert_eq!(reports.json["accounting"]["sites"][0]["site"], "Courier");
    // Without the names nothing can be read, and the message says what to do.
    let output = run(&["scan", path.to_str().unwrap()]);
    assert_eq!(code(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("--text-field"));
}

#[test]
fn ids_come_from_paths_and_records() {
    let dir = Dir::new();
    dir.file("in/sub/one.txt", STORY);
    dir.file("in/two.md", STORY);
    dir.file("in/wire.jsonl", format!("\n{}\n", serde_json::json!({ "text": STORY })));
    let relations = Reports::of(&dir.path("in"), &[]).relations();
    let keys: Vec<_> = relations.keys().map(|(a, b)| format!("{a} {b}")).collect();
    assert_eq!(keys, ["sub/one.txt two.md", "sub/one.txt wire.jsonl#0", "two.md wire.jsonl#0"]);
}

#[test]
fn a_walk_takes_what_ripgrep_would() {
    let dir = Dir::new();
    for (name, extra) in
        [(".hidden.txt", 1), ("seen.txt", 2), ("ignored.txt", 3), ("pic.png", 4), ("sub/x.md", 5)]
    {
        dir.file(&format!("in/{name}"), format!("{STORY} {extra}"));
    }
    dir.file("in/.ignore", "ignored.txt\n");
    dir.file("elsewhere/y.md", format!("{STORY} 6"));
    std::os::unix::fs::symlink(dir.path("elsewhere"), dir.path("in/link")).unwrap();
    // What stands in the folder too is one file.
    std::os::unix::fs::symlink(dir.path("in/sub"), dir.path("in/again")).unwrap();
    let documents = |flags: &[&str]| Reports::of(&dir.path("in"), flags).count("documents");
    assert_eq!(documents(&[]), 2);
    assert_eq!(documents(&["--hidden"]), 3);
    assert_eq!(documents(&["--no-ignore"]), 3);
    assert_eq!(documents(&["--follow"]), 3);
    assert_eq!(documents(&["-g", "*.md"]), 1);
    assert_eq!(documents(&["-g", "!*.md"]), 1);
    dir.file("in/tiny.txt", "tiny");
    let reports = Reports::of(&dir.path("in"), &["--max-filesize", "10"]);
    assert_eq!((reports.count("documents"), reports.count("unreadable")), (3, 2));
    assert_eq!(reports.json["accounting"]["skipped"]["png"], 1);
}

#[test]
fn a_walk_heeds_gitignore_within_a_repository() {
    let dir = Dir::new();
    for name in ["kept.txt", "drafts/cut.txt", "drafts/kept.md"] {
        dir.file(&format!("in/{name}"), STORY);
    }
    dir.file("in/.gitignore", "drafts/*.txt\n");
    let documents = |flags: &[&str]| Reports::of(&dir.path("in"), flags).count("documents");
    assert_eq!(documents(&[]), 3, "outside of a repository git says nothing");
    std::fs::create_dir(dir.path("in/.git")).unwrap();
    assert_eq!(documents(&[]), 2);
    assert_eq!(documents(&["--no-ignore"]), 3);
}

#[test]
fn no_color_is_heeded() {
    let dir = Dir::new();
    let path = two_copies(&dir);
    // Forced, because a pipe has no colours by itself.
    let scan = |no_color: &str| {
        let variables = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", no_color)];
        stdout(&program().args(["scan", &path]).envs(variables).output().unwrap())
    };
    assert!(scan("").contains('\x1b'));
    assert!(!scan("1").contains('\x1b'));
}

#[test]
fn tokens_have_ranges_that_cut_them_out() {
    let dir = Dir::new();
    let text = "Na\u{ef}ve \u{2014} the \u{bd}-page story, 3,5 \u{ff21}\u{ff22}";
    let path = dir.file("t.txt", text);
    let output = run(&["text", path.to_str().unwrap(), "--tokens"]);
    let tokens: Vec<serde_json::Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = tokens.iter().map(|token| token["token"].as_str().unwrap()).collect();
    assert_eq!(names, ["na\u{ef}ve", "the", "1", "2", "page", "story", "3", "5", "ab"]);
    let cut = |i: usize| {
        let place = |name: &str| tokens[i][name].as_u64().unwrap() as usize;
        &text[place("start")..place("end")]
    };
    assert_eq!((cut(0), cut(2), cut(3), cut(8)), ("Na\u{ef}ve", "\u{bd}", "\u{bd}", "\u{ff21}\u{ff22}"));
}

#[test]
fn page_names_every_page_that_was_asked_for() {
    let dir = Dir::new();
    let headline = "Keeper asks board for a new lamp";
    dir.file("in/a.txt", format!("{headline}\n\n{headline}\n\n{STORY}\n"));
    dir.file("in/b.txt", STORY);
    let output = run(&["page", dir.path("in").to_str().unwrap(), "--report", "json"]);
    let pages: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(pages.as_array().unwrap().len(), 2);
    assert_eq!((&pages[0]["id"], &pages[1]["id"]), (&"a.txt".into(), &"b.txt".into()));
    assert_eq!(pages[0]["repeats"][0]["count"], 2);
    assert_eq!(pages[0]["repeats"][0]["kind"], "title");
    assert_eq!(pages[1]["repeats"].as_array().unwrap().len(), 0);
    assert!(run(&["page", dir.path("in").to_str().unwrap(), "--quiet"]).stdout.is_empty());
}

#[test]
fn what_is_missing_does_not_stop_the_rest() {
    let dir = Dir::new();
    let (good, missing) = (two_copies(&dir), dir.path("missing").display().to_string());
    let output = run(&["scan", &good, &missing]);
    assert_eq!(code(&output), 2, "what was named and is not there is no success");
    assert!(stdout(&output).contains("4 documents = 2 unique + 1 duplicates + 0 empty + 1 unreadable"));
    assert_eq!(code(&run(&["scan", &good, &missing, "--strict"])), 2);
    let output = run(&["scan", &missing, "--quiet"]);
    assert_eq!(code(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("missing"), "--quiet does not silence errors");
}

#[test]
fn a_report_in_a_file_leaves_the_summary() {
    let dir = Dir::new();
    let path = two_copies(&dir);
    let report = format!("csv={}", dir.path("out.csv").display());
    let plain = run(&["scan", &path]);
    let with = run(&["scan", &path, "--report", &report]);
    assert_eq!((code(&with), stdout(&with)), (0, stdout(&plain)));
    assert_eq!(std::fs::read_to_string(dir.path("out.csv")).unwrap().lines().count(), 4);
    // A report on standard output stands there alone.
    let pairs = stdout(&run(&["scan", &path, "--report", "pairs"]));
    assert!(pairs.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    let nowhere = format!("csv={}", dir.path("no/such/out.csv").display());
    assert_eq!(code(&run(&["scan", &path, "--report", &nowhere])), 2);
    assert_eq!(code(&run(&["scan", &path, "--report", &report, "--fail-on-duplicates"])), 1);
}

#[test]
fn every_field_can_be_renamed() {
    let dir = Dir::new();
    let line = |key: i64, link: &str| {
        let record = serde_json::json!({
            "k": key, "body": STORY, "head": "Lamp wanted", "link": link, "rel": link, "day": "2024-05-01",
        });
        format!("{record}\n")
    };
    let lines = line(-3, "https://www.courier.example/a") + &line(12, "https://news.courier.example/b");
    let names = [
        ["--text-field", "body"],
        ["--id-field", "k"],
        ["--title-field", "head"],
        ["--url-field", "link"],
        ["--canonical-field", "rel"],
        ["--date-field", "day"],
    ];
    let reports = Reports::of(&dir.file("x.jsonl", lines), names.as_flattened());
    let row = &reports.json["clusters"][0]["representative"];
    assert_eq!((&row["title"], &row["date"]), (&"Lamp wanted".into(), &"2024-05-01".into()));
    assert_eq!(row["site"], "courier.example", "the registrable host of both");
    assert_eq!(reports.pairs[0]["same_site"], true);
    assert_eq!((&reports.pairs[0]["a"], &reports.pairs[0]["b"]), (&"-3".into(), &"12".into()));
}

#[test]
fn standard_input_is_text_or_lines() {
    let text = run_with_input(&["scan", "-", "--report", "csv"], STORY.as_bytes());
    assert_eq!((code(&text), stdout(&text).lines().count()), (0, 2));
    let lines = record("a", STORY) + &record("b", STORY);
    let forced = run_with_input(&["scan", "-", "--format", "text", "--report", "csv"], lines.as_bytes());
    assert_eq!(stdout(&forced).lines().count(), 2, "one document");
    let sniffed = run_with_input(&["scan", "-", "--report", "csv"], lines.as_bytes());
    assert_eq!(stdout(&sniffed).lines().count(), 3);
}

#[test]
fn a_file_that_is_named_is_read_whatever_it_is_called() {
    let dir = Dir::new();
    dir.file("in/.ignore", "story.log\n");
    let story = dir.file("in/story.log", STORY);
    let hidden = dir.file("in/.story.txt", STORY);
    assert_eq!(Reports::of(&story, &[]).count("unique"), 1);
    assert_eq!(Reports::of(&hidden, &[]).count("unique"), 1);
    dir.file("in/kept.txt", STORY);
    let summary = stdout(&run(&["scan", dir.path("in").to_str().unwrap(), "--no-ignore", "--all"]));
    assert!(summary.contains("1 document = 1 unique"), "{summary}");
    assert!(summary.contains("log"), "what nothing reads is named: {summary}");
}

#[test]
fn one_title_on_several_pages_of_a_site() {
    let dir = Dir::new();
    let page = |id: &str, title: &str, url: &str| {
        format!(
            "{}\n",
            serde_json::json!({ "id": id, "title": title, "url": url, "text": format!("{STORY} {id}") })
        )
    };
    let lines = page("a", "Ferry times", "https://www.isle.example/1")
        + &page("b", "FERRY TIMES!", "https://isle.example/2")
        + &page("c", "Ferry times", "https://other.example/3")
        + &page("d", "Ferry prices", "https://isle.example/4")
        + &page("again", "Ferry prices", "https://isle.example/4")
        + &page("e", "Ferries", "https://isle.example/5")
        + &page("f", "Ferries", "https://isle.example/6");
    let path = dir.file("site.jsonl", lines);
    let report = Reports::of(&path, &[]).json;
    let expected =
        serde_json::json!([{ "site": "isle.example", "title": "Ferry times", "documents": ["a", "b"] }]);
    assert_eq!(
        report["titles"], expected,
        "not the other site's, not one page read twice, not a single word"
    );
    let text = stdout(&run(&["scan", &path.display().to_string()]));
    assert!(
        text.contains("1 title stands on several pages of a site") && text.contains("on 2 of isle.example"),
        "{text}"
    );
    let all = stdout(&run(&["scan", &path.display().to_string(), "--all"]));
    assert!(all.contains("isle.example  2 pages: Ferry times"), "{all}");
}

#[test]
fn compare_explains_a_pair_and_names_the_test_that_failed() {
    let dir = Dir::new();
    let other = STORY.replace("council", "board");
    let (one, two) =
        (dir.file("one.txt", STORY), dir.file("two.txt", other + " And something else was said."));
    let paths = [one.to_str().unwrap(), two.to_str().unwrap()];
    let output = run(&["compare", paths[0], paths[1], "--report", "json"]);
    assert_eq!(code(&output), 0);
    let row: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_ne!(row["relation"], serde_json::Value::Null, "{row}");
    assert!(row["tests"].as_array().unwrap().iter().any(|test| test["holds"] == true), "{row}");
    let text = std::fs::read_to_string(&two).unwrap();
    let changes =
        row["spans"].as_array().unwrap().iter().flat_map(|span| span["changes"].as_array().unwrap());
    let cut = |change: &serde_json::Value| {
        let [start, end] = [0, 1].map(|i| change["b"][i].as_u64().unwrap() as usize);
        text[start..end].to_owned()
    };
    let cut: Vec<String> = changes.map(cut).collect();
    assert_eq!(cut, ["And something else was said"]);
    let shown = |colour: &str| stdout(&run(&["compare", paths[0], paths[1], "--color", colour]));
    assert!(shown("always").contains("\x1b[32msomething\x1b[0m") && !shown("never").contains('\x1b'));
    let stranger =
        dir.file("three.txt", "Nothing of this stands in the other text, not a single phrase of it.");
    let output = run(&["compare", paths[0], stranger.to_str().unwrap(), "--report", "json"]);
    let row: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(row["relation"], serde_json::Value::Null, "{row}");
    assert!(row["tests"].as_array().unwrap().iter().any(|test| test["holds"] == false), "{row}");
    assert_eq!(code(&run(&["compare", paths[0], "no-such-file.txt"])), 2);
    assert_eq!(code(&run(&["compare", "a", "b", "--in", paths[0]])), 2);
}

#[test]
fn shells_and_man_are_told_of_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completions", shell]);
        assert_eq!(code(&output), 0);
        assert!(stdout(&output).contains("dedup") && stdout(&output).contains("baseline"), "{shell}");
    }
    let dir = Dir::new();
    assert_eq!(code(&run(&["man", &dir.path("man1").display().to_string()])), 0);
    for page in ["wirecopy.1", "wirecopy-scan.1", "wirecopy-report-diff.1"] {
        assert!(std::fs::read_to_string(dir.path("man1").join(page)).unwrap().contains("wirecopy"), "{page}");
    }
}

/// All commands, and those below them.
const COMMANDS: [&str; 24] = [
    "scan",
    "compare",
    "templates",
    "calibrate",
    "page",
    "text",
    "filter",
    "serve",
    "key",
    "dedup",
    "apply",
    "undo",
    "report render",
    "report index",
    "report diff",
    "index",
    "index create",
    "index build",
    "index stats",
    "index delete",
    "index query",
    "index export",
    "completions",
    "man",
];

fn help(command: &str) -> String {
    let output = program().args(command.split(' ')).arg("--help").output().unwrap();
    assert_eq!(code(&output), 0, "{command}");
    stdout(&output)
}

/// Options stand in groups with a heading, arguments are explained, and there are examples that are right.
#[test]
fn help_has_headings_and_examples() {
    for command in COMMANDS {
        let said = help(command);
        // A value in a list of them begins with a dash and a blank.
        let is_option = |line: &str| line.starts_with(['-', '<']) && !line.starts_with("- ");
        for line in said.lines().filter(|line| is_option(line.trim_start())) {
            // What it is stands beside it, or in the line below.
            let next = said.lines().skip_while(|other| *other != line).nth(1).unwrap_or_default();
            let is_said = line.trim().contains("  ") || !next.trim().is_empty();
            assert!(is_said, "{command}: nothing is said of {line}");
        }
        assert!(!said.contains("_WORDS>") && !said.contains("<PARTIAL"), "{command}");
        if !command.starts_with("index ") {
            assert!(said.contains("Example:\n") || said.contains("Examples:\n"), "{command} has no example");
        }
    }
    let scan = help("scan");
    let headings = [
        "What is written",
        "What is compared",
        "What counts as a copy",
        "What is learned",
        "Checks and exit codes",
    ];
    for heading in headings.iter().chain(&["Threads and disk", "Input", "Fields", "General"]) {
        assert!(scan.contains(&format!("\n{heading}:\n")), "{heading}");
    }
    // Outside of the groups there is help alone.
    let rest = scan.split("\nOptions:\n").nth(1).unwrap_or_default().split("\n\n").next().unwrap_or_default();
    let options = rest.lines().filter(|line| line.trim_start().starts_with('-'));
    assert!(options.into_iter().all(|line| line.contains("--help") || line.contains("--version")), "{rest}");
    assert!(
        stdout(&run(&["--help"])).contains("Start with:\n  wirecopy scan FOLDER --report html=report.html")
    );
}

/// Every format that a command takes is explained in its help.
#[test]
fn formats_of_reports_are_explained() {
    for command in ["scan", "report render", "report index"] {
        let arguments = command.split(' ').chain(["corpus", "--report", "nosuch"]);
        let refused = program().current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        let formats = said.trim_end().rsplit("one of ").next().unwrap();
        assert!(formats.contains("json+text"), "{said}");
        let help = help(command);
        for format in formats.split(", ") {
            let is_line = |line: &str| {
                line.split(' ')
                    .find(|word| !word.is_empty())
                    .is_some_and(|word| word.trim_end_matches("=DIR") == format)
            };
            assert!(help.lines().any(is_line), "{command}: {format}");
        }
    }
}

/// A message says what happened, where, and what to do.
#[test]
fn messages_say_what_to_do() {
    let dir = Dir::new();
    dir.file("a.txt", "The harbour board voted seven to two on Monday for a second ferry across the sound.");
    dir.file("fields.jsonl", "{\"id\":\"1\",\"headline\":\"x\",\"content\":\"some words\"}\n");
    std::fs::create_dir(dir.path("empty")).unwrap();
    let said = |arguments: &str, expected: i32| {
        let output = program().current_dir(dir.path("")).args(arguments.split(' ')).output().unwrap();
        assert_eq!(code(&output), expected, "{arguments}");
        String::from_utf8_lossy(&output.stderr).into_owned() + &stdout(&output)
    };
    for (arguments, expected, words) in [
        (
            "scan a.txt --threshold 70",
            2,
            "wirecopy: threshold must be above 0 and at most 1, and 70 was given; did you mean 0.7?",
        ),
        ("scan nosuch", 2, "wirecopy: nosuch: cannot be opened: no such file or folder"),
        ("scan empty", 2, "wirecopy: no file of a kind that wirecopy reads (.txt .md .html"),
        ("scan fields.jsonl --text-field body", 2, "there are `id`, `headline`, `content`"),
        (
            "scan fields.jsonl --text-field content --date-field when",
            0,
            "no record has a field `when` (--date-field names it); there are `id`, `headline`, `content`",
        ),
        ("scan a.txt --exclude x", 2, "-g '!GLOB' leaves files out"),
        ("scan a.txt --output x.html", 2, "-o FILE.html"),
        // The rest is done, and what was named and is not there is no success.
        (
            "scan a.txt nosuch --report csv=r.csv",
            2,
            "wirecopy: no such file or folder: nosuch; everything else was done",
        ),
        (
            "report render nosuch.json -o x.html",
            2,
            "wirecopy: cannot read nosuch.json: No such file or directory",
        ),
        ("page a.txt nosuch", 2, "no such file or folder: nosuch"),
        ("dedup a.txt --against nosuch --output out.txt", 2, "no such file or folder: nosuch"),
    ] {
        let said = said(arguments, expected);
        assert!(said.contains(words), "{arguments}: {said}");
        assert!(!said.contains("os error"), "{arguments}: {said}");
    }
    assert!(dir.path("r.csv").exists());
}

/// A table on standard input is read by rows: its first line names the columns.
#[test]
fn a_table_on_standard_input_is_one() {
    let rows = |header: &str, separator: &str| {
        format!(
            "{header}\n1{separator}the harbour board voted on Monday\n2{separator}a second ferry across the sound\n"
        )
    };
    for (input, flags, documents) in [
        (rows("id,text", ","), "", 2),
        (rows("\u{feff}id;text", ";"), "", 2),
        (rows("id\ttext", "\t"), "", 2),
        (rows("\"id\",\"body\"", ","), "--text-field body", 2),
        // No column has the text's name, and a sentence with commas is none.
        (rows("id,body", ","), "", 1),
        ("He had a text, a pen, and more of this sort\nthan anyone else\n".to_owned(), "", 1),
    ] {
        let arguments: Vec<&str> =
            "scan - --quiet --report csv".split(' ').chain(flags.split_whitespace()).collect();
        let output = run_with_input(&arguments, input.as_bytes());
        assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(stdout(&output).lines().count(), documents + 1, "{input}");
    }
}
