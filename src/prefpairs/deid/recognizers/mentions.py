r"""`u/name` and `r/name`, in every spelling -> REDDIT_USER and SUBREDDIT.

Reddit's editor writes underscores as `\_` and slashes as `\/`, so a backslash may stand inside.
"""

import re

from prefpairs.deid.recognizers.base import Rule, RuleRecognizer

# Not after a letter, so that `mU/L` (a unit) and `or/and` stay text; a slash before it is part of it.
# Letters are ASCII's, as for the gate behind: one `éu/name` must not stop a night.
_NOT_IN_WORD = r"(?<![A-Za-z0-9])"
# An embedded comment, copied as text, reads `byu/name from discussion inr/name`.
_AFTER_BY = r"(?<=(?-i:\bby))"
_AFTER_IN = r"(?<=(?-i:\bin))"
_SLASH = r"\\?/"
_NAME = r"(?:[A-Za-z0-9_-]|\\[_*-]){3,}"
# A link to a thread leads straight to its author.
_THREAD = r"/comments/[a-z0-9]{2,13}(?:/[^\s()\[\]<>]*)?"


class UserMentionRecognizer(RuleRecognizer):
    """Finds `u/name`, `/u/name`, `U/name`, `/user/name`."""

    ENTITY = "REDDIT_USER"
    RULES = (
        Rule(
            name="u/name",
            pattern=re.compile(
                rf"(?:{_NOT_IN_WORD}|{_AFTER_BY})(?P<id>(?:{_SLASH})?u{_SLASH}{_NAME}(?:{_THREAD})?)",
                re.IGNORECASE,
            ),
            score=0.9,
        ),
        Rule(
            name="/user/name",
            pattern=re.compile(rf"(?P<id>{_SLASH}user{_SLASH}{_NAME}(?:{_THREAD})?)", re.IGNORECASE),
            score=0.9,
        ),
    )


class CommunityMentionRecognizer(RuleRecognizer):
    """Finds `r/name`, `/r/name`, `r/one+two`."""

    ENTITY = "SUBREDDIT"
    RULES = (
        Rule(
            name="r/name",
            pattern=re.compile(
                rf"(?:{_NOT_IN_WORD}|{_AFTER_IN})"
                rf"(?P<id>(?:{_SLASH})?r{_SLASH}(?:[A-Za-z0-9_+]|\\_){{2,}}(?:{_THREAD})?)",
                re.IGNORECASE,
            ),
            score=0.8,
        ),
    )


class RedditIdRecognizer(RuleRecognizer):
    """Finds a fullname (`t1_abc123`, `t3_abc123`) or a path (`/comments/abc123`) written in a text."""

    ENTITY = "REDDIT_ID"
    RULES = (
        Rule(
            name="fullname",
            pattern=re.compile(r"(?<![A-Za-z0-9_])(?P<id>t[1-6]_[a-z0-9]{2,13})(?![A-Za-z0-9_])", re.IGNORECASE),
            score=0.9,
        ),
        Rule(name="thread", pattern=re.compile(rf"(?<!\w)(?P<id>{_THREAD})", re.IGNORECASE), score=0.9),
    )
