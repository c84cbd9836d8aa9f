"""The shipped gold, or a project's own file with one JSON object a line -> gold texts."""

import json
import re
from pathlib import Path
from typing import Any

from prefpairs.deid.gold import GoldSpan, GoldText, handwritten, heldout
from prefpairs.errors import ContractError

# In the report labels stand for the text, so they must not be able to hold one.
_LABEL = re.compile(r"[\w.:/+-]{1,80}")


def shipped_gold() -> list[GoldText]:
    """Return the gold texts that ship: of sentences that nothing was trained on, and written by hand."""
    return [*heldout(), *handwritten()]


def read_gold(path: Path) -> list[GoldText]:
    """Read a gold file: `id`, `text`, `spans` (each `start`, `end`, `entity_type`), and maybe `variant`.

    Raises
    ------
    ContractError
        If the file is missing or empty, or a line is no gold text. It names the line and quotes nothing.

    """
    if not path.is_file():
        msg = f"No gold file at {path}."
        raise ContractError(msg)
    texts = []
    with path.open(encoding="utf-8", errors="surrogateescape") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                texts.append(_text(json.loads(line)))
            except (ValueError, TypeError, KeyError, AttributeError):
                msg = (
                    f"{path}, line {number}: not a gold text. It needs id, text and spans; each span a start, an "
                    f"end inside the text and an entity_type; and labels of letters, digits and . : / + - _ only."
                )
                raise ContractError(msg) from None
    if not texts:
        msg = f"{path} holds no gold text."
        raise ContractError(msg)
    return texts


def _text(record: dict[str, Any]) -> GoldText:
    text, text_id, variant = record["text"], str(record["id"]), str(record.get("variant", "as-is"))
    spans = tuple(GoldSpan(**span) for span in record["spans"])
    within = all(0 <= span.start < span.end <= len(text) for span in spans)
    if not within or not all(map(_LABEL.fullmatch, [text_id, variant, *(span.entity_type for span in spans)])):
        raise ValueError
    return GoldText(id=text_id, text=text, variant=variant, spans=spans)
