"""The same long text by many people, or under many posts -> every copy is dropped, but for crisis lines."""

import polars as pl

from prefpairs.config_curate import Curate
from prefpairs.curate.removed import DELETED_AUTHOR
from prefpairs.curate.rules import Rule, is_kind


def rules(settings: Curate) -> list[Rule]:
    """Return the rule on copypasta.

    Votes for it are votes for a text that nobody wrote for this post. Lists of crisis lines are copied because
    they help: they stay, and are tagged by the stage that labels. A post is its own thread, so one that its author
    puts into five communities is a duplicate and no copypasta.
    """
    many_authors = pl.col("copy_authors") >= settings.copypasta_authors
    many_threads = is_kind("comment") & (pl.col("copy_threads") >= settings.copypasta_threads)
    long = pl.col("normal_words") >= settings.copypasta_min_words
    return [Rule("COPYPASTA", long & (many_authors | many_threads) & ~pl.col("crisis_line"), among_all=True)]


def copies(rows: pl.DataFrame) -> pl.DataFrame:
    """Return, for each text that stands more than once, by how many authors and in how many threads it does."""
    author = pl.col("author_key").filter(pl.col("author_key") != DELETED_AUTHOR)
    repeated = rows.filter(pl.col("same_text").is_not_null() & pl.struct("kind", "same_text").is_duplicated())
    return repeated.group_by("kind", "same_text").agg(
        copy_authors=author.n_unique(), copy_threads=pl.col("link_id").n_unique()
    )
