"""The archive: one folder with the program and all that belongs to it. Cargo.toml tells `cargo binstall` its name and layout."""

from tarball import File, gzipped, tar


def made(product):
    name = f"wirecopy-{product.version}-{product.target.rust}"
    entries = {"wirecopy": File(product.binary, 0o755), "THIRD-PARTY": File(product.notices)}
    entries |= {text: File(content) for text, content in product.texts.items()}
    entries |= {f"man/{page}": File(content) for page, content in product.manual.items()}
    # By the names under which the shells look for them.
    names = {"bash": "wirecopy.bash", "fish": "wirecopy.fish", "zsh": "_wirecopy"}
    entries |= {f"completions/{names[shell]}": File(script) for shell, script in product.completions.items()}
    inside = {f"{name}/{path}": entry for path, entry in entries.items()}
    return {f"{name}.tar.gz": gzipped(tar(inside, product.time))}
