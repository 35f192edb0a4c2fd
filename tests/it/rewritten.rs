//! Tables, crawls and archives without some of their documents: every other byte as it was.

use std::fs;
use std::io::{Read, Write};

use crate::containers::warc_record;
use crate::harness::*;

const OTHER: &str =
    "Something else entirely, which nobody has ever copied from anywhere at all, but for one.";

/// Writes a file of these bytes again without its duplicates; what is left of it and what was said.
fn left(name: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let dir = Dir::new();
    let input = dir.file(name, bytes).display().to_string();
    let output = dir.path(&format!("left-{name}"));
    let run = run(&["dedup", &input, "--output", &output.display().to_string(), "--quiet"]);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(fs::read(input).unwrap(), bytes, "the input is as it was");
    match code(&run) {
        0 => Ok(fs::read(output).unwrap()),
        _ => {
            assert!(!output.exists(), "nothing is written");
            Err(said)
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}

#[test]
fn tables_lose_rows_and_nothing_else() {
    // A mark, a line that names the separator, quoted line ends, a blank line, a row that is none, and no end at the end.
    let rows = [
        "\u{feff}sep=;\r\n",
        "id; text ;n\r\n",
        &format!("a;\"{STORY}\";01\r\n"),
        "\r\n",
        &format!("\"b\";\"{STORY}\n\";2\r\n"),
        "ragged\r\n",
        &format!("c;\"{OTHER} \"\"so\"\"\";3.50\n"),
        &format!("d;{STORY};4"),
    ];
    let kept = [0, 1, 2, 3, 5, 6].map(|row| rows[row]).concat();
    let table = rows.concat();
    assert_eq!(String::from_utf8(left("t.csv", table.as_bytes()).unwrap()).unwrap(), kept);
    let packed = left("t.csv.gz", &gzip(table.as_bytes())).unwrap();
    assert_eq!(String::from_utf8(gunzip(&packed)).unwrap(), kept);
    let tabs = format!("id\ttext\n1\t{STORY}\n2\t{OTHER}\n3\t{STORY}\n");
    let kept = format!("id\ttext\n1\t{STORY}\n2\t{OTHER}\n");
    assert_eq!(left("t.tsv", tabs.as_bytes()).unwrap(), kept.as_bytes());
    // Nothing goes: nothing changes.
    assert_eq!(left("t.tsv", kept.as_bytes()).unwrap(), kept.as_bytes());
}

#[test]
fn tables_in_another_charset_are_written_as_they_are_or_not_at_all() {
    let row = |id: &str, text: &str| [format!("{id};{text} caf").as_bytes(), b"\xe9 \x80;1\n"].concat();
    let lines = [b"id;text;n\n".to_vec(), row("a", STORY), row("b", OTHER), row("c", STORY)];
    assert_eq!(left("t.csv", &lines.concat()).unwrap(), lines[..3].concat());
    let wide: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(format!("id;text\na;{STORY}\nb;{STORY}\n").encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let refused = left("t.csv", &wide).unwrap_err();
    assert!(refused.contains("t.csv") && refused.contains("charset"), "{refused}");
}

fn crawl() -> Vec<Vec<u8>> {
    let response = |url: &str, text: &str| {
        let page = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{text}");
        let headers =
            format!("WARC-Target-URI: {url}\r\nContent-Type: application/http; msgtype=response\r\n");
        warc_record("response", &headers, page.as_bytes())
    };
    vec![
        warc_record("warcinfo", "Content-Type: application/warc-fields\r\n", b"software: none\r\n"),
        response("https://a.example/1", STORY),
        warc_record("request", "Content-Type: application/http\r\n", b"GET / HTTP/1.1\r\n\r\n"),
        response("https://b.example/1", STORY),
        response("https://b.example/2", OTHER),
        warc_record("metadata", "Content-Type: application/warc-fields\r\n", b"via: none\r\n"),
        response("https://c.example/1", STORY),
    ]
}

#[test]
fn crawls_lose_records_and_members_stay_members() {
    let crawl = crawl();
    let kept = [0, 1, 2, 4, 5].map(|record| &*crawl[record]).concat();
    assert_eq!(left("c.warc", &crawl.concat()).unwrap(), kept);
    let members: Vec<Vec<u8>> = crawl.iter().map(|record| gzip(record)).collect();
    let kept_members = [0, 1, 2, 4, 5].map(|record| &*members[record]).concat();
    assert_eq!(left("c.warc.gz", &members.concat()).unwrap(), kept_members, "byte for byte");
    // One member of all of them is one member afterwards.
    let whole = left("c.warc.gz", &gzip(&crawl.concat())).unwrap();
    let (mut plain, mut first) = (Vec::new(), flate2::bufread::GzDecoder::new(&*whole));
    first.read_to_end(&mut plain).unwrap();
    assert_eq!((plain, first.into_inner()), (kept.clone(), &[][..]));
    let zstd = zstd::encode_all(&*crawl.concat(), 3).unwrap();
    assert_eq!(zstd::decode_all(&*left("c.warc.zst", &zstd).unwrap()).unwrap(), kept);
}

/// Entries with their headers; a name of more than a hundred bytes has one more before it.
fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o640);
        header.set_mtime(7);
        builder.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn archives_lose_entries_and_nothing_else() {
    let long = format!("{}/b.txt", "folder/".repeat(20));
    let all = [
        ("x/a.txt", STORY),
        (&*long, STORY),
        ("x/c.txt", OTHER),
        ("x/notes.bin", "\0\u{1}"),
        ("d.txt", STORY),
    ];
    let keeps = |names: &[&str]| {
        let kept: Vec<(&str, &str)> = all.iter().copied().filter(|(name, _)| names.contains(name)).collect();
        archive(&kept)
    };
    let one = left("t.tar", &archive(&all)).unwrap();
    // Of equal texts the one with the lowest id stays.
    assert_eq!(one, keeps(&["d.txt", "x/c.txt", "x/notes.bin"]));
    assert_eq!(gunzip(&left("t.tar.gz", &gzip(&archive(&all))).unwrap()), one);
    let twice = [("a.txt", OTHER), ("b.txt", STORY), ("b.txt", STORY)];
    let refused = left("t.tar", &archive(&twice)).unwrap_err();
    assert!(refused.contains("b.txt") && refused.contains("several entries"), "{refused}");
}

#[test]
fn what_cannot_be_taken_out_is_said_before_anything_is_written() {
    let lines = [record("1", STORY), record("2", STORY)].concat();
    let refused = left("t.tar", &archive(&[("in.jsonl", &lines)])).unwrap_err();
    assert!(refused.contains("in.jsonl") && refused.contains("nothing was written"), "{refused}");
    let unique = [record("1", STORY), record("2", OTHER)].concat();
    let archive = archive(&[("in.jsonl", &unique)]);
    assert_eq!(left("t.tar", &archive).unwrap(), archive, "and what loses nothing stays");
}

/// A folder keeps what gave no document, and its tables, crawls and pages side by side.
#[test]
fn a_folder_of_all_kinds_is_written_whole() {
    let dir = Dir::new();
    dir.file("in/a.txt", STORY);
    dir.file("in/t.csv", format!("id,text\n1,\"{STORY}\"\n2,\"{OTHER}\"\n"));
    dir.file("in/empty.csv", "id,text\n");
    dir.file("in/c.warc", crawl().concat());
    let [input, output] = ["in", "out"].map(|name| dir.path(name).display().to_string());
    let run = run(&["dedup", &input, "--output", &output, "--keep", "path=**/a.txt", "--quiet"]);
    assert_eq!(code(&run), 0, "{}", String::from_utf8_lossy(&run.stderr));
    let read = |name: &str| fs::read_to_string(dir.path(name)).unwrap();
    assert_eq!(read("out/a.txt"), STORY);
    let others =
        read("out/t.csv").matches("entirely").count() + read("out/c.warc").matches("entirely").count();
    assert_eq!((read("out/empty.csv"), others), ("id,text\n".to_owned(), 1));
    assert!(!read("out/t.csv").contains("lighthouse") && !read("out/c.warc").contains("lighthouse"));
}
