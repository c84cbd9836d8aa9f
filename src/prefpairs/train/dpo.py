"""A released version and a model -> a model that prefers what the community valued more (DPO).

Rafailov et al. 2023, "Direct Preference Optimization" (arXiv 2305.18290), the sigmoid loss. The reference is
the model as it was: it scores every response once before training starts, so no second model stays in memory.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from prefpairs.config import Train
from prefpairs.errors import ConfigError, ContractError
from prefpairs.files import pretty_json, sha256_file
from prefpairs.release.manifest import MANIFEST_NAME, Manifest, verify
from prefpairs.train.data import Pair, Split, encode, read_rows
from prefpairs.train.encoding import Encoder
from prefpairs.train.losses import dpo_loss, mean_metrics, reward_margin
from prefpairs.train.model import REPORT_NAME, choose_device, folder_hash, load, save
from prefpairs.train.report import Evaluation, TrainReport, earlier_wins, longer_wins
from prefpairs.train.scoring import PairSet, pair_set, score, score_all

PACKAGES = ("prefpairs", "pyarrow", "safetensors", "tokenizers", "torch", "transformers")
Progress = Callable[[dict[str, float]], None]


class Pulled(Protocol):
    """A version on disk, as `prefpairs.release.client.pull` returns it."""

    @property
    def folder(self) -> Path:
        """Where it is."""
        ...


def run(
    pulled: Pulled, *, model: Path, output: Path, settings: Train, progress: Progress | None = None
) -> TrainReport:
    """Train a causal language model on the `pairs` of a version, and write it to a new folder.

    Parameters
    ----------
    pulled
        The version. Its bytes are verified again before any of them is read.
    model
        A local folder: config.json, safetensors weights, a tokenizer with an end-of-text token.
    output
        The folder to make: the model, its tokenizer and training.json. It appears whole or not at all.
    settings
        How to train. On a CPU the same version, model and settings give the same bytes.
    progress
        Called after each step with `step`, `steps`, `epoch`, `loss`, `accuracy`, `margin` and `gradient_norm`.

    Returns
    -------
    TrainReport
        Also in training.json. If `output` was already made from the same inputs nothing is done and it says so.

    Raises
    ------
    VerificationError
        If the version's bytes are not those of its manifest.
    ContractError
        If its train split has no pair that can be trained on; the message counts the reasons.
    ConfigError
        If the model, the device, the output folder or a setting does not do.

    """
    manifest = verify(pulled.folder)
    device = choose_device(settings.device)
    inputs = _inputs(pulled.folder, model=model, settings=settings, device=device)
    if (finished := _finished(output, inputs)) is not None:
        return finished
    policy, tokenizer = load(model, device=device, settings=settings)
    encoder = Encoder(tokenizer, template_date=settings.template_date)
    splits = {
        split: encode(read_rows(_files(pulled.folder, manifest, split)), encoder, settings=settings)
        for split in ("train", "validation")
    }
    _check_trainable(manifest, splits["train"])
    try:
        report = _train(policy, splits, manifest, inputs, settings=settings, device=device, progress=progress)
    except torch.OutOfMemoryError:
        msg = (
            f"The GPU's memory is too small. Lower train.batch_pairs ({settings.batch_pairs}) or train.max_tokens."
        )
        raise ConfigError(msg) from None
    save(output, model=policy, tokenizer=tokenizer, files={REPORT_NAME: pretty_json(report.to_json())})
    return report


def _train(
    policy: Any,
    splits: Mapping[str, Split],
    manifest: Manifest,
    inputs: Mapping[str, Any],
    *,
    settings: Train,
    device: torch.device,
    progress: Progress | None,
) -> TrainReport:
    data = {name: pair_set(split.threads) for name, split in splits.items()}
    reference = {
        name: score_all(policy, pairs.examples, batch_examples=2 * settings.batch_pairs, device=device)
        for name, pairs in data.items()
    }
    epochs = _optimise(
        policy, data["train"], reference["train"], settings=settings, device=device, progress=progress
    )
    return TrainReport(
        version=manifest.version,
        content_root=manifest.content_root,
        inputs=inputs,
        steps=settings.epochs * _steps(data["train"], settings),
        counts={name: split.counts() for name, split in splits.items()},
        dropped={name: split.dropped for name, split in splits.items()},
        epochs=epochs,
        validation=_evaluate(
            policy, data["validation"], reference["validation"], settings=settings, device=device
        ),
    )


def _optimise(
    policy: Any,
    data: PairSet,
    reference: Tensor,
    *,
    settings: Train,
    device: torch.device,
    progress: Progress | None,
) -> tuple[dict[str, float], ...]:
    parameters = [parameter for parameter in policy.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay)
    generator = torch.Generator().manual_seed(settings.seed)
    steps = settings.epochs * _steps(data, settings)
    epochs = []
    step = 0
    for epoch in range(settings.epochs):
        total = torch.zeros(3, dtype=torch.float64)
        for batch in _batches(data, size=settings.batch_pairs, generator=generator):
            step += 1
            margin = _margins(policy, data, reference, batch, settings=settings, device=device)
            optimizer.zero_grad()
            dpo_loss(margin).mean().backward()  # type: ignore[no-untyped-call]
            norm = float(torch.nn.utils.clip_grad_norm_(parameters, settings.max_gradient_norm))
            metrics = mean_metrics(margin).cpu()
            _check_finite(norm, metrics, step=step)
            optimizer.step()
            total += metrics * len(batch)
            if progress is not None:
                progress({"step": step, "steps": steps, "epoch": epoch, **_named(metrics), "gradient_norm": norm})
        epochs.append(_named(total / len(data.pairs)))
    return tuple(epochs)


def _batches(data: PairSet, *, size: int, generator: torch.Generator) -> Iterator[list[Pair]]:
    """Shuffle threads, not pairs: pairs of one thread then meet in a batch and share their responses."""
    order = torch.randperm(len(data.threads), generator=generator).tolist()
    pairs = [pair for number in order for pair in data.threads[number]]
    for start in range(0, len(pairs), size):
        yield pairs[start : start + size]


def _margins(
    policy: Any, data: PairSet, reference: Tensor, batch: list[Pair], *, settings: Train, device: torch.device
) -> Tensor:
    numbers = list(dict.fromkeys(number for pair in batch for number in (pair.chosen, pair.rejected)))
    position = {number: place for place, number in enumerate(numbers)}
    scores = score(policy, [data.examples[number] for number in numbers], device=device)
    ratio = scores - reference[torch.tensor(numbers, device=device)]
    return reward_margin(
        ratio[[position[pair.chosen] for pair in batch]],
        ratio[[position[pair.rejected] for pair in batch]],
        beta=settings.beta,
    )


def _evaluate(
    policy: Any, data: PairSet, reference: Tensor, *, settings: Train, device: torch.device
) -> Evaluation | None:
    pairs = data.pairs
    if not pairs:
        return None
    scores = score_all(policy, data.examples, batch_examples=2 * settings.batch_pairs, device=device)
    ratio = scores - reference
    chosen, rejected = [pair.chosen for pair in pairs], [pair.rejected for pair in pairs]
    metrics = mean_metrics(reward_margin(ratio[chosen], ratio[rejected], beta=settings.beta))
    return Evaluation(
        pairs=len(pairs), **_named(metrics), longer_wins=longer_wins(pairs), earlier_wins=earlier_wins(pairs)
    )


def _named(metrics: Tensor) -> dict[str, float]:
    return dict(zip(("loss", "accuracy", "margin"), metrics.tolist(), strict=True))


def _steps(data: PairSet, settings: Train) -> int:
    return -(-len(data.pairs) // settings.batch_pairs)


def _files(folder: Path, manifest: Manifest, split: str) -> list[Path]:
    return [
        folder / entry.path for entry in manifest.data_files() if (entry.config, entry.split) == ("pairs", split)
    ]


def _inputs(folder: Path, *, model: Path, settings: Train, device: torch.device) -> dict[str, Any]:
    return {
        "manifest_sha256": sha256_file(folder / MANIFEST_NAME),
        "model_sha256": folder_hash(model),
        "settings": settings.model_dump(mode="json"),
        "device": device.type,
        "packages": {name: version(name) for name in PACKAGES},
    }


def _finished(output: Path, inputs: Mapping[str, Any]) -> TrainReport | None:
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return None
    try:
        document = json.loads((output / REPORT_NAME).read_bytes())
        if document["inputs"] == inputs:
            return TrainReport.from_json({**document, "skipped": True})
    except (OSError, ValueError, KeyError, TypeError):
        pass
    msg = f"{output} exists and was not made from this version, model and settings. Name another output folder."
    raise ConfigError(msg)


def _check_trainable(manifest: Manifest, split: Split) -> None:
    if split.pairs:
        return
    reasons = ", ".join(f"{count} {reason}" for reason, count in split.dropped.items()) or "it is empty"
    msg = f"Version {manifest.version} has no pair to train on in its train split ({split.rows} read): {reasons}."
    raise ContractError(msg)


def _check_finite(norm: float, metrics: Tensor, *, step: int) -> None:
    if torch.isfinite(metrics).all() and norm < float("inf"):
        return
    msg = f"Loss or gradient is not a finite number at step {step}. Nothing was saved. Lower train.learning_rate."
    raise ConfigError(msg)
