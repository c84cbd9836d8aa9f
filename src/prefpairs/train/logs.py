"""Where a stage is -> a line of JSON, a point in TensorBoard, and a line or a progress bar on the terminal.

Everything stays in one folder; nothing is sent anywhere. Times and speeds are written here and nowhere else: they
differ from run to run, and models and reports may not.
"""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch
from rich.console import Console

from prefpairs.errors import ConfigError
from prefpairs.files import make_private_folder, write_atomic
from prefpairs.train.loop.optimise import Report
from prefpairs.train.progress import Display, bar_or_lines

METRICS_NAME = "metrics.jsonl"
Line = dict[str, float | int | str | None]


class RunLog:
    """The log of one stage, on the main process. A context manager: leaving it closes files and the progress bar.

    Parameters
    ----------
    folder
        Where `metrics.jsonl` and, if asked for, TensorBoard's event files go.
    stage
        Its name, for the terminal.
    clock
        Seconds that only go forward, as `time.monotonic`.
    device
        Where the model is; the memory of a GPU is logged.
    console
        The terminal: a progress bar if it is one, else plain lines. None: nothing is shown.
    tensorboard
        Also write event files.

    Raises
    ------
    ConfigError
        If event files are asked for and TensorBoard is not installed.

    """

    def __init__(
        self,
        folder: Path,
        *,
        stage: str,
        clock: Callable[[], float],
        device: torch.device,
        console: Console | None = None,
        tensorboard: bool = False,
    ) -> None:
        self._folder = make_private_folder(folder)
        self._stage = stage
        self._clock = clock
        self._device = device
        self._display: Display | None = None if console is None else bar_or_lines(console, clock=clock)
        self._tensorboard = tensorboard
        self._events: Any = _event_writer() if tensorboard else None
        self._writer: Any = None
        self._begun = False
        self._time = clock()
        self._counters: Mapping[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._display is not None:
            self._display.close()

    def begin(self, *, step: int, steps: int, counters: Mapping[str, int]) -> None:
        """Say where training starts: at step 0, or where a checkpoint left it. What was logged later is removed.

        Parameters
        ----------
        step, steps
            Steps done, and steps of the stage.
        counters
            What was computed in the steps done (`prefpairs.train.loop.work`).

        """
        self._keep_until(step)
        self._begun = True
        self._time = self._clock()
        self._counters = dict(counters)
        if self._events is not None:
            # TensorBoard hides what an interrupted run wrote from this step on.
            self._writer = self._events(self._folder, purge_step=step + 1 if step else None)
        if self._display is not None:
            self._display.begin(self._stage, step=step, steps=steps)

    def write(self, report: Report) -> None:
        """Log the steps since the last report."""
        if not self._begun:
            self.begin(step=0, steps=report.steps, counters={})
        line = self._line(report)
        with (self._folder / METRICS_NAME).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, allow_nan=False) + "\n")
        if self._writer is not None:
            for name, value in line.items():
                if isinstance(value, int | float) and name != "step":
                    self._writer.add_scalar(name, value, report.step)
            self._writer.flush()
        if self._display is not None:
            self._display.show(line)

    def files(self) -> dict[str, bytes]:
        """Return name -> content of what was written, for the model's folder."""
        if self._writer is not None:
            self._writer.flush()
        return {path.name: path.read_bytes() for path in sorted(self._folder.iterdir()) if _is_ours(path)}

    def _line(self, report: Report) -> Line:
        now = self._clock()
        seconds = now - self._time
        done = {name: count - self._counters.get(name, 0) for name, count in report.counters.items()}
        self._time, self._counters = now, dict(report.counters)
        line: Line = {"step": report.step, "steps": report.steps, "epoch": report.epoch}
        line |= {name: value if math.isfinite(value) else None for name, value in report.figures.items()}
        line |= report.counters
        line |= {
            "sharing": _quotient(report.counters.get("separate_tokens", 0), report.counters.get("tokens", 0)),
            "seconds": round(seconds, 3),
            "tokens_per_second": _quotient(done.get("tokens", 0), seconds),
            "pairs_per_second": _quotient(done.get("pairs", 0), seconds),
        }
        if self._device.type == "cuda":
            line["memory_peak_bytes"] = torch.cuda.max_memory_allocated(self._device)
        return line

    def _keep_until(self, step: int) -> None:
        """Remove lines after a step, and what a crash left of a line."""
        path = self._folder / METRICS_NAME
        if not path.exists():
            return
        kept = []
        for line in path.read_bytes().splitlines(keepends=True):
            number = _step(line)
            if number is not None and number <= step:
                kept.append(line)
        write_atomic(path, b"".join(kept))


def _event_writer() -> Any:
    try:
        # Only here: it takes seconds to import, and few ask for it.
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        msg = "TensorBoard is not installed: pip install 'prefpairs[train]', or set tensorboard to false."
        raise ConfigError(msg) from None
    return SummaryWriter


def _step(line: bytes) -> int | None:
    if not line.endswith(b"\n"):
        return None
    try:
        number = json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):
        return None
    return number if isinstance(number, int) else None


def _is_ours(path: Path) -> bool:
    return path.is_file() and (path.name == METRICS_NAME or path.name.startswith("events.out.tfevents."))


def _quotient(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole > 0 else None
