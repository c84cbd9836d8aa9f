"""A file of names that the settings give -> a recognizer that finds each of them wherever it stands.

The policy hash follows what is in the file: `Deid.content_settings` holds its SHA-256.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from presidio_analyzer import RecognizerResult

from prefpairs.deid import gazetteer
from prefpairs.deid.recognizers import names
from prefpairs.deid.recognizers.base import Rule, RuleRecognizer
from prefpairs.deid.recognizers.phrases import Phrase, Phrases
from prefpairs.errors import ConfigError

_SCORE = 0.85
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)")  # `Trinity College (CT)`: nobody writes it so
_ANYTHING = re.compile(r"\S")


class GazetteerRecognizer(RuleRecognizer):
    """Finds the names of one file, in any case; one that is an ordinary word needs a capital.

    Parameters
    ----------
    entity_type
        What the names are.
    path
        One name a line, or a JSON array, or a JSON object a line. Objects have a `name`.

    Raises
    ------
    ConfigError
        If the file cannot be read, or an entry has no name.

    """

    RULES = ()

    def __init__(self, language: str, *, entity_type: str, path: Path) -> None:
        self.ENTITY = entity_type  # type: ignore[misc]  # one class for every type
        super().__init__(language)
        self.name = f"GazetteerRecognizer:{entity_type}"  # type: ignore[has-type]  # Presidio does not declare it
        self._rule = Rule(name="listed", pattern=_ANYTHING, score=_SCORE)
        listed = read_names(path, setting=f"deid.gazetteers.{entity_type}")
        self._phrases = Phrases((*listed, *(_IN_BRACKETS.sub("", name) for name in listed)))

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:  # noqa: ARG002
        """Return every listed name in the text, overlaps included."""
        return [
            self._result(self._rule, phrase.start, phrase.end)
            for phrase in self._phrases.find(text)
            if _is_meant(text, phrase)
        ]


def read_names(path: Path, *, setting: str) -> tuple[str, ...]:
    """Return the names of a file: lines, a JSON array, or JSON lines. `setting` is named in errors.

    Raises
    ------
    ConfigError
        If the file cannot be read, is no UTF-8 or no JSON, or an entry has no name.

    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        names_found = tuple(_entries(text, setting, path))
    except OSError as error:
        msg = f"{setting}: {path} cannot be read ({error.strerror}). Give the path of a file with one name a line."
        raise ConfigError(msg) from None
    except UnicodeDecodeError:
        msg = f"{setting}: {path} is not UTF-8. Save it as UTF-8."
        raise ConfigError(msg) from None
    except json.JSONDecodeError as error:
        msg = (
            f"{setting}: {path} is no valid JSON in line {error.lineno}. Give names a line, a JSON "
            "array or JSON lines."
        )
        raise ConfigError(msg) from None
    if not names_found:
        msg = f"{setting}: {path} holds no name. Give at least one, or leave the setting out."
        raise ConfigError(msg)
    return names_found


def _entries(text: str, setting: str, path: Path) -> Iterator[str]:
    start = text.lstrip()[:1]
    if start == "[":
        for number, entry in enumerate(json.loads(text), start=1):
            yield _name(entry, f"entry {number}", setting, path)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            entry = json.loads(line) if start == "{" else line
            yield _name(entry, f"line {number}", setting, path)


def _name(entry: object, where: str, setting: str, path: Path) -> str:
    name = entry.get("name") if isinstance(entry, dict) else entry
    if not isinstance(name, str) or not name.strip():
        msg = f"{setting}: {where} of {path} has no name. An entry is a name, or an object with a `name`."
        raise ConfigError(msg)
    return name.strip()


def _is_meant(text: str, phrase: Phrase) -> bool:
    """Say whether a listed name is meant: one that could be ordinary words only with its capitals."""
    plain = " ".join(phrase.tokens)
    ordinary = all(names.is_word(word) for word in phrase.tokens) or plain in gazetteer.load("ambiguous_words")
    if not ordinary:
        return True
    written = re.findall(r"\w+", text[phrase.start : phrase.end])
    return all(word[0].isupper() or word[0].isdigit() for word in written if len(word) > len("the"))
