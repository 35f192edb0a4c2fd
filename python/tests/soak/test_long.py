"""What takes long: the notebook, and memory over many scans."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import press

pytestmark = pytest.mark.soak

SCANS = """
import json, sys
import wirecopy

documents = json.load(open(sys.argv[1]))


def resident():
    with open("/proc/self/statm") as figures:
        return int(figures.read().split()[1]) * 4096


def once():
    found = wirecopy.scan(documents, threads=2)
    return len(found.pairs) + len(found.documents) + len(found.keep()) + len(found.report("csv"))


figures = []
for number in range(int(sys.argv[2])):
    once()
    if number % 50 == 49:
        figures.append(resident())
print(json.dumps(figures))
"""


def test_memory_does_not_grow_over_500_scans(tmp_path):
    (tmp_path / "press.json").write_text(json.dumps(press(120)))
    command = [sys.executable, "-c", SCANS, tmp_path / "press.json", "500"]
    figures = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    assert len(figures) == 10
    # The first hundred fill the allocator's pools. A leak of the texts alone would be 50 KB a scan, 15 MB over these.
    assert figures[-1] - figures[3] < 4 << 20, figures


def test_the_notebook_runs(tmp_path):
    notebook = Path(__file__).parents[2] / "examples" / "first-scan.ipynb"
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", "--output-dir", tmp_path, notebook]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    cells = json.loads((tmp_path / notebook.name).read_text())["cells"]
    shown = [output for cell in cells for output in cell.get("outputs", [])]
    assert any("text/html" in output.get("data", {}) for output in shown)
    assert not any(output["output_type"] == "error" for output in shown)
