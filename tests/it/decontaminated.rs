//! A training set that shares nothing with a test set.

use std::fs;

use serde_json::{Value, json};

use crate::harness::*;
use crate::news::News;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn words(news: &mut News, count: usize) -> String {
    (0..count).map(|_| news.word()).collect::<Vec<_>>().join(" ")
}

struct Set {
    dir: Dir,
    /// A passage of 60 words of the test set.
    passage: String,
    train: String,
}

impl Set {
    /// A test set, and a training set: a page of its own, one that quotes a passage of the test set, one that holds a whole
    /// test document, a copy of one, and one that quotes too few words.
    fn new() -> Set {
        let (dir, mut news) = (Dir::new(), News::new(31));
        let passage = words(&mut news, 60);
        let held = words(&mut news, 80);
        let copied = news.story(9);
        let test = [
            record("t1", &format!("{}\n{passage}\n{}", news.story(6), news.story(5))),
            record("t2", &held),
            record("t3", &copied),
        ];
        dir.file("test.jsonl", test.concat());
        let few = passage.split(' ').take(40).collect::<Vec<_>>().join(" ");
        let train = [
            record("own", &news.story(10)),
            // Escapes, spaces and members around the text stay as they are.
            format!(
                "{{ \"id\": \"quotes\" , \"text\" : \"{} \\u201cIt is so.\\u201d\\n\\n{passage}.\\n\\nMore \\\\ caf\\u00e9 \\ud83d\\ude00 of {}\" , \"n\":1.0}}\r\n",
                words(&mut news, 90),
                words(&mut news, 70)
            ),
            record("holds", &format!("{}\n{held}\n{}", news.story(12), news.story(9))),
            record("copy", &copied),
            record("few", &format!("{}\n{few}\n{}", news.story(7), news.story(7))),
        ]
        .concat();
        dir.file("train.jsonl", &train);
        Set { dir, passage, train }
    }

    /// What is left of the training set, the list, and what is said.
    fn dedup(&self, flags: &[&str]) -> (String, Vec<Value>, String) {
        let path = |name: &str| self.dir.path(name).display().to_string();
        let (train, test, left, list) =
            (path("train.jsonl"), path("test.jsonl"), path("left.jsonl"), path("list"));
        let mut arguments =
            vec!["dedup", &train, "--against", &test, "--output", &left, "--removed", &list, "--force"];
        arguments.extend(flags);
        let output = run(&arguments);
        let said = stdout(&output) + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(code(&output), 0, "{said}");
        (fs::read_to_string(left).unwrap(), lines(&fs::read_to_string(list).unwrap()), said)
    }
}

