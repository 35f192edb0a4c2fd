"""What tests share: a small press with planted copies, and the command beside it."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

WORDS = (
    "harbour quay crane council vote budget river flood school strike ferry rail bridge market price farmer storm "
    "engine court judge appeal minister union wage contract museum theatre season goal keeper coach league hospital "
    "ward nurse clinic vaccine summer drought reservoir pipe road tunnel toll signal driver licence census survey"
).split()


def story(random, words):
    """Sentences that nobody else wrote."""
    sentences = []
    while words > 0:
        length = random.randint(8, 18)
        sentences.append(" ".join(random.choice(WORDS) + random.choice(("", "s", "ed", "ing")) for _ in range(length)))
        words -= length
    return ". ".join(sentence.capitalize() for sentence in sentences) + "."


def press(count=240, seed=7):
    """Documents of which a third are copies: whole, edited, or a part of another."""
    rng = random.Random(seed)
    documents = []
    for number in range(count):
        kind = number % 6
        if kind < 4 or not documents:
            text = story(rng, rng.randint(60, 240))
        else:
            text = rng.choice(documents)["text"]
            words = text.split()
            if kind == 5:
                words[rng.randrange(len(words))] = "altered"
            if number % 4 == 0:
                words = words[: len(words) * 7 // 10]
            text = " ".join(words)
        documents.append(
            {
                "id": f"doc-{number:03}",
                "title": f"{text.split()[0]} {number}",
                "url": f"https://www.site{number % 9}.example/{number}",
                "date": f"2026-03-{1 + number % 28:02}T12:00:00Z",
                "text": text,
            }
        )
    return documents


@pytest.fixture(scope="session")
def documents():
    return press()


@pytest.fixture(scope="session")
def lines(documents, tmp_path_factory):
    """The documents as a file of JSON lines."""
    path = tmp_path_factory.mktemp("press") / "press.jsonl"
    path.write_text("".join(json.dumps(document) + "\n" for document in documents), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def command():
    """Runs the command that came with the package."""
    program = Path(sys.executable).with_name("wirecopy")

    def run(*arguments, input=None, code=0):
        done = subprocess.run([program, *map(str, arguments)], input=input, capture_output=True)
        assert done.returncode == code, done.stderr.decode()
        return done.stdout.decode()

    return run


@pytest.fixture(scope="session")
def pairs(command, lines):
    """The pairs that the command finds, a JSON object each."""
    rows = command("scan", lines, "--quiet", "--report", "pairs")
    found = [json.loads(row) for row in rows.splitlines()]
    assert len(found) > 60
    return found


def as_report(pair):
    """A row of the table of pairs as the pairs report has it."""
    spans = [
        {
            "a": [span["a_start"], span["a_end"]],
            "b": [span["b_start"], span["b_end"]],
            "tokens": span["tokens"],
            "identity": span["identity"],
        }
        for span in pair["spans"]
    ]
    return {name: value for name, value in pair.items() if value is not None} | {"spans": spans}
