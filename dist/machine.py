"""The machine that packages are made on and for, and the commands that are run there."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Refused(Exception):
    """Nothing can be made; the message says why and what to do."""


@dataclass(frozen=True)
class Target:
    """A kind of machine, as Rust, Debian, npm and OCI name it."""

    rust: str
    debian: str
    npm: str
    oci: str

    @property
    def is_linux(self):
        return "linux" in self.rust


TARGETS = [
    Target("x86_64-unknown-linux-gnu", "amd64", "linux-x64", "amd64"),
    Target("aarch64-unknown-linux-gnu", "arm64", "linux-arm64", "arm64"),
    Target("x86_64-apple-darwin", "", "darwin-x64", ""),
    Target("aarch64-apple-darwin", "", "darwin-arm64", ""),
]


def target_of_this_machine():
    said = printed("rustc", "-vV")
    host = re.search(r"^host: (.*)$", said, re.MULTILINE).group(1)
    for target in TARGETS:
        if target.rust == host:
            return target
    raise Refused(f"there are no packages for {host}; {', '.join(target.rust for target in TARGETS)} have them")


def printed(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise Refused(f"`{' '.join(map(str, command))}` failed: {done.stderr.strip()}")
    return done.stdout
