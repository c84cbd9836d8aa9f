"""`prefpairs ...`: a thin face over the functions that the flows call.

Everything heavy is imported inside the command that needs it: `prefpairs --help` answers at once.
"""

import os
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from prefpairs.errors import ConfigError, PrefpairsError, without_text

if TYPE_CHECKING:
    from prefpairs.config import Settings

app = typer.Typer(
    name="prefpairs",
    help="Community votes in, a signed, de-identified, versioned preference dataset out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
console = Console(highlight=False, markup=False)  # a path or a name may hold [brackets]

Config = Annotated[Path, typer.Option("--config", "-c", help="The project's TOML file.")]
DEFAULT_CONFIG = Path("prefpairs.toml")


def main() -> None:
    """Run the command line; an error of ours is one clear message and exit status 1."""
    # Files that libraries create (Delta, Prefect) are private too.
    os.umask(0o077)
    # A core file holds the memory of the process, texts and all.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    try:
        without_text("The command")(app)()
    except PrefpairsError as error:
        Console(stderr=True, highlight=False).print(
            f"{type(error).__name__}: {error}", style="red", markup=False, soft_wrap=True
        )
        sys.exit(1)


@app.command()
def init(
    into: Annotated[Path, typer.Option(help="Folder of the new project.")] = Path(),
) -> None:
    """Write an example prefpairs.toml and draw the project key."""
    from prefpairs import project

    path = project.create(into)
    console.print(f"{path} and the project key are there. Fill in [basis] and [ingest], then: prefpairs refresh")


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="Where to write it: dumps in archives/, identifiers in gold/.")],
    seed: Annotated[int, typer.Option(help="Another seed, another sample.")] = 7,
    posts: Annotated[int, typer.Option(help="Posts to write.")] = 2000,
    comments: Annotated[int, typer.Option(help="Comments to write.")] = 20_000,
) -> None:
    """Write a synthetic archive in exact dump format, with planted identifiers and their gold file."""
    from prefpairs.sample.write import write_sample

    written = write_sample(folder, seed=seed, posts=posts, comments=comments)
    console.print(
        f"Wrote {written.posts:,} posts, {written.comments:,} comments, {written.planted:,} planted identifiers "
        f"and {written.broken_lines:,} broken lines to {folder}"
    )


@app.command()
def refresh(
    config: Config = DEFAULT_CONFIG,
    prefect: Annotated[
        bool, typer.Option("--prefect/--no-prefect", help="Record the run with Prefect (starts its own server).")
    ] = True,
) -> None:
    """Read what is new and make a candidate version. A second run on the same input does nothing."""
    from prefpairs import commands

    commands.refresh(config, console=console, with_prefect=prefect)


@app.command()
def status(config: Config = DEFAULT_CONFIG) -> None:
    """List the versions: which wait for a sign-off, which are approved, which are released."""
    from prefpairs import commands

    commands.status(_settings(config), console=console)


