r"""`u/name` and `r/name`, in every spelling -> REDDIT_USER and SUBREDDIT.

Reddit's editor writes underscores as `\_`, so a backslash may stand inside a name.
"""

import re

from prefpairs.deid.recognizers.base import Rule, RuleRecognizer

# Not after a letter, so that `mU/L` (a unit) and `or/and` stay text; a slash before it is part of it.
_NOT_IN_WORD = r"(?<![^\W_])"


class UserMentionRecognizer(RuleRecognizer):
    """Finds `u/name`, `/u/name`, `U/name`, `/user/name`."""

    ENTITY = "REDDIT_USER"
    RULES = (
        Rule(
            name="u/name",
            pattern=re.compile(_NOT_IN_WORD + r"(?P<id>/?u/(?:[A-Za-z0-9_-]|\\[_*-]){3,})", re.IGNORECASE),
            score=0.9,
        ),
        Rule(
            name="/user/name",
            pattern=re.compile(r"(?P<id>/user/(?:[A-Za-z0-9_-]|\\[_*-]){3,})", re.IGNORECASE),
            score=0.9,
        ),
    )


class CommunityMentionRecognizer(RuleRecognizer):
    """Finds `r/name`, `/r/name`, `r/one+two`."""

    ENTITY = "SUBREDDIT"
    RULES = (
        Rule(
            name="r/name",
            pattern=re.compile(_NOT_IN_WORD + r"(?P<id>/?r/(?:[A-Za-z0-9_+]|\\_){2,})", re.IGNORECASE),
            score=0.8,
        ),
    )


class RedditIdRecognizer(RuleRecognizer):
    """Finds a fullname (`t1_abc123`, `t3_abc123`) written in a text: it leads straight to its author."""

    ENTITY = "REDDIT_ID"
    RULES = (
        Rule(name="fullname", pattern=re.compile(r"\b(?P<id>t[1-6]_[a-z0-9]{2,13})\b", re.IGNORECASE), score=0.9),
    )
