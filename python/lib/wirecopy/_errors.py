"""What can go wrong, as exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    import re


class Error(Exception):
    """What every error of wirecopy is.

    `kind` says in one word what went wrong, and `path` where, if that is a file.
    """

    kind: str = "other"
    path: Optional[str] = None


class SettingError(Error, ValueError):
    """A setting is out of its range, or documents are not what they were said to be."""


class FileError(Error, OSError):
    """A file cannot be read or written, or is no longer what it was."""


class MissingError(FileError, FileNotFoundError):
    """A path that was named is not there."""


class LockedError(FileError):
    """Another writer has the index."""


class IndexFault(Error):
    """An index is damaged, of another version, or built by another recipe or model."""


_CLASSES: dict[str, type[Error]] = {
    "missing": MissingError,
    "not-readable": FileError,
    "read": FileError,
    "write": FileError,
    "changed": FileError,
    "nothing-readable": FileError,
    "taken": FileError,
    "locked": LockedError,
    "too-large": SettingError,
    "setting": SettingError,
    "corrupt": IndexFault,
    "version": IndexFault,
    "mismatch": IndexFault,
}


def _keyword(flag: re.Match[str]) -> str:
    name = flag[1].removesuffix("-field").replace("-", "_")
    return f"`{name}`"


def of_kind(kind: str, message: str, path: Optional[str]) -> Error:
    """The exception of a kind. What the command says of its options is said of keywords."""
    import re

    error = _CLASSES.get(kind, Error)(re.sub(r"(?<![^\s(])--([a-z]+(?:-[a-z]+)*)", _keyword, message))
    error.kind, error.path = kind, path
    return error
