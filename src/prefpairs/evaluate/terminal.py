"""The report -> what a terminal shows of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from prefpairs.evaluate.report import EvaluationReport
from prefpairs.evaluate.wording import (
    few_posts,
    figure,
    number,
    points,
    points_range,
    rule_words,
    share,
    share_range,
)


def tables(report: EvaluationReport) -> Iterator[Table | Text]:
    """Yield the tables, and warnings before them, in the order in which a person wants them."""
    document = report.to_json()
    if preferences := document["preferences"]:
        if warning := few_posts(preferences, document["subject"]["settings"]["figures"]["few_posts"]):
            yield Text(warning)
        yield _accuracies(document["subject"], preferences)
        if preferences["drift"]:
            yield _drift(preferences["drift"])
    if generations := document["generations"]:
        yield from (Text(note) for note in generations["notes"])
        yield _dimensions(generations)


def _accuracies(subject: Mapping[str, Any], preferences: Mapping[str, Any]) -> Table:
    title = f"{subject['model']} on {subject['split']} of {subject['version']}: {preferences['posts']:,} posts"
    table = _table(title, ("first is", "pairs", "accuracy", "interval", "model ahead, points"))
    for row in preferences["accuracies"]:
        ahead = row["model_ahead"]
        table.add_row(
            rule_words(row["rule"]),
            f"{row['pairs']:,}",
            share(row["accuracy"]),
            share_range(row["accuracy"]),
            f"{points(ahead)} ({points_range(ahead)})" if ahead else "",
        )
    return table


def _drift(drift: Mapping[str, Any]) -> Table:
    table = _table("Change in log-probability since the reference", ("", "by token, nats", "became less likely"))
    for name in ("chosen", "rejected"):
        token = drift[name]["token"]
        table.add_row(name, number(token["value"] if token else None), share(drift[name]["falling"]))
    return table


def _dimensions(generations: Mapping[str, Any]) -> Table:
    table = _table(
        f"What it writes to {generations['counts'].get('posts', 0):,} posts: proxies, not ratings by people",
        ("", "proxy", "model", "reference", "community"),
    )
    for row in generations["dimensions"]:
        figures = (figure(row[name]) for name in ("model", "reference", "community"))
        table.add_row(row["name"].replace("_", " "), row["proxy"], *figures)
    return table


def _table(title: str, headings: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if not place or heading == "proxy" else "right")
    return table
