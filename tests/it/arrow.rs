//! Arrow: files, streams, and batches of a program.

use std::sync::Arc;

use arrow_array::builder::{
    FixedSizeListBuilder, LargeListBuilder, ListBuilder, ListViewBuilder, StringBuilder,
};
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, Date32Array, Date64Array, Decimal128Array, FixedSizeBinaryArray, Float64Array,
    Int64Array, RecordBatch, RunArray, StringArray, StructArray, TimestampMillisecondArray, UInt64Array,
};
use arrow_ipc::CompressionType;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use wirecopy::corpus::CorpusOptions;
use wirecopy::options::Resources;
use wirecopy::{Corpus, DocId};

use crate::containers::*;
use crate::harness::*;

const CODECS: [Option<CompressionType>; 3] =
    [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)];

fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int16), Box::new(DataType::Utf8))
}

#[test]
fn files_and_streams_give_the_same_pairs_as_lines() {
    let docs = docs(250);
    let dir = Dir::new();
    let expected = Reports::of(&dir.file("x.jsonl", jsonl(&docs)), &[]).relations();
    assert!(expected.len() > 80);
    let check = |name: &str, bytes: &[u8], flags: &[&str]| {
        let reports = Reports::of(&dir.file(name, bytes), flags);
        assert_eq!(reports.reasons(), Vec::<String>::new(), "{name}");
        assert!(reports.relations() == expected, "{name}");
        assert_eq!(reports.json["accounting"]["sites"].as_array().unwrap().len(), 5, "{name}");
    };
    for kind in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View, DataType::BinaryView, dictionary()]
    {
        for codec in CODECS {
            // In a stream each batch may bring a dictionary of its own, in a file all have one.
            check("x.arrows", &arrow(&batches(&docs, &kind, 100), ArrowKind::Stream, codec), &[]);
            let rows = if kind == dictionary() { 250 } else { 100 };
            check("x.feather", &arrow(&batches(&docs, &kind, rows), ArrowKind::File, codec), &[]);
        }
    }
    let file = arrow(&batches(&docs, &DataType::Utf8, 100), ArrowKind::File, None);
    let stream = arrow(&batches(&docs, &DataType::Utf8, 100), ArrowKind::Stream, None);
    check("x.arrow", &file, &[]);
    // Data sets of machine learning are streams of this name.
    check("y.arrow", &stream, &[]);
    check("x.ipc", &file, &[]);
    check("of-unknown-kind", &file, &[]);
    check("stream-of-unknown-kind", &stream, &["--format", "arrow"]);
    check("x.arrow.gz", &gzip(&file), &[]);
    check("x.arrows.zst", &zstd(&stream), &[]);
    check("x.zip", &zip(&[("a/x.arrow", &file, Packed::Deflated)]), &[]);
    check("x.tar", &tar(&[("a/x.arrows", &stream)]), &[]);
    for (bytes, flags) in [(&file, &[][..]), (&stream, &["--format", "arrow"])] {
        let arguments = [&["scan", "-", "--report", "pairs"], flags].concat();
        let output = run_with_input(&arguments, bytes);
        assert_eq!((code(&output), stdout(&output).lines().count()), (0, expected.len()));
    }
}

/// What a writer did not finish is read as far as it goes; one batch that is damaged is lost, and not those behind it.
#[test]
fn what_is_whole_of_a_damaged_file_is_read() {
    let docs = docs(250);
    let dir = Dir::new();
    let plain = arrow(&batches(&docs, &DataType::Utf8, 100), ArrowKind::File, None);
    let cut = Reports::of(&dir.file("cut.arrow", &plain[..plain.len() - 40]), &[]);
    assert_eq!(cut.count("documents"), 250, "{:?}", cut.reasons());
    assert!(cut.reasons()[0].contains("no directory at its end"), "{:?}", cut.reasons());
    let half = Reports::of(&dir.file("half.arrow", &plain[..plain.len() / 2]), &[]);
    assert!(half.count("documents") >= 100, "{:?}", half.reasons());
    assert!(half.reasons().iter().any(|reason| reason.contains("cut off within a message")));
    for kind in [ArrowKind::File, ArrowKind::Stream] {
        let mut packed = arrow(&batches(&docs, &DataType::Utf8, 100), kind, CODECS[2]);
        // The frames of zstd begin with this; those of the second batch are in the middle.
        let frames: Vec<usize> = memchr::memmem::find_iter(&packed, b"\x28\xB5\x2F\xFD").collect();
        packed[frames[frames.len() / 2]] ^= 0xFF;
        let reports = Reports::of(&dir.file("packed.arrow", &packed), &[]);
        assert_eq!((reports.count("documents"), reports.count("unreadable")), (151, 1));
        assert!(reports.reasons()[0].contains("batch 1: "), "{:?}", reports.reasons());
        assert!(reports.csv.contains("\nd249,") && reports.csv.contains("\nd0,"));
    }
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .unwrap()
}

