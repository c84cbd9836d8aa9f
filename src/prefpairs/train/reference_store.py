"""Reference scores -> one Parquet file beside the version, and back, or nothing if it is not what it says.

`<into>/reference_scores/<version>/<hash of the key>.parquet`: thread and response as published, tokens, and the
summed log-probability; no text. The key stands in the file's metadata. Only its owner can read it.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor

from prefpairs.errors import PrefpairsError
from prefpairs.files import canonical_json, make_private_folder, replacing
from prefpairs.release.manifest import read_manifest
from prefpairs.train.data.trees import Tree

FOLDER_NAME = "reference_scores"
_KEY, _DIGEST = b"prefpairs.reference_key", b"prefpairs.reference_digest"
_SCHEMA = pa.schema(
    [
        pa.field("thread_id", pa.string(), nullable=False),
        pa.field("response_id", pa.string(), nullable=False),
        pa.field("tokens", pa.int32(), nullable=False),
        pa.field("sum", pa.float32(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of a file.

    Attributes
    ----------
    sums
        `[N]`, float32; None if there is no file, or none to trust.
    fault
        Why a file that is there is not trusted; None if it is, or there is none.

    """

    sums: Tensor | None = None
    fault: str | None = None


def store_folder(into: Path, version: str) -> Path:
    """Return where the reference scores of a version lie: beside it, not in it."""
    return into / FOLDER_NAME / version


def save(path: Path, trees: Sequence[Tree], sums: Tensor, *, key: Mapping[str, Any]) -> None:
    """Write the scores of all responses, `[N]` by `Tree.numbers`: the whole file, or none."""
    metadata = {_KEY: canonical_json(key), _DIGEST: _digest(key, sums).encode()}
    columns = [*_responses(trees), pa.array(sums.numpy())]
    table = pa.Table.from_arrays(columns, schema=_SCHEMA.with_metadata(metadata))
    make_private_folder(path.parent)
    with replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def load(path: Path, trees: Sequence[Tree], *, key: Mapping[str, Any]) -> Stored:
    """Read the scores of all responses, if the file is whole and holds those of this key and these trees."""
    if not path.is_file():
        return Stored()
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        return Stored(fault=f"it cannot be read ({type(error).__name__})")
    metadata = table.schema.metadata or {}
    if metadata.get(_KEY) != canonical_json(key) or not table.schema.equals(_SCHEMA):
        return Stored(fault="it is of another kind")
    if table.select(range(3)).columns != [pa.chunked_array([column]) for column in _responses(trees)]:
        return Stored(fault="it holds other responses")
    sums = torch.from_numpy(np.array(table["sum"].to_numpy()))
    if metadata.get(_DIGEST) != _digest(key, sums).encode():
        return Stored(fault="its numbers were changed")
    return Stored(sums=sums)


def forget(into: Path) -> list[Path]:
    """Delete what belongs to no version that is here, and return it.

    That is the folder of every version that is not pulled into `into` any more, every file of other data than the
    version now holds, and every file that does not say what it is of. A response that was deleted is in no version
    of the data that it was deleted from, so its scores go when that version does.
    """
    forgotten = []
    for folder in sorted(path for path in (into / FOLDER_NAME).glob("*") if path.is_dir()):
        root = _content_root(into / folder.name)
        if root is None:
            shutil.rmtree(folder)
            forgotten.append(folder)
            continue
        for path in sorted(folder.glob("*.parquet")):
            if _key_of(path).get("content_root") != root:
                path.unlink()
                forgotten.append(path)
    return forgotten


def _content_root(version: Path) -> str | None:
    try:
        return read_manifest(version).content_root
    except PrefpairsError:
        return None


def _key_of(path: Path) -> dict[str, Any]:
    try:
        key = json.loads((pq.read_schema(path).metadata or {})[_KEY])
    except (pa.ArrowException, OSError, ValueError, KeyError):
        return {}
    return key if isinstance(key, dict) else {}


def _responses(trees: Sequence[Tree]) -> list[pa.Array]:
    rows = sorted(
        (number, tree.thread_id, response_id, len(response))
        for tree in trees
        for number, response_id, response in zip(tree.numbers, tree.response_ids, tree.responses, strict=True)
    )
    _, threads, responses, tokens = zip(*rows, strict=True) if rows else ((), (), (), ())
    return [pa.array(threads, pa.string()), pa.array(responses, pa.string()), pa.array(tokens, pa.int32())]


def _digest(key: Mapping[str, Any], sums: Tensor) -> str:
    return hashlib.sha256(canonical_json(key) + sums.numpy().tobytes()).hexdigest()
