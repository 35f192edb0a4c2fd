"""A corpus: scanned, and what is read out of the scan."""

from __future__ import annotations

import html
import importlib
import json
import logging
import os
from collections.abc import Callable, Sequence
from typing import Any, Literal, Optional, TypedDict, Union, overload

from wirecopy import _wirecopy
from wirecopy._sources import Documents, Duration, Path, bytes_of, judging, listed, sorted_out
from wirecopy._tables import Table
from wirecopy._texts import Comparison, Method, comparison_of

logger = logging.getLogger("wirecopy")
logger.addHandler(logging.NullHandler())

Told = Callable[[str, int, int, int], object]
Report = Literal["html", "json", "json+text", "markdown", "sites", "boilerplate", "sarif", "junit", "csv", "pairs"]


class SiteCount(TypedDict):
    """What became of one site's documents."""

    site: str
    documents: int
    bytes: int
    duplicates: int


class Accounting(TypedDict, total=False):
    """What became of every document: documents = unique + duplicates + empty + unreadable."""

    documents: int
    unique: int
    duplicates: int
    empty: int
    unreadable: int
    short: int
    bytes: int
    sites: list[SiteCount]
    pairs: dict[str, int]


class _Problem(TypedDict):
    path: str
    reason: str


class Problem(_Problem, total=False):
    """What could not be read, or not as it stood; `record` is its row, from 0."""

    record: int


class Scan:
    """What `scan` found. It holds its documents' texts as long as it lives; tables are made when they are asked for.

    >>> import wirecopy
    >>> wirecopy.scan(["one two three four", "one two three four", "five six seven eight"])
    <wirecopy.Scan: 3 documents = 2 unique + 1 duplicates + 0 empty + 0 unreadable; 1 clusters, 1 pairs>
    """

    __slots__ = ("_accounting", "_run", "_tables")

    def __init__(self, run: _wirecopy.Run) -> None:
        self._run = run
        self._accounting: Optional[Accounting] = None
        self._tables: dict[str, Table] = {}

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            self._tables[name] = Table(self._run.table(name), name)
        return self._tables[name]

    @property
    def pairs(self) -> Table:
        """A row for every verified pair: ids, relation, exact measures (0 to 1) and spans in bytes of each text."""
        return self._table("pairs")

    @property
    def clusters(self) -> Table:
        """A row for every document in a cluster, the lead first."""
        return self._table("clusters")

    @property
    def documents(self) -> Table:
        """A row for every document, in order of the input: its cluster, and what it is to the cluster's representative."""
        return self._table("documents")

    @property
    def pages(self) -> Table:
        """A row for every repeat within a document, with its places."""
        return self._table("pages")

    @property
    def accounting(self) -> Accounting:
        """What became of every document, as the json report says it: with each site's documents, bytes and copies."""
        if self._accounting is None:
            accounting: Accounting = json.loads(self._run.accounting())
            self._accounting = accounting
        return self._accounting

    @property
    def problems(self) -> list[Problem]:
        """What gave no document, each with its reason, and what was not read as it stood."""
        problems: list[Problem] = json.loads(self._run.problems())
        return problems

    @overload
    def report(self, format: Literal["parquet"], path: Path, *, force: bool = False) -> None: ...
    @overload
    def report(self, format: Report, path: None = None) -> str: ...
    @overload
    def report(self, format: Report, path: Path, *, force: bool = False) -> None: ...
    def report(
        self, format: Union[Report, Literal["parquet"]], path: Optional[Path] = None, *, force: bool = False
    ) -> Optional[str]:
        """Writes a report of `wirecopy scan --report` to a path, whole or not at all; without a path gives it as a string.

        `parquet` takes a directory. A file that is there and that wirecopy did not write is replaced only with `force`, and an
        input never: `FileError`. `html` and `json` read all files once more, for their hashes.
        """
        written = self._run.report(format, None if path is None else os.fspath(path), force)
        return None if written is None else written.decode()

    def compare(self, a: str, b: str) -> Comparison:
        """Compares two documents by their ids under what this corpus taught. `SettingError` where there is no such id."""
        return comparison_of(self._run.compare(a, b))

    def text(self, id: str) -> str:
        """The text of a document that everything measured: spans and places are bytes of its UTF-8."""
        return self._run.text(id)

    def keep(self, rules: Optional[str] = None, *, remove: str = "exact,near,contained") -> list[bool]:
        """Of every document that was given, in order, whether `wirecopy dedup` would keep it.

        `rules` say which copy stays, as `dedup --keep` does: origin, canonical-url, earliest, longest, source-rank=FILE,
        path=GLOB, protected=GLOB. Every document that goes was verified against the copy that stays. Of rows in memory there
        is one answer a row, and a row without a text stays.

        >>> import wirecopy
        >>> wirecopy.scan(["one two three four", "one two three four"]).keep()
        [True, False]
        """
        return self._run.keep(rules, remove)

    def save_model(self, path: Path, *, force: bool = False) -> None:
        """Writes what the corpus taught, for `scan(..., model=path)` and `Index(..., model=path)`."""
        self._run.save_model(os.fspath(path), force)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a Scan holds its documents and is not pickled; its tables are: pickle scan.pairs, scan.documents ...")

    def _totals(self) -> Accounting:
        totals: Accounting = json.loads(self._run.totals())
        return totals

    def _summary(self) -> str:
        counts = self._totals()
        clusters, pairs = self._run.counts()
        return (
            f"{counts['documents']} documents = {counts['unique']} unique + {counts['duplicates']} duplicates + "
            f"{counts['empty']} empty + {counts['unreadable']} unreadable; {clusters} clusters, {pairs} pairs"
        )

    def __repr__(self) -> str:
        return f"<wirecopy.Scan: {self._summary()}>"

    def _repr_html_(self) -> str:
        def row(story: dict[str, Any]) -> str:
            title = html.escape((story["title"] or story["id"])[:200])
            site = html.escape(story["site"][:100])
            return f"<tr><td>{story['documents']}</td><td>{story['sites']}</td><td>{site}</td><td>{title}</td></tr>"

        rows = "".join(map(row, json.loads(self._run.stories(10))))
        head = "<tr><th>documents</th><th>sites</th><th>site</th><th>title</th></tr>"
        table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>" if rows else ""
        return f"<p>{html.escape(self._summary())}</p>{table}"


