"""Improvement pairs, best first -> those that the caps leave."""

from collections import Counter

import polars as pl

from prefpairs.config_improvement import Improvement
from prefpairs.raw_texts import DRAFT, REVISION


def best_first(settings: Improvement) -> list[pl.Expr]:
    """Return what rows are sorted by: source, people before models, how sure and how alike, then ids."""
    source = pl.col("made_by").replace_strict(
        {name: place for place, name in enumerate(settings.sources)}, default=-1, return_dtype=pl.Int32
    )
    worth = pl.col("preference_probability").fill_null(1) * pl.col("similarity")
    ids = [pl.col(name) for name in ("link_id", "draft_name", "draft_field", "better_name", "better_field")]
    return [source, pl.col("reviser").fill_null("").str.starts_with("model:"), -worth, *ids]


def within_caps(rows: pl.DataFrame, settings: Improvement) -> pl.Series:
    """Return true for the rows that a walk through them, best first, takes. They are in that order."""
    posts: Counter[str] = Counter()
    authors: Counter[str] = Counter()
    texts: Counter[str] = Counter()
    taken = []
    author = pl.coalesce("better_author", "draft_author")
    columns = rows.select("link_id", author, _text("draft"), _text("better"))
    for post, writer, draft, better in columns.iter_rows():
        sides = {draft, better}
        takes = (
            posts[post] < settings.max_per_post
            and (writer is None or authors[writer] < settings.max_per_author)
            and all(texts[side] < settings.max_per_text for side in sides)
        )
        taken.append(takes)
        if takes:
            posts[post] += 1
            authors[writer] += 1
            texts.update(sides)
    return pl.Series(taken, dtype=pl.Boolean)


def _text(side: str) -> pl.Expr:
    """Return what stands for one text: an edit has the comment on both sides, a given draft only itself."""
    given = pl.col(f"{side}_field").str.starts_with(DRAFT) | pl.col(f"{side}_field").str.starts_with(REVISION)
    return pl.when(given).then(f"{side}_field").otherwise(f"{side}_name").alias(f"{side}_text")
