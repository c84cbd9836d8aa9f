"""Raw text -> the characters that a reader sees, and where each of them stands in the raw text.

`ｕ／ｎａｍｅ`, `u/\u200bname` and `jane&#64;gmail.com` read like the plain spelling and would slip past any
pattern for it. Nearly all texts hold nothing to fold; then there is nothing to pay but one scan.
"""

import re
import unicodedata
from array import array
from bisect import bisect_right
from html.entities import html5

# Invisible characters and bidirectional controls: soft hyphen, joiners, marks, embeddings, variation selectors.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff"
)
_UNSEEN_BEYOND = "\U000e0000-\U000e007f\U000e0100-\U000e01ef"
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_LOOKALIKES = {
    **dict.fromkeys("\u2010\u2011\u2212\ufe63", "-"),
    **dict.fromkeys("\u2044\u2215\u29f8", "/"),
    **dict.fromkeys("\u2024\ufe52\uff61\u3002", "."),
    **dict.fromkeys("\ufe55\ua789", ":"),
    **dict.fromkeys("\ufe6b", "@"),
    **dict.fromkeys("\ufe5f", "#"),
}
# Letterlike, circled, full-width, mathematical and squared forms of ASCII characters.
_STYLED = ((0x2100, 0x214F), (0x2460, 0x24FF), (0xFF01, 0xFF5E), (0x1D400, 0x1D7FF), (0x1F130, 0x1F149))
_ENTITY_NAMES = (
    "AMP", "GT", "LT", "NonBreakingSpace", "QUOT", "ZeroWidthSpace", "amp", "apos", "ast", "colon", "comma",
    "commat", "dash", "dollar", "ensp", "emsp", "equals", "excl", "gt", "hyphen", "lbrack", "lowbar", "lpar",
    "lsqb", "lt", "nbsp", "num", "period", "plus", "quot", "rbrack", "rpar", "rsqb", "shy", "sol", "thinsp",
    "UnderBar", "zwj", "zwnj",
)  # fmt: skip
_LAST_CONTROL = 0x1F
_SURROGATES = range(0xD800, 0xE000)


def _styled() -> dict[str, str]:
    """Return each decorated form of one visible ASCII character -> that character."""
    characters = (chr(code) for first, last in _STYLED for code in range(first, last + 1))
    plain = {character: unicodedata.normalize("NFKC", character) for character in characters}
    return {character: form for character, form in plain.items() if len(form) == 1 and "!" <= form <= "~"}


_PLAIN = {**_styled(), **_LOOKALIKES}
_FOLDABLE = re.compile(
    # A run of unseen characters is one match: a line of them must not cost an entry for each.
    rf"(?P<unseen>[{_UNSEEN}{_UNSEEN_BEYOND}]+)|(?P<space>[{_SPACES}])|(?P<plain>[{re.escape(''.join(_PLAIN))}])"
    rf"|&(?:amp;){{0,3}}(?:\#(?:[xX]0{{0,6}}(?P<hex>[0-9a-fA-F]{{1,6}})|0{{0,6}}(?P<decimal>[0-9]{{1,7}}));?"
    rf"|(?P<name>{'|'.join(_ENTITY_NAMES)});)"
)
_UNSEEN_CHARACTER = re.compile(f"[{_UNSEEN}{_UNSEEN_BEYOND}]")
_SPACE_CHARACTER = re.compile(f"[{_SPACES}]")


class Folded:
    """A folded text that knows where its characters come from."""

    def __init__(self, raw: str) -> None:
        # From the folded character `starts[i]` on, one folded character is one raw character, beginning
        # at `raws[i]`; only the first of them may be wider: an entity of `widths[i]` raw characters.
        self._starts, self._raws, self._widths = array("Q", [0]), array("Q", [0]), array("Q", [1])
        self._shift = 0
        self.text = _FOLDABLE.sub(self._folded, raw)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return where the folded characters `start` to `end` stand in the raw text.

        The range covers an entity whole, and what is unseen between its characters, but not before and after.
        """
        first, _ = self._raw_range(start)
        return (first, first) if end <= start else (first, self._raw_range(end - 1)[1])

    def _raw_range(self, position: int) -> tuple[int, int]:
        entry = bisect_right(self._starts, position) - 1
        offset = position - self._starts[entry]
        start = self._raws[entry] + offset
        return start, start + (1 if offset else self._widths[entry])

    def _folded(self, match: re.Match[str]) -> str:
        plain = _plain(match)
        start, width = match.start(), match.end() - match.start()
        if len(plain) != width:
            if plain:
                self._note(start - self._shift, start, width)
            self._shift += width - len(plain)
            self._note(match.end() - self._shift, match.end(), 1)
        return plain

    def _note(self, folded: int, raw: int, width: int) -> None:
        self._starts.append(folded)
        self._raws.append(raw)
        self._widths.append(width)


def fold(text: str) -> Folded | None:
    """Return `text` as it reads, or None if it holds nothing to fold."""
    if text.isascii() and "&" not in text:
        return None
    return Folded(text) if _FOLDABLE.search(text) else None


def _plain(match: re.Match[str]) -> str:
    """Return what one foldable piece reads like: one character, or nothing if it is unseen."""
    if match["unseen"]:
        return ""
    if match["space"]:
        return " "
    if match["plain"]:
        return _PLAIN[match["plain"]]
    character = html5[match["name"] + ";"] if match["name"] else _numbered(match)
    if character is None:
        return match[0]
    if _UNSEEN_CHARACTER.match(character):
        return ""
    return " " if _SPACE_CHARACTER.match(character) else _PLAIN.get(character, character)


def _numbered(match: re.Match[str]) -> str | None:
    code = int(match["hex"], 16) if match["hex"] else int(match["decimal"])
    is_text = _LAST_CONTROL < code < 0x110000 and code not in _SURROGATES
    return chr(code) if is_text else None
