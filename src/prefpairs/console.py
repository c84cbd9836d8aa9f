"""What a person sees while a run goes on, and at its end."""

import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
from rich.style import Style
from rich.text import Text

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


def shown(path: Path) -> Path:
    """Return a path as a person wants to read it: from where they are, if it is below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def show_page(page: Path, *, open_page: bool, console: Console) -> None:
    """Print where a report is, and open it if asked."""
    page = page.absolute()
    console.print(Text.assemble("The report: ", (str(shown(page)), Style(link=page.as_uri()))), soft_wrap=True)
    if open_page and not webbrowser.open(page.as_uri()):
        console.print("No browser could be started here: open the file by hand.", style="yellow")
