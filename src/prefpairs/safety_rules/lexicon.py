"""`lexicons/*.toml` -> the terms of each code and topic, compiled, with the guards that make a hit uncertain.

A pattern is written in what Rust's regex engine and Python's have in common (no look-around, no
back-references; the context beside it is Python's alone): the first finds the few texts that can hit, the
second says where. `{word}` in a pattern stands for an entry of `words.toml`. All patterns but those with
`case = true` see text in lower case.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

from prefpairs.errors import ConfigError
from prefpairs.safety_codes import HARM_CODES, RESPONSE_TAGS, TOPICS
from prefpairs.safety_rules.terms import Effect, Family, Guard, Lexicon, Term

FOLDER = Path(__file__).parent / "lexicons"
_WORD = re.compile(r"\{([a-z_]+)\}")
_ASCII = {r"\b": r"(?-u:\b)", r"\w": "[A-Za-z0-9_]", r"\d": "[0-9]", r"\s": "[ \n]"}
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_EFFECTS = frozenset(get_args(Effect))
_TERM_KEYS = frozenset(
    {
        "name", "kind", "pattern", "certainty", "case", "comments_only", "guards", "unless_before", "unless_after",
        "unless_hit", "unsure_sentence", "only_text", "certain_text", "certain_before", "finds", "asks", "leaves",
    }
)  # fmt: skip


@cache
def load(folder: Path = FOLDER) -> Lexicon:
    """Read the lexicons of a folder.

    Raises
    ------
    ConfigError
        If a file is missing or malformed, a pattern does not compile, or a key, a guard or a code is unknown.

    """
    words = {name: str(value) for name, value in _read(folder / "words.toml").get("words", {}).items()}
    entries = _read(folder / "guards.toml").get("guards", {})
    guards = {name: _guard(name, entry, words) for name, entry in entries.items()}
    files = sorted(folder.glob("*.toml"))
    version = _read(folder / "words.toml")["version"]
    return Lexicon(
        harms=tuple(_family(folder, code, words, guards) for code in HARM_CODES),
        tags=tuple(_family(folder, code, words, guards) for code in RESPONSE_TAGS),
        topics=_topics(folder, words),
        guards=guards,
        version=f"{version}+{_hash_of(files)}",
    )


def _guard(name: str, entry: Mapping[str, str], words: Mapping[str, str]) -> Guard:
    try:
        return Guard(
            name=name,
            before=_compiled(_ending(entry.get("before")), words),
            after=_compiled(_beginning(entry.get("after")), words),
            inside=_compiled(entry.get("inside"), words),
        )
    except (KeyError, re.error) as error:
        msg = f"The lexicon guards.toml, guard {name}: {error}."
        raise ConfigError(msg) from None


def _family(folder: Path, code: str, words: Mapping[str, str], guards: Mapping[str, Guard]) -> Family:
    path = folder / f"{code.lower()}.toml"
    document = _read(path)
    defaults: dict[str, Effect] = document.get("guards", {})
    terms = tuple(_term(path, entry, words, defaults) for entry in document.get("terms", ()))
    named = {name for term in terms for name in term.guards}
    if document.get("code") != code or not terms or not named <= {*guards, "quoted"}:
        msg = f"The lexicon {path.name} must be about {code}, hold terms, and name guards that guards.toml has."
        raise ConfigError(msg)
    sources = tuple(document["sources"])
    return Family(code=code, version=document["version"], sources=sources, terms=terms)


def _topics(folder: Path, words: Mapping[str, str]) -> tuple[Family, ...]:
    path = folder / "topics.toml"
    document = _read(path)
    entries = {entry.get("name"): entry for entry in document.get("topics", ())}
    if set(entries) != set(TOPICS):
        msg = f"The lexicon {path.name} must hold each of the topics once: {', '.join(TOPICS)}."
        raise ConfigError(msg)
    return tuple(
        Family(
            code=name,
            version=document["version"],
            sources=tuple(document["sources"]),
            terms=(_term(path, {"kind": "topic", **entries[name]}, words, {}),),
        )
        for name in TOPICS
    )


def _term(path: Path, entry: Mapping[str, Any], words: Mapping[str, str], defaults: Mapping[str, Effect]) -> Term:
    name = entry.get("name", "without a name")
    if unknown := set(entry) - _TERM_KEYS:
        msg = f"The lexicon {path.name}, term {name}: unknown {', '.join(sorted(unknown))}."
        raise ConfigError(msg)
    certainty, effects = entry.get("certainty", "certain"), {**defaults, **entry.get("guards", {})}
    if certainty not in ("certain", "uncertain") or not set(effects.values()) <= _EFFECTS:
        msg = (
            f"The lexicon {path.name}, term {name}: a certainty is certain or uncertain, "
            f"the effect of a guard is one of {', '.join(sorted(_EFFECTS))}."
        )
        raise ConfigError(msg)
    try:
        return Term(
            name=entry["name"],
            kind=entry["kind"],
            pattern=_pattern(entry["pattern"], words),
            gate=_for_rust(_filled(entry["pattern"], words)),
            certain=certainty == "certain",
            case=entry.get("case", False),
            comments_only=entry.get("comments_only", False),
            guards=effects,
            unless_before=_compiled(_ending(entry.get("unless_before")), words),
            unless_after=_compiled(_beginning(entry.get("unless_after")), words),
            unless_hit=_compiled(entry.get("unless_hit"), words),
            unsure_sentence=_compiled(entry.get("unsure_sentence"), words),
            only_text=_compiled(entry.get("only_text"), words),
            certain_text=_compiled(entry.get("certain_text"), words),
            certain_before=_compiled(entry.get("certain_before"), words),
            finds=tuple(entry.get("finds", ())),
            asks=tuple(entry.get("asks", ())),
            leaves=tuple(entry.get("leaves", ())),
        )
    except (KeyError, re.error) as error:
        msg = f"The lexicon {path.name}, term {name}: {error}."
        raise ConfigError(msg) from None


def _compiled(pattern: str | None, words: Mapping[str, str]) -> re.Pattern[str] | None:
    return None if pattern is None else _pattern(pattern, words)


def _pattern(pattern: str, words: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(_filled(pattern, words), re.ASCII)


def _ending(pattern: str | None) -> str | None:
    return None if pattern is None else f"(?:{pattern})$"


def _beginning(pattern: str | None) -> str | None:
    return None if pattern is None else f"^(?:{pattern})"


def _filled(pattern: str, words: Mapping[str, str]) -> str:
    # Twice: a word may be made of other words.
    for _ in range(2):
        pattern = _WORD.sub(lambda match: f"(?:{words[match[1]]})", pattern)
    return pattern


def _for_rust(pattern: str) -> str:
    # Its Unicode classes are large and its Unicode word boundary slow; the patterns mean ASCII in both engines.
    return _ESCAPE.sub(lambda match: _ASCII.get(match[0], match[0]), pattern)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        msg = f"The lexicon {path} cannot be read. Install prefpairs again."
        raise ConfigError(msg) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"The lexicon {path} is not TOML: {error}."
        raise ConfigError(msg) from None
    if missing := [key for key in ("version", "licence", "sources") if not document.get(key)]:
        msg = f"The lexicon {path} must say its {' and its '.join(missing)}."
        raise ConfigError(msg)
    return document


def _hash_of(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
