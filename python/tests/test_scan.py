"""Whatever documents come in, the same tables as the command's; and what is read out of a scan."""

import csv
import datetime
import io
import json
import logging
import pickle

import pytest
import wirecopy
from conftest import as_report


def sources(documents, lines):
    class Item(dict):
        pass

    return {
        "path": lambda: lines,
        "path as a string": lambda: str(lines),
        "paths": lambda: [lines],
        "paths as strings": lambda: [str(lines)],
        "dicts": lambda: documents,
        "tuple of dicts": lambda: tuple(documents),
        "mappings": lambda: [Item(document) for document in documents],
        "generator": lambda: (document for document in documents),
    }


@pytest.mark.parametrize("kind", sources([], None))
def test_every_kind_of_source_gives_the_pairs_of_the_command(kind, documents, lines, pairs):
    found = wirecopy.scan(sources(documents, lines)[kind]())
    assert [as_report(pair) for pair in found.pairs.to_pylist()] == pairs
    assert found.accounting["documents"] == len(documents)


def test_tables_are_those_of_the_csv_report(command, documents, lines):
    rows = list(csv.DictReader(io.StringIO(command("scan", lines, "--quiet", "--report", "csv"))))
    found = wirecopy.scan(lines)
    numbers = {"jaccard", "containment", "score"}

    def typed(row):
        return {
            name: int(value) if name == "repeats" else (float(value) if name in numbers else value) if value else None
            for name, value in row.items()
        }

    assert found.documents.to_pylist() == [typed(row) for row in rows]
    assert found.report("csv") == command("scan", lines, "--quiet", "--report", "csv")
    assert found.report("pairs") == command("scan", lines, "--quiet", "--report", "pairs")
    report = json.loads(command("scan", lines, "--quiet", "--report", "json"))
    assert json.loads(found.report("json")) == report
    assert found.accounting == report["accounting"]
    members = [member["id"] for cluster in report["clusters"] for member in [cluster["representative"], *cluster["members"]]]
    assert sorted(row["id"] for row in found.clusters) == sorted(members)


def test_keep_is_what_dedup_keeps(command, documents, lines, tmp_path):
    command("dedup", lines, "--output", tmp_path / "kept.jsonl", "--quiet")
    kept = [json.loads(line)["id"] for line in (tmp_path / "kept.jsonl").read_text().splitlines()]
    for source in (lines, documents):
        mask = wirecopy.scan(source).keep()
        assert [document["id"] for document, stays in zip(documents, mask) if stays] == kept
    assert 0 < mask.count(False) < len(mask)
    longest = wirecopy.scan(documents).keep("longest")
    assert longest != mask and len(longest) == len(mask)
    with pytest.raises(ValueError, match="newest"):
        wirecopy.scan(documents[:3]).keep("newest")
    with pytest.raises(ValueError, match="against"):
        wirecopy.scan(documents[:3]).keep(remove="exact,partial")


def test_rows_without_a_text_are_problems_and_stay():
    quay = "The harbour master closed the outer quay on Tuesday after a crane had failed twice within one week."
    found = wirecopy.scan([{"text": quay}, {"title": "no text"}, {"text": None}, {"text": quay}, {"text": ""}])
    assert found.keep() == [True, True, True, False, True]
    assert [problem["record"] for problem in found.problems] == [1, 2]
    counts = found.accounting
    assert (counts["documents"], counts["unique"], counts["duplicates"], counts["empty"], counts["unreadable"]) == (5, 1, 1, 1, 2)
    assert [row["id"] for row in found.documents] == ["0", "3", "4"]


def test_strings_are_numbered_by_position(documents):
    texts = [document["text"] for document in documents]
    found = wirecopy.scan(texts)
    assert [row["id"] for row in found.documents] == [str(number) for number in range(len(texts))]
    assert len(found.pairs) > 0
    assert wirecopy.scan(iter(texts)).pairs.to_pylist() == found.pairs.to_pylist()


