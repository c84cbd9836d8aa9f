"""The demo: from a synthetic archive to a released version that was pulled back and verified."""

import shutil
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from prefpairs import commands, project
from prefpairs.config import Credentials, Settings
from prefpairs.console import shown
from prefpairs.errors import ConfigError
from prefpairs.settings_file import load_settings

_MARKER = ".prefpairs-demo"

CONFIG = """\
[project]
name = "prefpairs-demo"
series = "demo"

[basis]
statement = "Synthetic text, written by the prefpairs project: no person wrote it, and none is described."
approval_id = "synthetic-demo"

[ingest]
archives = ["archives"]

[release]
pretty_name = "prefpairs demo: synthetic support threads"
contact = "the people who ran `make demo`"
"""

_NO_NER = (
    "The default pipeline has no named-entity recognition: names are found by patterns only, and nothing looks "
    "for ages, places and organisations. Set deid.spacy_pipeline to a spaCy pipeline with NER to change that."
)


def run(folder: Path, *, console: Console, open_page: bool = False) -> None:
    """Write the sample, refresh, audit, approve, release, pull, verify; print what happened and where it lies.

    Raises
    ------
    ConfigError
        If `folder` holds anything that an earlier demo did not make.

    """
    begun = time.monotonic()
    folder = _fresh(folder.absolute())
    # A person who runs the demo sees the steps that they would take themselves, as commands.
    sample = _write_sample(folder, console)
    config = project.create(folder, config=CONFIG)
    settings = load_settings(config)

    _say(console, "prefpairs refresh")
    outcome = commands.refresh(config, console=console, with_prefect=True)
    if outcome.version is None or outcome.content_root is None:
        msg = f"The demo ended without a version: {outcome.message}"
        raise ConfigError(msg)

    released = _approve_and_release(settings, outcome.version, console)
    _pull_and_verify(settings, outcome.version, outcome.content_root, console)

    _say(console, "prefpairs audit --planted gold/planted.ndjson")
    page = commands.audit(settings, gold=None, planted=sample, open_page=open_page, console=console)
    console.print()
    if settings.deid.spacy_pipeline.startswith("blank:"):
        console.print(_NO_NER, style="yellow")
    console.print(_places(folder, settings, sample, released, page))
    console.print(f"Done in {time.monotonic() - begun:.0f} seconds.")


def _fresh(folder: Path) -> Path:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARKER).exists():
            msg = f"{folder} holds something that no demo made. Choose another folder with --into."
            raise ConfigError(msg)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARKER).touch()
    return folder


def _write_sample(folder: Path, console: Console) -> Path:
    from prefpairs.sample.write import write_sample

    _say(console, "prefpairs sample .")
    written = write_sample(folder)
    console.print(
        f"  {written.posts:,} posts, {written.comments:,} comments, {written.planted:,} planted identifiers, "
        f"{written.broken_lines:,} broken lines in {len(written.archives)} archives",
        soft_wrap=True,
    )
    return written.gold


def _approve_and_release(settings: Settings, version: str, console: Console) -> str:
    from prefpairs.release import publish, signoff

    _say(console, f"prefpairs approve {version} --by 'the demo'")
    signed = signoff.approve(settings, version, by="the demo", now=time.time(), statement="Demo data.")
    console.print(f"  signed: content root {signed.content_root}", soft_wrap=True)
    _say(console, f"prefpairs release {version}")
    released = publish.release(settings, version, credentials=Credentials(), now=time.time())
    console.print(f"  commit {released.commit}", soft_wrap=True)
    return released.location


def _pull_and_verify(settings: Settings, version: str, content_root: str, console: Console) -> None:
    from prefpairs.release.client import pull

    _say(console, f"prefpairs pull {version} --from releases --into pulled")
    pulled = pull(str(settings.release_folder), version, into=settings.root / "pulled", content_root=content_root)
    console.print(f"  {len(pulled.manifest.files)} files verified, byte by byte")


def _places(folder: Path, settings: Settings, gold: Path, released: str, page: Path) -> Table:
    table = Table(title="Where everything lies", title_justify="left", show_header=False)
    places = {
        "configuration": folder / "prefpairs.toml",
        "synthetic archives": folder / "archives",
        "planted identifiers (gold)": gold,
        "tables (raw zone is private)": settings.lake_folder,
        "audit's report": page,
        "report on votes": settings.labels_folder / "report.html",
        "released version": Path(released),
        "its dataset card": Path(released) / "README.md",
        "pulled and verified": folder / "pulled",
    }
    for what, path in places.items():
        table.add_row(what, str(shown(path)))
    return table


def _say(console: Console, command: str) -> None:
    console.print(f"\n$ {command}", style="bold cyan")
