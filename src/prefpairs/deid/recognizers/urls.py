"""Web addresses, with and without a scheme -> URL.

Presidio takes any word, a dot and one of 1,400 top-level domains for an address: of 3,000 CounselChat
answers it blanks 1,876 places such as `my fault.It was`. Here an address without a scheme needs a reason:
a domain that is no English word, a path, a word like "website" before it, or a name that is no word.
"""

import re
from functools import cache
from typing import ClassVar

import tldextract

from prefpairs.deid.recognizers.base import Range, Rule, RuleRecognizer
from prefpairs.deid.recognizers.common_words import COMMON_WORDS

_REST = r"(?:[^\s()\[\]<>\"]++|\([^\s()\[\]<>\"]{0,200}\)|\((?=\w))*+"
_END_OF_SENTENCE = ".,;:!?'*~`’”…|"

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_HOST = rf"(?P<host>{_LABEL}(?:\.{_LABEL}){{1,7}})"
_PATH = rf"(?P<path>(?::[0-9]{{2,5}})?[/?#]{_REST})?"

# As a complete last label these are no end of a sentence and beginning of the next.
_SURE = frozenset({"com", "org", "net", "edu", "gov", "io", "xyz"})
# Words, or beginnings of sentences, as well as domains; besides all of more than three letters.
_WORDS = frozenset({
    "ad", "ag", "ai", "al", "am", "an", "app", "art", "as", "ask", "at", "ba", "ban", "bar", "bay", "be", "bed",
    "best", "bet", "bf", "bid", "big", "bio", "bit", "biz", "boo", "box", "buy", "by", "cab", "cal", "car",
    "cat", "ceo", "co", "cr", "dad", "day", "de", "dev", "dj", "do", "dog", "dr", "eat", "eco", "el", "er", "es",
    "et", "fan", "fit", "fly", "fm", "foo", "fox", "fun", "fund", "fyi", "gay", "gf", "gg", "gift", "got", "gp",
    "gs", "hi", "hm", "hot", "how", "id", "ie", "im", "in", "inc", "info", "ing", "int", "is", "it", "itv", "ki",
    "kid", "kids", "la", "law", "lo", "lol", "md", "me", "med", "meet", "men", "mm", "mn", "mo", "mom", "mov",
    "mr", "ms", "mt", "my", "name", "new", "no", "now", "off", "on", "one", "ow", "pa", "pay", "pet", "ph",
    "phd", "pl", "pm", "pro", "ps", "pub", "py", "re", "red", "rest", "rip", "rs", "run", "sale", "save", "say",
    "sc", "sea", "see", "sex", "sh", "ski", "sky", "so", "spa", "st", "tax", "tel", "the", "to", "top", "toy",
    "tr", "tv", "uno", "us", "va", "vet", "vi", "vip", "vs", "we", "win", "wtf", "ye", "you", "zip",
})  # fmt: skip
_MOST_LETTERS = 3
_KNOWN_HOSTS = frozenset({
    "about.me", "ask.fm", "bit.ly", "bsky.app", "buymeacoffee.com", "cash.app", "curiouscat.live", "discord.gg",
    "fb.me", "gofund.me", "goo.gl", "imgur.io", "last.fm", "linktr.ee", "lnk.bio", "m.me", "paypal.me",
    "redd.it", "t.co", "t.me", "twitch.tv", "wa.me", "youtu.be",
})  # fmt: skip
_NOT_IDENTIFYING = frozenset({"e.g", "i.e", "a.m", "p.m", "a.k.a", "d.o", "m.d", "ph.d", "u.s", "u.k"})
_CONTEXT = re.compile(
    r"\b(?:at|on|see|visit|website|web|site|sites|url|link|links|blog|page|homepage|portfolio|check|out|to|domain|"
    r"called|check|store|shop|profile|from|mine)\b[\s:,('\"*-]{1,4}(?:is[\s:]{1,3})?\Z",
    re.IGNORECASE,
)
_CONTEXT_WINDOW = 24
_PRONOUNS = frozenset(
    {"", "he", "her", "hers", "him", "his", "me", "my", "or", "our", "she", "their", "them", "they", "you"}
)
_SENTENCE = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?\.[A-Z][a-z]*")
_WORD_ENDING = re.compile(
    r"[a-z]*(?:ing|ed|ly|tion|ness|ment|able|ful|ous|ity|ers?|ally|self|selves|one|thing|s)", re.IGNORECASE
)


