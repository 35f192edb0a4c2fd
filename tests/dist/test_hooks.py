import os
import shutil
import subprocess
import unittest

import yaml
from packages import CORPUS, ROOT, WORK, need, program, run

MANIFEST = ROOT / ".pre-commit-hooks.yaml"


class Hooks(unittest.TestCase):
    """pre-commit in a repository that names another one, which has our hooks, as anybody's does."""

    @classmethod
    def setUpClass(cls):
        need(shutil.which("git"), "git")
        cls.env = os.environ | {
            "PATH": f"{program().parent}:{os.environ['PATH']}",
            "PRE_COMMIT_HOME": str(WORK / "pre-commit"),
            # Whoever commits here, and whatever else they have set.
            "GIT_CONFIG_GLOBAL": str(WORK / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        (WORK / "gitconfig").write_text("[user]\nname = a tester\nemail = tester@example.org\n[init]\ndefaultBranch = main\n")
        # Our repository as it is now, committed or not, as far as these hooks have to do with it.
        cls.hooks = cls.repository("hooks")
        shutil.copy(MANIFEST, cls.hooks)
        cls.git(cls.hooks, "add", "--all")
        cls.git(cls.hooks, "commit", "--quiet", "--message", "hooks")
        cls.git(cls.hooks, "tag", "v1")

    @classmethod
    def git(cls, repository, *arguments):
        subprocess.run(["git", "-C", repository, *arguments], env=cls.env, check=True, capture_output=True)

    @classmethod
    def repository(cls, name):
        place = WORK / name
        place.mkdir()
        cls.git(place, "init", "--quiet")
        return place

    def site(self, name, hook):
        """A repository with one hook of ours."""
        site = self.repository(name)
        config = {"repos": [{"repo": str(self.hooks), "rev": "v1", "hooks": [hook]}]}
        (site / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
        return site

    def checked(self, site):
        self.git(site, "add", "--all")
        return run("pre-commit", "run", "--color", "never", cwd=site, env=self.env)

    def test_a_page_that_repeats_itself_is_not_committed(self):
        site = self.site("pages", {"id": "wirecopy-page-system"})
        shutil.copy(CORPUS / "plain-text/willow.md", site)
        clean = self.checked(site)
        self.assertEqual(clean.returncode, 0, clean.stdout + clean.stderr)
        self.assertIn("Passed", clean.stdout)
        shutil.copy(CORPUS / "page-repeats/headline-three.txt", site / "three times.txt")
        dirty = self.checked(site)
        self.assertEqual(dirty.returncode, 1, dirty.stdout + dirty.stderr)
        self.assertIn("title 3 times: Council sells the clock", dirty.stdout)

    def test_only_duplicates_that_are_new_fail_beside_a_baseline(self):
        news = {"id": "wirecopy-scan-system", "args": ["articles", "--baseline", "known.json", "--fail-on-new"]}
        site = self.site("articles", news)
        shutil.copytree(CORPUS / "exact-copy", site / "articles")
        subprocess.run([program(), "scan", "articles", "--quiet", "--report", "json=known.json"], cwd=site, check=True)
        known = self.checked(site)
        self.assertEqual(known.returncode, 0, known.stdout + known.stderr)
        shutil.copytree(CORPUS / "light-edit", site / "articles/more")
        new = self.checked(site)
        self.assertEqual(new.returncode, 1, new.stdout + new.stderr)
        self.assertIn("clusters: 6 new", new.stdout)

    def test_without_args_every_duplicate_fails(self):
        site = self.site("all", {"id": "wirecopy-scan-system"})
        shutil.copytree(CORPUS / "exact-copy", site / "articles")
        self.assertEqual(self.checked(site).returncode, 1)

    def test_the_hooks_that_are_built_do_what_the_others_do(self):
        checked = run("pre-commit", "validate-manifest", MANIFEST)
        self.assertEqual(checked.returncode, 0, checked.stdout)
        hooks = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text())}
        for name in ["wirecopy-page", "wirecopy-scan"]:
            ours = ("id", "language", "description")
            built, there = (
                {key: value for key, value in hooks[id].items() if key not in ours} for id in [name, f"{name}-system"]
            )
            self.assertEqual(built, there)
            self.assertEqual((hooks[name]["language"], hooks[f"{name}-system"]["language"]), ("rust", "system"))
