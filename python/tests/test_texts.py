"""Single texts and pages."""

import os
import pickle
from pathlib import Path

import pytest
import wirecopy

QUAY = "The harbour master closed the outer quay on Tuesday after a crane had failed twice within one week."


def test_compare():
    same = wirecopy.compare(QUAY, QUAY)
    assert (same.relation, same.jaccard, same.score) == ("exact", 1.0, 1.0)
    near = wirecopy.compare(QUAY, QUAY.replace("on Tuesday", "this week"))
    assert near.relation == "near" and 0 < near.score < 1 and near.tests
    assert near.spans[0].in_a(QUAY) == QUAY.rstrip(".")
    long = f"Café über alles, said nobody at all in the whole of the old town. {QUAY} And then it rained for days."
    inside = wirecopy.compare(long, QUAY, min_words=10)
    assert (inside.relation, inside.inner) == ("contained", "b")
    assert inside.spans[0].in_a(long).startswith("The harbour master")
    none = wirecopy.compare("one two three", "four five six")
    assert (none.relation, none.score, none.spans) == (None, 0.0, ())
    assert pickle.loads(pickle.dumps(near)) == near
    note = "Quarterly dividend of ten cents, payable on April 2 to holders of record on March 5."
    titled = wirecopy.compare(note, note, title_a="Acme declares dividend", title_b="Bolt declares dividend")
    assert titled.relation == "templated"
    with pytest.raises(ValueError):
        wirecopy.compare("a", "b", threshold=2)


def test_tokens_and_shingles(command, tmp_path):
    assert wirecopy.tokens("Hello, World's ﬁne") == ["hello", "world", "s", "fine"]
    assert wirecopy.tokens("") == []
    assert len(wirecopy.shingles(QUAY)) == len(wirecopy.tokens(QUAY)) - 4
    assert wirecopy.shingles(QUAY, 3) == sorted(set(wirecopy.shingles(QUAY, k=3)))
    assert wirecopy.shingles("?") == []
    with pytest.raises(ValueError):
        wirecopy.shingles(QUAY, 0)


def test_minhash():
    other = QUAY.replace("Tuesday", "Monday")
    a, b, c, none = wirecopy.minhash([QUAY, QUAY, other, "..."], values=64)
    assert a == b != c and none is None and len(a) == 64
    share = sum(x == y for x, y in zip(a, c)) / 64
    assert abs(share - wirecopy.compare(QUAY, other).jaccard) < 0.25
    whole = wirecopy.minhash(text for text in [QUAY])
    assert len(whole) == 1 and len(whole[0]) == 128 and whole[0] == whole[-1] == whole[:1][0]
    assert pickle.loads(pickle.dumps(whole)).to_pylist() == whole.to_pylist()
    for values in (0, 129):
        with pytest.raises(ValueError, match="128"):
            wirecopy.minhash([QUAY], values=values)


def test_simhash():
    a, b, none = wirecopy.simhash([QUAY, QUAY, "!"])
    assert a == b and 0 <= a < 2**64 and none is None


def test_repeats():
    head = "Talks highlight the gap between harbour and council"
    text = f"{head}\n\n{QUAY}\n\n{head}\n"
    (found,) = wirecopy.repeats(text)
    assert (found.count, found.text) == (2, head)
    assert [text[start:end] for start, end in found.spans] == [head, head]
    page = f"<title>{head}</title><h1>{head}</h1><p>{QUAY}</p><p>{QUAY}</p>"
    kinds = {found.text: found.count for found in wirecopy.repeats(page, html=True)}
    assert kinds[QUAY] == 2
    assert wirecopy.repeats(page.encode(), html=True) == wirecopy.repeats(page, html=True)
    assert wirecopy.repeats(QUAY) == []


def test_extract(command, tmp_path):
    page = f"<title>Quay closed</title><nav><a href=/>Home</a></nav><article><h1>Quay closed</h1><p>{QUAY} {QUAY}</p></article>"
    found = wirecopy.extract(page, url="https://www.courier.example/quay")
    (tmp_path / "page.html").write_text(page)
    assert found.text == command("text", tmp_path / "page.html")
    assert (found.title, found.url) == ("Quay closed", "https://www.courier.example/quay")
    assert wirecopy.extract(page.encode("utf-16")).text == found.text
    with pytest.raises(OSError):
        wirecopy.extract(bytes(range(256)) * 50)
