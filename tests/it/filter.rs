//! The filter: one outcome a line, every byte kept, and the same answers however documents come.

use proptest::prelude::*;
use serde_json::{Value, json};
use wirecopy::filter::{Filter, Incoming};
use wirecopy::index::{Keep, Setup, Writer};
use wirecopy::judge::Directed;
use wirecopy::options::{Policy, Resources};

use crate::disk::FaultyDisk;
use crate::harness::{Dir, code, record, run_with_input, stdout};
use crate::index::{SMALL, said, stream};
use crate::news::News;

const NEWS: &str = "The council met on Tuesday evening and agreed, after two hours of debate, to close the old bridge \
    for repairs until the spring, when the river is low and the masons can reach the piers. Shopkeepers on the far \
    bank asked for a ferry, and were told that the harbour master would look into what such a service might cost.";

fn filter(dir: &Dir, flags: &[&str], input: &str) -> (Vec<Value>, String, i32) {
    let index = dir.path("index");
    let arguments = [&["filter", "--index", index.to_str().unwrap()], flags].concat();
    let output = run_with_input(&arguments, input.as_bytes());
    let lines = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (lines, String::from_utf8_lossy(&output.stderr).into_owned(), code(&output))
}

fn said_of(lines: &[Value]) -> Vec<(&str, Option<&str>)> {
    lines.iter().map(|l| (l["wirecopy"]["verdict"].as_str().unwrap(), l["wirecopy"]["of"].as_str())).collect()
}

#[test]
fn verdicts_name_what_they_rest_on() {
    let dir = Dir::new();
    let longer = format!(
        "{NEWS} Elsewhere, the library will open an hour later, and stay open on Saturdays. {}",
        "Much else was said about the weather and the roads and the price of bread in the old town. "
            .repeat(3)
    );
    let input =
        [record("a", NEWS), record("b", NEWS), record("c", &longer), record("d", "something else entirely")]
            .concat();
    let (lines, closing, exit) = filter(&dir, &[], &input);
    assert_eq!(exit, 0);
    assert_eq!(
        said_of(&lines),
        [("new", None), ("exact", Some("a")), ("contains", Some("a")), ("new", None)]
    );
    assert!(closing.contains("4 lines: 4 passed, 0 dropped, 0 diverted, 0 rejected"), "{closing}");
    let found = &lines[2]["wirecopy"]["matches"][0];
    assert_eq!(
        (&found["id"], &found["relation"], &found["containment_of_match"]),
        (&json!("a"), &json!("contains"), &json!(1.0))
    );
    let span = &found["spans"][0];
    let cut = |text: &str, side: &Value| {
        text[side[0].as_u64().unwrap() as usize..side[1].as_u64().unwrap() as usize].to_owned()
    };
    assert_eq!(cut(&longer, &span["a"]), cut(NEWS, &span["b"]));
    assert_eq!(lines[0]["wirecopy"]["cluster"], lines[1]["wirecopy"]["cluster"]);
    assert_ne!(lines[0]["wirecopy"]["cluster"], lines[3]["wirecopy"]["cluster"]);
    // The same again: the same answers, times included.
    assert_eq!(filter(&dir, &[], &input).0, lines);
    // Changed text under a known id is a new version of it, not a duplicate of itself.
    let (lines, ..) = filter(&dir, &[], &record("a", &NEWS.replace("Tuesday", "Wednesday")));
    assert_eq!(said_of(&lines), [("update", Some("a"))]);
}

#[test]
fn checking_takes_nothing() {
    let dir = Dir::new();
    filter(&dir, &[], &record("a", NEWS));
    for _ in 0..2 {
        let (lines, closing, _) =
            filter(&dir, &["--check"], &[record("b", NEWS), record("c", NEWS)].concat());
        assert_eq!(said_of(&lines), [("exact", Some("a")); 2]);
        assert!(closing.contains("checked only"), "{closing}");
    }
}

