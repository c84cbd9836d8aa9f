"""Accounts that are not people speaking for themselves -> dropped."""

from collections.abc import Sequence

import polars as pl

from prefpairs.config_curate import Curate
from prefpairs.curate.rules import Rule

# The start of a line that quotes nobody: people quote bots.
_OWN_LINE = r"(?im)^[ \t]*(?:[^>\s][^\n]*)?"
# AutoModerator's own signature, which other bots copy word for word.
_SIGNATURE = _OWN_LINE + r"\bthis action was performed automatically\b"
_CONFESSION = _OWN_LINE + r"\bi(?:['’]m| am) a bot\b"


def rules(settings: Curate) -> list[Rule]:
    """Return the rules on bots, moderators and pinned items."""
    repeats_itself = (pl.col("own_comments") >= settings.bot_min_comments) & (
        pl.col("copied_share") >= settings.bot_duplicate_share
    )
    too_busy = pl.col("busiest_day") > settings.bot_comments_per_day
    bot = pl.col("says_bot") | (pl.col("bot_named") & repeats_itself).fill_null(value=False) | too_busy
    return [
        Rule("BOT", bot, among_all=True),
        Rule("MODERATOR", pl.col("distinguished").is_in(["moderator", "admin", "special"])),
        Rule("STICKIED", pl.col("stickied")),
    ]


def with_facts(rows: pl.LazyFrame, settings: Curate) -> pl.LazyFrame:
    """Add what a row tells about its author: `bot_named`, and `says_bot` if that is enough by itself.

    A known name and a bot's signature are. "I am a bot" is a joke unless the name says so too.
    """
    named = name_score(settings.bot_name_exceptions) >= settings.bot_name_score
    known = pl.col("author").str.to_lowercase().is_in([name.lower() for name in settings.bots])
    confessed = pl.when("bot_named").then("text").str.contains(_CONFESSION)
    says = [known, pl.col("text").str.contains(_SIGNATURE), confessed]
    return rows.with_columns(bot_named=named.fill_null(value=False)).with_columns(
        says_bot=pl.any_horizontal([found.fill_null(value=False) for found in says])
    )


def name_score(exceptions: Sequence[str]) -> pl.Expr:
    """Return how much the column `author` looks like a bot's name, in the points of r/botwatch (2014).

    Of 2,379 accounts with `bot` in the name, 168 were bots: no score is a proof.
    """
    author = pl.col("author")
    lower = author.str.to_lowercase()
    points = (
        (lower.str.contains("bot", literal=True), 10),
        (author.str.contains(r"[a-z0-9]Bot"), 20),
        (lower.str.contains(r"[-_]bot"), 20),
        (lower.str.contains(r"bot[-_]?\d*$"), 35),
        (lower.str.contains_any(list(exceptions)), -20),
    )
    return pl.sum_horizontal(found.cast(pl.Int32) * worth for found, worth in points)
