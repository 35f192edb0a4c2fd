"""An OCI image, made without a daemon: the layout of the image specification in one tar archive. It holds the program, the shared
libraries that it needs, and nothing else: no shell and no package manager."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from machine import Refused
from tarball import File, Folder, gzipped, tar

# Who runs the program: nobody who owns a file of the image but the folder that it works in.
USER = 65532
PORT = "7171/tcp"


def made(product):
    # What changes seldom lies below: whoever has it already fetches the layer above alone.
    layers = [tar(base(product), product.time), tar(program(product), product.time)]
    blobs = Blobs()
    descriptors = [blobs.put(gzipped(layer), "application/vnd.oci.image.layer.v1.tar+gzip") for layer in layers]
    config = blobs.put_json(config_of(product, layers), "application/vnd.oci.image.config.v1+json")
    manifest = blobs.put_json(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config,
            "layers": descriptors,
        },
        "application/vnd.oci.image.manifest.v1+json",
    )
    manifest["platform"] = {"os": "linux", "architecture": product.target.oci}
    # The first name is what the specification says, the second what podman and containerd call the image.
    name = f"localhost/wirecopy:{product.version}"
    manifest["annotations"] = {
        "org.opencontainers.image.ref.name": product.version,
        "io.containerd.image.name": name,
    }
    index = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [manifest],
    }
    # What docker reads instead of the index, unless it keeps its images in containerd.
    of_docker = [{"Config": place(config), "RepoTags": [name], "Layers": [place(layer) for layer in descriptors]}]
    layout = {
        "manifest.json": File(json.dumps(of_docker).encode()),
        "oci-layout": File(b'{"imageLayoutVersion":"1.0.0"}'),
        "index.json": File(json.dumps(index).encode()),
        **blobs.files,
    }
    return {f"wirecopy-{product.version}-{product.target.oci}.oci.tar": tar(layout, product.time)}


def base(product):
    """The libraries and the loader with their licences, the user, and the folders that may be written to."""
    entries = {
        "etc/passwd": File(f"nonroot:x:{USER}:{USER}:nonroot:/data:/\n".encode()),
        "etc/group": File(f"nonroot:x:{USER}:\n".encode()),
        "tmp": Folder(0o1777),
        "data": Folder(0o755, USER),
    }
    for name, path in product.libraries().items():
        entries[str(path).lstrip("/")] = File(path.read_bytes(), 0o755)
        package = "libgcc-s1" if name.startswith("libgcc") else "libc6"
        licence = Path(f"/usr/share/doc/{package}/copyright")
        if not licence.is_file():
            raise Refused(f"{path} goes into the image, and its licence is to go along: there is no {licence}")
        entries[str(licence).lstrip("/")] = File(licence.read_bytes())
    return entries


def program(product):
    texts = product.texts | {"THIRD-PARTY": product.notices}
    return {
        "usr/bin/wirecopy": File(product.binary, 0o755),
        **{f"usr/share/doc/wirecopy/{name}": File(content) for name, content in texts.items()},
    }


def config_of(product, layers):
    created = datetime.fromtimestamp(product.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "created": created,
        "architecture": product.target.oci,
        "os": "linux",
        "config": {
            "User": f"{USER}:{USER}",
            "ExposedPorts": {PORT: {}},
            "Env": ["PATH=/usr/bin"],
            "Entrypoint": ["/usr/bin/wirecopy"],
            "WorkingDir": "/data",
            "Labels": {
                "org.opencontainers.image.title": "wirecopy",
                "org.opencontainers.image.description": product.description,
                "org.opencontainers.image.version": product.version,
                "org.opencontainers.image.licenses": product.licence,
                "org.opencontainers.image.source": product.homepage,
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(layer)}" for layer in layers]},
        "history": [{"created": created, "created_by": f"dist/oci.py: {part}"} for part in ("base", "program")],
    }


class Blobs:
    """Contents, in files that are called by their SHA-256."""

    def __init__(self):
        self.files = {}

    def put(self, content, media_type):
        """Keeps a content and says what it is, as manifests have it."""
        descriptor = {"mediaType": media_type, "digest": f"sha256:{sha256(content)}", "size": len(content)}
        self.files[place(descriptor)] = File(content)
        return descriptor

    def put_json(self, content, media_type):
        return self.put(json.dumps(content).encode(), media_type)


def place(descriptor):
    """Where a blob is within the layout."""
    return f"blobs/{descriptor['digest'].replace(':', '/')}"


def sha256(content):
    return hashlib.sha256(content).hexdigest()
