//! Files that were made to kill the process or to fill the machine. Each finding's number is in its test's comment. What
//! must not take memory runs in an address space of a few gigabytes: an allocation that fails ends the process by a signal.

use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use wirecopy::corpus::{Corpus, CorpusOptions};
use wirecopy::options::Resources;

use crate::containers::{docs, jsonl, response, tar};
#[cfg(feature = "parquet")]
use crate::forged::{self, Column, DELTA_LENGTH, DELTA_STRINGS, DICTIONARY, PLAIN, Thrift};
use crate::harness::*;

/// The program in an address space of so many kilobytes.
fn confined(limit: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    let script = format!("ulimit {limit} && exec \"$0\" \"$@\"");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_wirecopy")]).args(arguments);
    command
}

/// Scans a file within 4 GB; what it says.
pub fn scanned(path: &Path, flags: &[&str]) -> (Output, String) {
    let mut arguments = vec!["scan", "-j2", path.to_str().unwrap()];
    arguments.extend(flags);
    let output = confined("-v 4000000", &arguments).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(matches!(code(&output), 0 | 2), "{said}");
    (output, said)
}

pub fn story(number: usize) -> String {
    (0..60).map(|word| format!("w{} ", (number * 61 + word) * 7919 % 1_000_003)).collect()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// A tar entry of this name that says its holes are gigabytes long.
fn sparse(name: &str) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_entry_type(tar::EntryType::GNUSparse);
    header.set_size(512);
    header.set_mode(0o644);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.realsize = *b"77777777777\0";
    gnu.sparse[0].offset = *b"77777776777\0";
    gnu.sparse[0].numbytes = *b"00000001000\0";
    header.set_cksum();
    [&header.as_bytes()[..], &[b'x'; 512]].concat()
}

/// Finding 12: a sparse entry of 8 GB in 1.5 KB.
#[test]
fn sparse_entries_are_no_longer_than_what_is_in_them() {
    let dir = Dir::new();
    let good = docs(1)[0].text.clone();
    for name in ["hole.txt", "hole.jsonl", "hole.csv", "hole.html", "hole.parquet", "hole.txt.gz"] {
        let archive = [sparse(name), tar(&[("good.txt", good.as_bytes())])].concat();
        let path = dir.file("in.tar", archive);
        let (_, said) = scanned(&path, &["--max-record", "1G"]);
        assert!(said.contains(" = 1 unique"), "{name}: {said}");
        assert!(name.ends_with("gz") || said.contains("decompression bomb"), "{name}: {said}");
    }
}

/// Finding 14: a body of a crawl, and a file, of which a thousand times as much comes out.
#[test]
fn what_is_compressed_gives_no_more_than_a_record_has() {
    let dir = Dir::new();
    let text = "a b c d ".repeat(25 << 20);
    let head = "Content-Type: text/plain\r\nContent-Encoding: deflate";
    let crawl = response(&docs(1)[0], head, &deflate(text.as_bytes()));
    dir.file("in/x.warc", crawl);
    dir.file("in/x.txt.gz", crate::containers::gzip(text.as_bytes()));
    dir.file("in/good.txt", story(1));
    let (_, said) = scanned(&dir.path("in"), &[]);
    assert!(said.contains("3 documents = 1 unique + 0 duplicates + 0 empty + 2 unreadable"), "{said}");
    assert_eq!(said.matches("larger than 67108864 bytes (--max-record)").count(), 2, "{said}");
}

/// Finding 14: texts that are as large as a record may be are read one at a time.
#[test]
fn large_texts_take_turns() {
    let dir = Dir::new();
    for number in 0..4 {
        dir.file(&format!("in/{number}.txt"), format!("{number} ").repeat(10 << 20));
    }
    let output =
        confined("-v 4000000", &["scan", "-j8", dir.path("in").to_str().unwrap(), "--classic"]).output();
    assert_eq!(code(&output.unwrap()), 0);
}

#[cfg(feature = "parquet")]
fn column(name: &'static str, codec: i64, has_dictionary: bool, pages: &[&[u8]]) -> Column {
    Column { name, codec, has_dictionary, pages: pages.concat() }
}

