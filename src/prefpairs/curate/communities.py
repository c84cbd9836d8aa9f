"""Communities whose text nobody should learn from, whatever the single text says -> dropped."""

from collections.abc import Sequence

import polars as pl

from prefpairs.config_curate import Curate
from prefpairs.curate.rules import Rule

_REDDIT_NAME = r"^t[13]_"  # other sources have no communities to choose from


def rules(settings: Curate, wanted: Sequence[str] = ()) -> list[Rule]:
    """Return the rules on communities.

    `wanted` names the communities of the settings, in lower case: the lake still holds what was read when others
    were named. None named is all of them.
    """
    found = [
        Rule("DENIED_COMMUNITY", _is_one_of(settings.denied_communities)),
        Rule("TEEN_COMMUNITY", _is_one_of(settings.teen_communities)),
        Rule("QUARANTINED_COMMUNITY", pl.col("quarantine")),
    ]
    if wanted:
        of_reddit = pl.col("name").str.contains(_REDDIT_NAME)
        found.append(Rule("OTHER_SUBREDDIT", of_reddit & ~_is_one_of(wanted)))
    return found


def _is_one_of(names: Sequence[str]) -> pl.Expr:
    return pl.col("subreddit").str.to_lowercase().is_in([name.lower() for name in names])
