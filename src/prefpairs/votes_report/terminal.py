"""The report -> what a terminal shows of it."""

from collections.abc import Iterator

from rich.table import Table

from prefpairs.audit.rates import Rate
from prefpairs.votes_report.report import VotesReport
from prefpairs.wording import percent, thousands

_REASONS_SHOWN = 12


def tables(report: VotesReport) -> Iterator[Table]:
    """Yield the tables in the order in which a person wants them."""
    yield _totals(report)
    if report.wins:
        yield _wins(report)
    if report.funnel and report.funnel.reasons:
        yield _reasons(report)


def _totals(report: VotesReport) -> Table:
    table = Table(title=f"Votes to preferences, preset {report.subject.preset}", title_justify="left")
    for heading in ("comments", "kept", "in a pair", "pairs", "threads", "median probability"):
        table.add_column(heading, justify="right")
    totals, least = report.totals, report.subject.min_count
    counts = (totals.comments, totals.responses, totals.responses_in_pairs, totals.pairs, totals.threads)
    median = totals.median_probability
    table.add_row(*(thousands(count, least) for count in counts), "-" if median is None else percent(median))
    return table


def _wins(report: VotesReport) -> Table:
    table = Table(title="Who wins: all untied sibling pairs, and the published ones", title_justify="left")
    for heading in ("", "before", "after", "interval"):
        table.add_column(heading, justify="right" if heading else "left")
    if report.wins:
        for name, bands in (("earlier", report.wins.earlier), ("longer", report.wins.longer)):
            for band in bands:
                after = band.after
                interval = f"{percent(after.low)} to {percent(after.high)}" if after else ""
                table.add_row(f"{name}, {band.label}", _share(band.before), _share(after), interval)
    return table


def _reasons(report: VotesReport) -> Table:
    table = Table(title="Why comments are in no pair", title_justify="left")
    table.add_column("stage")
    table.add_column("reason")
    table.add_column("comments", justify="right")
    if report.funnel:
        for row in report.funnel.reasons[:_REASONS_SHOWN]:
            table.add_row(row.stage, row.code, thousands(row.count, report.subject.min_count))
    return table


def _share(rate: Rate | None) -> str:
    return percent(rate.value) if rate else "-"
