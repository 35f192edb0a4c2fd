"""What is asked of single texts and pages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Optional, Union

from wirecopy import _wirecopy
from wirecopy._sources import ArrowArray, ArrowStream, judging
from wirecopy._tables import Signatures

Method = Literal["join", "minhash", "simhash"]
Texts = Union[Iterable[str], ArrowStream, ArrowArray]


@dataclass(frozen=True)
class Span:
    """A passage of two texts that is the same but for small differences.

    `a` and `b` are start and end in bytes of each text's UTF-8, `tokens` how many tokens match, and `identity` their share
    of the longer side, 0 to 1.

    >>> Span(a=(0, 5), b=(3, 8), tokens=1, identity=1.0).in_b("12 Évora")
    'Évor'
    """

    a: tuple[int, int]
    b: tuple[int, int]
    tokens: int
    identity: float

    def in_a(self, text: str) -> str:
        """The passage as the first text has it."""
        return _cut(text, self.a)

    def in_b(self, text: str) -> str:
        """The passage as the second text has it."""
        return _cut(text, self.b)


@dataclass(frozen=True)
class Test:
    """One test of a relation: a figure, and the bound that it is held against."""

    relation: str
    what: str
    figure: float
    least: float
    holds: bool


@dataclass(frozen=True)
class Comparison:
    """Two documents compared.

    `relation` is exact, update, templated, near, contained or partial, or None. `inner` names the side that stands in the
    other: "a" or "b", or of documents of a scan its id. All measures lie between 0 and 1; `score` is 0 where there is no
    relation, and coverages and identity are None where nothing was aligned. `tests` are in the order in which they decide.
    """

    relation: Optional[str]
    inner: Optional[str]
    same_site: bool
    score: float
    jaccard: float
    containment_a_in_b: float
    containment_b_in_a: float
    coverage_a: Optional[float]
    coverage_b: Optional[float]
    identity: Optional[float]
    tests: tuple[Test, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Place:
    """Where something stands in a page: bytes of the text, the role of the place, in which form, line and column from 1."""

    start: int
    end: int
    role: str
    form: str
    line: int
    column: int
    path: str


@dataclass(frozen=True)
class Repeat:
    """What stands more than once within one page: block, title, heading, paragraph, line or similar."""

    kind: str
    text: str
    count: int
    furniture: bool
    spans: tuple[tuple[int, int], ...]
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Page:
    """The article of an HTML page, and what the page says of itself."""

    text: str
    title: Optional[str]
    headings: tuple[tuple[int, str], ...]
    url: Optional[str]
    canonical_url: Optional[str]
    date: Optional[str]
    site_name: Optional[str]
    author: Optional[str]
    language: Optional[str]
    encoding: str


def _cut(text: str, span: tuple[int, int]) -> str:
    return text.encode("utf-8", "replace")[span[0] : span[1]].decode("utf-8", "replace")


def spans_of(rows: list[dict[str, Any]]) -> tuple[Span, ...]:
    """Spans of a report."""
    return tuple(Span(tuple(row["a"]), tuple(row["b"]), row["tokens"], row["identity"]) for row in rows)


def comparison_of(written: bytes) -> Comparison:
    """What the extension says of two documents."""
    row = json.loads(written)
    row["tests"] = tuple(Test(**test) for test in row["tests"])
    row["spans"] = spans_of(row["spans"])
    return Comparison(**row)


def compare(
    a: str,
    b: str,
    *,
    title_a: str = "",
    title_b: str = "",
    threshold: float = 0.7,
    containment: float = 0.7,
    partial_words: int = 50,
    min_words: int = 20,
    classic: bool = False,
    jaccard: float = 0.8,
    shingle: int = 5,
) -> Comparison:
    """Compares two texts: their relation, the measures and tests that it rests on, and the passages of both.

    Titles tell two short notes of the same words apart. A corpus teaches more than two texts do: `Scan.compare` judges two
    documents under what their corpus taught. Linear in the length of texts in which little repeats.

    Raises `SettingError` for a threshold that is not above 0 and at most 1.

    >>> quay = "The harbour master closed the outer quay on Tuesday after a crane had failed twice within one week."
    >>> found = compare(quay, quay.replace("on Tuesday", "this week"))
    >>> found.relation, found.spans[0].in_b("...")
    ('near', '...')
    """
    rules = judging(threshold, containment, partial_words, min_words, classic=classic, jaccard=jaccard)
    return comparison_of(_wirecopy.compare((a, b), (title_a, title_b), rules, shingle))


def repeats(text: Union[str, bytes], *, html: bool = False) -> list[Repeat]:
    """What stands more than once within one text; with `html` within all that is visible of a page.

    Offsets refer to the text, or to what `wirecopy text --html all` prints of the page. Each repeat is given once, as its
    largest unit. Linear in the length of the text.

    >>> [(found.kind, found.count) for found in repeats("Quay closed after crane failed\\n\\nQuay closed after crane failed\\n")]
    [('title', 2)]
    """

    def place(row: dict[str, Any]) -> Place:
        return Place(row["start"], row["end"], row["role"], row["as"], row["line"], row["column"], row.get("path", ""))

    def repeat(row: dict[str, Any]) -> Repeat:
        spans = tuple((start, end) for start, end in row["spans"])
        places = tuple(map(place, row["places"]))
        return Repeat(row["kind"], row["text"], row["count"], row["furniture"], spans, places)

    return [repeat(row) for row in json.loads(_wirecopy.repeats(text, html))]


def extract(html: Union[str, bytes], *, url: Optional[str] = None) -> Page:
    """The article of an HTML page, as a scan reads it, and what the page says of itself. `url` is where it was read.

    The same bytes give the same text on every machine. Raises `FileError` where bytes are no text.

    >>> page = extract("<title>Ferry runs again</title><p>The ferry across the sound runs again, the harbour office says.</p>")
    >>> page.title
    'Ferry runs again'
    """
    row = json.loads(_wirecopy.extract(html))
    headings = tuple((level, text) for level, text in row.pop("headings"))
    return Page(headings=headings, url=url, **row)


def tokens(text: str) -> list[str]:
    """The tokens of a text, as everything measures them: letters, marks and numbers, case and width folded.

    >>> tokens("The quay's CLOSED")
    ['the', 'quay', 's', 'closed']
    """
    return _wirecopy.tokens(text)


def shingles(text: str, k: int = 5) -> list[int]:
    """The distinct hashes (64 bits) of a text's shingles of `k` tokens, ascending. Empty where the text has no token.

    >>> len(shingles("The outer quay is closed until the crane is mended."))
    6
    """
    return _wirecopy.shingles(text, k)


def minhash(texts: Texts, values: int = 128, *, shingle: int = 5) -> Signatures:
    """A MinHash signature of `values` numbers (1 to 128) for each text; None for one without tokens.

    The share of equal places of two signatures estimates the Jaccard similarity J of their shingle sets, with a variance of at
    most J (1 - J) / `values`. Signatures of different lengths have nothing to do with one another.

    >>> a, b = minhash(["one two three four five six"] * 2, values=64)
    >>> len(a), a == b
    (64, True)
    """
    return Signatures(_wirecopy.minhash(texts, values, shingle))


def simhash(texts: Texts, *, shingle: int = 5) -> Signatures:
    """A SimHash code (64 bits) for each text; None for one without tokens.

    >>> [code is None for code in simhash(["one two three four five six", "?!"])]
    [False, True]
    """
    return Signatures(_wirecopy.simhash(texts, shingle))