fn ids(left: &str) -> Vec<String> {
    lines(left).iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_shares_a_passage_with_a_second_set_goes() {
    let set = Set::new();
    assert_eq!(ids(&set.dedup(&[]).0), ["own", "quotes", "holds", "few"], "copies alone");
    let (left, list, _) = set.dedup(&["--remove", "exact,near,contained,partial"]);
    assert_eq!(ids(&left), ["own", "few"]);
    let rows: Vec<[&str; 4]> = list
        .iter()
        .map(|row| ["id", "kept", "relation", "rule"].map(|name| row[name].as_str().unwrap()))
        .collect();
    assert_eq!(
        rows,
        [
            ["quotes", "t1", "partial", "against"],
            ["holds", "t2", "contains", "against"],
            ["copy", "t3", "exact", "against"]
        ]
    );
    // Passages alone: the copy is none of them.
    assert_eq!(ids(&set.dedup(&["--remove", "partial"]).0), ["own", "copy", "few"]);
    let kept = set.dedup(&["--remove", "partial", "--keep", "protected=quotes"]).0;
    assert_eq!(ids(&kept), ["own", "quotes", "copy", "few"]);
}

#[test]
fn passages_are_removed_for_a_second_set_only() {
    let set = Set::new();
    let train = set.dir.path("train.jsonl").display().to_string();
    let refused = run(&["dedup", &train, "--dry-run", "--remove", "partial"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(code(&refused) == 2 && said.contains("--against"), "{said}");
    let report = set.dir.path("report.json").display().to_string();
    assert_eq!(code(&run(&["scan", &train, "-q", "--report", &format!("json={report}")])), 0);
    let refused = run(&["apply", &report, "--remove", "partial"]);
    assert_eq!(code(&refused), 2, "{}", String::from_utf8_lossy(&refused.stderr));
}

#[test]
fn passages_of_a_second_set_are_cut_out_and_listed() {
    let set = Set::new();
    let (left, list, said) = set.dedup(&["--strip", "passages"]);
    assert_eq!(ids(&left), ["own", "quotes", "holds", "few"]);
    assert!(said.contains("2 passages cut out of 2"), "{said}");
    let old: Vec<&str> = set.train.split_inclusive('\n').collect();
    let new: Vec<&str> = left.split_inclusive('\n').collect();
    assert_eq!((new[0], new[3]), (old[0], old[4]), "what shares too little stays byte for byte");
    // Byte for byte elsewhere: the passage with its point and the blank line behind it is all that went.
    assert_eq!(new[1], old[1].replace(&format!("{}.\\n\\n", set.passage), ""));
    let cuts: Vec<&Value> = list.iter().filter(|row| row["relation"] == "passage").collect();
    assert_eq!(cuts.len(), 2);
    for cut in cuts {
        let (id, kept) = (cut["id"].as_str().unwrap(), cut["kept"].as_str().unwrap());
        assert_eq!((id, kept), if id == "quotes" { ("quotes", "t1") } else { ("holds", "t2") });
        assert_eq!(cut["rule"], "against");
        let text_of = |lines_of: &str, id: &str| {
            let line = lines(lines_of).into_iter().find(|line| line["id"] == id).unwrap();
            line["text"].as_str().unwrap().to_owned()
        };
        let place = |name: &str| cut[name].as_u64().unwrap() as usize;
        let before = text_of(&set.train, id);
        assert_eq!(before[place("start")..place("end")], *cut["text"].as_str().unwrap());
        let after = text_of(&left, id);
        assert_eq!(after, before[..place("start")].to_owned() + &before[place("end")..]);
        let test = fs::read_to_string(set.dir.path("test.jsonl")).unwrap();
        let theirs = text_of(&test, kept)[place("kept_start")..place("kept_end")].to_owned();
        assert!(cut["text"].as_str().unwrap().starts_with(&theirs));
        assert!(theirs.split(' ').count() as u64 == cut["tokens"].as_u64().unwrap());
    }
    // From another length on the short quotation goes too.
    let (_, list, _) = set.dedup(&["--strip", "passages", "--partial-words", "30"]);
    assert_eq!(list.iter().filter(|row| row["relation"] == "passage").count(), 3);
    // What is listed of a dry run is what is done.
    let path = |name: &str| set.dir.path(name).display().to_string();
    let (train, test) = (path("train.jsonl"), path("test.jsonl"));
    let dry = run(&["dedup", &train, "--against", &test, "--strip", "passages", "--dry-run"]);
    set.dedup(&["--strip", "passages"]);
    assert_eq!(stdout(&dry), fs::read_to_string(path("list")).unwrap());
}

#[test]
fn a_record_that_is_left_with_nothing_goes() {
    let set = Set::new();
    set.dir.file("train.jsonl", record("all", &format!("«{}»", set.passage)) + &record("own", STORY));
    let (left, list, _) = set.dedup(&["--strip", "passages", "--remove", "exact"]);
    assert_eq!(ids(&left), ["own"]);
    assert_eq!((&list[0]["id"], &list[0]["rule"]), (&json!("all"), &json!("passages")));
}

#[test]
fn within_one_set_the_first_record_keeps_a_passage() {
    let (dir, mut news) = (Dir::new(), News::new(8));
    let passage = words(&mut news, 70);
    let page = |news: &mut News| format!("{}\n\n{passage}\n\n{}", words(news, 90), words(news, 80));
    let texts = [page(&mut news), page(&mut news), news.story(9), page(&mut news)];
    for (i, text) in texts.iter().enumerate() {
        dir.file(&format!("in/{i}.txt"), text);
    }
    let [input, output, list] = ["in", "out", "list"].map(|name| dir.path(name).display().to_string());
    let done = run(&["dedup", &input, "--output", &output, "--strip", "passages", "--removed", &list]);
    assert_eq!(code(&done), 0, "{}", String::from_utf8_lossy(&done.stderr));
    let left = |i: usize| fs::read_to_string(dir.path(&format!("out/{i}.txt"))).unwrap();
    assert_eq!((left(0), left(2)), (texts[0].clone(), texts[2].clone()));
    for i in [1, 3] {
        assert_eq!(left(i), texts[i].replace(&format!("{passage}\n\n"), ""));
    }
    let rows = lines(&fs::read_to_string(list).unwrap());
    assert!(rows.iter().all(|row| row["kept"] == "0.txt" && row["rule"] == "earlier"), "{rows:?}");
    // A page is written as it is, so that it cannot lose a passage: it is said, and nothing is written.
    let other = page(&mut news);
    dir.file("in/4.html", format!("<html><body><article><p>{other}</p></article></body></html>"));
    let refused = run(&[
        "dedup",
        &input,
        "--output",
        &dir.path("o2").display().to_string(),
        "--strip",
        "passages",
        "--remove",
        "exact",
    ]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(code(&refused), 2, "{said}");
    assert!(said.contains("4.html") && !dir.path("o2").exists(), "{said}");
}
