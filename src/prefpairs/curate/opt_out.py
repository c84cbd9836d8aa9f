"""Posts and comments whose authors ask that nobody use them -> dropped, in whichever version they asked."""

from collections.abc import Sequence

import polars as pl

from prefpairs.curate.rules import Rule
from prefpairs.lake import Lake
from prefpairs.opt_out import asks_not_to_be_used

_TEXTS = {"posts": ("title", "selftext"), "comments": ("body",)}


def rules(asked: Sequence[str] = ()) -> list[Rule]:
    """Return the rule on requests not to be used. It has no settings, as nobody else may decide about it.

    `asked` are the names of `asked_in_another_look`.
    """
    return [Rule("OPT_OUT", asks_not_to_be_used(pl.col("text")) | pl.col("name").is_in(list(asked)))]


def asked_in_another_look(lake: Lake) -> list[str]:
    """Return the names of the items that were looked at several times and asked in any of these looks.

    Who edits a request away has not taken it back: the earlier version could be published as a draft.
    """
    found = [_asked(lake.scan(table), texts) for table, texts in _TEXTS.items()]
    return sorted(pl.concat(found).unique().collect(engine="streaming").to_series())


def _asked(looks: pl.LazyFrame, texts: Sequence[str]) -> pl.LazyFrame:
    # Most items were looked at once: the rule itself reads those.
    several = looks.group_by("name").len().filter(pl.col("len") > 1)
    asks = pl.any_horizontal(asks_not_to_be_used(pl.col(text)).fill_null(value=False) for text in texts)
    return looks.join(several, on="name", how="semi").filter(asks).select("name")
