import gzip
import hashlib
import json
import shutil
import subprocess
import unittest

from packages import CORPUS, IS_ROOT, VERSION, WORK, need_root, package, run


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.layout = WORK / "layout"
        cls.layout.mkdir()
        subprocess.run(["tar", "-xf", package("*.oci.tar"), "-C", cls.layout], check=True)

    def read(self, descriptor):
        """The bytes of a blob, which are those that its descriptor says."""
        algorithm, digest = descriptor["digest"].split(":")
        content = (self.layout / "blobs" / algorithm / digest).read_bytes()
        self.assertEqual(hashlib.new(algorithm, content).hexdigest(), digest)
        self.assertEqual(len(content), descriptor["size"])
        return content

    def unpacked(self):
        """The image's configuration, and its layers one over the other in a folder."""
        self.assertEqual(json.loads((self.layout / "oci-layout").read_text()), {"imageLayoutVersion": "1.0.0"})
        index = json.loads((self.layout / "index.json").read_text())
        (described,) = index["manifests"]
        manifest = json.loads(self.read(described))
        config = json.loads(self.read(manifest["config"]))
        self.assertEqual(described["platform"]["architecture"], config["architecture"])
        root = WORK / "container"
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        root.chmod(0o755)
        self.assertEqual(len(manifest["layers"]), len(config["rootfs"]["diff_ids"]))
        for described, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"]):
            layer = gzip.decompress(self.read(described))
            self.assertEqual(f"sha256:{hashlib.sha256(layer).hexdigest()}", diff_id)
            subprocess.run(["tar", "-x", "--numeric-owner", "-C", root], input=layer, check=True)
        (of_docker,) = json.loads((self.layout / "manifest.json").read_text())
        blobs = [f"blobs/{descriptor['digest'].replace(':', '/')}" for descriptor in [manifest["config"], *manifest["layers"]]]
        self.assertEqual([of_docker["Config"], *of_docker["Layers"]], blobs)
        used = {descriptor["digest"] for descriptor in [*index["manifests"], manifest["config"], *manifest["layers"]]}
        there = {f"sha256:{blob.name}" for blob in (self.layout / "blobs/sha256").iterdir()}
        self.assertEqual(there, used)
        return config, root

    def test_it_runs_with_nothing_but_what_is_in_it(self):
        need_root()
        config, root = self.unpacked()
        settings = config["config"]
        self.assertEqual(settings["ExposedPorts"], {"7171/tcp": {}})
        user = settings["User"]
        self.assertNotEqual(user.split(":")[0], "0")
        # As somebody who may do little, where we may choose; else as the root of a namespace, which may do no more than we.
        inside = ["chroot", f"--userspec={user}", root] if IS_ROOT else ["unshare", "--map-root-user", f"--root={root}"]

        def container(*arguments):
            return run("env", "-i", *settings["Env"], shutil.which(inside[0]), *inside[1:], *settings["Entrypoint"], *arguments)

        self.assertEqual(container("--version").stdout, f"wirecopy {VERSION}\n")
        # Pages and archives are converted into files of /tmp, which is to be writable.
        shutil.copytree(CORPUS / "exact-copy", root / "data/exact-copy")
        work = settings["WorkingDir"]
        scanned = container("scan", f"{work}/exact-copy", "--quiet", "--fail-on-duplicates")
        self.assertEqual(scanned.returncode, 1, scanned.stderr)
        created = container("index", "create", f"{work}/seen")
        self.assertEqual(created.returncode, 0, created.stderr)

    def test_the_licences_of_the_libraries_go_along(self):
        _, root = self.unpacked()
        libraries = [path.name for path in root.rglob("*.so*")]
        for prefix, package_name in {"libc.": "libc6", "libgcc_s.": "libgcc-s1"}.items():
            if any(library.startswith(prefix) for library in libraries):
                self.assertTrue((root / f"usr/share/doc/{package_name}/copyright").is_file(), package_name)
        self.assertTrue((root / "usr/share/doc/wirecopy/THIRD-PARTY").is_file())
