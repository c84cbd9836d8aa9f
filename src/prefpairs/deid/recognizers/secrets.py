"""Keys, tokens and passwords -> SECRET.

Providers give their keys a prefix; what has none is known by the word before it, or by how random it looks.
"""

import itertools
import math
import re
from collections import Counter
from typing import ClassVar

from prefpairs.deid.recognizers.base import Range, Rule, RuleRecognizer
from prefpairs.deid.recognizers.common_words import COMMON_WORDS

_PREFIXED = (
    r"(?:(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}"
    r"|glpat-[\w-]{16,64}|sk-[A-Za-z0-9_-]{16,200}|[spr]k_(?:live|test)_[A-Za-z0-9]{10,128}|xox[abeoprs]-[A-Za-z0-9-]{10,255}"
    r"|AIza[\w-]{30,40}|ya29\.[\w-]{20,255}|hf_[A-Za-z0-9]{20,64}|npm_[A-Za-z0-9]{30,64}|pypi-[\w-]{20,255}"
    r"|SG\.[\w-]{16,64}\.[\w-]{16,64}|dop_v1_[a-f0-9]{40,64}|0x[a-fA-F0-9]{40,64})"
)
_QUOTES = r"[\"'`“”*]{0,2}"
_LOGIN = r"(?:pass\s?word|pass\s?wd|pass\s?code|passphrase|pwd?|pass|pin(?:\s(?:code|number))?)"
_CALLED_KEY = (
    r"(?:(?:api|access|secret|private|auth|client|consumer|license)[_\s-]?(?:key|token|secret|id)|token|secret|"
    r"recovery\scode|backup\scode|otp|2fa\scode|verification\scode|activation\skey|product\skey)"
)
_NO_PASSWORDS = COMMON_WORDS | {
    "correct", "different", "expired", "forgotten", "hacked", "hidden", "incorrect", "invalid", "leaked", "long",
    "lost", "manager", "missing", "neutral", "protected", "protection", "required", "reset", "safe", "saved",
    "secure", "short", "simple", "stolen", "strong", "unique", "unknown", "valid", "weak", "wrong", "down",
    "fail", "away", "through",
}  # fmt: skip

_LETTER_RUN = re.compile(r"[a-z]{7,}|[A-Z]{9,}")
_CAMEL_WORD = re.compile(r"[A-Z][a-z]{2,}")
_SEPARATOR = re.compile(r"[-_/+]")
_MIN_ENTROPY = 3.5
_MIN_DIGITS = 2
_MIN_CHANGES = 6
_MANY_WORDS = 3
_SHORTEST_PASSWORD = 3


def _entropy(token: str) -> float:
    """Return bits per character."""
    counts = Counter(token).values()
    return -sum(count / len(token) * math.log2(count / len(token)) for count in counts)


def _kind(character: str) -> str:
    if character.isdigit():
        return "0"
    return "a" if character.islower() else "A"


def _if_random(match: re.Match[str]) -> Range | None:
    """Take capitals, small letters and digits all mixed up; leave words, slugs and `CamelCase2019`."""
    token = match["id"]
    kinds = [_kind(character) for character in token if character.isalnum()]
    changes = sum(before != after for before, after in itertools.pairwise(kinds))
    is_mixed = set(kinds) == {"0", "a", "A"} and kinds.count("0") >= _MIN_DIGITS and changes >= _MIN_CHANGES
    camels = sum(map(len, _CAMEL_WORD.findall(token)))
    has_words = _LETTER_RUN.search(token) is not None or len(_SEPARATOR.findall(token)) > _MANY_WORDS
    has_words = has_words or camels > len(token) / 2
    return match.span("id") if is_mixed and not has_words and _entropy(token) >= _MIN_ENTROPY else None


def _if_hexadecimal(match: re.Match[str]) -> Range | None:
    token = match["id"]
    return match.span("id") if not token.isdigit() and not token.isalpha() else None


