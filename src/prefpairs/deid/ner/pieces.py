"""A word -> its pieces in a BERT vocabulary (WordPiece, Wu et al. 2016)."""

from pathlib import Path

from prefpairs.errors import ConfigError

LONGEST_WORD = 32
"""A longer one is no word but a key or a scream: one unknown piece."""
_REMEMBERED = 1 << 15


class Pieces:
    """Looks words up in a vocabulary, and remembers the answers."""

    def __init__(self, vocabulary: list[str]) -> None:
        self.ids = {piece: number for number, piece in enumerate(vocabulary)}
        self.unknown = self.ids["[UNK]"]
        self.first = self.ids["[CLS]"]
        self.last = self.ids["[SEP]"]
        self._known: dict[str, tuple[int, ...]] = {}

    @classmethod
    def load(cls, path: Path) -> "Pieces":
        """Read a vocabulary of one piece a line."""
        try:
            return cls(path.read_text(encoding="utf-8").split("\n")[:-1])
        except (OSError, UnicodeError, KeyError):
            msg = f"{path} is no BERT vocabulary. Install prefpairs again, or train the NER again."
            raise ConfigError(msg) from None

    def of(self, key: str) -> tuple[int, ...]:
        """Return the ids of a folded word's pieces; none for a word that nobody sees."""
        found = self._known.get(key)
        if found is None:
            found = self._split(key)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = found
        return found

    def _split(self, key: str) -> tuple[int, ...]:
        if len(key) > LONGEST_WORD:
            return (self.unknown,)
        found = []
        start = 0
        while start < len(key):
            for end in range(len(key), start, -1):
                number = self.ids.get(("##" if start else "") + key[start:end])
                if number is not None:
                    break
            else:
                return (self.unknown,)
            found.append(number)
            start = end
        return tuple(found)
