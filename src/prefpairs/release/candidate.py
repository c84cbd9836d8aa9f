"""Tables -> a candidate: a folder of Parquet files, a card and a manifest that names every byte."""

import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

import polars as pl

from prefpairs.config import Settings
from prefpairs.contracts import Contract
from prefpairs.errors import GateError, VerificationError
from prefpairs.files import sha256_file
from prefpairs.lake import NO_TABLE, Lake
from prefpairs.release import card
from prefpairs.release.configs import MAIN, PublishedConfig, published
from prefpairs.release.folders import reveal, sole_writer, staging
from prefpairs.release.manifest import (
    CARD_NAME,
    MANIFEST_NAME,
    TERMS_NAME,
    ConfigEntry,
    FieldEntry,
    FileEntry,
    Manifest,
    Tombstones,
    content_root,
    rows_by_config,
    verify,
)
from prefpairs.release.registry import candidates, next_version, released
from prefpairs.release.shards import Shards
from prefpairs.stage import StageReport

_READ = (
    "posts", "comments", "score_observations", "revisions", "decisions", "near_duplicates", "labels",
    "selected_pairs", "selected_improvements", "spans", "texts", "tombstones", "pairs", "threads", "sft",
    "improvements",
)  # fmt: skip
"""The tables whose rows decide the bytes of a version."""
_PACKAGES = (
    "deltalake", "great-expectations", "huggingface-hub", "msgspec", "numpy", "polars", "praw",
    "presidio-analyzer", "presidio-anonymizer", "pyarrow", "rensa", "scipy", "spacy", "zstandard",
)  # fmt: skip
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A version that waits for a sign-off."""

    version: str
    folder: Path
    content_root: str
    report: StageReport


def run(settings: Settings, lake: Lake, *, reports: Sequence[StageReport], code_version: str) -> Candidate:
    """Write the next candidate, or return the newest one if it has the same data under the same settings.

    `reports` are those of the stages before; they become the funnel of the manifest and the card.

    Raises
    ------
    GateError
        If there is no pair to publish.
    ContractError
        If a row of a published table does not keep its contract.
    BusyError
        If another run is writing a candidate.

    """
    with sole_writer(settings.candidates_folder):
        version = next_version(settings)
        target = settings.candidates_folder / version
        with staging(target) as folder:
            manifest = _fill(settings, lake, folder, version=version, reports=reports, code_version=code_version)
            if (newest := _newest(settings)) and _same(newest, manifest):
                return _candidate(settings, newest, skipped=True)
            verify(folder)
            reveal(folder, target)
    return _candidate(settings, manifest, skipped=False)


def _fill(
    settings: Settings,
    lake: Lake,
    folder: Path,
    *,
    version: str,
    reports: Sequence[StageReport],
    code_version: str,
) -> Manifest:
    configs = published(settings)
    data = [entry for config in configs for entry in _shards(settings, config).write(lake, folder)]
    if not any(entry.config in MAIN for entry in data):
        msg = "There is no pair to publish: the tables hold no pair of the config default. Nothing was written."
        raise GateError(msg)
    facts = _facts(settings, lake, data, version=version, reports=reports, code_version=code_version)
    documents = {CARD_NAME: card.render(facts)}
    if terms := card.terms(facts):
        documents[TERMS_NAME] = terms
    for name, text in documents.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    files = [*data, *(_document_entry(folder / name) for name in documents)]
    manifest = Manifest.model_validate({**dict(facts), "files": sorted(files, key=lambda entry: entry.path)})
    (folder / MANIFEST_NAME).write_bytes(manifest.to_bytes())
    return manifest


def _shards(settings: Settings, config: PublishedConfig) -> Shards:
    return Shards(
        config=config.name,
        table=config.table,
        max_rows=settings.release.max_rows_per_file,
        part=config.part,
        without=config.without,
    )


def _facts(
    settings: Settings,
    lake: Lake,
    data: Sequence[FileEntry],
    *,
    version: str,
    reports: Sequence[StageReport],
    code_version: str,
) -> Manifest:
    policy = _policy(lake, reports)
    earlier = released(settings)
    rows = rows_by_config(data)
    return Manifest(
        version=version,
        series=settings.project.series,
        parent=earlier[-1] if earlier else None,
        mode=settings.release.mode,
        content_root=content_root(data),
        files=tuple(data),
        configs={
            config.name: _config(config, _shards(settings, config).contract, rows[config.name])
            for config in published(settings)
            if config.name in rows
        },
        preset=settings.pairs.preset,
        config_hash=settings.config_hash,
        settings=settings.content_settings(),
        code_version=code_version,
        packages=_packages(),
        tables={name: lake.version(name) for name in _READ if lake.version(name) != NO_TABLE},
        tombstones=_tombstones(lake),
        policy_hash=policy,
        masked_spans=_masked_spans(lake, policy),
        funnel=tuple(_published(report) for report in reports),
    )


def _published(report: StageReport) -> StageReport:
    """Return a report as anybody may read it: a file may be named after a person, a watermark is a time."""
    inputs = report.inputs
    if report.stage.startswith("ingest"):
        hashes = sorted(value for value in inputs.values() if _SHA256.fullmatch(value))
        inputs = {f"input {number}": digest for number, digest in enumerate(hashes, start=1)}
    # The same rows may come from a run that did the work or from one that found it done.
    return replace(report, inputs=inputs, notes=(), skipped=False)


def _newest(settings: Settings) -> Manifest | None:
    """Return the manifest of the newest candidate, or None if there is none that holds what it names."""
    known = candidates(settings)
    try:
        return verify(settings.candidates_folder / known[-1]) if known else None
    except VerificationError:
        return None


def _same(newest: Manifest, manifest: Manifest) -> bool:
    return (newest.content_root, newest.config_hash) == (manifest.content_root, manifest.config_hash)


def _candidate(settings: Settings, manifest: Manifest, *, skipped: bool) -> Candidate:
    rows = {name: sum(config.rows.values()) for name, config in manifest.configs.items()}
    data = list(manifest.data_files())
    report = StageReport(
        stage="candidate",
        rows_in=sum(rows.values()),
        rows_out=sum(rows.values()),
        counts={
            **{f"rows_{name}": count for name, count in rows.items()},
            "files": len(data),
            "bytes": sum(entry.bytes for entry in data),
        },
        inputs={name: str(version) for name, version in manifest.tables.items()},
        skipped=skipped,
        notes=(f"{manifest.version} has the content root {manifest.content_root}.",),
    )
    return Candidate(
        version=manifest.version,
        folder=settings.candidates_folder / manifest.version,
        content_root=manifest.content_root,
        report=report,
    )


def _config(config: PublishedConfig, definition: Contract, rows: dict[str, int]) -> ConfigEntry:
    fields = tuple(
        FieldEntry(
            name=field.name,
            type=str(field.type),
            nullable=field.nullable,
            unit=field.unit,
            privacy=field.privacy,
            description=field.description,
        )
        for field in definition.fields
    )
    return ConfigEntry(
        contract=definition.table,
        contract_version=definition.version,
        description=config.description or definition.description,
        fields=fields,
        rows=rows,
    )


def _document_entry(path: Path) -> FileEntry:
    return FileEntry(path=path.name, sha256=sha256_file(path), bytes=path.stat().st_size)


def _policy(lake: Lake, reports: Sequence[StageReport]) -> str | None:
    """Return the policy of the pairs: the stage that made them names it, else the only one that there is."""
    named = [report.inputs["policy_hash"] for report in reports if "policy_hash" in report.inputs]
    found = named or list(lake.scan("texts").select(pl.col("policy_hash").unique()).collect()["policy_hash"])
    return str(found[-1]) if len(set(found)) == 1 else None


def _masked_spans(lake: Lake, policy: str | None) -> dict[str, int]:
    spans = lake.scan("spans")
    if policy is not None:
        spans = spans.filter(pl.col("policy_hash") == policy)
    counted = spans.group_by("entity_type").len().sort("entity_type").collect()
    return {str(entity): int(count) for entity, count in counted.iter_rows()}


def _tombstones(lake: Lake) -> Tombstones:
    known = lake.scan("tombstones").select(pl.len(), newest=pl.col("requested_at").max()).collect()
    return Tombstones(count=int(known["len"][0]), newest_requested_at=known["newest"][0])


def _packages() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = installed_version(name)
        except PackageNotFoundError:
            continue
    return found