@cache
def _top_level_domains() -> frozenset[str]:
    # The list inside the package: the default would ask publicsuffix.org.
    suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None).tlds
    return frozenset(suffix for suffix in suffixes if "." not in suffix)


def _without_end_of_sentence(match: re.Match[str]) -> Range:
    return match.start(), match.start() + len(match[0].rstrip(_END_OF_SENTENCE))


def _if_address(match: re.Match[str]) -> Range | None:
    host = match["host"]
    *labels, last = host.casefold().split(".")
    if last not in _top_level_domains() or not any(character.isalpha() for character in "".join(labels)):
        return None
    if host.casefold() in _KNOWN_HOSTS or _is_address(match, labels, last):
        return _without_end_of_sentence(match)
    return None


def _is_address(match: re.Match[str], labels: list[str], last: str) -> bool:
    host, name = match["host"], labels[-1]
    if match["path"] is not None and not _is_alternative(match["path"]):
        return True
    if len(name) == 1 or ".".join(labels) in _NOT_IDENTIFYING:
        return False
    if last in _SURE:
        return True
    if _SENTENCE.fullmatch(host):
        return False
    if last not in _WORDS and len(last) <= _MOST_LETTERS:
        return True
    if last not in COMMON_WORDS and (len(labels) > 1 or not name.isalpha()):
        return True
    before = match.string[max(0, match.start() - _CONTEXT_WINDOW) : match.start()]
    return _CONTEXT.search(before) is not None and not _is_word(name)


def _is_alternative(path: str) -> bool:
    """Say whether a "path" is the second of two words: `my dad.my/his fault`."""
    return path[1:].casefold().rstrip(_END_OF_SENTENCE) in _PRONOUNS


def _is_word(label: str) -> bool:
    return label in COMMON_WORDS or _WORD_ENDING.fullmatch(label) is not None


def _spelled(match: re.Match[str]) -> Range | None:
    return None if match["name"].casefold() in COMMON_WORDS | {"the", "a", "big"} else match.span("id")


class WebAddressRecognizer(RuleRecognizer):
    """Finds whatever begins like a web address, and hosts that are written without one."""

    ENTITY = "URL"
    gate = re.compile(r"://|[^\W_]\.[^\W\d_]|\bdot\s|[\[({]dot", re.IGNORECASE)
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            name="scheme",
            pattern=re.compile(rf"[a-z][a-z0-9+]{{1,11}}://[^\s()\[\]<>\"]{_REST}", re.IGNORECASE),
            score=0.8,
            accept=_without_end_of_sentence,
        ),
        Rule(
            name="www",
            pattern=re.compile(rf"(?<![a-z0-9])(?<!://)www[0-9]{{0,3}}\.[^\s()\[\]<>\".]{_REST}", re.IGNORECASE),
            score=0.8,
            accept=_without_end_of_sentence,
        ),
        Rule(
            name="host and path",
            pattern=re.compile(rf"(?<![\w@.])(?<![\w@]-)(?<!://){_HOST}(?![\w@])(?!-\w){_PATH}"),
            score=0.6,
            accept=_if_address,
        ),
        Rule(
            name="host dot com",
            pattern=re.compile(
                r"(?<![\w@.-])(?P<id>(?P<name>[a-z0-9-]{4,63})(?:\s[\[({]?dot[\])}]?\s|[\[({]dot[\])}])"
                r"(?:com|org|net|co[\s.](?:dot\s)?uk)\b(?:\s?(?:slash|/)\s?\w{2,40})?)",
                re.IGNORECASE,
            ),
            score=0.6,
            accept=_spelled,
        ),
    )
