"""Templates and a document -> one HTML page that needs nothing else: no script, no font, no file from elsewhere.

Every page looks alike: `report.css` is the look of all, `plots.css` that of the plots of `prefpairs.drawing`.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from prefpairs.files import sha256_file, sha256_json
from prefpairs.wording import percent, thousands

STYLES = Path(__file__).parent / "page_styles"


def environment(*folders: Path) -> Environment:
    """Return what renders the templates of these folders; `STYLES` is one of them.

    Everything is escaped, and a name that the document lacks is an error.
    """
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"percent": percent, "thousands": thousands}
    return made


def templates_identity(*folders: Path) -> str:
    """Return a hash of every template and stylesheet that a page may be made of."""
    files = [path for folder in folders for path in sorted(folder.iterdir()) if path.is_file()]
    return sha256_json([[path.name, sha256_file(path)] for path in files])
