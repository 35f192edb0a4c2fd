//! Feeds, what OCR writes, mail, zip archives, and what a command reads.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::containers::*;
use crate::harness::*;

/// The documents of a file, as the filter and `text` see them: id, title, url, date, text.
fn found(path: &Path, flags: &[&str]) -> Vec<[String; 5]> {
    let index = Dir::new();
    let mut command = program();
    command.args(["filter", "-q", "--check", "--index"]).arg(index.path("index")).arg(path).args(flags);
    assert_eq!(code(&run(&["index", "create", index.path("index").to_str().unwrap()])), 0);
    let output = command.output().unwrap();
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let row = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let cell = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let id = cell("id");
        let output = program().arg("text").arg(path).args(["--id", &id]).args(flags).output().unwrap();
        assert_eq!(code(&output), 0, "{id}: {}", String::from_utf8_lossy(&output.stderr));
        [id, cell("title"), cell("url"), cell("date"), stdout(&output)]
    };
    stdout(&output).lines().map(row).collect()
}

/// The sites of a file's documents.
fn sites(path: &Path) -> Vec<String> {
    let reports = Reports::of(path, &[]);
    let sites = reports.json["accounting"]["sites"].as_array().unwrap();
    sites.iter().map(|site| site["site"].as_str().unwrap().to_owned()).collect()
}

fn row(cells: [&str; 5]) -> [String; 5] {
    cells.map(str::to_owned)
}

#[test]
fn an_entry_of_a_feed_is_a_document() {
    let dir = Dir::new();
    let rss = "<?xml version='1.0' encoding='iso-8859-1'?><!-- a licence --><rss xmlns:media='m' xmlns:dc='d'><channel>\
        <title>All news</title><item><title>Quay &amp;#8211; closed</title><media:title>A photograph</media:title>\
        <link>https://news.courier.example/quay</link><dc:date>2024-05-03</dc:date><source><title>Other</title></source>\
        <description>&lt;p&gt;The quay is &lt;b&gt;closed&lt;/b&gt;.&lt;/p&gt;&lt;p&gt;Since caf\u{e9} day&lt;/p&gt;</description></item>\
        <item><guid>https://courier.example/2</guid><title>Bridge</title>\
        <description>Unescaped <b>words</b><br>and &nbsp;&unknown; more</description></item></channel></rss>";
    let latin: Vec<u8> = rss.chars().map(|c| c as u32 as u8).collect();
    let path = dir.file("a.xml", latin);
    assert_eq!(sites(&path), ["courier.example"]);
    let rows = found(&path, &[]);
    assert_eq!(
        rows,
        [
            row([
                "https://news.courier.example/quay",
                "Quay \u{2013} closed",
                "https://news.courier.example/quay",
                "2024-05-03",
                "The quay is closed.\n\nSince caf\u{e9} day"
            ]),
            row([
                "https://courier.example/2",
                "Bridge",
                "https://courier.example/2",
                "",
                "Unescaped words\nand &unknown; more"
            ]),
        ]
    );
    let atom = "<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:id>feed</a:id><a:entry><a:id>tag:1</a:id>\
        <a:link rel='self' href='https://b.example/self'/><a:link href='https://b.example/1'/>\
        <a:updated>2024-06-01T00:00:00Z</a:updated><a:title type='text'>1 &lt; 2</a:title>\
        <a:content type='xhtml'><div><p>First &amp; last</p><ul><li>item</li></ul></div></a:content></a:entry>\
        <a:entry><a:id>tag:2</a:id><a:summary type='text'>a &lt;b&gt; c</a:summary></a:entry></a:feed>";
    let rows = found(&dir.file("b.atom", atom), &[]);
    assert_eq!(
        rows,
        [
            row(["tag:1", "1 < 2", "https://b.example/1", "2024-06-01T00:00:00Z", "First & last\n\nitem"]),
            row(["tag:2", "", "", "", "a <b> c"]),
        ]
    );
}

#[test]
fn xml_that_is_no_feed_is_counted_and_a_broken_feed_keeps_what_came_before() {
    let dir = Dir::new();
    let docs = docs(3);
    dir.file("in/map.xml", "<?xml version='1.0'?><urlset><url><loc>https://a.example/</loc></url></urlset>");
    let whole = String::from_utf8(rss(&docs)).unwrap();
    dir.file("in/cut.rss", &whole[..whole.len() - 200]);
    dir.file(
        "in/page.xml",
        "<?xml version='1.0'?><html><head><title>T</title></head><body><p>A page.</p></body></html>",
    );
    let reports = Reports::of(&dir.path("in"), &[]);
    assert_eq!(reports.json["accounting"]["skipped"]["xml <urlset>"], 1);
    let ids: Vec<&str> = reports.csv.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(ids, ["d0", "d1", "page.xml"], "{:?}", reports.reasons());
    assert_eq!(reports.count("unreadable"), 1, "{:?}", reports.reasons());
    dir.file("none/empty.rss", "<rss><channel><title>Nothing new</title></channel></rss>");
    dir.file("none/cut.xml", "<alto><Layout><Page><TextBlock><TextLine><String CONTENT='quay'/></TextLine>");
    dir.file("none/ok.txt", &docs[0].text);
    let reasons = Reports::of(&dir.path("none"), &[]).reasons().join("\n");
    assert!(
        reasons.contains("empty.rss: no entry in it") && reasons.contains("cut.xml: cut off in a block"),
        "{reasons}"
    );
}

