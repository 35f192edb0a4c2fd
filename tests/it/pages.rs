//! HTML pages: what of them counts, and what stands more than once in them.

use serde_json::{Value, json};

use crate::harness::*;

const HEADLINE: &str = "Harbour board votes for a second ferry";
const PROSE: &str = "The harbour board voted seven to two on Monday for a second ferry across the sound, after a winter \
    in which the only one was out of service for nineteen days and the island's shop ran short of flour.";
const MORE: &str = "Tickets will cost what they cost now, the board said, and the new boat, which is to be built at \
    Orrin, carries twelve cars and has a saloon where children may sleep.";

fn page(body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>{HEADLINE} - Sound Courier</title>\
         <meta property=og:title content=\"{HEADLINE}\"><meta property=og:site_name content=\"Sound Courier\">\
         <link rel=canonical href=https://sound.example/ferry>\
         <meta property=article:published_time content=2026-03-04T08:00:00Z></head><body>{body}</body></html>"
    )
}

fn repeats(html: &str, flags: &[&str]) -> Vec<Value> {
    let dir = Dir::new();
    let path = dir.file("page.html", html).display().to_string();
    let arguments = [&["page", &path, "--report", "json"], flags].concat();
    let pages: Value = serde_json::from_slice(&run(&arguments).stdout).unwrap();
    pages[0]["repeats"].as_array().unwrap().clone()
}

#[test]
fn a_title_in_the_head_and_one_heading_are_no_repeat() {
    let html = page(&format!("<article><h1>{HEADLINE}</h1><p>{PROSE}</p><p>{MORE}</p></article>"));
    assert_eq!(repeats(&html, &[]), Vec::<Value>::new());
    assert_eq!(repeats(&html, &["--html", "all"]), Vec::<Value>::new());
}

#[test]
fn a_headline_that_stands_three_times_in_the_body_is_one_with_its_places() {
    let html = page(&format!(
        "<article><h1>{HEADLINE}</h1><p>{PROSE}</p><h2>{HEADLINE}</h2><p>{MORE}</p><p>{HEADLINE}</p></article>"
    ));
    for mode in ["main", "all"] {
        let found = repeats(&html, &["--html", mode]);
        assert_eq!(found.len(), 1, "{found:?}");
        let paths: Vec<&str> =
            found[0]["places"].as_array().unwrap().iter().map(|p| p["path"].as_str().unwrap()).collect();
        assert_eq!((&found[0]["kind"], &found[0]["count"]), (&json!("title"), &json!(3)));
        assert_eq!(
            paths,
            ["body > article > h1", "body > article > h2", "body > article > p:nth-of-type(3)"]
        );
        assert_eq!(found[0]["furniture"], false);
    }
}

#[test]
fn a_list_of_links_that_names_the_page_itself_is_furniture() {
    let html = page(&format!(
        "<article><h1>{HEADLINE}</h1><p>{PROSE}</p><p>{MORE}</p></article><aside><h3>Read more</h3>\
         <ul><li><a href=/ferry>{HEADLINE}</a></li><li><a href=/clock>Town clock stops again in the frost</a></li></ul></aside>"
    ));
    let found = repeats(&html, &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["count"], &found[0]["furniture"]), (&json!(2), &json!(true)));
}

#[test]
fn metadata_of_a_page_is_its_document_s() {
    let dir = Dir::new();
    dir.file(
        "a/one.html",
        page(&format!("<article><h1>{HEADLINE}</h1><p>{PROSE}</p><p>{MORE}</p></article>")),
    );
    dir.file(
        "b/two.xhtml",
        page(&format!("<nav><a href=/>Home</a></nav><article><p>{PROSE}</p><p>{MORE}</p></article>")),
    );
    let report = Reports::of(&dir.path(""), &["--classic"]).json;
    let representative = &report["clusters"][0]["representative"];
    assert_eq!(representative["title"], HEADLINE);
    assert_eq!(
        (&representative["site"], &representative["date"]),
        (&json!("Sound Courier"), &json!("2026-03-04T08:00:00Z"))
    );
    assert_eq!(report["titles"], json!([]), "both say that they are one page");
}

#[test]
fn elements_of_xhtml_close_themselves_in_files_by_name_and_in_crawls_by_type() {
    let dir = Dir::new();
    let page = format!(
        "<html><head><title/><script src='a.js'/></head><body><p>{PROSE}</p><p>{MORE}</p></body></html>"
    );
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, page.as_bytes()).unwrap();
    dir.file("a/plain.xhtml", &page);
    dir.file("b/packed.xhtml.gz", gzip.finish().unwrap());
    let http = format!("HTTP/1.1 200 OK\r\nContent-Type: application/xhtml+xml; charset=utf-8\r\n\r\n{page}");
    let head = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://c.example/\r\nWARC-Record-ID: <urn:c>\r\n\
        Content-Type: application/http; msgtype=response\r\n";
    dir.file("c/crawl.warc", format!("{head}Content-Length: {}\r\n\r\n{http}\r\n\r\n", http.len()));
    let reports = Reports::of(&dir.path(""), &["--classic"]);
    assert_eq!(reports.relations().values().filter(|(relation, _)| relation == "exact").count(), 3);
    assert_eq!(reports.reasons(), Vec::<String>::new());
}

#[test]
fn charsets_are_told_and_what_is_lost_is_counted() {
    let dir = Dir::new();
    let russian = "Паром через пролив снова ходит, сообщила в понедельник администрация порта. ".repeat(4);
    let (coded, _, _) = encoding_rs::WINDOWS_1251.encode(&russian);
    dir.file("in/declared.html", [b"<meta charset=windows-1251><p>", &coded[..]].concat());
    dir.file("in/guessed.txt", &coded[..]);
    dir.file("in/utf16.txt", russian.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
    dir.file("in/plain.md", &russian);
    let utf16_with_mark: Vec<u8> =
        "\u{feff}".encode_utf16().chain(russian.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    dir.file("in/utf16.txt", utf16_with_mark);
    let reports = Reports::of(&dir.path("in"), &["--classic"]);
    assert_eq!(reports.relations().values().filter(|(relation, _)| relation == "exact").count(), 6);
    assert_eq!(reports.reasons(), Vec::<String>::new());
    let mut broken =
        "<meta charset=utf-8><p>Le café était fermé à l'été, dit le propriétaire.".as_bytes().to_vec();
    broken.extend_from_slice(b" \xff and \xfe");
    let broken = dir.file("broken.html", broken);
    let reports = Reports::of(&broken, &["--classic"]);
    assert!(reports.reasons()[0].contains("2 invalid characters"), "{:?}", reports.reasons());
}
