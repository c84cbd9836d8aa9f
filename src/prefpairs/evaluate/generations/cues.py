"""`rules/*.toml` -> patterns with a kind and a level, and how strongly a text shows each kind.

Rules read words: they miss what is said in others, and take sarcasm at its word. They are plain files with a
version, so that two reports can be compared, and so that whoever reads a figure can read what made it.
"""

import hashlib
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from prefpairs.errors import ConfigError
from prefpairs.safety_rules.fold import folded, unmarked

FOLDER = Path(__file__).parent / "rules"
_WORD = re.compile(r"\{([a-z_]+)\}")
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_KEYS = {"name", "kind", "level", "pattern", "unless_before", "finds", "leaves"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One family of words: what it is a cue of, how strong, and examples that the tests try."""

    name: str
    kind: str
    level: int
    pattern: re.Pattern[str]
    unless_before: re.Pattern[str] | None
    finds: tuple[str, ...]
    leaves: tuple[str, ...]

    def found(self, text: str) -> bool:
        """Say whether a text holds the cue, in a place that nothing before it takes back. `text` is `read`."""
        hits = self.pattern.finditer(text)
        return any(not self.unless_before or not self.unless_before.search(text, 0, hit.start()) for hit in hits)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """The cues of one file.

    Attributes
    ----------
    version
        Name, version and a hash of the file's bytes, as `empathy 1.0.0+1a2b3c4d`.

    """

    cues: tuple[Cue, ...]
    version: str
    sources: tuple[str, ...]

    def level(self, text: str, kind: str) -> int:
        """Return the highest level of any cue of a kind in a text, 0 if there is none. `text` is `read`."""
        return max((cue.level for cue in self.cues if cue.kind == kind and cue.found(text)), default=0)


@cache
def rules(name: str, folder: Path = FOLDER) -> RuleSet:
    """Read a rule set.

    Raises
    ------
    ConfigError
        If the file is missing or malformed, or a pattern does not compile.

    """
    path = folder / f"{name}.toml"
    try:
        content = path.read_bytes()
        document = tomllib.loads(content.decode())
        sets = {key: str(value) for key, value in document.get("words", {}).items()}
        cues = tuple(_cue(entry, sets) for entry in document["cues"])
        version, sources = document["version"], tuple(document["sources"])
    except OSError:
        msg = f"The rules {path} cannot be read. Install prefpairs again."
        raise ConfigError(msg) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, re.error) as error:
        msg = f"The rules {path} do not do: {type(error).__name__}: {error}."
        raise ConfigError(msg) from None
    digest = hashlib.sha256(content).hexdigest()[:8]
    return RuleSet(cues=cues, version=f"{name} {version}+{digest}", sources=sources)


def read(text: str) -> str:
    """Return a text as the patterns want it: folded, without the lines that quote somebody else."""
    return _QUOTED_LINE.sub("", folded(unmarked(text))).strip()


def sentences(text: str) -> list[str]:
    """Return the sentences and lines of a text, none of them empty."""
    return [part for sentence in _SENTENCE_END.split(text) if (part := sentence.strip())]


def _cue(entry: dict[str, Any], sets: dict[str, str]) -> Cue:
    if unknown := set(entry) - _KEYS:
        msg = f"unknown {', '.join(sorted(unknown))}"
        raise KeyError(msg)
    before = entry.get("unless_before")
    return Cue(
        name=entry["name"],
        kind=entry["kind"],
        level=int(entry["level"]),
        pattern=_compiled(entry["pattern"], sets),
        # Searched up to the hit only, so `$` is where the hit begins.
        unless_before=None if before is None else _compiled(f"(?:{before})$", sets),
        finds=tuple(entry["finds"]),
        leaves=tuple(entry["leaves"]),
    )


def _compiled(pattern: str, sets: dict[str, str]) -> re.Pattern[str]:
    return re.compile(_WORD.sub(lambda match: f"(?:{sets[match[1]]})", pattern))
