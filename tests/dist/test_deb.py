import shutil
import subprocess
import unittest
from pathlib import Path

from packages import CORPUS, IS_ROOT, VERSION, WORK, need, need_root, package, program, run


class Debian(unittest.TestCase):
    def setUp(self):
        need(shutil.which("dpkg"), "dpkg")
        self.package = package("*.deb")

    def test_it_is_installed_runs_and_is_removed(self):
        # On this system where that is ours to do; else as root of a folder, which has no other packages.
        is_free = not Path("/usr/bin/wirecopy").exists() and run("dpkg-query", "-W", "wirecopy").returncode != 0
        root = Path("/") if IS_ROOT and is_free else system()
        need_root()
        # Images of containers often leave out what people read.
        dpkg = [] if IS_ROOT else ["unshare", "--map-root-user"]
        dpkg += ["dpkg", f"--root={root}", "--path-include=/usr/share/*"]
        if root != Path("/"):
            dpkg.append("--force-depends")
        names = run("sh", "-c", 'dpkg-deb --fsys-tarfile "$0" | tar -t', self.package).stdout.splitlines()
        paths = [root / name for name in names]
        new = [path for path in paths if not path.exists()]
        self.assertIn(root / "usr/bin/wirecopy", new)
        try:
            subprocess.run([*dpkg, "--install", self.package], check=True, capture_output=True)
            self.assertEqual(run(*dpkg, "--verify", "wirecopy").stdout, "")
            self.look_at(root)
        finally:
            subprocess.run([*dpkg, "--purge", "wirecopy"], check=True, capture_output=True)
        self.assertEqual([path for path in new if path.exists()], [])
        self.assertEqual(run("dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "wirecopy").returncode, 1)

    def look_at(self, root):
        installed = root / "usr/bin/wirecopy"
        self.assertEqual(run(installed, "--version").stdout, f"wirecopy {VERSION}\n")
        scanned = run(installed, "scan", CORPUS / "exact-copy", "--quiet", "--fail-on-duplicates")
        self.assertEqual(scanned.returncode, 1, scanned.stderr)
        shared = root / "usr/share"
        page = run("gzip", "-dc", shared / "man/man1/wirecopy-scan.1.gz").stdout
        self.assertIn(".TH wirecopy-scan 1", page)
        script = shared / "bash-completion/completions/wirecopy"
        completed = run("bash", "-c", f"source {script} && complete -p wirecopy")
        self.assertIn("wirecopy", completed.stdout, completed.stderr)
        self.assertIn("#compdef wirecopy", (shared / "zsh/vendor-completions/_wirecopy").read_text())
        self.assertIn("complete -c wirecopy", (shared / "fish/vendor_completions.d/wirecopy.fish").read_text())
        self.assertIn("MIT or Apache-2.0", (shared / "doc/wirecopy/copyright").read_text())
        self.assertIn("# Changelog", run("gzip", "-dc", shared / "doc/wirecopy/changelog.gz").stdout)

    def test_it_depends_on_what_debian_says(self):
        need(shutil.which("dpkg-shlibdeps"), "dpkg-dev")
        source = WORK / "source"
        (source / "debian").mkdir(parents=True)
        (source / "debian/control").write_text("Source: wirecopy\n\nPackage: wirecopy\nArchitecture: any\n")
        said = run("dpkg-shlibdeps", "-O", program(), cwd=source).stdout
        depends = run("dpkg-deb", "--field", self.package, "Depends").stdout
        self.assertEqual(said.strip(), f"shlibs:Depends={depends.strip()}")


def system():
    """A folder that dpkg takes for a system."""
    root = WORK / "system"
    database = root / "var/lib/dpkg"
    for folder in ["info", "updates"]:
        (database / folder).mkdir(parents=True)
    for file in ["status", "available"]:
        (database / file).touch()
    return root