fn corpus_of(
    batches: impl IntoIterator<Item = RecordBatch>,
    options: &CorpusOptions,
) -> wirecopy::Result<Corpus> {
    Corpus::from_batches(batches.into_iter().map(Ok), options, &Resources::default())
}

/// Of each document its id, text and date; and the problems.
fn read(corpus: &Corpus) -> (Vec<[String; 3]>, Vec<String>) {
    let said = |problem: &wirecopy::corpus::Problem| format!("{:?}: {}", problem.record, problem.reason);
    let problems = corpus.problems().iter().map(said).collect();
    let run = match wirecopy::scan::Scan::new().threads(1).read(corpus) {
        Ok(run) => run,
        Err(error) if error.kind() == wirecopy::ErrorKind::NothingReadable => return (Vec::new(), problems),
        Err(error) => panic!("{error}"),
    };
    let one = |number: usize| {
        let document = DocId(number as u32);
        let meta = run.meta(document);
        [meta.id, run.text(document).unwrap(), meta.date.unwrap_or_default()]
    };
    ((0..run.documents.entries.len()).map(one).collect(), problems)
}

fn named(text: &str, id: &str) -> CorpusOptions {
    let mut options = CorpusOptions::default();
    options.fields.text = text.to_owned();
    options.fields.id = id.to_owned();
    options
}

fn texts(count: usize) -> ArrayRef {
    Arc::new(StringArray::from((0..count).map(|i| format!("Text {i}.")).collect::<Vec<_>>()))
}

