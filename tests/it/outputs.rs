//! Outputs: whole or not at all, and never over what is read or somebody else's. Numbers are those of findings.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::harness::*;

/// Every command that writes a file, `{}` where it goes; with what it reads, and whether it appends.
const WRITERS: [(&str, &[&str], bool); 27] = [
    ("scan in.jsonl --against other.jsonl --report pairs={}", &["in.jsonl", "other.jsonl"], false),
    ("scan in.jsonl --baseline old.json --report csv={}", &["in.jsonl", "old.json"], false),
    ("scan in.jsonl --model model --report json={}", &["in.jsonl", "model"], false),
    ("scan in.jsonl --boilerplate boilerplate.txt --report html={}", &["in.jsonl", "boilerplate.txt"], false),
    ("scan in.jsonl --index seen --report json={}", &["in.jsonl", "seen/MANIFEST", "seen/LOCK"], false),
    ("scan in.jsonl --config set.toml --report json+text={}", &["in.jsonl", "set.toml"], false),
    ("scan in.jsonl --report markdown={}", &["in.jsonl"], false),
    ("scan in.jsonl --report boilerplate={}", &["in.jsonl"], false),
    ("scan in.jsonl --report sites={}", &["in.jsonl"], false),
    ("scan in.jsonl --baseline old.json --report sarif={}", &["in.jsonl", "old.json"], false),
    ("scan in.jsonl --report junit={}", &["in.jsonl"], false),
    ("scan in.jsonl --save-model {}", &["in.jsonl"], false),
    ("page in.jsonl --report json={}", &["in.jsonl"], false),
    ("compare one.txt two.txt --model model --report json={}", &["one.txt", "two.txt", "model"], false),
    ("compare a b --in in.jsonl --report json={}", &["in.jsonl"], false),
    ("templates in.jsonl --report json={}", &["in.jsonl"], false),
    ("templates in.jsonl --report csv={}", &["in.jsonl"], false),
    ("calibrate --from pairs.ndjson --report json={}", &["pairs.ndjson"], false),
    ("calibrate in.jsonl --report csv={}", &["in.jsonl"], false),
    ("report render old.json --report html={}", &["old.json"], false),
    ("report render old.json --report sites={}", &["old.json"], false),
    ("report diff old.json new.json --report json={}", &["old.json", "new.json"], false),
    ("dedup in.jsonl --output {}", &["in.jsonl"], false),
    (
        "dedup in.jsonl --against other.jsonl --keep source-rank=ranks --output out --removed {}",
        &["in.jsonl", "other.jsonl", "ranks"],
        false,
    ),
    ("filter in.jsonl --index seen --rejects {}", &["in.jsonl", "seen/MANIFEST"], true),
    ("filter in.jsonl --index seen --on-duplicate divert={}", &["in.jsonl", "seen/MANIFEST"], true),
    ("filter in.jsonl --index seen --model model --rejects {}", &["model"], true),
];

fn records() -> String {
    let copies: String = (0..40).map(|n| record(&format!("copy-{n}"), STORY)).collect();
    record("a", STORY) + &record("b", STORY) + "{}\n" + &copies
}

/// A directory with everything that [`WRITERS`] read.
fn workplace() -> Dir {
    let dir = Dir::new();
    dir.file("in.jsonl", records());
    dir.file("other.jsonl", record("x", "Something else entirely, which nobody has copied from anywhere."));
    dir.file("one.txt", STORY);
    dir.file("two.txt", STORY);
    dir.file("ranks", "a.example\n");
    dir.file("set.toml", "threads = 1\n");
    for arguments in [
        "scan in.jsonl --report json=old.json --report json+text=new.json --report pairs=pairs.ndjson",
        "scan in.jsonl --save-model model --report boilerplate=boilerplate.txt",
        "filter in.jsonl --index seen --model model",
    ] {
        let output = within(&dir, arguments);
        assert_eq!(code(&output), 0, "{arguments}: {}", errors(&output));
    }
    dir
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn command(dir: &Dir, arguments: &str) -> Command {
    let mut command = program();
    command.current_dir(dir.path("")).arg("--quiet").args(arguments.split(' '));
    command
}

fn within(dir: &Dir, arguments: &str) -> Output {
    command(dir, arguments).output().unwrap()
}

/// Every file below a directory, with its bytes.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap()) {
        if entry.path().is_dir() {
            files.extend(self::files(&entry.path()))
        } else {
            drop(files.insert(entry.path().display().to_string(), fs::read(entry.path()).unwrap()))
        }
    }
    files
}

