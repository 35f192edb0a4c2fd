//! The html report and what is made of saved json.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wirecopy::internals::kernel::Kernel;
use wirecopy::internals::text::Tokens;

use crate::containers;
use crate::harness::*;

const EVIL: &str =
    "</script><script>fetch(\"http://x.invalid\")</script><img src=x onerror=alert(1)>\u{2028}&";

/// Runs and gives a report file's text.
fn report(path: &Path, format: &str) -> String {
    let dir = Dir::new();
    let target = dir.path("report");
    let output = program()
        .args(["scan", "--quiet", "--report", &format!("{format}={}", target.display())])
        .arg(path)
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(target).unwrap()
}

/// The data that the page's script reads.
fn data(html: &str) -> Value {
    let (_, rest) = html.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

fn hostile(dir: &Dir) -> std::path::PathBuf {
    let record = |i: u32| {
        let (id, text) = (format!("{EVIL}{i}"), format!("{EVIL} {STORY} {EVIL}"));
        json!({ "id": id, "title": EVIL, "url": "javascript:alert(1)", "source": EVIL, "date": EVIL, "text": text })
            .to_string()
            + "\n"
    };
    dir.file("hostile.jsonl", (0..3).map(record).collect::<String>())
}

#[test]
fn the_page_is_one_file_that_nothing_leaves() {
    let html = report(&corpus(""), "html");
    assert_eq!(html, report(&corpus(""), "html"), "the same bytes");
    assert!(html.contains("default-src 'none'; script-src 'sha256-"));
    assert!(!html.contains("unsafe-inline") && !html.contains("unsafe-eval"));
    for outside in ["src=\"", "url(", "@import", "<link", "<img", "<iframe", "fetch(", "XMLHttpRequest"] {
        let outside_data =
            html.replace(html.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap(), "");
        assert!(!outside_data.contains(outside), "{outside}");
    }
    for write in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
        assert!(!html.contains(write), "text is set as text, not by {write}");
    }
    let data = data(&html);
    assert_eq!(data["core"]["accounting"]["documents"], 261);
    let sources = data["core"]["sources"].as_array().unwrap();
    assert!(sources.iter().all(|source| source["sha256"].as_str().unwrap().len() == 64));
}

#[test]
fn hostile_documents_stay_data() {
    let dir = Dir::new();
    let path = hostile(&dir);
    let html = report(&path, "html");
    assert_eq!(html.matches("<script").count(), 2, "its data and its own");
    assert!(!html.contains("<img") && !html.contains('\u{2028}'));
    let data = data(&html);
    assert_eq!(data["core"]["clusters"][0][2][0][0], format!("{EVIL}0"), "nothing of it is lost");
    let markdown = report(&path, "markdown");
    assert!(!markdown.contains('<') && !markdown.contains("javascript:"), "{markdown}");
}

#[test]
fn a_saved_report_gives_the_page_without_the_documents() {
    let dir = Dir::new();
    let path = dir.path("saved.json");
    std::fs::write(&path, report(&corpus("light-edit"), "json")).unwrap();
    let html = dir.path("rendered.html");
    let target = format!("html={}", html.display());
    let output = run(&["report", "render", &path.display().to_string(), "--report", &target]);
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains("report: file:///"));
    let rendered = data(&std::fs::read_to_string(html).unwrap());
    let direct = data(&report(&corpus("light-edit"), "html"));
    assert_eq!(rendered["core"], direct["core"]);
    let saved: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert!(saved.get("texts").is_none());
    let shown = rendered["evidence"].as_object().unwrap();
    assert!(shown.values().any(|e| !e["e"].as_array().unwrap().is_empty()), "excerpts: {shown:?}");
    // With texts, all is as if it had been made at once.
    let whole = dir.path("whole.json");
    std::fs::write(&whole, report(&corpus("light-edit"), "json+text")).unwrap();
    let again = run(&["report", "render", &whole.display().to_string(), "--report", "html"]);
    assert_eq!(stdout(&again), report(&corpus("light-edit"), "html"));
    assert_eq!(
        code(&run(&["report", "render", &corpus("README.md").display().to_string(), "--report", "html"])),
        2
    );
}

