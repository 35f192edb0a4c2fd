"""Finds near-duplicate and syndicated news text, verifies every pair exactly and shows why.

Three ways in: a corpus (`scan`), two texts (`compare`), and a stream of documents against what came before (`Index`).

>>> import wirecopy
>>> quay = "The harbour master closed the outer quay on Tuesday after a crane had failed twice within one week."
>>> found = wirecopy.scan([quay, quay.replace("on Tuesday", "this week"), "Rain is expected in the north tonight."])
>>> [(pair["a"], pair["b"], pair["relation"]) for pair in found.pairs.to_pylist()]
[('0', '1', 'near')]
>>> found.keep()
[True, False, True]

Names, defaults and what they mean are the command's: `wirecopy scan --help` says more. No `wirecopy.toml` is read.
Offsets are bytes of a text's UTF-8, half open; `Span.in_a` and `Span.in_b` cut a passage out.
"""

from wirecopy._errors import Error, FileError, IndexFault, LockedError, MissingError, SettingError
from wirecopy._index import Answer, Index, Match
from wirecopy._scan import Accounting, Problem, Scan, scan
from wirecopy._tables import Signatures, Table
from wirecopy._texts import (
    Comparison,
    Page,
    Place,
    Repeat,
    Span,
    Test,
    compare,
    extract,
    minhash,
    repeats,
    shingles,
    simhash,
    tokens,
)
from wirecopy._wirecopy import __version__

__all__ = [
    "Accounting",
    "Answer",
    "Comparison",
    "Error",
    "FileError",
    "Index",
    "IndexFault",
    "LockedError",
    "Match",
    "MissingError",
    "Page",
    "Place",
    "Problem",
    "Repeat",
    "Scan",
    "SettingError",
    "Signatures",
    "Span",
    "Table",
    "Test",
    "__version__",
    "compare",
    "extract",
    "minhash",
    "repeats",
    "scan",
    "shingles",
    "simhash",
    "tokens",
]