/// 10: every output option against every kind of input, in every spelling.
#[test]
fn no_output_is_an_input() {
    let dir = workplace();
    fs::create_dir(dir.path("links")).unwrap();
    for (writer, inputs, _) in WRITERS {
        for input in inputs {
            let [soft, hard] = ["links/soft", "links/hard"].map(|name| dir.path(name));
            symlink(dir.path(input), &soft).unwrap();
            fs::hard_link(dir.path(input), &hard).unwrap();
            let whole = dir.path(input).display().to_string();
            let before = files(&dir.path(""));
            for place in [*input, "links/soft", "links/hard", &*format!("links/../{input}"), &*whole] {
                for force in ["", " --force"] {
                    let arguments = writer.replace("{}", place) + force;
                    let output = within(&dir, &arguments);
                    assert_eq!(code(&output), 2, "{arguments}");
                    let said = errors(&output);
                    assert!(
                        said.contains("not written") || said.contains("is an input"),
                        "{arguments}: {said}"
                    );
                    assert_eq!(files(&dir.path("")), before, "{arguments}");
                }
            }
            fs::remove_file(soft).unwrap();
            fs::remove_file(hard).unwrap();
        }
    }
}

/// `-` is standard output wherever an output may be named, and only one goes there.
#[test]
fn a_dash_is_standard_output_for_every_output() {
    let mut filled = 0;
    for (writer, _, appends) in WRITERS {
        let dir = workplace();
        let output = within(&dir, &writer.replace("{}", "-"));
        if appends {
            // The lines that a filter answers go there already.
            assert!(code(&output) == 2 && errors(&output).contains("another output goes there"), "{writer}");
            continue;
        }
        assert_eq!(code(&output), 0, "{writer}: {}", errors(&output));
        assert!(!dir.path("-").exists(), "{writer}");
        let other = workplace();
        // What `dedup` writes beside it goes elsewhere again.
        assert_eq!(code(&within(&other, &writer.replace("{}", "to-a-file"))), 0, "{writer}");
        assert_eq!(output.stdout, fs::read(other.path("to-a-file")).unwrap(), "{writer}");
        filled += usize::from(!output.stdout.is_empty());
    }
    assert!(filled > 15, "{filled} wrote something");
    let dir = workplace();
    for two in [
        "scan in.jsonl --report json=- --report html",
        "scan in.jsonl --report json --save-model -",
        "dedup in.jsonl --output - --removed -",
    ] {
        assert_eq!(code(&within(&dir, two)), 2, "{two}");
    }
    for several in ["scan in.jsonl --report parquet=-", "scan in.jsonl --review 5=-", "man -"] {
        assert_eq!(code(&within(&dir, several)), 2, "{several}");
        assert!(!dir.path("-").exists(), "{several}");
    }
    // Where data go there, a summary does not.
    let mut talking = program();
    talking.current_dir(dir.path("")).args("dedup in.jsonl --output kept.jsonl --removed -".split(' '));
    let said = stdout(&talking.output().unwrap());
    assert!(said.lines().count() > 10 && said.lines().all(|line| line.starts_with("{\"id\":")), "{said}");
}

