"""Reason codes of curation -> what they mean, and what would have to change."""

from dataclasses import dataclass

NEVER = "Nothing brings it back: what was taken away stays out."


_OFF = "curate.off can switch the rule off."
_LATER = "A later look at its score changes that."


@dataclass(frozen=True, slots=True)
class Meaning:
    """Why a row was dropped, and what would have to change."""

    why: str
    remedy: str = NEVER


def _by(settings: str) -> str:
    return f"It would pass with another {settings}."


CURATION: dict[str, Meaning] = {
    "TOMBSTONE": Meaning("its deletion was recorded"),
    "DELETED_LATER": Meaning("a source says that it was deleted or removed later"),
    "DELETED": Meaning("its author deleted the text"),
    "REMOVED": Meaning("moderators or the platform removed it"),
    "OPT_OUT": Meaning("it asks, in some version of its text, not to be used"),
    "PROFILE": Meaning("it stands on somebody's profile, not in a community", _OFF),
    "AUTHOR_DELETED": Meaning("the account of its author is gone", _by("curate.keep_deleted_author")),
    "DENIED_COMMUNITY": Meaning("its community is on the list of denied ones", _by("curate.denied_communities")),
    "TEEN_COMMUNITY": Meaning("most who write in its community are minors", _by("curate.teen_communities")),
    "QUARANTINED_COMMUNITY": Meaning("its community is quarantined", _OFF),
    "OTHER_SUBREDDIT": Meaning("the settings do not name its community", _by("ingest.subreddits")),
    "BOT": Meaning("it looks like a bot's", _by("curate.bots, bot_name_score or bot_comments_per_day")),
    "MODERATOR": Meaning("it was written as a moderator or an admin", _OFF),
    "STICKIED": Meaning("it was pinned to the top, so its votes say where it stood", _OFF),
    "HIDDEN_SCORE": Meaning("its score was hidden when it was looked at", _LATER),
    "UNSETTLED_SCORE": Meaning("no look at its score is old enough", f"{_LATER} So does curate.settle_hours."),
    "NO_SCORE": Meaning("no source has a score of it", _LATER),
    "UNKNOWN_CREATED": Meaning("nobody knows when it was written", _by("curate.unknown_created")),
    "TOO_SHORT": Meaning("it is too short", _by("curate.min_words_comment, min_chars_comment or min_chars_post")),
    "TOO_LONG": Meaning("it is too long", _by("curate.max_chars_comment or max_chars_post")),
    "LINK_ONLY": Meaning("there is little beside its links", _by("curate.min_words_beside_links")),
    "QUOTE_ONLY": Meaning("most of it is quoted", _by("curate.max_quote_share")),
    "LANGUAGE": Meaning("it is in another language", _by("curate.min_english_share")),
    "LOW_QUALITY": Meaning(
        "it is hardly prose", _by("curate.min_letter_share, max_symbols_per_word or min_stop_words")
    ),
    "REPETITION": Meaning("it repeats itself", _by("curate.max_repeated_... or max_top_gram_share")),
    "COPYPASTA": Meaning(
        "several people or threads have the same text", _by("curate.copypasta_authors or copypasta_threads")
    ),
    "DUPLICATE": Meaning("an earlier text of the same kind says the same", _OFF),
}


def of_curation(code: str) -> Meaning:
    """Return the meaning of a reason code of curation; of an unknown one, that it is unknown."""
    return CURATION.get(code) or Meaning(
        "this version of prefpairs does not know the rule", "Run prefpairs refresh."
    )
