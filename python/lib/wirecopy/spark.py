"""Scans of documents that Apache Spark has: the same answer as one machine gives.

The executors read the documents and judge their pairs, as the shares of `wirecopy stage`; the
driver learns from them, finds the pairs worth a look, and writes the tables. What they hand each other stands in a folder that
the driver and all executors see, and survives the job: called again with the same `checkpoint`, a job that was ended goes on.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional, Union

from wirecopy._errors import Error

if TYPE_CHECKING:
    import pyarrow
    from pyspark.sql import DataFrame

__all__ = ["Deduplicated", "deduplicate"]

Path = Union[str, os.PathLike[str]]

# What a row's fields are called in the files of documents.
_FIELDS = ("text", "id", "title", "url", "canonical_url", "date", "source")


@dataclass(frozen=True)
class Deduplicated:
    """The tables of `scan --report parquet`, as DataFrames over the files of the checkpoint."""

    documents: DataFrame
    pairs: DataFrame
    clusters: DataFrame


def deduplicate(
    df: DataFrame,
    *,
    text: str = "text",
    id: str = "id",
    title: str = "title",
    url: str = "url",
    canonical_url: str = "canonical_url",
    date: str = "date",
    source: str = "source",
    against: Optional[DataFrame] = None,
    within: Optional[str] = None,
    classic: bool = False,
    threshold: Optional[float] = None,
    containment: Optional[float] = None,
    shingle: int = 5,
    model: Optional[Path] = None,
    boilerplate: Optional[Path] = None,
    memory: Optional[str] = None,
    shards: Optional[int] = None,
    checkpoint: Optional[str] = None,
) -> Deduplicated:
    """Finds the duplicates among the rows of a DataFrame.

    The first arguments name columns; those that the DataFrame has not are left out, all but the text. `against` is a second set
    with columns of the same names: no document of it is a duplicate. `within`, `classic`, `threshold`, `containment`, `shingle`,
    `model`, `boilerplate` (files that the driver and all executors see) and `memory` (of each process) are the command's. `shards` is how many tasks share a
    stage, as many as the DataFrame has partitions if not given. `checkpoint` is a folder that the driver and all executors see; if
    it is not given, a new one of this machine is made, which does only where all executors run on it too.

    The answer is that of `wirecopy.scan` of the same rows, however they are partitioned and in whatever order. Raises
    `wirecopy.Error` where a process of ours fails, or Spark gives up a task, with what was said.
    """
    columns = dict(zip(_FIELDS, (text, id, title, url, canonical_url, date, source)))
    folder = os.path.abspath(checkpoint or tempfile.mkdtemp(prefix="wirecopy-spark-"))
    steps, tables = os.path.join(folder, "steps"), os.path.join(folder, "tables")
    documents = _written(df, columns, os.path.join(folder, "documents"))
    settings = ["--shingle", str(shingle), "--work-dir", steps]
    if against is not None:
        settings += ["--against", _written(against, columns, os.path.join(folder, "against"))]
    values = {"within": within, "threshold": threshold, "containment": containment, "memory": memory}
    files = {name: os.path.abspath(file) for name, file in (("model", model), ("boilerplate", boilerplate)) if file is not None}
    for flag, value in {**values, **files}.items():
        settings += [] if value is None else [f"--{flag}", str(value)]
    settings += ["--classic"] if classic else []
    count = shards or max(1, df.rdd.getNumPartitions())
    _shared(df, "read", [documents, *settings], count)
    if not classic:
        _run(["stage", "candidates", documents, *settings])
        _shared(df, "judge", [documents, *settings], count)
    _run(["scan", documents, *settings, "--resume", "--force", "--report", f"parquet={tables}"])
    read = df.sparkSession.read.parquet
    made = (read(f"file://{tables}/{name}.parquet") for name in ("documents", "pairs", "clusters"))
    return Deduplicated(*made)


def _written(df: DataFrame, columns: dict[str, str], documents: str) -> str:
    """Writes the rows as JSON lines, a file for each partition, unless an earlier job has; returns the folder."""
    held = {field: column for field, column in columns.items() if column in df.columns}
    if "text" not in held:
        raise Error(f"the DataFrame has no column `{columns['text']}`: name the one of the texts with text=")
    if os.path.isdir(documents):
        return documents
    part = documents + ".part"
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    rows = df.selectExpr(*(f"CAST(`{column}` AS STRING) AS `{field}`" for field, column in held.items()))

    def write(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        from pyspark import TaskContext

        task = TaskContext.get()
        assert task is not None
        path = os.path.join(part, f"{task.partitionId():06}.jsonl")
        # Attempts of one task may run beside one another: the last to end puts its file in the place of the others'.
        own = f"{path}.{task.taskAttemptId()}"
        count = 0
        with open(own, "w", encoding="utf-8") as out:
            for batch in batches:
                for row in batch.to_pylist():
                    out.write(json.dumps({field: value for field, value in row.items() if value is not None}, ensure_ascii=False))
                    out.write("\n")
                    count += 1
        os.rename(own, path)
        yield _row(count)

    _done(rows.mapInArrow(write, "done bigint"))
    for name in os.listdir(part):
        if not name.endswith(".jsonl"):
            os.remove(os.path.join(part, name))
    os.rename(part, documents)
    return documents


def _shared(df: DataFrame, stage: str, arguments: Sequence[str], count: int) -> None:
    """Has the executors do all shares of a stage."""

    def share(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                _run(["stage", stage, *arguments, "--shard", f"{number}/{count}", "--threads", "1"])
                yield _row(1)

    _done(df.sparkSession.range(0, count, 1, count).mapInArrow(share, "done bigint"))


def _row(count: int) -> pyarrow.RecordBatch:
    import pyarrow

    return pyarrow.RecordBatch.from_pydict({"done": pyarrow.array([count], pyarrow.int64())})


def _done(jobs: DataFrame) -> None:
    from pyspark.errors import PySparkException

    try:
        jobs.collect()
    except PySparkException as failed:
        raise Error(f"Spark gave up a stage: {failed}") from failed


def _run(arguments: Sequence[str]) -> None:
    """Runs the command in a process of its own, whose memory goes with it."""
    command = [sys.executable, "-m", "wirecopy", "--quiet", "--no-config", *arguments]
    ended: Any = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if ended.returncode:
        raise Error(f"`wirecopy {' '.join(arguments)}` ended with {ended.returncode}: {ended.stderr.strip()[-2000:]}")
