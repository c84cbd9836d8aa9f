"""A model, held-out posts and their texts -> what the model writes, as figures beside others' figures."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from prefpairs.errors import ContractError
from prefpairs.evaluate.generations.aggregate import Draws, dimension
from prefpairs.evaluate.generations.generate import Reply, Sampling, end_tokens, save_replies, write_replies
from prefpairs.evaluate.generations.judge import of_like_length, question, wins
from prefpairs.evaluate.generations.measure import Values
from prefpairs.evaluate.generations.measures import measures
from prefpairs.evaluate.generations.notes import notes
from prefpairs.evaluate.generations.readers import Readers
from prefpairs.evaluate.generations.report import Dimension, Generations
from prefpairs.evaluate.generations.safety import discloses_crisis, read_reply
from prefpairs.evaluate.generations.settings import GenerationSettings
from prefpairs.evaluate.generations.subjects import Subject, subjects
from prefpairs.evaluate.generations.words import words
from prefpairs.train.data.trees import Split
from prefpairs.train.data.version_rows import Thread

_JUDGED = (
    "Share of posts where a local judge prefers the model's reply in both orders; a tie counts half, so 0.5 says "
    "that it cannot tell. What a model prefers is no person's opinion."
)


def evaluate_generations(
    *,
    model: Any,
    tokenizer: Any,
    split: Split,
    threads: Iterable[Thread],
    settings: GenerationSettings,
    task: str = "generation",
    reference: Any | None = None,
    progress: Callable[[int], None] | None = None,
) -> Generations:
    """Let the model, and the reference model if there is one, reply to held-out posts, and measure the replies.

    Parameters
    ----------
    model, reference
        Causal language models of transformers or peft on their devices, whole in this process.
    tokenizer
        The one that `split` was made with.
    split
        The held-out split, tokenised: its prompts are what the models see.
    threads
        The rows that it was made from (`train.data.version_rows`).
    settings
        How replies are made and read.
    task
        `generation` or `improvement`.
    progress
        Called with a number of replies whenever so many more are written.

    Returns
    -------
    Generations
        Figures only. The texts are dropped, unless `settings.write_to` names a file.

    Raises
    ------
    ConfigError
        If a prompt does not fit the model, a local model cannot be loaded, or the file for replies exists.
    ContractError
        If the split holds no post, or threads of another version.

    """
    posts = posts_of(split, threads, settings)
    writers = {"model": model} | ({} if reference is None else {"reference": reference})
    replies = {
        writer: replies_of(network, tokenizer, split, posts, settings, progress=progress)
        for writer, network in writers.items()
    }
    return measured(posts, replies, settings, task=task, device=model.device)


def posts_of(split: Split, threads: Iterable[Thread], settings: GenerationSettings) -> list[Subject]:
    """Choose the posts that are replied to. Raises as `evaluate_generations`."""
    posts = subjects(split, threads, posts=settings.posts, seed=settings.seed)
    if not posts:
        msg = "The held-out split has no post to reply to. Pull a version that has one, or name another split."
        raise ContractError(msg)
    return list(posts)


def replies_of(
    model: Any,
    tokenizer: Any,
    split: Split,
    posts: Sequence[Subject],
    settings: GenerationSettings,
    *,
    progress: Callable[[int], None] | None = None,
) -> list[Reply]:
    """Let one model reply to the posts; the next one need not be in memory yet."""
    sampling = Sampling(
        max_new_tokens=settings.max_new_tokens,
        temperature=settings.temperature,
        top_p=settings.top_p,
        seed=settings.seed,
        batch=settings.batch,
    )
    return write_replies(
        model,
        tokenizer,
        [post.prompt for post in posts],
        sampling=sampling,
        ends=end_tokens(tokenizer, split.trees),
        keys=[post.key for post in posts],
        progress=progress,
    )


def measured(
    posts: Sequence[Subject],
    replies: dict[str, list[Reply]],
    settings: GenerationSettings,
    *,
    task: str,
    device: Any,
    confidence: float = 0.95,
    few_posts: int = 50,
) -> Generations:
    """Measure the replies of `model`, and of `reference` if it wrote some. Raises as `evaluate_generations`.

    `confidence` and `few_posts` are those of the report's other figures (`settings.Figures`).
    """
    readers = Readers.load(settings, device=device)
    draws = Draws(
        [post.thread_id for post in posts],
        resamples=settings.resamples,
        seed=settings.seed,
        confidence=confidence,
    )
    texts: dict[str, list[str | None]] = {
        **{writer: [reply.text for reply in written] for writer, written in replies.items()},
        "community": [post.chosen for post in posts],
    }
    judged, verdicts = _judged(posts, texts, settings, draws, readers)
    found = Generations(
        task=task,
        dimensions=(*_measured(posts, texts, settings, task, draws, readers), *judged),
        counts=_counts(posts, replies, settings) | verdicts,
        settings=settings.model_dump(mode="json", exclude={"write_to", "judge", "sentence_model", "batch"}),
        sources=readers.sources(),
        notes=notes(posts, replies, settings, few_posts=few_posts),
    )
    # Last: a file that is there says that the figures beside it could be made.
    if settings.write_to is not None:
        save_replies(settings.write_to, _lines(posts, replies))
    return found


def _measured(
    posts: Sequence[Subject],
    texts: dict[str, list[str | None]],
    settings: GenerationSettings,
    task: str,
    draws: Draws,
    readers: Readers,
) -> list[Dimension]:
    found = []
    for measure in measures(settings, task=task, sentence_model=readers.sentence_model):
        values: dict[str, Values] = {}
        for writer, written in texts.items():
            there = [place for place, text in enumerate(written) if text is not None]
            some = measure.values([posts[p] for p in there], [text for text in written if text is not None])
            of_place = dict(zip(there, some, strict=True))
            values[writer] = [of_place.get(place) for place in range(len(posts))]
        found.append(
            dimension(
                draws, values, share=measure.share, texts=texts if measure.of_pairs else None, name=measure.name,
                proxy=measure.proxy, explanation=measure.explanation, better=measure.better,
            )
        )  # fmt: skip
    return found


def _judged(
    posts: Sequence[Subject],
    texts: dict[str, list[str | None]],
    settings: GenerationSettings,
    draws: Draws,
    readers: Readers,
) -> tuple[list[Dimension], dict[str, int]]:
    """Return the judge's verdicts, and how many it gave: a judge that seldom agrees with itself says little."""
    if readers.judge is None:
        return [], {}
    found, verdicts = [], Counter[str]()
    ours = [text or "" for text in texts["model"]]
    for against in ("reference", "community"):
        if against not in texts:
            continue
        theirs = texts[against]
        alike = [
            other is not None and of_like_length(one, other, share=settings.like_length)
            for one, other in zip(ours, theirs, strict=True)
        ]
        for criterion in question().criteria:
            won = wins(readers.judge, [post.post for post in posts], ours, theirs, criterion)
            verdicts["judge: comparisons"] += sum(value is not None for value in won)
            verdicts["judge: decided alike in both orders"] += sum(value in {0, 1} for value in won)
            like = [value if same else None for value, same in zip(won, alike, strict=True)]
            for values, among in ((won, ""), (like, ", replies of like length")):
                found.append(
                    dimension(
                        draws,
                        {"model": values},
                        share=True,
                        name="judge",
                        proxy=f"{criterion}: wins against the {against}{among}",
                        explanation=_JUDGED,
                        better="higher",
                    )
                )
    return found, dict(verdicts)


def _counts(
    posts: Sequence[Subject], replies: dict[str, list[Reply]], settings: GenerationSettings
) -> dict[str, int]:
    counts = {
        "posts": len({post.thread_id for post in posts}),
        "prompts": len(posts),
        "posts that may disclose a crisis": sum(discloses_crisis(post.post) for post in posts),
    }
    for writer, written in replies.items():
        counts[f"{writer}: empty replies"] = sum(not reply.text for reply in written)
        counts[f"{writer}: replies cut off"] = sum(not reply.complete for reply in written)
        counts[f"{writer}: replies too short for a grade"] = sum(
            len(words(reply.text)) < settings.readability_min_words for reply in written
        )
        codes = Counter(code for reply in written for code in read_reply(reply.text).harms)
        counts |= {f"{writer}: {code}": number for code, number in sorted(codes.items())}
    return counts


def _lines(posts: Sequence[Subject], replies: dict[str, list[Reply]]) -> list[str]:
    return [
        json.dumps(
            {"thread_id": post.thread_id, **{writer: written[place].text for writer, written in replies.items()}},
            ensure_ascii=False,
        )
        for place, post in enumerate(posts)
    ]
