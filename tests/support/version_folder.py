"""A few pairs -> a folder that looks like a pulled version: Parquet by contract and a manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from prefpairs.contracts import contract
from prefpairs.files import sha256_file, sha256_json
from prefpairs.release.manifest import (
    MANIFEST_NAME,
    ConfigEntry,
    FileEntry,
    Manifest,
    Tombstones,
    content_root,
    rows_by_config,
)
from tests.support.selected import CALIBRATION


@dataclass(frozen=True)
class Version:
    folder: Path


def pair_row(thread: str, prompt: str, chosen: str, rejected: str, **others: Any) -> dict[str, Any]:
    """Return a full row of `pairs`; ids follow from the texts."""
    gap = {"score_chosen": 9, "score_rejected": 2, "score_gap": 7, "score_ratio": 4.5}
    return {
        "pair_id": sha256_json([thread, chosen, rejected])[:16],
        "prompt": prompt,
        "chosen": chosen,
        "rejected": rejected,
        "thread_id": thread,
        "chosen_id": sha256_json([thread, chosen])[:16],
        "rejected_id": sha256_json([thread, rejected])[:16],
        "subreddit": "quiet_evenings",
        "month": "2024-05",
        "words_prompt": len(prompt.split()),
        "words_chosen": len(chosen.split()),
        "words_rejected": len(rejected.split()),
        "token_overlap": 0.1,
        **gap,
        "percentile_chosen": 90.0,
        "percentile_rejected": 20.0,
        "seconds_between": 60,
        "age_h_chosen": None,
        "age_h_rejected": None,
        "unvoted": False,
        "preset": "shp",
        "split": "train",
        **CALIBRATION,
        **others,
    }


def write_version(folder: Path, splits: Mapping[str, Sequence[Mapping[str, Any]]]) -> Version:
    """Write `data/pairs/<split>-00000-of-00001.parquet` for each split, and the manifest that names them."""
    agreement = contract("pairs")
    entries = []
    for split, rows in splits.items():
        name = f"data/pairs/{split}-00000-of-00001.parquet"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pylist([{**row, "split": split} for row in rows], schema=agreement.schema)
        pq.write_table(table, path)
        entries.append(
            FileEntry(
                path=name,
                sha256=sha256_file(path),
                bytes=path.stat().st_size,
                rows=len(rows),
                config="pairs",
                split=cast("Any", split),
            )
        )
    manifest = Manifest(
        version="v0.1.0",
        series="main",
        parent=None,
        mode="text",
        content_root=content_root(entries),
        files=tuple(entries),
        configs={
            "pairs": ConfigEntry(
                contract="pairs",
                contract_version=agreement.version,
                description=agreement.description,
                fields=(),
                rows=rows_by_config(entries)["pairs"],
            )
        },
        preset="shp",
        config_hash="0" * 64,
        settings={},
        code_version="0",
        packages={},
        tables={},
        tombstones=Tombstones(count=0, newest_requested_at=None),
        policy_hash=None,
        masked_spans={},
        funnel=(),
    )
    (folder / MANIFEST_NAME).write_bytes(manifest.to_bytes())
    return Version(folder)
