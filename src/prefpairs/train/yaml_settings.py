"""A YAML file and `key=value` -> a document of settings, and what is wrong with one in words that help."""

import difflib
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from prefpairs.config_section import Section
from prefpairs.errors import ConfigError

Document = dict[str, Any]


def read_yaml(path: Path, *, what: str) -> Document:
    """Read a YAML file of settings; `what` is what messages call it.

    Raises
    ------
    ConfigError
        If the file is not there, is no YAML, has a key twice, or holds something else than settings.

    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except OSError as error:
        msg = f"The {what} {path} cannot be read ({error.strerror})."
        raise ConfigError(msg) from None
    except _TwiceError as error:
        msg = f"The {what} {path} has {error.key} twice, at line {error.line}. Keep one of them."
        raise ConfigError(msg) from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        place = getattr(error, "problem_mark", None)
        line = f" at line {place.line + 1}" if place is not None else ""
        msg = f"The {what} {path} is no YAML{line}."
        raise ConfigError(msg) from None
    if document is None:
        return {}
    if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
        msg = f"The {what} {path} holds no settings: it has to be a list of `key: value`."
        raise ConfigError(msg)
    return document


def override(document: Document, given: Sequence[str], *, what: str) -> None:
    """Set `key=value` in a document: keys with dots for sections, values in YAML.

    Raises
    ------
    ConfigError
        If one is not written that way, or names a section where there is a value.

    """
    for setting in given:
        key, equals, text = setting.partition("=")
        if not equals or not all(key.split(".")):
            msg = f"{setting!r} is no setting. Write key=value, for example beta=0.05 or dpo.learning_rate=1e-6."
            raise ConfigError(msg)
        try:
            value = yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader)
        except (yaml.YAMLError, _TwiceError, ValueError):
            msg = f"The value of {key} is no YAML: {text!r}. Put a text with special characters in quotes."
            raise ConfigError(msg) from None
        *sections, last = key.split(".")
        place = document
        for section in sections:
            if place.get(section) is None:
                place[section] = {}
            if not isinstance(place[section], dict):
                msg = f"{key}: {section} is no section of the {what}."
                raise ConfigError(msg)
            place = place[section]
        place[last] = value


def faults(error: ValidationError, section: type[Section], *, what: str) -> str:
    """Return what is wrong with a document, one fault after the other."""
    return "; ".join(_fault(fault, section, what) for fault in error.errors(include_url=False))


def _fault(fault: ErrorDetails, section: type[Section], what: str) -> str:
    names = [str(part) for part in fault["loc"]]
    where = ".".join(names) or what
    if fault["type"] == "extra_forbidden":
        known = _keys(section, names[:-1])
        close = difflib.get_close_matches(names[-1], known, n=1)
        return f"there is no setting {where}" + (f" (is it {'.'.join([*names[:-1], *close])}?)" if close else "")
    if fault["type"] in ("model_type", "model_attributes_type"):
        return f"{where}: a section, so its settings are written below it, indented, or as {where}.name=value"
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    given = fault["input"]
    shown = f" (it is {given!r})" if names and isinstance(given, str | int | float | None) else ""
    return f"{where}: {message}{shown}"


def _keys(section: type[Section], names: Sequence[str]) -> list[str]:
    """Return the settings that a section has, inside of others."""
    for name in names:
        field = section.model_fields.get(name)
        inner = [] if field is None else [field.annotation, *getattr(field.annotation, "__args__", ())]
        found = [one for one in inner if isinstance(one, type) and issubclass(one, Section)]
        if not found:
            return []
        section = found[0]
    return list(section.model_fields)


class _TwiceError(Exception):
    def __init__(self, key: str, line: int) -> None:
        super().__init__(key)
        self.key = key
        self.line = line


class _Loader(yaml.SafeLoader):
    """YAML without code, in which a key that is there twice is no silent choice of the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode):
                if key_node.value in seen:
                    raise _TwiceError(key_node.value, key_node.start_mark.line + 1)
                seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)
