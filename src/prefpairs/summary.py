"""Stage reports -> the row funnel with reasons, as a table on the screen or as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from prefpairs.stage import StageReport


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """One stage: rows in, rows out, and what became of the others, most frequent reason first."""

    stage: str
    rows_in: int
    rows_out: int
    reasons: tuple[tuple[str, int], ...]


def funnel(reports: Iterable[StageReport]) -> list[FunnelRow]:
    """Return a row for each stage that saw any rows."""
    return [
        FunnelRow(
            stage=report.stage,
            rows_in=report.rows_in,
            rows_out=report.rows_out,
            reasons=tuple(_by_count({**report.dropped, **_prefixed("quarantine", report.quarantined)})),
        )
        for report in reports
        if report.rows_in or report.rows_out or report.quarantined
    ]


def funnel_table(reports: Sequence[StageReport]) -> Table:
    """Return the funnel as a table for a terminal."""
    table = Table(title="What happened to the rows", title_justify="left", show_lines=True)
    table.add_column("stage")
    table.add_column("rows in", justify="right")
    table.add_column("rows out", justify="right")
    table.add_column("dropped or set aside, by reason", overflow="fold", ratio=1)
    for row in funnel(reports):
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in row.reasons)
        table.add_row(row.stage, f"{row.rows_in:,}", f"{row.rows_out:,}", reasons or "-")
    return table


def funnel_markdown(reports: Sequence[StageReport]) -> str:
    """Return the funnel as a Markdown table, for Prefect's artifact. Codes and counts only."""
    lines = ["| stage | rows in | rows out | dropped or set aside, by reason |", "|---|--:|--:|---|"]
    for row in funnel(reports):
        reasons = ", ".join(f"`{reason}` {count:,}" for reason, count in row.reasons)
        lines.append(f"| {row.stage} | {row.rows_in:,} | {row.rows_out:,} | {reasons or '-'} |")
    return "\n".join(lines) + "\n"


def masked_spans(reports: Iterable[StageReport]) -> dict[str, int]:
    """Return entity type -> spans masked, most frequent first."""
    prefix = "spans."
    found = {
        name.removeprefix(prefix): count
        for report in reports
        for name, count in report.counts.items()
        if name.startswith(prefix)
    }
    return dict(_by_count(found))


def counts_table(title: str, counts: Mapping[str, int], *, what: str) -> Table:
    """Return counts as a two-column table for a terminal."""
    table = Table(title=title, title_justify="left")
    table.add_column(what)
    table.add_column("count", justify="right")
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    return table


def _prefixed(prefix: str, counts: Mapping[str, int]) -> dict[str, int]:
    return {f"{prefix}.{name}": count for name, count in counts.items()}


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(((name, count) for name, count in counts.items() if count), key=lambda item: (-item[1], item[0]))