#[test]
fn spans_and_excerpts_cut_out_what_they_say() {
    let saved: Value = serde_json::from_str(&report(&corpus(""), "json+text")).unwrap();
    let text = |id: &Value| saved["texts"][id.as_str().unwrap()].as_str().unwrap();
    let mut spans = 0;
    for cluster in saved["clusters"].as_array().unwrap() {
        let kept = text(&cluster["representative"]["id"]);
        for member in cluster["members"].as_array().unwrap() {
            let own = text(&member["id"]);
            for span in member["spans"].as_array().into_iter().flatten() {
                let end = |side: &str, i: usize| span[side][i].as_u64().unwrap() as usize;
                let (a, mut b) =
                    (tokens(&own[end("a", 0)..end("a", 1)]), tokens(&kept[end("b", 0)..end("b", 1)]));
                let is_there = |word: &String| b.iter().position(|w| w == word).map(|at| b.swap_remove(at));
                let equal = a.iter().filter_map(is_there).count() as u64;
                // Some are respelled.
                assert!(2 * equal >= span["tokens"].as_u64().unwrap() && equal > 0, "{span}");
                spans += 1;
            }
            for excerpt in member["excerpts"].as_array().into_iter().flatten() {
                let start = excerpt["start"].as_u64().unwrap() as usize;
                assert!(own[start..].starts_with(excerpt["text"].as_str().unwrap()));
            }
        }
    }
    assert!(spans > 50, "{spans}");
}

/// By both ids: the relation and the spans.
type Pairs = BTreeMap<(String, String), (Value, Value)>;

#[test]
fn every_pair_is_shown_with_its_spans_and_forty_words_around_them() {
    let pairs: Vec<Value> =
        report(&corpus(""), "pairs").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let saved: Value = serde_json::from_str(&report(&corpus(""), "json+text")).unwrap();
    let id = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut cluster_of: BTreeMap<String, usize> = BTreeMap::new();
    let mut documents: BTreeMap<String, Value> = BTreeMap::new();
    let mut of_members: Pairs = BTreeMap::new();
    for (number, cluster) in list(&saved["clusters"]).iter().enumerate() {
        let kept = &cluster["representative"];
        for document in list(&cluster["members"]).iter().chain([kept]) {
            cluster_of.insert(id(document, "id"), number);
            documents.insert(id(document, "id"), document.clone());
            let shown = (document["relation"].clone(), Value::from(list(&document["spans"])));
            of_members.insert((id(document, "id"), id(kept, "id")), shown);
        }
    }
    for other in list(&saved["others"]) {
        assert!(!cluster_of.contains_key(&id(&other, "id")), "{other}");
        documents.insert(id(&other, "id"), other);
    }
    let related = list(&saved["related"]);
    assert!(
        related.is_sorted_by_key(|row| std::cmp::Reverse((row["score"].as_f64().unwrap() * 1e12) as u64))
    );
    let mut of_related: Pairs = related
        .iter()
        .map(|row| ((id(row, "a"), id(row, "b")), (row["relation"].clone(), row["spans"].clone())))
        .collect();
    let (mut together, mut apart) = (0, 0);
    for pair in &pairs {
        let (a, b) = (id(pair, "a"), id(pair, "b"));
        let spans = list(&pair["spans"]);
        if cluster_of.contains_key(&a) && cluster_of.get(&a) == cluster_of.get(&b) {
            // Of two members that are not the representative the page shows what both share with it.
            let swapped = |span: &Value| json!({ "a": span["b"], "b": span["a"], "tokens": span["tokens"], "identity": span["identity"] });
            let (shown, spans) = match (of_members.get(&(a.clone(), b.clone())), of_members.get(&(b, a))) {
                (Some((_, shown)), _) => (shown, spans),
                (None, Some((_, shown))) => (shown, spans.iter().map(swapped).collect()),
                (None, None) => continue,
            };
            let sorted =
                |spans: Vec<Value>| -> BTreeSet<String> { spans.iter().map(Value::to_string).collect() };
            assert_eq!(sorted(list(shown)), sorted(spans), "{pair}");
            together += 1;
            continue;
        }
        let (relation, shown) =
            of_related.remove(&(a.clone(), b.clone())).unwrap_or_else(|| panic!("{pair}"));
        let said = if pair["inner"] == pair["b"] { json!("contains") } else { pair["relation"].clone() };
        assert_eq!((&relation, &shown), (&said, &Value::from(spans.clone())), "{pair}");
        apart += 1;
        for (side, name) in [("a", &a), ("b", &b)] {
            let document = &documents[name];
            if document["relation"] == "exact" {
                continue;
            }
            let text = saved["texts"][name].as_str().unwrap();
            for end in
                spans.iter().flat_map(|span| list(&span[side])).map(|end| end.as_u64().unwrap() as usize)
            {
                let has_forty_words = list(&document["excerpts"]).iter().any(|excerpt| {
                    let start = excerpt["start"].as_u64().unwrap() as usize;
                    let stop = start + excerpt["text"].as_str().unwrap().len();
                    let forty = |from: usize, to: usize| tokens(&text[from..to]).len() >= 40;
                    (start..=stop).contains(&end)
                        && (start == 0 || forty(start, end))
                        && (stop == text.len() || forty(end, stop))
                });
                assert!(has_forty_words, "{name} at {end}: {document}");
            }
        }
    }
    assert!(of_related.is_empty(), "{of_related:?}");
    assert!(together > 20 && apart > 100, "{together} {apart}");
    let html = data(&report(&corpus(""), "html"));
    assert_eq!(list(&html["core"]["related"]).len(), related.len());
    assert_eq!(list(&html["core"]["others"]).len(), list(&saved["others"]).len());
    let shown = |row: &Value| !html["evidence"][row["id"].as_str().unwrap()]["t"].is_null();
    assert!(list(&saved["others"]).iter().all(shown), "texts of related documents");
}

