"""The held-out sentences and names -> the gold that ships, `src/prefpairs/deid/gold/heldout.ndjson.gz`.

Run it as `python -m training.heldout`. The same sentences, lists and seed give the same bytes.
"""

import argparse
import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from training.sentences.generator import Example, generate

OUTPUT: Final = Path(__file__).parents[1] / "src/prefpairs/deid/gold/heldout.ndjson.gz"
SEED: Final = 2_025
COUNT: Final = 2_000
_LONGEST_TITLE: Final = 90  # characters


def records(examples: Iterable[Example]) -> Iterator[dict[str, Any]]:
    """Return a line of the gold for each document."""
    for number, example in enumerate(examples):
        yield {
            "id": f"heldout-{number:04d}",
            "text": example.text,
            "field": _field(example.text, number),
            "variant": example.variant,
            "spans": [
                {"start": start, "end": end, "entity_type": entity_type}
                for start, end, entity_type in example.spans
            ],
        }


def pack(lines: Iterable[dict[str, Any]]) -> bytes:
    """Return the gold as it ships: one JSON object a line, compressed without a date."""
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    return gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)


def _field(text: str, number: int) -> str:
    if "\n" not in text and len(text) <= _LONGEST_TITLE and number % 3 == 0:
        return "title"
    return "selftext" if number % 3 == 1 else "body"


def main() -> None:
    """Write the gold and say how large it is."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    packed = pack(records(generate(seed=SEED, count=COUNT, templates="heldout")))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_bytes(packed)
    print(f"{COUNT:,} documents, {len(packed):,} bytes")


if __name__ == "__main__":
    main()
