import hashlib
import os
import shutil
import subprocess
import tarfile
import tomllib
import unittest

from packages import ROOT, VERSION, WORK, made, make, package, program, run


class Archive(unittest.TestCase):
    def test_it_holds_the_program_and_what_belongs_to_it(self):
        folder = unpacked()
        self.assertEqual(run(folder / "wirecopy", "--version").stdout, f"wirecopy {VERSION}\n")
        self.assertIn("wirecopy-scan.1", os.listdir(folder / "man"))
        self.assertEqual(sorted(os.listdir(folder / "completions")), ["_wirecopy", "wirecopy.bash", "wirecopy.fish"])
        for text in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"]:
            self.assertEqual((folder / text).read_bytes(), (ROOT / text).read_bytes())
        # Two that say so: the one has a text of its own, the other one that many share.
        notices = (folder / "THIRD-PARTY").read_text()
        self.assertIn("\nzstd-sys ", notices)
        self.assertIn("\nserde ", notices)

    def test_cargo_binstall_finds_archive_and_program(self):
        manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]
        binstall = manifest["metadata"]["binstall"]
        target = run("rustc", "-vV").stdout.split("host: ")[1].split()[0]
        known = {
            "repo": manifest["repository"],
            "name": manifest["name"],
            "version": VERSION,
            "target": target,
            "bin": "wirecopy",
            "binary-ext": "",
        }
        address, program_path = (rendered(binstall[key], known) for key in ("pkg-url", "bin-dir"))
        self.assertTrue(address.startswith(f"https://github.com/wirecopy/wirecopy/releases/download/v{VERSION}/"))
        archive = made() / address.split("/")[-1]
        self.assertTrue(archive.is_file(), address)
        self.assertEqual(binstall["pkg-fmt"], "tgz")
        with tarfile.open(archive, "r:gz") as inside:
            self.assertTrue(inside.getmember(program_path).mode & 0o111)


class Sums(unittest.TestCase):
    def test_every_package_has_its_sum(self):
        lines = (made() / "SHA256SUMS").read_text().splitlines()
        sums = dict(line.split("  ")[::-1] for line in lines)
        self.assertEqual(sorted([*sums, "SHA256SUMS"]), sorted(os.listdir(made())))
        for name, expected in sums.items():
            self.assertEqual(hashlib.sha256((made() / name).read_bytes()).hexdigest(), expected, name)


class Again(unittest.TestCase):
    def test_the_same_binary_gives_the_same_bytes(self):
        # Of another place and time, for somebody with other habits.
        (WORK / "elsewhere").mkdir()
        binary = shutil.copy(program(), WORK / "elsewhere/program")
        os.utime(binary, (0, 0))
        habits = os.environ | {"TZ": "Asia/Tokyo", "LC_ALL": "C"}
        # What lies there of another version goes.
        (WORK / "again").mkdir()
        (WORK / "again/wirecopy-0.0.9.tgz").touch()
        # What is another machine's stays.
        (WORK / "again/wirecopy-darwin-arm64-0.0.9.tgz").touch()
        names = ["wirecopy-0.0.9.tgz", "wirecopy-darwin-arm64-0.0.9.tgz"]
        (WORK / "again/SHA256SUMS").write_text("".join(f"0  {name}\n" for name in names))
        again = make(binary, WORK / "again", umask=0o077, env=habits, cwd="/")
        self.assertEqual(sorted(os.listdir(again)), sorted([*os.listdir(made()), names[1]]))
        for name in os.listdir(made()):
            self.assertEqual((again / name).read_bytes(), (made() / name).read_bytes(), name)

    def test_another_version_is_refused(self):
        other = WORK / "other"
        other.write_text("#!/bin/sh\necho wirecopy 0.0.9\n")
        other.chmod(0o755)
        done = run(ROOT / "dist/make", "--binary", other, "--out", WORK / "none")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"is version 0.0.9, and Cargo.toml says {VERSION}", done.stderr)
        self.assertFalse((WORK / "none").exists())


def unpacked():
    place = WORK / "archive"
    place.mkdir(exist_ok=True)
    subprocess.run(["tar", "-xzf", package("*.tar.gz"), "-C", place], check=True)
    (folder,) = place.iterdir()
    return folder


def rendered(template, known):
    """A template as cargo-binstall reads it."""
    for name, value in known.items():
        template = template.replace(f"{{ {name} }}", value)
    assert "{" not in template, template
    return template