/// An index is made in an empty or a new folder, and never among somebody's files.
#[test]
fn an_index_is_made_where_nothing_else_is() {
    let dir = workplace();
    dir.file("articles/story.txt", STORY);
    fs::create_dir_all(dir.path("folders/inside")).unwrap();
    fs::create_dir(dir.path("empty")).unwrap();
    let before = files(&dir.path(""));
    for (folder, holds) in [("articles", "story.txt"), ("folders", "inside")] {
        for making in ["index create {}", "index build {} one.txt", "filter in.jsonl --index {}"] {
            let output = within(&dir, &making.replace("{}", folder));
            assert_eq!(code(&output), 2, "{making}");
            let said = errors(&output);
            assert!(said.contains(&format!("holds `{holds}` and no index")), "{said}");
        }
    }
    assert_eq!(files(&dir.path("")), before);
    for folder in ["empty", "new/below"] {
        let output = within(&dir, &format!("index build {folder} in.jsonl"));
        assert_eq!(code(&output), 0, "{}", errors(&output));
        assert_eq!(code(&within(&dir, &format!("index stats {folder}"))), 0);
    }
    let nothing = within(&dir, "index stats nosuch");
    assert!(code(&nothing) == 2 && errors(&nothing).contains("nosuch: cannot be opened: no index is there"));
}

/// Whoever finds an index locked is told by whom, also in the moment before the holder has written down its name.
#[test]
fn a_lock_names_its_holder() {
    let dir = workplace();
    let mut lock = fs::OpenOptions::new().write(true).truncate(true).open(dir.path("seen/LOCK")).unwrap();
    lock.try_lock().unwrap();
    let refused = command(&dir, "index compact seen").stderr(Stdio::piped()).spawn().unwrap();
    // It waits for the name, and more than the beginning of it.
    lock.write_all(b"process 7").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(50));
    lock.write_all(b"77 on elsewhere\n").unwrap();
    let output = refused.wait_with_output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(errors(&output).contains("process 777 on elsewhere is writing to it"), "{}", errors(&output));
    lock.set_len(0).unwrap();
    let nameless = within(&dir, "index compact seen");
    assert!(errors(&nameless).contains("another process is writing to it"), "{}", errors(&nameless));
}

/// 10: nor another output, nor a new file among an index's.
#[test]
fn no_output_is_another_output_or_part_of_an_index() {
    let dir = workplace();
    fs::create_dir(dir.path("there")).unwrap();
    symlink("there", dir.path("also")).unwrap();
    let before = files(&dir.path(""));
    for (writer, ..) in WRITERS {
        for force in ["", " --force"] {
            let arguments = writer.replace("{}", "seen/report") + force;
            assert_eq!(code(&within(&dir, &arguments)), 2, "{arguments}");
        }
    }
    for two in [
        "scan in.jsonl --report json=there/x --report html=also/x",
        "scan in.jsonl --report json=there/x --save-model there/../there/x",
        "dedup in.jsonl --output there/x --removed also/x",
        "filter in.jsonl --index seen --on-duplicate divert=there/x --rejects also/x",
    ] {
        assert_eq!(code(&within(&dir, two)), 2, "{two}");
    }
    assert_eq!(files(&dir.path("")), before);
    // What is no index by its name is one by its first bytes.
    fs::hard_link(dir.path("seen/MANIFEST"), dir.path("there/m")).unwrap();
    assert_eq!(code(&within(&dir, "scan in.jsonl --report json=there/m --force")), 2);
}