/// Parquet files each of which made the process allocate more than there is, or its stack overflow; and what is said of it.
#[cfg(feature = "parquet")]
fn forged_files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let text = |codec, has_dictionary, pages: &[&[u8]]| column("text", codec, has_dictionary, pages);
    let huge = i64::from(i32::MAX);
    let deep = |children: i64| Thrift::default().text(4, "g").i32(5, children);
    let schema = std::iter::repeat_with(|| deep(1)).take(10_000).chain([deep(0)]).collect();
    let directory = Thrift::default().i32(1, 1).structs(2, schema).i64(3, 0).end();
    let gigabyte = {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        (0..5 << 10).for_each(|_| out.write_all(&[0; 1 << 20]).unwrap());
        out.finish().unwrap()
    };
    let value = forged::plain(&[&"the same text in every row ".repeat(100)]);
    // Runs of the first value of the dictionary: a width of no bits, then a count.
    let indices = [&[0][..], &[0xFE, 0xFF, 0xFF, 0xFF, 0x0F]].concat();
    let delta = forged::deltas(1 << 35);
    vec![
        (
            "values of a dictionary",
            forged::file(
                1,
                &[text(
                    0,
                    true,
                    &[&forged::dictionary(huge, &value), &forged::page(1, DICTIONARY, 2, &[0, 2])],
                )],
            ),
            "values in a dictionary",
        ),
        ("a schema", forged::with_directory(b"PAR1".to_vec(), &directory), "too deep"),
        (
            "a list",
            forged::with_directory(b"PAR1".to_vec(), &[0x29, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 7, 0]),
            "more is in it than can be",
        ),
        (
            "a page that says so",
            forged::file(1, &[text(1, false, &[&forged::page(1, PLAIN, huge, b"0123456789")])]),
            "says that it becomes",
        ),
        (
            "a page that does not say so",
            forged::file(1, &[text(2, false, &[&forged::page(1, PLAIN, 100, &gigabyte)])]),
            "more comes out of a page",
        ),
        (
            "rows",
            forged::file(
                huge,
                &[text(
                    0,
                    true,
                    &[&forged::dictionary(1, &value), &forged::page(huge, DICTIONARY, 6, &indices)],
                )],
            ),
            "decompression bomb",
        ),
        (
            "lengths",
            forged::file(1, &[text(0, false, &[&forged::page(1, DELTA_LENGTH, delta.len() as i64, &delta)])]),
            "more values than it says",
        ),
        (
            "prefixes",
            forged::file(
                1,
                &[text(0, false, &[&forged::page(1, DELTA_STRINGS, delta.len() as i64, &delta)])],
            ),
            "more values than it says",
        ),
    ]
}

/// Those that are no work to read again and again, with names for files.
#[cfg(feature = "parquet")]
pub fn small_forged_files() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let named = |what: &str| match what {
        "values of a dictionary" => Some("dictionary.forged"),
        "a list" => Some("list.forged"),
        "a page that says so" => Some("page.forged"),
        "lengths" => Some("lengths.forged"),
        "prefixes" => Some("prefixes.forged"),
        _ => None,
    };
    forged_files().into_iter().filter_map(move |(what, bytes, _)| Some((named(what)?, bytes)))
}

/// Finding 13, also as an entry of an archive.
#[cfg(feature = "parquet")]
#[test]
fn a_parquet_file_is_held_against_its_bytes() {
    let dir = Dir::new();
    for (what, bytes, said_of_it) in forged_files() {
        let path = dir.file("x.parquet", &bytes);
        let (_, said) = scanned(&path, &[]);
        assert!(said.contains(said_of_it), "{what}: {said}");
        let path = dir.file("x.tar", tar(&[("x.parquet", &bytes), ("good.txt", story(1).as_bytes())]));
        let (_, said) = scanned(&path, &[]);
        // One of a file may be left of what came before it was a bomb.
        let uniques = [" = 1 unique", " = 2 unique"];
        let is_read = uniques.iter().any(|unique| said.contains(unique));
        assert!(said.contains(said_of_it) && is_read, "{what}: {said}");
    }
}

