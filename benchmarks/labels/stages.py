"""A lake with decisions -> the pairs of every preset, made by the select stage in a temporary lake.

Only tables without text are copied: decisions, safety labels and groups of near-duplicates. The corpus
that is looked at stays as it is.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from prefpairs.config import Settings
from prefpairs.config_pairs import PresetName
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.pairs import select
from prefpairs.stage import StageReport

_COPIED = ("labels", "near_duplicates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """What the select stage made: its report, the pairs, and every kept comment with its quality."""

    report: StageReport
    pairs: pl.DataFrame
    responses: pl.DataFrame


def selections(
    *, source: Lake, decisions: pl.DataFrame, presets: Sequence[PresetName], settings: Settings, key: ProjectKey
) -> dict[PresetName, Selected]:
    """Run the select stage with each preset over `decisions`; other tables are `source`'s."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lake = Lake(folder / "lake")
        for table in _COPIED:
            _put(lake, table, source.scan(table).collect())
        _put(lake, "decisions", decisions)
        return {preset: _selected(lake, _elsewhere(settings, folder, preset), key) for preset in presets}


def _selected(lake: Lake, settings: Settings, key: ProjectKey) -> Selected:
    report = select.run(settings, lake, key)
    pairs, responses = (lake.scan(table).collect() for table in ("selected_pairs", "responses"))
    return Selected(report=report, pairs=pairs, responses=responses)


def _put(lake: Lake, table: str, rows: pl.DataFrame) -> None:
    lake.overwrite(table, rows, fingerprint="benchmark", report=StageReport(stage="benchmark"))


def _elsewhere(settings: Settings, folder: Path, preset: PresetName) -> Settings:
    """Return the settings with another working folder: the stage leaves its parameters there."""
    exposure = settings.pairs.exposure
    if exposure.parameters is not None:
        exposure = exposure.model_copy(update={"parameters": settings.path(exposure.parameters)})
    pairs = settings.pairs.model_copy(update={"preset": preset, "exposure": exposure})
    return settings.model_copy(update={"pairs": pairs, "root": folder})
