//! One judge: scan, filter and compare say the same of a pair, passages included, and their tests say why.

use std::collections::BTreeMap;
use std::path::Path;

use wirecopy::internals::index::format::MATCHES;
use wirecopy::{Corpus, Document, Filter, Incoming, Policy, Resources, Run, Scan, Span};

use crate::harness::*;
use crate::index::stream;
use crate::news::News;
use crate::noise::{misread, story};
use crate::spellings::{ARTICLES, stripped};
use crate::templates::notes;

/// Documents by id, and the text of each.
type Texts = Vec<(String, String)>;

/// The bundled corpus.
fn bundled() -> Texts {
    let mut texts = Texts::new();
    let folders = std::fs::read_dir(corpus("")).unwrap();
    let mut paths: Vec<_> = folders.map(|folder| folder.unwrap().path().join("wire.jsonl")).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.is_file()) {
        texts.extend(of_lines(&std::fs::read_to_string(path).unwrap()));
    }
    texts
}

/// The bundled corpus and other articles, each also without its marks.
fn spelled() -> Texts {
    let mut texts = bundled();
    texts.extend(ARTICLES.iter().map(|(language, _, text)| ((*language).to_owned(), (*text).to_owned())));
    let plain = texts.iter().map(|(id, text)| (format!("{id}-plain"), text, stripped(text)));
    let plain: Texts =
        plain.filter(|(_, text, plain)| *text != plain).map(|(id, _, plain)| (id, plain)).collect();
    texts.extend(plain);
    texts
}

fn of_lines(lines: &str) -> Texts {
    let field = |record: &serde_json::Value, name: &str| record[name].as_str().unwrap().to_owned();
    let records = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    records.map(|record| (field(&record, "id"), field(&record, "text"))).collect()
}

/// Stories as they are, and as a machine reads them.
fn noisy() -> Texts {
    let mut news = News::new(31);
    let vocabulary: Vec<String> = (0..900).map(|_| news.word()).collect();
    let mut texts = Texts::new();
    for number in 0..60 {
        let text = story(&mut news, &vocabulary);
        for (copy, permille) in [("clean", 0), ("read", 40), ("again", 70)] {
            texts.push((format!("{number}-{copy}"), misread(&mut news, &text, permille)));
        }
    }
    texts
}

/// A stream with copies, excerpts and additions.
fn streamed() -> Texts {
    let mut texts: Texts = stream(260, 41).into_iter().map(|one| (one.id, one.text)).collect();
    texts.iter_mut().enumerate().for_each(|(i, (id, _))| *id = format!("{i:03}-{id}"));
    texts
}

fn scanned(texts: &Texts) -> Run {
    let corpus = Corpus::from_documents(texts.iter().map(|(id, text)| Document::new(id, text))).unwrap();
    let scan = Scan::new().threads(2);
    // Under a model that was learned before, as the index has it.
    let model = scan.run(&corpus).unwrap().model.unwrap();
    scan.model(model).run(&corpus).unwrap()
}

/// A filter over a new index under the model of a run.
fn filter(dir: &Path, run: &Run) -> Filter {
    let mut model = Vec::new();
    run.model.as_ref().unwrap().write(run.recipe(), &mut model).unwrap();
    let setup = wirecopy::index::Setup { model: Some(model), ..Default::default() };
    let disk = wirecopy::internals::index::store::Disk::new(dir);
    disk.create_directory().unwrap();
    let writer =
        wirecopy::filter::open_or_create(std::sync::Arc::new(disk), &setup, None, Default::default())
            .unwrap();
    Filter::new(writer, Policy::default(), &Resources::default()).unwrap()
}

/// What is said of a pair: the relation, and the spans from the side of the later document.
type Said = (String, Vec<[u32; 4]>);

/// Of the run: every pair, the later document first.
fn of_run(texts: &Texts, run: &Run) -> BTreeMap<(String, String), Said> {
    let places: BTreeMap<&str, usize> = texts.iter().enumerate().map(|(i, (id, _))| (&**id, i)).collect();
    let spans = run.spans().unwrap().unwrap();
    let said = run.pairs.iter().zip(&spans).map(|(pair, spans)| {
        let (a, b) = (run.id(pair.a).to_owned(), run.id(pair.b).to_owned());
        let is_later = places[&*a] > places[&*b];
        let judgement = if is_later { pair.judgement } else { pair.judgement.swapped() };
        let of = |span: &Span| {
            let (own, other) = if is_later { (span.a, span.b) } else { (span.b, span.a) };
            [own[0], own[1], other[0], other[1]].map(|place| place as u32)
        };
        let mut spans: Vec<[u32; 4]> = spans.iter().map(of).collect();
        spans.sort_unstable();
        (if is_later { (a, b) } else { (b, a) }, (judgement.from_a().name().to_owned(), spans))
    });
    said.collect()
}

