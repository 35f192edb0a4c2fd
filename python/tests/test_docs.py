"""What docstrings and the guide show is so."""

import doctest
import importlib
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = ["wirecopy", "wirecopy._scan", "wirecopy._index", "wirecopy._tables", "wirecopy._texts"]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    done = doctest.testmod(importlib.import_module(name))
    assert done.attempted > 0 and done.failed == 0


def test_everything_public_is_described():
    import wirecopy

    for name in wirecopy.__all__:
        if name != "__version__":
            assert getattr(wirecopy, name).__doc__, name
    for kind in (wirecopy.Scan, wirecopy.Index, wirecopy.Table, wirecopy.Signatures):
        for name, member in vars(kind).items():
            if not name.startswith("_") and callable(getattr(member, "fget", member)):
                assert getattr(member, "__doc__", None), f"{kind.__name__}.{name}"


@pytest.mark.parametrize("page", ["docs/guide/python.md", "README.md"])
def test_pages(page, tmp_path, monkeypatch):
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(>>> .*?)```", text, re.S)
    assert blocks, f"{page} shows nothing that can be tested"
    shutil.copytree(ROOT / "corpus", tmp_path / "corpus", ignore=shutil.ignore_patterns("golden"))
    monkeypatch.chdir(tmp_path)
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    names = {}
    for block in blocks:
        test = parser.get_doctest(block, names, page, page, 0)
        result = runner.run(test, clear_globs=False)
        names = test.globs
        assert result.failed == 0, "what was shown and what came stand above"
