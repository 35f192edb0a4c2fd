"""Where documents come from, and with what settings."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional, Protocol, Union


class ArrowStream(Protocol):
    """Anything that gives Arrow batches: of pyarrow, polars, pandas, duckdb and others."""

    def __arrow_c_stream__(self, requested_schema: Optional[object] = None) -> object: ...


class ArrowArray(Protocol):
    """Anything that gives one Arrow array or batch."""

    def __arrow_c_array__(self, requested_schema: Optional[object] = None) -> object: ...


Document = Union[str, Mapping[str, Any]]
Path = Union[str, "os.PathLike[str]"]
Documents = Union[Path, Sequence["os.PathLike[str]"], Iterable[Document], ArrowStream, ArrowArray]
Duration = Union[str, datetime.timedelta]


def sorted_out(documents: Documents) -> tuple[Any, bool]:
    """What the extension takes, and whether that is a list of paths."""
    if isinstance(documents, (str, os.PathLike)):
        return [os.fspath(documents)], True
    documents = _rows_of_dataset(documents)
    if hasattr(documents, "__arrow_c_stream__") or hasattr(documents, "__arrow_c_array__"):
        return documents, False
    if isinstance(documents, (bytes, bytearray)):
        raise TypeError("documents are no bytes: decode them, or name a file")
    if isinstance(documents, Mapping):
        raise TypeError("a mapping is one document or one table by columns: give a list of dicts, or a table of pyarrow, polars or pandas")
    if isinstance(documents, (list, tuple)) and documents and all(map(_is_path, documents)):
        return [os.fspath(path) for path in documents], True
    return documents, False


def _is_path(item: object) -> bool:
    """A string is one where a file of that name is there: texts have no such names."""
    if isinstance(item, os.PathLike):
        return True
    if not isinstance(item, str) or "\n" in item or "\0" in item or len(item) > 4096:
        return False
    try:
        return os.path.exists(item)
    except (OSError, ValueError):
        return False


def _rows_of_dataset(documents: Any) -> Any:
    """The Arrow table of a dataset of Hugging Face, in its order."""
    datasets = sys.modules.get("datasets")
    if datasets is None or not isinstance(documents, datasets.Dataset):
        return documents
    if documents._indices is not None:
        documents = documents.flatten_indices()
    return documents.data.table


def judging(
    threshold: float,
    containment: float,
    partial_words: int,
    min_words: int,
    *,
    classic: bool = False,
    jaccard: float = 0.8,
    method: str = "join",
    within: Optional[Duration] = None,
) -> dict[str, Any]:
    """What counts as what, as the extension takes it."""
    return {
        "threshold": threshold,
        "containment": containment,
        "partial_words": partial_words,
        "min_words": min_words,
        "classic": classic,
        "jaccard": jaccard,
        "method": method,
        "within": seconds(within),
    }


def seconds(duration: Optional[Duration]) -> Optional[str]:
    """A duration as the command takes it."""
    if isinstance(duration, datetime.timedelta):
        return f"{int(duration.total_seconds())}s"
    return duration


def bytes_of(size: Union[str, int, None]) -> Optional[str]:
    """A size as the command takes it."""
    return None if size is None else str(size)


def listed(one_or_more: Union[str, Sequence[str], None]) -> list[str]:
    """No string, one, or several."""
    if one_or_more is None:
        return []
    return [one_or_more] if isinstance(one_or_more, str) else list(one_or_more)
