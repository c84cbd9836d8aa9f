"""Text in another language than the project's -> dropped; text too short to tell -> kept."""

import polars as pl

from prefpairs.config_curate import Curate
from prefpairs.curate.rules import Rule


def rules(settings: Curate) -> list[Rule]:
    """Return the rule on language: the share of English function words among the words."""
    words, known = pl.col("letter_words"), pl.col("function_words")
    return [
        Rule(
            "LANGUAGE",
            (words >= settings.language_min_words)
            & (known < settings.min_english_share * words)
            & ~pl.col("crisis_line"),
        )
    ]
