"""Figures of a benchmark -> a table on the screen and one flat JSON object in build/bench/."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

_ROOT = Path(__file__).resolve().parents[1]


def publish(
    name: str,
    *,
    title: str,
    rows: Sequence[Sequence[str]],
    figures: Mapping[str, float | str],
    packages: Sequence[str],
    headings: Sequence[str] = ("what", "figure", "remark"),
) -> None:
    """Print `rows`, columns between the first and the last being figures, and write `figures`.

    The machine, the versions and the git sha are written with them.
    """
    table = Table(title=title)
    for heading in headings:
        table.add_column(heading, justify="left" if heading in (headings[0], headings[-1]) else "right")
    for row in rows:
        table.add_row(*row)
    Console(width=115).print(table)
    target = _ROOT / "build" / "bench" / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    document = {**figures, **_machine(), **{f"version_{package}": version(package) for package in packages}}
    target.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _machine() -> dict[str, str | int]:
    return {
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "python": sys.version.split()[0],
        "git_sha": _git_sha(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


def _git_sha() -> str:
    command = ["git", "-C", str(_ROOT), "describe", "--always", "--dirty", "--abbrev=40"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"
