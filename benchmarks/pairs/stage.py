"""A corpus -> a lake with decisions and labels -> the whole select stage: what it costs."""

import time
from pathlib import Path

import polars as pl

from benchmarks.pairs.decisions import decisions, labels
from benchmarks.pairs.measure import peak_gb
from prefpairs.config import Settings
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.pairs import select
from prefpairs.stage import StageReport

_KEY = ProjectKey(b"benchmark".ljust(32))


def prepare(corpus: Path) -> dict[str, float]:
    """Write `decisions` and `labels` into a lake beside the corpus."""
    lake, kept = Lake(_settings(corpus).lake_folder), decisions(pl.read_parquet(corpus))
    for table, rows in (("decisions", kept), ("labels", labels(kept))):
        lake.overwrite(table, rows, fingerprint="benchmark", report=StageReport(stage=table))
    return {}


def run(corpus: Path) -> dict[str, float]:
    """Run the whole select stage with the default settings: read the lake, fit, select, write."""
    settings = _settings(corpus)
    started = time.process_time()
    report = select.run(settings, Lake(settings.lake_folder), _KEY)
    return {"cpu_s": time.process_time() - started, "rss_gb": peak_gb(), "pairs": report.rows_out}


def _settings(corpus: Path) -> Settings:
    return Settings(root=corpus.parent)