def _unless_word(match: re.Match[str]) -> Range | None:
    value = match["id"].casefold().strip(".,;:!?\"'")
    return None if value in _NO_PASSWORDS or len(value) < _SHORTEST_PASSWORD else match.span("id")


def _if_chosen(match: re.Match[str]) -> Range | None:
    value = match["id"].rstrip(".,;:!?\"')")
    has_mark = any(not character.isalpha() and character not in "'’-" for character in value)
    is_chosen = has_mark and len(value) > _SHORTEST_PASSWORD and value.casefold() not in _NO_PASSWORDS
    return (match.start("id"), match.start("id") + len(value)) if is_chosen else None


class SecretRecognizer(RuleRecognizer):
    """Finds `AKIA...`, `ghp_...`, `sk-...`, JSON web tokens, private keys, `password is x`, and random strings."""

    ENTITY = "SECRET"
    gate = re.compile(
        rf"-----BEGIN |[a-z0-9+/_-]{{15}}|eyJ|SG\.|ya29\.|bearer[ \t:]"
        rf"|\b{_LOGIN}{_QUOTES}(?:\s{{0,2}}[:=]|[ \t](?:is|was|to|are)|['’]s)|"
        rf"{_CALLED_KEY}{_QUOTES}(?:\s{{0,2}}[:=]|[ \t]is)",
        re.IGNORECASE,
    )
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            name="prefix", pattern=re.compile(rf"(?<![A-Za-z0-9])(?P<id>{_PREFIXED})(?![A-Za-z0-9])"), score=0.95
        ),
        Rule(
            name="JSON web token",
            pattern=re.compile(r"(?<![A-Za-z0-9])(?P<id>eyJ[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+)?)"),
            score=0.95,
        ),
        Rule(
            name="private key",
            pattern=re.compile(
                r"(?P<id>-----BEGIN [A-Z ]{0,30}(?:PRIVATE KEY|CERTIFICATE)[A-Z ]{0,10}-----[A-Za-z0-9+/=\s\\]*+"
                r"(?:-----END [A-Z ]{1,40}-----)?)"
            ),
            score=0.95,
        ),
        Rule(
            name="bearer token",
            pattern=re.compile(r"\bbearer[ \t:]{1,3}(?P<id>[A-Za-z0-9._~+/-]{16,}+=*)", re.IGNORECASE),
            score=0.9,
        ),
        Rule(
            name="password: x",
            pattern=re.compile(
                rf"\b{_LOGIN}{_QUOTES}\s{{0,2}}[:=]\s{{0,2}}{_QUOTES}(?P<id>[^\s\"'`“”<>]{{3,64}})",
                re.IGNORECASE,
            ),
            score=0.8,
            accept=_unless_word,
        ),
        Rule(
            name="password is x",
            pattern=re.compile(
                rf"\b{_LOGIN}(?:[ \t](?:is|was|to|are)|"
                rf"['’]s)[ \t:]{{1,2}}{_QUOTES}(?P<id>[^\s\"'`“”<>]{{4,64}})",
                re.IGNORECASE,
            ),
            score=0.7,
            accept=_if_chosen,
        ),
        Rule(
            name="token: x",
            pattern=re.compile(
                rf"{_CALLED_KEY}{_QUOTES}(?:\s{{0,2}}[:=]|[ \t]is)\s{{0,2}}{_QUOTES}(?P<id>[\w.~+/=-]{{6,255}})",
                re.IGNORECASE,
            ),
            score=0.8,
            accept=_if_chosen,
        ),
        Rule(
            name="hexadecimal",
            pattern=re.compile(
                r"(?<![A-Za-z0-9])(?P<id>[0-9a-f]{32,128}|[0-9A-F]{32,128})(?![A-Za-z0-9])",
            ),
            score=0.7,
            accept=_if_hexadecimal,
        ),
        Rule(
            name="random",
            pattern=re.compile(r"(?<![\w#/+@-])(?P<id>[A-Za-z0-9+/_-]{20,200}={0,2})(?![\w#/+-])"),
            score=0.6,
            accept=_if_random,
        ),
    )