/// 10, 22: somebody else's file stays, unless that is wished; our own is made anew, whatever report it is.
#[test]
fn only_our_own_files_are_replaced_unasked() {
    let dir = workplace();
    for (writer, _, appends) in WRITERS {
        let arguments = writer.replace("{}", "place");
        dir.file("place", "Notes of somebody else's.\n");
        let output = within(&dir, &arguments);
        if appends {
            assert_eq!(code(&output), 0, "{arguments}: {}", errors(&output));
            assert!(fs::read_to_string(dir.path("place")).unwrap().starts_with("Notes of"), "{arguments}");
            continue;
        }
        assert_eq!(code(&output), 2, "{arguments}");
        assert!(errors(&output).contains("--force"), "{}", errors(&output));
        assert_eq!(fs::read(dir.path("place")).unwrap(), b"Notes of somebody else's.\n", "{arguments}");
        let _ = fs::remove_file(dir.path("out"));
        assert_eq!(code(&within(&dir, &(arguments.clone() + " --force"))), 0, "{arguments}");
        let _ = fs::remove_file(dir.path("out"));
        let again = within(&dir, &arguments);
        // What dedup writes are records like any others.
        let expected = if writer.contains("--output {}") { 2 } else { 0 };
        assert_eq!(code(&again), expected, "{arguments}: {}", errors(&again));
        let _ = fs::remove_file(dir.path("out"));
        dir.file("place", "");
        assert_eq!(code(&within(&dir, &arguments)), 0, "an empty file is nobody's loss: {arguments}");
        let _ = fs::remove_file(dir.path("out"));
    }
    // Directories of files too.
    dir.file("folder/a.txt", STORY);
    dir.file("kept/a.txt", "Somebody else's.");
    assert_eq!(code(&within(&dir, "dedup folder --output kept")), 2);
    assert_eq!(fs::read(dir.path("kept/a.txt")).unwrap(), b"Somebody else's.");
    assert_eq!(code(&within(&dir, "dedup folder --output kept --force")), 0);
    assert_eq!(fs::read(dir.path("kept/a.txt")).unwrap(), STORY.as_bytes());
    assert_eq!(code(&within(&dir, "man pages")), 0);
    assert_eq!(code(&within(&dir, "man pages")), 0);
    dir.file("pages/wirecopy-scan.1", "Somebody else's.");
    assert_eq!(code(&within(&dir, "man pages")), 2);
    // A file that a walk found is an input too, and no wish changes that.
    assert_eq!(code(&within(&dir, "scan folder --report json=folder/a.txt --force")), 2);
    assert_eq!(fs::read(dir.path("folder/a.txt")).unwrap(), STORY.as_bytes());
    assert_eq!(code(&within(&dir, "scan in.jsonl --report json=nowhere/x")), 2, "no such directory");
}

#[cfg(feature = "parquet")]
#[test]
fn tables_are_our_own_and_those_of_others_are_not() {
    let dir = workplace();
    for _ in 0..2 {
        assert_eq!(code(&within(&dir, "scan in.jsonl --report parquet=tables")), 0);
        assert_eq!(code(&within(&dir, "report render old.json --report parquet=tables")), 0);
    }
    let table = fs::read(dir.path("tables/documents.parquet")).unwrap();
    dir.file("tables/pairs.parquet", "PAR1 somebody else's PAR1");
    assert_eq!(code(&within(&dir, "scan in.jsonl --report parquet=tables")), 2);
    assert_eq!(fs::read(dir.path("tables/documents.parquet")).unwrap(), table);
    assert_eq!(code(&within(&dir, "scan in.jsonl --report parquet=tables --force")), 0);
    assert_eq!(code(&within(&dir, "scan in.jsonl --report parquet=t2 --report csv=t2/pairs.parquet")), 2);
}

/// 22: what a walk finds of ours is passed over, and said; what is named is read.
#[test]
fn our_own_reports_are_not_documents() {
    let dir = Dir::new();
    for (name, text) in [("in/a.txt", STORY), ("in/b.txt", STORY), ("in/empty.txt", "")] {
        dir.file(name, text);
    }
    dir.file("in/c.jsonl", record("c", "Something else entirely, which nobody has copied from anywhere."));
    dir.file("other/a.txt", STORY);
    let reports = [
        "html=in/r.html",
        "csv=in/r.csv",
        "pairs=in/r.ndjson",
        "markdown=in/r.md",
        "boilerplate=in/r.txt",
        "sites=in/sites.csv",
        "sarif=in/sarif.ndjson",
        "junit=in/junit.xml",
        "json=in/json.jsonl",
        "json+text=in/texts.jsonl",
        #[cfg(feature = "parquet")]
        "parquet=in/tables",
    ];
    let asked = reports.map(|report| format!("--report {report}")).join(" ");
    let scan = format!("scan in {asked} --save-model in/model.jsonl");
    let counted = || {
        let output = within(&dir, &scan);
        assert_eq!(code(&output), 0, "{}", errors(&output));
        let report: Value = serde_json::from_slice(&fs::read(dir.path("in/json.jsonl")).unwrap()).unwrap();
        (report["accounting"]["documents"].as_u64().unwrap(), report["problems"].to_string())
    };
    assert_eq!(counted(), (4, "[]".to_owned()));
    // A list that has lines, where one of the second set is copied.
    let list = within(&dir, "dedup in --against other --output kept --removed in/removed.ndjson");
    assert_eq!(code(&list), 0, "{}", errors(&list));
    assert!(!dir.path("kept/r.html").exists() && dir.path("kept/c.jsonl").exists());
    let (documents, problems) = counted();
    assert_eq!(documents, 4, "{problems}");
    let names: Vec<&str> = reports.iter().map(|report| report.split_once('=').unwrap().1).collect();
    for name in names
        .iter()
        .copied()
        .filter(|name| !name.ends_with("tables"))
        .chain(["in/removed.ndjson", "in/model.jsonl"])
    {
        assert!(problems.contains(&format!("\"{name}\"")), "{name}: {problems}");
    }
    assert!(problems.contains("passed over") && !problems.contains("empty.txt"), "{problems}");
    let named = within(&dir, "scan in/r.md --report json");
    let report: Value = serde_json::from_slice(&named.stdout).unwrap();
    assert_eq!(report["accounting"]["documents"], 1);
}