def scan(
    src: Documents,
    *,
    text: str = "text",
    id: str = "id",
    title: str = "title",
    url: str = "url",
    canonical_url: str = "canonical_url",
    date: str = "date",
    source: str = "source",
    against: Optional[Documents] = None,
    within: Optional[Duration] = None,
    classic: bool = False,
    threshold: float = 0.7,
    containment: float = 0.7,
    partial_words: int = 50,
    min_words: int = 20,
    jaccard: float = 0.8,
    shingle: int = 5,
    method: Method = "join",
    threads: Optional[int] = None,
    memory: Union[str, int, None] = None,
    work_dir: Optional[Path] = None,
    model: Optional[Path] = None,
    boilerplate: Optional[Path] = None,
    progress: Union[bool, Told, None] = None,
    format: str = "auto",
    delimiter: Optional[str] = None,
    html: Literal["main", "all"] = "main",
    site_from: Optional[str] = None,
    date_format: Union[str, Sequence[str], None] = None,
    hidden: bool = False,
    no_ignore: bool = False,
    follow: bool = False,
    glob: Union[str, Sequence[str], None] = None,
    max_filesize: Union[str, int, None] = None,
    max_record: Union[str, int] = "64M",
) -> Scan:
    """Finds the duplicates among documents, and what is repeated within each.

    `src` is a path or a list of them; a list of str or of dicts, or an iterator of them; anything with `__arrow_c_stream__` or
    `__arrow_c_array__` (pyarrow, polars, pandas, duckdb); or a `datasets.Dataset`. The same documents give the same tables,
    whatever they come in. Strings in a list are paths where each names a file that is there, and else texts.
    `text`, `id`, `title`, `url`, `canonical_url`, `date` and `source` name fields; a document without an id has its number,
    counted from 0. `against` is a second set, in files or in memory as `src` is: no document of it is a duplicate.

    `within` leaves pairs that are close in time ("12h", "7d", or a timedelta). `classic` judges by raw measures alone, and
    `jaccard` is of it. `memory` ("4G") bounds what the library holds in this process from now on: what does not fit goes to a file
    without a name in `work_dir`. `threads` are as many as the machine has if None. `progress` shows a bar (True, by tqdm) or is called
    with the stage, bytes read, bytes in all and documents read. The last eleven say how files are read, as the command does.

    Time is linear in the bytes of the documents and in candidates. Other threads of Python run meanwhile, and Ctrl-C ends it.

    Raises `SettingError` (a ValueError) for a setting out of range or documents without a text, `MissingError` (a
    FileNotFoundError) for a path that is not there, `FileError` (an OSError) where nothing can be read.

    >>> import wirecopy
    >>> found = wirecopy.scan([{"id": "a", "text": "one two three four"}, {"id": "b", "text": "one two three four"}])
    >>> found.accounting["duplicates"], found.problems
    (1, [])
    """
    documents, are_paths = sorted_out(src)
    second, second_are_paths = (None, False) if against is None else sorted_out(against)
    told, end = _teller(progress)
    try:
        run = _wirecopy.scan(
            documents,
            second,
            (are_paths, second_are_paths),
            fields=fields(text, id, title, url, canonical_url, date, source),
            judging=judging(
                threshold,
                containment,
                partial_words,
                min_words,
                classic=classic,
                jaccard=jaccard,
                method=method,
                within=within,
            ),
            reading={
                "format": format,
                "delimiter": delimiter,
                "html": html,
                "site_from": site_from,
                "date_format": listed(date_format),
                "hidden": hidden,
                "no_ignore": no_ignore,
                "follow": follow,
                "glob": listed(glob),
                "max_filesize": bytes_of(max_filesize),
                "max_record": str(max_record),
            },
            means={
                "threads": threads or 0,
                "work_dir": None if work_dir is None else os.fspath(work_dir),
                "memory": bytes_of(memory),
            },
            given={
                "shingle": shingle,
                "model": None if model is None else os.fspath(model),
                "boilerplate": None if boilerplate is None else os.fspath(boilerplate),
            },
            told=told,
        )
    finally:
        end()
    found = Scan(run)
    logger.info("scanned %s", found._summary())
    unreadable = found._totals()["unreadable"]
    if unreadable:
        logger.warning("%d records gave no document: Scan.problems lists them", unreadable)
    return found


def fields(text: str, id: str, title: str, url: str, canonical_url: str, date: str, source: str) -> dict[str, str]:
    """The names of fields as the extension takes them."""
    return {
        "text": text,
        "id": id,
        "title": title,
        "url": url,
        "canonical_url": canonical_url,
        "date": date,
        "source": source,
    }


def _teller(progress: Union[bool, Told, None]) -> tuple[Optional[Told], Callable[[], object]]:
    """What is told of progress, and what ends the telling."""

    def nothing() -> None:
        return None

    if callable(progress):
        return progress, nothing
    if not progress:
        return None, nothing
    try:
        tqdm = importlib.import_module("tqdm.auto").tqdm
    except ImportError:
        logger.info("progress needs tqdm: pip install tqdm")
        return None, nothing
    bar = tqdm(unit="B", unit_scale=True, desc="open", leave=False)

    def told(stage: str, done: int, total: int, documents: int) -> None:
        bar.total = total or None
        bar.set_description(f"{stage}, {documents} documents", refresh=False)
        bar.n = done
        bar.refresh()

    return told, bar.close
