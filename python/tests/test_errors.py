"""Errors are wirecopy's, and what Python people expect."""

import pickle

import pytest
import wirecopy


def test_a_missing_path(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        wirecopy.scan(tmp_path / "none")
    assert isinstance(raised.value, wirecopy.MissingError) and isinstance(raised.value, (wirecopy.Error, OSError))
    assert raised.value.kind == "missing" and raised.value.path == str(tmp_path / "none")
    assert pickle.loads(pickle.dumps(raised.value)).kind == "missing"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"threshold": 70}, "threshold"),
        ({"containment": 0}, "containment"),
        ({"shingle": 0}, "shingle"),
        ({"within": "soon"}, "within"),
        ({"method": "lsh"}, "method"),
        ({"format": "pdf"}, "format"),
        ({"html": "some"}, "html"),
        ({"max_record": "big"}, "max_record"),
        ({"site_from": "("}, "no regular expression"),
        ({"memory": "much"}, "memory"),
        ({"threads": 5000}, "threads"),
    ],
)
def test_settings_out_of_range(wrong, said):
    with pytest.raises(ValueError, match=said) as raised:
        wirecopy.scan(["one two three"], **wrong)
    assert isinstance(raised.value, wirecopy.SettingError)


def test_errors_speak_of_keywords(tmp_path):
    file = tmp_path / "one.jsonl"
    file.write_text('{"body": "one two three"}\n')
    with pytest.raises(OSError, match="`text`") as raised:
        wirecopy.scan(file)
    assert "--" not in str(raised.value)
