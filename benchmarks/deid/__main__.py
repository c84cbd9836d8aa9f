"""`make bench-deid`: measure, print the table with the peer beside ours, write build/bench/deid.json."""

import argparse
import json
import math
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.deid import memory, models, quality, speed
from benchmarks.deid.table import HEADINGS, markdown, rows
from benchmarks.report import publish

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = ("prefpairs", "presidio-analyzer", "spacy", "onnxruntime", "phonenumbers", "regex", "numpy")


def main() -> None:
    """Measure both systems, print the table, write build/bench/deid.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deid", description=main.__doc__)
    parts = parser.add_mutually_exclusive_group()
    parts.add_argument("--quality", action="store_true", help="without speed and memory, into deid_quality.json")
    parts.add_argument(
        "--curve", action="store_true", help="only show what deid.outside_bias does, on WNUT17's dev"
    )
    parts.add_argument("--markdown", action="store_true", help="print the table of the last run, measure nothing")
    options = parser.parse_args()
    if options.markdown:
        print(markdown(json.loads((_ROOT / "build" / "bench" / "deid.json").read_text(encoding="utf-8"))))
    elif options.curve:
        _show_curve()
    else:
        _measure(everything=not options.quality)


def _measure(*, everything: bool) -> None:
    say = Console(stderr=True).print
    figures: quality.Figures = {}
    if everything:
        figures |= models.recalls()
        figures |= speed.figures(say) | memory.figures(say)
    figures |= quality.figures(say)
    publish(
        "deid" if everything else "deid_quality",
        title="De-identification: 95 % intervals in brackets",
        rows=rows(figures),
        figures={
            key: round(value, 5) if isinstance(value, float) else value
            for key, value in figures.items()
            if not isinstance(value, float) or math.isfinite(value)
        },
        packages=_PACKAGES,
        headings=HEADINGS,
    )


def _show_curve() -> None:
    table = Table(title="WNUT17 dev (YouTube): tokens masked, and precision of name masks")
    for heading in ("outside_bias", "places", "organisations", "persons", "precision"):
        table.add_column(heading, justify="right")
    for row in models.curve():
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
