import json
import os
import shutil
import signal
import subprocess
import unittest

from packages import CORPUS, VERSION, WORK, need, package, run


class Npm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need(shutil.which("npm") and shutil.which("npx"), "node and npm")
        cls.project = WORK / "project"
        cls.project.mkdir()
        cls.env = os.environ | {"npm_config_cache": str(WORK / "npm-cache"), "npm_config_update_notifier": "false"}
        (cls.project / "package.json").write_text('{"name": "project", "private": true}')
        packages = [package(f"wirecopy-{VERSION}.tgz"), package(f"wirecopy-*-*-{VERSION}.tgz")]
        done = run("npm", "install", "--offline", "--no-audit", "--no-fund", *packages, cwd=cls.project, env=cls.env)
        assert done.returncode == 0, done.stderr

    def npx(self, *arguments, **how):
        return run("npx", "--offline", "wirecopy", *arguments, cwd=self.project, env=self.env, **how)

    def test_arguments_and_codes_pass_through(self):
        self.assertEqual(self.npx("--version").stdout, f"wirecopy {VERSION}\n")
        scanned = self.npx("scan", CORPUS / "exact-copy", "--quiet", "--fail-on-duplicates")
        self.assertEqual(scanned.returncode, 1, scanned.stderr)
        self.assertEqual(self.npx("scan", "a name with spaces").returncode, 2)

    def test_input_and_output_pass_through(self):
        line = json.dumps({"id": "a", "text": "A lamp for the lighthouse at Vessa Head."})
        answered = self.npx("filter", "--quiet", "--index", "seen", input=line + "\n")
        self.assertEqual(json.loads(answered.stdout)["wirecopy"]["verdict"], "new", answered.stderr)

    def test_a_signal_reaches_the_program(self):
        # The service ends with 0 when it is asked to end; a launcher that ended by itself would not.
        command = ["node", "node_modules/wirecopy/launcher.js", "serve", "--index", "served", "--listen", "127.0.0.1:0"]
        launcher = subprocess.Popen(command, cwd=self.project, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        with launcher:
            self.assertIn("127.0.0.1", launcher.stderr.readline())
            launcher.send_signal(signal.SIGTERM)
            launcher.stderr.read()
        self.assertEqual(launcher.returncode, 0)

    def test_a_package_that_is_missing_is_named(self):
        alone = self.project / "alone/node_modules"
        shutil.copytree(self.project / "node_modules/wirecopy", alone / "wirecopy")
        # Away from the project, where the program would be found.
        away = shutil.move(alone, WORK / "node_modules-alone")
        done = run("node", f"{away}/wirecopy/launcher.js", "--version")
        self.assertEqual(done.returncode, 2)
        self.assertIn("the package @wirecopy/", done.stderr)
