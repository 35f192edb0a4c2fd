"""Scans of DataFrames, on a real cluster: two executors in JVMs of their own, and a standalone master of which a worker is killed."""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

pyspark = pytest.importorskip("pyspark")

import wirecopy  # noqa: E402
import wirecopy.spark  # noqa: E402

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("default")]

COLUMNS = ("id", "title", "url", "canonical_url", "source", "date", "text")
HOME = pathlib.Path(pyspark.__file__).parent


def documents():
    """The bundled wire stories, and short notes: enough that every partition has copies of another's."""
    rows = []
    for path in sorted(pathlib.Path(os.environ["WIRECOPY_CORPUS"]).rglob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().split(b"\n")[:-1]):
            row = json.loads(line)
            row["id"] = f"{path.parent.name}/{row.get('id', number)}"
            rows.append(tuple(row.get(column) for column in COLUMNS))
    assert len(rows) > 150
    return rows


def rows_of(table, without=("path", "record", "spans")):
    kept = [{name: value for name, value in row.items() if name not in without} for row in table]
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in kept)


def records(rows):
    return [{name: value for name, value in zip(COLUMNS, row) if value is not None} for row in rows]


def on_one_machine(rows):
    scan = wirecopy.scan(records(rows))
    return {name: rows_of(getattr(scan, name).to_pyarrow().to_pylist()) for name in ("documents", "pairs")}


def session(master, tmp_path):
    os.environ.update(SPARK_HOME=str(HOME), PYSPARK_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1", SPARK_WORKER_DIR=str(tmp_path))
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("wirecopy").config("spark.ui.enabled", "false")
    spark = builder.config("spark.executor.memory", "512m").config("spark.cores.max", "2").config("spark.executor.cores", "1").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def frame(spark, rows, partitions):
    shuffled = rows[:]
    random.Random(partitions).shuffle(shuffled)
    return spark.createDataFrame(shuffled, ", ".join(f"{name} string" for name in COLUMNS)).repartition(partitions)


def is_as_on_one(found, one):
    for name, want in one.items():
        got = rows_of(row.asDict(recursive=True) for row in getattr(found, name).collect())
        assert got == want, name


def test_however_rows_are_partitioned_the_answer_is_that_of_one_machine(tmp_path):
    rows = documents()
    one = on_one_machine(rows)
    spark = session("local-cluster[2,1,1024]", tmp_path)
    try:
        for partitions in (1, 3, 17):
            found = wirecopy.spark.deduplicate(frame(spark, rows, partitions), checkpoint=str(tmp_path / f"of{partitions}"))
            is_as_on_one(found, one)
            assert found.clusters.count() > 0
        # A job that is run again goes on after what is there: nothing is read or judged anew.
        steps = tmp_path / "of3" / "steps"
        before = {path.name: path.stat().st_mtime_ns for path in steps.glob("read-*")}
        is_as_on_one(wirecopy.spark.deduplicate(frame(spark, rows, 3), checkpoint=str(tmp_path / "of3")), one)
        assert before and before == {path.name: path.stat().st_mtime_ns for path in steps.glob("read-*")}
        is_against_a_second_set_under_a_model(spark, rows, tmp_path)
        with pytest.raises(wirecopy.Error, match="no column `body`"):
            wirecopy.spark.deduplicate(frame(spark, rows, 1), text="body")
        with pytest.raises(wirecopy.Error, match="threshold"):
            wirecopy.spark.deduplicate(frame(spark, rows, 1), threshold=7, shards=1)
    finally:
        spark.stop()


def is_against_a_second_set_under_a_model(spark, rows, tmp_path):
    first, second = rows[::2], rows[1::2]
    model = tmp_path / "model"
    wirecopy.scan(records(rows)).save_model(model)
    found = wirecopy.scan(records(first), against=records(second), model=model)
    one = {"pairs": rows_of(found.pairs.to_pyarrow().to_pylist())}
    assert one["pairs"]
    folder = str(tmp_path / "against")
    of = {"against": frame(spark, second, 2), "model": model, "checkpoint": folder}
    is_as_on_one(wirecopy.spark.deduplicate(frame(spark, first, 3), **of), one)
    with pytest.raises(wirecopy.Error, match="no-model"):
        wirecopy.spark.deduplicate(frame(spark, first, 1), model="no-model")


def started(tmp_path, name, *arguments):
    """A daemon of Spark's, in the foreground."""
    command = [str(HOME / "bin" / "spark-class"), f"org.apache.spark.deploy.{arguments[0]}", *arguments[1:]]
    with open(tmp_path / f"{name}.log", "wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)


def until(path, text, seconds=90):
    for _ in range(seconds * 5):
        if text in path.read_text(encoding="utf-8", errors="replace"):
            return
        time.sleep(0.2)
    raise AssertionError(f"{path} never says `{text}`: {path.read_text(encoding='utf-8', errors='replace')[-2000:]}")


def test_a_worker_that_is_killed_in_mid_job_changes_nothing(tmp_path):
    rows = documents()
    one = on_one_machine(rows)
    os.environ.update(SPARK_HOME=str(HOME), SPARK_LOCAL_IP="127.0.0.1")
    port, running = 17077, []
    try:
        running.append(started(tmp_path, "master", "master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"))
        until(tmp_path / "master.log", "I have been elected leader")
        for number in range(2):
            work = ["--work-dir", str(tmp_path / f"work{number}"), "--webui-port", "0", "--cores", "1", "--memory", "1g"]
            running.append(started(tmp_path, f"worker{number}", "worker.Worker", *work, f"spark://127.0.0.1:{port}"))
            until(tmp_path / f"worker{number}.log", "Successfully registered with master")
        spark = session(f"spark://127.0.0.1:{port}", tmp_path)
        try:
            df = frame(spark, rows, 8)
            df.count()
            # Its executor goes with it; the tasks that it had are run by the other.
            os.killpg(running[1].pid, signal.SIGKILL)
            is_as_on_one(wirecopy.spark.deduplicate(df, checkpoint=str(tmp_path / "shared")), one)
        finally:
            spark.stop()
    finally:
        for process in running:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
