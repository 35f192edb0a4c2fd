"""The packages that the tests look at, made once."""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT / "corpus"
VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
# Without root, a namespace in which we are root of our own files does for dpkg and for a container.
IS_ROOT = os.geteuid() == 0

# Gone with the process.
_work = tempfile.TemporaryDirectory(prefix="wirecopy-dist-")
WORK = Path(_work.name)


@functools.cache
def program():
    """The program without what only debuggers read, which would be packed and unpacked again and again."""
    place = WORK / "wirecopy"
    shutil.copy(os.environ["WIRECOPY"], place)
    if shutil.which("strip"):
        subprocess.run(["strip", place], check=True)
    return place


def make(binary, out, **how):
    subprocess.run([ROOT / "dist/make", "--binary", binary, "--out", out], check=True, stdout=subprocess.DEVNULL, **how)
    return out


@functools.cache
def made():
    """The folder with all packages."""
    return make(program(), WORK / "packages")


def package(pattern):
    """The one package of a name."""
    (found,) = made().glob(pattern)
    return found


def need(is_there, what):
    """Skips a test that lacks something, or fails where nothing may be left out."""
    if not is_there:
        if os.environ.get("CI") == "true":
            raise AssertionError(f"this test needs {what}")
        print(f"skipped, for want of {what}", file=sys.stderr)
        raise unittest.SkipTest(f"needs {what}")


def run(*command, **how):
    """What a command printed and how it ended."""
    return subprocess.run(command, capture_output=True, text=True, **how)


def need_root():
    need(IS_ROOT or run("unshare", "--map-root-user", "true").returncode == 0, "root, or user namespaces")
