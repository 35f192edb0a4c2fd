"""An item pipeline for Scrapy: items that the index has are dropped, or tagged.

    ITEM_PIPELINES = {"wirecopy.scrapy.WirecopyPipeline": 300}
    WIRECOPY_INDEX = "seen"

It sees items, which have a text. A DUPEFILTER sees requests, before there is one, and is something else.

Settings:

- `WIRECOPY_INDEX`: the index, a directory; created where there is none. Without it the pipeline is off.
- `WIRECOPY_ON_DUPLICATE`: "drop" (default), or "tag": the item's field `wirecopy` then holds the answer.
- `WIRECOPY_ONLY`: what counts as a duplicate, ["exact", "near", "contained"] by default.
- `WIRECOPY_FIELDS`: names of an item's fields that differ, {"text": "body"}.
- `WIRECOPY_OPTIONS`: further options of `wirecopy.Index`.

Stats: `wirecopy/new`, `wirecopy/near` and so on; `wirecopy/no_text` for items without a text, which pass.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Optional

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem, NotConfigured

from wirecopy._index import Answer, Index

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

# Items that are taken together, at most, and seconds that one waits for others: one sync of the disk is for all of them.
_BATCH = 64
_WAIT = 0.05

_FIELDS = ("text", "id", "title", "url", "canonical_url", "date", "source")


class WirecopyPipeline:
    """Asks the index about every item, and adds it."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        path = settings.get("WIRECOPY_INDEX")
        if not path:
            raise NotConfigured("WIRECOPY_INDEX names no index")
        self.on_duplicate: str = settings.get("WIRECOPY_ON_DUPLICATE", "drop")
        if self.on_duplicate not in ("drop", "tag"):
            raise ValueError(f"WIRECOPY_ON_DUPLICATE is drop or tag, not {self.on_duplicate!r}")
        self.only = frozenset(settings.getlist("WIRECOPY_ONLY", ["exact", "near", "contained"]))
        self.fields: dict[str, str] = settings.getdict("WIRECOPY_FIELDS")
        self.options: dict[str, Any] = settings.getdict("WIRECOPY_OPTIONS")
        self.path: str = path
        self.stats = crawler.stats
        self.index: Optional[Index] = None
        self.waiting: list[tuple[dict[str, Any], asyncio.Future[Optional[Answer]]]] = []
        self.alarm: Optional[asyncio.TimerHandle] = None
        self.turn: Optional[asyncio.Lock] = None
        self.running: set[asyncio.Task[None]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> WirecopyPipeline:
        """What Scrapy calls."""
        return cls(crawler)

    async def open_spider(self) -> None:
        """Opens the index. `LockedError` where another process adds to it."""
        self.turn = asyncio.Lock()
        self.index = await asyncio.to_thread(Index, self.path, **self.options)

    async def close_spider(self) -> None:
        """Answers what still waits, and closes the index."""
        while self.waiting or self.running:
            self._hand_on()
            await asyncio.gather(*self.running)
        if self.index is not None:
            await asyncio.to_thread(self.index.close)

    async def process_item(self, item: Any) -> Any:
        """Gives the item on, or raises `DropItem`."""
        adapter = ItemAdapter(item)
        document = {field: adapter.get(self.fields.get(field, field)) for field in _FIELDS}
        if not document["text"]:
            self._count("no_text")
            return item
        answer = await self._answer(document)
        if answer is None:
            self._count("no_text")
            return item
        verdict = answer["verdict"]
        self._count(verdict)
        if self.on_duplicate == "tag":
            adapter["wirecopy"] = answer
        elif verdict in self.only:
            raise DropItem(f"{verdict} of {answer['of']}")
        return item

    def _count(self, what: str) -> None:
        if self.stats is not None:
            self.stats.inc_value(f"wirecopy/{what}")

    async def _answer(self, document: dict[str, Any]) -> Optional[Answer]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Optional[Answer]] = loop.create_future()
        self.waiting.append((document, answer))
        if len(self.waiting) >= _BATCH:
            self._hand_on()
        elif self.alarm is None:
            self.alarm = loop.call_later(_WAIT, self._hand_on)
        return await answer

    def _hand_on(self) -> None:
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None
        batch, self.waiting = self.waiting, []
        if batch:
            task = asyncio.ensure_future(self._add(batch))
            self.running.add(task)
            task.add_done_callback(self.running.discard)

    async def _add(self, batch: list[tuple[dict[str, Any], asyncio.Future[Optional[Answer]]]]) -> None:
        assert self.index is not None and self.turn is not None
        try:
            # In the order in which items came.
            async with self.turn:
                answers = await self.index.aadd([document for document, _ in batch])
        except BaseException as error:
            for _, waiting in batch:
                if not waiting.done():
                    waiting.set_exception(error)
            return
        for (_, waiting), answer in zip(batch, answers):
            if not waiting.done():
                waiting.set_result(answer)
