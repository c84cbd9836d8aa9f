"""The document -> one HTML page that needs nothing else: no script, no font, no file from elsewhere."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from prefpairs.audit.html import TEMPLATES as SHARED
from prefpairs.audit.wording import percent, thousands
from prefpairs.votes_report import plots

TEMPLATES = Path(__file__).parent / "templates"


def render(report: Mapping[str, Any]) -> str:
    """Return the page of a report, which is given as the JSON object that `report.json` holds."""
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, SHARED]),  # the styles of the audit's page are this one's too
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"percent": percent, "pit_bins": pit_bins, "thousands": thousands}
    return environment.get_template("votes.html.j2").render(report, plots=plots)


def pit_bins(shares: Sequence[float]) -> list[dict[str, Any]]:
    """Return the bins of a PIT histogram with their labels, 0 to 1."""
    size = len(shares)
    return [{"label": f"{number / size:g}", "share": share} for number, share in enumerate(shares)]
