"""Posts of one shape, or the posts of the demo's version -> trees and texts that tokenise to the same ids."""

import json
import random
import subprocess
import sys
from array import array
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from prefpairs.release.manifest import MANIFEST_NAME, verify
from prefpairs.train.data.encode import load_splits
from prefpairs.train.data.encoding import Encoder
from prefpairs.train.data.order import Order
from prefpairs.train.data.trees import Pair, Tree
from prefpairs.train.recipe import Recipe

ROOT = Path(__file__).resolve().parents[2]
PROMPT, RESPONSE, SPREAD = 350, 120, 0.4
VOCABULARY = 4096
END = "<end>"
_RECORDED = Path(__file__).with_name("demo_shape.json")
_RECORDED_POSTS = 128
_DEMO = ROOT / "build" / "demo" / "releases" / "v0.1.0"


def invented(responses: int, *, posts: int, seed: int) -> list[Tree]:
    """Return posts of 350 tokens with responses of 120 (give or take 40 %), every pair of them compared."""
    chance = random.Random(seed)
    trees = []
    for number in range(posts):
        lengths = [round(RESPONSE * chance.uniform(1 - SPREAD, 1 + SPREAD)) for _ in range(responses)]
        trees.append(
            Tree(
                thread_id=f"post{number}",
                prompt=_ids(chance, PROMPT),
                responses=tuple(array("i", [*_ids(chance, length - 1), 0]) for length in lengths),
                response_ids=tuple(f"post{number}response{place}" for place in range(responses)),
                numbers=tuple(range(number * responses, (number + 1) * responses)),
                pairs=tuple(Pair(chosen=a, rejected=b) for a, b in combinations(range(responses), 2)),
                ranking=tuple(range(responses)),
            )
        )
    return trees


def _ids(chance: random.Random, length: int, vocabulary: int = VOCABULARY) -> "array[int]":
    return array("i", (chance.randrange(1, vocabulary) for _ in range(length)))


def word_tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer in which every id is one word: texts written with `words` tokenise back exactly."""
    vocabulary = {END: 0, **{f"w{number}": number for number in range(1, VOCABULARY)}}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token=END))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=backend, eos_token=END)  # type: ignore[no-untyped-call]


def words(ids: Sequence[int]) -> str:
    """Return a text for ids that do not hold the end."""
    return "".join(f"w{number} " for number in ids)


def pair_rows(trees: Sequence[Tree]) -> list[dict[str, str]]:
    """Return prompt, chosen and rejected of every pair, as a trainer of separate pairs is given them."""
    return [
        {
            "prompt": words(tree.prompt),
            "chosen": words(tree.responses[pair.chosen][:-1]),
            "rejected": words(tree.responses[pair.rejected][:-1]),
        }
        for tree in trees
        for pair in tree.pairs
    ]


def demo(*, posts: int, seed: int) -> list[Tree]:
    """Return posts of the demo's version, in a random order, with the pairs that its caps left.

    The tokenizer is byte-level BPE with 4096 tokens, trained on the prompts and responses themselves.
    """
    if not (_DEMO / MANIFEST_NAME).is_file():
        subprocess.run(
            [sys.executable, "-m", "prefpairs.cli", "demo", "--into", str(_DEMO.parents[1])],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    manifest = verify(_DEMO)
    recipe = Recipe.model_validate({"stages": ["dpo"]})
    encoder = Encoder(_trained_tokenizer(), recipe.text, task=recipe.task)
    split = load_splits(_DEMO, manifest, encoder, recipe=recipe, stage="dpo", splits=("train",))["train"]
    order = Order(split_size=len(split.trees), seed=seed, posts_per_step=posts)
    return [split.trees[place] for place in order.batch(0)]


def write_recorded() -> None:
    """Write lengths and pairs of the demo's posts, for machines that cannot run the pipeline."""
    found = [
        {
            "prompt": len(tree.prompt),
            "responses": [len(response) for response in tree.responses],
            "pairs": [[pair.chosen, pair.rejected] for pair in tree.pairs],
        }
        for tree in demo(posts=_RECORDED_POSTS, seed=1)
    ]
    _RECORDED.write_text("[\n" + ",\n".join(map(json.dumps, found)) + "\n]\n", encoding="utf-8")


def recorded(*, seed: int, vocabulary: int = VOCABULARY) -> list[Tree]:
    """Return posts as long as the demo's, with its pairs, of random ids."""
    chance = random.Random(seed)
    trees: list[Tree] = []
    count = 0
    for number, post in enumerate(json.loads(_RECORDED.read_text(encoding="utf-8"))):
        lengths = post["responses"]
        trees.append(
            Tree(
                thread_id=f"post{number}",
                prompt=_ids(chance, post["prompt"], vocabulary),
                responses=tuple(array("i", [*_ids(chance, length - 1, vocabulary), 0]) for length in lengths),
                response_ids=tuple(f"post{number}response{place}" for place in range(len(lengths))),
                numbers=tuple(range(count, count + len(lengths))),
                pairs=tuple(Pair(chosen=chosen, rejected=rejected) for chosen, rejected in post["pairs"]),
            )
        )
        count += len(lengths)
    return trees


def _trained_tokenizer() -> Any:
    import pyarrow.parquet as pq

    threads = pq.read_table(_DEMO / "data" / "threads").to_pylist()
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    texts = (text for row in threads for text in (row["prompt"], *(one["text"] for one in row["responses"])))
    backend.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=backend, eos_token=END)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    write_recorded()
