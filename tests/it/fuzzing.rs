//! The fuzz targets over their committed corpus, and over some thousands of seeded changes of it.

#[path = "../../fuzz/src/lib.rs"]
pub mod targets;

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::containers::*;
use targets::{Random, TARGETS};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

/// Small files of every kind: target, name, bytes.
pub fn seeds() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let docs = docs(7);
    let html = "<!doctype html><html><head><meta charset=utf-8><title>Lamp</title></head><body><article>\
                <p>The council met on Tuesday &amp; voted eleven to four for the new bridge.</p></article></body></html>";
    let page =
        [response(&docs[0], "Content-Type: text/html", html.as_bytes()), warc(&docs[..2]).concat()].concat();
    let chunked = response(
        &docs[1],
        "Content-Type: text/plain\r\nTransfer-Encoding: chunked",
        b"4\r\nWiki\r\n0\r\n\r\n",
    );
    let head = "Content-Type: text/html, text/html\r\nContent-Encoding: none, br, gzip";
    let brotli = response(&docs[2], head, &gzip(b"\x8b\x07\x80The ferry waits.\x03"));
    let nested = tar(&[
        ("a/x.csv", &table(&docs[..2], ',')),
        ("b.txt", b"one two three"),
        ("c.jsonl", &jsonl(&docs[..2])),
    ]);
    let mut seeds = vec![
        ("jsonl", "lines.jsonl", jsonl(&docs[..3])),
        (
            "jsonl",
            "odd.jsonl",
            "\u{feff}{\"text\":\"a\\u00e9\\ud83d\\ude00\",\"id\":-1.5e3}\r\n\n[]\n{\"text\":null}".into(),
        ),
        ("json", "array.json", array(&docs[..3], false)),
        ("json", "indented.json", array(&docs[..2], true)),
        ("json", "packed.json.gz", gzip(&array(&docs[..2], true))),
        (
            "json",
            "broken.json",
            b"\xEF\xBB\xBF[\n  {\"text\": [\"a\", null, \"b\"], \"n\": NaN},\n  {\"text\": \"x,\n  },\n  {\"text\": \"c\"}, 7\n]".to_vec(),
        ),
        (
            "json",
            "wide.json",
            "\u{feff}{\n \"text\": \"one\"\n}{\"text\": \"two\"}".encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        ("csv", "table.csv", table(&docs[..3], ',')),
        ("csv", "pipes.csv", table(&docs[..2], '|')),
        ("csv", "escaped.csv", b"sep=;\nid; Text\n1; \"a \\\"b;\\\" c\nd\"\n2;\"e\\\\\"\n".to_vec()),
        ("csv", "ragged.csv", b"id,text\n1,\"a\n\"\"b\"\"\"\n2\n3,c,d\n\n4,\xff\n".to_vec()),
        ("warc", "page.warc", page),
        ("warc", "chunked.warc", chunked),
        ("warc", "brotli.warc", brotli),
        ("warc", "packed.warc.gz", warc(&docs[..2]).iter().flat_map(|record| gzip(record)).collect()),
        ("warc", "text.wet", wet(&docs[..2])),
        ("tar", "nested.tar", nested.clone()),
        ("tar", "sparse.tar", sparse_tar("s.txt", &[(512, b"word "), (1024, b"more")], 1030)),
        ("tar", "packed.tar.gz", gzip(&nested)),
        ("tar", "packed.tar.zst", zstd(&nested)),
        ("tar", "packed.tar.bz2", bzip2(&nested)),
        ("tar", "packed.tar.xz", xz(&nested)),
        (
            "zip",
            "mixed.zip",
            zip(&[
                ("a/x.csv", &table(&docs[..1], ','), Packed::Deflated),
                ("b.txt", b"one two three", Packed::Stored),
                ("c.jsonl", &jsonl(&docs[..1]), Packed::Zstd),
                ("d.txt", b"?", Packed::Encrypted),
            ]),
        ),
        (
            "zip",
            "nested.zip",
            zip(&[("x.zip", &zip(&[("x.txt", b"one two three", Packed::Stored)]), Packed::Deflated)]),
        ),
        ("xml", "feed.rss", rss(&docs[..2])),
        ("xml", "feed.atom", atom(&docs[..2])),
        (
            "xml",
            "alto.xml",
            b"<alto><Layout><Page ID='P'><TextBlock ID='B'><TextLine><String CONTENT='a' SUBS_TYPE='HypPart1' \
              SUBS_CONTENT='ab'/><HYP/></TextLine><TextLine><String CONTENT='c'/></TextLine></TextBlock></Page></Layout></alto>"
                .to_vec(),
        ),
        (
            "xml",
            "page.xml",
            b"<PcGts><Page imageFilename='1'><TextRegion id='r'><TextLine><Word><TextEquiv><Unicode>a-</Unicode></TextEquiv>\
              </Word></TextLine><TextEquiv><Unicode>b</Unicode></TextEquiv></TextRegion></Page></PcGts>"
                .to_vec(),
        ),
        (
            "xml",
            "page.hocr",
            b"<html><div class='ocr_page' id='p'><p class='ocr_par'><span class='ocr_line'>a&shy;<br></span>b</p></div></html>"
                .to_vec(),
        ),
        ("mail", "two.mbox", mbox(&docs[..2])),
        (
            "mail",
            "parts.eml",
            b"Subject: =?utf-8?q?a?=\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html\n\n<p>a</p>\n\
              --x\nContent-Type: message/rfc822\n\nSubject: b\n\n> c\n--x--\n"
                .to_vec(),
        ),
        ("html", "page.html", html.as_bytes().to_vec()),
        ("text", "story.txt", docs[1].text.clone().into_bytes()),
        ("text", "latin.txt", b"caf\xe9 d\xe9j\xe0 vu".to_vec()),
        ("date", "mail.txt", b"Tue, 05 Mar 2024 10:00:00 -0500 (EST)".to_vec()),
        ("date", "clock.txt", "Dienstag, 5. M\u{e4}rz 2024 um 03:15:20.5 PM GMT+01:30".into()),
        ("date", "basic.txt", b"20240305T150000Z".to_vec()),
        ("date", "japanese.txt", "2024\u{5e74}3\u{6708}5\u{65e5}(\u{706b}) \u{5348}\u{5f8c}3:04".into()),
        ("date", "number.txt", b"1709650800.75".to_vec()),
        ("text", "wide.txt", "Совет собрался во вторник.".encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("text", "wider.txt", "Le café fermé.".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()),
        ("text", "escapes.txt", b"\x1B$B;T5D2q\x1B(B, \x1B[31mred\x1B[0m".to_vec()),
        ("file", "lines.jsonl", jsonl(&docs[..2])),
        ("file", "long.jsonl", [jsonl(&docs[..1]), vec![b'x'; 2_000], b"\n\n{\"text\":\"\"}".to_vec()].concat()),
        ("index", "version-1", targets::pack(&golden_index())),
        ("filter", "lines.jsonl", jsonl(&docs[..3])),
        (
            "filter",
            "ours.jsonl",
            "{\"id\":\"a\", \"wirecopy\":{\"verdict\":[1,\"}\"]},\"text\":\"one two\" }\r\n{\"text\":\"\",\"wire\\u0063opy\":0}".into(),
        ),
    ];
    #[cfg(feature = "parquet")]
    {
        use ::parquet::basic::Compression;
        seeds.push(("parquet", "snappy.parquet", parquet(&docs[..3], Compression::SNAPPY, SCHEMA)));
        seeds.push(("parquet", "plain.parquet", parquet(&docs[..3], Compression::UNCOMPRESSED, SCHEMA)));
        let numbered = "message m { required int64 number; optional byte_array text; }";
        seeds.push((
            "parquet",
            "numbered.parquet",
            parquet(&docs[..2], Compression::ZSTD(Default::default()), numbered),
        ));
        seeds.push(("parquet", "lists.parquet", lists(&docs[..3])));
        seeds.extend(crate::hostile::small_forged_files().map(|(name, bytes)| ("parquet", name, bytes)));
    }
    #[cfg(feature = "arrow")]
    {
        use arrow_ipc::CompressionType;
        use arrow_schema::DataType;
        let keys = Box::new(DataType::Int16);
        for (name, kind, form, codec) in [
            ("plain.arrow", DataType::Utf8, ArrowKind::File, None),
            ("views.arrow", DataType::Utf8View, ArrowKind::File, Some(CompressionType::ZSTD)),
            ("stream.arrows", DataType::LargeUtf8, ArrowKind::Stream, Some(CompressionType::LZ4_FRAME)),
            (
                "dictionary.arrows",
                DataType::Dictionary(keys, Box::new(DataType::Utf8)),
                ArrowKind::Stream,
                None,
            ),
        ] {
            seeds.push(("arrow", name, arrow(&batches(&docs[..3], &kind, 2), form, codec)));
        }
    }
    seeds
}

/// The files of the frozen index.
fn golden_index() -> Vec<(String, Vec<u8>)> {
    let directory = crate::harness::corpus("golden/index_v1");
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let file = |entry: std::fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
    };
    let mut files: Vec<_> = entries.map(file).collect();
    files.sort();
    files
}

