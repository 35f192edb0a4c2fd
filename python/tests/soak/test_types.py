"""Types: what is written on the package is what it has, and a program that uses it is checked strictly."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import wirecopy

pytestmark = pytest.mark.soak

PROGRAM = """
import asyncio
from collections.abc import Iterator
from pathlib import Path

import pyarrow  # type: ignore[import-untyped]
import wirecopy


def documents() -> Iterator[dict[str, str]]:
    yield {"id": "a", "text": "one two three"}


found: wirecopy.Scan = wirecopy.scan(documents(), within="7d", progress=lambda stage, done, total, read: None)
wirecopy.scan("a.jsonl", threads=2)
wirecopy.scan([Path("a"), Path("b")], against=Path("c"))
wirecopy.scan(["one", "two"])
wirecopy.scan(pyarrow.table({"text": ["a"]}))
unique: int = found.accounting["unique"]
reason: str = found.problems[0]["reason"]
rows: int = len(found.pairs)
mask: list[bool] = found.keep()
page: str = found.report("html")
found.report("html", Path("a.html"), force=True)
span: wirecopy.Span = wirecopy.compare("a", "b").spans[0]
start: int = span.a[0]
with wirecopy.Index("seen", "a") as index:
    for answer in index.add(documents()):
        if answer is not None:
            relation: str = answer["matches"][0]["relation"]
    checked: list[wirecopy.Answer | None] = asyncio.run(index.acheck(["one"]))
"""

WRONG = """
import wirecopy

wirecopy.scan(5)
wirecopy.scan("a", method="lsh")
wirecopy.scan("a", 5)
wirecopy.Index("seen", "w")
wirecopy.compare("a")
wirecopy.scan("a").report("parquet")
"""


def mypy(*arguments, cwd):
    return subprocess.run([sys.executable, "-m", "mypy", *map(str, arguments)], cwd=cwd, capture_output=True, text=True)


def test_a_program_is_checked_strictly(tmp_path):
    (tmp_path / "program.py").write_text(textwrap.dedent(PROGRAM))
    done = mypy("--strict", "program.py", cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_what_is_wrong_is_found(tmp_path):
    (tmp_path / "wrong.py").write_text(textwrap.dedent(WRONG))
    done = mypy("--strict", "wrong.py", cwd=tmp_path)
    wrong = {line.split(":")[1] for line in done.stdout.splitlines() if " error: " in line}
    assert wrong == {"4", "5", "6", "7", "8", "9"}, done.stdout


def test_the_package_itself_is_checked_strictly(tmp_path):
    done = mypy("--strict", "-p", "wirecopy", cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_stubs_are_what_was_built(tmp_path):
    (tmp_path / "mypy.ini").write_text("[mypy]\n")
    command = [sys.executable, "-m", "mypy.stubtest", "wirecopy._wirecopy", "--mypy-config-file", "mypy.ini"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert Path(wirecopy.__file__).with_name("_wirecopy.pyi").exists()
