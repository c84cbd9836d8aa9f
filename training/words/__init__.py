"""The word lists that were written by hand for this project -> Python values."""

from pathlib import Path

_FOLDER = Path(__file__).parent


def words(name: str) -> list[str]:
    """Return the words of `<name>.txt`, which are separated by white space; lines from # on are comments."""
    return _text(name).split()


def phrases(name: str) -> list[str]:
    """Return the entries of `<name>.txt`, which are separated by commas and may have several words."""
    entries = (" ".join(entry.split()) for entry in _text(name).replace("\n", ",").split(","))
    return [entry for entry in entries if entry]


def _text(name: str) -> str:
    lines = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))
