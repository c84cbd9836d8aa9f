"""Accounts that are not people speaking for themselves -> dropped."""

import polars as pl

from prefpairs.config import Curate
from prefpairs.curate.rules import Rule

# AutoModerator's own signature, which other bots copy word for word.
_SIGNATURE = r"(?i)\bthis action was performed automatically\b"
# Half of the accounts named ...bot are people (r/botwatch): the name needs the text's confession.
_BOT_NAME = r"(?i)bot\d*$"
_CONFESSION = r"(?i)\bi(?:['’]m| am) a bot\b"


def rules(settings: Curate) -> list[Rule]:
    """Return the rules on bots, moderators and pinned items."""
    author = pl.col("author").str.to_lowercase()
    known = author.is_in([name.lower() for name in settings.bots])
    confessed = author.str.contains(_BOT_NAME) & pl.col("text").str.contains(_CONFESSION)
    return [
        Rule("BOT", known | pl.col("text").str.contains(_SIGNATURE) | confessed),
        Rule("MODERATOR", pl.col("distinguished").is_in(["moderator", "admin", "special"])),
        Rule("STICKIED", pl.col("stickied")),
    ]