/// Every pair that both report is the same in both, and each finds all that the other does, as far as a match list goes.
fn agree(name: &str, texts: &Texts, least: usize) {
    let (dir, run) = (Dir::new(), scanned(texts));
    let mut filter = filter(&dir.path("index"), &run);
    let mut said = of_run(texts, &run);
    // Of copies of one text the earliest stands for all.
    let copies: Vec<String> =
        said.iter().filter(|(_, said)| said.0 == "exact").map(|(ids, _)| ids.0.clone()).collect();
    let mut same = 0;
    for (id, text) in texts {
        let answers = filter.batch(&[Incoming::new(id, text)]).unwrap();
        let matches = &answers[0].verdict.matches;
        for found in matches {
            let (relation, spans) = said
                .remove(&(id.clone(), found.id.clone()))
                .unwrap_or_else(|| panic!("{name}: {id} and {} are a pair for the filter only", found.id));
            assert_eq!(relation, found.relation.name(), "{name}: {id} and {}", found.id);
            let is_whole = spans.len() <= 8 && spans == found.spans;
            let are_longest = spans.len() > 8 && found.spans.iter().all(|span| spans.contains(span));
            assert!(is_whole || are_longest, "{name}: {id} and {}: {spans:?}, {:?}", found.id, found.spans);
            same += 1;
        }
        // A copy's other matches are those of its original, and a list is full at some length.
        let copies = matches.iter().any(|found| found.relation == wirecopy::Directed::Exact);
        if copies || matches.len() == MATCHES {
            said.retain(|(later, _), _| later != id);
        }
    }
    // The fillings of a form that a hundred documents fill in are compared with a few of these, here and there.
    let is_crowd = texts.len() > 2 * wirecopy::internals::candidates::HEAVY;
    let is_missed = |((_, earlier), (relation, _)): &(&(String, String), &Said)| {
        let is_settled = copies.contains(earlier) || (is_crowd && relation == "templated");
        !is_settled
    };
    let missed: Vec<_> = said.iter().filter(is_missed).collect();
    assert!(missed.is_empty(), "{name}: pairs for the scan only: {missed:?}");
    assert!(same >= least, "{name}: {same} pairs are too few to say anything");
}

#[test]
fn scan_and_filter_judge_every_pair_of_the_bundled_corpus_alike() {
    agree("bundled", &bundled(), 100);
}

#[test]
fn scan_and_filter_judge_two_spellings_alike() {
    agree("spelled", &spelled(), 150);
}

#[test]
fn scan_and_filter_judge_a_stream_alike() {
    agree("stream", &streamed(), 60);
}

#[test]
fn scan_and_filter_meet_and_judge_noisy_texts_alike() {
    agree("noisy", &noisy(), 120);
}

#[test]
fn scan_and_filter_judge_the_fillings_of_a_form_alike() {
    agree("templated", &of_lines(&notes(30)), 100);
}

/// The decision is that of the first relation whose printed tests all hold.
#[test]
fn a_comparison_is_decided_by_the_tests_that_it_shows() {
    for (name, texts) in
        [("spelled", spelled()), ("noisy", noisy()), ("forms", of_lines(&notes(12))), ("stream", streamed())]
    {
        let run = scanned(&texts);
        let mut seen = std::collections::BTreeSet::new();
        for pair in &run.pairs {
            let compared = run.compare(pair.a, pair.b).unwrap();
            let ids = (run.id(pair.a), run.id(pair.b));
            assert_eq!(compared.relation(), Some(pair.judgement.relation), "{name}: {ids:?}");
            assert_eq!(
                compared.relation().map(|relation| relation.name()),
                first_that_holds(&compared.tests)
            );
            seen.insert(pair.judgement.relation);
        }
        // Documents beside one another mostly have no relation, and the tests say so too.
        for pair in (0..texts.len() as u32 - 1).map(|i| (wirecopy::DocId(i), wirecopy::DocId(i + 1))) {
            let compared = run.compare(pair.0, pair.1).unwrap();
            let relation = compared.relation().map(|relation| relation.name());
            assert_eq!(relation, first_that_holds(&compared.tests), "{name}: {pair:?} {:?}", compared.tests);
        }
        assert!(!seen.is_empty());
    }
}

fn first_that_holds(tests: &[wirecopy::judge::Test]) -> Option<&'static str> {
    if tests.iter().any(|test| test.relation == "any" && !test.holds) {
        return None;
    }
    let mut names: Vec<&'static str> = tests.iter().map(|test| test.relation).collect();
    names.dedup();
    let holds = |name: &&&str| tests.iter().filter(|test| test.relation == **name).all(|test| test.holds);
    names.iter().filter(|name| **name != "any").find(holds).copied()
}

/// A model of one week does not take the clean text of another week, with its new names, for noise.
#[test]
fn new_words_of_a_later_week_are_no_noise() {
    let mut news = News::new(5);
    let vocabulary: Vec<String> = (0..900).map(|_| news.word()).collect();
    let week = |news: &mut News, own: &[String]| -> Vec<String> {
        (0..40).map(|_| story(news, &[&vocabulary, own].concat())).collect()
    };
    let first = week(&mut news, &[]);
    let mut read: Texts = first.iter().enumerate().map(|(i, text)| (format!("a{i}"), text.clone())).collect();
    read.extend((0..8).map(|i| (format!("r{i}"), misread(&mut news, &first[i], 70))));
    let model = scanned(&read).model.unwrap();
    assert!(model.noisy, "a sixth of the documents is misread");
    let mut reader = wirecopy::internals::model::ContentReader::new(
        Default::default(),
        wirecopy::internals::kernel::Kernel::detect(),
    );
    let mut is_noisy = |text: &str| {
        reader.read(text);
        reader.is_noisy(&model.seen)
    };
    // Names of its own, made of the same syllables: one word in seven.
    let names: Vec<String> = (0..150).map(|_| news.word()).collect();
    let later = week(&mut news, &names);
    let clean = later.iter().filter(|text| is_noisy(text)).count();
    assert!(clean <= 2, "{clean} of 40 clean texts are called noisy");
    let misread: Vec<String> = later.iter().map(|text| misread(&mut news, text, 70)).collect();
    let noisy = misread.iter().filter(|text| is_noisy(text)).count();
    assert!(noisy >= 38, "{noisy} of 40 misread texts are called noisy");
}
