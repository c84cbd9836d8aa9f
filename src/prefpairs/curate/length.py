"""Text that is too short to help or too long to read -> dropped."""

import polars as pl

from prefpairs.config import Curate
from prefpairs.curate.rules import Rule, is_kind


def rules(settings: Curate) -> list[Rule]:
    """Return the rules on length, in characters and in words."""
    characters = pl.col("text").str.len_chars()
    short_comment = (characters < settings.min_chars_comment) | (pl.col("words") < settings.min_words_comment)
    short_post = characters < settings.min_chars_post
    return [
        Rule("TOO_SHORT", (is_kind("comment") & short_comment) | (is_kind("post") & short_post)),
        Rule(
            "TOO_LONG",
            (is_kind("comment") & (characters > settings.max_chars_comment))
            | (is_kind("post") & (characters > settings.max_chars_post)),
        ),
    ]
