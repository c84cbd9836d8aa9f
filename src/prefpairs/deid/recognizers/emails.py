"""Addresses, plain and written so that no machine should read them -> EMAIL_ADDRESS.

Everything starts at the sign or the word "at" and looks back over a bounded stretch: Presidio's own
pattern takes quadratic time on a long run of letters and dots, and asks the network for suffixes.
"""

import re
from typing import ClassVar

from prefpairs.deid.recognizers.base import Range, Rule, RuleRecognizer
from prefpairs.deid.recognizers.common_words import COMMON_WORDS

_UNLIKE_WORDS = (
    "gmail|googlemail|yahoo|ymail|rocketmail|hotmail|outlook|msn|icloud|aol|gmx|zoho|yandex|protonmail|tutanota|tuta|"
    "fastmail|comcast|verizon|sbcglobal|btinternet|virginmedia|ntlworld|bellsouth|earthlink|telus|bigpond|qq|163|"
    "rediffmail|hushmail"
)
_LIKE_WORDS = "live|me|mac|web|mail|inbox|proton|pm|att|sky|cox|charter|shaw|rogers|duck"
_PROVIDERS = f"{_UNLIKE_WORDS}|{_LIKE_WORDS}"
# What nobody takes for a word: enough without a domain's ending.
_SURE_PROVIDERS = "gmail|g[ -]mail|googlemail|yahoo|ymail|hotmail|outlook|icloud|aol|protonmail|tutanota"
_TLDS = (
    "com|con|cm|net|org|edu|gov|info|io|me|co|uk|us|ca|au|nz|ie|de|fr|nl|be|ch|at|it|es|se|no|dk|fi|in|br|jp|eu|za|"
    "sg|ru|pl|pt|gr|mx|ph|biz|app|dev|xyz|online|blog|live"
)

# Runs of white space are bounded, or a page of blank lines would take hours.
_SPELLED_DOT = (
    r"(?:\s{1,3}(?:dot|d0t|punto|period)\s{1,3}|\s{0,3}[\[({<]\s{0,3}(?:dot|d0t|\.)\s{0,3}[\])}>]\s{0,3}"
    r"|\s{0,3}[*_-]{1,2}dot[*_-]{1,2}\s{0,3})"
)
_ANY_DOT = rf"(?:{_SPELLED_DOT}|\.|\s\.\s|\s\.)"
_BRACKETED_AT = r"\s{0,3}[\[({<]\s{0,3}(?:at|@)\s{0,3}[\])}>]\s{0,3}"
_STARRED_AT = (
    r"\s{0,3}[*_-]{1,2}at[*_-]{1,2}\s{0,3}"  # `good *at* it` is no address: a spelled-out domain must follow
)
_LABEL = r"[a-z0-9-]{1,63}"
_DOMAIN = rf"{_LABEL}(?:(?:{_SPELLED_DOT}|\.|\s\.\s){_LABEL}){{1,4}}"
_SPELLED_DOMAIN = rf"{_LABEL}(?:\.{_LABEL}){{0,2}}{_SPELLED_DOT}(?:{_LABEL}{_ANY_DOT}){{0,2}}(?:{_TLDS})\b"
# `he looked at me.It was` is no address.
_PROVIDER_DOMAIN = (
    rf"(?:(?:{_UNLIKE_WORDS})(?:{_ANY_DOT}|,)(?:{_TLDS})(?:\.uk|\.au)?\b|(?:{_UNLIKE_WORDS})\.\scom\b"
    rf"|(?:{_LIKE_WORDS})(?:{_ANY_DOT}|,)(?:com|net|ch|de|ru|co\.uk)\b)"
)
_SPACED_DOMAIN = rf"{_LABEL}(?:\.{_LABEL}){{0,3}}\.(?:com|net|org|edu|gov|co\.uk|ca|de|io)\b"

# The part before the at, read backwards from it: words joined by spelled-out marks.
_BRACKETED_MARK = r"[\[({<]\s{0,3}(?:dot|\.|underscore|dash)\s{0,3}[\])}>]"
_SPELLED_MARK = r"\s{1,3}(?:dot|d0t|underscore|dash|hyphen|plus|minus|point)\s{1,3}"
_MARK = rf"(?:{_SPELLED_MARK}|\s{{0,3}}{_BRACKETED_MARK}\s{{0,3}})"
_LOCAL = re.compile(rf"(?<![\w.+-])(?:[\w.+-]{{1,64}}+{_MARK}){{0,4}}[\w.+-]{{1,64}}+\Z", re.IGNORECASE)
_PLAIN_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~\\-]{1,64}+\Z")
_WORD_BEFORE = re.compile(r"(?P<word>[A-Za-z0-9]{2,20})[ ]\Z")
_WINDOW = 160
_LONGEST_LOCAL = 64
_MAX_WORDS_BEFORE = 2
_NOT_PART = COMMON_WORDS | {
    "account", "addr", "address", "contact", "e-mail", "email", "emailed", "gmail", "is", "mail", "personal",
    "reach", "send", "work", "write", "writing",
}  # fmt: skip
_HOST = r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{2,63}){1,3}"


