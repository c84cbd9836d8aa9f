"""The most frequent function words of English, by which its prose is told from anything else.

In ordinary prose they are 30 to 50 % of the words, in other languages of Latin script at most a few per cent.
"""

import polars as pl

ENGLISH_FUNCTION_WORDS = (
    "the", "be", "to", "of", "and", "a", "in", "that", "have", "i", "it", "for", "not", "on", "with", "he", "as",
    "you", "do", "at", "this", "but", "his", "by", "from", "they", "we", "say", "her", "she", "or", "an", "will",
    "my", "all", "would", "there", "their", "what", "so", "up", "out", "if", "about", "who", "get", "which", "me",
    "when", "can", "is", "are", "was", "were", "am", "been", "has", "had", "your", "it's", "i'm", "don't", "just",
    "like", "how", "any", "because", "them", "than", "then", "some", "could", "should", "no", "im", "its", "dont",
)  # fmt: skip


def with_facts(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Add `words` (between white space), `letter_words` (made of letters), and `function_words` among those."""
    text = pl.col("text")
    listed = text.str.to_lowercase().str.replace_all("’", "'").str.extract_all(r"[\p{L}']+")
    return (
        rows.with_columns(listed=listed)
        .with_columns(
            words=text.str.count_matches(r"\S+").cast(pl.Int32),
            letter_words=pl.col("listed").list.len(),
            function_words=pl.col("listed").list.eval(pl.element().is_in(ENGLISH_FUNCTION_WORDS)).list.sum(),
        )
        .drop("listed")
    )
