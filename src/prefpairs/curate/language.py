"""Text in another language than the project's -> dropped; text too short to tell -> kept."""

import polars as pl

from prefpairs.config import Curate
from prefpairs.curate.rules import Rule

# The most frequent function words of English: in ordinary prose they are 30 to 50 % of the words,
# in other languages of Latin script at most a few per cent.
ENGLISH_FUNCTION_WORDS = (
    "the", "be", "to", "of", "and", "a", "in", "that", "have", "i", "it", "for", "not", "on", "with", "he", "as",
    "you", "do", "at", "this", "but", "his", "by", "from", "they", "we", "say", "her", "she", "or", "an", "will",
    "my", "all", "would", "there", "their", "what", "so", "up", "out", "if", "about", "who", "get", "which", "me",
    "when", "can", "is", "are", "was", "were", "am", "been", "has", "had", "your", "it's", "i'm", "don't", "just",
    "like", "how", "any", "because", "them", "than", "then", "some", "could", "should", "no", "im", "its", "dont",
)  # fmt: skip


def rules(settings: Curate) -> list[Rule]:
    """Return the rule on language: the share of English function words among the words."""
    words = pl.col("text").str.to_lowercase().str.replace_all("’", "'").str.extract_all(r"[\p{L}']+")
    known = words.list.eval(pl.element().is_in(ENGLISH_FUNCTION_WORDS)).list.sum()
    enough = words.list.len() >= settings.language_min_words
    return [Rule("LANGUAGE", enough & (known < settings.min_english_share * words.list.len()))]