/// Pipes and devices are written as they are.
#[test]
fn streams_are_written_as_they_are() {
    let dir = workplace();
    let said = within(&dir, "scan in.jsonl --report csv=/dev/stdout");
    assert!(stdout(&said).starts_with("id,cluster,"), "{}", errors(&said));
    assert_eq!(code(&within(&dir, "scan in.jsonl --report html=/dev/null")), 0);
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    let pipe = dir.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reading = pipe.clone();
    let reader = std::thread::spawn(move || fs::read_to_string(reading).unwrap());
    assert_eq!(code(&within(&dir, "scan in.jsonl --report csv=pipe")), 0);
    assert!(reader.join().unwrap().lines().count() > 40);
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "a pipe stays one");
    let mut full = 0;
    for (writer, ..) in WRITERS.iter().filter(|(writer, ..)| !writer.contains("--output {}")) {
        dir.file("place", "");
        assert_eq!(code(&within(&dir, &writer.replace("{}", "place"))), 0, "{writer}");
        let _ = fs::remove_file(dir.path("out"));
        let is_empty = fs::metadata(dir.path("place")).unwrap().len() == 0;
        if Path::new("/dev/full").exists() && !is_empty {
            let arguments = writer.replace("{}", "/dev/full");
            let output = within(&dir, &arguments);
            assert_eq!(code(&output), 2, "{arguments}: {}", errors(&output));
            full += 1;
        }
        let _ = fs::remove_file(dir.path("out"));
    }
    assert!(full > 15 || !Path::new("/dev/full").exists(), "{full}");
}

/// Runs a command that cannot write more than a kilobyte into any file: the system says EFBIG.
fn limited(dir: &Dir, arguments: &str) -> Output {
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.current_dir(dir.path("")).args(["-c", script, env!("CARGO_BIN_EXE_wirecopy"), "--quiet"]);
    command.args(arguments.split(' ')).output().unwrap()
}

/// 22, 36: an error of writing ends the command, the old file stays, and nothing is left beside it.
#[test]
fn a_write_that_fails_leaves_what_was_there() {
    let dir = workplace();
    let mut failed = 0;
    for (writer, ..) in WRITERS {
        // Of an index that is only asked nothing else is written.
        let arguments =
            writer.replace("{}", "place").replace("--index seen --on", "--index seen --check --on");
        dir.file("place", "");
        let whole = within(&dir, &arguments);
        assert_eq!(code(&whole), 0, "{arguments}: {}", errors(&whole));
        let _ = fs::remove_file(dir.path("out"));
        if fs::metadata(dir.path("place")).unwrap().len() <= 1024 {
            continue;
        }
        let before = files(&dir.path(""));
        let output = limited(&dir, &(arguments.clone() + " --force"));
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments}: {} {:?}",
            errors(&output),
            output.status.signal()
        );
        if !writer.contains("divert") {
            assert_eq!(files(&dir.path("")), before, "{arguments}");
        }
        failed += 1;
    }
    assert!(failed > 10, "{failed}");
}

