import json
import re
import unittest

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packages import VERSION, package, program


class Sbom(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = package("*.cdx.json").read_text()
        cls.sbom = json.loads(cls.text)
        cls.components = {(part["name"], part["version"]): part for part in cls.sbom["components"]}

    def test_it_is_valid(self):
        self.assertIsNone(JsonStrictValidator(SchemaVersion.V1_5).validate_str(self.text))
        self.assertEqual(self.sbom["metadata"]["component"]["version"], VERSION)

    def test_every_crate_that_the_binary_shows_is_in_it(self):
        # The compiler leaves the places of possible panics in a binary: .../registry/src/INDEX/serde_json-1.0.1/src/de.rs.
        places = re.findall(rb"registry/src/[^/\0]+/([A-Za-z0-9_-]+?)-(\d+\.\d+\.\d+[^/\0]*)/", program().read_bytes())
        shown = {(name.decode(), version.decode()) for name, version in places}
        self.assertGreater(len(shown), 50)
        for crate in shown:
            self.assertIn(crate, self.components)
            self.assertEqual(self.components[crate]["scope"], "required", crate)

    def test_what_only_builds_or_tests_is_not_in_it_as_linked(self):
        linked = {name for (name, _), part in self.components.items() if part["scope"] == "required"}
        for name in ["criterion", "proptest", "jsonschema", "cc", "syn", "serde_derive"]:
            self.assertNotIn(name, linked)

    def test_every_crate_has_its_licence_and_its_sum(self):
        for crate, part in self.components.items():
            self.assertTrue(part["licenses"], crate)
            self.assertRegex(part["hashes"][0]["content"], "^[0-9a-f]{64}$")

    def test_what_is_needed_is_listed(self):
        listed = {part["bom-ref"] for part in self.components.values()} | {self.sbom["metadata"]["component"]["bom-ref"]}
        for entry in self.sbom["dependencies"]:
            self.assertLessEqual({entry["ref"], *entry["dependsOn"]}, listed)
        (ours,) = [entry for entry in self.sbom["dependencies"] if entry["ref"].startswith("pkg:cargo/wirecopy@")]
        self.assertGreater(len(ours["dependsOn"]), 30)
