"""Raw rows, of which an id may have several -> one current row for each id.

The newest look wins, and live reading wins over an archive; of two looks of one time, the one with votes.
A deletion that any source reports counts for good: an older dump can never bring a deleted item back.
"""

import polars as pl

from prefpairs.lake import Lake

_SOURCE_RANK = {"archive": 0, "counselchat": 1, "reddit": 2}


def current_items(lake: Lake, table: str, *, among: pl.DataFrame | None = None) -> pl.LazyFrame:
    """Return the rows of `posts` or `comments`, one for each `name`.

    `was_deleted_later` is true, and `removal_type` set, if any row of the id says so. With `among`, a
    frame with a column `name`, only these ids are looked at.
    """
    rows = lake.scan(table).with_row_index("row")
    if among is not None:
        rows = rows.join(among.lazy().select("name"), on="name", how="semi")
    rank = pl.col("source").replace_strict(_SOURCE_RANK, default=-1, return_dtype=pl.Int32)
    # Texts stay out of the sort: the winner is found by id, then looked up.
    newest = (
        rows.select(
            "row", "name", "source", "retrieved_on", "score", "input_hash", "was_deleted_later", "removal_type"
        )
        .with_columns(rank=rank, voted=pl.col("score").is_not_null())
        .sort("name", "rank", "retrieved_on", "voted", "input_hash", "row", nulls_last=False)
        .group_by("name", maintain_order=True)
        .agg(
            pl.col("row").last(),
            pl.col("was_deleted_later").any(),
            pl.col("removal_type").drop_nulls().last(),
        )
        .select("row", "was_deleted_later", "removal_type")
    )
    return (
        rows.drop("was_deleted_later", "removal_type").join(newest, on="row", how="inner").drop("row").sort("name")
    )
