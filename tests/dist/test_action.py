import json
import os
import re
import shutil
import unittest

import yaml
from packages import CORPUS, ROOT, WORK, program, run

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEP = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]


class Outcome:
    """What a runner makes of an action: its steps one after the other, until one fails."""

    def __init__(self, place, path=None, **inputs):
        known = {name: str(said.get("default", "")) for name, said in ACTION["inputs"].items()}
        assert inputs.keys() <= known.keys(), inputs
        self.known = {f"inputs.{name}": value for name, value in (known | inputs).items()}
        self.code, self.log = 0, ""
        path = path or f"{program().parent}:{os.environ['PATH']}"
        for number, step in enumerate(ACTION["runs"]["steps"]):
            files = {name: WORK / f"{name}-{number}" for name in ["GITHUB_OUTPUT", "GITHUB_PATH"]}
            for file in files.values():
                file.write_text("")
            runner = {
                "PATH": path,
                "GITHUB_ACTION_PATH": str(ROOT),
                "RUNNER_TEMP": str(WORK / "runner"),
                "HOME": os.environ["HOME"],
            }
            env = {name: self.evaluated(value) for name, value in step.get("env", {}).items()}
            assert step["shell"] == "bash" and "${{" not in step["run"], step
            (WORK / "step.sh").write_text(step["run"])
            done = run(*STEP, WORK / "step.sh", cwd=place, env=runner | {name: str(file) for name, file in files.items()} | env)
            self.log += done.stdout + done.stderr
            for line in files["GITHUB_OUTPUT"].read_text().splitlines():
                name, value = line.split("=", 1)
                self.known[f"steps.{step['id']}.outputs.{name}"] = value
            path = ":".join([*files["GITHUB_PATH"].read_text().splitlines(), path])
            self.code = done.returncode
            if self.code != 0:
                break
        self.report = place / self.evaluated(ACTION["outputs"]["report"]["value"])

    def evaluated(self, value):
        return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda found: self.known.get(found.group(1), ""), value)


class Action(unittest.TestCase):
    def place(self):
        place = WORK / self.id()
        place.mkdir()
        shutil.copytree(CORPUS / "exact-copy", place / "articles")
        return place

    def results(self, outcome):
        return json.loads(outcome.report.read_text())["runs"][0]["results"]

    def test_duplicates_fail_the_step_and_are_in_the_report(self):
        outcome = Outcome(self.place(), paths="articles")
        self.assertEqual((outcome.code, outcome.report.name), (1, "wirecopy.sarif"), outcome.log)
        self.assertEqual({result["ruleId"] for result in self.results(outcome)}, {"duplicate"})

    def test_beside_a_baseline_only_what_is_new_fails(self):
        place = self.place()
        first = Outcome(place, paths="articles", format="json", report="known.json", **{"fail-on": "nothing"})
        self.assertEqual((first.code, first.report.name), (0, "known.json"), first.log)
        known = Outcome(place, paths="articles", baseline="known.json")
        self.assertEqual((known.code, self.results(known)), (0, []), known.log)
        shutil.copytree(CORPUS / "light-edit", place / "more articles")
        new = Outcome(place, paths="articles\n\nmore articles\n", baseline="known.json")
        self.assertEqual((new.code, len(self.results(new))), (1, 6), new.log)

    def test_pages_that_repeat_something_fail_where_that_is_asked_for(self):
        place = self.place()
        shutil.copytree(CORPUS / "page-repeats", place / "pages")
        asked = {"fail-on": "repeats"}
        outcome = Outcome(place, paths="pages", format="junit", **asked)
        self.assertEqual((outcome.code, outcome.report.name), (1, "wirecopy.junit.xml"), outcome.log)
        self.assertIn("title stands 3 times: Council sells the clock", outcome.report.read_text())
        (place / "pages/one").mkdir()
        shutil.copy(CORPUS / "page-repeats/clean-recipe.md", place / "pages/one")
        self.assertEqual(Outcome(place, paths="pages/one", **asked).code, 0)

    def test_an_input_is_never_run(self):
        place = self.place()
        outcome = Outcome(place, paths="$(touch run)`touch run`; touch run")
        self.assertEqual(outcome.code, 2, outcome.log)
        self.assertFalse((place / "run").exists())
        wrong = Outcome(place, **{"fail-on": "everything"})
        self.assertEqual(wrong.code, 2)
        self.assertIn("fail-on is new, duplicates, repeats or nothing", wrong.log)

    def test_it_is_built_where_it_is_not_on_the_path(self):
        # Building takes minutes: what stands in for cargo puts the program where cargo would.
        tools = WORK / "tools"
        tools.mkdir()
        cargo = tools / "cargo"
        cargo.write_text(
            "#!/bin/sh\n"
            f'[ "$1 $2 $3" = "install --locked --path" ] && [ -f "$4/Cargo.toml" ] && [ "$5" = --root ] || exit 9\n'
            f'mkdir -p "$6/bin" && cp {program()} "$6/bin/"\n'
        )
        cargo.chmod(0o755)
        for tool in ["bash", "mkdir", "cp", "sh"]:
            (tools / tool).symlink_to(shutil.which(tool))
        outcome = Outcome(self.place(), path=str(tools), paths="articles")
        self.assertEqual((outcome.code, outcome.report.name), (1, "wirecopy.sarif"), outcome.log)
