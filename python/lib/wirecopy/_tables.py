"""Tables and columns in Arrow."""

from __future__ import annotations

import html
import importlib
from collections.abc import Iterator
from typing import Any, Optional, Union, overload

from wirecopy import _wirecopy

_SHOWN = 10
_CELL = 60


class Table:
    """A table of a scan: an Arrow stream, any number of times, without a copy.

    Anything that reads the Arrow PyCapsule interface takes it: `pyarrow.table(t)`, `polars.DataFrame(t)`, DuckDB.

    >>> import wirecopy
    >>> table = wirecopy.scan(["one two three four", "one two three four"]).pairs
    >>> len(table), table.name, table.column_names[:3]
    (1, 'pairs', ['a', 'b', 'relation'])
    """

    __slots__ = ("_data", "name")

    def __init__(self, data: _wirecopy.ArrowData, name: str) -> None:
        self._data = data
        self.name = name

    def __arrow_c_stream__(self, requested_schema: Optional[object] = None) -> object:
        return self._data.stream()

    def __arrow_c_schema__(self) -> object:
        return self._data.schema()

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.to_pylist())

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, in order."""
        return self._data.names()

    def head(self, rows: int = 5) -> list[dict[str, Any]]:
        """The first rows, as dicts."""
        return self._data.rows(0, rows)

    def to_pylist(self) -> list[dict[str, Any]]:
        """All rows, as dicts. Needs no other package."""
        return self._data.rows(0, len(self))

    def to_pyarrow(self) -> Any:
        """A `pyarrow.Table` of the same memory."""
        return importlib.import_module("pyarrow").table(self)

    def to_polars(self) -> Any:
        """A `polars.DataFrame`."""
        return importlib.import_module("polars").DataFrame(self)

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame`: by pyarrow where that is there, else by way of dicts."""
        try:
            return self.to_pyarrow().to_pandas()
        except ImportError:
            pandas = importlib.import_module("pandas")
            return pandas.DataFrame.from_records(self.to_pylist(), columns=self.column_names)

    def __reduce__(self) -> tuple[Any, ...]:
        return _table, (self._data.to_ipc(), self.name)

    def __repr__(self) -> str:
        return f"<wirecopy.Table {self.name}: {len(self)} rows of {', '.join(self.column_names)}>"

    def _repr_html_(self) -> str:
        names = [name for name in self.column_names if name not in ("spans", "places")]
        head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
        rows = "".join("<tr>" + "".join(_cell(row[name]) for name in names) + "</tr>" for row in self.head(_SHOWN))
        more = f"<p>{len(self)} rows</p>" if len(self) > _SHOWN else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"


def _cell(value: object) -> str:
    if value is None:
        return "<td></td>"
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return f"<td>{html.escape(text if len(text) <= _CELL else text[:_CELL] + '…')}</td>"


def _table(data: bytes, name: str) -> Table:
    return Table(_wirecopy.ArrowData.of_ipc(data, False), name)


class Signatures:
    """A signature for each text: an Arrow array, and a sequence. None stands for a text without tokens."""

    __slots__ = ("_data",)

    def __init__(self, data: _wirecopy.ArrowData) -> None:
        self._data = data

    def __arrow_c_array__(self, requested_schema: Optional[object] = None) -> tuple[object, object]:
        return self._data.array()

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.to_pylist())

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> list[Any]: ...
    def __getitem__(self, place: Union[int, slice]) -> Any:
        if isinstance(place, slice):
            return self.to_pylist()[place]
        at = range(len(self))[place]
        return self._data.rows(at, 1)[0]

    def to_pylist(self) -> list[Any]:
        """All of them, as numbers or lists of numbers."""
        return self._data.rows(0, len(self))

    def to_pyarrow(self) -> Any:
        """A `pyarrow.Array` of the same memory."""
        return importlib.import_module("pyarrow").array(self)

    def to_numpy(self) -> Any:
        """A `numpy.ndarray` of `uint64`: of MinHash a row for each text. 0 stands where a text has no tokens."""
        numpy = importlib.import_module("numpy")
        rows = self.to_pylist()
        wide = next((len(row) for row in rows if isinstance(row, list)), 0)
        empty: Any = [0] * wide if wide else 0
        return numpy.array([empty if row is None else row for row in rows], dtype=numpy.uint64)

    def __reduce__(self) -> tuple[Any, ...]:
        return _signatures, (self._data.to_ipc(),)

    def __repr__(self) -> str:
        return f"<wirecopy.Signatures of {len(self)} texts>"


def _signatures(data: bytes) -> Signatures:
    return Signatures(_wirecopy.ArrowData.of_ipc(data, True))