#[test]
fn a_classic_report_shows_passages_too() {
    let path = corpus("light-edit");
    let output =
        program().args(["scan", "--quiet", "--classic", "--report", "json"]).arg(path).output().unwrap();
    let saved: Value = serde_json::from_slice(&output.stdout).unwrap();
    let members = saved["clusters"].as_array().unwrap().iter().flat_map(|c| c["members"].as_array().unwrap());
    assert!(members.into_iter().all(|member| !member["spans"].as_array().unwrap().is_empty()));
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Tokens::new(Kernel::PORTABLE);
    tokens.read(text);
    tokens.iter().map(str::to_owned).collect()
}

/// Two runs, of which the second has more documents.
fn two_runs(dir: &Dir) -> [String; 2] {
    let other = "Nine beekeepers of the upper valley met on Sunday to divide a swarm that had settled in the bell of \
        the chapel at Ostrow, where it kept the sexton from ringing in the feast for the first time in ninety years.";
    let first = record("a", STORY) + &record("b", STORY) + &record("c", other);
    let second = first.clone() + &record("d", STORY) + &record("e", other);
    [("old", first), ("new", second)].map(|(name, records)| {
        let path = dir.file(&format!("{name}.jsonl"), records);
        std::fs::write(dir.path(&format!("{name}.json")), report(&path, "json")).unwrap();
        path.display().to_string()
    })
}

/// Whoever joins the rows of two machines joins on where a document stands below the folder that was scanned.
#[test]
fn rows_of_csv_are_the_same_wherever_a_corpus_lies() {
    let csv = |folder: &str| {
        let dir = Dir::new();
        let lines = containers::jsonl(&containers::docs(2));
        dir.file(&format!("{folder}/lines.jsonl"), &lines);
        dir.file(
            &format!("{folder}/sub/page.html"),
            "<main><p>The quay is closed until the crane is mended.</p></main>",
        );
        dir.file(
            &format!("{folder}/sub/day.tar"),
            containers::tar(&[("paper/a.txt", b"The crane was mended.")]),
        );
        report(&dir.path(folder), "csv")
    };
    let rows = csv("here");
    assert_eq!(rows, csv("elsewhere/and/deeper"));
    for path in ["lines.jsonl", "sub/page.html", "sub/day.tar/paper/a.txt"] {
        assert!(rows.contains(&format!(",{path},")), "{path} in {rows}");
    }
}

