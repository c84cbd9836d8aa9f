"""Names on other platforms, `kik: name`, `name on insta`, `name#1234`, `@name` -> SOCIAL_HANDLE."""

import re
from typing import ClassVar

from prefpairs.deid import gazetteer
from prefpairs.deid.recognizers.base import Range, Rule, RuleRecognizer
from prefpairs.deid.recognizers.common_words import COMMON_WORDS, words

_PLATFORM = (
    r"(?:kik|snap(?:chat)?|sc|insta(?:gram)?|ig|finsta|disc(?:ord)?|telegram|tele|tg|whats\s?app|wechat|line\s?id|"
    r"viber|signal|wickr|threema|skype|messenger|tik\s?tok|twitter|fb|facebook|bluesky|bsky|mastodon|threads|"
    r"tumblr|pinterest|vsco|bereal|youtube(?:\s+channel)?|yt|twitch|sound\s?cloud|spotify|last\.?fm|letterboxd|"
    r"goodreads|wattpad|ao3|github|strava|steam|psn|xbox(?:\s+live)?|gamer\s?tag|battle\.?net|battle\s?tag|bnet|"
    r"riot(?:\s+id)?|roblox|minecraft|friend\s?code|ign|venmo|cash\s?app|cash\s?tag|zelle|paypal|only\s?fans|"
    r"fansly|patreon|ko-?fi|linktr(?:ee|\.ee)|user\s?name|screen\s?name|socials|handle)"
)
_CALLED = r"(?:id|name|user|user\s?name|handle|tag|account|acct|profile|channel)"
_WHAT = rf"(?:[ \t]+{_CALLED})?"
_MARKUP = r"[*~`\"'“”‘’(\[]{0,3}"
# `\_` is how Reddit's editor writes an underscore. The last character is no full stop.
_NAME = r"(?:@[ ]?)?(?:[\w$]|\\_)(?:[\w.-]|\\_){1,38}(?<![.\\-])(?:#\d{4,6}\b)?"
_ID = rf"(?P<id>{_NAME})"
_WORDS_BETWEEN = r"(?:[ \t,]{1,3}[\w'’]{1,20}){1,8}?"
# A word with an underscore in it, or with digits behind it, is a name wherever a platform is near.
_SURE_ID = (
    r"(?P<id>@[\w.-]{2,38}(?<![.-])|(?<!\w)[A-Za-z][A-Za-z0-9.-]{0,30}(?:_|\\_)(?:[\w.-]|\\_){0,30}\w"
    r"|(?<!\w)[A-Za-z][A-Za-z.]{2,30}[0-9](?:[\w.-]{0,30}\w)?)"
)
_CONTACT = (
    r"(?:add|message|msg|dm|pm|find|follow|text|hmu|hit|reach|contact|write|chat|talk|ping|search|look|catch|"
    r"friend)"
)

_PLACES = words("home work school all everyone here night least once first mods anyone gym")
_AMOUNT = re.compile(
    r"@?\d{1,4}(?:[:.]\d\d?)?(?:am|pm|ish|a|p|mg|mcg|ml|g|k|x|lbs?|kg|hrs?|mins?|mph|st|nd|rd|th|s|yo|%)?",
    re.IGNORECASE,
)
_NO_NAMES = COMMON_WORDS | {
    "add", "anonymous", "app", "banned", "below", "chat", "dms", "dm", "followers", "group", "groups", "hmu",
    "imessage", "inbox", "link", "live", "message", "messages", "messenger", "notifications", "page", "pages",
    "photos", "pics", "post", "posts", "premium", "private", "profile", "public", "reels", "server", "servers",
    "stories", "story", "stream", "streams", "support", "video", "videos", "account", "accounts", "com", "deck",
    "games",
}  # fmt: skip
_CLEAR = re.compile(
    r"(?:kik|snap(?:chat)?|sc|insta(?:gram)?|ig|discord|venmo|psn|gamer\s?tag|user\s?name)", re.IGNORECASE
)
_VERSIONED = frozenset({"covid", "sars", "cov", "iphone", "android", "ubuntu", "python", "omicron", "wnut"})
_JOINTS = re.compile(r"[-.]")  # `situations.Anxiety` lacks a space
_IS_PLATFORM = re.compile(_PLATFORM, re.IGNORECASE)
_VERTEBRA = re.compile(r"[CLTS]\d(?:[-/][CLTS]?\d)?", re.IGNORECASE)
_WORD = re.compile(r"[\w'’]+")
_PLAIN = re.compile(r"[A-Za-z]{5,30}")
_MIN_LENGTH = 3
_MAX_TICKER = 5