/// 36: a cut of the input excuses no error of writing.
#[test]
fn a_cut_input_excuses_no_write_that_fails() {
    let dir = Dir::new();
    let text: String =
        (0..2000).map(|n| record(&n.to_string(), &format!("{n} {STORY} {}", n * 7919))).collect();
    let text = record("x", STORY) + &record("y", STORY) + &text;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let packed = gzip.finish().unwrap();
    dir.file("cut.jsonl.gz", &packed[..packed.len() * 9 / 10]);
    dir.file("cut.jsonl.zst", {
        let packed = zstd::encode_all(text.as_bytes(), 3).unwrap();
        packed[..packed.len() * 9 / 10].to_vec()
    });
    for name in ["cut.jsonl.gz", "cut.jsonl.zst"] {
        for out in ["out.jsonl", "out.jsonl.gz"] {
            let arguments = format!("dedup {name} --output {out}");
            let output = limited(&dir, &arguments);
            assert_eq!(output.status.code(), Some(2), "{arguments}: {}", errors(&output));
            assert!(!dir.path(out).exists(), "{arguments}");
            let whole = within(&dir, &arguments);
            assert_eq!(code(&whole), 0, "what came before the cut is kept: {}", errors(&whole));
            fs::remove_file(dir.path(out)).unwrap();
        }
    }
}

/// 23: what was diverted and rejected before stays, and whoever may not have the index touches nothing.
#[test]
fn diverted_lines_are_added_to_and_only_under_the_lock() {
    let dir = workplace();
    let run = "filter --index feed --on-duplicate divert=diverted --rejects rejected";
    let day = |lines: &str| {
        let mut child = command(&dir, run).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    };
    day(&(record("a", STORY) + &record("b", STORY) + "no record\n"));
    day(&(record("c", STORY) + "nor this\n"));
    let read = |name: &str| fs::read_to_string(dir.path(name)).unwrap();
    assert_eq!((read("diverted").lines().count(), read("rejected").as_str()), (2, "no record\nnor this\n"));
    // A line that a killed process cut off does not spoil the next one.
    dir.file("rejected", "half a li");
    day("more\n");
    assert_eq!(read("rejected"), "half a li\nmore\n");
    // Another one has the index: it says that it does by what it answers.
    let mut first = command(&dir, run).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = first.stdin.take().unwrap();
    stdin.write_all(record("other", "Something else entirely, which nobody has copied.").as_bytes()).unwrap();
    let mut answer = [0];
    first.stdout.as_mut().unwrap().read_exact(&mut answer).unwrap();
    let (diverted, rejected) = (read("diverted"), read("rejected"));
    let second =
        command(&dir, "filter in.jsonl --index feed --on-duplicate divert=diverted --rejects rejected");
    let output = { second }.output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(errors(&output).contains("in use"), "{}", errors(&output));
    let refused = within(&dir, "filter in.jsonl --index feed --on-duplicate divert=fresh --rejects fresh2");
    assert_eq!(code(&refused), 2);
    assert!(!dir.path("fresh").exists() && !dir.path("fresh2").exists());
    assert_eq!((read("diverted"), read("rejected")), (diverted, rejected));
    drop(stdin);
    assert!(first.wait_with_output().unwrap().status.success());
}

/// Standard output may lead to an input as well.
#[test]
fn standard_output_is_no_input() {
    let dir = workplace();
    let before = fs::read(dir.path("in.jsonl")).unwrap();
    for arguments in [
        "filter in.jsonl --index seen",
        "scan in.jsonl --report csv",
        "page in.jsonl --report json=/dev/stdout",
    ] {
        let out = fs::OpenOptions::new().append(true).open(dir.path("in.jsonl")).unwrap();
        let output = command(&dir, arguments).stdout(out).output().unwrap();
        assert_eq!(code(&output), 2, "{arguments}");
        assert_eq!(fs::read(dir.path("in.jsonl")).unwrap(), before, "{arguments}");
    }
}

