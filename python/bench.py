"""Measures the Python package beside the command. python/bench runs it."""

import datetime
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WHEEL, COMMAND, ROUNDS = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

LOAD = """
import sys, time
import pyarrow, pyarrow.json, wirecopy

table = pyarrow.json.read_json(sys.argv[1], read_options=pyarrow.json.ReadOptions(block_size=64 << 20))
"""

SCAN = LOAD + """
start = time.perf_counter()
found = wirecopy.scan(table)
took = time.perf_counter() - start
print(took, len(found.pairs))
"""

ADD = LOAD + """
documents = table.to_pylist()
batches = [documents[at : at + 1000] for at in range(0, len(documents), 1000)]
start = time.perf_counter()
with wirecopy.Index(sys.argv[2]) as index:
    told = sum(len(index.add(batch)) for batch in batches)
print(time.perf_counter() - start, told)
"""

FOREVER = LOAD + """
import threading, signal
threading.Thread(target=lambda: (time.sleep(float(sys.argv[2])), print(time.time(), flush=True), signal.raise_signal(signal.SIGINT))).start()
try:
    while True:
        wirecopy.scan(table)
except KeyboardInterrupt:
    print(time.time())
"""

SCANS = """
import sys, wirecopy
sys.path.insert(0, sys.argv[1])
from conftest import press

documents = press(120)
for number in range(501):
    found = wirecopy.scan(documents, threads=2)
    len(found.pairs), len(found.documents), found.keep(), found.report("csv")
    if number in (100, 200, 500):
        with open("/proc/self/statm") as figures:
            print(int(figures.read().split()[1]) * 4096)
"""


def timed(*command):
    """Seconds of a process."""
    start = time.perf_counter()
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def python(script, *arguments):
    """What a script prints, as numbers."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return [float(word) for word in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]


def beside(name, ours, theirs):
    """The medians of two ways, run in turn, and their ratio."""
    rounds = [(ours(), theirs()) for _ in range(ROUNDS)]
    own, other = (statistics.median(side) for side in zip(*rounds))
    ratio = statistics.median(own / other for own, other in rounds)
    print(f"| {name} | {own:.2f} s | {other:.2f} s | {ratio:.2f} |", flush=True)


def main():
    model = next((line.split(": ")[1] for line in open("/proc/cpuinfo") if line.startswith("model name")), "").strip()
    print(f"{datetime.date.today()}, {os.cpu_count()} processors ({model}), load {os.getloadavg()[0]:.1f}, {ROUNDS} rounds\n")
    print("| what | Python | command | median of ratios |\n|---|---|---|---|")
    data = os.environ.get("WIRECOPY_DATA")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        if data:
            file = place / "docs.jsonl"
            with gzip.open(Path(data) / "planted-20k" / "docs.jsonl.gz") as packed, file.open("wb") as out:
                shutil.copyfileobj(packed, out)
            size = file.stat().st_size / 1e6
            beside(
                f"scan of a pyarrow table, {size:.0f} MB, beside the command on the file",
                lambda: python(SCAN, file)[0],
                lambda: timed(COMMAND, "scan", file, "--quiet"),
            )

            def add():
                shutil.rmtree(place / "ours", ignore_errors=True)
                return python(ADD, file, place / "ours")[0]

            def filtered():
                shutil.rmtree(place / "cli", ignore_errors=True)
                return timed(COMMAND, "filter", "--quiet", "--index", place / "cli", file)

            waits = [second - first for first, second in (python(FOREVER, file, 0.1 + 0.13 * at) for at in range(12))]
            beside("Index.add of dicts, 1,000 at a time, beside filter", add, filtered)
            print(f"\nCtrl-C at 12 moments of that scan: {1e3 * statistics.median(waits):.0f} ms, at most {1e3 * max(waits):.0f} ms")
        else:
            print("| skipped: WIRECOPY_DATA names no planted-20k | | | |")
    bare = statistics.median(timed(sys.executable, "-c", "pass") for _ in range(4 * ROUNDS))
    whole = statistics.median(timed(sys.executable, "-c", "import wirecopy") for _ in range(4 * ROUNDS))
    print(f"\nimport: {1e3 * (whole - bare):.0f} ms beside {1e3 * bare:.0f} ms of Python itself")
    print(f"wheel: {WHEEL.stat().st_size / 1e6:.1f} MB ({WHEEL.name})")
    after = python(SCANS, Path(__file__).parent / "tests")
    print("resident after 100, 200 and 500 scans: " + ", ".join(f"{figure / 1e6:.1f}" for figure in after) + " MB")


if __name__ == "__main__":
    main()
