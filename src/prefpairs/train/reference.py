"""A model as it is before training -> the score of every response, computed once and kept beside the version.

With stored scores a step needs no second model and no second forward pass. They are only worth anything if they
are those of this very model, data and arithmetic: so the key names everything that changes them, and nothing that
does not. (TRL's cache misses when the learning rate changes, and in one case hits when it should not.)
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
import transformers
from torch import Tensor

from prefpairs.errors import ConfigError
from prefpairs.files import sha256_json
from prefpairs.train.attention.interface import Attention
from prefpairs.train.data.encoding import Encoder
from prefpairs.train.data.trees import Split, Tree
from prefpairs.train.recipe import Recipe, Stage
from prefpairs.train.reference_check import compare, sample_of
from prefpairs.train.reference_store import load, save
from prefpairs.train.scoring.all import Processes, Scoring, score_all

LAYOUT_VERSION = 1
"""Goes up with every change to how a row is laid out or attended to: stored scores are then no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceKey:
    """Everything that changes reference scores.

    Not among it: what only the training reads (learning rate, output, beta, seed), and what only cuts the same
    work into other parts (`row_tokens`, `head_tokens`): that moves scores by rounding, as each batch does.

    Attributes
    ----------
    model
        `folder_hash` of the model that is scored, with its tokenizer and template.
    encoding
        `Encoder.fingerprint`: tokenizer, chat template, prompt format, task and text settings.
    weights, compute
        The types that weights are kept in and that are multiplied.
    attention
        The name of the attention.
    device
        Its type.
    content_root
        Of the version.
    stage, split
        Which of the version's data.
    layout, torch, transformers
        The versions of what computes.

    """

    model: str
    encoding: str
    weights: str
    compute: str
    attention: str
    device: str
    content_root: str
    stage: Stage
    split: str
    layout: int = LAYOUT_VERSION
    torch: str = torch.__version__
    transformers: str = transformers.__version__

    def document(self, trees: Sequence[Tree]) -> dict[str, str | int]:
        """Return the key with the hash of all token ids that are scored, under the ids of their responses."""
        return {**asdict(self), "trees": trees_hash(trees)}


def reference_key(
    recipe: Recipe,
    stage: Stage,
    *,
    split: str,
    model: str,
    encoder: Encoder,
    attention: Attention,
    compute: torch.dtype,
    device: torch.device,
    content_root: str,
) -> ReferenceKey:
    """Return the key of a split's scores in a stage of a recipe.

    `model` is the `folder_hash` of what the stage starts from; `attention` and `compute` are what was chosen.
    """
    return ReferenceKey(
        model=model,
        encoding=encoder.fingerprint,
        weights=recipe.weights,
        compute=str(compute).removeprefix("torch."),
        attention=attention.name,
        device=device.type,
        content_root=content_root,
        stage=stage,
        split=split,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceScores:
    """Reference scores of a split.

    Attributes
    ----------
    sums
        `[N]`, float32, on the CPU, by `Tree.numbers`: summed log-probabilities in nats.
    computed
        Whether they were computed just now; False if they were stored.
    checked
        How many stored scores were computed again to compare.
    note
        Why stored scores were not taken, as a sentence; empty if they were, or there were none.

    """

    sums: Tensor
    computed: bool
    checked: int = 0
    note: str = ""


def reference_scores(
    scorer: Scoring,
    split: Split,
    *,
    store: Path,
    key: ReferenceKey,
    spot_check: int,
    row_tokens: int,
    device: torch.device,
    seed: int,
    processes: Processes | None = None,
) -> ReferenceScores:
    """Return the scores of all responses of a split under `scorer`: stored ones, or new ones that are then stored.

    Parameters
    ----------
    scorer
        The model as the policy starts out, with the attention and arithmetic that it will be trained with.
    split
        The data.
    store
        `store_folder(into, version)`.
    key
        What the scores depend on.
    spot_check
        How many stored scores are computed again, drawn with `seed`. If one is not the same but for rounding,
        none is taken.
    row_tokens
        Tokens of one forward pass.
    device
        Where the model is.
    seed
        Of the draw.
    processes
        All of them have to call this; the first one reads and writes, and all get the same.

    Raises
    ------
    ConfigError
        If a response gets no finite score.

    """
    document = key.document(split.trees)
    path = store / f"{sha256_json(document)}.parquet"
    main = processes is None or processes.rank == 0
    score = partial(
        score_all,
        scorer,
        row_tokens=row_tokens,
        device=device,
        processes=processes,
        shared=key.attention != "rows",
    )
    stored = load(path, split.trees, key=document) if main else None
    sums = _shared(None if stored is None else stored.sums, split.responses, device=device, processes=processes)
    note = f"Stored reference scores are not used: {stored.fault}." if stored is not None and stored.fault else ""
    if sums is not None:
        sample = sample_of(split.trees, spot_check, seed=seed)
        again = score(sample)
        checked, different = compare(sums, again, sample, is_exact=key.weights == key.compute == "float32")
        if not different:
            return ReferenceScores(sums=sums, computed=False, checked=checked)
        note = f"Stored reference scores are not used: of {checked} computed again {different} were others."
    sums = score(split.trees)
    _check_finite(sums)
    if main:
        save(path, split.trees, sums, key=document)
    return ReferenceScores(sums=sums, computed=True, note=note)


def trees_hash(trees: Sequence[Tree]) -> str:
    """Return one SHA-256 over the token ids of prompts and responses, under their published ids."""
    digest = hashlib.sha256()
    for tree in trees:
        for name, ids in [(tree.thread_id, tree.prompt), *zip(tree.response_ids, tree.responses, strict=True)]:
            digest.update(f"{len(name)} {name} {len(ids)} ".encode())
            digest.update(ids.tobytes())
        digest.update(f"{tree.numbers}".encode())
    return digest.hexdigest()


def _shared(
    sums: Tensor | None, responses: int, *, device: torch.device, processes: Processes | None
) -> Tensor | None:
    """Give every process what the first one has loaded."""
    if processes is None or processes.size == 1:
        return sums
    # One more place than scores: whether there are any.
    mine = torch.zeros(responses + 1) if sums is None else torch.cat([sums, torch.ones(1)])
    added = processes.sum(mine.to(device)).cpu()
    return added[:-1] if added[-1] else None


def _check_finite(sums: Tensor) -> None:
    if broken := int((~sums.isfinite()).sum()):
        msg = (
            f"The model gives {broken} of {len(sums)} responses no finite log-probability. Its weights are "
            "damaged, or too large for bfloat16: check the model, or set compute: float32."
        )
        raise ConfigError(msg)