def _looks_chosen(token: str) -> bool:
    """Say whether a token looks like a name that somebody chose, and not like a word."""
    inner = token.strip(".-@ ")
    has_letter = any(character.isalpha() for character in inner) and _AMOUNT.fullmatch(inner) is None
    has_mark = any(character.isdigit() or character in "_.#$" for character in inner) or token.startswith("@")
    has_capital_inside = inner[1:] != inner[1:].lower() and not inner.isupper()
    return has_letter and len(inner) >= _MIN_LENGTH and (has_mark or has_capital_inside)


def _is_word(token: str) -> bool:
    plain = token.lstrip("@ ").casefold()
    if plain in _NO_NAMES or plain.replace("’", "'") in _NO_NAMES or len(plain) < _MIN_LENGTH or plain.isdigit():
        return True
    return _IS_PLATFORM.fullmatch(plain) is not None or _VERTEBRA.fullmatch(plain) is not None


def _is_english(token: str) -> bool:
    plain = token.casefold().replace("’", "'")
    words = gazetteer.load("safe_words")
    return plain.removesuffix("'s") in words or all(part in words for part in _JOINTS.split(plain))


def _unless_word(match: re.Match[str]) -> Range | None:
    return None if _is_word(match["id"]) else match.span("id")


def _unless_wordlike(match: re.Match[str]) -> Range | None:
    return None if _is_word(match["id"]) or _is_english(match["id"]) else match.span("id")


def _unless_word_after(match: re.Match[str]) -> Range | None:
    """Take `kik: sunshine`, but not `signal: weak`."""
    is_clear = _CLEAR.fullmatch(match["platform"]) is not None
    return _unless_word(match) if is_clear else _unless_wordlike(match)


def _if_chosen(match: re.Match[str]) -> Range | None:
    is_name = _looks_chosen(match["id"]) and not _is_word(match["id"]) and not _is_english(match["id"])
    return match.span("id") if is_name else None


def _first_unknown(match: re.Match[str]) -> Range | None:
    start, end = match.span("near")
    for word in _WORD.finditer(match.string, start, end):
        if _PLAIN.fullmatch(word[0]) and not _is_word(word[0]) and not _is_english(word[0]):
            return word.span()
    return None


def _at_name(match: re.Match[str]) -> Range | None:
    token = match["id"]
    is_place = token[1:].casefold() in _PLACES or _AMOUNT.fullmatch(token) is not None
    return None if is_place else match.span("id")


def _unless_version(match: re.Match[str]) -> Range | None:
    """Take `deirdre1085`, and leave `windows10` and `COVID19`."""
    word = match["word"]
    is_known = _is_english(word) or word.isupper() or word.casefold() in _VERSIONED
    return None if is_known else match.span("id")


def _cash_tag(match: re.Match[str]) -> Range | None:
    name = match["id"][1:]
    is_ticker = name.isupper() and len(name) <= _MAX_TICKER
    return match.span("id") if _looks_chosen(name) and not is_ticker else None


