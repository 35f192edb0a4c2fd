"""Which crates are in the binary. Cargo says it, for one kind of machine and the features that the binary is built with;
Cargo.lock says what their bytes are."""

import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from machine import ROOT, printed

FEATURES = ["--features", "arrow"]


@dataclass
class Crate:
    name: str
    version: str
    licence: str
    description: str
    folder: Path
    # SHA-256 of its archive in the registry; ours has none.
    checksum: str | None
    # A procedural macro, which runs while the binary is built.
    is_macro: bool = False
    # Whether its code is in the binary.
    is_linked: bool = False
    needs: set = field(default_factory=set)

    @property
    def purl(self):
        return f"pkg:cargo/{self.name}@{self.version}"


def of_binary(target):
    """The crates that the binary is made of, by name and version; ours comes first."""
    of_target = ["--locked", *FEATURES]
    metadata = json.loads(printed("cargo", "metadata", *of_target, "--format-version", "1", "--filter-platform", target.rust))
    packages = {(package["name"], package["version"]): package for package in metadata["packages"]}
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    checksums = {(package["name"], package["version"]): package.get("checksum") for package in lock}
    # A line for each crate below the one that needs it. What a crate needs is said once, where the crate comes first.
    tree = printed(
        "cargo", "tree", *of_target, "--package", "wirecopy", "--edges", "normal", "--target", target.rust,
        "--prefix", "depth",
    )  # fmt: skip
    found, above = {}, []
    for line in tree.splitlines():
        depth, name, version, rest = re.fullmatch(r"(\d+)(\S+) v(\S+)(.*)", line).groups()
        key = (name, version)
        if key not in found:
            package = packages[key]
            found[key] = Crate(
                name, version, package["license"] or "", package["description"] or "",
                Path(package["manifest_path"]).parent, checksums[key], "(proc-macro)" in rest,
            )  # fmt: skip
        del above[int(depth) :]
        if above:
            found[above[-1]].needs.add(key)
        above.append(key)
    mark_linked(found, next(iter(found)))
    return found


def mark_linked(crates, key):
    crate = crates[key]
    if not crate.is_macro and not crate.is_linked:
        crate.is_linked = True
        for needed in crate.needs:
            mark_linked(crates, needed)