def test_names_of_fields(documents):
    def renamed(document):
        return {"doc": {"body": [document["text"]]}, "key": int(document["id"][4:]), "seen": datetime.date(2026, 3, 1)}

    found = wirecopy.scan(map(renamed, documents), text="doc.body", id="key", date="seen")
    row = found.documents.head(12)[11]
    assert (row["id"], row["date"]) == ("11", "2026-03-01")
    assert len(found.pairs) > 60


def test_of_no_documents_there_are_empty_tables():
    for nothing in ([], iter(()), ()):
        found = wirecopy.scan(nothing)
        assert found.accounting["documents"] == 0
        assert (len(found.pairs), len(found.documents), len(found.clusters), len(found.pages)) == (0, 0, 0, 0)
        assert found.keep() == []


def test_a_second_set_has_no_duplicates(documents, lines, tmp_path):
    own, second = documents[:120], documents[120:]
    in_memory = wirecopy.scan(own, against=second)
    assert in_memory.accounting["against"] == len(second)
    assert len(in_memory.keep()) == len(own)
    seconds = {document["id"] for document in second}
    found = {(pair["a"] in seconds) + (pair["b"] in seconds) for pair in in_memory.pairs}
    assert found == {1}
    files = [tmp_path / "own.jsonl", tmp_path / "second.jsonl"]
    for file, part in zip(files, (own, second)):
        file.write_text("".join(json.dumps(document) + "\n" for document in part))
    of_files = wirecopy.scan(files[0], against=files[1])
    assert of_files.pairs.to_pylist() == in_memory.pairs.to_pylist()
    assert of_files.keep() == in_memory.keep()
    with pytest.raises(wirecopy.SettingError, match="both"):
        wirecopy.scan(own, against=files[1])


def test_bounded_memory_changes_nothing_but_where_things_are(documents, tmp_path):
    whole = wirecopy.scan(documents)
    bounded = wirecopy.scan(documents, memory="1M", work_dir=tmp_path / "work")
    assert bounded.pairs.to_pylist() == whole.pairs.to_pylist()
    with open("/proc/self/maps") as maps:
        assert str(tmp_path / "work") in maps.read()
    # For the tests that follow.
    wirecopy.scan(documents[:1], memory="1024G")


def test_within_takes_words_and_timedeltas(documents):
    whole = len(wirecopy.scan(documents).pairs)
    day = wirecopy.scan(documents, within="1d").pairs.to_pylist()
    assert 0 < len(day) < whole
    assert wirecopy.scan(documents, within=datetime.timedelta(days=1)).pairs.to_pylist() == day


def test_classic_and_thresholds(command, documents, lines):
    rows = command("scan", lines, "--quiet", "--classic", "--jaccard", "0.9", "--report", "pairs").splitlines()
    found = wirecopy.scan(documents, classic=True, jaccard=0.9)
    assert [(pair["a"], pair["b"], pair["jaccard"]) for pair in found.pairs] == [
        (pair["a"], pair["b"], pair["jaccard"]) for pair in map(json.loads, rows)
    ]
    assert found.pairs.head(1)[0]["spans"] is None


def test_models_are_saved_and_given(documents, tmp_path):
    found = wirecopy.scan(documents)
    found.save_model(tmp_path / "model")
    again = wirecopy.scan(documents, model=tmp_path / "model")
    assert again.pairs.to_pylist() == found.pairs.to_pylist()
    with pytest.raises(wirecopy.SettingError, match="classic"):
        wirecopy.scan(documents, model=tmp_path / "model", classic=True)
    with pytest.raises(wirecopy.MissingError):
        wirecopy.scan(documents, model=tmp_path / "none")


