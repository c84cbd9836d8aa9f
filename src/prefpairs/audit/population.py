"""Lake -> the texts of the selected pairs and improvements, de-identified under one policy, with their spans.

Raw text is held in memory, to see which words were masked; nothing here hands it on.
"""

from dataclasses import dataclass, field

import polars as pl

from prefpairs.deid.policy import KEEP
from prefpairs.items import current_items
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.raw_texts import DRAFT, REVISION, raw_texts, selected_texts

# Who wrote what a file of revisions gives is nowhere said.
_GIVEN = (DRAFT, REVISION)
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
        `field` is `title`, `selftext`, `body`, `body:first`, `draft` or `revision`.
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
    """Return the texts of the selected pairs and improvements, each with its keyed id and whose it is."""
    wanted = selected_texts(lake)
    found = wanted.join(raw_texts(lake, wanted), on=["name", "field"]).join(
        _authors(lake, wanted), on="name", how="left", maintain_order="left"
    )
    rows = [
        (
            key.text_id(name, item),
            item.split(":")[0] if item.startswith(_GIVEN) else item,
            community,
            link_id,
            None if item.startswith(_GIVEN) else author,
            raw,
            key.content_hash(raw),
        )
        for name, item, community, link_id, author, raw in found.select(
            "name", "field", "subreddit", "link_id", "author", "text"
        ).iter_rows()
    ]
    return pl.DataFrame(rows, schema=_TEXTS, orient="row")


def _authors(lake: Lake, wanted: pl.DataFrame) -> pl.DataFrame:
    names = wanted.select("name").unique()
    items = [
        current_items(lake, table, among=names).select("name", "author").collect(engine="streaming")
        for table in ("posts", "comments")
    ]
    return pl.concat(items)
