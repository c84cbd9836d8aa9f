"""A fullname and a field -> the raw text that they name. For the stages that may read raw texts, and no other.

The fields are `title` and `selftext` of a post, `body` of a comment as it is now, `body:first` of a comment
in the earliest version that is known, and `draft:<id>` and `revision:<id>` of a row of `revisions`.
"""

import polars as pl

from prefpairs.items import current_items
from prefpairs.lake import Lake

FIRST = "body:first"
DRAFT, REVISION = "draft:", "revision:"

_CURRENT = {"posts": ("title", "selftext"), "comments": ("body",)}
_GIVEN = {DRAFT: "draft", REVISION: "revision"}
_NOT_EDITED = -1
# What Reddit shows instead of a text that is gone.
_MARKER = r"^\s*\[[^\[\]\n]{0,40}\]\s*$"


def selected_texts(lake: Lake) -> pl.DataFrame:
    """Return `link_id`, `subreddit`, `name` and `field` of every text that a pair or an improvement names.

    Each row is there once, and the title and the text of each post too.
    """
    thread = ("link_id", "subreddit")
    pairs = lake.scan("selected_pairs").select(*thread, "chosen_name", "rejected_name").collect()
    sides = ("draft_name", "draft_field", "better_name", "better_field")
    better = lake.scan("selected_improvements").select(*thread, *sides).collect()
    responses = [
        *(pairs.select(*thread, name=side, field=pl.lit("body")) for side in ("chosen_name", "rejected_name")),
        *(better.select(*thread, name=f"{side}_name", field=f"{side}_field") for side in ("draft", "better")),
    ]
    posts = pl.concat([part.select(thread) for part in responses])
    prompts = [posts.select(*thread, name="link_id", field=pl.lit(field)) for field in _CURRENT["posts"]]
    return pl.concat([*prompts, *responses]).unique().sort("link_id", "name", "field")


def raw_texts(lake: Lake, wanted: pl.DataFrame) -> pl.DataFrame:
    """Return `name`, `field` and `text` of what is there of `wanted` (`name`, `field`), sorted by both."""
    parts = [
        *(_current(lake, table, field, wanted) for table, fields in _CURRENT.items() for field in fields),
        _first(lake, wanted),
        *(_given(lake, prefix, wanted) for prefix in _GIVEN),
    ]
    found = [part for part in parts if part is not None]
    if not found:
        return pl.DataFrame(schema=dict.fromkeys(("name", "field", "text"), pl.String))
    return pl.concat(found).sort("name", "field")


def version() -> pl.Expr:
    """Return what orders the versions of one comment over rows of `comments`: when the text was last edited.

    A look's own time says nothing of its text: a dump is fetched once more for the votes, and keeps the text
    that it saw first. 0, an edit at an unknown time, is such a text: older than one whose time is known.
    """
    return pl.col("edited").fill_null(_NOT_EDITED)


def _current(lake: Lake, table: str, field: str, wanted: pl.DataFrame) -> pl.DataFrame | None:
    among = wanted.filter(pl.col("field") == field).select("name").unique()
    if among.is_empty():
        return None
    items = current_items(lake, table, among=among)
    return items.select("name", field=pl.lit(field), text=field).collect(engine="streaming")


def _first(lake: Lake, wanted: pl.DataFrame) -> pl.DataFrame | None:
    among = wanted.filter(pl.col("field") == FIRST).select("name").unique()
    if among.is_empty():
        return None
    looks = lake.scan("comments").join(among.lazy(), on="name", how="semi").filter(~is_marker("body"))
    return (
        looks.select("name", "source", "retrieved_on", "input_hash", version=version(), text="body")
        .collect(engine="streaming")
        .sort("name", "version", "retrieved_on", "source", "input_hash", "text", nulls_last=True)
        .unique("name", keep="first", maintain_order=True)
        .select("name", pl.lit(FIRST).alias("field"), "text")
    )


def is_marker(column: str) -> pl.Expr:
    """Return true where a text is only what Reddit shows in the place of one that is gone."""
    return pl.col(column).str.contains(_MARKER)


def _given(lake: Lake, prefix: str, wanted: pl.DataFrame) -> pl.DataFrame | None:
    among = wanted.filter(pl.col("field").str.starts_with(prefix)).unique()
    if among.is_empty():
        return None
    asked = among.select("name", "field", revision_id=pl.col("field").str.strip_prefix(prefix))
    rows = lake.scan("revisions").select("revision_id", text=_GIVEN[prefix]).drop_nulls()
    # The same line in two files is one revision.
    found = rows.join(asked.lazy(), on="revision_id", how="inner").select("name", "field", "text")
    return found.unique(["name", "field"], keep="any").collect(engine="streaming")
