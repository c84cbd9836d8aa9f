"""A text -> the same text without case, diacritics and invisible characters, and where each character was.

`José`, `JOSE` and `Jo\u200bse` are one name. Only characters outside ASCII cost time: the rest is
lower-cased in one go.
"""

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
# What NFKD leaves as it is, and people write for one another.
_ALIKE = {
    "’": "'",
    "‘": "'",
    "ʼ": "'",
    "´": "'",
    "‐": "-",
    "‑": "-",
    "ı": "i",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
}
_UNSEEN = frozenset({"Mn", "Me", "Cf"})


class Caseless:
    """A folded text, and the way back to the raw one.

    Attributes
    ----------
    text
        The folded text.

    """

    def __init__(self, raw: str) -> None:
        self._raw_length = len(raw)
        # Runs of equal shift: from this place in the folded text on, the raw place is so much further.
        self._places = [0]
        self._shifts = [0]
        if raw.isascii():
            self.text = raw.lower()
            return
        pieces: list[str] = []
        length = position = 0
        for match in _NOT_ASCII.finditer(raw):
            before = raw[position : match.start()].lower()
            folded = _fold(match[0])
            pieces += (before, folded)
            length += len(before)
            if len(folded) != 1:
                for place in range(length + 1, length + len(folded)):
                    self._shift(place, match.start())
                self._shift(length + len(folded), match.end())
            length += len(folded)
            position = match.end()
        pieces.append(raw[position:].lower())
        self.text = "".join(pieces)

    def range(self, start: int, end: int) -> tuple[int, int]:
        """Return where the folded range `start` to `end` (not empty) lies in the raw text."""
        return self._raw(start), self._raw(end - 1) + 1

    def _shift(self, folded: int, raw: int) -> None:
        self._places.append(folded)
        self._shifts.append(raw - folded)

    def _raw(self, place: int) -> int:
        raw = place + self._shifts[bisect_right(self._places, place) - 1]
        return min(max(raw, 0), self._raw_length - 1)


def caseless(text: str) -> str:
    """Return a text without case, diacritics and invisible characters."""
    return Caseless(text).text


@lru_cache(maxsize=4096)
def _fold(character: str) -> str:
    plain = "".join(
        item for item in unicodedata.normalize("NFKD", character) if unicodedata.category(item) not in _UNSEEN
    )
    return "".join(_ALIKE.get(item, item) for item in plain.casefold())