/// 21: whoever reads no further is told what is in the index without being told, and the same input tells it.
#[test]
fn what_was_taken_and_not_delivered_is_said() {
    let dir = Dir::new();
    let text: String = (0..3000).map(|n| record(&n.to_string(), &format!("{STORY} {n}"))).collect();
    dir.file("in.jsonl", text);
    let mut child = command(&dir, "filter in.jsonl --index seen --on-duplicate tag")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141), "{}", errors(&output));
    let said = errors(&output);
    let count: u64 = said
        .lines()
        .find(|line| line.contains("not delivered"))
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .unwrap_or_else(|| panic!("{said}"));
    let exported = stdout(&within(&dir, "index export seen")).lines().count() as u64;
    assert!((1..=exported).contains(&count), "{count} of {exported}");
    let again = within(&dir, "filter in.jsonl --index seen --quiet=false");
    assert!(errors(&again).contains(&format!("{exported} were answered before")), "{}", errors(&again));
    // A report that nobody reads to its end is no error.
    let mut scan = command(&dir, "scan in.jsonl --report pairs").stdout(Stdio::piped()).spawn().unwrap();
    drop(scan.stdout.take());
    assert!(scan.wait().unwrap().success());
}

/// What a walk did not enter, and what dedup does not write, is said; where there is nothing, nothing is.
#[test]
fn what_is_left_out_is_said() {
    let dir = Dir::new();
    dir.file("plain/a.txt", STORY);
    dir.file("plain/b.txt", STORY);
    for name in ["repo/site/a.txt", "repo/data/feed.jsonl", "repo/drafts/one.txt", "repo/drafts/two.txt"] {
        dir.file(name, if name.ends_with("jsonl") { record("a", STORY) } else { STORY.to_owned() });
    }
    for (name, text) in
        [("repo/site/logo.png", "png"), ("repo/site/set.json", "{}"), ("repo/site/LICENSE", "x")]
    {
        dir.file(name, text);
    }
    dir.file("repo/.ignore", "*.jsonl\ndrafts/\n");
    let says = |arguments: &str| {
        let output = command(&dir, arguments).arg("--quiet=false").output().unwrap();
        stdout(&output) + &errors(&output)
    };
    let ignored = "ignore files name";
    assert!(says("scan repo").contains("ignore files name 2 files or folders"), "{}", says("scan repo"));
    assert!(
        says("scan repo/data").contains("ignore files name 1 file or folder"),
        "also where nothing is left to read"
    );
    assert!(says("index build seen repo").contains(ignored));
    for quiet in ["scan plain", "scan repo --no-ignore", "scan repo/data/feed.jsonl", "scan repo -g *.txt"] {
        assert!(!says(quiet).contains(ignored), "{quiet}: {}", says(quiet));
    }
    let said = says("dedup repo/site --output kept");
    assert!(said.contains("not written, of another kind: 1 without an extension, 1 .json, 1 .png"), "{said}");
    assert!(!says("dedup plain --output kept2").contains("not written"));
}

/// A name need not be text: its file is written like any other.
#[test]
fn a_name_that_is_no_text_is_written() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let dir = Dir::new();
    dir.file("in/copy.txt", STORY);
    dir.file("in/other.txt", "Something else entirely, which nobody has copied from anywhere.");
    let odd = OsStr::from_bytes(b"caf\xe9.txt");
    if fs::write(dir.path("in").join(odd), STORY).is_err() {
        eprintln!("skipped: this system has no such names");
        return;
    }
    let output = within(&dir, "dedup in --output out");
    assert_eq!(code(&output), 0, "{}", errors(&output));
    let kept = files_of_bytes(&dir.path("out"));
    assert_eq!(kept.iter().filter(|text| *text == STORY.as_bytes()).count(), 1);
    assert_eq!(kept.len(), 2);
}

fn files_of_bytes(directory: &Path) -> Vec<Vec<u8>> {
    fs::read_dir(directory).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}
