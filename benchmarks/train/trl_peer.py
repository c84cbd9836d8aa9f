"""TRL's DPOTrainer on a folder that `exactness.write_for_trl` wrote. Runs in an environment of its own.

`python trl_peer.py FOLDER tuned|default`: prints the mean loss, and the processor seconds of the training steps.
Tuned is what the documentation advises: stored reference scores, no recomputing of activations. The learning
rate is zero, so that every pair meets the same policy. Knows nothing of prefpairs.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TRANSFORMERS_VERBOSITY="error")

import torch
from datasets import Dataset, disable_progress_bars
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import DPOConfig, DPOTrainer


class Watched(DPOTrainer):  # type: ignore[misc]
    """Keeps the unrounded loss of every batch."""

    def compute_loss(self, *arguments: Any, **others: Any) -> Any:
        """Compute the loss as TRL does, and note it."""
        result = super().compute_loss(*arguments, **others)
        seen.append(float((result[0] if isinstance(result, tuple) else result).detach()))
        return result


class Clock(TrainerCallback):
    """Notes the processor time of the first step's start and the last step's end."""

    def on_step_begin(self, *_arguments: Any, **_others: Any) -> None:
        """Note the time."""
        times.append(time.process_time())

    def on_step_end(self, *_arguments: Any, **_others: Any) -> None:
        """Note the time."""
        times.append(time.process_time())


seen: list[float] = []
times: list[float] = []


def main(folder: Path, how: str) -> dict[str, float]:
    torch.set_num_threads(1)
    disable_progress_bars()
    rows = [json.loads(line) for line in (folder / "pairs.jsonl").read_text(encoding="utf-8").splitlines()]
    tokenizer = AutoTokenizer.from_pretrained(folder / "policy")
    policy, reference = (AutoModelForCausalLM.from_pretrained(folder / name) for name in ("policy", "reference"))
    settings = DPOConfig(
        output_dir=str(folder / "out"),
        per_device_train_batch_size=4,
        num_train_epochs=1,
        learning_rate=0.0,
        beta=0.1,
        max_length=2048,
        bf16=False,
        use_cpu=True,
        gradient_checkpointing=how == "default",
        precompute_ref_log_probs=how == "tuned",
        report_to="none",
        save_strategy="no",
        logging_steps=1000,
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    trainer = Watched(
        model=policy,
        ref_model=reference,
        args=settings,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[Clock()],
    )
    trainer.train()
    sizes = [4] * (len(rows) // 4) + ([len(rows) % 4] if len(rows) % 4 else [])
    return {
        "loss": sum(loss * size for loss, size in zip(seen, sizes, strict=True)) / len(rows),
        # The first step also sets up; the others tell what a step costs.
        "cpu_s": (times[-1] - times[2]) / (len(rows) - 4) * len(rows) if len(rows) > 4 else times[-1] - times[0],
        "pairs": len(rows),
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