/// What these files are made by makes files that are read, too.
#[cfg(feature = "parquet")]
#[test]
fn a_forged_file_that_lies_about_nothing_is_read() {
    let dir = Dir::new();
    let texts = [story(1), story(2)];
    let values = forged::plain(&[&texts[0], &texts[1]]);
    let pages = [forged::page(2, PLAIN, values.len() as i64, &values)].concat();
    let path = dir.file("x.parquet", forged::file(2, &[column("text", 0, false, &[&pages])]));
    let reports = Reports::of(&path, &[]);
    assert_eq!((reports.count("unique"), reports.count("unreadable")), (2, 0), "{:?}", reports.reasons());
}

/// Finding 35: a column that scans do not read, and that is copied where duplicates are removed.
#[cfg(feature = "parquet")]
#[test]
fn copying_columns_is_guarded_too() {
    let dir = Dir::new();
    let values = forged::plain(&[&story(1), &story(1)]);
    let value = forged::plain(&["x"]);
    let delta = forged::deltas(1 << 35);
    let cut = forged::deltas(2);
    for pages in [
        [forged::dictionary(i64::from(i32::MAX), &value), forged::page(2, DICTIONARY, 2, &[0, 4])].concat(),
        forged::page(2, DELTA_LENGTH, delta.len() as i64, &delta),
        forged::page(2, DELTA_LENGTH, cut.len() as i64, &cut),
        forged::page(2, DICTIONARY, 2, &[0, 4]),
    ] {
        let text = column("text", 0, false, &[&forged::page(2, PLAIN, values.len() as i64, &values)]);
        let has_dictionary = pages[1] == 4;
        let other = column("other", 0, has_dictionary, &[&pages]);
        let path = dir.file("x.parquet", forged::file(2, &[text, other]));
        let out = dir.path("out.parquet");
        let arguments = ["dedup", path.to_str().unwrap(), "--output", out.to_str().unwrap()];
        let output = confined("-v 4000000", &arguments).output().unwrap();
        assert_eq!(code(&output), 2, "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Finding 24: files that are written in place while they are scanned. What is said of them may be what they held at any
/// moment; nothing panics. (An address sanitizer runs this test in `make soak`.)
#[test]
fn files_that_are_written_in_place() {
    let dir = Dir::new();
    let texts = ["caf\u{e9} \u{1f600} \u{4e2d}\u{6587} ", "abcdefg hijklmno pqrst "];
    let record = |number: usize, text: &str| {
        let words: String =
            (0..40).map(|word| format!("w{} ", (number / 2 * 41 + word) * 7919 % 9973)).collect();
        let mut line = format!("{{\"id\":\"{number:06}\",\"text\":\"{words}{}", text.repeat(20));
        while line.len() < 900 {
            line.push(' ');
        }
        let end = line.floor_char_boundary(900);
        line.truncate(end);
        while line.len() < 900 {
            line.push('.');
        }
        line + "\"}\n"
    };
    let contents = |first: usize| {
        texts.map(|text| (first..first + 500).map(|number| record(number, text)).collect::<String>())
    };
    let contents = [contents(0), contents(1_000)];
    let lines = dir.file("in/x.jsonl", &contents[0][0]);
    let plain = dir.file("in/x.txt", &contents[1][0]);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for (path, contents) in [&lines, &plain].into_iter().zip(&contents) {
            let over = &over;
            scope.spawn(move || {
                let file = std::fs::File::options().write(true).open(path).unwrap();
                for round in 0usize.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let from = round * 4096 * 7 % contents[0].len() / 4096 * 4096;
                    let bytes = contents[round / 3 % 2].as_bytes();
                    file.write_all_at(&bytes[from..bytes.len().min(from + 65_536)], from as u64).unwrap();
                }
            });
        }
        for _ in 0..6 {
            let target = format!("html={}", dir.path("out.html").display());
            let arguments =
                ["scan", dir.path("in").to_str().unwrap(), "--report", &target].map(str::to_owned);
            let output = program().args(arguments).output();
            let pages = run(&["page", plain.to_str().unwrap()]);
            over.store(output.is_err(), Ordering::Relaxed);
            assert!(matches!(code(&output.unwrap()), 0 | 2) && matches!(code(&pages), 0 | 2));
        }
        over.store(true, Ordering::Relaxed);
    });
}

