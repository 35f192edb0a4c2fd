"""Reads the parquet report with DuckDB and with pandas, and compares it with the csv and pairs reports of the same scan.

read.py PROGRAM CORPUS
"""

import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pandas

NUMBERS = ("jaccard", "containment", "score")


def scan(program, corpus, directory):
    """The rows of the csv and pairs reports; the tables are in the directory."""
    targets = {"parquet": directory, "csv": directory / "csv", "pairs": directory / "pairs", "json": directory / "json"}
    reports = [word for name, place in targets.items() for word in ("--report", f"{name}={place}")]
    subprocess.run([program, "scan", "--quiet", corpus, *reports], check=True)
    with open(targets["csv"], newline="") as lines:
        documents = [typed(row) for row in csv.DictReader(lines)]
    pairs = [json.loads(line) for line in targets["pairs"].read_text().splitlines()]
    return documents, pairs


def typed(row):
    """A csv row with numbers as numbers and nothing as None."""
    row = {name: value or None for name, value in row.items()}
    for name in NUMBERS:
        row[name] = row[name] and float(row[name])
    return row | {"repeats": int(row["repeats"])}


def table(pair):
    """A pair as its table has it."""
    optional = dict.fromkeys(("inner", "coverage_a", "coverage_b", "identity", "indexed"))
    spans = [
        {
            "a_start": span["a"][0],
            "a_end": span["a"][1],
            "b_start": span["b"][0],
            "b_end": span["b"][1],
            "tokens": span["tokens"],
            "identity": span["identity"],
        }
        for span in pair["spans"]
    ]
    return optional | pair | {"spans": spans}


def by_duckdb(path):
    """All rows, and the types of the columns."""
    found = duckdb.sql(f"select * from read_parquet('{path}')")
    return [dict(zip(found.columns, row)) for row in found.fetchall()], dict(zip(found.columns, map(str, found.types)))


def by_pandas(path):
    """All rows, nulls as None."""
    frame = pandas.read_parquet(path)
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{name: list(cell) if name == "spans" else cell for name, cell in row.items()} for row in rows]


def main(program, corpus):
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        documents, pairs = scan(program, corpus, directory)
        for path, expected in (("documents", documents), ("pairs", [table(pair) for pair in pairs])):
            path = directory / f"{path}.parquet"
            rows, types = by_duckdb(path)
            assert rows == expected, f"DuckDB reads something else in {path.name}"
            assert by_pandas(path) == expected, f"pandas reads something else in {path.name}"
            assert types["score"] == "DOUBLE" and types["relation"] == "VARCHAR", types
        clusters = directory / "clusters.parquet"
        rows, types = by_duckdb(clusters)
        assert types["tokens"] == "BIGINT", types
        assert by_pandas(clusters)[0]["id"] == rows[0]["id"]
        members = {(row["id"], row["cluster"], row["score"]) for row in rows}
        expected = {(row["id"], row["cluster"], row["score"]) for row in documents if row["cluster"]}
        assert len(rows) == len(members) and members == expected, "clusters have other documents than csv says"
        pages = directory / "pages.parquet"
        rows, types = by_duckdb(pages)
        assert types["count"] == "BIGINT" and types["furniture"] == "BOOLEAN", types
        expected = [
            (page["id"], repeat["kind"], repeat["text"], repeat["count"], [place["start"] for place in repeat["places"]])
            for page in json.loads((directory / "json").read_text())["pages"]
            for repeat in page["repeats"]
        ]
        found = [
            (row["id"], row["kind"], row["text"], row["count"], [place["start"] for place in row["places"]])
            for row in rows
            if row["places"] is not None
        ]
        assert found == expected and found, "pages have other repeats than json says"
        assert len(by_pandas(pages)) == len(rows)
        print(f"DuckDB and pandas read {len(documents)} documents, {len(pairs)} pairs, {len(rows)} in clusters")


main(*sys.argv[1:])