@app.command()
def audit(
    gold: Annotated[
        Path | None,
        typer.Option(help="Texts marked by hand, one JSON object a line, in place of the shipped ones."),
    ] = None,
    planted: Annotated[
        Path | None, typer.Option(help="The gold file of `prefpairs sample`, if the archive is a sample.")
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Show the report in a browser.")] = False,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Measure how well identifiers are found, and write a report for the steward who signs."""
    from prefpairs import commands

    commands.audit(_settings(config), gold=gold, planted=planted, open_page=open_page, console=console)


@app.command()
def report(
    open_page: Annotated[bool, typer.Option("--open", help="Show the report in a browser.")] = False,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Write what the newest run made of the votes: exposure, calibration, bias, margins, reasons."""
    from prefpairs import commands

    commands.report(_settings(config), open_page=open_page, console=console)


@app.command()
def explain(
    given: Annotated[
        str, typer.Argument(metavar="ID", help="A pair or response of the dataset, or a comment: t1_abc123.")
    ],
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Say why a pair exists, or why a comment is in none. No text is shown."""
    from prefpairs import commands

    commands.explain(_settings(config), given, console=console)


@app.command()
def approve(
    version: Annotated[str, typer.Argument(help="The candidate, e.g. v0.1.0.")],
    by: Annotated[str, typer.Option("--by", help="Who signs.")],
    statement: Annotated[str, typer.Option(help="What the steward wants to say with it.")] = "",
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Sign a candidate. Refused if its bytes are not those that its manifest names."""
    from prefpairs.release import signoff

    signed = signoff.approve(_settings(config), version, by=by, now=time.time(), statement=statement)
    console.print(f"{version} approved by {signed.by}: content root {signed.content_root}", soft_wrap=True)
    console.print(f"Next: prefpairs release {version}")


@app.command()
def reject(
    version: Annotated[str, typer.Argument(help="The candidate, e.g. v0.1.0.")],
    by: Annotated[str, typer.Option("--by", help="Who refuses.")],
    statement: Annotated[str, typer.Option(help="Why.")],
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Refuse a candidate, with the reason."""
    from prefpairs.release import signoff

    signed = signoff.reject(_settings(config), version, by=by, now=time.time(), statement=statement)
    console.print(f"{version} rejected by {signed.by}.")


@app.command()
def release(
    version: Annotated[str, typer.Argument(help="An approved candidate, e.g. v0.1.0.")],
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Publish an approved version to the directory or the Hub that the configuration names."""
    from prefpairs.release import publish
    from prefpairs.settings_file import load_credentials

    released = publish.release(_settings(config), version, credentials=load_credentials(), now=time.time())
    said = "was released before, nothing changed" if released.unchanged else "released"
    console.print(f"{released.version} {said}: {released.location} ({released.target})", soft_wrap=True)
    console.print(f"commit {released.commit}", soft_wrap=True)


@app.command()
def pull(
    version: Annotated[str, typer.Argument(help="The version, e.g. v0.1.0.")],
    source: Annotated[str, typer.Option("--from", help="A release folder, or a repository id on a Hub.")],
    into: Annotated[Path, typer.Option(help="Where to put it.")] = Path("data"),
    endpoint: Annotated[str | None, typer.Option(help="The Hub's address, if not huggingface.co.")] = None,
    content_root: Annotated[str | None, typer.Option(help="Refuse any other content root.")] = None,
) -> None:
    """Fetch one exact version, verify every byte, and print where its files are."""
    from prefpairs.release.client import pull as pull_version
    from prefpairs.settings_file import load_credentials

    token = load_credentials().hub_token
    pulled = pull_version(
        source,
        version,
        into=into,
        endpoint=endpoint,
        token=token.get_secret_value() if token else None,
        content_root=content_root,
    )
    console.print(f"{version} verified: content root {pulled.manifest.content_root}", soft_wrap=True)
    console.print(str(pulled.folder), soft_wrap=True)


@app.command()
def verify(folder: Annotated[Path, typer.Argument(help="The folder of a version.")]) -> None:
    """Check every file of a version against its manifest and its sign-off."""
    from prefpairs.release import signoff
    from prefpairs.release.manifest import verify as verify_folder

    manifest = verify_folder(folder)
    signed = signoff.check(folder)
    console.print(f"{manifest.version} is whole, and approved by {signed.by}")
    console.print(f"content root {manifest.content_root}", soft_wrap=True)


@app.command()
def train(
    given: Annotated[
        list[str] | None,
        typer.Argument(metavar="[VERSION] [KEY=VALUE]...", help="A version, and settings: v0.1.0 beta=0.05"),
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", "-c", help="The recipe: a YAML file, or the name of a shipped one.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="A release folder, or a repository id on a Hub.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Folder of a causal language model and its tokenizer.")] = None,
    output: Annotated[str | None, typer.Option(help="The run's folder: one trained model a stage.")] = None,
    into: Annotated[str | None, typer.Option(help="Where pulled versions are kept.")] = None,
    endpoint: Annotated[str | None, typer.Option(help="The Hub's address, if not huggingface.co.")] = None,
) -> None:
    """Pull a released version, verify it, and train on it: SFT, then DPO on its votes."""
    from prefpairs import training_commands

    options = {
        "dataset.source": source,
        "dataset.into": into,
        "dataset.endpoint": endpoint,
        "model": model,
        "output": output,
    }
    training_commands.train(given or (), config=config, options=options, console=console)


@app.command()
def evaluate(
    given: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MODEL] [KEY=VALUE]...", help="A trained model, and settings: split=test"),
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="YAML file with the settings.")] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="A release folder, or a repository id on a Hub.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Folder of the model that it was trained from, where it does not say.")
    ] = None,
    into: Annotated[str | None, typer.Option(help="Where pulled versions are kept.")] = None,
    output: Annotated[str | None, typer.Option(help="Folder of the report; beside the model by default.")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Show the report in a browser.")] = False,
) -> None:
    """Judge a model on held-out posts beside simple rules, and measure what it writes: a page and a JSON."""
    from prefpairs import training_commands

    options = {"dataset.source": source, "reference": reference, "dataset.into": into, "output": output}
    training_commands.evaluate(given or (), config=config, options=options, open_page=open_page, console=console)


@app.command()
def tiny_model(folder: Annotated[Path, typer.Argument(help="The folder to make.")]) -> None:
    """Write a tiny model of random weights, to try `train` without a download. It learns nothing worth having."""
    from prefpairs import training_commands

    training_commands.tiny_model(folder, console=console)


export = typer.Typer(help="Write a version as other trainers read it.", no_args_is_help=True)
app.add_typer(export, name="export")


@export.command("trl")
def export_trl(
    version: Annotated[str, typer.Argument(help="The version, e.g. v0.1.0.")],
    source: Annotated[str, typer.Option("--from", help="A release folder, or a repository id on a Hub.")],
    to: Annotated[Path, typer.Option(help="The folder to make.")],
    into: Annotated[Path, typer.Option(help="Where pulled versions are kept.")] = Path("data"),
    endpoint: Annotated[str | None, typer.Option(help="The Hub's address, if not huggingface.co.")] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Plain strings, not conversations.")] = False,
    system_prompt: Annotated[str | None, typer.Option(help="Stands before every post.")] = None,
    community: Annotated[bool, typer.Option("--community", help="Name the community before the post.")] = False,
) -> None:
    """Pull and verify a version, and write it for TRL: preference pairs and SFT examples."""
    from prefpairs import training_commands

    training_commands.export_trl(
        version, source=source, endpoint=endpoint, into=into, to=to, plain=plain, system_prompt=system_prompt,
        community=community, console=console,
    )  # fmt: skip


@app.command()
def serve(
    config: Config = DEFAULT_CONFIG,
    cron: Annotated[str, typer.Option(help="When to refresh, as a cron line, in UTC.")] = "0 3 * * *",
) -> None:
    """Run the refresh every night, until stopped."""
    from prefpairs import commands

    commands.serve(config, cron=cron, console=console)


@app.command()
def demo(
    into: Annotated[Path, typer.Option(help="Where to work; what a demo left there is removed.")],
    open_page: Annotated[bool, typer.Option("--open", help="Show the audit's report in a browser.")] = False,
) -> None:
    """Go from a synthetic archive to a released, pulled and verified version."""
    from prefpairs.demo import run

    run(into, console=console, open_page=open_page)


def _settings(config: Path) -> "Settings":
    from prefpairs.settings_file import load_settings

    if not config.is_file() and config == DEFAULT_CONFIG:
        msg = "There is no prefpairs.toml here. Run `prefpairs init`, or pass --config."
        raise ConfigError(msg)
    return load_settings(config)
