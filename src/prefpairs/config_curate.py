"""The settings of curation: what is dropped before votes are looked at."""

import difflib
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from prefpairs.config_section import Section, Share

_Community = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{2,21}$")]
_Word = Annotated[str, Field(pattern=r"^[a-z]{4,}$")]

TAKEN_AWAY = ("TOMBSTONE", "DELETED_LATER", "DELETED", "REMOVED")
"""Reason codes of what somebody took away. Such a text counts for nothing, also when copies are counted."""
ALWAYS_ON = (*TAKEN_AWAY, "OPT_OUT")
"""Reason codes that nobody can switch off."""
SWITCHABLE = (
    "AUTHOR_DELETED", "PROFILE", "DENIED_COMMUNITY", "TEEN_COMMUNITY", "QUARANTINED_COMMUNITY", "OTHER_SUBREDDIT",
    "BOT", "MODERATOR", "STICKIED", "HIDDEN_SCORE", "UNSETTLED_SCORE", "NO_SCORE", "UNKNOWN_CREATED",
    "TOO_SHORT", "TOO_LONG", "LINK_ONLY", "QUOTE_ONLY", "LANGUAGE", "LOW_QUALITY", "REPETITION", "COPYPASTA",
    "DUPLICATE",
)  # fmt: skip
"""Reason codes of the other rules: `curate.off` may name them."""