def test_reports_are_written_whole_and_over_nobodys_file(documents, lines, tmp_path):
    found = wirecopy.scan(lines)
    page = tmp_path / "report.html"
    found.report("html", page)
    found.report("html", page)
    assert page.stat().st_size > 50_000
    page.write_text("somebody's")
    with pytest.raises(wirecopy.FileError, match="force"):
        found.report("html", page)
    found.report("html", str(page), force=True)
    with pytest.raises(wirecopy.FileError, match="input"):
        found.report("csv", lines, force=True)
    found.report("parquet", tmp_path / "tables")
    assert sorted(file.name for file in (tmp_path / "tables").iterdir()) == [
        "clusters.parquet",
        "documents.parquet",
        "pages.parquet",
        "pairs.parquet",
    ]
    assert json.loads(found.report("json"))["schema_version"] == 1
    with pytest.raises(ValueError, match="no report is called"):
        found.report("pdf")


def test_two_documents_are_compared_by_id(documents, pairs):
    found = wirecopy.scan(documents)
    pair = next(pair for pair in pairs if pair["relation"] == "contained")
    compared = found.compare(pair["a"], pair["b"])
    assert (compared.relation, compared.inner, compared.score) == ("contained", pair["inner"], pair["score"])
    assert compared.spans[0].in_a(found.text(pair["a"])).split()
    with pytest.raises(ValueError, match="nobody"):
        found.compare("nobody", pair["b"])


def test_pages_tell_repeats():
    head = "Talks highlight the gap between harbour and council"
    body = "The harbour master spoke for an hour, and nobody of the council said a word in reply."
    found = wirecopy.scan([f"{head}\n\n{body}\n\n{head}\n"])
    (row,) = found.pages.to_pylist()
    assert (row["id"], row["text"], row["count"], row["furniture"]) == ("0", head, 2, False)
    text = found.text("0").encode()
    assert {text[place["start"] : place["end"]].decode() for place in row["places"]} == {head}


def test_tables_are_pickled_and_shown(documents):
    found = wirecopy.scan(documents)
    table = pickle.loads(pickle.dumps(found.pairs))
    assert table.to_pylist() == found.pairs.to_pylist() and table.name == "pairs"
    with pytest.raises(TypeError, match="tables"):
        pickle.dumps(found)
    assert repr(found).startswith("<wirecopy.Scan: 240 documents = ")
    assert "clusters" in found._repr_html_() and len(found._repr_html_()) < 20_000
    assert "<script" not in wirecopy.scan([{"text": "a b c d e", "title": "<script>"}] * 2)._repr_html_()
    assert "<td>near</td>" in found.pairs._repr_html_()


def test_progress_is_told_and_errors_in_it_end_the_scan(documents):
    told = []
    wirecopy.scan(documents, progress=lambda *now: told.append(now))
    stage, done, total, read = told[-1]
    assert isinstance(stage, str) and read == len(documents) and done == total > 0

    def refuse(*_):
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        wirecopy.scan(documents, progress=refuse)


def test_errors_of_an_iterator_come_out(documents):
    def broken():
        yield from documents[:5]
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        wirecopy.scan(broken())


def test_what_is_no_document(documents):
    with pytest.raises(TypeError, match="document 1 is of type int"):
        wirecopy.scan([documents[0], 5])
    with pytest.raises(wirecopy.SettingError, match="document 0: `text` is of type int"):
        wirecopy.scan([{"text": 5}])
    with pytest.raises(TypeError, match="bytes"):
        wirecopy.scan(b"text")
    with pytest.raises(TypeError, match="list of dicts"):
        wirecopy.scan({"text": ["a"]})
    with pytest.raises(TypeError):
        wirecopy.scan(5)


def test_lone_surrogates_are_replaced():
    found = wirecopy.scan(["one two \ud800 three four five"] * 2)
    assert len(found.pairs) == 1 and "\ufffd" in found.text("0")


def test_logging_and_no_prints(documents, caplog, capfd):
    with caplog.at_level(logging.INFO, "wirecopy"):
        wirecopy.scan([{"text": "a b c d e f"}, {}])
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING"]
    wirecopy.scan([{"text": "a b c d e f"}, {}])
    assert capfd.readouterr() == ("", "")
