"""A few rows -> a folder that looks like a pulled version: Parquet by contract and a manifest."""

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

_TABLES = {"improvement": "improvements"}
"""Configs that are not named as their contract."""


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


def thread_row(
    thread: str, prompt: str, responses: Sequence[str], pairs: Sequence[tuple[int, int]], **others: Any
) -> dict[str, Any]:
    """Return a full row of `threads`; its response ids are those that `pair_row` makes."""
    return {
        "thread_id": thread,
        "config": "default",
        "subreddit": "quiet_evenings",
        "month": "2024-05",
        "prompt": prompt,
        "responses": [
            {"response_id": sha256_json([thread, text])[:16], "text": text, "score": 9 - place, "percentile": 50.0}
            for place, text in enumerate(responses)
        ],
        "pairs": [
            {"chosen": chosen, "rejected": rejected, "weight": 1.0, "probability": 0.75}
            for chosen, rejected in pairs
        ],
        **others,
    }


def completion_row(thread: str, prompt: str, completion: str, **others: Any) -> dict[str, Any]:
    """Return a full row of `sft`."""
    return {
        "thread_id": thread,
        "response_id": sha256_json([thread, completion])[:16],
        "prompt": prompt,
        "completion": completion,
        "subreddit": "quiet_evenings",
        "month": "2024-05",
        "words_prompt": len(prompt.split()),
        "words_completion": len(completion.split()),
        "score": 9,
        "percentile": 90.0,
        "pairs_won": 1,
        "preference_probability": 0.75,
        "labels_prompt": [],
        "labels_completion": [],
        "preset": "shp",
        **others,
    }


def improvement_row(thread: str, prompt: str, draft: str, better: str, **others: Any) -> dict[str, Any]:
    """Return a full row of `improvement`: by default a revision, whose texts are no comments."""
    return {
        "improvement_id": sha256_json([thread, draft, better])[:16],
        "prompt": prompt,
        "draft": draft,
        "better": better,
        "made_by": "revision",
        "reviser": "person",
        "thread_id": thread,
        "draft_id": None,
        "better_id": None,
        "subreddit": "quiet_evenings",
        "month": "2024-05",
        "words_prompt": len(prompt.split()),
        "words_draft": len(draft.split()),
        "words_better": len(better.split()),
        "token_overlap": 0.5,
        "similarity": 0.5,
        "similarity_by": "words",
        "score_draft": None,
        "score_better": None,
        "preference_probability": None,
        "labels_prompt": [],
        "labels_draft": [],
        "labels_better": [],
        "labelled_draft": True,
        "labelled_better": True,
        **others,
    }


def write_version(folder: Path, splits: Mapping[str, Sequence[Mapping[str, Any]]]) -> Version:
    """Write a version whose only config is `pairs`."""
    return write_configs(folder, {"pairs": splits})


def write_configs(folder: Path, configs: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]) -> Version:
    """Write `data/<config>/<split>-00000-of-00001.parquet` for each config and split, and their manifest."""
    entries = [
        _write(folder, config, split, rows) for config, splits in configs.items() for split, rows in splits.items()
    ]
    agreements = {config: contract(_TABLES.get(config, config)) for config in configs}
    manifest = Manifest(
        version="v0.1.0",
        series="main",
        parent=None,
        mode="text",
        content_root=content_root(entries),
        files=tuple(entries),
        configs={
            config: ConfigEntry(
                contract=agreement.table,
                contract_version=agreement.version,
                description=agreement.description,
                fields=(),
                rows=rows_by_config(entries)[config],
            )
            for config, agreement in agreements.items()
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


def _write(folder: Path, config: str, split: str, rows: Sequence[Mapping[str, Any]]) -> FileEntry:
    name = f"data/{config}/{split}-00000-of-00001.parquet"
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = contract(_TABLES.get(config, config)).schema
    pq.write_table(pa.Table.from_pylist([{**row, "split": split} for row in rows], schema=schema), path)
    return FileEntry(
        path=name,
        sha256=sha256_file(path),
        bytes=path.stat().st_size,
        rows=len(rows),
        config=config,
        split=cast("Any", split),
    )
