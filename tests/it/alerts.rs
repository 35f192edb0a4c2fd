//! The sarif and junit reports: stories that are there more than once and repeats of pages, beside a baseline only new ones.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Value, json};

use crate::harness::*;

const OTHER: &str = "The ferry to Quay Island will not sail on Sundays any more, since its only engine needs the day for \
    itself, as the harbour office told those who had been waiting on the pier since the morning.";

/// A page that has its headline twice.
const TWICE: &str = "Council sells the clock\n\nThe council has sold the clock of the town hall to a collector.\n\n\
    Council sells the clock\n\nWhat becomes of the tower nobody could say on Monday.\n";

/// A test of a junit report.
#[derive(Debug, PartialEq)]
struct Case {
    suite: String,
    name: String,
    file: String,
    line: String,
    /// Its kind and its details; none where it passed.
    failure: Option<(String, String)>,
}

fn attribute(element: &BytesStart<'_>, name: &str) -> String {
    let found = element.try_get_attribute(name).unwrap();
    found.map(|found| unescape(&found.value).unwrap().into_owned()).unwrap_or_default()
}

/// The tests of a junit report, whose counts are right.
fn junit(text: &str) -> Vec<Case> {
    let mut reader = Reader::from_str(text);
    let (mut cases, mut suite, mut counts) = (Vec::new(), String::new(), Vec::new());
    let case = |suite: &str, element: &BytesStart<'_>| Case {
        suite: suite.to_owned(),
        name: attribute(element, "name"),
        file: attribute(element, "file"),
        line: attribute(element, "line"),
        failure: None,
    };
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) => match element.name().as_ref() {
                "testsuites" => assert_eq!(attribute(&element, "name"), "wirecopy"),
                "testsuite" => {
                    suite = attribute(&element, "name");
                    let count = |name| attribute(&element, name).parse::<usize>().unwrap();
                    counts.push((cases.len(), count("tests"), count("failures")));
                }
                "testcase" => cases.push(case(&suite, &element)),
                "failure" => {
                    let kind = attribute(&element, "type");
                    let details = reader.read_text(element.name()).unwrap();
                    let details = unescape(&details).unwrap().into_owned();
                    cases.last_mut().unwrap().failure = Some((kind, details));
                }
                name => panic!("{name}"),
            },
            Event::Empty(element) => cases.push(case(&suite, &element)),
            Event::Eof => break,
            _ => {}
        }
    }
    for (from, tests, failures) in counts {
        let cases = &cases[from..from + tests];
        assert_eq!(cases.iter().filter(|case| case.failure.is_some()).count(), failures, "{text}");
    }
    cases
}

/// The results of a sarif report, each of a rule that it explains.
fn sarif(text: &str) -> Vec<Value> {
    let report: Value = serde_json::from_str(text).unwrap();
    assert_eq!((&report["version"], report["runs"].as_array().unwrap().len()), (&json!("2.1.0"), 1));
    let driver = &report["runs"][0]["tool"]["driver"];
    assert_eq!(driver["name"], "wirecopy");
    let results = report["runs"][0]["results"].as_array().unwrap().clone();
    for result in &results {
        let explains = |rule: &Value| rule["id"] == result["ruleId"];
        assert!(driver["rules"].as_array().unwrap().iter().any(explains), "{result}");
        assert!(result["message"]["text"].is_string() && result["level"].is_string(), "{result}");
        for place in result["locations"].as_array().unwrap() {
            let place = &place["physicalLocation"];
            assert!(place["artifactLocation"]["uri"].is_string(), "{result}");
            assert!(place["region"]["startLine"].as_u64() >= Some(1), "{result}");
        }
    }
    results
}

fn uri(result: &Value) -> &str {
    result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap()
}

/// Both reports of a scan of `s`, with more arguments.
fn reports(dir: &Dir, arguments: &[&str]) -> (Vec<Value>, Vec<Case>) {
    let scan = ["scan", "s", "--quiet", "-o", "out.sarif", "-o", "out.xml"];
    let output = program().current_dir(dir.path("")).args(scan).args(arguments).output().unwrap();
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let read = |name: &str| std::fs::read_to_string(dir.path(name)).unwrap();
    (sarif(&read("out.sarif")), junit(&read("out.xml")))
}

