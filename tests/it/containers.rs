//! The same documents in every container, written by other people's code where there is some.

use std::io::Write;

pub struct Doc {
    pub id: String,
    pub text: String,
    pub url: String,
    pub date: String,
}

/// Invented stories of which every third is copied, whole or with its end cut off, and one holds what separates fields.
pub fn docs(count: usize) -> Vec<Doc> {
    let story = |i: usize| -> String {
        let words = (0..60).map(|w| format!("w{}", (i * 61 + w) * 7919 % 1_000_003));
        words.collect::<Vec<_>>().join(" ")
    };
    let text = |i: usize| match i % 6 {
        1 => format!("{}, \"said\" it.\nAnd\tmore; still \u{e9}\u{4e2d}.", story(i - 1)),
        4 => story(i - 1).split(' ').take(52).collect::<Vec<_>>().join(" "),
        _ => story(i),
    };
    let doc = |i: usize| Doc {
        id: format!("d{i}"),
        text: text(i),
        url: format!("https://site{}.example/{i}", i % 5),
        date: format!("2024-05-{:02}", i % 28 + 1),
    };
    (0..count).map(doc).collect()
}

pub fn jsonl(docs: &[Doc]) -> Vec<u8> {
    let line = |d: &Doc| serde_json::json!({ "id": d.id, "text": d.text, "url": d.url, "date": d.date });
    docs.iter().map(|d| format!("{}\n", line(d))).collect::<String>().into_bytes()
}

/// The same as an array, in one line or indented.
pub fn array(docs: &[Doc], indented: bool) -> Vec<u8> {
    let record = |d: &Doc| serde_json::json!({ "id": d.id, "text": d.text, "url": d.url, "date": d.date });
    let records: Vec<_> = docs.iter().map(record).collect();
    if indented {
        serde_json::to_vec_pretty(&records).unwrap()
    } else {
        serde_json::to_vec(&records).unwrap()
    }
}

pub fn table(docs: &[Doc], delimiter: char) -> Vec<u8> {
    let quoted = |field: &str| format!("\"{}\"", field.replace('"', "\"\""));
    let row = |fields: [&str; 4]| fields.map(quoted).join(&delimiter.to_string()) + "\r\n";
    let mut table = format!("\u{feff}{}", row(["id", "url", "text", "date"]));
    docs.iter().for_each(|d| table += &row([&d.id, &d.url, &d.text, &d.date]));
    table.into_bytes()
}

