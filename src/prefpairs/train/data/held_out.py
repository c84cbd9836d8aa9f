"""The held-out splits of a version -> which pairs that people judged must not be trained on."""

from collections.abc import Collection, Sequence
from hashlib import sha256
from pathlib import Path

from prefpairs.release.manifest import Manifest
from prefpairs.release.manifest import Split as SplitName
from prefpairs.train.data.version_rows import Thread, prompts_of

_HELD_OUT: tuple[SplitName, ...] = ("validation", "test")


def held_out_prompts(folder: Path, manifest: Manifest) -> frozenset[bytes]:
    """Return the hashes of the posts that a version measures on, in any config; they stay in memory.

    A version of labels has no text to compare with: nothing is held out then.

    Raises
    ------
    ContractError
        If a file is not Parquet or lacks its prompts.

    """
    if manifest.mode == "labels-only":
        return frozenset()
    return frozenset(_hash(prompt) for split in _HELD_OUT for prompt in prompts_of(folder, manifest, split))


def to_train_on(threads: Sequence[Thread], held_out: Collection[bytes]) -> tuple[list[Thread], int]:
    """Return the threads whose post is not held out, and how many pairs the others have."""
    kept = [thread for thread in threads if _hash(thread.prompt) not in held_out]
    return kept, sum(len(thread.pairs) for thread in threads) - sum(len(thread.pairs) for thread in kept)


def _hash(prompt: str) -> bytes:
    # A copy may break lines otherwise; JSON can spell half of a surrogate pair, which is no UTF-8.
    return sha256(" ".join(prompt.split()).encode(errors="surrogatepass")).digest()
