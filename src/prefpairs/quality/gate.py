"""Every table of a night -> a pass, or a `GateError` that says which rules are broken.

Two libraries look: Great Expectations through the suites in `expectations/suites/`, and Polars
through `invariants`. Both must be content. Messages name suites, rules and columns, never values.
"""

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import polars as pl

from prefpairs.config import Settings
from prefpairs.contracts import contract
from prefpairs.errors import GateError
from prefpairs.files import pretty_json, sha256_file, write_atomic
from prefpairs.lake import Lake
from prefpairs.quality import apart, invariants
from prefpairs.quality.suites import GATED_TABLES, RAW_TEXT, Suite, read_suites, suites_folder
from prefpairs.resources import code_version
from prefpairs.stage import StageReport

STAGE = "validate"
_CACHES = ("texts", "spans")
_READ = (*GATED_TABLES, *apart.READ_TOO)
_COLUMN_ORDER = "expect_table_columns_to_match_ordered_list"


def run(
    settings: Settings, lake: Lake, *, policy_hash: str | None = None, suites: Path | None = None
) -> StageReport:
    """Validate the tables of `lake`; remember the pass in `<lake>/control/validated/<fingerprint>.json`.

    `texts` and `spans` are a cache that also holds what earlier policies made: with `policy_hash`, only the
    rows of that policy are looked at, so that a text which an improved policy has cleaned no longer stops a
    candidate. `suites` is a folder of suites other than the installation's own.

    Raises
    ------
    GateError
        If a rule is broken, or if any rule could not be evaluated as written.

    """
    folder = suites or suites_folder()
    rules = read_suites(folder)
    fingerprint = _fingerprint(settings, lake, folder, policy_hash)
    passed = lake.root / "control" / "validated" / f"{fingerprint}.json"
    if report := _earlier_pass(passed):
        return report.as_skipped()
    _require_schemas(lake)
    scans = _scans(lake, policy_hash)
    rows = {table: int(scans[table].select(pl.len()).collect().item()) for table in GATED_TABLES}
    _require_rows(rules, rows)
    _require_pairs(scans["pairs"], settings.quality.min_pairs)
    broken = [*_broken_expectations(scans, rules), *_broken_invariants(scans, settings)]
    if broken:
        listed = "\n".join(f"  {rule}" for rule in broken)
        msg = f"The candidate is stopped. Broken rules: {len(broken)}.\n{listed}"
        raise GateError(msg)
    report = _report(lake, rules, rows)
    write_atomic(passed, pretty_json(report.to_json()))
    return report


def batch(rows: pl.LazyFrame, suite: Suite) -> pl.DataFrame:
    """Return what a suite may read of its table's `rows`: the columns that it names, in their own order.

    Raw text is never read: it is handed over as an empty string, or as null. A list of codes is handed over
    as them, with spaces between, any other list as its length, and a column that no rule reads as `True`.
    """
    definition = contract(suite.table)
    privacy = {field.name: field.privacy for field in definition.fields}
    read = {column for rule in suite.expectations if rule.type != _COLUMN_ORDER for column in rule.reads}
    columns = [
        _handed_over(name, dtype, read=name in read, raw_text=privacy.get(name) == RAW_TEXT)
        for name, dtype in rows.collect_schema().items()
    ]
    return rows.select(columns).collect(engine="streaming")


def _handed_over(name: str, dtype: pl.DataType, *, read: bool, raw_text: bool) -> pl.Expr:
    column = pl.col(name)
    if not read:
        return pl.lit(value=True).alias(name)
    if raw_text:
        return pl.when(column.is_not_null()).then(pl.lit("")).alias(name)
    if isinstance(dtype, pl.List):
        return column.list.join(" ") if dtype.inner == pl.String else column.list.len()
    return column


def _scans(lake: Lake, policy_hash: str | None) -> dict[str, pl.LazyFrame]:
    scans = {table: lake.scan(table) for table in _READ}
    if policy_hash is not None:
        for table in _CACHES:
            scans[table] = scans[table].filter(pl.col("policy_hash") == policy_hash)
    return scans


def _fingerprint(settings: Settings, lake: Lake, folder: Path, policy_hash: str | None) -> str:
    hashes = {path.name: sha256_file(path) for path in sorted(folder.glob("*.json"))}
    versions = {name: version(name) for name in ("great-expectations", "polars")}
    held_out = {"drop_held_out_authors", "drop_held_out_near_duplicates"}
    deciding = [
        settings.quality.model_dump(mode="json"),
        settings.safety.model_dump(mode="json"),
        settings.pairs.model_dump(mode="json", include=held_out),
    ]
    return lake.fingerprint(_READ, hashes, deciding, policy_hash, versions, code_version())


def _earlier_pass(path: Path) -> StageReport | None:
    try:
        return StageReport.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _require_rows(suites: Sequence[Suite], rows: dict[str, int]) -> None:
    short = [f"{suite.table} has {rows[suite.table]} rows, its suite asks for {suite.min_rows}"
             for suite in suites if rows[suite.table] < suite.min_rows]  # fmt: skip
    if short:
        msg = f"The candidate is stopped: too few rows. {'; '.join(short)}."
        raise GateError(msg)


def _require_pairs(pairs: pl.LazyFrame, least: int) -> None:
    # What is kept apart (crisis, safety_contrast) makes no version: nobody may get it without having asked.
    found = int(pairs.filter(pl.col("config") == "default").select(pl.len()).collect().item())
    if found < least:
        msg = f"The candidate is stopped: pairs has {found} rows of the config default, "
        msg += f"the setting quality.min_pairs asks for {least}."
        raise GateError(msg)


def _require_schemas(lake: Lake) -> None:
    if wrong := invariants.wrong_schemas(lake, _READ):
        msg = f"The candidate is stopped: the stored schema is not the contract's for {', '.join(wrong)}."
        raise GateError(msg)


def _broken_expectations(scans: Mapping[str, pl.LazyFrame], suites: Sequence[Suite]) -> list[str]:
    # Great Expectations takes seconds to import: only a run that validates pays for it.
    from prefpairs.quality import engine

    for suite in suites:
        engine.check(suite)  # all of them, before any data is read
    broken = []
    for suite in suites:
        failed = engine.failures(suite, batch(scans[suite.table], suite))
        broken += [f"suite '{suite.table}': {rule}" for rule in failed]
    return broken


def _broken_invariants(scans: Mapping[str, pl.LazyFrame], settings: Settings) -> list[str]:
    found = invariants.violations(scans, settings)
    return [f"invariant '{rule}': {count} rows" for rule, count in found.items()]


def _report(lake: Lake, suites: Sequence[Suite], rows: dict[str, int]) -> StageReport:
    return StageReport(
        stage=STAGE,
        rows_in=sum(rows.values()),
        rows_out=rows["pairs"],
        counts={
            "suites": len(suites),
            "expectations": sum(len(suite.expectations) for suite in suites),
            **{f"rows_{table}": count for table, count in rows.items()},
        },
        inputs={table: f"version {lake.version(table)}" for table in GATED_TABLES},
    )