#[test]
fn hostile_xml_costs_nothing() {
    let dir = Dir::new();
    let entities: String =
        (1..12).map(|n| format!("<!ENTITY e{n} '{}'>", format!("&e{};", n - 1).repeat(10))).collect();
    let bomb = format!(
        "<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY e0 'lol'><!ENTITY f SYSTEM 'file:///etc/passwd'>{entities}]>\
         <rss><channel><item><title>t</title><description>&e11; and &f;</description></item></channel></rss>"
    );
    let rows = found(&dir.file("bomb.rss", bomb), &[]);
    assert_eq!(rows[0][4], "&e11; and &f;");
    let deep = format!("<rss><channel><item><title>{}", "<b>".repeat(1_000_000));
    let alto = format!("<alto>{}<TextBlock><TextLine><String CONTENT='quay'/>", "<x>".repeat(1_000_000));
    let output = run(&["scan", dir.file("deep.rss", deep).to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("cut off in an entry"), "{output:?}");
    let output = run(&["scan", dir.file("deep.xml", alto).to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("cut off in a block"), "{output:?}");
    // Ends of nothing, and blocks, below elements that never end: each would be a walk over all of these.
    let open = "<a>".repeat(200_000);
    let ends = format!(
        "<rss><channel><item><description>quay</description>{open}{}</item></channel></rss>",
        "</b>".repeat(200_000)
    );
    assert_eq!(found(&dir.file("ends.rss", ends), &[])[0][4], "quay");
    let blocks = format!(
        "<?xml version='1.0'?><html><div class='ocr_page'>{open}{}</div></html>",
        "<p class='ocr_par'>quay</p>".repeat(20_000)
    );
    assert_eq!(Reports::of(&dir.file("blocks.hocr", blocks), &[]).count("documents"), 20_000);
    // Breaks that never end are no depth.
    let broken = format!(
        "<rss><channel><item><title>t</title><description>{}quay</description></item></channel></rss>",
        "a<br>".repeat(2000)
    );
    let rows = found(&dir.file("broken.rss", broken), &[]);
    assert!(rows[0][4].ends_with("quay"), "{}", rows[0][4].len());
}

#[test]
fn a_block_that_ocr_saw_is_a_document_with_its_page_in_its_id() {
    let dir = Dir::new();
    let alto = "<?xml version='1.0'?><alto xmlns='http://www.loc.gov/standards/alto/ns-v4#'><Layout><Page ID='P7'><PrintSpace>\
        <ComposedBlock><TextBlock ID='B1'><TextLine><String CONTENT='The'/><SP/><String CONTENT='coun' SUBS_TYPE='HypPart1' \
        SUBS_CONTENT='council'/><HYP CONTENT='-'/></TextLine><TextLine><String CONTENT='cil' SUBS_TYPE='HypPart2' \
        SUBS_CONTENT='council'/><SP/><String CONTENT='met'/></TextLine></TextBlock></ComposedBlock><TextBlock><TextLine>\
        <String CONTENT='har'/><HYP/></TextLine><TextLine><String CONTENT='bour'/><String CONTENT='well-'/></TextLine>\
        <TextLine><String CONTENT='Known'/></TextLine></TextBlock><TextBlock ID='empty'/></PrintSpace></Page></Layout></alto>";
    let texts = |rows: Vec<[String; 5]>| -> Vec<(String, String)> {
        rows.into_iter().map(|[id, .., text]| (id, text)).collect()
    };
    let said = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect()
    };
    assert_eq!(
        texts(found(&dir.file("x.xml", alto), &[])),
        said(&[("x.xml#P7/B1", "The council\nmet"), ("x.xml#P7/2", "harbour well-\nKnown")])
    );
    let page = "<PcGts><Page imageFilename='0001.tif'><TextRegion id='r1'><TextLine><Word><TextEquiv><Unicode>Der</Unicode>\
        </TextEquiv></Word><TextEquiv index='0'><Unicode>Der Ge\u{2e17}</Unicode></TextEquiv><TextEquiv index='1'><Unicode>other\
        </Unicode></TextEquiv></TextLine><TextLine><TextEquiv><Unicode>meinderat</Unicode></TextEquiv></TextLine><TextEquiv>\
        <Unicode>all of it</Unicode></TextEquiv></TextRegion><TextRegion id='r2'><TextEquiv><Unicode>tagt am Diens-\nTag und \
        Mitt-\nwoch</Unicode></TextEquiv></TextRegion><TextRegion id='r3'><TextLine><Word><TextEquiv><Unicode>nur</Unicode>\
        </TextEquiv></Word><Word><TextEquiv><Unicode>Worte</Unicode></TextEquiv></Word></TextLine></TextRegion></Page></PcGts>";
    assert_eq!(
        texts(found(&dir.file("y.xml", page), &[])),
        said(&[
            ("y.xml#0001.tif/r1", "Der Gemeinderat"),
            ("y.xml#0001.tif/r2", "tagt am Diens-\nTag und Mittwoch"),
            ("y.xml#0001.tif/r3", "nur Worte")
        ])
    );
    let hocr = "<?xml version='1.0'?><!DOCTYPE html><html><head><meta name='ocr-system' content='x'><title></title></head><body>\
        <div class='ocr_page' id='page_1'><div class='ocr_carea' id='block_1_1'><p class='ocr_par'><span class='ocr_line'>\
        <span class='ocrx_word'>The</span><span class='ocrx_word'><strong>bri-</strong></span></span> <span class='ocr_line'>\
        <span class='ocrx_word'>dge &amp; quay</span></span></p></div><p class='ocr_par' id='par_2'><span class='ocr_line'>alone\
        </span><br></p></div></body></html>";
    for name in ["z.hocr", "z.xml"] {
        assert_eq!(
            texts(found(&dir.file(name, hocr), &[])),
            said(&[
                (&format!("{name}#page_1/block_1_1"), "The bridge & quay"),
                (&format!("{name}#page_1/par_2"), "alone")
            ])
        );
    }
}

#[test]
fn a_message_is_its_own_words() {
    let dir = Dir::new();
    let eml = "Return-Path: <x@y.example>\r\nFrom: =?utf-8?q?Ad=C3=A9?= <ade@letters.courier.co.uk>\r\nMessage-ID: <m1@a>\r\n\
        Subject: =?utf-8?b?UXVheSDigJMgY2xvc2Vk?=\r\nDate: Fri, 3 May 2024 10:00:00 +0200\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\nThe caf=E9 opens.\r\n\r\nLe 2 mai 2024 Bo a =E9crit :\r\n> Is it =\r\n\
        shut?\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>Other</p>\r\n--x--\r\n";
    let path = dir.file("a.eml", eml);
    assert_eq!(sites(&path), ["courier.co.uk"]);
    assert_eq!(
        found(&path, &[]),
        [row(["m1@a", "Quay \u{2013} closed", "", "2024-05-03T10:00:00+02:00", "The caf\u{e9} opens."])]
    );
    let html = "From: a@b.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><h1>Quay</h1><p>Only a page.</p>";
    let mbox = format!(
        "From a@b Fri May  3 10:00:00 2024\n{}\n\nFrom a@b Fri May  3 11:00:00 2024\nSubject: s\n\nOne.\n\n>From here to the quay.\n\
         From now on.\n\nFrom Monday on, nothing.\n",
        html.replace("\r\n", "\n")
    );
    let texts: Vec<String> =
        found(&dir.file("b.mbox", mbox), &[]).into_iter().map(|[.., text]| text).collect();
    assert_eq!(
        texts,
        ["Quay\n\nOnly a page.", "One.\n\nFrom here to the quay.\nFrom now on.\n\nFrom Monday on, nothing."]
    );
    let rows = found(&dir.file("folder/1714730000.M1.host:2,S", eml), &["--format", "mail"]);
    assert_eq!(rows[0][0], "m1@a");
}

#[test]
fn zip_archives_lead_nowhere_and_hide_nothing() {
    let dir = Dir::new();
    let story = docs(1)[0].text.clone();
    let text = story.as_bytes();
    let mut archive = zip(&[
        ("../../escape.txt", text, Packed::Deflated),
        ("b/abs.txt", text, Packed::Stored),
        ("secret.txt", text, Packed::Encrypted),
        ("odd.txt", text, Packed::Otherwise),
        (".hidden.txt", text, Packed::Stored),
        ("picture.png", b"png", Packed::Stored),
        ("spoiled.txt", b"the sum of this one does not hold", Packed::Stored),
    ]);
    let at = memchr::memmem::find(&archive, b"the sum of").unwrap();
    archive[at] ^= 1;
    let reports = Reports::of(&dir.file("in/x.zip", &archive), &[]);
    let relations: Vec<_> = reports.relations().into_keys().collect();
    assert_eq!(relations, [("x.zip/b/abs.txt".to_owned(), "x.zip/escape.txt".to_owned())]);
    let reasons = reports.reasons().join("\n");
    for expected in ["secret.txt: encrypted", "odd.txt: compressed by method 97", "spoiled.txt: broke off"] {
        assert!(reasons.contains(expected), "{expected} is not in {reasons}");
    }
    assert_eq!((reports.count("documents"), reports.count("unreadable")), (5, 3));
    assert_eq!(reports.json["accounting"]["skipped"]["png"], 1);
    assert_eq!(std::fs::read_dir(dir.path("in")).unwrap().count(), 1, "nothing is unpacked");
    let output = run(&["scan", dir.file("cut.zip", &archive[..archive.len() / 2]).to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(code(&output) == 2 && said.contains("no whole zip archive"), "{said}");
}

#[test]
fn what_comes_out_of_a_zip_archive_is_bounded_as_a_whole() {
    let dir = Dir::new();
    let blank = " ".repeat(40 << 20);
    let archive = zip(&[("x.txt", blank.as_bytes(), Packed::Deflated)]);
    // One entry named a thousand times.
    let directory = memchr::memmem::find(&archive, b"PK\x01\x02").unwrap();
    let end = memchr::memmem::find(&archive, b"PK\x05\x06").unwrap();
    let record = &archive[directory..end];
    let mut overlapping = [&archive[..directory], &record.repeat(1000)].concat();
    let mut tail = archive[end..].to_vec();
    tail[8..12].copy_from_slice(&[0xE8, 3, 0xE8, 3]);
    tail[12..16].copy_from_slice(&(1000 * record.len() as u32).to_le_bytes());
    overlapping.extend(tail);
    dir.file("in/a.zip", &overlapping);
    dir.file("in/b.zip", zip(&[("inner.zip", &overlapping, Packed::Deflated)]));
    dir.file("in/ok.txt", &docs(1)[0].text);
    let reports = Reports::of(&dir.path("in"), &[]);
    let reasons = reports.reasons().join("\n");
    assert!(reasons.matches("decompression bomb").count() >= 2, "{reasons}");
    assert!(reports.count("documents") < 12, "{}", reports.json["accounting"]);
    let mut doll = zip(&[("x.txt", b"one two three", Packed::Stored)]);
    (0..8).for_each(|_| doll = zip(&[("doll.zip", &doll, Packed::Stored)]));
    let output = run(&["scan", dir.file("doll.zip", doll).to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("archives in one another"));
}

#[test]
fn bzip2_and_xz_are_bounded_and_say_where_they_broke() {
    let dir = Dir::new();
    let lines = jsonl(&docs(2000));
    for (name, bytes) in [("cut.jsonl.bz2", bzip2(&lines)), ("cut.jsonl.xz", xz(&lines))] {
        let reports = Reports::of(&dir.file(name, &bytes[..bytes.len() - 50]), &[]);
        assert!(
            reports.reasons().iter().any(|reason| reason.contains("broke off")),
            "{:?}",
            reports.reasons()
        );
    }
    // A dictionary of 4 GB, as the block's header says: its flags, the filter, its length, its property, padding and sum.
    let mut greedy = xz(b"one two three");
    let header = 12..12 + (usize::from(greedy[12]) + 1) * 4;
    let property = header.start + 4;
    assert_eq!(&greedy[header.start + 2..property], [0x21, 1]);
    greedy[property] = 40;
    let mut sum = flate2::Crc::new();
    sum.update(&greedy[header.start..header.end - 4]);
    greedy[header.end - 4..header.end].copy_from_slice(&sum.sum().to_le_bytes());
    let output = run(&["scan", dir.file("greedy.txt.xz", greedy).to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("dictionary takes more than"), "{said}");
}

#[test]
fn dedup_writes_what_it_reads_compressed_as_the_name_says() {
    let dir = Dir::new();
    let docs = docs(12);
    let lines = jsonl(&docs);
    let kept = |input: &Path, name: &str| -> Vec<u8> {
        let output = dir.path(name);
        let done = run(&["dedup", "-q", input.to_str().unwrap(), "--output", output.to_str().unwrap()]);
        assert_eq!(code(&done), 0, "{}", String::from_utf8_lossy(&done.stderr));
        std::fs::read(output).unwrap()
    };
    let plain = kept(&dir.file("x.jsonl", &lines), "plain.jsonl");
    assert!(plain.len() < lines.len());
    let unpacked = |bytes: &[u8]| {
        let mut out = Vec::new();
        std::io::Read::read_to_end(&mut bzip2::read::BzDecoder::new(bytes), &mut out).map(|_| out)
    };
    let of_xz = dir.file("x.jsonl.xz", xz(&lines));
    assert_eq!(unpacked(&kept(&of_xz, "kept.jsonl.bz2")).unwrap(), plain);
    let mut out = Vec::new();
    let of_bzip2 = kept(&dir.file("x.jsonl.bz2", bzip2(&lines)), "kept.jsonl.xz");
    std::io::Read::read_to_end(&mut lzma_rust2::XzReader::new(&of_bzip2[..], true), &mut out).unwrap();
    assert_eq!(out, plain);
    // What its name does not say, its bytes do.
    assert_eq!(kept(&dir.file("of-unknown-kind", bzip2(&lines)), "kept.jsonl"), plain);
}

#[test]
fn a_format_that_is_named_holds_for_names_that_say_nothing() {
    let dir = Dir::new();
    let docs = docs(4);
    dir.file("in/day-1.feed", jsonl(&docs[..2]));
    dir.file("in/day-2", jsonl(&docs[2..]));
    assert_eq!(Reports::of(&dir.path("in"), &["--format", "jsonl"]).count("documents"), 4);
    let output = run(&["scan", dir.path("in").to_str().unwrap()]);
    assert_eq!(code(&output), 2, "nothing readable");
}

/// A file of every kind that the guide names gives its documents, by its name and by its first bytes.
#[test]
fn every_kind_of_the_guide_is_read() {
    let docs = docs(3);
    let lines = jsonl(&docs);
    let page =
        b"<!doctype html><title>T</title><article><p>The council met on Tuesday.</p></article>".to_vec();
    let alto = b"<alto><Layout><Page><TextBlock><TextLine><String CONTENT='quay'/></TextLine></TextBlock></Page></Layout></alto>";
    let hocr =
        b"<?xml version='1.0'?><html><p class='ocr_page'><p class='ocr_par'>quay</p></p></html>".to_vec();
    let packed = |how: fn(&[u8]) -> Vec<u8>| how(&tar(&[("x.jsonl", &lines)]));
    let samples: Vec<(&str, Vec<u8>)> = vec![
        (".txt", b"The quay.".to_vec()),
        (".md", b"# The quay".to_vec()),
        (".html", page.clone()),
        (".htm", page.clone()),
        (".xhtml", page),
        (".jsonl", lines.clone()),
        (".ndjson", lines.clone()),
        (".jl", lines.clone()),
        (".jsonlines", lines.clone()),
        (".json", array(&docs, true)),
        (".csv", table(&docs, ',')),
        (".tsv", table(&docs, '\t')),
        #[cfg(feature = "parquet")]
        (".parquet", parquet(&docs, parquet::basic::Compression::SNAPPY, SCHEMA)),
        #[cfg(feature = "arrow")]
        (".arrow", arrow(&batches(&docs, &arrow_schema::DataType::Utf8, 3), ArrowKind::File, None)),
        #[cfg(feature = "arrow")]
        (".feather", arrow(&batches(&docs, &arrow_schema::DataType::Utf8, 3), ArrowKind::File, None)),
        #[cfg(feature = "arrow")]
        (".ipc", arrow(&batches(&docs, &arrow_schema::DataType::Utf8, 3), ArrowKind::File, None)),
        #[cfg(feature = "arrow")]
        (".arrows", arrow(&batches(&docs, &arrow_schema::DataType::Utf8, 3), ArrowKind::Stream, None)),
        (".warc", warc(&docs).concat()),
        (".wet", wet(&docs)),
        (".rss", rss(&docs)),
        (".atom", atom(&docs)),
        (".rdf", rss(&docs)),
        (".xml", rss(&docs)),
        (".alto", alto.to_vec()),
        (".hocr", hocr),
        (".eml", message(&docs[0])),
        (".mbox", mbox(&docs)),
        (".tar", tar(&[("x.jsonl", &lines)])),
        (".tgz", packed(gzip)),
        (".tbz2", packed(bzip2)),
        (".txz", packed(xz)),
        (".tzst", packed(zstd)),
        (".zip", zip(&[("x.jsonl", &lines, Packed::Deflated)])),
        (".gz", gzip(&lines)),
        (".bz2", bzip2(&lines)),
        (".xz", xz(&lines)),
        (".zst", zstd(&lines)),
    ];
    let guide =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/input.md")).unwrap();
    let rows = guide.lines().filter(|line| line.starts_with("| `."));
    let names: Vec<&str> = rows
        .flat_map(|row| row.split('|').nth(1).unwrap().split('`').filter(|name| name.starts_with('.')))
        .collect();
    assert!(names.len() >= samples.len(), "{names:?}");
    let dir = Dir::new();
    for name in names {
        let is_arrow = matches!(name, ".arrow" | ".feather" | ".ipc" | ".arrows");
        if cfg!(not(feature = "parquet")) && name == ".parquet" || cfg!(not(feature = "arrow")) && is_arrow {
            let output = run(&["scan", dir.file(&format!("x{name}"), "?").to_str().unwrap()]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(code(&output) == 2 && said.contains("this build reads no "), "{name}: {said}");
            continue;
        }
        let (_, bytes) =
            samples.iter().find(|(own, _)| *own == name).unwrap_or_else(|| panic!("no sample of {name}"));
        let several =
            !matches!(name, ".txt" | ".md" | ".html" | ".htm" | ".xhtml" | ".alto" | ".hocr" | ".eml");
        let documents = if several { 3 } else { 1 };
        let packed = matches!(name, ".gz" | ".bz2" | ".xz" | ".zst");
        let path = dir.file(&format!("in/x{}{name}", if packed { ".jsonl" } else { "" }), bytes);
        let reports = Reports::of(&path, &[]);
        assert_eq!(reports.count("documents"), documents, "{name}: {:?}", reports.reasons());
        // A walk takes it too.
        assert_eq!(Reports::of(&dir.path("in"), &[]).count("documents"), documents, "{name} in a folder");
        std::fs::remove_file(path).unwrap();
        if !matches!(name, ".csv" | ".tsv" | ".eml" | ".arrows") {
            let output = run_with_input(&["scan", "-", "--report", "csv"], bytes);
            assert_eq!(
                (code(&output), stdout(&output).lines().count() as u64),
                (0, documents + 1),
                "{name} on standard input"
            );
        }
    }
}

fn script(dir: &Dir, name: &str, text: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.file(name, format!("#!/bin/sh\n{text}\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn a_command_reads_what_nothing_else_does() {
    let dir = Dir::new();
    let docs = docs(3);
    let pre = script(
        &dir,
        "pre.sh",
        "case \"$1\" in *bad*) echo no such page >&2; exit 3;; *slow*) sleep 60;; *page*) echo '<!doctype html><title>T</title><p>A page.</p>';; \
         *) tail -n +2 \"$1\";; esac",
    );
    for (name, text) in [("a.pdf", &docs[0].text), ("deep/b.pdf", &docs[0].text), ("c.txt", &docs[2].text)] {
        dir.file(&format!("in/{name}"), format!("%PDF\n{text}"));
    }
    for name in ["bad.pdf", "slow.pdf", "page.pdf", "not.pdf.bak"] {
        dir.file(&format!("in/{name}"), "%PDF\n");
    }
    let flags = ["--pre", pre.to_str().unwrap(), "--pre-glob", "*.pdf", "--pre-timeout", "2s"];
    let reports = Reports::of(&dir.path("in"), &flags);
    assert_eq!(
        reports.relations().into_keys().collect::<Vec<_>>(),
        [("a.pdf".to_owned(), "deep/b.pdf".to_owned())]
    );
    let reasons = reports.reasons().join("\n");
    assert!(reasons.contains("bad.pdf") && reasons.contains("exit status: 3: no such page"), "{reasons}");
    assert!(reasons.contains("slow.pdf") && reasons.contains("--pre-timeout"), "{reasons}");
    assert_eq!((reports.count("documents"), reports.count("unreadable")), (6, 2));
    let page = dir.path("in/page.pdf");
    let text = run(&[&["text", page.to_str().unwrap()], &flags[..]].concat());
    assert_eq!(stdout(&text), "A page.");
    let missing = run(&["scan", page.to_str().unwrap(), "--pre", "no-such-command-at-all"]);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("no-such-command-at-all"), "{missing:?}");
    assert_eq!(code(&run(&["scan", page.to_str().unwrap(), "--pre", "x", "--pre-glob", "[a"])), 2);
    // A folder that was unpacked with the data runs nothing.
    dir.file("in/wirecopy.toml", "pre = \"touch\"\n");
    let output = program().current_dir(dir.path("in")).args(["scan", "c.txt"]).output().unwrap();
    assert_eq!(code(&output), 2);
}

/// The lines of a filter, and what it said.
fn filtered(dir: &Dir, index: &str, paths: &[&Path], flags: &[&str], input: &[u8]) -> (Vec<Value>, String) {
    let index = dir.path(index);
    let paths = paths.iter().map(|path| path.to_str().unwrap());
    let arguments: Vec<&str> = ["filter", "--index", index.to_str().unwrap()]
        .into_iter()
        .chain(paths)
        .chain(flags.iter().copied())
        .collect();
    let output = run_with_input(&arguments, input);
    let lines = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    (lines, String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_filter_reads_what_scan_reads() {
    let dir = Dir::new();
    let docs = docs(24);
    let lines = jsonl(&docs);
    let ids: Vec<&str> = docs.iter().map(|doc| doc.id.as_str()).collect();
    let verdicts = |lines: &[Value]| -> Vec<(String, String)> {
        let of = |line: &Value| {
            (
                line["id"].as_str().unwrap().to_owned(),
                line["wirecopy"]["verdict"].as_str().unwrap().to_owned(),
            )
        };
        lines.iter().map(of).collect()
    };
    let (plain, _) = filtered(&dir, "plain", &[&dir.file("x.jsonl", &lines)], &[], b"");
    let expected = verdicts(&plain);
    assert!(expected.iter().any(|(_, verdict)| verdict == "near"), "{expected:?}");
    let containers: Vec<(&str, &[&str], Vec<u8>)> = vec![
        ("x.csv", &["--format", "csv"], table(&docs, ',')),
        ("x.warc.gz", &[], warc(&docs).iter().flat_map(|record| gzip(record)).collect()),
        ("x.tar.gz", &[], gzip(&tar(&[("a/x.jsonl", &lines)]))),
        ("x.zip", &[], zip(&[("x.jsonl", &lines, Packed::Deflated)])),
        ("x.jsonl.xz", &[], xz(&lines)),
        ("x.jsonl.bz2", &[], bzip2(&lines)),
        ("x.jsonl.gz", &[], gzip(&lines)),
        ("x.rss", &[], rss(&docs)),
        ("x.mbox", &[], mbox(&docs)),
    ];
    for (number, (name, flags, bytes)) in containers.iter().enumerate() {
        let path = dir.file(name, bytes);
        let (by_path, _) = filtered(&dir, &format!("a{number}"), &[&path], &[], b"");
        assert_eq!(verdicts(&by_path), expected, "{name}");
        let (piped, _) = filtered(&dir, &format!("b{number}"), &[], flags, bytes);
        assert_eq!(verdicts(&piped), expected, "{name} on standard input");
        let is_json = [".jsonl", ".tar", ".zip"].iter().any(|kind| name.contains(kind));
        if is_json {
            // A record is written as it stood.
            assert_eq!(by_path[3]["text"], plain[3]["text"], "{name}");
        } else {
            let members: Vec<&String> = by_path[0].as_object().unwrap().keys().collect();
            let wanted = ["date", "id", "path", "record", "title", "url", "wirecopy"];
            assert!(wanted.iter().all(|member| members.iter().any(|name| name == member)), "{members:?}");
            let url = if name.ends_with("mbox") { &Value::Null } else { &plain[3]["url"] };
            assert_eq!((&by_path[3]["url"], by_path[3]["id"].as_str()), (url, Some(ids[3])), "{name}");
        }
    }
    // A folder of all kinds, lines as they are.
    dir.file("folder/a.jsonl", jsonl(&docs[..2]));
    dir.file("folder/b.txt", &docs[2].text);
    dir.file("folder/c.bin", b"?");
    let (lines, said) = filtered(&dir, "folder-index", &[&dir.path("folder")], &[], b"");
    assert_eq!(lines.len(), 3);
    assert!(lines[0].get("path").is_none() && lines[2]["path"].as_str().unwrap().ends_with("folder/b.txt"));
    assert!(said.contains("not read: 1 bin"), "{said}");
}

#[test]
fn the_filter_says_what_it_could_not_read_and_judges_the_rest() {
    let dir = Dir::new();
    let docs = docs(6);
    let crawl = warc(&docs).concat();
    let path = dir.file("cut.warc", &crawl[..crawl.len() - 60]);
    let rejects = dir.path("rejects");
    let (lines, said) = filtered(&dir, "index", &[&path], &["--rejects", rejects.to_str().unwrap()], b"");
    assert_eq!(lines.len(), 5);
    assert!(
        said.contains("cut off after")
            && said.contains("6 lines: 5 passed, 0 dropped, 0 diverted, 1 rejected"),
        "{said}"
    );
    let rejected: Value = serde_json::from_str(&std::fs::read_to_string(&rejects).unwrap()).unwrap();
    assert!(
        rejected["path"].as_str().unwrap().ends_with("cut.warc") && rejected["record"] == 6,
        "{rejected}"
    );
    // The same again is answered as before, named or not.
    let (again, said) = filtered(&dir, "index", &[&path], &[], b"");
    assert_eq!(again, lines);
    assert!(said.contains("5 were answered before"), "{said}");
    // A table on standard input without ids: the same again is known, and another one replaces nothing.
    let nameless =
        |docs: &[Doc]| String::from_utf8(table(docs, ',')).unwrap().replacen("\"id\"", "\"number\"", 1);
    let ask = |input: &str| filtered(&dir, "csv", &[], &["--format", "csv"], input.as_bytes());
    let (first, _) = ask(&nameless(&docs[..3]));
    let (again, said) = ask(&nameless(&docs[..3]));
    assert!(again == first && said.contains("3 were answered before"), "{said}");
    let (_, said) = ask(&nameless(&docs[2..]));
    assert!(!said.contains("answered before"), "{said}");
    let (_, said) = ask(&nameless(&docs[..3]));
    assert!(said.contains("3 were answered before"), "{said}");
    let strict =
        run(&["filter", "--index", dir.path("strict").to_str().unwrap(), "--strict", path.to_str().unwrap()]);
    assert_eq!(code(&strict), 2);
    // Lines that break off are said too, and those before are judged.
    let packed = gzip(&jsonl(&crate::containers::docs(2000)));
    let cut = dir.file("cut.jsonl.gz", &packed[..packed.len() / 2]);
    let output = run(&["filter", "--index", dir.path("cut").to_str().unwrap(), cut.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(code(&output) == 2 && said.contains("cannot read"), "{said}");
    assert!(stdout(&output).lines().count() > 500, "{said}");
}

/// Records of an array, of an archive, and of several lines are written on as they stand, with one member more.
#[test]
fn the_filter_writes_json_records_of_folders_as_they_stand() {
    let dir = Dir::new();
    let records = [
        r#"{ "id" : "a",  "text":"The quay \u0069s closed for the week.", "n": 1.0, "wirecopy": {"old": 1} }"#,
        r#"{"text":"A record without an id, that stands beside it.","deep":{"x":[1,2]}}"#,
    ];
    let several = "{\n  \"id\": \"c\",\r\n  \"text\": \"One of\nseveral lines.\"\n}";
    let array = format!("[{},\n {}, {several}, {{\"id\": \"no text\"}}]", records[0], records[1]);
    dir.file("in/a.json", &array);
    dir.file("in/b.zip", zip(&[("x.json", array.as_bytes(), Packed::Deflated)]));
    dir.file("in/c.tar", tar(&[("x.jsonl", format!("{}\n", records[1]).as_bytes())]));
    dir.file("in/d.jsonl", format!("{}\n", records[1]));
    let output =
        run(&["filter", "--index", dir.path("ix").to_str().unwrap(), dir.path("in").to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let written = stdout(&output);
    let lines: Vec<&str> = written.lines().collect();
    let kept = [
        r#"{ "id" : "a",  "text":"The quay \u0069s closed for the week.", "n": 1.0"#,
        r#"{"text":"A record without an id, that stands beside it.","deep":{"x":[1,2]}"#,
        r#"{   "id": "c",    "text": "One of\nseveral lines." "#,
    ];
    let begins = |line: &&str| {
        kept.iter().position(|kept| line.starts_with(&format!("{kept},\"wirecopy\":{{\"verdict\"")))
    };
    let mut found: Vec<Option<usize>> = lines.iter().map(begins).collect();
    found.sort_unstable();
    assert_eq!(found, [0, 0, 1, 1, 1, 1, 2, 2].map(Some), "{written}");
    // A scan keeps no record twice.
    assert_eq!(Reports::of(&dir.path("in"), &[]).count("documents"), 10);
}

/// What was made of where a record stands says nothing about versions, in a scan, in an index and in the filter.
#[test]
fn made_ids_make_no_versions() {
    let dir = Dir::new();
    let page = |text: &str| {
        format!(
            "<alto><Layout><Page ID='P1'><TextBlock ID='B1'><TextLine><String CONTENT='{text}'/></TextLine></TextBlock>\
             </Page></Layout></alto>"
        )
    };
    let story = docs(1)[0].text.clone();
    let later = format!("{story} And more was said of it on the next day by the people of the town.");
    let table = |text: &str| format!("title,text\nA,\"{text}\"\n");
    let json = |text: &str| serde_json::json!([{ "text": text }]).to_string();
    let of = |verdicts: &[Value]| {
        verdicts.iter().map(|line| line["wirecopy"]["verdict"].clone()).collect::<Vec<_>>()
    };
    for (name, of_text) in
        [("x.alto", &page as &dyn Fn(&str) -> String), ("x.csv", &table), ("x.json", &json)]
    {
        let one = dir.file(&format!("one/{name}"), of_text(&story));
        let two = dir.file(&format!("two/{name}"), of_text(&later));
        let output = run(&["scan", one.to_str().unwrap(), two.to_str().unwrap(), "--report", "pairs"]);
        let pair: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert!(pair["relation"] != "update", "{name}: {pair}");
        // Ids are told apart all the same.
        assert!(pair["b"] == format!("{}#2", pair["a"].as_str().unwrap()), "{name}: {pair}");
        let index = format!("{name}.ix");
        let (first, _) = filtered(&dir, &index, &[&one], &[], b"");
        let (second, _) = filtered(&dir, &index, &[&two], &[], b"");
        assert!(of(&first) == ["new"] && of(&second) != ["update"], "{name}: {second:?}");
        let built = dir.path(&format!("{name}.built"));
        let build = ["index", "build", built.to_str().unwrap(), one.to_str().unwrap()];
        assert_eq!(code(&run(&build)), 0);
        let (second, _) = filtered(&dir, &format!("{name}.built"), &[&two], &[], b"");
        assert!(of(&second) != ["update"] && of(&second) != ["new"], "{name}: {second:?}");
    }
    // An id that looks as if it was made is one that a record names.
    let named = |text: &str| serde_json::json!([{ "id": "x.json#0", "text": text }]).to_string();
    let paths = [dir.file("one/x.json", named(&story)), dir.file("two/x.json", named(&later))];
    let verdicts = paths.map(|path| of(&filtered(&dir, "named", &[&path], &[], b"").0));
    assert_eq!(verdicts, [["new"], ["update"]]);
}

/// What is attached to a message and is text is a document of its own; the rest is counted, and a file that holds more than
/// its message is not deleted for it.
#[test]
fn attachments_are_read_or_counted() {
    let dir = Dir::new();
    let story = docs(1)[0].text.clone();
    let mail = |id: &str, attached: &str| {
        format!(
            "{id}From: desk@courier.example\r\nSubject: Release\r\nDate: Fri, 3 May 2024 10:00:00 +0000\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nPlease find the release \
             attached.\r\n{attached}--x--\r\n"
        )
    };
    let part = |head: &str, body: &str| format!("--x\r\n{head}\r\n\r\n{body}\r\n");
    let release =
        part("Content-Type: text/plain; name=release.txt\r\nContent-Disposition: attachment", &story);
    let page = part(
        "Content-Type: text/html\r\nContent-Disposition: attachment; filename=page.html",
        "<html><body><p>Of the quay.</p></body></html>",
    );
    let inner = part(
        "Content-Type: message/rfc822",
        &format!(
            "From: a@herald.example\r\nMessage-ID: <in@b>\r\nSubject: Inner\r\n\r\nThe inner message.\r\n> {story}"
        ),
    );
    let rest = part("Content-Type: application/pdf\r\nContent-Disposition: attachment", "%PDF")
        + &part("Content-Type: text/csv\r\nContent-Disposition: attachment; filename=t.csv", "a,b")
        + &part("Content-Type: image/png\r\nContent-Disposition: inline", "png");
    let path =
        dir.file("in/a.eml", mail("Message-ID: <m1@a>\r\n", &(release.clone() + &page + &inner + &rest)));
    let cover = "Please find the release attached.";
    let date = "2024-05-03T10:00:00Z";
    let rows = found(&path, &[]);
    let expected = [
        row(["m1@a", "Release", "", date, cover]),
        row(["m1@a/1", "release.txt", "", date, &story]),
        row(["m1@a/2", "page.html", "", date, "Of the quay."]),
        row(["in@b", "Inner", "", "", "The inner message."]),
    ];
    assert_eq!(rows, expected);
    let reports = Reports::of(&path, &[]);
    let skipped = &reports.json["accounting"]["skipped"];
    assert_eq!(skipped, &serde_json::json!({ "application/pdf": 1, "image/png": 1, "text/csv": 1 }));
    // Without a Message-ID the file says it, in an mbox with the number of the message.
    let ids = |path: &Path| found(path, &[]).into_iter().map(|[id, ..]| id).collect::<Vec<_>>();
    assert_eq!(ids(&dir.file("b.eml", mail("", &release))), ["b.eml", "b.eml#1"]);
    let line = "From desk@courier.example Fri May  3 10:00:00 2024\r\n";
    let mbox = [line, &mail("", &release), "\r\n", line, &mail("", &release)].concat();
    assert_eq!(ids(&dir.file("c.mbox", mbox)), ["c.mbox#0", "c.mbox#0/1", "c.mbox#1", "c.mbox#1/1"]);
    // The same words under another attachment: the messages are alike, and neither is deleted.
    let other =
        part("Content-Type: application/pdf\r\nContent-Disposition: attachment", "%PDF of something else");
    dir.file("mail/1.eml", mail("Message-ID: <1@a>\r\n", &rest));
    dir.file("mail/2.eml", mail("Message-ID: <2@a>\r\n", &other));
    dir.file("mail/3.eml", message(&docs(1)[0]));
    dir.file("mail/4.eml", message(&docs(1)[0]));
    let report = dir.path("report.json");
    let target = format!("json={}", report.display());
    assert_eq!(code(&run(&["scan", dir.path("mail").to_str().unwrap(), "--report", &target])), 0);
    let root = dir.path("");
    let arguments =
        ["apply", report.to_str().unwrap(), "--action", "delete", "--yes", "--root", root.to_str().unwrap()];
    let applied = program().args(arguments).current_dir(dir.path("")).output().unwrap();
    assert_eq!(code(&applied), 0, "{}", String::from_utf8_lossy(&applied.stderr));
    let left = |name: &str| dir.path(&format!("mail/{name}.eml")).exists();
    assert_eq!([left("1"), left("2"), left("3") && left("4")], [true, true, false]);
}

/// An address that is relative is one of the page that the feed is of, or of what it says itself.
#[test]
fn relative_addresses_of_a_feed_are_whole() {
    let dir = Dir::new();
    let rss = "<rss><channel><atom:link href='https://own.example/feed' rel='self'/><image><url>i.png</url></image>\
        <link> https://news.example/section/ </link>\
        <item><link>/2024/quay</link><description>The quay is closed.</description></item>\
        <item><guid isPermaLink='false'>g</guid><link>museum.html</link><description>The museum opens.</description></item>\
        <item><link>https://other.example/a</link><description>Elsewhere.</description></item></channel></rss>";
    let path = dir.file("a.rss", rss);
    assert_eq!(
        found(&path, &[]),
        [
            [
                "https://news.example/2024/quay",
                "",
                "https://news.example/2024/quay",
                "",
                "The quay is closed."
            ],
            ["g", "", "https://news.example/section/museum.html", "", "The museum opens."],
            ["https://other.example/a", "", "https://other.example/a", "", "Elsewhere."],
        ]
        .map(row)
    );
    assert_eq!(sites(&path), ["news.example", "other.example"]);
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://atom.example/b/'><link href='https://page.example/'/>\
        <entry><id>1</id><link href='quay'/><content type='xhtml'><div><p>Of the <b>quay</b>.</p></div></content></entry>\
        <entry xml:base='https://nearer.example/c/'><id>2</id><link href='../quay'/><summary>Two.</summary></entry></feed>";
    let urls = |path: &Path| found(path, &[]).into_iter().map(|[_, _, url, ..]| url).collect::<Vec<_>>();
    assert_eq!(
        urls(&dir.file("a.atom", atom)),
        ["https://atom.example/b/quay", "https://nearer.example/quay"]
    );
    // Where nothing says it, an address stays as it is.
    let alone = "<feed><entry><id>1</id><link href='/quay'/><summary>One.</summary></entry></feed>";
    assert_eq!(urls(&dir.file("b.atom", alone)), ["/quay"]);
}

/// Libraries give hOCR the name of a page, as older programs did.
#[test]
fn a_page_that_ocr_wrote_is_read_as_such() {
    let dir = Dir::new();
    let page = |head: &str| {
        format!(
            "<!DOCTYPE html><html><head>{head}<title>Page</title></head><body><div class='ocr_page' id='page_1'>\
             <div class='ocr_carea' id='block_1_1'><p class='ocr_par'><span class='ocr_line'>Of the har-</span> \
             <span class='ocr_line'>bour wall</span></p></div></div></body></html>"
        )
    };
    let named = page("<meta name='ocr-system' content='tesseract 3.02'/>");
    for (name, bytes) in [("p_hocr.html", named.clone().into_bytes()), ("q.html.gz", gzip(named.as_bytes()))]
    {
        let rows = found(&dir.file(name, bytes), &[]);
        assert_eq!(rows, [row([&format!("{name}#page_1/block_1_1"), "", "", "", "Of the harbour wall"])]);
    }
    // A page about OCR is a page.
    assert_eq!(found(&dir.file("p.html", page("")), &[])[0][1], "Page");
}
