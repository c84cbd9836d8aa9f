"""Text that is too short to help, too long to read, or somebody else's -> dropped."""

import polars as pl

from prefpairs.config_curate import Curate
from prefpairs.curate.rules import Rule, is_kind

# An address, or a markdown link with the words that stand for it.
_LINK = r"\[[^\]\n]*\]\([^)\s]*\)|(?i:https?://|www\.)\S+"
# Reddit's spoilers start like quotes; they are the author's own words.
_QUOTED_LINE = r"(?m)^[ \t]*>(?:[^!\n].*)?$"


def rules(settings: Curate) -> list[Rule]:
    """Return the rules on length, in characters and in words, and on how much of it is a link or a quote."""
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
        Rule("LINK_ONLY", _is_link(settings.min_words_beside_links)),
        Rule("QUOTE_ONLY", _is_quote(settings.max_quote_share)),
    ]


def _is_link(min_words: int) -> pl.Expr:
    # Most texts have no link: null, which the search passes over.
    linked = pl.when(pl.col("text").str.contains(_LINK)).then("text")
    return linked.str.replace_all(_LINK, " ").str.count_matches(r"[\p{L}\p{N}]\S*") < min_words


def _is_quote(max_share: float) -> pl.Expr:
    text = pl.col("text")
    lines = text.str.count_matches(r"(?m)^.*\S.*$")
    quoted = text.str.count_matches(_QUOTED_LINE)
    # A long answer under a quote of many short lines is an answer: characters have to say the same.
    own_characters = text.str.replace_all(_QUOTED_LINE, "").str.len_chars()
    return (quoted > max_share * lines) & (own_characters < (1 - max_share) * text.str.len_chars())
