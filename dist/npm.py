"""The npm packages: `wirecopy`, which starts the program, and the program itself for one kind of machine, of which npm installs
the one that fits."""

import json
from pathlib import Path

from machine import TARGETS
from tarball import File, gzipped, tar

LAUNCHER = Path(__file__).with_name("launcher.js")


def made(product):
    system, processor = product.target.npm.split("-")
    binary_package = f"@wirecopy/{product.target.npm}"
    shared = {
        "version": product.version,
        "description": product.description,
        "license": product.licence,
        "homepage": product.homepage,
        "repository": {"type": "git", "url": f"git+{product.homepage}.git"},
    }
    launcher = {
        "name": "wirecopy",
        **shared,
        "bin": {"wirecopy": "launcher.js"},
        "engines": {"node": ">=18"},
        # Of all machines, wherever it is packed: npm installs the one that fits.
        "optionalDependencies": {f"@wirecopy/{target.npm}": product.version for target in TARGETS},
    }
    program = {"name": binary_package, **shared, "os": [system], "cpu": [processor], "preferUnplugged": True}
    if product.target.is_linux and product.libraries():
        program["libc"] = ["glibc"]
    texts = {name: File(content) for name, content in product.texts.items() if name != "CHANGELOG.md"}
    return {
        f"wirecopy-{product.version}.tgz": packed(launcher, texts | {"launcher.js": File(LAUNCHER.read_bytes(), 0o755)}, product),
        f"wirecopy-{product.target.npm}-{product.version}.tgz": packed(
            program,
            texts | {"bin/wirecopy": File(product.binary, 0o755), "THIRD-PARTY": File(product.notices)},
            product,
        ),
    }


def packed(manifest, files, product):
    files = files | {"package.json": File((json.dumps(manifest, indent=2) + "\n").encode())}
    return gzipped(tar({f"package/{path}": file for path, file in files.items()}, product.time))
