//! A bench a stage, and one end to end. Throughput is of the text's bytes, so stages can be put beside each other
//! and beside the limits that are measured here too: copying the text, and a bare JSON parse.
//!
//! `cargo bench --bench stages`, or with WIRECOPY_BENCH_FILE=FILE.jsonl on documents of one's own.

use std::hint::black_box;
use std::path::PathBuf;
use std::process::Command;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wirecopy::Recipe;
use wirecopy::corpus::{Corpus, CorpusOptions};
use wirecopy::internals::kernel::Kernel;
use wirecopy::internals::sketch::Sketcher;
use wirecopy::internals::text::Tokens;
use wirecopy::judge::ShingleSet;
use wirecopy::options::Resources;
use wirecopy::signature::{minhash::MinHash, simhash::SimHash, winnow};

/// Two thousand generated documents, or the file of WIRECOPY_BENCH_FILE.
fn file() -> PathBuf {
    if let Some(file) = std::env::var_os("WIRECOPY_BENCH_FILE") {
        return PathBuf::from(file);
    }
    let path = std::env::temp_dir().join("wirecopy-bench.jsonl");
    let made = Command::new(env!("CARGO"))
        .args(["run", "--release", "--quiet", "--example", "generate", "--"])
        .args(["--documents", "2000", "--output"])
        .arg(&path)
        .status();
    assert!(made.is_ok_and(|status| status.success()), "the generator runs");
    path
}

fn texts(path: &PathBuf) -> Vec<String> {
    let lines = std::fs::read_to_string(path).expect("the documents");
    let text = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).expect("JSON lines");
        record["text"].as_str().unwrap_or_default().to_owned()
    };
    lines.lines().map(text).collect()
}

fn stages(criterion: &mut Criterion) {
    let path = file();
    let raw = std::fs::read(&path).expect("the documents");
    let texts = texts(&path);
    let bytes = texts.iter().map(String::len).sum::<usize>() as u64;

    let mut group = criterion.benchmark_group("limit");
    group.throughput(Throughput::Bytes(raw.len() as u64));
    group.bench_function("copy", |b| b.iter(|| black_box(raw.clone())));
    group.bench_function("parse", |b| {
        b.iter(|| {
            raw.split(|&byte| byte == b'\n')
                .filter(|line| !line.is_empty())
                .filter_map(|line| serde_json::from_slice::<serde::de::IgnoredAny>(line).ok())
                .count()
        });
    });
    group.finish();

    for kernel in Kernel::available() {
        let mut group = criterion.benchmark_group(kernel.name());
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function("tokens", |b| {
            let mut tokens = Tokens::new(kernel);
            b.iter(|| {
                texts
                    .iter()
                    .map(|text| {
                        tokens.read(text);
                        tokens.len()
                    })
                    .sum::<usize>()
            });
        });
        group.bench_function("sketch", |b| {
            let mut sketcher = Sketcher::new(Recipe::default(), kernel);
            b.iter(|| texts.iter().map(|text| sketcher.sketch(text).sample.len()).sum::<usize>());
        });
        group.bench_function("shingles and set", |b| {
            let mut sketcher = Sketcher::new(Recipe::default(), kernel);
            let mut set = ShingleSet::new(kernel);
            b.iter(|| {
                texts
                    .iter()
                    .map(|text| {
                        set.fill(sketcher.shingles(text).0);
                        set.count()
                    })
                    .sum::<usize>()
            });
        });
        group.finish();
    }

    let mut group = criterion.benchmark_group("signature");
    group.throughput(Throughput::Bytes(bytes));
    let mut sketcher = Sketcher::new(Recipe::default(), Kernel::detect());
    let shingles: Vec<Vec<u64>> = texts.iter().map(|text| sketcher.shingles(text).0.to_vec()).collect();
    group.bench_function("winnow", |b| {
        let mut winnow = winnow::Winnow::default();
        b.iter(|| shingles.iter().map(|s| winnow.select(Kernel::detect(), s, 3).len()).sum::<usize>());
    });
    group.bench_function("minhash", |b| b.iter(|| shingles.iter().filter_map(|s| MinHash::of(s)).count()));
    group.bench_function("simhash", |b| b.iter(|| shingles.iter().filter_map(|s| SimHash::of(s)).count()));
    group.finish();

    let mut group = criterion.benchmark_group("end to end");
    group.throughput(Throughput::Bytes(raw.len() as u64));
    group.sample_size(10);
    group.bench_function("scan", |b| {
        b.iter(|| {
            let (options, resources) = (CorpusOptions::default(), Resources::default());
            let corpus = Corpus::open(std::slice::from_ref(&path), &options, &resources);
            wirecopy::scan(&corpus.expect("the documents open")).expect("they are read").pairs.len()
        });
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