_NAMED = (
    Rule(
        name="platform: name",
        pattern=re.compile(
            rf"\b(?P<platform>{_PLATFORM}){_WHAT}{_MARKUP}\s{{0,2}}[:=]{_MARKUP}[ \t]{{0,3}}{_MARKUP}{_ID}",
            re.IGNORECASE,
        ),
        score=0.85,
        accept=_unless_word_after,
    ),
    Rule(
        name="my platform is name",
        pattern=re.compile(
            rf"\b(?:my|his|her|their|our)[ \t]+(?:\w{{1,15}}[ \t]+)?{_PLATFORM}{_WHAT}{_MARKUP}(?:[ \t]+(?:is|"
            rf"was|being)|['’]?s)"
            rf"(?:[ \t]+(?:still|also|just|now|simply))?[ \t:]+{_MARKUP}{_ID}",
            re.IGNORECASE,
        ),
        score=0.8,
        accept=_unless_wordlike,
    ),
    Rule(
        name="my other account is name",
        pattern=re.compile(
            r"\bmy[ \t]+(?:main|alt|other|old|new|previous|former|first|reddit|real|usual)[ \t]+"
            rf"(?:account|acct|profile|user|user\s?name)(?:[ \t]+(?:is|was)|['’]s|:)[ \t]+{_MARKUP}{_ID}",
            re.IGNORECASE,
        ),
        score=0.7,
        accept=_unless_wordlike,
    ),
    Rule(
        name="platform name",
        pattern=re.compile(
            rf"\b{_PLATFORM}{_WHAT}{_MARKUP}(?:[ \t]+(?:is|as|at|its|it['’]s|under|called|named|me[ \t]+(?:at|on|"
            rf"@)|me"
            rf"|@|-+>?|[–—→~/|])|['’]s|,|[→>])?"
            rf"[ \t:]{{1,3}}{_MARKUP}{_ID}",
            re.IGNORECASE,
        ),
        score=0.7,
        accept=_if_chosen,
    ),
)
_INVITATIONS = (
    Rule(
        name="platform name x",
        pattern=re.compile(rf"\b{_PLATFORM}[ \t]+{_CALLED}[ \t]{{1,2}}{_MARKUP}{_ID}", re.IGNORECASE),
        score=0.6,
        accept=_unless_wordlike,
    ),
    Rule(
        name="add me on platform name",
        pattern=re.compile(
            rf"\b{_CONTACT}\b(?:[ \t]+(?:me|us|up|for|to|with)){{0,3}}"
            rf"[ \t]+(?:on|at|via|through|thru)[ \t]+(?:my[ \t]+)?{_PLATFORM}{_WHAT}[,:;–—-]{{0,2}}[ \t]+"
            rf"(?:(?:as|at|@|under|it['’]?s|i['’]?m|i[ \t]+am|my[ \t]+name['’]?s?(?:[ \t]+is)?|"
            rf"user\s?name(?:[ \t]+is)?)"
            rf"[ \t]+)?{_MARKUP}{_ID}",
            re.IGNORECASE,
        ),
        score=0.7,
        accept=_unless_wordlike,
    ),
    Rule(
        name="add me on platform and so on, name",
        pattern=re.compile(
            rf"\b(?:my|{_CONTACT}(?:[ \t]+(?:me|us|up)){{0,2}}[ \t]+(?:on|at|via|through))[ \t]+{_PLATFORM}"
            rf"{_WORDS_BETWEEN}[ \t,:;–—-]{{1,4}}{_MARKUP}{_SURE_ID}",
            re.IGNORECASE,
        ),
        score=0.6,
        accept=_unless_word,
    ),
    Rule(
        # No sign but the platform: then only what is no English word, and long enough for no typing error.
        name="platform and so on, unknown word",
        pattern=re.compile(
            rf"\b{_CLEAR.pattern}\b(?P<near>(?:[ \t,:;–—-]{{1,3}}{_MARKUP}[\w'’]{{1,30}}){{1,3}})(?![@.])",
            re.IGNORECASE,
        ),
        score=0.5,
        accept=_first_unknown,
    ),
    Rule(
        name="add name on platform",
        pattern=re.compile(
            r"\b(?:add|dm|pm|hmu|im|i['’]m|i[ \t]+am|as|called|named|it['’]s|at|user\s?name|under|follow|find|"
            r"search)"
            rf"[ \t:]{{1,2}}(?:for[ \t]+)?{_MARKUP}{_ID}[*\"'”’)]{{0,2}}[ \t]+(?:on|via|over[ \t]+on)[ \t]+"
            rf"(?:my[ \t]+)?{_PLATFORM}\b",
            re.IGNORECASE,
        ),
        score=0.6,
        accept=_unless_wordlike,
    ),
    Rule(
        name="name on platform",
        pattern=re.compile(
            rf"(?<![\w.$@\\-]){_SURE_ID}[*\"'”’)]{{0,2}}[ \t]+(?:(?:on|for|via|@)|"
            rf"is[ \t]+my)[ \t]+(?:my[ \t]+)?{_PLATFORM}\b",
            re.IGNORECASE,
        ),
        score=0.6,
        accept=_unless_word,
    ),
)
_SHAPES = (
    Rule(
        name="name_name",
        pattern=re.compile(
            r"(?<![\w./:@-])(?P<id>[A-Za-z][A-Za-z0-9]{1,20}(?:_[A-Za-z0-9]{1,20}){1,4})(?![\w/@])"
        ),
        score=0.45,
    ),
    Rule(
        name="name99",
        pattern=re.compile(r"(?<![\w./:@#-])(?P<id>(?P<word>[A-Za-z]{4,20})[0-9]{2,5})(?![\w/@-])"),
        score=0.45,
        accept=_unless_version,
    ),
    Rule(name="name#1234", pattern=re.compile(r"(?P<id>(?<![\w#.])[\w.]{2,32}#\d{4,6}\b)"), score=0.8),
    Rule(
        name="name#EUW",
        pattern=re.compile(r"(?P<id>(?<![\w#.])[\w.]{3,16}#(?:NA1|EUW1?|EUNE?1?|KR1|OCE?1?|BR1|LAN|LAS)\b)"),
        score=0.8,
    ),
    Rule(
        name="@name@server",
        pattern=re.compile(r"(?<![\w@.])(?P<id>@[\w-]{2,38}@[\w-]{1,60}(?:\.[\w-]{2,60}){1,3})"),
        score=0.9,
    ),
    Rule(
        name="@name",
        pattern=re.compile(r"(?<![\w@.])(?P<id>@(?=[\w.]{0,38}[^\W\d])(?:\w|\\_)(?:[\w.-]|\\_){1,38}(?<![.\\-]))"),
        score=0.7,
        accept=_at_name,
    ),
    Rule(
        name="$name",
        pattern=re.compile(r"(?<![\w$])(?P<id>\$[A-Za-z][\w-]{2,20})(?![\w$])"),
        score=0.5,
        accept=_cash_tag,
    ),
    Rule(
        name="cash app $name",
        pattern=re.compile(
            r"\b(?:cash\s?app|cash\s?tag|venmo|paypal|zelle)\b[^\n$]{0,40}(?P<id>\$[A-Za-z][\w-]{2,20})(?![\w$])",
            re.IGNORECASE,
        ),
        score=0.8,
    ),
)


class SocialHandleRecognizer(RuleRecognizer):
    """Finds what people call themselves elsewhere, where a platform, an at or a number gives it away."""

    ENTITY = "SOCIAL_HANDLE"
    gate = re.compile(
        rf"@|\w#[A-Z0-9]|[a-z0-9]_[a-z0-9]|[a-z]{{4}}[0-9]{{2}}|\$[a-z]|\b{_PLATFORM}s?\b|"
        rf"\bmy[ \t]+\w{{3,8}}[ \t]+(?:account|acct|profile|user)",
        re.IGNORECASE,
    )
    RULES: ClassVar[tuple[Rule, ...]] = (*_NAMED, *_INVITATIONS, *_SHAPES)
