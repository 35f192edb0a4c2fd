"""What is handed out, whatever it is packed in: the binary with its man pages, completions and texts."""

import os
import re
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass, field
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


@dataclass
class Product:
    version: str
    description: str
    homepage: str
    licence: str
    target: Target
    # Seconds since 1970: every file of every package is of that time.
    time: int
    path: Path
    binary: bytes
    # Contents by file name, the completions by shell.
    manual: dict
    completions: dict
    texts: dict
    # The licences of the crates that are linked in.
    notices: bytes = field(default=b"")

    @staticmethod
    def of(path):
        path = Path(path).resolve()
        if not path.is_file():
            raise Refused(f"{path} is not there; leave out --binary to build one")
        package = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]
        said = printed(path, "--version").split()[-1]
        if said != package["version"]:
            raise Refused(f"{path} is version {said}, and Cargo.toml says {package['version']}; build it anew")
        with tempfile.TemporaryDirectory() as pages:
            printed(path, "man", "--no-config", "--quiet", pages)
            manual = {page.name: page.read_bytes() for page in Path(pages).iterdir()}
        completions = {shell: printed(path, "completions", "--no-config", shell).encode() for shell in ("bash", "fish", "zsh")}
        texts = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"]
        return Product(
            version=package["version"],
            description=package["description"],
            homepage=package["repository"],
            licence=package["license"],
            target=target_of_this_machine(),
            time=source_time(),
            path=path,
            binary=path.read_bytes(),
            manual=manual,
            completions=completions,
            texts={name: (ROOT / name).read_bytes() for name in texts},
        )

    def libraries(self):
        """The shared libraries that the binary needs, by their names, with their places on this machine; the loader is one."""
        said = subprocess.run(["ldd", self.path], capture_output=True, text=True)
        if said.returncode != 0:
            # What is linked statically needs none, and ldd says so by its code.
            return {}
        lines = re.findall(r"^\s*(?:(\S+) => )?(/\S+) \(0x", said.stdout, re.MULTILINE)
        return {name or Path(place).name: Path(place) for name, place in lines}


def source_time():
    """SOURCE_DATE_EPOCH, or when the commit was made."""
    said = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        return int(said if said is not None else printed("git", "-C", ROOT, "log", "-1", "--format=%ct"))
    except (Refused, ValueError):
        raise Refused("SOURCE_DATE_EPOCH is to say when the sources were made (seconds since 1970): here is no git commit that says it")


def printed(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise Refused(f"`{' '.join(map(str, command))}` failed: {done.stderr.strip()}")
    return done.stdout
