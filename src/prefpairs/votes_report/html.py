"""The document -> one HTML page that needs nothing else: no script, no font, no file from elsewhere."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from prefpairs.audit.html import TEMPLATES as SHARED
from prefpairs.audit.wording import percent, thousands
from prefpairs.files import sha256_file, sha256_json
from prefpairs.votes_report import plots

TEMPLATES = Path(__file__).parent / "templates"
FOLDERS = (TEMPLATES, SHARED)
"""Where the templates are: the styles and plots of the audit's page are this one's too."""


def render(report: Mapping[str, Any]) -> str:
    """Return the page of a report, which is given as the JSON object that `report.json` holds."""
    environment = Environment(
        loader=FileSystemLoader(FOLDERS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"percent": percent, "pit_bins": pit_bins, "thousands": thousands}
    return environment.get_template("votes.html.j2").render(report, plots=plots)


def templates_identity() -> str:
    """Return a hash of every template and stylesheet that the page may be made of."""
    files = [path for folder in FOLDERS for path in sorted(folder.iterdir()) if path.is_file()]
    return sha256_json([[path.name, sha256_file(path)] for path in files])


def pit_bins(shares: Sequence[float]) -> list[dict[str, Any]]:
    """Return the bins of a PIT histogram with their labels, 0 to 1."""
    size = len(shares)
    return [{"label": f"{number / size:g}", "share": share} for number, share in enumerate(shares)]
