"""What is handed out, whatever it is packed in: the binary with its man pages, completions and texts."""

import os
import re
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import crates
import licences
from machine import ROOT, Refused, Target, printed, target_of_this_machine


@dataclass(frozen=True)
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
    # What the binary is made of, by name and version; wirecopy itself is the first.
    crates: dict
    # The licences of what is linked in.
    notices: bytes

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
        target = target_of_this_machine()
        parts = crates.of_binary(target)
        texts = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"]
        return Product(
            version=package["version"],
            description=package["description"],
            homepage=package["repository"],
            licence=package["license"],
            target=target,
            time=source_time(),
            path=path,
            binary=path.read_bytes(),
            manual=manual,
            completions=completions,
            texts={name: (ROOT / name).read_bytes() for name in texts},
            crates=parts,
            notices=licences.notices(parts),
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
        raise Refused("here is no git commit that says when the sources were made; SOURCE_DATE_EPOCH is to say it") from None
