"""The document -> one HTML page that needs nothing else: no script, no font, no file from elsewhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefpairs import pages
from prefpairs.evaluate import plots, wording
from prefpairs.evaluate.dimension_plot import dimension

TEMPLATES = Path(__file__).parent / "templates"
FOLDERS = (TEMPLATES, pages.STYLES)
_FILTERS = ("rule_words", "number", "signed", "figure_signed", "share", "share_range", "points", "points_range")
# LLUMI's five, and after them what else is told of the same texts.
_FIVE = ("readability", "empathy", "connection", "actionability", "safety")


def render(report: Mapping[str, Any]) -> str:
    """Return the page of a report, which is given as the JSON object that `report.json` holds."""
    made = pages.environment(*FOLDERS)
    made.filters |= {name: getattr(wording, name) for name in _FILTERS}
    given = report["generations"]["dimensions"] if report["generations"] else ()
    accuracies = report["preferences"]["accuracies"] if report["preferences"] else ()
    return made.get_template("evaluation.html.j2").render(
        report,
        accuracy_of={row["rule"]: row for row in accuracies},
        bin_words=wording.bin_words,
        dimension_plot=dimension,
        five=[row for name in _FIVE for row in given if row["name"] == name],
        more=[row for row in given if row["name"] not in _FIVE],
        plots=plots,
    )


def templates_identity() -> str:
    """Return a hash of every template and stylesheet that the page may be made of."""
    return pages.templates_identity(*FOLDERS)
