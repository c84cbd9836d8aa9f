"""The commands that do more than call one function and print its result."""

import importlib.util
import os
import time
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from prefpairs.config import Settings
from prefpairs.console import show_page, shown, stage_bars
from prefpairs.errors import ConfigError
from prefpairs.files import make_private_folder
from prefpairs.keys import ProjectKey
from prefpairs.resources import project_folder
from prefpairs.settings_file import load_settings

if TYPE_CHECKING:
    from prefpairs.night import Outcome


def refresh(config: Path, *, console: Console, with_prefect: bool) -> "Outcome":
    """Run the refresh flow and print how it ended."""
    settings = load_settings(config)
    # What is missing is said now, and not after the minute that Prefect's first start takes.
    ProjectKey.load(settings.path(settings.project.key_file))
    # The error that ends a run is printed once, by us; Prefect would print it three times with tracebacks.
    flow = load_flow("refresh", settings, logging_level="CRITICAL").refresh
    run = flow if with_prefect else flow.fn
    if with_prefect:
        console.print("Starting Prefect's own server; the first time this takes up to a minute.", style="dim")
    with stage_bars(console):
        result = run(config=str(config.absolute()), started_at=time.time())

    from prefpairs.night import Outcome
    from prefpairs.summary import counts_table, funnel_table, masked_spans

    outcome = Outcome.from_json(result)
    console.print()
    console.print(funnel_table(outcome.reports))
    if spans := masked_spans(outcome.reports):
        console.print(counts_table("Masked spans", spans, what="entity type"))
    console.print(outcome.message, style="bold", soft_wrap=True)
    if outcome.content_root:
        console.print(f"content root {outcome.content_root}", soft_wrap=True)
    if outcome.ending == "candidate":
        card = shown(settings.candidates_folder / str(outcome.version) / "README.md")
        console.print(f"Next: read {card}, then: prefpairs approve {outcome.version} --by NAME", soft_wrap=True)
    return outcome


def load_flow(name: str, settings: Settings, *, logging_level: str = "WARNING") -> ModuleType:
    """Load `flows/<name>.py` with Prefect set up for this project, unless the environment says otherwise.

    Raises
    ------
    ConfigError
        If the pipeline is not installed.

    """
    _prepare_prefect(settings, logging_level=logging_level)
    path = project_folder("flows") / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"prefpairs_flow_{name}", path)
    if spec is None or spec.loader is None:
        msg = f"The flow {path} cannot be loaded. Install prefpairs again."
        raise ConfigError(msg)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        msg = f"The pipeline needs '{error.name}'. Install it: pip install 'prefpairs[pipeline]'"
        raise ConfigError(msg) from None
    return module


def _prepare_prefect(settings: Settings, *, logging_level: str) -> None:
    from prefpairs.prefect_settings import prefect_environment

    for variable, value in prefect_environment(settings.work, logging_level=logging_level).items():
        os.environ.setdefault(variable, value)
    # Prefect makes this folder, and not its parents; without it, its server fails for minutes.
    make_private_folder(Path(os.environ["PREFECT_HOME"]))


def status(settings: Settings, *, console: Console) -> None:
    """Print a table of the versions."""
    from prefpairs.release.versions import list_versions

    table = Table(title=f"Versions of {settings.project.name}", title_justify="left")
    for heading in ("version", "state", "pairs", "content root", "signed by"):
        table.add_column(heading, justify="right" if heading == "pairs" else "left", overflow="fold")
    for entry in list_versions(settings):
        table.add_row(
            entry.version, entry.state, f"{entry.pairs:,}", entry.content_root[:16], entry.signed_by or "-"
        )
    console.print(table)


def audit(
    settings: Settings, *, gold: Path | None, planted: Path | None, open_page: bool, console: Console
) -> Path:
    """Write the audit's report, print its main figures and where it is; return the page."""
    try:
        from prefpairs.audit.run import run
    except ModuleNotFoundError as error:
        msg = f"The audit needs '{error.name}'. Install it: pip install 'prefpairs[pipeline]'"
        raise ConfigError(msg) from None
    from prefpairs.audit.terminal import tables

    with console.status("Measuring on test texts and on the project's own ..."):
        written = run(settings, gold=gold, planted=planted)
    for part in tables(written.report):
        console.print(part)
    show_page(written.page, open_page=open_page, console=console)
    return written.page


def report(settings: Settings, *, open_page: bool, console: Console) -> Path:
    """Write the report on votes and labels, print its main figures and where it is; return the page."""
    try:
        from prefpairs.votes_report.run import write
    except ModuleNotFoundError as error:
        msg = f"The report needs '{error.name}'. Install it: pip install 'prefpairs[pipeline]'"
        raise ConfigError(msg) from None
    from prefpairs.lake import Lake
    from prefpairs.votes_report.terminal import tables

    written = write(settings, Lake(settings.lake_folder))
    for part in tables(written.report):
        console.print(part)
    show_page(written.page, open_page=open_page, console=console)
    return written.page


def explain(settings: Settings, given: str, *, console: Console) -> None:
    """Print why a pair exists, or why a comment is in none."""
    try:
        from prefpairs.explain.explain import explain as explain_id
    except ModuleNotFoundError as error:
        msg = f"Explaining needs '{error.name}'. Install it: pip install 'prefpairs[pipeline]'"
        raise ConfigError(msg) from None

    explanation = explain_id(settings, given)
    console.print(explanation.title, style="bold", soft_wrap=True)
    if explanation.figures:
        table = Table.grid(padding=(0, 3, 0, 0))
        for row in (explanation.headings, *explanation.figures):
            if row:
                table.add_row(*row)
        console.print(table)
    for sentence in explanation.sentences:
        console.print(f"- {sentence}", soft_wrap=True)


def serve(config: Path, *, cron: str, console: Console) -> None:
    """Serve the refresh on a schedule, on the Prefect server of the environment or on one of our own."""
    settings = load_settings(config)
    _prepare_prefect(settings, logging_level="INFO")
    with ExitStack() as stack:
        if "PREFECT_API_URL" not in os.environ:
            from prefpairs.prefect_server import running_server

            console.print("Starting Prefect's own server; the first time this takes up to a minute.", style="dim")
            os.environ["PREFECT_API_URL"] = stack.enter_context(running_server())
        console.print(f"Refreshing {settings.project.name} at '{cron}' (UTC). Stop with Ctrl-C.")
        load_flow("deploy", settings).serve(str(config.absolute()), cron=cron)
