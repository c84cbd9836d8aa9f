"""The GPU table: packed DPO beside TRL, and SFT on packed rows, in bf16 on a 1B and an 8B Llama of random weights.

`python -m benchmarks.train.gpu`, with TRL and `datasets` installed or on PYTHONPATH; it ends within ten minutes,
and measures the smaller model first. Full fine-tuning: forward, backward and an AdamW step, activations kept.
Without a GPU it says so and writes nothing. `--try` runs the same code on a CPU with tiny models: a test of the
script, whose figures mean nothing.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks.report import publish
from benchmarks.train import gpu_peer, packed, shapes
from prefpairs.train.data.packing import pack
from prefpairs.train.data.trees import Tree
from prefpairs.train.objectives.choose import objective_of
from prefpairs.train.scoring.layout import layout

_SECONDS = 540.0
_RESPONSES = (2, 3, 5, 8)
_ROW_TOKENS = 16_384
_SFT_ROWS = 8
# Dense bf16 of an H100 or H200 by its data sheet, FLOP a second: what MFU is a share of.
_PEAK = 989e12
_SIZES: Mapping[str, Mapping[str, Any]] = {
    "1b": {"hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16},
    "8b": {"hidden_size": 4096, "intermediate_size": 14_336, "num_hidden_layers": 32},
}
_TINY: Mapping[str, Any] = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2}

Figures = dict[str, float]


def main(*, trying: bool) -> None:
    """Measure what the time allows, and print one table."""
    if not trying and not torch.cuda.is_available():
        print("No GPU here: the figures stay empty. `--try` runs the script on the CPU, with tiny models.")
        return
    device = torch.device("cpu" if trying else "cuda")
    deadline = time.monotonic() + _SECONDS
    figures: Figures = {}
    for size in _SIZES:
        for name, trees in _shapes(trying).items():
            for what, measured in _measurements(size, trees, device, trying=trying):
                if time.monotonic() > deadline:
                    break
                figures |= {f"{what}_{figure}_{size}_{name}": value for figure, value in measured().items()}
                gpu_peer.clear()
        if time.monotonic() < deadline:
            figures |= {
                f"sft_{figure}_{size}": value for figure, value in _sft(size, device, trying=trying).items()
            }
    rows = list(_rows(figures, _shapes(trying)))
    headings = ("model, shape", "packed pairs/s", "GB", "MFU", "TRL tuned", "GB", "TRL default", "times TRL tuned")
    if trying:
        print(headings, *rows, sep="\n")
        return
    publish(
        "train_gpu",
        title=f"DPO in bf16 on one {torch.cuda.get_device_name()}: forward, backward, AdamW",
        headings=headings,
        rows=rows,
        figures=figures,
        packages=["torch", "transformers"],
    )


def _shapes(trying: bool) -> dict[str, Sequence[Tree]]:
    if trying:
        return {"k3": shapes.invented(3, posts=2, seed=1)}
    invented = {f"k{count}": shapes.invented(count, posts=32, seed=1) for count in _RESPONSES}
    return {"demo": shapes.recorded(seed=1), **invented}


def _measurements(
    size: str, trees: Sequence[Tree], device: torch.device, *, trying: bool
) -> Iterator[tuple[str, Callable[[], Figures]]]:
    yield "packed", partial(_packed, size, trees, device, trying=trying)
    if gpu_peer.missing() is None:
        make = partial(model, size, device, trying=trying)
        for how in ("tuned", "default"):
            yield f"trl_{how}", partial(gpu_peer.figures, make, trees, how)


def model(size: str, device: torch.device, dtype: torch.dtype, *, trying: bool) -> Any:
    """Return a Llama with random weights, made where it runs."""
    shape = _TINY if trying else _SIZES[size]
    heads = 4 if trying else 32
    config = LlamaConfig(
        **shape,
        vocab_size=shapes.VOCABULARY if trying else 128_256,
        num_attention_heads=heads,
        num_key_value_heads=heads // 4,
        max_position_embeddings=4096,
        tie_word_embeddings=size == "1b",
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
        use_cache=False,
    )
    with torch.device(device), torch.random.fork_rng():
        torch.manual_seed(0)
        before = torch.get_default_dtype()
        torch.set_default_dtype(dtype)
        try:
            return LlamaForCausalLM(config).train(False)
        finally:
            torch.set_default_dtype(before)


def _packed(size: str, trees: Sequence[Tree], device: torch.device, *, trying: bool) -> Figures:
    policy = model(size, device, torch.bfloat16, trying=trying)
    how = packed.recipe(row_tokens=_ROW_TOKENS)
    scorer = packed.scorer(policy, how, device, torch.bfloat16)

    def gradients() -> None:
        packed.step(scorer, trees, how, device=device)

    found = _measured(policy, gradients, trees, device)
    return {**found, "pairs_per_s": sum(len(tree.pairs) for tree in trees) / found.pop("seconds")}


def _sft(size: str, device: torch.device, *, trying: bool) -> Figures:
    policy = model(size, device, torch.bfloat16, trying=trying)
    trees = shapes.invented(1, posts=2 if trying else _SFT_ROWS * _ROW_TOKENS // 480, seed=2)
    how = packed.recipe(stages=["sft"], row_tokens=_ROW_TOKENS)
    scorer = packed.scorer(policy, how, device, torch.bfloat16)
    objective = objective_of(how, "sft")
    denominators = objective.denominators(trees)

    def gradients() -> None:
        for row in pack(trees, row_tokens=how.row_tokens):
            loss = objective(scorer(layout(row, device=device)), None, row, denominators)
            loss.value.backward()  # type: ignore[no-untyped-call]

    return _measured(policy, gradients, trees, device)


def _measured(policy: Any, gradients: Callable[[], None], trees: Sequence[Tree], device: torch.device) -> Figures:
    optimizer = torch.optim.AdamW(policy.parameters(), lr=1e-7)

    def step() -> None:
        gradients()
        optimizer.step()
        optimizer.zero_grad()

    seconds = _timed(step, device)
    tokens = sum(tree.tokens for tree in trees)
    scored = sum(len(response) for tree in trees for response in tree.responses)
    return {
        "seconds": seconds,
        "tokens_per_s": tokens / seconds,
        "gb": torch.cuda.max_memory_allocated() / 1e9 if device.type == "cuda" else 0.0,
        "mfu": _flop(policy, tokens, scored, trees) / seconds / _PEAK,
    }


def _flop(policy: Any, tokens: int, scored: int, trees: Sequence[Tree]) -> float:
    """Return the FLOP that the loss and its gradients need; what is computed twice is not counted twice.

    Six for each weight of the layers and each token, six for each weight of the head and each scored token, and
    twelve for each attended pair of positions, layer and width (Chowdhery et al. 2022, appendix B).
    """
    head = policy.lm_head.weight.numel()
    embedded = policy.model.embed_tokens.weight.numel()
    weights = sum(weight.numel() for weight in policy.parameters()) - embedded
    weights -= 0 if policy.config.tie_word_embeddings else head
    attended = 0.0
    for tree in trees:
        prompt = len(tree.prompt)
        attended += prompt**2 / 2
        attended += sum(len(response) * (prompt + len(response) / 2) for response in tree.responses)
    per_position = 12 * policy.config.num_hidden_layers * policy.config.hidden_size
    return float(6.0 * weights * tokens + 6.0 * head * scored + per_position * attended)


def _timed(step: Callable[[], object], device: torch.device) -> float:
    """Return the median seconds of a step, the device's work included."""
    step()  # compiles, allocates
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begun)
    return sorted(times)[1]


def _rows(figures: Figures, of: Mapping[str, Sequence[Tree]]) -> Iterator[tuple[str, ...]]:
    for size in _SIZES:
        for name in of:
            key = f"{size}_{name}"
            ours, tuned, default = (
                figures.get(f"{what}_pairs_per_s_{key}") for what in ("packed", "trl_tuned", "trl_default")
            )
            yield (
                f"{size}, {name}",
                _shown(ours, ".1f"),
                _shown(figures.get(f"packed_gb_{key}"), ".0f"),
                _shown(figures.get(f"packed_mfu_{key}"), ".0%"),
                _shown(tuned, ".1f"),
                _shown(figures.get(f"trl_tuned_gb_{key}"), ".0f"),
                _shown(default, ".1f"),
                _shown(ours / tuned if ours and tuned else None, ".1f"),
            )
        speed, mfu = (figures.get(f"sft_{figure}_{size}") for figure in ("tokens_per_s", "mfu"))
        yield (f"{size}, SFT, tokens/s", _shown(speed, ",.0f"), "", _shown(mfu, ".0%"), "", "", "", "")


def _shown(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


if __name__ == "__main__":
    main(trying="--try" in sys.argv[1:])
