"""One million comments in 100,000 posts -> scored, capped pairs: processor time and memory, beside two peers.

Ids and votes only. `calibrated` counts everything from votes in memory to pairs with their probability: fit of
the exposure model, labels, selection. The peers do what scripts mostly do: preset `shp` without a floor under
the scores, at most five pairs a post, by ratio, then ids. Every measurement runs in a new process with
one thread; processor time counts the whole process, and of several runs the least, because the machine may be
shared. Memory is the peak of the process, Python, its libraries and the corpus included.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.report import publish

# A process imports no more than it measures: what else it held would count as its memory.
_MODULES = {"write": "corpus", "calibrated": "measure", "shp": "beside", "prepare": "stage", "run": "stage"}
_RUNS = 3
_AT_MOST = {"cpu_s_1m": 8.0, "rss_gb_1m": 0.6, "heavy_tail_ratio": 2.0, "rss_gb_10m": 1.5}
_AT_LEAST = {"speedup_pandas": 15.0, "speedup_duckdb": 1.5}


def main() -> None:
    """Measure everything, print the table, write build/bench/pairs.json; fail if a limit is not kept."""
    with tempfile.TemporaryDirectory() as name:
        even, heavy, ten = (_written(Path(name), shape) for shape in ("even", "heavy", "ten"))
        runs = [_in_new_process("calibrated", even) for _ in range(_RUNS)]
        heavy_runs = [_in_new_process("calibrated", heavy) for _ in range(_RUNS)]
        large = _in_new_process("calibrated", ten)
        peers, heavy_peers = (_in_new_process("shp", path) for path in (even, heavy))
        _in_new_process("prepare", even)
        stage = _in_new_process("run", even)
    figures = {
        **_of_calibrated(runs, heavy_runs, large),
        **_of_peers(peers, heavy_peers),
        "stage_cpu_s_1m": stage["cpu_s"],
        "stage_rss_gb_1m": stage["rss_gb"],
    }
    publish(
        "pairs",
        title="1,000,000 comments in 100,000 posts to scored, capped pairs, ids only, one thread",
        rows=list(_rows(figures)),
        figures=figures,
        packages=["polars", "numpy", "scipy", "pandas", "duckdb"],
    )
    broken = [name for name, limit in _AT_MOST.items() if figures[name] > limit]
    broken += [name for name, limit in _AT_LEAST.items() if figures[name] < limit]
    if broken:
        msg = f"A limit is not kept: {', '.join(broken)}."
        raise SystemExit(msg)


def _of_calibrated(
    runs: list[dict[str, float]], heavy_runs: list[dict[str, float]], large: dict[str, float]
) -> dict[str, float]:
    best, heavy = (min(several, key=lambda run: run["cpu_s"]) for several in (runs, heavy_runs))
    parts = {f"{part}_cpu_s_1m": best[f"{part}_cpu_s"] for part in ("fit", "label", "select", "process")}
    return {
        "cpu_s_1m": best["cpu_s"],
        "cpu_s_1m_slowest": max(run["cpu_s"] for run in runs),
        **parts,
        "rss_gb_1m": max(run["rss_gb"] for run in runs),
        "pairs_1m": best["pairs"],
        "admissible_1m": best["admissible"],
        "heavy_cpu_s_1m": heavy["cpu_s"],
        "heavy_rss_gb_1m": max(run["rss_gb"] for run in heavy_runs),
        "heavy_tail_ratio": heavy["cpu_s"] / best["cpu_s"],
        "cpu_s_10m": large["cpu_s"],
        "rss_gb_10m": large["rss_gb"],
        "linearity": large["cpu_s"] / (10 * best["cpu_s"]),
    }


def _of_peers(peers: dict[str, float], heavy: dict[str, float]) -> dict[str, float]:
    return {
        "shp_cpu_s_1m": peers["cpu_s"],
        "shp_cpu_s_1m_slowest": peers["cpu_s_slowest"],
        "shp_capped_cpu_s_1m": peers["capped_cpu_s"],
        "duckdb_cpu_s_1m": peers["duckdb_cpu_s"],
        "duckdb_cpu_s_1m_slowest": peers["duckdb_cpu_s_slowest"],
        "pandas_cpu_s_1m": peers["pandas_cpu_s"],
        "pandas_measured_comments": peers["pandas_comments"],
        "speedup_duckdb": peers["duckdb_cpu_s"] / peers["cpu_s"],
        "speedup_duckdb_heavy": heavy["duckdb_cpu_s"] / heavy["cpu_s"],
        "speedup_pandas": peers["pandas_cpu_s"] / peers["capped_cpu_s"],
        "shp_pairs_1m": peers["pairs"],
    }


def _rows(figures: Mapping[str, float]) -> Iterator[tuple[str, str, str]]:
    seconds, gigabytes, times = "{:.2f} s", "{:.2f} GB", "{:.1f}"
    found = f"{figures['pairs_1m']:,} pairs of {figures['admissible_1m']:,} admissible"
    parts = ", ".join(f"{part} {figures[f'{part}_cpu_s_1m']:.2f}" for part in ("fit", "label", "select"))
    told = {
        "cpu_s_1m": ("calibrated, processor time", seconds, f"{parts}; slowest {figures['cpu_s_1m_slowest']:.2f}"),
        "process_cpu_s_1m": ("… of the whole process", seconds, "start of Python and reading the votes included"),
        "rss_gb_1m": ("… peak memory", gigabytes, found),
        "heavy_tail_ratio": ("heavy tail to even", times, "largest post of 2,000 comments"),
        "heavy_rss_gb_1m": ("… peak memory", gigabytes, ""),
        "cpu_s_10m": ("10 million comments", seconds, f"{figures['linearity']:.2f} of ten times one million"),
        "rss_gb_10m": ("… peak memory", gigabytes, ""),
        "stage_cpu_s_1m": ("select stage", seconds, "reads decisions and labels, writes responses and pairs"),
        "stage_rss_gb_1m": ("… peak memory", gigabytes, ""),
        "shp_cpu_s_1m": ("shp, five pairs a post", seconds, f"{figures['shp_pairs_1m']:,} pairs, beside DuckDB"),
        "duckdb_cpu_s_1m": ("… DuckDB query", seconds, "the same pairs"),
        "shp_capped_cpu_s_1m": ("shp with all caps", seconds, "beside the pandas loop"),
        "pandas_cpu_s_1m": (
            "… pandas loop", seconds, f"the same pairs, from {figures['pandas_measured_comments']:,} comments",
        ),
        "speedup_duckdb": ("faster than DuckDB", times, f"heavy tail {figures['speedup_duckdb_heavy']:.1f}"),
        "speedup_pandas": ("faster than pandas", times, ""),
    }  # fmt: skip
    for key, (what, form, remark) in told.items():
        limit = f"at most {_AT_MOST[key]:g}" if key in _AT_MOST else ""
        limit = f"at least {_AT_LEAST[key]:g}" if key in _AT_LEAST else limit
        yield what, form.format(figures[key]), "; ".join(filter(None, [limit, remark]))


def _written(folder: Path, shape: str) -> Path:
    target = folder / f"{shape}.parquet"
    _in_new_process("write", target)
    return target


def _in_new_process(what: str, path: Path) -> dict[str, Any]:
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks.pairs", what, str(path)],
        env={**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise SystemExit(result.stderr)
    figures: dict[str, Any] = json.loads(result.stdout)
    return figures


def _measure(what: str, path: Path) -> dict[str, float]:
    module = importlib.import_module(f"benchmarks.pairs.{_MODULES[what]}")
    figures: dict[str, float] = getattr(module, what)(path)
    return figures


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(_measure(sys.argv[1], Path(sys.argv[2]))))
    else:
        main()