#[test]
fn counts_are_written_for_whoever_watches() {
    let dir = Dir::new();
    let stats = dir.path("stats");
    let input =
        [record("a", NEWS), record("b", NEWS), "no json\n".into(), record("c", "other words")].concat();
    let flags = ["--on-duplicate", "drop", "--stats", stats.to_str().unwrap()];
    filter(&dir, &flags, &input);
    filter(&dir, &flags, &input);
    let lines = std::fs::read_to_string(&stats).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "one a run, and a file is written on");
    for (line, again) in lines.iter().zip([0, 3]) {
        let counts = ["lines", "passed", "dropped", "diverted", "rejected", "again"]
            .map(|name| line[name].as_u64().unwrap());
        assert_eq!(counts, [4, 2, 1, 0, 1, again]);
        assert_eq!((line["ended"].as_bool(), line["verdicts"]["new"].as_u64()), (Some(true), Some(2)));
        assert_eq!(line["verdicts"]["exact"].as_u64(), Some(1));
        assert!(line["at"].as_str().unwrap().ends_with('Z') && line["seconds"].is_u64());
    }
}

#[test]
fn duplicates_are_dropped_or_diverted_and_the_count_adds_up() {
    let dir = Dir::new();
    let input = [
        record("a", NEWS),
        record("b", NEWS),
        "no json\n".into(),
        "\n".into(),
        record("c", "other words"),
        "{\"id\":1}\n".into(),
    ]
    .concat();
    let (lines, closing, exit) = filter(&dir, &["--on-duplicate", "drop", "--strict"], &input);
    assert_eq!(exit, 2, "--strict");
    assert_eq!(said_of(&lines), [("new", None), ("new", None)]);
    assert!(closing.contains("5 lines: 2 passed, 1 dropped, 0 diverted, 2 rejected"), "{closing}");
    assert!(
        closing.contains("-: line 3: malformed JSON") && closing.contains("-: line 6: no field `text`"),
        "{closing}"
    );
    let dir = Dir::new();
    let divert = format!("divert={}", dir.path("duplicates").display());
    let rejects = dir.path("rejects");
    let (lines, closing, exit) =
        filter(&dir, &["--on-duplicate", &divert, "--rejects", rejects.to_str().unwrap()], &input);
    assert_eq!((exit, lines.len()), (0, 2));
    assert!(closing.contains("2 passed, 0 dropped, 1 diverted, 2 rejected"), "{closing}");
    assert_eq!(std::fs::read_to_string(&rejects).unwrap(), "no json\n{\"id\":1}\n");
    let diverted = std::fs::read_to_string(dir.path("duplicates")).unwrap();
    assert!(diverted.contains("\"of\":\"a\"") && diverted.lines().count() == 1, "{diverted}");
    // Only what --only names.
    let dir = Dir::new();
    let (lines, ..) = filter(&dir, &["--on-duplicate", "drop", "--only", "near"], &input);
    assert_eq!(lines.len(), 3);
    assert_eq!(filter(&dir, &["--only", "nonsense"], "").2, 2);
    assert_eq!(filter(&dir, &["--on-duplicate", "burn"], "").2, 2);
}

#[test]
fn every_byte_is_kept() {
    let dir = Dir::new();
    let input = "{\"id\" : \"a\",\t\"text\":\"caf\\u00e9 \\ud83d\\ude00\" , \"n\": 1.0e5 }\r\n{\"wirecopy\":0,\"text\":\"x\"}";
    let index = dir.path("index");
    let output = run_with_input(&["filter", "-q", "--index", index.to_str().unwrap()], input.as_bytes());
    let text = stdout(&output);
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap();
    assert!(
        first.starts_with(
            "{\"id\" : \"a\",\t\"text\":\"caf\\u00e9 \\ud83d\\ude00\" , \"n\": 1.0e5 ,\"wirecopy\":{"
        ),
        "{first}"
    );
    assert!(first.ends_with("}}\r\n"), "{first}");
    assert!(lines.next().unwrap().starts_with("{\"text\":\"x\",\"wirecopy\":{"));
    assert!(output.stderr.is_empty());
}

