"""The index says what the filter says."""

import asyncio
import json
import pickle
import threading

import pytest
import wirecopy


def said(answer):
    return {name: value for name, value in answer.items() if name != "seen_at"}


def test_add_says_what_filter_says(command, documents, lines, tmp_path):
    told = command("filter", "--index", tmp_path / "cli", "--quiet", input=lines.read_bytes()).splitlines()
    expected = [said(json.loads(line)["wirecopy"]) for line in told]
    with wirecopy.Index(tmp_path / "ours") as index:
        assert len(index) == 0
        answers = index.add(documents[:100]) + index.add(document for document in documents[100:])
        assert [said(answer) for answer in answers] == expected
        assert len({answer["verdict"] for answer in answers}) > 2
        assert index.add(documents[:50]) == answers[:50]
        assert len(index) == len(documents)
    with wirecopy.Index(tmp_path / "files") as index:
        assert [said(answer) for answer in index.add(lines)] == expected
    stats = json.loads(command("index", "stats", tmp_path / "ours", "--json"))
    with wirecopy.Index(tmp_path / "ours", "r") as index:
        assert index.stats() == stats


def test_check_takes_nothing(documents, tmp_path):
    with wirecopy.Index(tmp_path / "seen") as index:
        index.add(documents[:60])
        checked = index.check(documents[50:80])
        assert len(checked) == 30 and len(index) == 60
        assert [said(answer) for answer in asyncio.run(index.acheck(documents[50:80]))] == [said(one) for one in checked]
        assert len(asyncio.run(index.aadd(documents[60:80]))) == 20 and len(index) == 80
    with wirecopy.Index(tmp_path / "seen", "r") as index:
        again, copy = index.check([documents[0], {**documents[0], "id": "copy"}])
        assert (again["verdict"], again["matches"]) == ("new", [])
        assert (copy["verdict"], copy["of"], copy["matches"][0]["jaccard"]) == ("exact", "doc-000", 1.0)
        with pytest.raises(wirecopy.Error, match="reading"):
            index.add(documents[:1])
        with pytest.raises(ValueError, match="reading"):
            index.delete(["doc-001"])


def test_get_delete_and_in(documents, tmp_path):
    with wirecopy.Index(tmp_path / "seen") as index:
        index.add(documents[:20])
        one, none = index.get(["doc-003", "nobody"])
        assert none is None
        assert (one["id"], one["text"], one["title"]) == ("doc-003", documents[3]["text"], documents[3]["title"])
        assert one["url"] == documents[3]["url"] and one["wirecopy"]["verdict"] == "new"
        assert "doc-003" in index and "nobody" not in index and 5 not in index
        assert index.delete(["doc-003", "nobody"]) == 1
        assert "doc-003" not in index and len(index) == 19 and index.stats()["deleted"] == 1
        with pytest.raises(TypeError, match="list"):
            index.get("doc-003")


def test_modes(documents, tmp_path):
    with pytest.raises(FileNotFoundError):
        wirecopy.Index(tmp_path / "seen", "r")
    with wirecopy.Index(tmp_path / "seen", "x") as index:
        index.add(documents[:3])
        with pytest.raises(wirecopy.LockedError):
            wirecopy.Index(tmp_path / "seen")
        with wirecopy.Index(tmp_path / "seen", "r") as beside:
            assert len(beside) == 3
    with pytest.raises(wirecopy.FileError, match="an index is there"):
        wirecopy.Index(tmp_path / "seen", "x")
    with pytest.raises(ValueError, match="mode"):
        wirecopy.Index(tmp_path / "seen", "w")
    with pytest.raises(wirecopy.Error, match="closed"):
        index.add(documents[:1])
    index.close()
    assert repr(index).startswith("<closed")
    with pytest.raises(wirecopy.IndexFault):
        wirecopy.Index(tmp_path / "seen", shingle=3)


def test_documents_without_an_id_are_numbered_on(tmp_path):
    quay = "The harbour master closed the outer quay on Tuesday after a crane had failed twice within one week."
    with wirecopy.Index(tmp_path / "seen") as index:
        first = index.add([quay, "Rain is expected in the north of the country tonight, and wind from the sea."])
        second = index.add([quay])
        assert [answer["verdict"] for answer in first + second] == ["new", "new", "exact"]
        assert second[0]["of"] == "0" and len(index) == 3
        assert index.get(["0", "1", "2"])[2]["text"] == quay


def test_rows_without_a_text_have_no_answer(tmp_path, caplog):
    with wirecopy.Index(tmp_path / "seen") as index:
        answers = index.add([{"id": "a", "text": "one two three four"}, {"id": "b"}, {"id": "c", "text": "one two three four"}])
        assert [answer and answer["verdict"] for answer in answers] == ["new", None, "exact"]
        assert "1 of 3" in caplog.text
        assert index.add([]) == [] and index.check([{"id": "b"}]) == [None]


def test_expiry_store_and_model(documents, tmp_path):
    wirecopy.scan(documents).save_model(tmp_path / "model")
    with wirecopy.Index(tmp_path / "seen", store="signatures", window="30d", model=tmp_path / "model") as index:
        assert index.add(documents[:2])[0]["verified"] is False
        stats = index.stats()
    assert (stats["store"], stats["window_seconds"]) == ("signatures", 30 * 86_400) and stats["model"]


def test_a_pickled_index_is_opened_for_reading(documents, tmp_path):
    with wirecopy.Index(tmp_path / "seen") as index:
        index.add(documents[:10])
        with pickle.loads(pickle.dumps(index)) as copy:
            assert len(copy) == 10
            with pytest.raises(wirecopy.Error, match="reading"):
                copy.add(documents[:1])


def test_threads_share_one(documents, tmp_path):
    with wirecopy.Index(tmp_path / "seen") as index:
        answers, errors = {}, []

        def work(part):
            try:
                answers[part] = index.add(documents[part * 30 : part * 30 + 30])
                index.check(documents[:5])
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(part,)) for part in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors and sum(map(len, answers.values())) == len(documents) == len(index)
