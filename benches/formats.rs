//! The same documents in every container, side by side: whole scans, their speed beside that of JSON lines of the same
//! text, and their memory. And HTML pages, by the bytes of their markup.
//!
//! `cargo bench --bench formats`; WIRECOPY_BENCH_HTML=DIRECTORY adds pages of one's own. Prints a markdown table of
//! medians. Memory is the peak of anonymous pages, which leaves out what is mapped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[path = "../tests/it/containers.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod containers;

use containers::*;

const DOCUMENTS: usize = 20_000;
const RUNS: usize = 5;

fn main() {
    // `cargo test --benches` asks for nothing to be measured.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    let docs = generated(&path("generated.jsonl"), DOCUMENTS);
    println!("| input | MB | ms | MB/s | speed beside JSON lines of the same text | peak anonymous MB |");
    println!("|---|---|---|---|---|---|");
    let mut lines_take = None;
    for (name, bytes) in written(&docs) {
        let file = path(&name);
        std::fs::write(&file, bytes).expect("written");
        let lines_take = *lines_take.get_or_insert_with(|| measured(&file).0);
        row(&name, &file, Some(lines_take));
        std::fs::remove_file(&file).expect("removed");
    }
    let pages = path("pages");
    std::fs::create_dir(&pages).expect("made");
    for doc in docs.iter().take(2000) {
        std::fs::write(pages.join(format!("{}.html", doc.id)), page(doc)).expect("written");
    }
    row("2,000 generated HTML pages", &pages, None);
    if let Some(own) = std::env::var_os("WIRECOPY_BENCH_HTML") {
        row("HTML pages of one's own", Path::new(&own), None);
    }
    // Few and long documents, so that what is kept of each hardly counts.
    let long: Vec<String> = docs
        .chunks(300)
        .map(|docs| docs.iter().map(|doc| &*doc.text).collect::<Vec<_>>().join("\n\n"))
        .collect();
    for times in [1, 4] {
        let named = |i: usize, text| (format!("{i}.txt"), text);
        let named: Vec<(String, &String)> = long
            .iter()
            .cycle()
            .take(times * long.len())
            .enumerate()
            .map(|(i, text)| named(i, text))
            .collect();
        let entries: Vec<(&str, &[u8])> =
            named.iter().map(|(name, text)| (&**name, text.as_bytes())).collect();
        let file = path("x.tar.gz");
        std::fs::write(&file, gzip(&tar(&entries))).expect("written");
        row(&format!("tar.gz of {} texts of 1 MB", entries.len()), &file, None);
    }
}

fn generated(path: &Path, count: usize) -> Vec<Doc> {
    let made = Command::new(env!("CARGO"))
        .args(["run", "--release", "--quiet", "--example", "generate", "--"])
        .args(["--chrome", "--templates", "--documents", &count.to_string(), "--output"])
        .arg(path)
        .status();
    assert!(made.is_ok_and(|status| status.success()), "the generator runs");
    let doc = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).expect("JSON lines");
        let [id, text, url, date] =
            ["id", "text", "url", "date"].map(|name| record[name].as_str().unwrap_or_default().to_owned());
        Doc { id, text, url, date }
    };
    std::fs::read_to_string(path).expect("the documents").lines().map(doc).collect()
}

/// JSON lines first: the others are measured beside them.
fn written(docs: &[Doc]) -> Vec<(String, Vec<u8>)> {
    let lines = jsonl(docs);
    let mut all = vec![
        ("x.jsonl".to_owned(), lines.clone()),
        ("x.csv".to_owned(), table(docs, ',')),
        ("x.warc".to_owned(), warc(docs).concat()),
        ("x.tar".to_owned(), tar(&[("x.jsonl", &lines)])),
        ("x.jsonl.gz".to_owned(), gzip(&lines)),
        ("x.jsonl.zst".to_owned(), zstd(&lines)),
        ("x.warc.gz".to_owned(), warc(docs).iter().flat_map(|record| gzip(record)).collect()),
        ("x.tar.gz".to_owned(), gzip(&tar(&[("x.jsonl", &lines)]))),
    ];
    #[cfg(feature = "parquet")]
    {
        let codec = ::parquet::basic::Compression::ZSTD(Default::default());
        all.insert(2, ("x.parquet".to_owned(), parquet(docs, codec, SCHEMA)));
    }
    all
}

/// A page as content systems make them: most of it is not the article.
fn page(doc: &Doc) -> String {
    let repeated = |piece: &str, count: usize| {
        (0..count).map(|i| piece.replace('#', &i.to_string())).collect::<String>()
    };
    let paragraphs =
        doc.text.split("\n\n").map(|paragraph| format!("<p class=\"story__text\">{paragraph}</p>\n"));
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Story {id}</title>\
         <meta property=\"og:url\" content=\"{url}\"><script>{script}</script><style>{style}</style></head><body>\
         <nav><ul>{links}</ul></nav><main><article><h1>Story {id}</h1>{paragraphs}</article></main>\
         <aside><h3>Most read</h3><ol>{links}</ol></aside><footer>{links}</footer><script>{script}</script></body></html>",
        id = doc.id,
        url = doc.url,
        script =
            repeated("window.dataLayer=window.dataLayer||[];dataLayer.push({slot:#,size:[300,250]});\n", 150),
        style = repeated(".c#{margin:0 auto;padding:4px 8px;font-family:serif}\n", 150),
        links = repeated(
            "<li class=\"item item--#\"><a href=\"/section/#\" data-track=\"nav-#\">Section number #</a></li>",
            60
        ),
        paragraphs = paragraphs.collect::<String>(),
    )
}

fn row(name: &str, path: &Path, lines_take: Option<Duration>) {
    let (took, peak) = measured(path);
    let bytes = size(path);
    let beside =
        lines_take.map_or(String::new(), |lines| format!("{:.2}", lines.as_secs_f64() / took.as_secs_f64()));
    println!(
        "| {name} | {:.1} | {:.0} | {:.0} | {beside} | {peak} |",
        bytes as f64 / 1e6,
        took.as_secs_f64() * 1e3,
        bytes as f64 / 1e6 / took.as_secs_f64(),
    );
}

fn size(path: &Path) -> u64 {
    let files: Vec<PathBuf> = match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => vec![path.to_owned()],
    };
    files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|metadata| metadata.len()).sum()
}

/// The median time of whole processes, the page cache warm, and the largest peak of anonymous memory in MB.
fn measured(path: &Path) -> (Duration, u64) {
    let mut times: Vec<Duration> = Vec::new();
    let mut peak = 0;
    for _ in 0..=RUNS {
        let begun = Instant::now();
        let mut scan = Command::new(env!("CARGO_BIN_EXE_wirecopy"))
            .args(["scan", "--classic", "--quiet", "--report"])
            .arg(format!("pairs={}", std::env::temp_dir().join("wirecopy-formats.pairs").display()))
            .arg(path)
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program runs");
        let status = format!("/proc/{}/status", scan.id());
        while scan.try_wait().expect("waited for").is_none() {
            peak = peak.max(anonymous(&status));
            std::thread::sleep(Duration::from_millis(1));
        }
        times.push(begun.elapsed());
    }
    // The first run warms the cache.
    times.remove(0);
    times.sort_unstable();
    (times[RUNS / 2], peak >> 10)
}

/// Kilobytes.
fn anonymous(status: &str) -> u64 {
    let status = std::fs::read_to_string(status).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}
