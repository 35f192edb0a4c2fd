"""The licences of the crates that are linked into the binary: most of them ask that their text goes along."""

import re

NAMES = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)


def notices(crates):
    """Every text once, below the crates that bring it."""
    texts = {}
    ours, *others = crates.values()
    for crate in sorted(others, key=lambda crate: (crate.name, crate.version)):
        if crate.is_linked:
            found = sorted(path for path in crate.folder.iterdir() if NAMES.match(path.name) and path.is_file())
            said = [path.read_text(errors="replace").strip() for path in found]
            for text in said or [f"(no text in the crate; its licence is {crate.licence})"]:
                texts.setdefault(text, []).append(f"{crate.name} {crate.version} ({crate.licence})")
    line = "=" * 80
    head = "wirecopy has these libraries linked in, each under its own licence.\n"
    return "\n".join([head, *(f"{line}\n" + "\n".join(names) + f"\n\n{text}\n" for text, names in texts.items())]).encode()