#[test]
fn targets_take_their_corpus_and_seeded_changes_of_it() {
    if std::env::var_os("WIRECOPY_BLESS").is_some() {
        for (target, name, bytes) in seeds() {
            std::fs::create_dir_all(folder().join(target)).unwrap();
            std::fs::write(folder().join(target).join(name), bytes).unwrap();
        }
    }
    let changes = std::env::var("WIRECOPY_CHANGES").ok().and_then(|n| n.parse().ok()).unwrap_or(500);
    for (name, target) in TARGETS {
        let corpus = targets::corpus(&folder(), name);
        assert!(!corpus.is_empty(), "{name} has no corpus");
        corpus.iter().for_each(|bytes| target(bytes));
        let mut random = Random::new(name.len() as u64);
        for _ in 0..changes {
            let seed = &corpus[random.below(corpus.len())];
            target(&random.mutated(seed, &corpus));
        }
        target(b"");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn targets_take_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600), magic in 0usize..12) {
        let start: &[u8] = [b"".as_slice(), b"PAR1", b"WARC/1.0\r\n", b"\x1F\x8B\x08", b"\x28\xB5\x2F\xFD", b"id,text\n", b"PK\x03\x04", b"<?xml ?><rss><item>", b"From a 10:00\n", b"\xFD7zXZ\0", b"ARROW1\0\0", b"\xFF\xFF\xFF\xFF"][magic];
        let bytes = [start, &bytes].concat();
        TARGETS.iter().for_each(|(_, target)| target(&bytes));
    }
}
