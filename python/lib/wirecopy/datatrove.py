"""A filter for datatrove: documents that an index has do not go on."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Optional, Union

from datatrove.data import Document, DocumentsPipeline  # type: ignore[import-untyped]
from datatrove.pipeline.filters.base_filter import BaseFilter  # type: ignore[import-untyped]

from wirecopy._index import Index
from wirecopy._sources import Path

_METADATA = ("title", "url", "canonical_url", "date", "source")


class WirecopyFilter(BaseFilter):  # type: ignore[misc]
    """Asks an index about every document, and adds it; drops what is a copy of one that came before.

    `index` is a directory, created where there is none; `only` says what counts as a copy. The answer stands in each
    document's metadata as `wirecopy`, and `exclusion_writer` takes what is dropped. An index has one writer: a pipeline with
    this step runs with `tasks=1`. Title, url, canonical_url, date and source are read from the metadata; further `options` are
    those of `wirecopy.Index`.
    """

    name = "wirecopy"

    def __init__(
        self,
        index: Path,
        only: Iterable[str] = ("exact", "near", "contained"),
        exclusion_writer: Any = None,
        batch_size: int = 256,
        **options: Any,
    ) -> None:
        super().__init__(exclusion_writer, batch_size)
        self.path = os.fspath(index)
        self.only = frozenset(only)
        self.options = options
        self.index: Optional[Index] = None

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        """Opens the index for as long as documents come."""
        if world_size != 1:
            raise ValueError(f"an index has one writer: run this step with tasks=1, not {world_size}")
        with Index(self.path, **self.options) as self.index:
            yield from super().run(data, rank, world_size)
        self.index = None

    def filter(self, doc: Document) -> Union[bool, tuple[bool, str]]:
        """One document."""
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[Document]) -> list[Union[bool, tuple[bool, str]]]:
        """Documents, as if one by one. A document without a text goes on."""
        assert self.index is not None, "run() opens the index"
        rows = [
            {"id": document.id, "text": document.text, **{name: document.metadata.get(name) for name in _METADATA}}
            for document in batch
        ]
        told: list[Union[bool, tuple[bool, str]]] = []
        for document, answer in zip(batch, self.index.add(rows)):
            if answer is None:
                told.append(True)
                continue
            document.metadata["wirecopy"] = answer
            told.append((False, answer["verdict"]) if answer["verdict"] in self.only else True)
        return told
