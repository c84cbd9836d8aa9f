"""Lake -> the texts that the selected pairs need and that were de-identified under one policy, with their spans.

Raw text is held in memory, to see which words were masked; nothing here hands it on.
"""

from dataclasses import dataclass, field

import polars as pl

from prefpairs.deid.policy import KEEP
from prefpairs.items import current_items
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake

TEXT_FIELDS = {"posts": ("title", "selftext"), "comments": ("body",)}
_TEXTS = pl.Schema(
    dict.fromkeys(("text_id", "field", "community", "thread", "author", "raw", "content_hash"), pl.String)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Texts and spans of one policy.

    Attributes
    ----------
    texts
        `text_id`, `field`, `community`, `thread`, `author`, `words`, `raw` and
        `text`, which is the de-identified one; sorted by `text_id`, which is a
        keyed hash: the first so many of them are a random sample, and the same one every time.
    spans
        `text_id`, `start`, `end`, `entity_type`, `recognizer`: what was masked, sorted.
    changed_since, failed
        Texts that were edited since they were de-identified, and that could not be; both are left out.

    """

    texts: pl.DataFrame = field(repr=False)
    spans: pl.DataFrame = field(repr=False)
    changed_since: int
    failed: int


def read(lake: Lake, key: ProjectKey, policy_hash: str) -> Population | None:
    """Return the project's texts under a policy; None if there is none."""
    of_policy = pl.col("policy_hash") == policy_hash
    done = lake.scan("texts").filter(of_policy).select("text_id", "words", "text", done_hash="content_hash")
    texts = _needed(lake, key).join(done.collect(), on="text_id", how="inner")
    is_current = pl.col("content_hash") == pl.col("done_hash")
    current = texts.filter(is_current, pl.col("text").is_not_null()).drop("content_hash", "done_hash")
    if current.is_empty():
        return None
    spans = (
        lake.scan("spans")
        .filter(of_policy, pl.col("action") != KEEP)
        .select("text_id", "start", "end", "entity_type", "recognizer")
        .collect()
        .join(current.select("text_id"), on="text_id", how="semi")
        .sort("text_id", "start", "end")
    )
    return Population(
        texts=current.sort("text_id"),
        spans=spans,
        changed_since=texts.filter(~is_current).height,
        failed=texts.filter(is_current, pl.col("text").is_null()).height,
    )


def _needed(lake: Lake, key: ProjectKey) -> pl.DataFrame:
    pairs = lake.scan("selected_pairs").select("link_id", "chosen_name", "rejected_name").collect()
    responses = pl.concat([pairs.select(name=side) for side in ("chosen_name", "rejected_name")])
    names = {"posts": pairs.select(name="link_id").unique(), "comments": responses.unique()}
    rows: list[tuple[str | None, ...]] = []
    for table, fields in TEXT_FIELDS.items():
        thread = pl.col("name" if table == "posts" else "link_id").alias("thread")
        items = current_items(lake, table, among=names[table]).select(
            "name", "subreddit", thread, "author", *fields
        )
        for name, community, link, author, *raws in items.collect(engine="streaming").iter_rows():
            rows += (
                (key.text_id(name, item), item, community, link, author, raw, key.content_hash(raw))
                for item, raw in zip(fields, raws, strict=True)
            )
    return pl.DataFrame(rows, schema=_TEXTS, orient="row")
