"""What a person sees while a run goes on, and at its end."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from prefpairs.progress import listening
from prefpairs.stage import StageReport


class StageBars:
    """A progress bar for each stage; a stage that counts its work fills it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def started(self, stage: str) -> None:
        """Show a bar of unknown length."""
        self._bars[stage] = self._progress.add_task(stage, total=None)

    def advanced(self, stage: str, done: int, total: int) -> None:
        """Fill the bar."""
        if stage in self._bars:
            self._progress.update(self._bars[stage], completed=done, total=total)

    def finished(self, report: StageReport) -> None:
        """Replace the bar by one line that stays."""
        bar = self._bars.pop(report.stage, None)
        if bar is not None:
            self._progress.remove_task(bar)
        self._progress.console.print(_line(report), style="dim" if report.skipped else None, highlight=False)
        for note in report.notes:
            self._progress.console.print(f"    {note}", style="yellow", highlight=False, markup=False)


@contextmanager
def stage_bars(console: Console) -> Iterator[None]:
    """Show the stages of a run that goes on inside the block."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress,
        listening(StageBars(progress)),
    ):
        yield


def _line(report: StageReport) -> str:
    if report.skipped:
        return f"  {report.stage:<20} nothing new"
    quarantined = sum(report.quarantined.values())
    aside = f", {quarantined:,} set aside" if quarantined else ""
    return f"  {report.stage:<20} {report.rows_in:>9,} -> {report.rows_out:>9,}{aside}"
