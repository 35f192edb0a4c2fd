"""With the real packages: a crawl of a local server, a pipeline of datatrove, a dataset of Hugging Face."""

import http.server
import json
import subprocess
import sys
import textwrap
import threading
from functools import partial

import pytest
import wirecopy
from conftest import press

pytestmark = pytest.mark.soak

SPIDER = """
import json, sys
import scrapy
from scrapy.crawler import CrawlerProcess

address, index, mode = sys.argv[1:]


class Press(scrapy.Spider):
    name = "press"
    start_urls = [address + "/index.html"]

    def parse(self, response):
        for link in response.css("a::attr(href)").getall():
            yield response.follow(link, self.article)

    def article(self, response):
        yield {
            "id": response.url.rsplit("/", 1)[-1],
            "url": response.url,
            "title": response.css("title::text").get(),
            "body": " ".join(response.css("p::text").getall()),
        }


class Seen:
    items = []

    def process_item(self, item):
        self.items.append(item)
        return item


process = CrawlerProcess({
    "ITEM_PIPELINES": {"wirecopy.scrapy.WirecopyPipeline": 300, Seen: 400},
    "WIRECOPY_INDEX": index,
    "WIRECOPY_FIELDS": {"text": "body"},
    "WIRECOPY_ON_DUPLICATE": mode,
    "LOG_LEVEL": "ERROR",
    "TELNETCONSOLE_ENABLED": False,
})
crawler = process.create_crawler(Press)
process.crawl(crawler)
process.start()
stats = {name: value for name, value in crawler.stats.get_stats().items() if name.startswith(("wirecopy/", "item_"))}
print(json.dumps({"stats": stats, "items": [dict(item) for item in Seen.items]}))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """200 pages, some of them copies, and one without a text."""
    root = tmp_path_factory.mktemp("press")
    documents = press(200, seed=11)
    for document in documents:
        page = f"<title>{document['title']}</title><p>{document['text']}</p>"
        (root / f"{document['id']}.html").write_text(page)
    (root / "blank.html").write_text("<title>Nothing here</title>")
    links = [f"<a href='{document['id']}.html'>x</a>" for document in documents] + ["<a href='blank.html'>x</a>"]
    (root / "index.html").write_text("\n".join(links))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=root))
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}", documents
    serving.shutdown()
    thread.join()
    serving.server_close()


def crawl(tmp_path, address, mode):
    script = tmp_path / "spider.py"
    script.write_text(textwrap.dedent(SPIDER))
    command = [sys.executable, script, address, tmp_path / "seen", mode]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_crawl_drops_what_it_has_seen(server, tmp_path):
    address, documents = server
    first = crawl(tmp_path, address, "drop")
    copies = len(documents) - sum(wirecopy.scan([document["text"] for document in documents]).keep())
    assert copies > 30
    stats = first["stats"]
    dropped = stats["item_dropped_count"]
    assert len(first["items"]) + dropped == 201 and stats["wirecopy/no_text"] == 1
    # In the order of a crawl the longer of two may come later, and then nothing of it is dropped.
    assert 0.6 * copies <= dropped <= 1.2 * copies
    assert dropped == sum(stats.get(f"wirecopy/{relation}", 0) for relation in ("exact", "near", "contained"))
    again = crawl(tmp_path, address, "tag")
    assert len(again["items"]) == 201
    assert all(item["wirecopy"]["verdict"] for item in again["items"] if item["body"])
    with wirecopy.Index(tmp_path / "seen", "r") as index:
        assert len(index) == 200


def test_a_pipeline_of_datatrove(tmp_path):
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter
    from wirecopy.datatrove import WirecopyFilter

    documents = press(200, seed=12)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text("".join(json.dumps(document) + "\n" for document in documents))
    gone = JsonlWriter(str(tmp_path / "gone"), compression=None)
    pipeline = [
        JsonlReader(str(tmp_path / "in")),
        WirecopyFilter(tmp_path / "seen", exclusion_writer=gone, batch_size=64),
        JsonlWriter(str(tmp_path / "out"), compression=None),
    ]
    LocalPipelineExecutor(pipeline=pipeline, tasks=1, logging_dir=str(tmp_path / "logs")).run()

    def rows(name):
        return [json.loads(line) for file in (tmp_path / name).glob("*.jsonl") for line in file.read_text().splitlines()]

    with wirecopy.Index(tmp_path / "other") as index:
        verdicts = [answer["verdict"] for answer in index.add(documents)]
    expected = [d["id"] for d, verdict in zip(documents, verdicts) if verdict not in ("exact", "near", "contained")]
    assert [row["id"] for row in rows("out")] == expected
    assert len(rows("gone")) == len(documents) - len(expected) > 30
    assert rows("out")[0]["metadata"]["wirecopy"]["verdict"] == "new"
    assert rows("gone")[0]["metadata"]["filter_reason"] in ("exact", "near", "contained")
    with pytest.raises(ValueError, match="tasks=1"):
        list(WirecopyFilter(tmp_path / "seen").run(iter(()), 0, 2))


def test_a_dataset_of_hugging_face(tmp_path):
    datasets = pytest.importorskip("datasets")
    numpy = pytest.importorskip("numpy")
    documents = press(200, seed=13)
    dataset = datasets.Dataset.from_list(documents)
    found = wirecopy.scan(dataset)
    assert found.pairs.to_pylist() == wirecopy.scan(documents).pairs.to_pylist()
    kept = dataset.select(numpy.flatnonzero(found.keep()))
    assert kept["id"] == [document["id"] for document, stays in zip(documents, found.keep()) if stays]
    # A dataset that was shuffled and selected from is in an order of its own.
    shuffled = dataset.shuffle(seed=1).select(range(150))
    assert [row["id"] for row in wirecopy.scan(shuffled).documents] == shuffled["id"]
    streamed = dataset.to_iterable_dataset()
    assert wirecopy.scan(streamed).pairs.to_pylist() == found.pairs.to_pylist()
    with wirecopy.Index(tmp_path / "seen") as index:

        def is_new(batch):
            rows = [dict(zip(batch, row)) for row in zip(*batch.values())]
            return [answer["verdict"] == "new" for answer in index.add(rows)]

        new = dataset.filter(is_new, batched=True, batch_size=50, load_from_cache_file=False)
    assert 100 < len(new) < 200
