"""The SBOM: which crates are in the binary, as CycloneDX 1.5 has it."""

import json
import uuid
from datetime import UTC, datetime

from machine import printed


def made(product):
    crates = product.crates
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
