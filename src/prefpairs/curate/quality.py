"""Text that is no prose: hardly any letters, strings of symbols, no function word -> dropped.

What is left of Gopher's quality rules (Rae et al. 2021) for texts of a few sentences. Emoji count as letters: in
a support community they are part of the answer.
"""

import polars as pl

from prefpairs.config_curate import Curate
from prefpairs.curate.rules import Rule

# Neither letters nor emoji. Variation selectors and joiners hold emoji together; the last range is skin tones.
_NOISE = r"[^\p{L}\p{M}\s\p{Extended_Pictographic}\x{200D}\x{FE0F}\x{1F3FB}-\x{1F3FF}]"
# Left out on purpose: <3 is a heart, ~ and … are pauses, * _ > and ^ are markdown.
_SYMBOL = r"[#{}|\\=]"


def rules(settings: Curate) -> list[Rule]:
    """Return the rule on quality; texts of fewer than `quality_min_words` words are not judged."""
    text, words = pl.col("text"), pl.col("words")
    solid = text.str.len_chars().cast(pl.Int64) - words + 1  # one white space between two words
    few_letters = text.str.count_matches(_NOISE) > (1 - settings.min_letter_share) * solid
    symbols = text.str.count_matches(_SYMBOL) > settings.max_symbols_per_word * words
    found = few_letters | symbols
    if "LANGUAGE" not in settings.off:
        found |= pl.col("function_words") < settings.min_stop_words
    judged = (words >= settings.quality_min_words) & ~pl.col("crisis_line")
    return [Rule("LOW_QUALITY", judged & found)]
