"""Lines of a training log -> a progress bar on a terminal, and plain lines anywhere else."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

_SHOWN = (
    ("loss", "loss", "{:.4f}"),
    ("rewards/accuracies", "accuracy", "{:.3f}"),
    ("rewards/margins", "margin", "{:.3f}"),
    ("tokens_per_second", "tokens/s", "{:,.0f}"),
    ("pairs_per_second", "pairs/s", "{:,.1f}"),
)


class Display(Protocol):
    """Something that shows a person where a stage is."""

    def begin(self, stage: str, *, step: int, steps: int) -> None:
        """Say which stage begins, and where."""
        ...

    def show(self, line: Mapping[str, Any]) -> None:
        """Show one line of the log."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was."""
        ...


def bar_or_lines(console: Console, *, clock: Callable[[], float]) -> Display:
    """Return a progress bar if the console is a terminal, else plain lines: a log file is no place for a bar."""
    return Bar(console, clock=clock) if console.is_terminal else Lines(console)


def told(line: Mapping[str, Any]) -> str:
    """Return what a person wants to see of a log line: `loss 0.6931  accuracy 0.500  ...`."""
    parts = [
        f"{name} {form.format(line[key])}" for key, name, form in _SHOWN if _is_worth_showing(key, line.get(key))
    ]
    sharing = line.get("sharing")
    if sharing is not None and sharing > 1:
        parts.append(f"{1 - 1 / sharing:.0%} of tokens saved")
    return "  ".join(parts)


class Lines:
    """One plain line for each line of the log."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = ""

    def begin(self, stage: str, *, step: int, steps: int) -> None:
        """Keep the stage's name; say so if it goes on in the middle."""
        self._stage = stage
        if step:
            self._console.print(f"{stage}: goes on after step {step} of {steps}", soft_wrap=True)

    def show(self, line: Mapping[str, Any]) -> None:
        """Print the line."""
        self._console.print(f"{self._stage} {line['step']}/{line['steps']}  {told(line)}", soft_wrap=True)

    def close(self) -> None:
        """Nothing is open."""


class _WithFigures(Progress):
    """Figures have a line of their own: behind the bar they would push it off a narrow terminal."""

    figures = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        yield self.make_tasks_table(self.tasks)
        if self.figures:
            yield Text(f"  {self.figures}")


class Bar:
    """A progress bar with the figures below it."""

    def __init__(self, console: Console, *, clock: Callable[[], float]) -> None:
        self._progress = _WithFigures(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            get_time=clock,
        )
        self._task: TaskID | None = None

    def begin(self, stage: str, *, step: int, steps: int) -> None:
        """Show the bar."""
        self._task = self._progress.add_task(stage, total=steps, completed=step)
        self._progress.start()

    def show(self, line: Mapping[str, Any]) -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.figures = told(line)
            self._progress.update(self._task, completed=line["step"], refresh=True)

    def close(self) -> None:
        """Leave the bar where it is, and the line after it to others."""
        self._progress.stop()


def _is_worth_showing(key: str, value: object) -> bool:
    # SFT has no pairs.
    return value is not None and not (key == "pairs_per_second" and value == 0)