def _local_part(match: re.Match[str]) -> re.Match[str] | None:
    return _LOCAL.search(match.string, max(0, match.start() - _WINDOW), match.start())


def _with_local_part(match: re.Match[str]) -> Range | None:
    local = _local_part(match)
    return None if local is None else (local.start(), match.end())


def _with_words_before(match: re.Match[str]) -> Range | None:
    """Take `jane roe at gmail dot com` whole, though nobody spells the dot between the names."""
    local = _local_part(match)
    if local is None:
        return None
    start = local.start()
    if re.fullmatch(r"[^\W\d_]+", local[0]):
        for _ in range(_MAX_WORDS_BEFORE):
            found = _WORD_BEFORE.search(match.string, max(0, start - _WINDOW), start)
            if found is None or found["word"].casefold() in _NOT_PART:
                break
            start = found.start()
    return start, match.end()


def _with_plain_local_part(match: re.Match[str]) -> Range | None:
    local = _PLAIN_LOCAL.search(match.string, max(0, match.start() - _LONGEST_LOCAL), match.start())
    return None if local is None else (local.start(), match.end())


def _with_chosen_local_part(match: re.Match[str]) -> Range | None:
    """Take `jane.roe at gmail`, and leave `look at gmail`."""
    local = _local_part(match)
    is_chosen = local is not None and re.search(r"[\d._+]", local[0].strip(".")) is not None
    return (local.start(), match.end()) if local is not None and is_chosen else None


class EmailAddressRecognizer(RuleRecognizer):
    """Finds `jane.roe@example.org`, `jane dot roe at gmail dot com`, `jane (at) x (dot) com`, `jane.roe@gmail`."""

    ENTITY = "EMAIL_ADDRESS"
    gate = re.compile(
        rf"@|[\[({{<]\s{{0,3}}at\s{{0,3}}[\])}}>]|[*_-]at[*_-]"
        rf"|\sat\s{{1,3}}(?:{_SPELLED_DOMAIN}|(?:{_PROVIDERS}|{_SURE_PROVIDERS})\b|{_HOST})",
        re.IGNORECASE,
    )
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            name="name@domain.tld",
            pattern=re.compile(r"@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
            score=1.0,
            accept=_with_plain_local_part,
        ),
        Rule(
            name="name@provider",
            pattern=re.compile(rf"@(?:{_SURE_PROVIDERS})\b", re.IGNORECASE),
            score=0.8,
            accept=_with_plain_local_part,
        ),
        Rule(
            name="name (at) domain",
            pattern=re.compile(rf"{_BRACKETED_AT}(?:{_DOMAIN}|(?:{_PROVIDERS})\b)", re.IGNORECASE),
            score=0.85,
            accept=_with_words_before,
        ),
        Rule(
            name="name at domain dot com",
            pattern=re.compile(
                rf"(?:\s{{1,3}}at\s{{1,3}}|{_STARRED_AT})(?:{_SPELLED_DOMAIN}|{_PROVIDER_DOMAIN})", re.IGNORECASE
            ),
            score=0.8,
            accept=_with_words_before,
        ),
        Rule(
            name="name @ domain",
            pattern=re.compile(
                rf"\s{{0,3}}@\s{{0,3}}(?:{_SPELLED_DOMAIN}|{_PROVIDER_DOMAIN}|{_SPACED_DOMAIN})", re.IGNORECASE
            ),
            score=0.85,
            accept=_with_local_part,
        ),
        Rule(
            name="name at domain.tld",
            pattern=re.compile(rf"\s{{1,3}}at\s{{1,3}}{_HOST}(?![\w/])", re.IGNORECASE),
            score=0.7,
            accept=_with_chosen_local_part,
        ),
        Rule(
            name="name at provider",
            pattern=re.compile(
                rf"(?:\s{{1,3}}(?:at|@)\s{{1,3}}|{_STARRED_AT})(?:{_SURE_PROVIDERS})\b", re.IGNORECASE
            ),
            score=0.7,
            accept=_with_chosen_local_part,
        ),
    )