#[test]
fn a_program_hands_batches_in() {
    let docs = docs(250);
    let dir = Dir::new();
    let path = dir.file("x.arrow", arrow(&batches(&docs, &dictionary(), 250), ArrowKind::File, None));
    let of_file = read(&Corpus::from_paths([path]).unwrap());
    for rows in [1, 7, 250] {
        let batches = batches(&docs, &DataType::Utf8View, rows);
        assert_eq!(read(&corpus_of(batches, &CorpusOptions::default()).unwrap()), of_file, "{rows}");
    }
    // A row without an id has its number, over all batches, and so has one without a text.
    let some: ArrayRef = Arc::new(StringArray::from(vec![Some("One."), None, Some("")]));
    let batches = [batch(vec![("text", some.clone())]), batch(vec![("text", some)])];
    let (documents, problems) = read(&corpus_of(batches, &CorpusOptions::default()).unwrap());
    let ids: Vec<&str> = documents.iter().map(|[id, ..]| id.as_str()).collect();
    assert_eq!(ids, ["0", "2", "3", "5"]);
    assert_eq!(
        problems,
        [
            "Some(1): no field `text` (name the text field with --text-field)",
            "Some(4): no field `text` (name the text field with --text-field)"
        ]
    );
    // What is wrong with the whole is an error.
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    for (column, said) in [("text", "of another type"), ("body", "no field `text`")] {
        let error =
            corpus_of([batch(vec![(column, numbers.clone())])], &CorpusOptions::default()).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
    let broken = [Err(ArrowError::ComputeError("the query broke off".to_owned()))];
    let error = Corpus::from_batches(broken, &CorpusOptions::default(), &Resources::default()).unwrap_err();
    assert!(error.to_string().contains("the query broke off"), "{error}");
}

/// A second set has no duplicates, and the same batches give what its files would.
#[test]
fn a_program_hands_a_second_set_in() {
    let docs = docs(60);
    let all = batches(&docs, &DataType::Utf8, 30);
    let [own, second] = &all[..] else { panic!("two batches") };
    let hand = |batches: &RecordBatch| vec![Ok(batches.clone())];
    let (options, resources) = (CorpusOptions::default(), Resources::default());
    let corpus = Corpus::from_batches_against(hand(own), hand(second), &options, &resources).unwrap();
    let run = wirecopy::scan(&corpus).unwrap();
    assert_eq!((run.documents.entries.len(), run.documents.against.count_ones()), (60, 30));
    assert!(run.documents.is_against(DocId(30)) && !run.documents.is_against(DocId(29)));
    let are_apart =
        |pair: &wirecopy::Pair| run.documents.is_against(pair.a) != run.documents.is_against(pair.b);
    assert!(run.pairs.iter().all(are_apart));
    let dir = Dir::new();
    let file = |name: &str, batch: &RecordBatch| {
        dir.file(name, arrow(std::slice::from_ref(batch), ArrowKind::File, None))
    };
    let mut options = CorpusOptions::default();
    options.against = vec![file("second.arrow", second)];
    let of_files = Corpus::open(&[file("own.arrow", own)], &options, &resources).unwrap();
    let of_files = wirecopy::scan(&of_files).unwrap();
    let ids = |run: &wirecopy::Run| -> Vec<(String, String, &'static str)> {
        let row = |pair: wirecopy::report::PairRow<'_>| (pair.a.to_owned(), pair.b.to_owned(), pair.relation);
        run.pair_rows(None).map(row).collect()
    };
    assert_eq!(ids(&of_files), ids(&run));
}

/// The tables in memory are those of the Parquet report: the same columns, and as many rows.
#[test]
fn tables_in_memory_have_the_columns_of_the_reports() {
    use wirecopy::report::arrow::{cluster_table, document_table, page_table, pair_table};
    let run =
        wirecopy::scan(&Corpus::from_paths([corpus("light-edit"), corpus("page-repeats")]).unwrap()).unwrap();
    let findings = run.findings(&wirecopy::Parts::ALL).unwrap();
    let spans = run.spans().unwrap();
    let (mut csv, mut pairs) = (Vec::new(), Vec::new());
    wirecopy::report::write_csv(findings.document_rows(), &mut csv).unwrap();
    wirecopy::report::write_pairs(run.pair_rows(spans.as_deref()), &mut pairs).unwrap();
    let rows = |table: &wirecopy::report::arrow::ArrowTable| -> usize {
        table.batches.iter().map(RecordBatch::num_rows).sum()
    };
    let names = |table: &wirecopy::report::arrow::ArrowTable| -> Vec<String> {
        table.schema.fields().iter().map(|field| field.name().clone()).collect()
    };
    let documents = document_table(findings.document_rows()).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!(names(&documents).join(","), csv.lines().next().unwrap());
    assert_eq!(rows(&documents), run.documents.entries.len());
    let of_pairs = pair_table(run.pair_rows(spans.as_deref())).unwrap();
    let first: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(pairs.split(|&byte| byte == b'\n').next().unwrap()).unwrap();
    assert!(first.keys().all(|name| names(&of_pairs).contains(name)), "{first:?}");
    assert_eq!(rows(&of_pairs), run.pairs.len());
    let members: usize = run.clusters.iter().map(|cluster| 1 + cluster.members.len()).sum();
    assert_eq!(rows(&cluster_table(&findings.report.clusters).unwrap()), members);
    let entries: usize =
        findings.report.pages.iter().map(|page| page.repeats.len() + page.faults.len()).sum();
    assert!(entries > 0);
    assert_eq!(rows(&page_table(&findings.report.pages).unwrap()), entries);
    assert!(pair_table(std::iter::empty()).unwrap().batches.is_empty());
}

#[test]
fn ids_and_dates_of_every_type_are_what_people_write() {
    let uuid = Field::new("id", DataType::FixedSizeBinary(16), true)
        .with_metadata([("ARROW:extension:name".to_owned(), "arrow.uuid".to_owned())]);
    let uuids: ArrayRef = Arc::new(
        FixedSizeBinaryArray::try_from_iter([[0xAB; 16], *b"0123456789abcdef"].into_iter()).unwrap(),
    );
    let runs = RunArray::<Int32Type>::from_iter(["a", "b"]);
    for (ids, wanted) in [
        (Arc::new(Int64Array::from(vec![Some(-7), None])) as ArrayRef, ["-7", "1"]),
        (Arc::new(UInt64Array::from(vec![u64::MAX, 0])), ["18446744073709551615", "0"]),
        (Arc::new(Float64Array::from(vec![1.5, 2.0])), ["1.5", "2"]),
        (
            Arc::new(Decimal128Array::from(vec![71_050, -425]).with_precision_and_scale(9, 2).unwrap()),
            ["710.50", "-4.25"],
        ),
        (Arc::new(runs), ["a", "b"]),
        (Arc::new(StringArray::from(vec!["a", "  "])), ["a", "1"]),
    ] {
        let kind = ids.data_type().clone();
        let (documents, _) = read(
            &corpus_of([batch(vec![("text", texts(2)), ("id", ids)])], &CorpusOptions::default()).unwrap(),
        );
        assert_eq!(documents.iter().map(|[id, ..]| id).collect::<Vec<_>>(), wanted, "{kind}");
    }
    let schema = Schema::new(vec![Field::new("text", DataType::Utf8, true), uuid]);
    let of_uuids = RecordBatch::try_new(Arc::new(schema), vec![texts(2), uuids]).unwrap();
    let (documents, _) = read(&corpus_of([of_uuids], &CorpusOptions::default()).unwrap());
    assert_eq!(documents[0][0], "abababab-abab-abab-abab-abababababab");
    let millis = vec![1_709_650_800_123];
    for (dates, wanted) in [
        (Arc::new(Date32Array::from(vec![19_787])) as ArrayRef, "2024-03-05"),
        (Arc::new(Date64Array::from(millis.clone())), "2024-03-05"),
        (Arc::new(TimestampMillisecondArray::from(millis)), "2024-03-05T15:00:00Z"),
        (Arc::new(StringArray::from(vec!["5 March 2024"])), "5 March 2024"),
    ] {
        let batch = batch(vec![("date", dates), ("text", texts(1))]);
        let (documents, _) = read(&corpus_of([batch], &CorpusOptions::default()).unwrap());
        assert_eq!(documents[0][2], wanted);
    }
}

#[test]
fn texts_stand_deeper_and_in_pieces() {
    fn filled<B>(
        mut lists: B,
        values: impl Fn(&mut B) -> &mut StringBuilder,
        end: impl Fn(&mut B, bool),
    ) -> B {
        for part in [Some("One."), None, Some("Two.")] {
            values(&mut lists).append_option(part);
        }
        end(&mut lists, true);
        (0..3).for_each(|_| values(&mut lists).append_option(Some("hidden")));
        end(&mut lists, false);
        lists
    }
    let lists: Vec<ArrayRef> = vec![
        Arc::new(
            filled(ListBuilder::new(StringBuilder::new()), ListBuilder::values, ListBuilder::append).finish(),
        ),
        Arc::new(
            filled(
                LargeListBuilder::new(StringBuilder::new()),
                LargeListBuilder::values,
                LargeListBuilder::append,
            )
            .finish(),
        ),
        Arc::new(
            filled(
                ListViewBuilder::new(StringBuilder::new()),
                ListViewBuilder::values,
                ListViewBuilder::append,
            )
            .finish(),
        ),
        Arc::new(
            filled(
                FixedSizeListBuilder::new(StringBuilder::new(), 3),
                FixedSizeListBuilder::values,
                FixedSizeListBuilder::append,
            )
            .finish(),
        ),
    ];
    for list in lists {
        let kind = list.data_type().clone();
        let ids: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
        let members = vec![
            (Arc::new(Field::new("id", DataType::Utf8, true)), ids),
            (Arc::new(Field::new("parts", kind.clone(), true)), list),
        ];
        let body: ArrayRef = Arc::new(StructArray::from(members));
        let batch = batch(vec![("other", texts(2)), ("body", body)]);
        let dir = Dir::new();
        for form in [ArrowKind::File, ArrowKind::Stream] {
            let path = dir.file("x.arrow", arrow(std::slice::from_ref(&batch), form, None));
            let options = named("body.parts", "body.id");
            let of_file = Corpus::open(&[path], &options, &Resources::default()).unwrap();
            let (documents, problems) = read(&of_file);
            assert_eq!(documents, [["a".to_owned(), "One.\n\nTwo.".to_owned(), String::new()]], "{kind}");
            assert_eq!(problems.len(), 1, "{kind}: a list that is null is no text");
            assert_eq!(
                read(&corpus_of([batch.clone()], &options).unwrap()).0,
                [["a".to_owned(), "One.\n\nTwo.".to_owned(), String::new()]]
            );
        }
        let struct_said = corpus_of([batch], &named("body", "id")).unwrap_err().to_string();
        assert!(struct_said.contains("a struct, with fields of its own"), "{struct_said}");
    }
    // What has the name as it stands goes before what a path leads to; where a struct is null, so is all within it.
    let inner: ArrayRef = Arc::new(StringArray::from(vec!["inner", "hidden"]));
    let fields = vec![Arc::new(Field::new("text", DataType::Utf8, true))];
    let nulls = arrow_buffer::NullBuffer::from(vec![true, false]);
    let body: ArrayRef = Arc::new(StructArray::new(fields.into(), vec![inner], Some(nulls)));
    let own = batch(vec![("body", body.clone()), ("body.text", texts(2))]);
    assert_eq!(read(&corpus_of([own], &named("body.text", "id")).unwrap()).0[1][1], "Text 1.");
    let (documents, problems) =
        read(&corpus_of([batch(vec![("body", body)])], &named("body.text", "id")).unwrap());
    assert_eq!((documents.len(), problems.len()), (1, 1));
}

/// Small files of which much more comes out than is in them, and what is said of each; a good file beside it is read.
#[test]
fn a_file_is_held_against_its_bytes() {
    let large = |text: String| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
    let zeros = batch(vec![("text", large("\0".repeat(100 << 20)))]);
    let keys = arrow_array::Int8Array::from(vec![0; 1_000_000]);
    let repeated: ArrayRef =
        Arc::new(arrow_array::DictionaryArray::new(keys, large("the same in every row ".repeat(5_000))));
    let ends = arrow_array::Int32Array::from(vec![i32::MAX]);
    let run: ArrayRef = Arc::new(
        RunArray::<Int32Type>::try_new(
            &ends,
            &StringArray::from(vec!["the same in every row ".repeat(1_000)]),
        )
        .unwrap(),
    );
    // Each of these lists is the same hundred thousand values.
    let values: ArrayRef = Arc::new(StringArray::from(vec!["x"; 100_000]));
    let field = Arc::new(Field::new("item", DataType::Utf8, true));
    let (offsets, sizes) = (vec![0i32; 2_000], vec![100_000i32; 2_000]);
    let views: ArrayRef =
        Arc::new(arrow_array::ListViewArray::new(field, offsets.into(), sizes.into(), values, None));
    let mut says = arrow(&batches(&docs(3), &DataType::Utf8, 3), ArrowKind::Stream, CODECS[2]);
    let frame = memchr::memmem::find(&says, b"\x28\xB5\x2F\xFD").unwrap();
    says[frame - 8..frame].copy_from_slice(&(1i64 << 40).to_le_bytes());
    let mut contents = arrow(&batches(&docs(3), &DataType::Utf8, 3), ArrowKind::Stream, None);
    contents[4..8].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0x7F]);
    let packed = |column: ArrayRef| arrow(&[batch(vec![("text", column)])], ArrowKind::Stream, CODECS[2]);
    let dir = Dir::new();
    for (what, bytes, said_of_it) in [
        ("a buffer", arrow(&[zeros], ArrowKind::File, CODECS[2]), "decompression bomb"),
        ("a buffer that says so", says, "decompression bomb"),
        ("rows of a dictionary", packed(repeated), "decompression bomb"),
        ("rows of a run", packed(run), "decompression bomb"),
        ("lists", packed(views), "decompression bomb"),
        ("contents", contents, "contents take 2147483647 bytes"),
    ] {
        assert!(bytes.len() < 3 << 20, "{what}: {}", bytes.len());
        dir.file("in/x.arrow", &bytes);
        dir.file("in/good.txt", crate::hostile::story(1));
        let (_, said) = crate::hostile::scanned(&dir.path("in"), &["--quiet", "--report", "json"]);
        assert!(said.contains(said_of_it) && said.contains("good.txt"), "{what}: {said}");
    }
}

