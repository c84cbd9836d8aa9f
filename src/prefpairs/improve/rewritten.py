"""Revisions that were read -> the comment or the given draft as a draft, the revision as the better text."""

import polars as pl

from prefpairs.config import Settings
from prefpairs.improve.candidates import conform, kept_comments
from prefpairs.lake import Lake
from prefpairs.raw_texts import DRAFT, REVISION


def candidates(settings: Settings, lake: Lake) -> pl.DataFrame:
    """Return the revisions of the lake, each once, whatever became of the comment that they name."""
    del settings
    columns = ("revision_id", "name", "post", "reviser")
    revisions = lake.scan("revisions").select(columns).unique("revision_id", keep="any").collect().lazy()
    given = pl.col("name").is_null()
    return conform(
        revisions.join(kept_comments(lake), on="name", how="left")
        .with_columns(about=pl.coalesce("name", "post"), link_id=pl.coalesce("link_id", "post"))
        .select(
            "link_id",
            "reviser",
            draft_name="about",
            draft_field=pl.when(given).then(DRAFT + pl.col("revision_id")).otherwise(pl.lit("body")),
            better_name="about",
            better_field=REVISION + pl.col("revision_id"),
            made_by=pl.lit("revision"),
            score_draft="score",
            parent_id=pl.coalesce("parent_id", "post"),
            draft_author="author",
            comment_kept=pl.col("link_id").is_not_null(),
        )
    )
