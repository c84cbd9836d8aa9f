"""Threads in which warm answers are preferred -> a signed release, and a recipe that learns it in seconds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from prefpairs.files import pretty_json, sha256_file
from prefpairs.release.manifest import CARD_NAME, MANIFEST_NAME, SIGNOFF_NAME, FileEntry, read_manifest
from prefpairs.release.signoff import SignOff
from prefpairs.train.recipe import Recipe
from tests.support.version_folder import completion_row, improvement_row, pair_row, thread_row, write_configs

VERSION = "v0.1.0"
WARM = ("hear", "gentle", "together", "kind", "brave", "care")
COLD = ("whatever", "wrong", "stupid", "noise", "boring", "enough")
PLAIN = ("walk", "tea", "music", "window", "letter", "morning", "garden", "train", "rain", "bread")
TASK_TEXTS = tuple(" ".join(words) for words in (WARM, COLD, PLAIN))
"""What a tokenizer is trained on, so that these words are one token each or nearly so."""

FAST: Mapping[str, Any] = {
    "text": {"max_tokens": 128},
    "row_tokens": 512,
    "device": "cpu",
    "log_every": 1,
    "sft": {"learning_rate": 3e-3, "epochs": 2, "posts_per_step": 4},
    "dpo": {"learning_rate": 3e-3, "epochs": 3, "posts_per_step": 4},
    "dpo2": {"learning_rate": 1e-3, "epochs": 1, "posts_per_step": 4},
    "reward": {"learning_rate": 3e-3, "epochs": 3, "posts_per_step": 4},
}


def configs(threads: int = 24, held_out: int = 12, *, seed: int = 0) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return the rows of `threads`, `pairs`, `sft` and `improvement`; no held-out answer is in `train`."""
    draw = Random(seed)
    found: dict[str, dict[str, list[dict[str, Any]]]] = {
        name: {"train": [], "validation": []} for name in ("threads", "pairs", "sft", "improvement")
    }
    for number in range(threads + held_out):
        split = "train" if number < threads else "validation"
        thread, prompt = f"t{number}", f"How was your {' '.join(draw.sample(PLAIN, 3))} today?"
        warm = [_answer(draw, WARM) for _ in range(draw.randint(1, 2))]
        cold = [_answer(draw, COLD) for _ in range(draw.randint(1, 3))]
        pairs = [(better, len(warm) + worse) for better in range(len(warm)) for worse in range(len(cold))]
        answers = [*warm, *cold]
        found["threads"][split].append(thread_row(thread, prompt, answers, pairs))
        found["pairs"][split] += [pair_row(thread, prompt, answers[i], answers[j]) for i, j in pairs]
        found["sft"][split] += [completion_row(thread, prompt, answer) for answer in warm]
        found["improvement"][split] += [improvement_row(thread, prompt, draft, warm[0]) for draft in cold]
    return found


def release(folder: Path, rows: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]] | None = None) -> Path:
    """Write a signed version to `folder/v0.1.0` and return `folder`, which can be pulled from."""
    version = write_configs(folder / VERSION, configs() if rows is None else rows).folder
    manifest = read_manifest(version)
    card = b"# A version for tests\n"
    (version / CARD_NAME).write_bytes(card)
    named = FileEntry(path=CARD_NAME, sha256=sha256_file(version / CARD_NAME), bytes=len(card))
    manifest = manifest.model_copy(update={"files": (*manifest.files, named)})
    (version / MANIFEST_NAME).write_bytes(manifest.to_bytes())
    sign_off = SignOff(
        version=VERSION,
        decision="approved",
        content_root=manifest.content_root,
        manifest_sha256=sha256_file(version / MANIFEST_NAME),
        card_sha256=sha256_file(version / CARD_NAME),
        by="A. Steward",
        signed_at="2026-01-01T00:00:00Z",
    )
    (version / SIGNOFF_NAME).write_bytes(pretty_json(sign_off.model_dump(mode="json")))
    return folder


def recipe(releases: Path, *, model: Path, root: Path, **changes: Any) -> Recipe:
    """Return a recipe that pulls into `root/data` and writes to `root/out`."""
    dataset = {"version": VERSION, "source": str(releases), "into": root / "data"}
    return Recipe.model_validate({**FAST, "dataset": dataset, "model": model, "output": root / "out", **changes})


def _answer(draw: Random, tone: Sequence[str]) -> str:
    words = [*draw.sample(tone, 2), *draw.sample(PLAIN, draw.randint(1, 4))]
    draw.shuffle(words)
    return " ".join(words) + "."
