"""Kept texts -> groups of texts that say almost the same, so that copies of a text stay on one side of a split.

Only texts that are new or have changed are sketched; the other sketches wait in `signatures`, which holds
what is kept tonight and nothing else. The groups are made anew from all sketches, so that they are what
they would be if the whole corpus had come in one night.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from prefpairs.config import Settings
from prefpairs.contracts import contract
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.near_duplicates.groups import groups
from prefpairs.near_duplicates.kept_texts import KINDS, kept_texts
from prefpairs.near_duplicates.sketches import Bands, rules_version, sketches
from prefpairs.resources import code_version
from prefpairs.stage import StageReport

STAGE = "near-duplicates"
TABLE = "near_duplicates"
SIGNATURES = "signatures"
_INPUTS = ("decisions", "posts", "comments")
_CONTENT_DIGITS = 24  # 96 bits: it only has to notice that a text has changed


def run(settings: Settings, lake: Lake, key: ProjectKey) -> StageReport:
    """Group the kept posts, and the kept comments; write `signatures` and `near_duplicates`."""
    version = rules_version(settings.near_duplicates, key)
    fingerprint = lake.fingerprint(
        _INPUTS, settings.near_duplicates.model_dump(mode="json"), version, code_version()
    )
    if report := lake.report_if_current(TABLE, fingerprint):
        return report.as_skipped()
    inputs = {name: f"version {lake.version(name)}" for name in _INPUTS}
    counts = _sign(settings, lake, key, version=version, fingerprint=fingerprint)
    found = pl.concat([_groups(lake, kind, settings, key) for kind in KINDS])
    report = StageReport(
        stage=STAGE,
        rows_in=counts["texts_kept"],
        rows_out=found.height,
        counts={**counts, **_group_counts(found)},
        inputs=inputs,
    )
    lake.overwrite(TABLE, found.select(contract(TABLE).columns), fingerprint=fingerprint, report=report)
    return report


def _sign(settings: Settings, lake: Lake, key: ProjectKey, *, version: str, fingerprint: str) -> Mapping[str, int]:
    """Write the signatures of all kept texts that are long enough; return how they came about."""
    rows, texts, new = _signatures(settings, lake, key, version)
    counts = {
        "texts_kept": texts,
        "texts_too_short": texts - rows.height,
        "texts_known": rows.height - new,
        "texts_new": new,
    }
    stored = lake.scan(SIGNATURES).select(pl.len()).collect().item()
    if new or stored != rows.height or not lake.exists(SIGNATURES):
        report = StageReport(stage=STAGE, rows_in=texts, rows_out=rows.height, counts=counts)
        lake.overwrite(SIGNATURES, rows, fingerprint=fingerprint, report=report)
    # What a sketch says of a deleted text has to go with the text, from the disk too.
    lake.purge(SIGNATURES)
    return counts


def _signatures(settings: Settings, lake: Lake, key: ProjectKey, version: str) -> tuple[pl.DataFrame, int, int]:
    """Return the signatures, sorted by kind and name, the number of texts read, and of those sketched anew."""
    columns = contract(SIGNATURES).columns
    known = lake.scan(SIGNATURES).filter(rules_version=version).select(columns).collect()
    parts, texts, new = [known.clear()], 0, 0
    for kind, batch in _kept(lake):
        hashed = batch.with_columns(content_hash=_content_hashes(batch["text"], key))
        unchanged = known.join(hashed, on=["name", "content_hash"], how="semi")
        changed = hashed.join(unchanged, on="name", how="anti", maintain_order="left")
        made = sketches(changed["text"], settings.near_duplicates, key)
        fresh = changed[made.rows].select(
            "name", "content_hash", kind=pl.lit(kind), rules_version=pl.lit(version), bands=_lists(made.bands)
        )
        parts.append(pl.concat([unchanged, fresh.select(columns)]).sort("name"))
        texts += batch.height
        new += fresh.height
    return pl.concat(parts), texts, new


def _kept(lake: Lake) -> Iterator[tuple[str, pl.DataFrame]]:
    for kind in KINDS:
        for batch in kept_texts(lake, kind):
            yield kind, batch


def _content_hashes(texts: pl.Series, key: ProjectKey) -> pl.Series:
    contents = key.derive("near-duplicates/contents")
    return pl.Series([contents.keyed_hash(text)[:_CONTENT_DIGITS] for text in texts], dtype=pl.String)


def _groups(lake: Lake, kind: str, settings: Settings, key: ProjectKey) -> pl.DataFrame:
    """Return `name`, `kind` and `group` of the texts of one kind that are like another, sorted by name."""
    rows = lake.scan(SIGNATURES).filter(kind=kind).select("name", "kind", "bands").collect()
    labels = groups(_matrix(rows["bands"], settings.near_duplicates.bands), settings.near_duplicates)
    members = (
        rows.select("name", "kind", label=pl.Series(labels, dtype=pl.Int64))
        .with_columns(size=pl.len().over("label"), first=pl.col("name").min().over("label"))
        .filter(pl.col("size") > 1)
    )
    firsts, group_key = members["first"].unique().sort(), key.derive("near-duplicates/groups")
    named = pl.DataFrame(
        {"first": firsts, "group": [group_key.public_id(name) for name in firsts]},
        schema={"first": pl.String, "group": pl.String},
    )
    return members.join(named, on="first", how="left").select("name", "kind", "group").sort("name")


def _group_counts(found: pl.DataFrame) -> dict[str, int]:
    sizes = found.group_by("kind", "group").len()
    counts = {f"groups_of_{kind}s": sizes.filter(kind=kind).height for kind in KINDS}
    return {**counts, "largest_group": max(sizes["len"], default=0)}


def _lists(bands: Bands) -> pl.Series:
    return pl.Series("bands", bands, dtype=pl.Array(pl.Int64, bands.shape[1])).arr.to_list()


def _matrix(bands: pl.Series, width: int) -> Bands:
    if not len(bands):
        return np.zeros((0, width), np.int64)
    return bands.explode().to_numpy().reshape(-1, width)