#[test]
fn two_reports_are_compared() {
    let dir = Dir::new();
    let [first, second] = two_runs(&dir);
    let saved = |name: &str| dir.path(name).display().to_string();
    let output = run(&["report", "diff", &saved("old.json"), &saved("new.json"), "--report", "json"]);
    let diff: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let count = |list: &str| diff[list].as_array().unwrap().len();
    assert_eq!(["new", "grown", "split", "merged", "vanished"].map(count), [1, 1, 0, 0, 0], "{diff}");
    assert_eq!(diff["grown"][0]["added"], json!(["d"]));
    let text = stdout(&run(&["report", "diff", &saved("old.json"), &saved("new.json")]));
    assert!(text.starts_with("clusters: 1 new, 1 grown"), "{text}");
    let gate = |path: &str| {
        code(&run(&["scan", path, "--quiet", "--baseline", &saved("old.json"), "--fail-on-new"]))
    };
    assert_eq!((gate(&first), gate(&second)), (0, 1));
    assert_eq!(code(&run(&["scan", &first, "--fail-on-new"])), 2, "new since when?");
    assert_eq!(code(&run(&["scan", &first, "--baseline", &saved("missing.json")])), 2);
}

/// The page may be mailed: it says nothing of where the files lay; and it shows pairs of each relation, however many there are of one.
#[test]
fn the_page_tells_no_folder_and_shows_pairs_of_each_relation() {
    let dir = Dir::new();
    let word = |i: usize| format!("w{}x", i * 7919 % 100_003);
    let words = |from: usize, count: usize| (from..from + count).map(word).collect::<Vec<_>>().join(" ");
    // Three short forms that many fill in, and a passage that two longer texts share.
    let mut lines = String::new();
    for i in 0..90 {
        let text = format!(
            "The {} club meets on {} May in room {} of the old school, and whoever comes brings {} cups and a chair for the {} to sit on.",
            word(i),
            i % 28 + 1,
            i + 100,
            i + 2,
            word(i + 500)
        );
        lines += &format!(
            "{}\n",
            serde_json::json!({ "id": format!("f{i}"), "source": format!("s{i}"), "text": text })
        );
    }
    let passage = words(5000, 80);
    for (id, from) in [("a", 10_000), ("b", 20_000)] {
        let text = format!("{} {passage} {}", words(from, 150), words(from + 1000, 150));
        lines += &format!("{}\n", serde_json::json!({ "id": id, "source": id, "text": text }));
    }
    let path = dir.file("deep/inside/docs.jsonl", &lines);
    dir.file("deep/other/broken.jsonl", "{\n");
    let html = report(path.parent().unwrap().parent().unwrap(), "html");
    let root = dir.path("deep").display().to_string();
    assert!(!html.contains(&root), "{root}");
    let data = data(&html);
    assert!(data["core"]["sources"].as_array().unwrap().iter().any(|row| row["path"] == "inside/docs.jsonl"));
    let related = data["core"]["related"].as_array().unwrap();
    assert_eq!(related[0][2], "partial", "{related:?}");
    assert!(related.iter().filter(|pair| pair[2] == "templated").count() > 1000);
    assert!(related.len() == 2000 && data["core"]["related_in_all"].as_u64().unwrap() > 2000);
}

/// One story alone, as an editor attaches it to a letter.
#[test]
fn one_story_is_rendered_as_evidence() {
    let dir = Dir::new();
    let saved = dir.file("saved.json", report(&corpus(""), "json+text"));
    let saved = saved.to_str().unwrap();
    let whole: Value = serde_json::from_slice(&std::fs::read(saved).unwrap()).unwrap();
    let story = &whole["clusters"][0];
    let id = story["id"].as_str().unwrap();
    let rendered = run(&["report", "render", saved, "--cluster", id, "--report", "html"]);
    let data = data(std::str::from_utf8(&rendered.stdout).unwrap());
    let clusters = data["core"]["clusters"].as_array().unwrap();
    assert!(clusters.len() == 1 && clusters[0][0] == id);
    let members = story["members"].as_array().unwrap().iter();
    let ids: Vec<&str> = std::iter::once(&story["representative"])
        .chain(members)
        .map(|row| row["id"].as_str().unwrap())
        .collect();
    for id in &ids {
        let text = whole["texts"][id].as_str().unwrap();
        assert_eq!(data["evidence"][id]["t"], text, "the text itself");
        let hash: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(data["core"]["story"][id], hash, "and its hash");
    }
    assert!(!data["core"]["sources"].as_array().unwrap().is_empty());
    assert_eq!(data["evidence"].as_object().unwrap().len(), ids.len(), "nothing of other stories");
    let nobody = run(&["report", "render", saved, "--cluster", "nobody", "--report", "html"]);
    assert_eq!(code(&nobody), 2);
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("no cluster has the id `nobody`"));
}

