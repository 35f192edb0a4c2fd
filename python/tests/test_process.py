"""The package as a process sees it: the command, signals, other threads, types."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import wirecopy
from conftest import press

PYTHON = [sys.executable, "-W", "error"]


def test_the_command_comes_with_it(command, tmp_path):
    assert command("--version") == f"wirecopy {wirecopy.__version__}\n"
    done = subprocess.run([*PYTHON, "-m", "wirecopy", "--version"], capture_output=True, check=True)
    assert done.stdout.decode() == command("--version")
    command("scan", tmp_path / "none", code=2)
    (tmp_path / "a.txt").write_text("one two three four five\n")
    (tmp_path / "b.txt").write_text("one two three four five\n")
    command("scan", tmp_path, "--fail-on-duplicates", code=1)


def test_types_are_marked():
    package = Path(wirecopy.__file__).parent
    assert (package / "py.typed").exists() and (package / "_wirecopy.pyi").exists()


def test_other_threads_run_meanwhile():
    documents = press(3000, seed=3)
    ticks, over = [0], threading.Event()

    def tick():
        while not over.wait(0.001):
            ticks[0] += 1

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        stages = []
        wirecopy.scan(documents, progress=lambda stage, *_: stages.append((stage, ticks[0])))
    finally:
        over.set()
        thread.join()
    # Not by the clock: between the first and the last word of the engine the other thread had its turns.
    assert stages[-1][1] > 10


SCAN = """
import sys
sys.path.insert(0, {tests!r})
import wirecopy
from conftest import press
documents = press(4000, seed=5)
print("ready", flush=True)
while True:
    {work}
"""


@pytest.mark.parametrize(
    "work",
    [
        "wirecopy.scan(documents)",
        "wirecopy.scan(iter(documents), threads=1)",
        "found = wirecopy.scan(documents[:600]); [found.report('html') for _ in range(100)]",
    ],
)
def test_an_interrupt_is_heard(work):
    script = SCAN.format(tests=str(Path(__file__).parent), work=work)
    process = subprocess.Popen([*PYTHON, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    # It would go on for ever.
    _, said = process.communicate(timeout=60)
    assert b"KeyboardInterrupt" in said and process.returncode != 0


def test_an_interrupted_scan_can_still_be_asked():
    found = wirecopy.scan(press(600))
    main = threading.main_thread()
    alarm = threading.Timer(0.02, signal.pthread_kill, (main.ident, signal.SIGINT))
    alarm.start()
    with pytest.raises(KeyboardInterrupt):
        while True:
            found.report("html")
    alarm.join()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            assert len(found.report("csv")) > 1000
            return
        except wirecopy.Error as error:
            # What was interrupted is still ending.
            assert error.kind == "cancelled"
            time.sleep(0.1)
    raise AssertionError("it stays cancelled")
