"""Decisions and raw tables -> the texts of what was kept, a batch in memory at a time."""

from collections.abc import Iterator

import polars as pl

from prefpairs.items import current_items
from prefpairs.lake import Lake

BATCH_TEXTS = 200_000  # decides memory, never the result; each batch looks through the whole table once
_TEXT = {
    "post": ("posts", (pl.col("title") + "\n\n" + pl.col("selftext")).str.strip_chars()),
    "comment": ("comments", pl.col("body").str.strip_chars()),
}
KINDS = tuple(_TEXT)


def kept_texts(lake: Lake, kind: str, *, batch_texts: int = BATCH_TEXTS) -> Iterator[pl.DataFrame]:
    """Yield `name` and `text` of every kept item of one kind, sorted by name."""
    table, text = _TEXT[kind]
    kept = lake.scan("decisions").filter("keep", kind=kind).select("name").sort("name").collect()
    for start in range(0, kept.height, batch_texts):
        among = kept.slice(start, batch_texts)
        yield current_items(lake, table, among=among).select("name", text=text).collect(engine="streaming")