#[test]
fn a_story_that_is_there_twice_is_told_at_its_copy() {
    let dir = Dir::new();
    copies_and_another(&dir);
    let (results, cases) = reports(&dir, &[]);
    assert_eq!(results.len(), 1, "{results:?}");
    let (result, case) = (&results[0], &cases[0]);
    assert_eq!((&result["ruleId"], &result["level"]), (&json!("duplicate"), &json!("warning")));
    let message = result["message"]["text"].as_str().unwrap();
    assert!(message.starts_with("3 documents are one story: The lighthouse keeper"), "{message}");
    let places = result["relatedLocations"].as_array().unwrap();
    let mut uris: Vec<&str> =
        places.iter().map(|p| p["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap()).collect();
    assert_eq!(uris.len(), 2);
    uris.push(uri(result));
    uris.sort_unstable();
    assert_eq!(uris, ["s/a.txt", "s/b.txt", "s/c.txt"]);
    assert!(places[0]["message"]["text"].as_str().unwrap().ends_with(": the one that would be kept"));
    assert_eq!(result["partialFingerprints"]["story/v1"].as_str().unwrap().len(), 16);
    assert_eq!((&*case.suite, &*case.name, &*case.file), ("stories", message, uri(result)));
    let (kind, details) = case.failure.as_ref().unwrap();
    assert_eq!((&**kind, details.lines().count()), ("duplicate", 3));
    assert!(details.contains("exact, score 1.00 in s/"), "{details}");
}

#[test]
fn beside_a_baseline_only_what_is_new_is_told() {
    let dir = Dir::new();
    copies_and_another(&dir);
    dir.file("s/twice.txt", TWICE);
    let (results, cases) = reports(&dir, &["-o", "known.json"]);
    let rules = |results: &[Value]| -> Vec<String> {
        results.iter().map(|result| result["ruleId"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(rules(&results), ["duplicate", "title"]);
    assert_eq!(cases.iter().filter(|case| case.failure.is_some()).count(), 2);
    // What the baseline has is not told again; what lists tests still has one.
    let (results, cases) = reports(&dir, &["--baseline", "known.json"]);
    assert_eq!(results, [] as [Value; 0]);
    assert_eq!(cases.len(), 1);
    assert_eq!((&*cases[0].name, &cases[0].failure), ("no story is there more than once", &None));
    // A copy of a story that was there more than once already, a new story, and a headline once more.
    dir.file("s/z.txt", STORY);
    dir.file("s/ferry-1.txt", OTHER);
    dir.file("s/ferry-2.txt", OTHER);
    dir.file("s/twice.txt", format!("{TWICE}\nCouncil sells the clock\n"));
    let (results, cases) = reports(&dir, &["--baseline", "known.json"]);
    assert_eq!(rules(&results), ["duplicate", "duplicate", "title"]);
    let grown = results.iter().find(|result| uri(result) == "s/z.txt").unwrap();
    let message = grown["message"]["text"].as_str().unwrap();
    assert!(message.starts_with("4 documents are one story, 1 of them new: "), "{message}");
    let new = results.iter().find(|result| uri(result).starts_with("s/ferry-")).unwrap();
    assert!(new["message"]["text"].as_str().unwrap().starts_with("2 documents are one story: The ferry"));
    let names: Vec<&str> = cases.iter().map(|case| &*case.name).collect();
    assert!(names.contains(&"title stands 3 times: Council sells the clock"), "{names:?}");
    // A saved report gives the same as the scan that saved it.
    reports(&dir, &["-o", "now.json"]);
    let read = |name: &str| std::fs::read_to_string(dir.path(name)).unwrap();
    let direct = ["out.sarif", "out.xml"].map(read);
    let render = ["report", "render", "now.json", "--quiet", "-o", "out.sarif", "-o", "out.xml"];
    assert_eq!(code(&program().current_dir(dir.path("")).args(render).output().unwrap()), 0);
    assert_eq!(["out.sarif", "out.xml"].map(read), direct);
}

#[test]
fn every_page_is_a_suite_of_its_own() {
    let dir = Dir::new();
    dir.file("s/a & b.txt", TWICE);
    dir.file("s/once.txt", STORY);
    let folder = dir.path("s").display().to_string();
    let cases = junit(&stdout(&run(&["page", &folder, "--report", "junit"])));
    assert_eq!(cases.len(), 2, "{cases:?}");
    let (twice, once) = (&cases[0], &cases[1]);
    assert_eq!(twice.suite, "a & b.txt");
    assert_eq!(twice.name, "title stands 2 times: Council sells the clock");
    assert!(twice.file.ends_with("/s/a & b.txt") && twice.line == "5", "{twice:?}");
    assert_eq!(twice.failure, Some(("title".to_owned(), "headline, line 1; heading, line 5".to_owned())));
    assert_eq!(
        (&*once.suite, &*once.name, &once.failure),
        ("once.txt", "nothing stands more than once", &None)
    );
}

/// What documents and files are called is data, and never markup, a control or another line.
#[test]
fn hostile_names_stay_data() {
    let dir = Dir::new();
    let evil = "\"/><failure message='x'>]]>&amp;\u{1b}[2J\u{0}\u{ffff}\nnext\u{202e}";
    let record =
        |id: &str| format!("{}\n", json!({"id": format!("{id}{evil}"), "title": evil, "text": STORY}));
    dir.file("s/<&\">\u{1}.jsonl", record("a") + &record("b"));
    let (results, cases) = reports(&dir, &[]);
    assert_eq!((results.len(), cases.len()), (1, 1), "{cases:?}");
    assert_eq!(uri(&results[0]), "s/%3C%26%22%3E%01.jsonl");
    let case = &cases[0];
    let shown = "\"/><failure message='x'>]]>&amp;[2J next";
    assert!(case.name.contains(shown), "{}", case.name);
    assert_eq!(case.file, "s/<&\">.jsonl");
    let (_, details) = case.failure.as_ref().unwrap();
    assert_eq!(details.lines().count(), 2, "{details}");
    assert!(
        details.contains(&format!("b{shown} (record 1): exact, score 1.00 in s/<&\">.jsonl")),
        "{details}"
    );
}
