"""Several looks at one comment -> its earliest version as a draft, its current one as the better text."""

import polars as pl

from prefpairs.config import Settings
from prefpairs.improve.candidates import conform, kept_comments
from prefpairs.lake import Lake
from prefpairs.raw_texts import FIRST, is_marker, version

# "EDIT: ...", "[edited - ...]", "Update 2: ...": somebody speaks to readers, and improves nothing.
_NOTE = r"(?i)(?:^|[\s\[(*_~>])(?:edit(?:ed|s)?|eta|update)\s*\d*\s*[:\-–—]"
_THANKS = (
    r"(?i)\b(?:thanks|thank you|thx|ty)\b[^.!?\n]{0,60}\b(?:gold|silver|platinum|awards?|upvotes?|stranger)\b"
)


def candidates(settings: Settings, lake: Lake) -> pl.DataFrame:
    """Return the kept comments whose current text was edited after an earlier text was seen."""
    del settings
    current = kept_comments(lake).filter(pl.col("edited").is_not_null())
    looks = lake.scan("comments").join(current.select("name"), on="name", how="semi").filter(~is_marker("body"))
    first = looks.group_by("name").agg(first=version().min(), texts=pl.col("body").n_unique())
    several = first.filter(pl.col("texts") > 1)
    return conform(
        current.join(several, on="name")
        .filter(pl.col("first") < version())
        .select(
            "link_id",
            "parent_id",
            draft_name="name",
            draft_field=pl.lit(FIRST),
            better_name="name",
            better_field=pl.lit("body"),
            made_by=pl.lit("edit"),
            score_better="score",
            draft_author="author",
            better_author="author",
            comment_kept=pl.lit(value=True),
        )
    )


def adds_note() -> pl.Expr:
    """Return true where `better` speaks of its own edit, or thanks for votes, more often than `draft`."""
    more = [
        pl.col("better").str.count_matches(pattern) > pl.col("draft").str.count_matches(pattern)
        for pattern in (_NOTE, _THANKS)
    ]
    return pl.any_horizontal(more)
