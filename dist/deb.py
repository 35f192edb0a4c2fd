"""The Debian package: an `ar` archive of two tar archives. It is written here, since dpkg-deb is not everywhere and a package
that is made anew is to have the same bytes; the tests install it with dpkg."""

import hashlib
import re

from machine import Refused
from tarball import File, gzipped, tar

MAINTAINER = "The wirecopy authors <wirecopy@users.noreply.github.com>"

# The package of each library, and the prefix of the versions of its symbols.
LIBRARIES = {
    r"(ld-linux.*|libc|libm|libpthread|libdl|librt)\.so\.\d+": ("libc6", "GLIBC"),
    r"libgcc_s\.so\.1": ("libgcc-s1", "GCC"),
}


def made(product):
    files = contents(product)
    size = sum(len(file.content) for file in files.values())
    sums = "".join(f"{hashlib.md5(file.content).hexdigest()}  {path}\n" for path, file in sorted(files.items()))
    control = {"control": File(control_of(product, size).encode()), "md5sums": File(sums.encode())}
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": gzipped(tar(below_dot(control), product.time)),
        "data.tar.gz": gzipped(tar(below_dot(files), product.time)),
    }
    return {f"wirecopy_{product.version}_{product.target.debian}.deb": ar(members, product.time)}


def contents(product):
    shared = "usr/share"
    files = {
        "usr/bin/wirecopy": File(product.binary, 0o755),
        f"{shared}/bash-completion/completions/wirecopy": File(product.completions["bash"]),
        f"{shared}/zsh/vendor-completions/_wirecopy": File(product.completions["zsh"]),
        f"{shared}/fish/vendor_completions.d/wirecopy.fish": File(product.completions["fish"]),
        f"{shared}/doc/wirecopy/README.md": File(product.texts["README.md"]),
        f"{shared}/doc/wirecopy/THIRD-PARTY": File(product.notices),
        f"{shared}/doc/wirecopy/changelog.gz": File(gzipped(product.texts["CHANGELOG.md"])),
        f"{shared}/doc/wirecopy/copyright": File(copyright_of(product)),
    }
    pages = {f"{shared}/man/man1/{page}.gz": File(gzipped(content)) for page, content in product.manual.items()}
    return files | pages


def control_of(product, size):
    return f"""\
Package: wirecopy
Version: {product.version}
Architecture: {product.target.debian}
Maintainer: {MAINTAINER}
Installed-Size: {-(-size // 1024)}
Depends: {depends(product)}
Section: text
Priority: optional
Homepage: {product.homepage}
Description: near-duplicate and syndication detector for text
 {product.description}.
 .
 It reads files, crawls, tables, feeds and streams, writes reports as HTML and
 for programs, removes duplicates, and answers over HTTP.
"""


def depends(product):
    """The packages of the libraries that the binary names, each at least of the newest version that one of its symbols is of."""
    packages = {}
    for library in product.libraries():
        known = [found for pattern, found in LIBRARIES.items() if re.fullmatch(pattern, library)]
        if not known:
            raise Refused(f"the binary needs {library}, and dist/deb.py does not know which Debian package has it")
        package, prefix = known[0]
        packages[package] = newest(product.binary, prefix)
    return ", ".join(f"{package} (>= {version})" for package, version in sorted(packages.items()))


def newest(binary, prefix):
    """The newest version among names such as `GLIBC_2.34`, which a binary has for the linker."""
    names = re.findall(rb"\0" + prefix.encode() + rb"_(\d+(?:\.\d+)+)(?=\0)", binary)
    version = max(([int(part) for part in name.split(b".")] for name in names), default=[0])
    while len(version) > 2 and version[-1] == 0:
        version.pop()
    return ".".join(map(str, version))


def copyright_of(product):
    mit = product.texts["LICENSE-MIT"].decode()
    text = "\n".join(f" {line}" if line else " ." for line in mit.strip().splitlines())
    return f"""\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: wirecopy
Source: {product.homepage}
Comment: The licences of the libraries that are linked in stand in THIRD-PARTY.

Files: *
Copyright: 2026 The wirecopy authors
License: MIT or Apache-2.0

License: MIT
{text}

License: Apache-2.0
 On Debian systems the text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
""".encode()


def below_dot(files):
    """Paths as dpkg has them."""
    return {f"./{path}": file for path, file in files.items()}


def ar(members, time):
    out = b"!<arch>\n"
    for name, content in members.items():
        out += f"{name:<16}{time:<12}{0:<6}{0:<6}{0o100644:<8o}{len(content):<10}`\n".encode()
        out += content + b"\n" * (len(content) % 2)
    return out