class Curate(Section):
    """What is dropped before votes are looked at. Each rule has a reason code in the report."""

    off: tuple[str, ...] = ()
    """Reason codes of rules that are switched off. What was taken away, or asked not to be used, stays out."""

    # Communities and people.
    denied_communities: tuple[_Community, ...] = (
        "proed", "ProEDmemes", "proana", "promia", "thinspo", "sanctionedsuicide", "Incels", "Braincels",
        "watchpeopledie",
    )  # fmt: skip
    """Communities for harm: there the best-voted answer is the most harmful one. `proed` and `sanctionedsuicide`
    are on Dolma's blocklist too; the others, of the same kind, are ours. Compared without case."""
    teen_communities: tuple[_Community, ...] = (
        "teenagers", "feemagers", "TeensMeetTeens", "AskTeenGirls", "AskTeenBoys", "LGBTeens", "bisexualteens",
        "highschool",
    )  # fmt: skip
    """Most who write there are minors, and nobody trains on minors, whatever a text says about age."""
    keep_deleted_author: bool = False
    """Keep text whose author's account is gone. Off: author rules cannot hold for it."""

    # Bots.
    bots: tuple[str, ...] = (
        "AutoModerator", "RemindMeBot", "sneakpeekbot", "converter-bot", "haikusbot", "WikiTextBot",
        "wikipedia_answer_bot", "GoodBot_BadBot", "SaveVideo", "reddit-moderator-bot", "B0tRank", "alternate_bot",
        "anti-gif-bot", "auto-xkcd37", "bot-killer-001", "CommonMisspellingBot", "gifv-bot", "imguralbumbot",
        "MTGCardFetcher", "SmallSubBot", "TweetPoster", "timezone_bot", "LimbRetrieval-Bot", "image_linker_bot",
    )  # fmt: skip
    """Known bots, compared without case. A plain /bot/ match on names is 93 % false (r/botwatch)."""
    bot_name_exceptions: tuple[_Word, ...] = (
        "robot", "both", "bottom", "bottle", "botan", "botch", "botox", "botul", "botswana", "botticelli",
        "bottas", "abbot", "talbot", "cabot", "turbot", "lobotom", "sabot", "jabot",
    )  # fmt: skip
    """Words in which `bot` says nothing: they take from a name's score what `bot` gives, and more."""
    bot_name_score: Annotated[int, Field(ge=0)] = 45
    """From this score on a name is like a bot's (`bots.name_score`): `bot` at its end has 45, and 65 with a
    capital or a separator in front. Names alone drop nobody, so 45 is enough: it finds haikusbot as well."""
    bot_duplicate_share: Share = 0.5
    """An author with a bot's name is one if at least this share of their comments repeats one of their own."""
    bot_min_comments: Annotated[int, Field(ge=2)] = 5
    """Of fewer comments a share says nothing: anybody may thank twice in the same words."""
    bot_comments_per_day: Annotated[int, Field(ge=1)] = 200
    """Who writes more comments than this on one day (UTC) does not write them by hand."""

    # Language.
    language: Literal["en"] = "en"
    min_english_share: Share = 0.08
    """Share of words that are English function words; ordinary English prose has 0.3 to 0.5."""
    language_min_words: Annotated[int, Field(ge=1)] = 8
    """Shorter text is `und` and kept: no method can tell."""

    # Length.
    min_words_comment: Annotated[int, Field(ge=1)] = 5
    min_chars_comment: Annotated[int, Field(ge=1)] = 20
    max_chars_comment: Annotated[int, Field(ge=1)] = 4000
    min_chars_post: Annotated[int, Field(ge=1)] = 30
    """Title and text together."""
    max_chars_post: Annotated[int, Field(ge=1)] = 8000
    min_words_beside_links: Annotated[int, Field(ge=0)] = 3
    """With fewer words of its own beside its links, a text is a link: `Try this:` and an address."""
    max_quote_share: Share = 0.6
    """A text of which more is quoted, in lines and in characters, is a quote. Point-by-point answers have 0.5."""

    # Quality: Gopher's thresholds (Rae et al. 2021) are made for documents; what counts words is scaled down.
    quality_min_words: Annotated[int, Field(ge=1)] = 10
    """Shorter text is not judged: three words and six hearts are an answer too."""
    min_letter_share: Share = 0.6
    """Letters and emoji among the characters that are not white space. Prose has 0.95, with links in it 0.8."""
    max_symbols_per_word: Annotated[float, Field(ge=0)] = 0.25
    """#, {, }, |, \\ and = for each word; Gopher has 0.1 for # and the ellipsis. Written pauses are how people in
    distress write, so the ellipsis does not count, and short text needs room for one table or shrug."""
    min_stop_words: Annotated[int, Field(ge=0)] = 1
    """English function words; Gopher asks for 2 of 8 words in a document of 50 words. Not asked for with LANGUAGE
    off: other languages are welcome then."""
    repetition_min_words: Annotated[int, Field(ge=10)] = 50
    """Gopher's own least length: its shares of repetition mean nothing in shorter text."""
    max_repeated_lines: Share = 0.30
    """Share of lines that an earlier line of the text says already."""
    max_repeated_line_chars: Share = 0.20
    """The same, as a share of characters."""
    max_top_gram_share: tuple[Share, Share, Share] = (0.20, 0.18, 0.16)
    """Share of characters in the most frequent sequence of 2, 3 and 4 words."""
    top_gram_min_count: Annotated[int, Field(ge=2)] = 4
    """Such a sequence counts from this often on. In 50 words a phrase of four that stands twice is 0.2 already,
    and an answer of 66 words may name cognitive behavioural therapy three times."""
    max_repeated_gram_share: tuple[Share, Share, Share, Share, Share, Share] = (0.15, 0.14, 0.13, 0.12, 0.11, 0.10)
    """Share of characters in sequences of 5 to 10 words that stand earlier in the text already."""

    # The same text again.
    copypasta_min_words: Annotated[int, Field(ge=1)] = 12
    """People find the same words for less than this on their own."""
    copypasta_authors: Annotated[int, Field(ge=2)] = 3
    """The same text by as many authors is nobody's own answer: all copies are dropped."""
    copypasta_threads: Annotated[int, Field(ge=2)] = 5
    """So is an answer that stands under as many posts, whoever pasted it."""

    # Votes.
    settle_hours: Annotated[float, Field(ge=0)] = 35
    """A score counts once it is this old. Scores hide up to 24 h and most votes are in by 36 h, which is when
    Arctic Shift looks a second and last time: 48 would drop every item of its dumps since 2023-11."""
    unknown_score_age: Literal["keep", "drop"] = "keep"
    """Dumps of 2020-05 to 2021-06 and before 2012-09 often lack retrieved_on; they were made weeks later."""
    unknown_created: Literal["keep", "drop"] = "keep"
    """Sources other than Reddit may have no times at all."""

    @field_validator("off")
    @classmethod
    def _only_what_may_be_switched_off(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for code in value:
            if code in ALWAYS_ON:
                msg = f"{code} cannot be switched off: what was taken away, or asked not to be used, stays out"
                raise ValueError(msg)
            if code not in SWITCHABLE:
                close = difflib.get_close_matches(code.upper(), SWITCHABLE, 1)
                hint = f"did you mean {close[0]}?" if close else f"the codes are {', '.join(SWITCHABLE)}"
                msg = f"'{code}' is no reason code of curation; {hint}"
                raise ValueError(msg)
        # One order, so that the same switches are the same settings.
        return tuple(sorted(set(value)))


class NearDuplicates(Section):
    """Which texts count as the same text again, with a word or two changed (MinHash over word shingles)."""

    shingle_words: Annotated[int, Field(ge=1, le=16)] = 5
    """As datatrove, Data-Juicer and OpenWebText do."""
    short_shingle_words: Annotated[int, Field(ge=1, le=16)] = 3
    """In a text of 20 words one changed word is in half of its shingles of five."""
    short_text_words: Annotated[int, Field(ge=1)] = 30
    """A text with fewer words is a short one."""
    min_words: Annotated[int, Field(ge=1)] = 10
    """Shorter texts are alike by chance; curation drops those that are equal."""
    bands: Annotated[int, Field(ge=1, le=64)] = 14
    """Of 8 hashes each. Two texts are compared if all hashes of one band agree: with 14 bands half of the pairs
    of similarity 0.68 are, 92 % at 0.8 and all but a few in ten thousand at 0.9 (datatrove's and FineWeb's)."""
    min_similarity: Annotated[float, Field(gt=0, le=1)] = 0.7
    """Estimated Jaccard similarity of the shingles, from all hashes; its standard error is 0.04 here."""
    max_comparisons: Annotated[int, Field(ge=1)] = 32
    """Of one text with others in one band, so that a phrase that everybody uses costs no more than it has to."""

    @model_validator(mode="after")
    def _every_text_has_a_shingle(self) -> Self:
        if self.short_shingle_words > self.min_words or self.shingle_words > self.short_text_words:
            msg = "a text must have as many words as a shingle: short_shingle_words <= min_words"
            msg += " and shingle_words <= short_text_words"
            raise ValueError(msg)
        return self