/// A file's ending says what a report is to be, and a path for a command is a scan that was meant.
#[test]
fn a_report_is_known_by_its_file_and_a_path_is_no_command() {
    let dir = Dir::new();
    let story = dir
        .file("a.txt", "The harbour board voted seven to two on Monday for a second ferry across the sound.");
    let story = story.to_str().unwrap();
    for (name, flag, begins) in [
        ("x.html", "-o", "<!doctype html>"),
        ("y.html", "--report", "<!doctype html>"),
        ("x.csv", "-o", "id,cluster"),
        ("x.json", "-o", "{\n  \"schema_version\""),
        ("x.md", "--report", "[//]: # (wirecopy)"),
    ] {
        let out = dir.path(name);
        let output = run(&["scan", story, "--quiet", flag, out.to_str().unwrap()]);
        assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
        let text = std::fs::read_to_string(&out).unwrap();
        assert!(text.starts_with(begins), "{name}: {}", &text[..text.len().min(80)]);
    }
    let refused = |arguments: &[&str]| {
        let output = program().current_dir(dir.path("")).args(arguments).output().unwrap();
        assert_eq!(code(&output), 2);
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(refused(&["."]).contains("did you mean `wirecopy scan .`?"));
    assert!(refused(&["scan", "nosuch"]).contains("nosuch: cannot be opened: no such file or folder"));
    assert!(refused(&["scan", "a.txt", "--threshold", "70"]).contains("did you mean 0.7?"));
    assert!(refused(&["scan", "a.txt", "--report", "x.pdf"]).contains("write FORMAT or FORMAT=FILE"));
}

/// A document without a headline is called by its first words, without what its site prints above every text, also where the page
/// has no room for the text.
#[test]
fn first_words_stand_for_a_headline_that_is_missing() {
    let dir = Dir::new();
    let pages: String = (0..30)
        .map(|n| {
            let own: String = (0..40).map(|word| format!("w{n}x{word} ")).collect();
            let text =
                format!("Courier front page. Sign in here or subscribe to our newsletters today.\n{own}");
            // Every page twice: at the same site and elsewhere.
            [("courier.example", "a"), ("other.example", "b")].map(|(site, which)| {
                let text = if which == "a" { text.clone() } else { own.clone() };
                serde_json::json!({"id": format!("{n}{which}"), "source": site, "text": text}).to_string()
                    + "\n"
            })
        })
        .collect::<Vec<_>>()
        .concat()
        .concat();
    let file = dir.file("untitled.jsonl", pages);
    let saved: Value = serde_json::from_str(&report(&file, "json")).unwrap();
    let clusters = saved["clusters"].as_array().unwrap();
    assert_eq!(clusters.len(), 30);
    for cluster in clusters {
        for document in cluster["members"].as_array().unwrap().iter().chain([&cluster["representative"]]) {
            let opening = document["opening"].as_str().unwrap();
            assert!(opening.starts_with('w') && opening.ends_with('\u{2026}'), "{document}");
            assert!(document.get("title").is_none());
        }
    }
    // Made of the report alone, which has no texts.
    let json = dir.file("saved.json", saved.to_string());
    let rendered = run(&["report", "render", json.to_str().unwrap(), "--report", "html"]);
    let data = data(std::str::from_utf8(&rendered.stdout).unwrap());
    for cluster in data["core"]["clusters"].as_array().unwrap() {
        let name = cluster[2][0][2][0].as_str().unwrap();
        assert!(name.starts_with('w'), "{cluster}");
    }
}
