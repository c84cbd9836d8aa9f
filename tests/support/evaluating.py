"""A few numbers -> a held-out split and the scores of its responses, as an evaluation sees them."""

from array import array
from collections.abc import Sequence

import numpy as np

from prefpairs.evaluate.generations.report import Dimension, Generations
from prefpairs.evaluate.held_out import Floats, HeldOut, held_out
from prefpairs.evaluate.preferences import preferences
from prefpairs.evaluate.report import EvaluationReport, Subject
from prefpairs.evaluate.rules import Scored
from prefpairs.evaluate.settings import EvaluateSettings, Figures
from prefpairs.train.data.trees import Pair, Split, Tree

SUBJECT = Subject(
    model="dpo",
    model_hash="a" * 64,
    reference="sft",
    reference_hash="b" * 64,
    reference_is_origin=True,
    reference_stage="sft",
    stage="dpo",
    task="generation",
    version="v1.0.0",
    trained_on="v1.0.0",
    content_root="c" * 64,
    commit="d" * 64,
    split="validation",
    judged_by="votes",
    beta=0.1,
    margin_is_log_odds=True,
    choices={"device": "cpu", "attention": "segments"},
    settings=EvaluateSettings().model_dump(mode="json"),
    identity="e" * 64,
    code_version="0.1.0+0",
)


def floats(*values: float) -> Floats:
    """Return an array of floats."""
    return np.array(values, dtype=np.float64)


def split_of(*threads: Sequence[Pair], post: Sequence[str] | None = None, tokens: int = 4) -> Split:
    """Return a split with one tree for each list of pairs, its responses numbered through, `tokens` long each."""
    trees, number = [], 0
    for place, pairs in enumerate(threads):
        size = 1 + max((max(pair.chosen, pair.rejected) for pair in pairs), default=0)
        numbers = tuple(range(number, number + size))
        trees.append(
            Tree(
                thread_id=post[place] if post else f"post {place}",
                prompt=array("i", [1]),
                responses=tuple(array("i", [1] * tokens) for _ in numbers),
                response_ids=tuple(f"response {one}" for one in numbers),
                numbers=numbers,
                pairs=tuple(pairs),
            )
        )
        number += size
    return Split(trees=tuple(trees), rows=sum(map(len, threads)), dropped={})


def community(posts: int, *, seed: int = 0) -> tuple[HeldOut, Scored]:
    """Return a split of posts with 2 to 5 responses, and a model that has learnt something and drifted down."""
    generator = np.random.default_rng(seed)
    threads, quality, words = [], [], []
    for _ in range(posts):
        size = int(generator.integers(2, 6))
        own = generator.normal(size=size)
        length = (60 * np.exp(0.5 * generator.normal(size=size) + 0.2 * own)).astype(int) + 4
        order = np.argsort(-(own + 0.7 * generator.normal(size=size)))
        threads.append(
            [
                Pair(
                    chosen=int(order[first]),
                    rejected=int(order[second]),
                    probability=float(1 / (1 + np.exp(-1.5 * (own[order[first]] - own[order[second]])))),
                    extra_words=int(length[order[first]] - length[order[second]]),
                    seconds_between=int(generator.integers(-7200, 7200)),
                )
                for first in range(size)
                for second in range(first + 1, size)
            ]
        )
        quality.append(own)
        words.append(length)
    reference = -2.6 * np.concatenate(words) + generator.normal(scale=8, size=sum(map(len, words)))
    moved = 6 * np.concatenate(quality) - 9 + generator.normal(scale=5, size=len(reference))
    split = split_of(*threads, tokens=60)
    return held_out(split), Scored(policy=reference + moved, reference=reference, beta=0.1)


def replies() -> Generations:
    """Return what is reported of replies, with every kind of figure that the page has to show."""
    shown = {
        "readability": ("Flesch-Kincaid grade", "neither", 7.1, 8.3),
        "empathy": ("phrases that name a feeling, per 100 words", "higher", 1.4, 0.9),
        "connection": ("words shared with the post", "higher", 0.31, 0.28),
        "actionability": ("concrete suggestions", "higher", 1.8, 1.1),
        "safety": ("replies that a rule marks as harmful", "lower", 0.0, 0.01),
        "length": ("words", "neither", 96.0, 121.0),
    }
    return Generations(
        task="generation",
        dimensions=tuple(
            Dimension(
                name=name,
                proxy=proxy,
                explanation="A rule over the words. It says nothing of whether the reply helps.",
                better=better,  # type: ignore[arg-type]
                model=model,
                interval=(model * 0.9, model * 1.1),
                count=200,
                reference=reference,
                reference_interval=(reference * 0.9, reference * 1.1),
                community=(model + reference) / 2,
                community_interval=None,
                difference=model - reference,
                difference_interval=(model - reference - 0.1, model - reference + 0.1),
            )
            for name, (proxy, better, model, reference) in shown.items()
        ),
        counts={"posts": 200, "cut_off": 3},
        settings={"temperature": 0.0, "max_new_tokens": 256, "sentence_model": None},
        sources={"empathy": "rules 1"},
    )


def report(posts: int = 300, *, figures: Figures | None = None, with_replies: bool = True) -> EvaluationReport:
    """Return a whole document."""
    held, scored = community(posts)
    return EvaluationReport(
        subject=SUBJECT,
        counts={"rows": held.pairs, "pairs": held.pairs, "threads": len(held.threads)},
        dropped={"response_too_long": 2},
        preferences=preferences(held, scored, figures or Figures()),
        generations=replies() if with_replies else None,
    )
