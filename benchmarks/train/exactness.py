"""Packed scores and gradients beside those of one response at a time; the texts and models that TRL is given."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from benchmarks.train import packed, shapes, tiny
from prefpairs.train.data.trees import Tree
from prefpairs.train.scoring.all import score_all
from prefpairs.train.scoring.layout import layout

_CPU = torch.device("cpu")
_BETA = 0.1


def figures() -> dict[str, float]:
    """Return the largest difference of a token's log-probability (nats) and of a gradient (relative)."""
    trees = shapes.invented(5, posts=2, seed=3)
    model = tiny.llama(0, sharpened=True)
    how = packed.recipe()
    scorer = packed.scorer(model, how, _CPU, torch.float32)
    with torch.no_grad():
        together = scorer(layout(trees, device=_CPU)).tokens
        apart = torch.cat([_tokens(model, tree, place) for tree in trees for place in range(len(tree.responses))])
    packed.step(scorer, trees, how)
    ours = {name: weight.grad.clone() for name, weight in model.named_parameters()}
    model.zero_grad()
    pairs = sum(len(tree.pairs) for tree in trees)
    for tree in trees:
        sums = torch.stack([_tokens(model, tree, place).sum() for place in range(len(tree.responses))])
        chosen, rejected = ([getattr(pair, side) for pair in tree.pairs] for side in ("chosen", "rejected"))
        loss = -functional.logsigmoid(_BETA * (sums[chosen] - sums[rejected])).sum() / pairs
        loss.backward()  # type: ignore[no-untyped-call]
    return {
        "max_logp_diff": float((together - apart).abs().max()),
        "max_grad_rel_diff": max(
            float((ours[name] - weight.grad).norm() / weight.grad.norm())
            for name, weight in model.named_parameters()
        ),
    }


def _tokens(model: Any, tree: Tree, place: int) -> torch.Tensor:
    prompt, response = tree.prompt, tree.responses[place]
    ids = torch.tensor([[*prompt, *response]])
    logits = model(ids).logits[0, len(prompt) - 1 : -1].float()
    found: torch.Tensor = logits.log_softmax(-1).gather(-1, ids[0, len(prompt) :, None])[:, 0]
    return found


def write_for_trl(folder: Path, trees: Sequence[Tree]) -> dict[str, float]:
    """Write pairs, a policy, a reference and the tokenizer for TRL; return our loss over the same pairs."""
    tokenizer = shapes.word_tokenizer()
    policy, reference = tiny.llama(0), tiny.llama(1)
    for name, model in {"policy": policy, "reference": reference}.items():
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    rows = [json.dumps(row) for row in shapes.pair_rows(trees)]
    (folder / "pairs.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    how = packed.recipe()
    scores = score_all(
        packed.scorer(reference, how, _CPU, torch.float32), trees, row_tokens=how.row_tokens, device=_CPU
    )
    loss = packed.step(packed.scorer(policy, how, _CPU, torch.float32), trees, how, reference=scores)
    return {"loss": float(loss)}
