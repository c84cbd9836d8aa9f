"""Names on other platforms, `kik: name`, `snap is name`, `name#1234`, `@name` -> SOCIAL_HANDLE."""

import re

from prefpairs.deid.recognizers.base import Range, Rule, RuleRecognizer
from prefpairs.deid.recognizers.common_words import COMMON_WORDS

_PLATFORM = (
    r"(?:kik|snap(?:chat)?|sc|insta(?:gram)?|ig|disc(?:ord)?|telegram|tele|tg|whats\s?app|tik\s?tok|twitter|"
    r"fb|facebook|messenger|steam|psn|xbox(?:\s+live)?|gamer\s?tag|venmo|cash\s?app|paypal|only\s?fans|"
    r"linktr(?:ee|\.ee)|skype|wechat|tumblr|twitch|signal|viber|user\s?name|handle)"
)
_WHAT = r"(?:[ \t]+(?:id|name|user|user\s?name|handle|tag|account|acct|profile))?"
_MARKUP = r"[*~`\"'“”‘’(]{0,3}"
# `\_` is how Reddit's editor writes an underscore. The last character is no full stop.
_NAME = r"@?(?:[\w$]|\\_)(?:[\w.-]|\\_){1,38}(?<![.\\])(?:#\d{4}\b)?"
_ID = rf"(?P<id>{_NAME})"

_PLACES = frozenset({"home", "work", "school", "all", "everyone", "here", "night", "least", "once", "first"})
_CLOCK = re.compile(r"@\d{1,2}(?:[:.]\d\d)?(?:am|pm|ish)?", re.IGNORECASE)
_MIN_LENGTH = 3


def _looks_chosen(token: str) -> bool:
    """Say whether a token looks like a name that somebody chose, and not like a word."""
    inner = token.strip(".-")
    has_letter = any(character.isalpha() for character in inner)
    has_mark = any(character.isdigit() or character in "_.#$@" for character in inner)
    has_capital_inside = inner[1:] != inner[1:].lower() and not inner.isupper()
    return has_letter and len(inner) >= _MIN_LENGTH and (has_mark or has_capital_inside)


def _is_word(token: str) -> bool:
    plain = token.lstrip("@").casefold()
    return plain in COMMON_WORDS or len(plain) < _MIN_LENGTH or plain.isdigit()


def _unless_word(match: re.Match[str]) -> Range | None:
    return None if _is_word(match["id"]) else match.span("id")


def _if_chosen(match: re.Match[str]) -> Range | None:
    return match.span("id") if _looks_chosen(match["id"]) else None


def _at_name(match: re.Match[str]) -> Range | None:
    token = match["id"]
    is_place = token[1:].casefold() in _PLACES or _CLOCK.fullmatch(token) is not None
    return None if is_place else match.span("id")


class SocialHandleRecognizer(RuleRecognizer):
    """Finds what people call themselves elsewhere, where a platform, an at or a number gives it away."""

    ENTITY = "SOCIAL_HANDLE"
    RULES = (
        Rule(
            name="platform: name",
            pattern=re.compile(
                rf"\b{_PLATFORM}{_WHAT}{_MARKUP}\s{{0,2}}[:=]{_MARKUP}[ \t]{{0,3}}{_MARKUP}{_ID}", re.IGNORECASE
            ),
            score=0.85,
            accept=_unless_word,
        ),
        Rule(
            name="my platform is name",
            pattern=re.compile(
                rf"\bmy[ \t]+{_PLATFORM}{_WHAT}{_MARKUP}(?:[ \t]+is|['’]?s)[ \t:]+{_MARKUP}{_ID}", re.IGNORECASE
            ),
            score=0.8,
            accept=_unless_word,
        ),
        Rule(
            name="platform name",
            pattern=re.compile(
                rf"\b{_PLATFORM}{_WHAT}{_MARKUP}(?:[ \t]+(?:is|as|at|its|it['’]s|-+>?|[–—→])|['’]s)?"
                rf"[ \t]{{1,3}}{_MARKUP}{_ID}",
                re.IGNORECASE,
            ),
            score=0.7,
            accept=_if_chosen,
        ),
        Rule(
            name="add me on platform name",
            pattern=re.compile(
                r"\b(?:add|message|msg|dm|pm|find|follow|text|hmu|hit|reach|contact)\b(?:[ \t]+(?:me|us|up)){0,2}"
                rf"[ \t]+(?:on|at|via|through)[ \t]+{_PLATFORM},?[ \t]+"
                rf"(?:(?:as|at|under|it['’]s|i['’]?m|i[ \t]+am)[ \t]+)?{_MARKUP}{_ID}",
                re.IGNORECASE,
            ),
            score=0.7,
            accept=_unless_word,
        ),
        Rule(
            name="name#1234",
            pattern=re.compile(r"(?P<id>(?<![\w#])[\w.]{2,32}#\d{4}\b)"),
            score=0.8,
        ),
        Rule(
            name="@name",
            pattern=re.compile(r"(?<![\w@.])(?P<id>@(?=[\w.]*[^\W\d])(?:\w|\\_)(?:[\w.-]|\\_){1,38}(?<![.\\]))"),
            score=0.7,
            accept=_at_name,
        ),
    )
