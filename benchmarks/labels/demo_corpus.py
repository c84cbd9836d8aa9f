"""The demo's synthetic archive -> the share of published pairs in which the earlier comment wins.

In the demo quality does not depend on arrival, so a share of one half is what fair labels give.
"""

import tempfile
from pathlib import Path

import polars as pl

from benchmarks.labels import measure
from prefpairs.config import Settings
from prefpairs.curate import decide
from prefpairs.ingest import archive
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.near_duplicates import find
from prefpairs.pairs import select
from prefpairs.safety import label
from prefpairs.sample.write import write_sample
from prefpairs.settings_file import load_settings

_CONFIG = '[ingest]\narchives = ["archives"]\n'
_KEY = ProjectKey(b"benchmark".ljust(32))


def figures() -> dict[str, float]:
    """Write the sample; ingest, curate, find near-duplicates, label and select with the default settings."""
    with tempfile.TemporaryDirectory() as folder:
        pairs = _selected(Path(folder))
    apart = pairs["seconds_between"].drop_nulls().to_numpy()
    return {"demo_pairs": pairs.height, "earlier_wins_share": measure.share(-apart, 0 * apart)}


def _selected(folder: Path) -> pl.DataFrame:
    write_sample(folder)
    (folder / "prefpairs.toml").write_text(_CONFIG, encoding="utf-8")
    settings: Settings = load_settings(folder / "prefpairs.toml")
    lake = Lake(settings.lake_folder)
    for stage in (archive, decide, find, label, select):
        stage.run(settings, lake, _KEY)
    return lake.scan("selected_pairs").collect()
