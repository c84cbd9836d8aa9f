"""The document -> one HTML page that needs nothing else: no script, no font, no file from elsewhere."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prefpairs import pages
from prefpairs.votes_report import plots

TEMPLATES = Path(__file__).parent / "templates"
FOLDERS = (TEMPLATES, pages.STYLES)


def render(report: Mapping[str, Any]) -> str:
    """Return the page of a report, which is given as the JSON object that `report.json` holds."""
    made = pages.environment(*FOLDERS)
    made.filters |= {"pit_bins": pit_bins}
    return made.get_template("votes.html.j2").render(report, plots=plots)


def templates_identity() -> str:
    """Return a hash of every template and stylesheet that the page may be made of."""
    return pages.templates_identity(*FOLDERS)


def pit_bins(shares: Sequence[float]) -> list[dict[str, Any]]:
    """Return the bins of a PIT histogram with their labels, 0 to 1."""
    size = len(shares)
    return [{"label": f"{number / size:g}", "share": share} for number, share in enumerate(shares)]