/// Every beginning of a file, and every byte of it turned around: a problem, and no panic.
#[test]
fn damage_is_a_problem() {
    for kind in [DataType::Utf8, DataType::Utf8View, dictionary()] {
        for (form, codec) in
            [(ArrowKind::File, None), (ArrowKind::Stream, CODECS[1]), (ArrowKind::File, CODECS[2])]
        {
            let whole = arrow(&batches(&docs(2), &kind, 2), form, codec);
            let read = |bytes: &[u8]| {
                let opened =
                    Corpus::of_bytes("x.arrow", bytes, &CorpusOptions::default(), &Resources::default());
                let corpus = opened.expect("what is wrong with a file is a problem");
                let (documents, problems) = read(&corpus);
                assert!(documents.len() <= 4);
                (documents, problems)
            };
            let (documents, problems) = read(&whole);
            assert!(documents.len() == 2 && problems.is_empty(), "{problems:?}");
            for cut in (0..whole.len()).step_by(7) {
                let (documents, problems) = read(&whole[..cut]);
                // The end of a stream needs no mark.
                assert!(!problems.is_empty() || documents.len() == 2 || form == ArrowKind::Stream, "{cut}");
            }
            for at in (0..whole.len()).step_by(5) {
                let mut changed = whole.clone();
                changed[at] ^= 0xFF;
                read(&changed);
            }
        }
    }
    let old = Corpus::of_bytes("x.feather", b"FEA1....", &CorpusOptions::default(), &Resources::default());
    assert!(read(&old.unwrap()).1[0].contains("Feather 1, which is not read"));
}
