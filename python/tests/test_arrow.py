"""Arrow in and out, with those that people have. What is not installed is skipped, and pytest says so."""

import json
import pickle

import pytest
import wirecopy

pyarrow = pytest.importorskip("pyarrow")
columns = ("id", "title", "url", "date", "text")


def parquet_rows(file):
    return pytest.importorskip("pyarrow.parquet").read_table(file).to_pylist()


@pytest.fixture(scope="module")
def table(documents):
    return pyarrow.Table.from_pylist(documents)


def sources(table, documents):
    def polars():
        return pytest.importorskip("polars").from_arrow(table)

    def duckdb():
        return pytest.importorskip("duckdb").from_arrow(table)

    def struct_array():
        return table.to_struct_array().combine_chunks()

    return {
        "table": lambda: table,
        "batch": lambda: table.combine_chunks().to_batches()[0],
        "reader": lambda: table.to_reader(max_chunksize=7),
        "generator of batches": lambda: pyarrow.RecordBatchReader.from_batches(
            table.schema, (batch for batch in table.to_batches(max_chunksize=50))
        ),
        "struct array": struct_array,
        "sliced": lambda: pyarrow.concat_tables([table.slice(0, 3), table]).slice(3),
        "large strings": lambda: table.cast(pyarrow.schema([(name, pyarrow.large_string()) for name in table.column_names])),
        "dictionaries": lambda: table.set_column(4, "text", table["text"].dictionary_encode()),
        "polars": polars,
        "pandas": lambda: table.to_pandas(),
        "duckdb": duckdb,
    }


@pytest.mark.parametrize("kind", sources(None, None))
def test_every_kind_of_arrow_data_gives_the_tables_of_the_command(kind, table, documents, lines, command, tmp_path):
    command("scan", lines, "--quiet", "--report", f"parquet={tmp_path / 'tables'}")
    found = wirecopy.scan(sources(table, documents)[kind]())
    for name in ("pairs", "documents", "clusters"):
        own, expected = getattr(found, name).to_pylist(), parquet_rows(tmp_path / "tables" / f"{name}.parquet")
        where = () if name == "pairs" else ("path", "record")
        strip = [[{key: value for key, value in row.items() if key not in where} for row in rows] for rows in (own, expected)]
        assert strip[0] == strip[1], name


def test_tables_of_a_path_are_those_of_parquet(lines, command, tmp_path):
    command("scan", lines, "--quiet", "--report", f"parquet={tmp_path}")
    found = wirecopy.scan(lines)
    for name in ("pairs", "documents", "clusters", "pages"):
        own = getattr(found, name)
        assert own.to_pylist() == parquet_rows(tmp_path / f"{name}.parquet")
        assert own.to_pyarrow().to_pylist() == own.to_pylist()
        assert own.to_pyarrow().schema.names == own.column_names


def test_columns_alone_are_texts(documents):
    texts = [document["text"] for document in documents]
    expected = wirecopy.scan(texts).pairs.to_pylist()
    assert wirecopy.scan(pyarrow.array(texts)).pairs.to_pylist() == expected
    assert wirecopy.scan(pyarrow.chunked_array([texts[:9], texts[9:]])).pairs.to_pylist() == expected
    polars = pytest.importorskip("polars")
    assert wirecopy.scan(polars.Series("anything", texts)).pairs.to_pylist() == expected
    assert wirecopy.minhash(pyarrow.array(texts), values=16).to_pylist() == wirecopy.minhash(texts, values=16).to_pylist()


def test_tables_go_out(documents):
    found = wirecopy.scan(documents)
    polars, pandas, duckdb = map(pytest.importorskip, ("polars", "pandas", "duckdb"))
    assert found.pairs.to_polars().height == len(found.pairs.to_pandas()) == len(found.pairs)
    assert polars.DataFrame(found.clusters).to_dicts() == found.clusters.to_pylist()
    assert isinstance(found.documents.to_pandas(), pandas.DataFrame)
    pairs = found.pairs
    assert duckdb.sql("select count(*) from pairs where relation = 'near'").fetchall()[0][0] > 0
    longest = duckdb.sql("select max(span.tokens) from (select unnest(spans) as span from pairs)").fetchall()[0][0]
    assert longest == max(span["tokens"] for pair in pairs for span in pair["spans"])
    # A stream may be asked for more than once, and given back unread.
    capsule = pairs.__arrow_c_stream__()
    del capsule
    assert pyarrow.table(pairs).num_rows == pyarrow.table(pickle.loads(pickle.dumps(pairs))).num_rows == len(pairs)


def test_signatures_go_out():
    numpy = pytest.importorskip("numpy")
    texts = ["one two three four five six", "seven eight nine", "?"]
    found = wirecopy.minhash(texts, values=8)
    assert pyarrow.array(found).to_pylist() == found.to_pylist()
    assert found.to_numpy().shape == (3, 8) and found.to_numpy().dtype == numpy.uint64
    assert wirecopy.simhash(texts).to_numpy().shape == (3,)
    assert pyarrow.array(wirecopy.simhash(texts)).type == pyarrow.uint64()


def test_masks_select(table, documents):
    mask = wirecopy.scan(table).keep()
    assert table.filter(pyarrow.array(mask)).num_rows == sum(mask)
    assert len(table.to_pandas()[mask]) == sum(mask)
    assert pytest.importorskip("polars").from_arrow(table).filter(mask).height == sum(mask)


def test_what_is_no_table_of_documents():
    with pytest.raises(wirecopy.SettingError, match="`text`"):
        wirecopy.scan(pyarrow.table({"x": [1]}))
    with pytest.raises(wirecopy.SettingError):
        wirecopy.scan(pyarrow.table({"text": [1]}))
    assert wirecopy.scan(pyarrow.table({"text": pyarrow.array([], pyarrow.string())})).accounting["documents"] == 0

    class Lying:
        def __arrow_c_stream__(self, requested_schema=None):
            return "no capsule"

    with pytest.raises(TypeError):
        wirecopy.scan(Lying())

    def broken():
        yield pyarrow.record_batch({"text": ["one two three"]})
        raise KeyError("gone")

    with pytest.raises(wirecopy.Error, match="gone"):
        wirecopy.scan(pyarrow.RecordBatchReader.from_batches(pyarrow.schema([("text", pyarrow.string())]), broken()))


def test_an_index_takes_tables(table, documents, tmp_path):
    with wirecopy.Index(tmp_path / "a") as of_table, wirecopy.Index(tmp_path / "b") as of_dicts:
        told = [{**answer, "seen_at": ""} for answer in of_table.add(table)]
        assert told == [{**answer, "seen_at": ""} for answer in of_dicts.add(documents)]


def test_a_bar_is_shown(documents, capfd):
    pytest.importorskip("tqdm")
    wirecopy.scan(documents, progress=True)
    assert "documents" in capfd.readouterr().err
    assert json.loads(wirecopy.scan(documents).report("json"))["accounting"]["documents"] == len(documents)
