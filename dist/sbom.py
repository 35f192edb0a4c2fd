"""The SBOM: which crates are in the binary, as CycloneDX 1.5 has it. Cargo says which, for this kind of machine and the features that
the binary is built with; Cargo.lock says what their bytes are."""

import json
import re
import tomllib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from product import ROOT, printed

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


def crates(product):
    """The crates that the binary is made of, by name and version; ours comes first."""
    of_target = ["--locked", *FEATURES]
    metadata = json.loads(
        printed("cargo", "metadata", *of_target, "--format-version", "1", "--filter-platform", product.target.rust)
    )
    packages = {(package["name"], package["version"]): package for package in metadata["packages"]}
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    checksums = {(package["name"], package["version"]): package.get("checksum") for package in lock}
    # A line for each crate below the one that needs it. What a crate needs is said once, where the crate comes first.
    tree = printed(
        "cargo", "tree", *of_target, "--package", "wirecopy", "--edges", "normal", "--target", product.target.rust,
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


def made(product, crates):
    ours, *others = crates.values()
    content = {
        "metadata": {
            "timestamp": datetime.fromtimestamp(product.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": component(ours) | {"type": "application"},
            "properties": [
                {"name": "wirecopy:target", "value": product.target.rust},
                {"name": "wirecopy:rustc", "value": printed("rustc", "--version").strip()},
            ],
        },
        "components": [component(crate) for crate in sorted(others, key=lambda crate: crate.purl)],
        "dependencies": [
            {"ref": crate.purl, "dependsOn": sorted(crates[key].purl for key in crate.needs)}
            for crate in sorted(crates.values(), key=lambda crate: crate.purl)
        ],
    }
    # The same content has the same number.
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content))
    head = {"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{number}", "version": 1}
    name = f"wirecopy-{product.version}-{product.target.rust}.cdx.json"
    return {name: (json.dumps(head | content, indent=1) + "\n").encode()}


def component(crate):
    said = {
        "type": "library",
        "bom-ref": crate.purl,
        "name": crate.name,
        "version": crate.version,
        "scope": "required" if crate.is_linked else "excluded",
        "purl": crate.purl,
    }
    if crate.licence:
        # Some crates still write MIT/Apache-2.0 as it was before SPDX expressions.
        said["licenses"] = [{"expression": crate.licence.replace("/", " OR ")}]
    if crate.checksum:
        said["hashes"] = [{"alg": "SHA-256", "content": crate.checksum}]
    return said
