"""Addresses, plain and written so that no machine should read them -> EMAIL_ADDRESS."""

import re

import tldextract
from presidio_analyzer.predefined_recognizers import EmailRecognizer

from prefpairs.deid.recognizers.base import Range, Rule, RuleRecognizer

# The list that ships inside the package; the default would ask publicsuffix.org on the first address.
_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

_PROVIDERS = (
    "gmail|googlemail|yahoo|ymail|hotmail|outlook|live|msn|icloud|me|mac|aol|gmx|web|mail|inbox|zoho|yandex|"
    "proton|protonmail|pm|tutanota|tuta|fastmail|comcast|verizon|sbcglobal|btinternet|sky|virginmedia"
)
_TLDS = "com|net|org|edu|gov|info|io|me|co|uk|us|ca|au|nz|ie|de|fr|nl|be|ch|at|it|es|se|no|dk|fi|in|br|jp|eu"

# Runs of white space are bounded, or a page of blank lines would take hours.
_SPELLED_DOT = (
    r"(?:\s{1,3}dot\s{1,3}|\s{0,3}[\[({<]\s{0,3}(?:dot|\.)\s{0,3}[\])}>]\s{0,3}"
    r"|\s{0,3}[*-]{1,2}dot[*-]{1,2}\s{0,3})"
)
_ANY_DOT = rf"(?:{_SPELLED_DOT}|\.|\s\.\s)"
_BRACKETED_AT = r"\s{0,3}[\[({<]\s{0,3}(?:at|@)\s{0,3}[\])}>]\s{0,3}"
_STARRED_AT = (
    r"\s{0,3}[*-]{1,2}at[*-]{1,2}\s{0,3}"  # `good *at* it` is no address: a spelled-out domain must follow
)
_DOMAIN = rf"[a-z0-9-]+(?:{_ANY_DOT}[a-z0-9-]+){{1,4}}"
_SPELLED_DOMAIN = rf"[a-z0-9-]+(?:\.[a-z0-9-]+){{0,2}}{_SPELLED_DOT}(?:[a-z0-9-]+{_ANY_DOT}){{0,2}}(?:{_TLDS})\b"
_PROVIDER_DOMAIN = rf"(?:{_PROVIDERS})(?:{_ANY_DOT}|,)(?:{_TLDS})(?:\.uk|\.au)?\b"

# The part before the at, read backwards from it: words joined by spelled-out marks.
_BRACKETED_MARK = r"[\[({<]\s{0,3}(?:dot|\.|underscore|dash)\s{0,3}[\])}>]"
_SPELLED_MARK = r"\s{1,3}(?:dot|underscore|dash|hyphen|plus|minus)\s{1,3}"
_MARK = rf"(?:{_SPELLED_MARK}|\s{{0,3}}{_BRACKETED_MARK}\s{{0,3}})"
_LOCAL = re.compile(rf"(?:[\w.+-]{{1,64}}{_MARK}){{0,4}}[\w.+-]{{1,64}}\Z", re.IGNORECASE)
_LOCAL_WINDOW = 160


class OfflineEmailRecognizer(EmailRecognizer):
    """Presidio's e-mail recognizer, without the network, and never sure that an address is none."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(supported_language=supported_language, name=EmailRecognizer.__name__)

    def validate_result(self, pattern_text: str) -> bool | None:
        """Return True for a public suffix, else None: `jane@gmail.con` names Jane all the same."""
        return True if _SUFFIXES(pattern_text).fqdn else None


def _with_local_part(match: re.Match[str]) -> Range | None:
    window_start = max(0, match.start() - _LOCAL_WINDOW)
    local = _LOCAL.search(match.string, window_start, match.start())
    return None if local is None else (local.start(), match.end())


class ObfuscatedEmailRecognizer(RuleRecognizer):
    """Finds `jane dot roe at gmail dot com`, `jane (at) gmail (dot) com`, `jane @ gmail . com`."""

    ENTITY = "EMAIL_ADDRESS"
    RULES = (
        Rule(
            name="name (at) domain",
            pattern=re.compile(rf"{_BRACKETED_AT}(?:{_DOMAIN}|(?:{_PROVIDERS})\b)", re.IGNORECASE),
            score=0.85,
            accept=_with_local_part,
        ),
        Rule(
            name="name at domain dot com",
            pattern=re.compile(
                rf"(?:\s{{1,3}}at\s{{1,3}}|{_STARRED_AT})(?:{_SPELLED_DOMAIN}|{_PROVIDER_DOMAIN})", re.IGNORECASE
            ),
            score=0.8,
            accept=_with_local_part,
        ),
        Rule(
            name="name @ domain",
            pattern=re.compile(rf"\s{{0,3}}@\s{{0,3}}(?:{_SPELLED_DOMAIN}|{_PROVIDER_DOMAIN})", re.IGNORECASE),
            score=0.85,
            accept=_with_local_part,
        ),
    )