/// A filter that waits for its first line.
/// The filter over what is written to it, not started yet.
fn filtering(dir: &Dir) -> std::process::Command {
    use std::process::Stdio;
    let mut command = crate::harness::program();
    command.args(["filter", "-q", "--index"]).arg(dir.path("index"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn spawned(dir: &Dir) -> std::process::Child {
    filtering(dir).spawn().unwrap()
}

#[test]
fn a_trickle_is_answered_at_once() {
    use std::io::{BufRead, Write};
    let dir = Dir::new();
    let mut child = spawned(&dir);
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    for n in 0..5 {
        stdin.write_all(record(&format!("doc{n}"), &format!("{NEWS} {n}")).as_bytes()).unwrap();
        // The answer comes though nothing follows.
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.contains(&format!("\"doc{n}\"")), "{line}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn whoever_stops_reading_is_told_what_was_taken() {
    let dir = Dir::new();
    let mut child = spawned(&dir);
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    use std::io::Write;
    let _ = (0..2000).try_for_each(|n| stdin.write_all(record(&n.to_string(), NEWS).as_bytes()));
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(code(&output), 141, "{errors}");
    assert!(errors.contains("are in the index and were not delivered"), "{errors}");
}

fn created(keep: Keep, threads: usize) -> Filter {
    let setup = Setup { keep, ..Setup::default() };
    let writer = Writer::create(FaultyDisk::new().store(), &setup, SMALL).unwrap();
    Filter::new(writer, Policy::default(), &Resources::default().with_threads(threads)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn batches_say_what_one_by_one_says(seed in any::<u64>(), size in 1usize..40, signatures in any::<bool>()) {
        let keep = if signatures { Keep::Signatures } else { Keep::Text };
        let documents = stream(90, seed);
        let (mut single, mut batched) = (created(keep, 1), created(keep, 2));
        let one_by_one: Vec<String> =
            documents.iter().map(|one| said(&single.batch(std::slice::from_ref(one)).unwrap()[0])).collect();
        let together: Vec<String> =
            documents.chunks(size).flat_map(|batch| batched.batch(batch).unwrap()).map(|a| said(&a)).collect();
        prop_assert_eq!(one_by_one, together);
    }
}

#[test]
fn signatures_estimate_and_say_so() {
    let dir = Dir::new();
    let edited = NEWS.replace("masons", "builders");
    let input = [record("a", NEWS), record("b", NEWS), record("c", &edited)].concat();
    let (lines, ..) = filter(&dir, &["--store", "signatures"], &input);
    assert_eq!(said_of(&lines)[1], ("exact", Some("a")));
    let found = &lines[2]["wirecopy"];
    assert_eq!(found["verified"], false);
    assert!(found["verdict"] == "near" || found["verdict"] == "contained", "{found}");
    assert!(found["matches"][0]["error"].as_f64().unwrap() > 0.0);
}

#[test]
fn documents_without_words_are_nobodys_duplicates() {
    let mut filter = created(Keep::Text, 1);
    let empty = |id: &str| Incoming::new(id, " ... ");
    let answers = filter.batch(&[empty("a"), empty("b")]).unwrap();
    assert!(answers.iter().all(|answer| answer.verdict.relation == Directed::New));
}

/// A directory of articles as text files.
fn articles(dir: &Dir, name: &str, texts: &[(&str, &str)]) -> std::path::PathBuf {
    texts.iter().for_each(|(file, text)| drop(dir.file(&format!("{name}/{file}"), text)));
    dir.path(name)
}

#[test]
fn a_directory_is_compared_with_an_index_that_stays_as_it_is() {
    let dir = Dir::new();
    let other = "A quite different report of the harvest, which came late this year and was poor all along the \
        northern slopes, though nobody in the villages seemed to mind it much, since the barns were full already.";
    filter(&dir, &[], &[record("bridge", NEWS), record("harvest", other)].concat());
    let index = dir.path("index");
    let before: Vec<(String, Vec<u8>)> = files(&index);
    let edited = NEWS.replace("masons", "builders");
    let new = "Nothing of this was ever heard of before: the lighthouse keeper wrote it into his own book at night.";
    let directory = articles(&dir, "new", &[("1.txt", NEWS), ("2.txt", &edited), ("3.txt", new)]);
    let (pairs, csv) = (dir.path("pairs"), dir.path("csv"));
    let scanned = crate::harness::run(&[
        "scan",
        directory.to_str().unwrap(),
        "--index",
        index.to_str().unwrap(),
        "--report",
        &format!("pairs={}", pairs.display()),
        "--report",
        &format!("csv={}", csv.display()),
        "--fail-on-duplicates",
    ]);
    assert_eq!(code(&scanned), 1, "the index has copies");
    assert!(
        stdout(&scanned).contains("2 of 3 documents are in the index: 1 exact, 1 near"),
        "{}",
        stdout(&scanned)
    );
    let pairs = std::fs::read_to_string(&pairs).unwrap();
    let pairs: Vec<Value> = pairs.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let with_index: Vec<(&str, &str)> = pairs
        .iter()
        .filter(|pair| pair["indexed"] == "bridge")
        .map(|pair| (pair["a"].as_str().unwrap(), pair["relation"].as_str().unwrap()))
        .collect();
    assert_eq!(with_index, [("1.txt", "exact"), ("2.txt", "near")]);
    // Each shows where both say the same: all of it but the word that was edited.
    for (pair, text) in pairs.iter().filter(|pair| pair["indexed"] == "bridge").zip([NEWS, &edited]) {
        let spans = pair["spans"].as_array().unwrap();
        let cut = |side: &str, text: &str| {
            let [from, to] = [0, 1].map(|end| spans[0][side][end].as_u64().unwrap() as usize);
            text[from..to].to_owned()
        };
        assert_eq!(spans.len(), 1, "{pair}");
        assert_eq!(cut("a", text).replace("builders", "masons"), cut("b", NEWS), "{pair}");
        assert!(cut("b", NEWS).len() + 2 > NEWS.len(), "{pair}");
        assert_eq!(spans[0]["identity"] == 1.0, text == NEWS, "{pair}");
    }
    assert!(pairs.iter().any(|pair| pair["indexed"] == "bridge" && pair["coverage_a"] == 1.0), "{pairs:?}");
    assert_eq!(pairs.len(), 3, "and the pair within the directory: {pairs:?}");
    let csv = std::fs::read_to_string(&csv).unwrap();
    assert_eq!(csv.lines().count(), 4, "documents of the index have no line: {csv}");
    assert!(csv.lines().any(|line| line.contains("exact,bridge")), "{csv}");
    assert_eq!(files(&index), before, "nothing is written to it");
}

fn files(directory: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// What an index of a built corpus says of its documents is what the filter says of them as a stream, under the model that
/// a scan of them learns.
#[test]
fn a_built_index_says_what_the_filter_says() {
    let dir = Dir::new();
    let mut seen = std::collections::BTreeSet::new();
    let documents: Vec<Incoming> =
        (30..33).flat_map(|seed| stream(150, seed)).filter(|one| seen.insert(one.text.clone())).collect();
    let input: String =
        documents.iter().enumerate().map(|(n, one)| record(&format!("d{n:04}"), &one.text)).collect();
    // And copies, so many of one that a scan shows them as a star.
    let copies: String = (0..120).map(|n| record(&format!("copy{:03}", 119 - n), NEWS)).collect();
    let input = format!("{input}{copies}");
    let (file, built) = (dir.file("all.jsonl", &input), dir.path("built"));
    let model = dir.path("model");
    let (file, built, model) = (file.to_str().unwrap(), built.to_str().unwrap(), model.to_str().unwrap());
    assert_eq!(code(&crate::harness::run(&["scan", "-q", file, "--save-model", model])), 0);
    let output = crate::harness::run(&["index", "build", built, file]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    // The model is the one that a scan learns: the same file is accepted, by its hash.
    let again = run_with_input(&["filter", "--index", built, "--model", model, file], b"");
    assert_eq!(code(&again), 0, "{}", String::from_utf8_lossy(&again.stderr));
    let closing = String::from_utf8_lossy(&again.stderr).into_owned();
    let count = documents.len() + 120;
    assert!(closing.contains(&format!("{count} were answered before")), "{closing}");
    let (lines, ..) = filter(&dir, &["--model", model, file], "");
    let of_built: Vec<Value> =
        stdout(&again).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // A star shows the pairs of its centre only: what it implies has no spans.
    let apart = |line: &Value| line["id"].as_str().is_some_and(|id| id.starts_with("copy"));
    let differ = of_built.iter().zip(&lines).filter(|(built, _)| !apart(built)).filter(|(built, line)| {
        let said = |line: &Value| {
            let verdict = &line["wirecopy"];
            ["verdict", "of", "verified"].map(|name| verdict[name].clone())
        };
        said(built) != said(line)
    });
    let differ: Vec<_> = differ.collect();
    assert!(differ.is_empty(), "{} of {count} differ: {:?}", differ.len(), differ.first());
    let said = said_of(&of_built);
    assert_eq!(
        said.iter().filter(|(verdict, of)| *verdict == "exact" && *of == Some("copy119")).count(),
        119
    );
    assert_eq!(code(&crate::harness::run(&["index", "verify", built])), 0);
}

#[test]
fn fields_have_the_names_that_are_given() {
    let dir = Dir::new();
    let line = |id: &str| format!("{{\"key\":\"{id}\",\"body\":\"{NEWS}\",\"text\":\"{id}\"}}\n");
    let flags = ["--id-field", "key", "--text-field", "body", "--durability", "always"];
    let (lines, ..) = filter(&dir, &flags, &[line("a"), line("b")].concat());
    assert_eq!(said_of(&lines), [("new", None), ("exact", Some("a"))]);
}

/// Sends lines without reading an answer until the filter takes no more, which is all that it may do: what is sent
/// faster than it is read must not pile up in its memory. The filter is held where its input is full and every thread
/// of it sleeps: one that still took lines would be running, or would find some.
#[cfg(target_os = "linux")]
#[test]
fn a_full_pipe_holds_the_sender() {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::os::{fd::OwnedFd, unix::net::UnixStream};
    let dir = Dir::new();
    let (mut sender, receiver) = UnixStream::pair().unwrap();
    let mut child = filtering(&dir).stdin(OwnedFd::from(receiver)).spawn().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    // It has started and answers.
    sender.write_all(record("first", NEWS).as_bytes()).unwrap();
    assert!(answers.next().unwrap().unwrap().contains("first"));
    let padding = "x".repeat(100_000);
    let line = |n: usize| format!("{{\"id\":\"{n}\",\"text\":\"{n}\",\"padding\":\"{padding}\"}}\n");
    let lines: Vec<u8> = (0..640).flat_map(|n| line(n).into_bytes()).collect();
    let taken = taken_until_held(&sender, &lines, child.id());
    assert!(taken < lines.len(), "64 MB were taken, and no answer had been read");
    sender.set_nonblocking(false).unwrap();
    let sending = std::thread::spawn(move || sender.write_all(&lines[taken..]).unwrap());
    assert_eq!(answers.map(Result::unwrap).count(), 640);
    sending.join().unwrap();
    assert!(child.wait().unwrap().success());
}

/// Bytes that a process takes before it is held, or all.
#[cfg(target_os = "linux")]
fn taken_until_held(mut sender: &std::os::unix::net::UnixStream, bytes: &[u8], process: u32) -> usize {
    use std::io::{ErrorKind, Write as _};
    sender.set_nonblocking(true).unwrap();
    let mut taken = 0;
    let mut quiet = 0;
    while taken < bytes.len() && quiet < 20 {
        match sender.write(&bytes[taken..]) {
            Ok(count) => (taken, quiet) = (taken + count, 0),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                quiet = if is_asleep(process) { quiet + 1 } else { 0 };
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        }
    }
    taken
}

/// Whether every thread of a process waits for something. A thread that only waits for a processor does not.
#[cfg(target_os = "linux")]
fn is_asleep(process: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let mut states = threads.map(|thread| {
        let stat = std::fs::read_to_string(thread.unwrap().path().join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with('S'))
    });
    states.all(|sleeps| sleeps)
}

#[test]
fn an_index_is_created_looked_into_and_emptied_from_the_command_line() {
    let dir = Dir::new();
    let index = dir.path("index");
    let index = index.to_str().unwrap();
    let said = |arguments: &[&str]| {
        let output = crate::harness::run(&[&["index", arguments[0], index], &arguments[1..]].concat());
        (code(&output), stdout(&output), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(said(&["create", "--store", "signatures", "--shingle", "4", "--window", "30d"]).0, 0);
    assert_eq!(said(&["create"]).0, 2, "there is one");
    let stats: Value = serde_json::from_str(&said(&["stats", "--json"]).1).unwrap();
    let kept = (&stats["documents"], &stats["store"], &stats["window_seconds"]);
    assert_eq!(kept, (&json!(0), &json!("signatures"), &json!(30 * 24 * 3600)));
    let input = [record("a", NEWS), record("b", "other words"), record("c", NEWS)].concat();
    filter(&dir, &[], &input);
    let lines =
        |text: &str| -> Vec<Value> { text.lines().map(|line| serde_json::from_str(line).unwrap()).collect() };
    let exported = lines(&said(&["export"]).1);
    assert_eq!(said_of(&exported), [("new", None), ("new", None), ("exact", Some("a"))]);
    let (exit, found, _) = said(&["query", "c"]);
    assert_eq!((exit, said_of(&lines(&found))), (0, vec![("exact", Some("a"))]));
    assert!(said(&["delete", "a", "nobody"]).2.contains("1 documents deleted"));
    assert_eq!(said(&["query", "a"]).0, 2);
    assert_eq!(said(&["compact"]).0, 0);
    assert!(said(&["verify"]).2.contains("every byte is what was written"));
    assert!(said(&["repair"]).2.contains("nothing is damaged"));
    let stats: Value = serde_json::from_str(&said(&["stats", "--json"]).1).unwrap();
    assert_eq!(
        (&stats["documents"], &stats["deleted"], &stats["segments"]),
        (&json!(2), &json!(0), &json!(1))
    );
}

/// Texts of the same pieces in other orders, each piece between the same words: they have the same shingles.
fn rearranged(count: usize) -> Vec<String> {
    let hinge = "and then the clerk of the council went on to read aloud";
    let pieces: Vec<String> =
        (0..5).map(|piece| (0..12).map(|word| format!("p{piece}w{word} ")).collect()).collect();
    let orders = (0..5usize).flat_map(|a| (0..5).flat_map(move |b| (0..5).map(move |c| [a, b, c])));
    let orders = orders.filter(|[a, b, c]| a != b && b != c && a != c);
    let text = |order: [usize; 3]| {
        let rest = (0..5).filter(|piece| !order.contains(piece));
        let body: Vec<String> =
            order.into_iter().chain(rest).map(|piece| format!("{hinge} {}", pieces[piece])).collect();
        format!("{} {hinge}", body.join(" "))
    };
    orders.map(text).take(count).collect()
}

/// Finding 16: an exact copy was "new" or "near" where 8 others had its sequence hash.
#[test]
fn a_copy_is_exact_however_many_have_its_shingles() {
    for keep in [Keep::Text, Keep::Signatures] {
        let texts = rearranged(40);
        let mut filter = created(keep, 1);
        let of = |id: &str, text: &String| Incoming::new(id, text);
        let first: Vec<Incoming> =
            texts.iter().zip(0..).map(|(text, number)| of(&format!("first-{number}"), text)).collect();
        filter.batch(&first).unwrap();
        let copies: Vec<Incoming> = texts.iter().map(|text| of("copy", text)).collect();
        for (answer, number) in filter.check(&copies).unwrap().iter().zip(0..) {
            assert_eq!(answer.verdict.relation, Directed::Exact, "{keep:?} {number}");
            assert_eq!(answer.verdict.of(), Some(&*format!("first-{number}")));
        }
    }
}

/// Finding 28: an empty id is no id. What has none is no version of what has none either.
#[test]
fn an_empty_id_is_no_id() {
    let dir = Dir::new();
    let other = NEWS.replace("council", "parliament").split(' ').rev().collect::<Vec<_>>().join(" ");
    for blank in ["", " ", "\u{a0}"] {
        let dir = Dir::new();
        let input =
            [record(blank, NEWS), record(blank, &other), record("x", NEWS), record(blank, &other)].concat();
        let (lines, ..) = filter(&dir, &[], &input);
        assert_eq!(
            said_of(&lines),
            [("new", None), ("new", None), ("exact", Some("-#0")), ("exact", Some("-#1"))],
            "{blank:?}"
        );
    }
    // A file is named, as records without the field are.
    let file = dir.file("feed.jsonl", record("", NEWS));
    let (lines, ..) = filter(&dir, &[file.to_str().unwrap()], "");
    assert_eq!(said_of(&lines), [("new", None)]);
    let (lines, ..) = filter(&dir, &[], &record("y", NEWS));
    assert_eq!(said_of(&lines), [("exact", Some(&*format!("{}#0", file.display())))]);
}

/// Finding 28: the same line number of another input is another document. The same input is answered as before.
#[test]
fn records_without_ids_are_told_apart_by_all_that_came_before_them() {
    let dir = Dir::new();
    let without = |text: &str| format!("{}\n", json!({ "text": text }));
    let words = |seed: u32| (0..60).map(|word| format!("w{seed}x{word} ")).collect::<String>();
    let first = [without(&words(1)), without(NEWS)].concat();
    // A duplicate at the line where the first day had it, behind another line.
    let second = [without(&words(2)), without(NEWS), without(&words(3))].concat();
    let (one, ..) = filter(&dir, &[], &first);
    assert_eq!(said_of(&one), [("new", None), ("new", None)]);
    let (two, ..) = filter(&dir, &[], &second);
    assert_eq!(said_of(&two), [("new", None), ("exact", Some("-#1")), ("new", None)]);
    assert_eq!(filter(&dir, &[], &first).0, one);
    assert_eq!(filter(&dir, &[], &second).0, two);
    // Different documents have different ids.
    let export = crate::harness::run(&["index", "export", dir.path("index").to_str().unwrap()]);
    let ids: Vec<String> = stdout(&export)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned())
        .collect();
    let distinct: std::collections::HashSet<&String> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (5, 5), "{ids:?}");
    assert!(ids.contains(&"-#0".to_owned()) && ids.iter().any(|id| id.starts_with("-#0-")), "{ids:?}");
    // What is named is found under that name.
    let (three, ..) = filter(&dir, &[], &record("z", &words(2)));
    let of = three[0]["wirecopy"]["of"].as_str().unwrap();
    let query = crate::harness::run(&["index", "query", dir.path("index").to_str().unwrap(), "--", of]);
    let found: Value = serde_json::from_str(stdout(&query).trim()).unwrap();
    assert_eq!(found["text"], words(2));
}

/// Finding 37: many versions of one id. The last is the one that is updated, each is answered again as it was, and what was
/// said does not depend on how the index was arranged meanwhile. `benches/versions` says what it takes.
#[test]
fn many_versions_of_one_id() {
    let version =
        |number: usize| Incoming::new("live", format!("{NEWS} It is minute {number} of the evening."));
    let versions: Vec<Incoming> = (0..300).map(version).collect();
    let mut filter = created(Keep::Text, 1);
    let mut said_first = Vec::new();
    for (batch, number) in versions.chunks(7).zip(0..) {
        for answer in filter.batch(batch).unwrap() {
            assert!(said_first.is_empty() || answer.verdict.relation == Directed::Update);
            said_first.push(said(&answer));
        }
        if number % 10 == 9 {
            filter.writer().seal().unwrap();
        }
    }
    let again = filter.check(&versions).unwrap();
    assert!(again.iter().all(|answer| answer.again));
    assert_eq!(again.iter().map(said).collect::<Vec<_>>(), said_first);
    // Of the same words only the last version is a copy: the others are no longer found.
    let others: Vec<Incoming> = versions.iter().map(|one| Incoming::new("other", &one.text)).collect();
    let last = &filter.check(&others).unwrap()[299];
    assert_eq!((last.verdict.relation, last.verdict.of()), (Directed::Exact, Some("live")));
    // Deleted, none of them is a version of the next.
    filter.delete(&["live".to_owned()]).unwrap();
    let next = filter.batch(&versions[..1]).unwrap();
    assert!(!next[0].again && next[0].verdict.relation == Directed::New);
}

/// The text below every story of one site, and stories with so many sentences of their own above it.
fn stories(seed: u64, count: usize, sentences: usize) -> (Vec<(String, String)>, String) {
    let mut news = News::new(seed);
    let below = news.story(14);
    let stories = (0..count).map(|n| (format!("s{n:02}"), format!("{} {below}", news.story(sentences))));
    (stories.collect(), below)
}

fn line(id: &str, site: &str, text: &str) -> String {
    let url = format!("https://{site}/{id}");
    json!({"id": id, "url": url, "source": site, "text": text}).to_string() + "\n"
}

/// What a site prints under all its stories speaks for none of them once several have come, whatever comes between and
/// however often the filter is started; a copy of a story is one all the same, and a story told by others is found.
#[test]
fn standing_text_is_learned_as_documents_come() {
    for (seed, sentences) in [(1, 3), (2, 5), (3, 8)] {
        let dir = Dir::new();
        let (stories, _) = stories(seed, 14, sentences);
        let mut news = News::new(seed + 100);
        let input: Vec<String> = stories
            .iter()
            .map(|(id, text)| {
                let other = line(&format!("x-{id}"), &format!("{id}.example"), &news.story(20));
                line(id, "ledger.example", text) + &other
            })
            .collect();
        let mut said = Vec::new();
        for part in input.chunks(5) {
            let (lines, ..) = filter(&dir, &["--quiet"], &part.concat());
            said.extend(lines);
        }
        let ours = |said: &[Value]| -> Vec<String> {
            let ours = said.iter().filter(|line| line["source"] == "ledger.example");
            ours.map(|line| line["wirecopy"]["verdict"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ours(&said)[6..], vec!["new"; 8], "{sentences} sentences");
        let copy =
            |n: usize, id: &str| line(id, "ledger.example", &format!("{} Printed again.", stories[n].1));
        let elsewhere = line("z", "far.example", &stories[9].1.replace("The ", "A "));
        let later = copy(2, "again-2") + &copy(11, "again-11") + &elsewhere;
        let (lines, ..) = filter(&dir, &["--quiet"], &later);
        let of: Vec<(&str, Option<&str>)> = said_of(&lines);
        assert!(of.iter().all(|(verdict, _)| !["new", "partial", "templated"].contains(verdict)), "{of:?}");
        assert_eq!(of.iter().map(|one| one.1).collect::<Vec<_>>(), [Some("s02"), Some("s11"), Some("s09")]);
        // What was said is said again, and a lookup says of another story what the filter would.
        let (again, ..) = filter(&dir, &["--quiet"], &input.concat());
        assert_eq!(said_of(&again), said_of(&said), "{sentences} sentences");
        let next = line("next", "ledger.example", &self::stories(seed, 15, sentences).0[14].1);
        let (checked, ..) = filter(&dir, &["--quiet", "--check"], &next);
        assert_eq!(said_of(&checked), [("new", None)]);
    }
}

/// Three stories are too few, and versions of one story are one item.
#[test]
fn few_items_and_versions_of_one_story_teach_nothing() {
    let dir = Dir::new();
    let mut news = News::new(7);
    let mut grown = news.story(12);
    let versions: String = (0..8)
        .map(|n| {
            grown = format!("{grown} {}", news.story(3));
            line(&format!("v{n}"), "ledger.example", &grown)
        })
        .collect();
    let (lines, ..) = filter(&dir, &["--quiet"], &versions);
    let said = said_of(&lines);
    assert!(
        said[1..].iter().all(|(verdict, _)| ["near", "contains", "update"].contains(verdict)),
        "{said:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// However documents come together, each is judged by those before it.
    #[test]
    fn what_stands_does_not_depend_on_batches(seed in any::<u64>(), size in 2usize..12) {
        let documents: Vec<Incoming> = (0..3)
            .flat_map(|site| stories(seed ^ site, 10, 2 + site as usize).0.into_iter().map(move |one| (site, one)))
            .map(|(site, (id, text))| Incoming::new(format!("{site}-{id}"), text).site(&format!("{site}.example")))
            .collect();
        let (mut single, mut batched) = (created(Keep::Text, 1), created(Keep::Text, 2));
        let one_by_one: Vec<String> =
            documents.iter().map(|one| said(&single.batch(std::slice::from_ref(one)).unwrap()[0])).collect();
        let together: Vec<String> =
            documents.chunks(size).flat_map(|batch| batched.batch(batch).unwrap()).map(|a| said(&a)).collect();
        prop_assert_eq!(one_by_one, together);
    }
}
