"""The report -> what a terminal shows of it: the checks, and the shares by entity type."""

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from prefpairs.audit.rates import Rate
from prefpairs.audit.report import PlantedFigures, Report
from prefpairs.wording import percent

_STYLES = {"met": "green", "not met": "red", "not measured": "yellow"}


def tables(report: Report) -> Iterator[Table]:
    """Yield the tables in the order in which a person wants them: the verdict first."""
    yield _checks(report)
    yield _entities(report)
    if report.planted is not None:
        yield _planted(report)


def _checks(report: Report) -> Table:
    table = Table(title="What a steward asks before signing", title_justify="left", show_header=False)
    for check in report.checks:
        table.add_row(Text(check.state, style=_STYLES[check.state]), f"{check.name}. {check.sentence}")
    return table


def _entities(report: Report) -> Table:
    gold = report.gold
    interval = f"{percent(report.settings.confidence, 0)} interval"
    table = _figures(f"Found in {gold.texts:,} test texts", "known", "masked", "share", interval, "precision")
    for row in (gold.direct, gold.quasi, *gold.entities):
        if row.recall is not None:
            counts = (f"{row.recall.total:,}", f"{row.recall.count:,}")
            name = f"{row.entity_type} (left)" if row.left_in_text else row.entity_type
            table.add_row(name, *counts, *_share(row.recall), *_share(row.precision)[:1])
    return table


def _planted(report: Report) -> Table:
    table = _figures("Planted identifiers", "read", "masked", "partly", "missed", "share", "not read")
    rows = report.planted or []
    for row in rows:
        _planted_row(table, row.entity_type, [row])
    _planted_row(table, "total", rows)
    return table


def _planted_row(table: Table, name: str, rows: Sequence[PlantedFigures]) -> None:
    masked, partly, missed, unread = (
        sum(getattr(row, count) for row in rows) for count in ("masked", "partly", "missed", "not_read")
    )
    read = masked + partly + missed
    share = percent(masked / read) if read else ""
    table.add_row(name, f"{read:,}", f"{masked:,}", f"{partly:,}", f"{missed:,}", share, f"{unread:,}")


def _figures(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("type")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _share(rate: Rate | None) -> tuple[str, str]:
    if rate is None:
        return "", ""
    return percent(rate.value), f"{percent(rate.low)} to {percent(rate.high)}"
