"""The document -> one HTML page that needs nothing else: no script, no font, no file from elsewhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefpairs import pages
from prefpairs.evaluate import plots, wording
from prefpairs.evaluate.dimension_plot import dimension
from prefpairs.evaluate.rules import REFERENCE, REFERENCE_PER_TOKEN

TEMPLATES = Path(__file__).parent / "templates"
FOLDERS = (TEMPLATES, pages.STYLES)
_FILTERS = ("rule_words", "number", "signed", "figure_signed", "share", "share_range", "points", "points_range")
# The tile shows the better one: whoever is shown the worse one thinks too well of the model.
_OF_THE_REFERENCE = (REFERENCE, REFERENCE_PER_TOKEN)
# LLUMI's five, and after them what else is told of the same texts.
_FIVE = ("readability", "empathy", "connection", "actionability", "safety")


def render(report: Mapping[str, Any]) -> str:
    """Return the page of a report, which is given as the JSON object that `report.json` holds."""
    made = pages.environment(*FOLDERS)
    made.filters |= {name: getattr(wording, name) for name in _FILTERS}
    given = report["generations"]["dimensions"] if report["generations"] else ()
    preferences, subject = report["preferences"], report["subject"]
    accuracies = preferences["accuracies"] if preferences else ()
    least = subject["settings"]["figures"]["few_posts"]
    return made.get_template("evaluation.html.j2").render(
        report,
        accuracy_of={row["rule"]: row for row in accuracies},
        bin_words=wording.bin_words,
        dimension_plot=dimension,
        few=least,
        few_posts=wording.few_posts(preferences, least) if preferences else None,
        five=[row for name in _FIVE for row in given if row["name"] == name],
        more=[row for row in given if row["name"] not in _FIVE],
        plots=plots,
        judge=wording.judge_words(subject["judged_by"]),
        likelier=max(
            (row for row in accuracies if row["rule"] in _OF_THE_REFERENCE),
            key=lambda row: row["accuracy"]["value"],
            default=None,
        ),
        the_reference=wording.reference_words(subject["reference_stage"]),
    )


def templates_identity() -> str:
    """Return a hash of every template and stylesheet that the page may be made of."""
    return pages.templates_identity(*FOLDERS)