pub fn warc_record(kind: &str, headers: &str, block: &[u8]) -> Vec<u8> {
    let head = format!("WARC/1.0\r\nWARC-Type: {kind}\r\n{headers}Content-Length: {}\r\n\r\n", block.len());
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

pub fn response(doc: &Doc, head: &str, body: &[u8]) -> Vec<u8> {
    let block = [format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").as_bytes(), body].concat();
    let headers = format!(
        "WARC-Target-URI: {}\r\nWARC-Date: {}T00:00:00Z\r\nWARC-Record-ID: <urn:uuid:{}>\r\n\
         Content-Type: application/http;msgtype=response\r\n",
        doc.url, doc.date, doc.id
    );
    warc_record("response", &headers, &block)
}

/// Records, each of which may be compressed on its own.
pub fn warc(docs: &[Doc]) -> Vec<Vec<u8>> {
    let mut records =
        vec![warc_record("warcinfo", "Content-Type: application/warc-fields\r\n", b"software: x\r\n")];
    let head = "Content-Type: text/plain; charset=utf-8";
    records.extend(docs.iter().map(|d| response(d, head, d.text.as_bytes())));
    records
}

pub fn wet(docs: &[Doc]) -> Vec<u8> {
    let record = |d: &Doc| {
        let headers = format!(
            "WARC-Target-URI: {}\r\nWARC-Date: {}T00:00:00Z\r\nWARC-Record-ID: <urn:uuid:{}>\r\n\
             Content-Type: text/plain\r\n",
            d.url, d.date, d.id
        );
        warc_record("conversion", &headers, d.text.as_bytes())
    };
    docs.iter().flat_map(record).collect()
}

pub fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A file with holes between its pieces, as GNU tar stores it in the POSIX format.
pub fn sparse_tar(name: &str, pieces: &[(u64, &[u8])], size: u64) -> Vec<u8> {
    let mut stored = format!("{}\n", pieces.len());
    pieces.iter().for_each(|(at, bytes)| stored += &format!("{at}\n{}\n", bytes.len()));
    let mut stored = stored.into_bytes();
    stored.resize(stored.len().next_multiple_of(512), 0);
    pieces.iter().for_each(|(_, bytes)| stored.extend_from_slice(bytes));
    let size = size.to_string();
    let headers = [
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.minor", "0"),
        ("GNU.sparse.name", name),
        ("GNU.sparse.realsize", &size),
    ];
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions(headers.map(|(key, value)| (key, value.as_bytes()))).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_size(stored.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, format!("GNUSparseFile.7/{name}"), &stored[..]).unwrap();
    builder.into_inner().unwrap()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

pub fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// How an entry of a zip archive is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packed {
    Stored,
    Deflated,
    Zstd,
    /// As it stands, and said to be encrypted.
    Encrypted,
    /// As it stands, and said to be packed by a method that nobody has.
    Otherwise,
}

pub fn zip(entries: &[(&str, &[u8], Packed)]) -> Vec<u8> {
    use rawzip::{CompressionMethod, ZipArchiveWriter};
    let mut archive = ZipArchiveWriter::new(Vec::new());
    for &(name, bytes, packed) in entries {
        let method = match packed {
            Packed::Stored | Packed::Encrypted => CompressionMethod::STORE,
            Packed::Deflated => CompressionMethod::DEFLATE,
            Packed::Zstd => CompressionMethod::ZSTD,
            Packed::Otherwise => CompressionMethod::new(97),
        };
        let entry = archive.new_file(name).compression_method(method).encrypted(packed == Packed::Encrypted);
        let (mut entry, config) = entry.start().unwrap();
        let mut data = config.wrap(Vec::new());
        data.write_all(bytes).unwrap();
        let (whole, descriptor) = data.finish().unwrap();
        let written = match packed {
            Packed::Deflated => {
                let mut encoder =
                    flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(&whole).unwrap();
                encoder.finish().unwrap()
            }
            Packed::Zstd => zstd(&whole),
            _ => whole,
        };
        entry.write_all(&written).unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

pub fn rss(docs: &[Doc]) -> Vec<u8> {
    let item = |d: &Doc| {
        let text = escaped(&d.text);
        format!(
            "<item><guid isPermaLink=\"false\">{}</guid><link>{}</link><pubDate>{}</pubDate>\
             <description>In short</description><content:encoded><![CDATA[<p>{text}</p>]]></content:encoded></item>\n",
            d.id, d.url, d.date
        )
    };
    let items: String = docs.iter().map(item).collect();
    format!(
        "<?xml version=\"1.0\"?>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\
         <channel><title>News</title><link>https://feed.example/</link>{items}</channel></rss>"
    )
    .into_bytes()
}

pub fn atom(docs: &[Doc]) -> Vec<u8> {
    let entry = |d: &Doc| {
        format!(
            "<entry><id>{}</id><link rel='alternate' href='{}'/><published>{}</published>\
             <content type='html'>&lt;p&gt;{}&lt;/p&gt;</content></entry>\n",
            d.id,
            d.url,
            d.date,
            escaped(&escaped(&d.text))
        )
    };
    let entries: String = docs.iter().map(entry).collect();
    format!("<feed xmlns='http://www.w3.org/2005/Atom'><title>News</title>{entries}</feed>").into_bytes()
}

pub fn message(doc: &Doc) -> Vec<u8> {
    let site = doc.url.trim_start_matches("https://").split('/').next().unwrap();
    format!(
        "From: News <desk@{site}>\r\nMessage-ID: <{}>\r\nSubject: Story\r\nDate: Fri, 3 May 2024 10:00:00 +0000\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
        doc.id, doc.text
    )
    .into_bytes()
}

pub fn mbox(docs: &[Doc]) -> Vec<u8> {
    let one =
        |d: &Doc| [b"From desk@a.example Fri May  3 10:00:00 2024\n", &message(d)[..], b"\r\n"].concat();
    docs.iter().flat_map(one).collect()
}

#[cfg(feature = "parquet")]
pub fn parquet(docs: &[Doc], codec: parquet::basic::Compression, schema: &str) -> Vec<u8> {
    use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;

    let schema = std::sync::Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let names: Vec<String> = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
    let properties = WriterProperties::builder().set_compression(codec).build();
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, schema, std::sync::Arc::new(properties)).unwrap();
    for group in docs.chunks(100) {
        let mut rows = writer.next_row_group().unwrap();
        for name in &names {
            let mut column = rows.next_column().unwrap().unwrap();
            let value = |d: &Doc| match name.as_str() {
                "id" => d.id.clone(),
                "url" => d.url.clone(),
                "date" => d.date.clone(),
                _ => d.text.clone(),
            };
            if name == "number" {
                let numbers: Vec<i64> = group.iter().map(|d| d.id[1..].parse().unwrap()).collect();
                column.typed::<Int64Type>().write_batch(&numbers, None, None).unwrap();
            } else {
                let values: Vec<ByteArray> = group.iter().map(|d| value(d).into_bytes().into()).collect();
                let there = vec![1; values.len()];
                let levels = (name != "id").then_some(&there[..]);
                column.typed::<ByteArrayType>().write_batch(&values, levels, None).unwrap();
            }
            column.close().unwrap();
        }
        rows.close().unwrap();
    }
    writer.close().unwrap();
    out
}

#[cfg(feature = "parquet")]
pub const SCHEMA: &str = "message docs {
    required byte_array id (STRING);
    optional byte_array text (STRING);
    optional byte_array url;
    optional byte_array date (STRING);
}";

/// Documents whose text is a list of paragraphs, some of them null, and whose id is a member of a struct.
#[cfg(feature = "parquet")]
pub fn lists(docs: &[Doc]) -> Vec<u8> {
    use parquet::data_type::{ByteArray, ByteArrayType};
    use parquet::file::writer::SerializedFileWriter;

    let schema = "message docs {
        required group head { required byte_array id (STRING); optional byte_array lang (STRING); }
        optional group body (LIST) { repeated group list { optional byte_array element (STRING); } }
    }";
    let schema = std::sync::Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, schema, Default::default()).unwrap();
    let mut rows = writer.next_row_group().unwrap();
    let bytes = |text: &str| ByteArray::from(text.as_bytes().to_vec());
    let mut column = rows.next_column().unwrap().unwrap();
    let ids: Vec<_> = docs.iter().map(|d| bytes(&d.id)).collect();
    column.typed::<ByteArrayType>().write_batch(&ids, None, None).unwrap();
    column.close().unwrap();
    let mut column = rows.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&[], Some(&vec![0; docs.len()]), None).unwrap();
    column.close().unwrap();
    // A row without a list, then of each text its halves with a null between them.
    let (mut values, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    for (i, doc) in docs.iter().enumerate() {
        if i == 0 {
            defined.push(0);
            repeated.push(0);
            continue;
        }
        let (first, second) = doc.text.split_at(doc.text.floor_char_boundary(doc.text.len() / 2));
        values.extend([bytes(first), bytes(second)]);
        defined.extend([3, 2, 3]);
        repeated.extend([0, 1, 1]);
    }
    let mut column = rows.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&values, Some(&defined), Some(&repeated)).unwrap();
    column.close().unwrap();
    rows.close().unwrap();
    writer.close().unwrap();
    out
}

