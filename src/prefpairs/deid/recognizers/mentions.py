r"""`u/name`, `r/name` and ids, in every spelling -> REDDIT_USER, SUBREDDIT and REDDIT_ID.

Reddit's editor writes underscores as `\_` and slashes as `\/`, so a backslash may stand inside. Full-width
letters, entities and characters that nobody sees are gone before (`prefpairs.deid.fold`).
"""

import re
from typing import ClassVar

from prefpairs.deid.recognizers.base import Range, Rule, RuleRecognizer
from prefpairs.deid.recognizers.common_words import COMMON_WORDS

# Not after a letter, so that `mU/L` (a unit) and `or/and` stay text; a slash before it is part of it.
# Letters are ASCII's, as for the gate behind: one `éu/name` must not stop a night.
_NOT_AFTER_LETTER = r"(?<![A-Za-z])"
# An embedded comment, copied as text, reads `byu/name from discussion inr/name`.
_AFTER_BY = r"(?<=(?-i:\bby))"
_AFTER_IN = r"(?<=(?-i:\bin))"
_SLASH = r"(?:\\?/){1,2}"
_SPACED_SLASH = r"[ \t]{1,2}\\?/[ \t]{0,2}"
_NAME = r"(?:[A-Za-z0-9_-]|\\[_*-]){3,}"
# A link to a thread leads straight to its author, and a link that was shared to the sharer.
_THREAD = r"/(?:comments/[a-z0-9]{2,13}(?:/[^\s()\[\]<>,;!]*)?|s/[A-Za-z0-9]{6,14}|m/\w{2,50})"

# What insulin and dialysis are counted by; the release gate leaves the same.
_DOSE = re.compile(r"u/(?:day|dose|hour|week|liter|litre)s?", re.IGNORECASE)
_DOSE_AFTER_DIGIT = re.compile(
    r"u/(?:night|month|min|mins|minute|meal|unit|mmol|bag|bottle|morning)s?", re.IGNORECASE
)
_NO_USERS = COMMON_WORDS | {
    "admin", "agent", "client", "device", "experience", "friendly", "group", "host", "interface", "login",
    "machine", "member", "moderator", "owner", "pass", "password", "passwords", "product", "provider", "role",
    "server", "session", "system", "therapist", "user", "username",
}  # fmt: skip


def _unless_dose(match: re.Match[str]) -> Range | None:
    after_digit = match.string[match.start() - 1 : match.start()].isdigit()
    is_dose = _DOSE.fullmatch(match["id"]) or (after_digit and _DOSE_AFTER_DIGIT.fullmatch(match["id"]))
    return None if is_dose else match.span("id")


def _looks_chosen(name: str) -> bool:
    return name[1:] != name[1:].lower() or any(character.isdigit() or character == "_" for character in name)


def _unless_word(match: re.Match[str]) -> Range | None:
    name = match["name"]
    return None if name.casefold() in _NO_USERS else match.span("id")


def _if_chosen(match: re.Match[str]) -> Range | None:
    return match.span("id") if _looks_chosen(match["name"]) else None


class UserMentionRecognizer(RuleRecognizer):
    """Finds `u/name`, `/u/name`, `U/name`, `u//name`, `u / name`, `/user/name`, `user/name`, `r/u_name`."""

    ENTITY = "REDDIT_USER"
    gate = re.compile(r"u[ \t]{0,2}\\?/|user\\?/|/u\\?_", re.IGNORECASE)
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            name="u/name",
            pattern=re.compile(
                rf"(?:{_NOT_AFTER_LETTER}|{_AFTER_BY})(?P<id>(?:{_SLASH})?u{_SLASH}{_NAME}(?:{_THREAD})?)",
                re.IGNORECASE,
            ),
            score=0.9,
            accept=_unless_dose,
        ),
        Rule(
            name="/user/name",
            pattern=re.compile(rf"(?P<id>{_SLASH}user{_SLASH}{_NAME}(?:{_THREAD})?)", re.IGNORECASE),
            score=0.9,
        ),
        Rule(
            name="user/name",
            pattern=re.compile(rf"(?<![\w/])(?P<id>user{_SLASH}(?P<name>{_NAME})(?:{_THREAD})?)", re.IGNORECASE),
            score=0.7,
            accept=_unless_word,
        ),
        Rule(
            # `me / u / everyone` are three people in the shorthand of text messages.
            name="u / name",
            pattern=re.compile(
                rf"(?<![\w/])(?<!/[ \t])(?P<id>/?u(?:{_SPACED_SLASH}|\\?/[ \t]{{1,2}})(?P<name>{_NAME}))"
                rf"(?![ \t]{{0,2}}/)",
                re.IGNORECASE,
            ),
            score=0.6,
            accept=_unless_word,
        ),
        Rule(
            name="r/u_name",
            pattern=re.compile(
                rf"{_NOT_AFTER_LETTER}(?P<id>(?:{_SLASH})?r{_SLASH}u\\?_{_NAME}(?:{_THREAD})?)", re.IGNORECASE
            ),
            score=0.9,
        ),
    )


class CommunityMentionRecognizer(RuleRecognizer):
    """Finds `r/name`, `/r/name`, `r//name`, `r / OneTwo`, `r/one+two`."""

    ENTITY = "SUBREDDIT"
    gate = re.compile(r"r[ \t]{0,2}\\?/", re.IGNORECASE)
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            name="r/name",
            pattern=re.compile(
                rf"(?:{_NOT_AFTER_LETTER}|{_AFTER_IN})"
                rf"(?P<id>(?:{_SLASH})?r{_SLASH}(?:[A-Za-z0-9_+]|\\_){{2,}}(?:{_THREAD})?)",
                re.IGNORECASE,
            ),
            score=0.8,
        ),
        Rule(
            name="r / name",
            pattern=re.compile(
                rf"(?<![\w/])(?P<id>/?r(?:{_SPACED_SLASH}|\\?/[ \t]{{1,2}})(?P<name>[A-Za-z0-9_]{{3,21}}))(?!\w)",
                re.IGNORECASE,
            ),
            score=0.6,
            accept=_if_chosen,
        ),
    )


class RedditIdRecognizer(RuleRecognizer):
    """Finds a fullname (`t1_abc123`, `t3_abc123`) or a path (`/comments/abc123`) written in a text."""

    ENTITY = "REDDIT_ID"
    gate = re.compile(r"t[1-6]_|/comments/", re.IGNORECASE)
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            name="fullname",
            pattern=re.compile(r"(?<![A-Za-z0-9_])(?P<id>t[1-6]_[a-z0-9]{2,13})(?![A-Za-z0-9_])", re.IGNORECASE),
            score=0.9,
        ),
        Rule(
            name="thread",
            pattern=re.compile(r"(?<!\w)(?P<id>/comments/[a-z0-9]{2,13}(?:/[^\s()\[\]<>,;!]*)?)", re.IGNORECASE),
            score=0.9,
        ),
    )
