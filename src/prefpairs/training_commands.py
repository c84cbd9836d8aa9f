"""The commands of a training box: train, evaluate, export. They need nothing of the pipeline."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from prefpairs.console import show_page
from prefpairs.errors import ConfigError

Options = Mapping[str, str | None]


def train(given: Sequence[str], *, config: str | None, options: Options, console: Console) -> None:
    """Make the recipe from a file, a version and `key=value`, run it, and print figures beside baselines."""
    with _training_box("Training"):
        from prefpairs.train.recipe import load_recipe, recipe_file
        from prefpairs.train.run import run

        file = recipe_file(config) if config else None
        recipe = load_recipe(file, _overrides(given, "dataset.version", options))
        report = run(recipe, token=_token(), console=console)
    for stage in report:
        table = Table(title=stage.title, title_justify="left", show_header=False)
        for name, figure in stage.lines():
            table.add_row(name, figure)
        console.print(table)
        for note in stage.notes:
            console.print(f"- {note}", soft_wrap=True)
    console.print(f"The models are in {recipe.output}, one folder a stage.", soft_wrap=True)


def tiny_model(folder: Path, *, console: Console) -> None:
    """Write a tiny model to a new folder."""
    if folder.exists():
        msg = f"{folder} is there already. Name a new folder."
        raise ConfigError(msg)
    with _training_box("A model"):
        from prefpairs.train.models.tiny import CHAT_TEMPLATE, save_tiny_model

        save_tiny_model(folder, chat_template=CHAT_TEMPLATE)
    console.print(
        f"{folder} is there. Next: prefpairs train VERSION --config tiny-cpu --model {folder}", soft_wrap=True
    )


def evaluate(
    given: Sequence[str], *, config: Path | None, options: Options, open_page: bool, console: Console
) -> None:
    """Judge a model on posts that it has not seen, print the main figures and where the report is."""
    with _training_box("The evaluation"):
        from prefpairs.evaluate.run import run
        from prefpairs.evaluate.settings import load_settings
        from prefpairs.evaluate.terminal import tables

        settings = load_settings(config, _overrides(given, "model", options))
        written = run(settings, token=_token(), say=lambda sentence: console.print(sentence, soft_wrap=True))
    for table in tables(written.report):
        console.print(table)
    if written.unchanged:
        console.print("Nothing has changed since this report was made.")
    show_page(written.page, open_page=open_page, console=console)


def export_trl(
    version: str,
    *,
    source: str,
    endpoint: str | None,
    into: Path,
    to: Path,
    plain: bool,
    system_prompt: str | None,
    community: bool,
    console: Console,
) -> None:
    """Pull a version, verify it, and write it as TRL's trainers read it."""
    from prefpairs.export.trl import export
    from prefpairs.release.client import pull

    pulled = pull(source, version, into=into, endpoint=endpoint, token=_token())
    report = export(
        pulled.folder,
        pulled.manifest,
        to,
        form="plain" if plain else "conversational",
        system_prompt=system_prompt,
        community=community,
    )
    for name, splits in report.rows.items():
        console.print(f"{name}: " + ", ".join(f"{rows:,} {split}" for split, rows in splits.items()))
    console.print(f"{report.folder}: its README.md has the lines that load it.", soft_wrap=True)


@contextmanager
def _training_box(what: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        msg = f"{what} needs '{error.name}'. Install it: pip install 'prefpairs[train]'"
        raise ConfigError(msg) from None


def _overrides(given: Sequence[str], name: str, options: Options) -> list[str]:
    """Return settings as `key=value`; what holds no `=` is the one thing that the command is about."""
    named = [one for one in given if "=" not in one]
    if len(named) > 1:
        msg = f"One at a time: {' and '.join(named)} were given. A setting is written key=value."
        raise ConfigError(msg)
    # JSON is YAML: a name that looks like a number stays a name.
    found = {**options, **({name: named[0]} if named else {})}
    quoted = [f"{key}={json.dumps(value)}" for key, value in found.items() if value is not None]
    return quoted + [one for one in given if "=" in one]


def _token() -> str | None:
    from prefpairs.settings_file import load_credentials

    token = load_credentials().hub_token
    return token.get_secret_value() if token else None
