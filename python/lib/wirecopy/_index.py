"""A persistent index: what arrives, against all that came before."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Literal, Optional, TypedDict, Union

from wirecopy import _wirecopy
from wirecopy._scan import fields
from wirecopy._sources import Documents, Duration, Path, judging, listed, seconds, sorted_out

logger = logging.getLogger("wirecopy")


class MatchSpan(TypedDict):
    """A passage of the document (`a`) and of its match (`b`), in bytes of each text."""

    a: tuple[int, int]
    b: tuple[int, int]


class _Match(TypedDict):
    id: str
    relation: str
    jaccard: float
    containment_in_match: float
    containment_of_match: float
    score: float
    spans: list[MatchSpan]


class Match(_Match, total=False):
    """A document that an answer rests on. `error` is there where measures are estimated."""

    error: float


class Answer(TypedDict):
    """What is said of a document: the member `wirecopy` of a line of `wirecopy filter`."""

    verdict: str
    of: Optional[str]
    cluster: str
    verified: bool
    matches: list[Match]
    seen_at: str


class Index:
    """An index on disk that documents are checked against and added to, as `wirecopy filter` does.

    `mode` is "r" to ask it as it was when it was opened, "a" to add to it (it is created where there is none), "x" to create
    it. One process writes at a time: `LockedError`; any number read. What `add` has answered survives a crash. `store`,
    `window` and `shingle` count where the index is created; without `model` it goes on learning.

    Threads may share one: those that ask run beside one another, those that add one after the other.

    >>> import tempfile, wirecopy
    >>> quay = "The harbour master closed the outer quay on Tuesday after a crane had failed twice within one week."
    >>> with tempfile.TemporaryDirectory() as directory, wirecopy.Index(directory + "/seen") as index:
    ...     answers = index.add([{"id": "a", "text": quay}, {"id": "b", "text": quay}])
    ...     [(answer["verdict"], answer["of"]) for answer in answers], len(index), "a" in index
    ([('new', None), ('exact', 'a')], 2, True)
    """

    def __init__(
        self,
        path: Path,
        mode: Literal["r", "a", "x"] = "a",
        *,
        text: str = "text",
        id: str = "id",
        title: str = "title",
        url: str = "url",
        canonical_url: str = "canonical_url",
        date: str = "date",
        source: str = "source",
        store: Literal["text", "signatures"] = "text",
        window: Optional[Duration] = None,
        shingle: Optional[int] = None,
        model: Optional[Path] = None,
        threshold: float = 0.7,
        containment: float = 0.7,
        partial_words: int = 50,
        min_words: int = 20,
        threads: Optional[int] = None,
        work_dir: Optional[Path] = None,
        date_format: Union[str, Sequence[str], None] = None,
        max_record: Union[str, int] = "64M",
    ) -> None:
        """Opens or creates it.

        Raises `MissingError` where there is nothing to read, `FileError` where "x" finds an index, `LockedError` where another
        writer has it, `IndexFault` where it is damaged or was built in another way, `SettingError` for settings out of range.
        """
        self._path = os.fspath(path)
        self._options: dict[str, Any] = {
            "fields": fields(text, id, title, url, canonical_url, date, source),
            "judging": judging(threshold, containment, partial_words, min_words),
            "reading": {
                "format": "auto",
                "delimiter": None,
                "html": "main",
                "site_from": None,
                "date_format": listed(date_format),
                "hidden": False,
                "no_ignore": False,
                "follow": False,
                "glob": [],
                "max_filesize": None,
                "max_record": str(max_record),
            },
            "means": {
                "threads": threads or 0,
                "work_dir": None if work_dir is None else os.fspath(work_dir),
                "memory": None,
            },
            "creation": {
                "store": store,
                "window": seconds(window),
                "shingle": shingle,
                "model": None if model is None else os.fspath(model),
            },
        }
        self._index = _wirecopy.Index(self._path, mode, **self._options)

    def add(self, batch: Documents) -> list[Optional[Answer]]:
        """Takes documents, as if one by one; one answer each, in order. Once it returns, they are safe on disk.

        `batch` is whatever `scan` takes. A document without an id is named by its number among all that the index was given.
        The same id and text is given the same answer again. A row without a text is no document: its answer is None, and the
        log says so. Where it is interrupted, documents that were taken stay, and are answered as before when they come again.

        Raises `SettingError` where the index was opened for reading or is closed, `IndexFault` for damage that is met.
        """
        documents, are_paths = sorted_out(batch)
        return self._told(self._index.add(documents, are_paths))

    def check(self, batch: Documents) -> list[Optional[Answer]]:
        """The answer that each document would be given, each for itself, in order. The index stays as it is."""
        documents, are_paths = sorted_out(batch)
        return self._told(self._index.check(documents, are_paths))

    async def acheck(self, batch: Documents) -> list[Optional[Answer]]:
        """As `check`, on a thread of asyncio's pool."""
        # Whoever awaits has it; it takes longer to import than all that is here.
        import asyncio

        return await asyncio.to_thread(self.check, batch)

    async def aadd(self, batch: Documents) -> list[Optional[Answer]]:
        """As `add`, on a thread of asyncio's pool. Batches that are added at once are taken in any order."""
        import asyncio

        return await asyncio.to_thread(self.add, batch)

    def delete(self, ids: Iterable[str]) -> int:
        """Deletes all versions of these ids; gives how many documents that were."""
        return self._index.delete(_ids(ids))

    def get(self, ids: Iterable[str]) -> list[Optional[dict[str, Any]]]:
        """The last version of each id, in order: its fields, its text where texts are kept, and what was said of it as
        `wirecopy`. None for an id that is not there."""
        found: list[Optional[dict[str, Any]]] = json.loads(self._index.get(_ids(ids)))
        return found

    def stats(self) -> dict[str, Any]:
        """Figures, as `wirecopy index stats --json` has them. Looks at every document."""
        stats: dict[str, Any] = json.loads(self._index.stats())
        return stats

    def close(self) -> None:
        """Writes what is in memory into a segment and lets the index go. Without it the next start takes longer."""
        self._index.close()

    def __len__(self) -> int:
        """How many documents are found. Looks at every one."""
        return self._index.count()

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self._index.holds(id)

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (self._path, self._options)

    def __repr__(self) -> str:
        state = "closed " if self._index.is_closed() else ""
        return f"<{state}wirecopy.Index at {self._path}>"

    def _told(self, written: bytes) -> list[Optional[Answer]]:
        answers: list[Optional[Answer]] = json.loads(written)
        none = answers.count(None)
        if none:
            logger.warning("%d of %d documents have no text", none, len(answers))
        return answers


def _ids(ids: Iterable[str]) -> list[str]:
    if isinstance(ids, str):
        raise TypeError("ids are a list of them: [id]")
    return list(ids)


def _reopened(path: str, options: dict[str, Any]) -> Index:
    """What was pickled is opened for reading: one process writes at a time."""
    index = Index.__new__(Index)
    index._path, index._options = path, options
    index._index = _wirecopy.Index(path, "r", **options)
    return index