/// Findings 25 and 26: more big files than there are descriptors and mappings, of which one shrinks.
#[test]
fn any_number_of_big_files() {
    let dir = Dir::new();
    for number in 0..1_100 {
        let file = std::fs::File::create(dir.path(&format!("{number:04}.txt"))).unwrap();
        file.set_len(257 << 10).unwrap();
    }
    let last = dir.file("last.txt", story(1).repeat(1_000));
    let corpus =
        Corpus::open(&[dir.path("")], &CorpusOptions::default(), &Resources::default().with_threads(2))
            .unwrap();
    std::fs::File::options().write(true).open(&last).unwrap().set_len(5_000).unwrap();
    let found = wirecopy::scan::Scan::new().run(&corpus).unwrap();
    let of_last = found.documents.problems.iter().find(|problem| problem.path.ends_with("last.txt"));
    assert!(of_last.unwrap().reason.contains("changed"), "{of_last:?}");
    assert_eq!(found.accounting().documents, 1_101);
    let output = confined("-n 64", &["scan", "-j2", dir.path("").to_str().unwrap()]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(code(&output) == 0 && said.contains("1101 documents = 1 unique"), "{said}");
}

/// Finding 27: a line without end is not held, whatever it is; `--rejects` has every byte of it.
#[test]
fn a_line_without_end_goes_by() {
    let dir = Dir::new();
    let (index, rejects) = (dir.path("index"), dir.path("rejects"));
    let flags = ["--index", index.to_str().unwrap(), "--rejects", rejects.to_str().unwrap()];
    let arguments = [&["filter", "-j1", "--max-record", "1M"][..], &flags].concat();
    let mut child = confined("-v 1000000", &arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = child.stdout.take().unwrap();
    input.write_all(record("a", &story(1)).as_bytes()).unwrap();
    let megabyte = vec![b'x'; 1 << 20];
    let most = 1_500;
    (0..most).for_each(|_| input.write_all(&megabyte).unwrap());
    input.write_all(format!("\n{}", record("b", &story(2))).as_bytes()).unwrap();
    drop(input);
    let mut lines = String::new();
    output.read_to_string(&mut lines).unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(code(&ended), 0);
    assert_eq!(lines.lines().count(), 2);
    assert!(said.contains("-: line 2: larger than 1048576 bytes (--max-record)"), "{said}");
    assert!(said.contains("3 lines: 2 passed, 0 dropped, 0 diverted, 1 rejected"), "{said}");
    assert_eq!(std::fs::metadata(rejects).unwrap().len(), (most << 20) as u64 + 1);
}

/// Finding 18: a line that is longer than a record may be is passed, by `scan` too.
#[test]
fn a_line_that_is_too_long_is_passed() {
    let dir = Dir::new();
    let mut lines = record("a", &story(1));
    lines += &"x".repeat(5 << 20);
    lines += &format!("\n{}", record("b", &story(2)));
    let reports = Reports::of(&dir.file("x.jsonl", &lines), &["--max-record", "1M"]);
    assert_eq!((reports.count("unique"), reports.count("unreadable")), (2, 1), "{:?}", reports.reasons());
    assert!(reports.reasons()[0].contains("line 2: larger than 1048576 bytes"), "{:?}", reports.reasons());
    let long = record("long", &story(3).repeat(10_000));
    let reports = Reports::of(&dir.file("y.jsonl", format!("{long}{lines}")), &[]);
    assert_eq!((reports.count("unique"), reports.count("unreadable")), (3, 1), "{:?}", reports.reasons());
}

/// Finding 20: nobody can hear what is said, and every line has its answer.
#[test]
fn standard_error_that_is_full_ends_nothing() {
    let dir = Dir::new();
    let bad = (0..300).map(|number| format!("{}no record\n", record(&number.to_string(), &story(number))));
    let path = dir.file("x.jsonl", bad.collect::<String>());
    let full = || Stdio::from(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let index = dir.path("index");
    let filter = ["filter", "--index", index.to_str().unwrap(), path.to_str().unwrap()];
    let output = program().args(filter).stderr(full()).output().unwrap();
    assert_eq!((output.status.code(), stdout(&output).lines().count()), (Some(0), 300));
    let (out, report) = (dir.path("out.jsonl"), format!("csv={}", dir.path("o.csv").display()));
    for arguments in [
        vec!["scan", path.to_str().unwrap(), "--report", &report],
        vec!["page", path.to_str().unwrap()],
        vec!["dedup", path.to_str().unwrap(), "--output", out.to_str().unwrap()],
        vec!["index", "verify", index.to_str().unwrap()],
    ] {
        let output = program().args(&arguments).stderr(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
    let output = program().args(["scan", "/nowhere"]).stderr(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

/// Finding 40: more threads than any machine has, and none at all.
#[test]
fn threads_that_are_not_to_be_had() {
    let dir = Dir::new();
    let path = dir.file("x.jsonl", jsonl(&docs(20)));
    let index = dir.path("index");
    for arguments in [
        vec!["scan", "-j", "100000", path.to_str().unwrap()],
        vec!["filter", "-j", "100000", "--index", index.to_str().unwrap(), path.to_str().unwrap()],
    ] {
        let output = run(&arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(code(&output) == 2 && said.contains("100000 threads, and there are 1024 at most"), "{said}");
    }
    // As somebody who may have no process more: the superuser may always.
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(dir.path(""), open).unwrap();
    let program = dir.path("wirecopy");
    std::fs::copy(env!("CARGO_BIN_EXE_wirecopy"), &program).unwrap();
    let index = dir.path("index-of-nobody");
    let (program, path, index) = (program.to_str().unwrap(), path.to_str().unwrap(), index.to_str().unwrap());
    let become_nobody = ["setpriv", "--reuid", "65534", "--clear-groups"];
    for command in [vec!["filter", "-j1", "--index", index, path], vec!["scan", "-j1", path]] {
        let limited = [&["prlimit", "--nproc=1", program][..], &command].concat();
        let words = if is_root { [&become_nobody[..], &limited].concat() } else { limited };
        let output = Command::new(words[0]).args(&words[1..]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(code(&output), 0 | 2), "{said}");
        assert!(code(&output) == 0 || said.contains("thread"), "{said}");
    }
}

/// Finding 39: ids and titles of a megabyte make no report large.
#[test]
fn reports_keep_their_size() {
    let dir = Dir::new();
    let long = |number: usize, what: &str| format!("{what}{number} ").repeat((1 << 20) / 8);
    let line = |number: usize| {
        let text = story(number / 2);
        serde_json::json!({ "id": long(number, "i"), "title": long(number, "t"), "source": long(number, "s"), "text": text })
            .to_string()
            + "\n"
    };
    let path = dir.file("x.jsonl", (0..40).map(line).collect::<String>());
    let target = |name: &str| format!("{name}={}", dir.path(name).display());
    let (html, markdown) = (target("html"), target("markdown"));
    let output = run(&["scan", path.to_str().unwrap(), "--report", &html, "--report", &markdown]);
    assert_eq!(code(&output), 0);
    let size = |name: &str| std::fs::metadata(dir.path(name)).unwrap().len();
    assert!(size("html") < 2_000_000, "{}", size("html"));
    assert!(size("markdown") < 200_000, "{}", size("markdown"));
    assert!(output.stdout.len() < 100_000, "{}", output.stdout.len());
    // Documents whose ids differ at their ends are still two.
    let page = std::fs::read_to_string(dir.path("html")).unwrap();
    assert!(page.contains("40 documents") || page.contains("\"documents\":40"));
}

/// What no terminal may be given as it is.
fn is_raw(c: char) -> bool {
    c != '\n' && wirecopy::printable::is_hidden(c)
}

const RAW: &str = "x\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}rtl\u{200b}zero\u{e0041}tag\u{9b}31m";

/// Finding 31: what commands say to people, of documents, paths and reports of somebody else.
#[test]
fn no_terminal_is_steered() {
    let dir = Dir::new();
    let name = format!("in/{RAW}.jsonl");
    let text = format!("{RAW} {}", story(1));
    let line = |id: &str, text: &str| {
        serde_json::json!({ "id": id, "title": RAW, "source": RAW, "text": text }).to_string() + "\n"
    };
    let a = format!("{RAW}-a");
    let b = format!("{RAW}-b");
    let twice = format!("{text}\n\n{text}");
    let lines = format!("{}{}{RAW}\n", line(&a, &twice), line(&b, &twice));
    let path = dir.file(&name, &lines);
    let [path, folder] = [path, dir.path("in")].map(|path| path.to_str().unwrap().to_owned());
    let (index, built) = (dir.path("i1"), dir.path("i2"));
    let [index, built] = [index, built].map(|path| path.to_str().unwrap().to_owned());
    let saved = dir.path("saved.json").to_str().unwrap().to_owned();
    let target = format!("json={saved}");
    let single = dir.file(&format!("one/{RAW}.txt"), &twice).to_str().unwrap().to_owned();
    let config = dir.file("wirecopy.toml", format!("threads = {:?}\n", RAW)).to_str().unwrap().to_owned();
    let missing = format!("/nowhere/{RAW}");
    assert_eq!(code(&run(&["scan", &folder, "--quiet", "--report", &target])), 0);
    let mut foreign: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&saved).unwrap()).unwrap();
    foreign["clusters"][0]["id"] = RAW.into();
    foreign["clusters"][0]["members"][0]["relation"] = RAW.into();
    foreign["pages"][0]["repeats"][0]["kind"] = RAW.into();
    let foreign = dir.file("foreign.json", foreign.to_string()).to_str().unwrap().to_owned();
    let empty = dir.file("empty.json", std::fs::read_to_string(&saved).unwrap()).to_str().unwrap().to_owned();
    let commands: Vec<Vec<&str>> = vec![
        vec!["scan", &folder],
        vec!["scan", &path, "--all"],
        vec!["scan", &missing],
        vec!["page", &path],
        vec!["page", &single],
        vec!["compare", &a, &b, "--in", &folder],
        vec!["compare", &missing, &path],
        vec!["compare", "nobody", &b, "--in", &folder],
        vec!["templates", &path],
        vec!["calibrate", &path],
        vec!["filter", "--index", &index, &path, "--check"],
        vec!["index", "build", &built, &path],
        vec!["index", "build", &built, &path],
        vec!["index", "verify", &missing],
        vec!["dedup", &path, "--output", &missing],
        vec!["apply", &saved],
        vec!["apply", &foreign],
        vec!["report", "diff", &foreign, &empty],
        vec!["report", "render", &foreign, "--report", "markdown"],
        vec!["report", "render", &missing, "--report", "markdown"],
        vec!["text", &path],
        vec!["undo", &missing],
        vec!["scan", &path, "--config", &config],
        vec!["scan", &path, "--min-words", RAW],
        vec!["scan", &path, "--report", RAW],
    ];
    for arguments in commands {
        let output = run(&arguments);
        code(&output);
        for (stream, bytes) in [("out", &output.stdout), ("err", &output.stderr)] {
            let said = String::from_utf8_lossy(bytes);
            assert!(!said.contains(is_raw), "{arguments:?} std{stream}: {said:?}");
        }
    }
}

/// Finding 31: data that goes to a terminal is shown as one can show it; to a file and a pipe it goes as it is.
#[test]
fn data_on_a_terminal_is_shown_and_not_obeyed() {
    let dir = Dir::new();
    let path = dir.file("x.txt", format!("{RAW} words that follow"));
    let path = path.to_str().unwrap();
    assert_eq!(stdout(&run(&["text", path])), format!("{RAW} words that follow"));
    let lines = dir.file("x.jsonl", format!("{{\"id\":\"{RAW}\",\"text\":\"{}\"}}\n", story(1)));
    let index = dir.path("index");
    for arguments in [
        format!("text {path}"),
        format!("filter --index {} {}", index.display(), lines.display()),
        format!("scan {} --report csv", lines.display()),
        format!("index export {}", index.display()),
    ] {
        let command = format!("{} {arguments}", env!("CARGO_BIN_EXE_wirecopy"));
        let output =
            Command::new("script").args(["-qec", &command, "/dev/null"]).stdin(Stdio::null()).output();
        let shown = String::from_utf8(output.unwrap().stdout).unwrap();
        assert!(shown.contains("owned"), "{shown:?}");
        assert!(!shown.contains(|c| c != '\r' && is_raw(c)), "{arguments}: {shown:?}");
    }
}
