"""The gold texts that ship with the package -> texts with every identifier in them known.

`heldout` was generated from sentences and names that nothing is trained on; `handwritten` was written by hand, and
no generator saw it. Everybody in both is fictional.
"""

import gzip
import json
import re
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final, NamedTuple

from prefpairs.errors import ContractError

_MARK: Final = re.compile(r"\[\[([A-Z_]+)\|(.*?)\]\]", re.DOTALL)
_SEPARATOR: Final = "\n----\n"
_COMMENT: Final = "#:"


class GoldSpan(NamedTuple):
    """An identifier at `start` to `end` (code points) of a text."""

    start: int
    end: int
    entity_type: str


@dataclass(frozen=True, slots=True)
class GoldText:
    """A text, how it is typed (`as-is`, `lower`, ...), and the identifiers in it, in their order."""

    id: str
    text: str = field(repr=False)
    variant: str
    spans: tuple[GoldSpan, ...]


def heldout() -> list[GoldText]:
    """Return the generated texts (`python -m training.heldout` writes them)."""
    packed = files("prefpairs.deid").joinpath("gold", "heldout.ndjson.gz").read_bytes()
    return [_from_record(json.loads(line)) for line in gzip.decompress(packed).decode("utf-8").splitlines()]


def handwritten() -> list[GoldText]:
    """Return the texts written by hand; those without an identifier are there for what must stay."""
    return parse(files("prefpairs.deid").joinpath("gold", "handwritten.txt").read_text(encoding="utf-8"))


def parse(marked: str) -> list[GoldText]:
    """Return the texts of a file that marks identifiers as `[[PERSON|Ana]]` and separates texts by a line `----`.

    Lines that begin with `#:` are comments. The ids are `handwritten-001` and so on.

    Raises
    ------
    ContractError
        If a mark is left open, or marks are nested. The message names the text's id, not its words.

    """
    lines = (line for line in marked.split("\n") if not line.startswith(_COMMENT))
    blocks = [block.strip("\n") for block in "\n".join(lines).split(_SEPARATOR)]
    return [_from_marked(f"handwritten-{number:03d}", block) for number, block in enumerate(blocks, start=1)]


def _from_record(record: dict[str, Any]) -> GoldText:
    spans = tuple(GoldSpan(span["start"], span["end"], span["entity_type"]) for span in record["spans"])
    return GoldText(id=record["id"], text=record["text"], variant=record["variant"], spans=spans)


def _from_marked(text_id: str, marked: str) -> GoldText:
    parts: list[str] = []
    spans: list[GoldSpan] = []
    length = position = 0
    for match in _MARK.finditer(marked):
        before = marked[position : match.start()]
        start = length + len(before)
        parts += [before, match[2]]
        length = start + len(match[2])
        spans.append(GoldSpan(start, length, match[1]))
        position = match.end()
    text = "".join([*parts, marked[position:]])
    if "[[" in text or "]]" in text:
        msg = f"{text_id} in gold/handwritten.txt has an open or a nested mark. Write [[TYPE|text]]."
        raise ContractError(msg)
    return GoldText(id=text_id, text=text, variant="as-is", spans=tuple(spans))