/// The same as batches of so many rows, with strings of this type.
#[cfg(feature = "arrow")]
pub fn batches(docs: &[Doc], kind: &arrow_schema::DataType, rows: usize) -> Vec<arrow_array::RecordBatch> {
    use std::sync::Arc;

    use arrow_array::types::Int16Type;
    use arrow_array::{
        ArrayRef, BinaryViewArray, DictionaryArray, LargeStringArray, StringArray, StringViewArray,
    };
    use arrow_schema::DataType;

    let strings = |values: Vec<&str>| -> ArrayRef {
        match kind {
            DataType::LargeUtf8 => Arc::new(LargeStringArray::from(values)),
            DataType::Utf8View => Arc::new(StringViewArray::from(values)),
            DataType::BinaryView => Arc::new(BinaryViewArray::from(
                values.iter().map(|value| value.as_bytes()).collect::<Vec<_>>(),
            )),
            DataType::Dictionary(..) => Arc::new(values.into_iter().collect::<DictionaryArray<Int16Type>>()),
            _ => Arc::new(StringArray::from(values)),
        }
    };
    let batch = |docs: &[Doc]| {
        let column = |of: fn(&Doc) -> &str| strings(docs.iter().map(of).collect());
        let columns = [
            ("id", column(|doc| &doc.id)),
            ("url", column(|doc| &doc.url)),
            ("text", column(|doc| &doc.text)),
            ("date", column(|doc| &doc.date)),
        ];
        arrow_array::RecordBatch::try_from_iter(columns).unwrap()
    };
    docs.chunks(rows).map(batch).collect()
}

/// How batches are written.
#[cfg(feature = "arrow")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrowKind {
    File,
    Stream,
}

#[cfg(feature = "arrow")]
pub fn arrow(
    batches: &[arrow_array::RecordBatch],
    kind: ArrowKind,
    codec: Option<arrow_ipc::CompressionType>,
) -> Vec<u8> {
    use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};

    let (mut out, schema) = (Vec::new(), batches[0].schema());
    let options = IpcWriteOptions::default().try_with_compression(codec).unwrap();
    match kind {
        ArrowKind::File => {
            let mut writer = FileWriter::try_new_with_options(&mut out, &schema, options).unwrap();
            batches.iter().for_each(|batch| writer.write(batch).unwrap());
            writer.finish().unwrap();
        }
        ArrowKind::Stream => {
            let mut writer = StreamWriter::try_new_with_options(&mut out, &schema, options).unwrap();
            batches.iter().for_each(|batch| writer.write(batch).unwrap());
            writer.finish().unwrap();
        }
    }
    out
}
