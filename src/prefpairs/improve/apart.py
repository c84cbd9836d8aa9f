"""Rows and their splits -> the rows that share no person and no text with another split.

The same rule as for pairs, and against them: who has a part in a pair of one split has none in an
improvement of another, and among improvements test takes first, then validation, then train.
"""

import polars as pl

_ORDER = ("test", "validation", "train")
_AUTHORS = ("draft_author", "better_author", "post_author")
_TEXTS = ("draft_name", "better_name", "link_id")


def shared(rows: pl.DataFrame, pairs: pl.DataFrame, writers: pl.DataFrame, groups: pl.DataFrame) -> pl.Series:
    """Return true for the rows that another split has a part in. Rows that come from pairs are as they came.

    Parameters
    ----------
    rows
        `link_id`, `draft_name`, `better_name`, their authors (null: unknown), `post_author`, `made_by`, `split`.
    pairs
        `link_id`, `chosen_name`, `rejected_name` and `split` of the selected pairs.
    writers
        `name` and `author` of the posts and comments that were kept; empty to let the splits share people.
    groups
        `name` and `group` of the near-duplicates; empty to let the splits share texts.

    """
    numbered = rows.with_row_index("row")
    own = _parts(numbered, groups, with_authors=writers.height > 0)
    taken = _parts_of_pairs(pairs, writers, groups)
    from_pairs = numbered.filter(pl.col("made_by") == "contrast")
    taken = pl.concat([taken, own.join(from_pairs, on="row", how="semi").select("part", "split")])
    dropped = from_pairs.clear().select("row")
    for split in _ORDER:
        mine = own.filter(pl.col("split") == split).join(from_pairs, on="row", how="anti")
        others = taken.filter(pl.col("split") != split)
        gone = mine.join(others, on="part", how="semi").select("row").unique()
        dropped = pl.concat([dropped, gone])
        taken = pl.concat([taken, mine.join(gone, on="row", how="anti").select("part", "split")])
    return numbered.select(pl.col("row").is_in(dropped["row"].implode())).to_series()


def _parts(numbered: pl.DataFrame, groups: pl.DataFrame, *, with_authors: bool) -> pl.DataFrame:
    """Return `row`, `split` and `part`: each person who wrote in a row, each group that a text of it is in."""
    names = _AUTHORS if with_authors else ()
    authors = [numbered.select("row", "split", part=pl.lit("author ") + pl.col(name)) for name in names]
    group = pl.lit("group ") + pl.col("group")
    alike = [
        numbered.select("row", "split", name=name).join(groups, on="name").select("row", "split", part=group)
        for name in _TEXTS
    ]
    return pl.concat([*authors, *alike]).drop_nulls().unique(maintain_order=True)


def _parts_of_pairs(pairs: pl.DataFrame, writers: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    sides = [pairs.select("split", name=name) for name in ("link_id", "chosen_name", "rejected_name")]
    names = pl.concat(sides).unique()
    authors = names.join(writers, on="name").select(part=pl.lit("author ") + pl.col("author"), split="split")
    alike = names.join(groups, on="name").select(part=pl.lit("group ") + pl.col("group"), split="split")
    return pl.concat([authors, alike]).drop_nulls().unique()
