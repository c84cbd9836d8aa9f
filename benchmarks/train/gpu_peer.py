"""TRL's DPOTrainer over the same pairs, as in its documentation and tuned: pairs per second and memory."""

import gc
import importlib.util
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import TrainerCallback

from benchmarks.train import shapes
from prefpairs.train.data.trees import Tree

_BATCHES = {"tuned": (16, 8, 4), "default": (8, 4, 2)}
_STEPS = 6


def missing() -> str | None:
    """Return the package that is not here, or None."""
    return next((name for name in ("trl", "datasets") if importlib.util.find_spec(name) is None), None)


def figures(make: Callable[[torch.dtype], Any], trees: Sequence[Tree], how: str) -> dict[str, float]:
    """Return pairs per second and memory, for the batch that is fastest; nothing if none fits the memory.

    Tuned: bf16 weights, stored reference scores, activations kept. Default: float32 weights under bf16 autocast,
    a second model as reference, activations computed again.
    """
    found: dict[str, float] = {}
    for batch in _BATCHES[how]:
        try:
            measured = _run(make, trees, how, batch)
        except torch.OutOfMemoryError:
            measured = {}
        finally:
            clear()
        if measured.get("pairs_per_s", 0.0) > found.get("pairs_per_s", 0.0):
            found = {**measured, "batch_pairs": batch}
        elif found:
            break
    return found


class _Clock(TrainerCallback):
    def __init__(self) -> None:
        self.times: list[float] = []

    def on_step_end(self, *_arguments: Any, **_others: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.times.append(time.perf_counter())


def _run(make: Callable[[torch.dtype], Any], trees: Sequence[Tree], how: str, batch: int) -> dict[str, float]:
    from datasets import Dataset, disable_progress_bars
    from trl import DPOConfig, DPOTrainer

    disable_progress_bars()
    gpu = torch.cuda.is_available()
    clock = _Clock()
    policy = make(torch.bfloat16 if how == "tuned" else torch.float32)
    rows = shapes.pair_rows(trees)[: batch * _STEPS]
    with tempfile.TemporaryDirectory() as folder:
        settings = DPOConfig(
            output_dir=folder,
            per_device_train_batch_size=batch,
            max_steps=min(_STEPS, len(rows) // batch) if len(rows) >= batch else 1,
            learning_rate=1e-7,
            max_length=2048,
            bf16=gpu,
            use_cpu=not gpu,
            gradient_checkpointing=how == "default",
            precompute_ref_log_probs=how == "tuned",
            report_to="none",
            save_strategy="no",
            logging_steps=1000,
            disable_tqdm=True,
        )
        trainer = DPOTrainer(
            model=policy,
            ref_model=make(torch.float32) if how == "default" else None,
            args=settings,
            train_dataset=Dataset.from_list(rows),
            processing_class=shapes.word_tokenizer(),
            callbacks=[clock],
        )
        if gpu:
            torch.cuda.reset_peak_memory_stats()
        trainer.train()
    memory = torch.cuda.max_memory_allocated() / 1e9 if gpu else 0.0
    steps = [after - before for before, after in zip(clock.times, clock.times[1:], strict=False)]
    del trainer, policy
    # The first steps allocate.
    seconds = sorted(steps)[len(steps) // 2] if steps else float("inf")
    return {"pairs_per_s": batch / seconds, "gb": memory}


def clear() -> None:
    """Give memory back before the next model is made."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
