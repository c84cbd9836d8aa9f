"""The configs of a pulled version -> threads: a post, its responses and their pairs, as text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prefpairs.errors import ContractError
from prefpairs.release.manifest import Manifest
from prefpairs.release.manifest import Split as SplitName
from prefpairs.train.data.parquet_rows import Row, grouped, read
from prefpairs.train.data.trees import Pair

_THREAD = ("thread_id", "subreddit", "prompt", "responses", "pairs")
_PAIR_IDS = ("thread_id", "chosen_id", "rejected_id")
_PAIR_FACTS = ("words_chosen", "words_rejected", "seconds_between")
_PAIR = (*_PAIR_IDS, *_PAIR_FACTS, "subreddit", "prompt", "chosen", "rejected")
_COMPLETION = ("thread_id", "response_id", "subreddit", "prompt", "completion")
_IMPROVEMENT = ("improvement_id", "thread_id", "subreddit", "prompt", "draft", "better")
_PROBABILITY = "preference_probability"
_IMPROVEMENT_IF_KNOWN = ("draft_id", "better_id", _PROBABILITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A post and its responses, before anything is tokenised.

    Attributes
    ----------
    community
        The subreddit; None if it is not known.
    draft
        The text to improve; None unless that is the task.
    responses
        In published order; a text may occur twice.
    pairs
        Positions in `responses`. Empty where the responses are examples, each by itself.

    """

    thread_id: str
    community: str | None
    prompt: str = field(repr=False)
    draft: str | None = field(default=None, repr=False)
    responses: tuple[str, ...] = field(repr=False)
    response_ids: tuple[str, ...]
    pairs: tuple[Pair, ...] = ()

    def undisputed(self) -> "Thread":
        """Return the thread with the responses that are chosen in some pair and rejected in none, unpaired."""
        rejected = {self.responses[pair.rejected] for pair in self.pairs}
        chosen = sorted({pair.chosen for pair in self.pairs})
        kept = [place for place in chosen if self.responses[place] not in rejected]
        return Thread(
            thread_id=self.thread_id,
            community=self.community,
            prompt=self.prompt,
            draft=self.draft,
            responses=tuple(self.responses[place] for place in kept),
            response_ids=tuple(self.response_ids[place] for place in kept),
        )


def preference_threads(folder: Path, manifest: Manifest, split: SplitName) -> Iterator[Thread]:
    """Yield the threads of a split with their pairs: from `threads`, or if a version has none from `pairs`.

    Raises
    ------
    ContractError
        If the version has no text, or a file is not Parquet or lacks a column or a value.

    """
    _check_config(manifest, ("threads", "pairs"))
    pairs = files_of(folder, manifest, "pairs", split)
    if "threads" not in manifest.configs:
        return _of_pairs(pairs)
    return _of_threads(files_of(folder, manifest, "threads", split), _facts(pairs))


def completion_threads(folder: Path, manifest: Manifest, split: SplitName) -> Iterator[Thread]:
    """Yield the posts of a split with the replies to learn from, unpaired: from `sft`, or else from the pairs.

    Without a config `sft` those are the responses that no pair rejects.

    Raises
    ------
    ContractError
        As `preference_threads`.

    """
    if "sft" in manifest.configs:
        return _of_completions(files_of(folder, manifest, "sft", split))
    return (thread.undisputed() for thread in preference_threads(folder, manifest, split))


def improvement_threads(folder: Path, manifest: Manifest, split: SplitName) -> Iterator[Thread]:
    """Yield drafts with their better texts, each better text paired with the draft.

    Raises
    ------
    ContractError
        As `preference_threads`.

    """
    _check_config(manifest, ("improvement",))
    return _of_improvements(files_of(folder, manifest, "improvement", split))


def prompts_of(folder: Path, manifest: Manifest, split: SplitName) -> Iterator[str]:
    """Yield the posts of a split, in whatever config, each as often as rows have it.

    Raises
    ------
    ContractError
        If a file is not Parquet or lacks the column or a value.

    """
    for config in sorted(manifest.configs):
        for _, _, row in read(files_of(folder, manifest, config, split), ["prompt"]):
            yield row["prompt"]


def files_of(folder: Path, manifest: Manifest, config: str, split: SplitName) -> list[Path]:
    """Return the files of one config and split, in path order."""
    return [
        folder / entry.path for entry in manifest.data_files() if (entry.config, entry.split) == (config, split)
    ]


def _check_config(manifest: Manifest, any_of: Sequence[str]) -> None:
    if any(name in manifest.configs for name in any_of):
        return
    found = ", ".join(sorted(manifest.configs)) or "nothing"
    wanted = " nor ".join(any_of)
    why = "Labels without text cannot be trained on" if manifest.mode == "labels-only" else "Nothing to train on"
    msg = f"{why}: version {manifest.version} has no config {wanted}, only {found}. Pull a version that has it."
    raise ContractError(msg)


def _of_threads(
    files: Iterable[Path], facts: Mapping[tuple[str, ...], tuple[int, int | None]]
) -> Iterator[Thread]:
    for file, number, row in read(files, _THREAD):
        responses, pairs = row["responses"], row["pairs"]
        if not _is_whole(responses, pairs):
            msg = f"{file}, row {number}: responses or pairs have nulls, or positions that do not exist."
            raise ContractError(msg)
        thread, texts = row["thread_id"], [response["text"] for response in responses]
        ids = [response["response_id"] for response in responses]
        yield Thread(
            thread_id=thread,
            community=row["subreddit"],
            prompt=row["prompt"],
            responses=tuple(texts),
            response_ids=tuple(ids),
            pairs=tuple(
                _pair(pair, texts, facts.get((thread, ids[pair["chosen"]], ids[pair["rejected"]])))
                for pair in pairs
            ),
        )


def _is_whole(responses: Sequence[Row], pairs: Sequence[Row]) -> bool:
    try:
        return all(response["text"] is not None and response["response_id"] for response in responses) and all(
            0 <= pair["chosen"] < len(responses)
            and 0 <= pair["rejected"] < len(responses)
            and pair["weight"] >= 0
            and (pair["probability"] is None or 0 <= pair["probability"] <= 1)
            for pair in pairs
        )
    except (KeyError, TypeError):  # a field that is not there, or a null in its place
        return False


def _pair(row: Row, texts: Sequence[str], facts: tuple[int, int | None] | None) -> Pair:
    chosen, rejected = row["chosen"], row["rejected"]
    # A version may publish threads without pairs: then words are counted here, and nobody knows the times.
    extra_words, seconds = facts or (extra_words_of(texts[chosen], texts[rejected]), None)
    return Pair(
        chosen=chosen,
        rejected=rejected,
        weight=row["weight"],
        probability=row["probability"],
        extra_words=extra_words,
        seconds_between=seconds,
    )


def extra_words_of(chosen: str, rejected: str) -> int:
    """Return how many words the chosen text has more than the rejected one."""
    return len(chosen.split()) - len(rejected.split())


def _facts(files: Iterable[Path]) -> dict[tuple[str, ...], tuple[int, int | None]]:
    """Return what the baselines need, by thread, chosen and rejected response."""
    return {
        (row["thread_id"], row["chosen_id"], row["rejected_id"]): _facts_of(row)
        for _, _, row in read(files, (*_PAIR_IDS, *_PAIR_FACTS))
    }


def _facts_of(row: Row) -> tuple[int, int | None]:
    return row["words_chosen"] - row["words_rejected"], row["seconds_between"]


def _of_pairs(files: Sequence[Path]) -> Iterator[Thread]:
    for rows in grouped(files, _PAIR, by=["thread_id", "prompt"], if_known=[_PROBABILITY]):
        sides = [(row[f"{side}_id"], row[side]) for row in rows for side in ("chosen", "rejected")]
        place = {response: number for number, response in enumerate(dict.fromkeys(sides))}
        yield Thread(
            thread_id=rows[0]["thread_id"],
            community=rows[0]["subreddit"],
            prompt=rows[0]["prompt"],
            responses=tuple(text for _, text in place),
            response_ids=tuple(identifier for identifier, _ in place),
            pairs=tuple(_published_pair(row, place) for row in rows),
        )


def _published_pair(row: Row, place: Mapping[tuple[str, str], int]) -> Pair:
    extra_words, seconds = _facts_of(row)
    return Pair(
        chosen=place[row["chosen_id"], row["chosen"]],
        rejected=place[row["rejected_id"], row["rejected"]],
        probability=row.get(_PROBABILITY),
        extra_words=extra_words,
        seconds_between=seconds,
    )


def _of_completions(files: Sequence[Path]) -> Iterator[Thread]:
    for rows in grouped(files, _COMPLETION, by=["thread_id", "prompt"]):
        yield Thread(
            thread_id=rows[0]["thread_id"],
            community=rows[0]["subreddit"],
            prompt=rows[0]["prompt"],
            responses=tuple(row["completion"] for row in rows),
            response_ids=tuple(row["response_id"] for row in rows),
        )


def _of_improvements(files: Sequence[Path]) -> Iterator[Thread]:
    by = ["thread_id", "prompt", "draft"]
    for rows in grouped(files, _IMPROVEMENT, by=by, if_known=_IMPROVEMENT_IF_KNOWN):
        draft = rows[0]["draft"]
        # A draft that came with its revision is no comment: it goes by the first improvement that it is in.
        draft_id = rows[0].get("draft_id") or f"{rows[0]['improvement_id']}:draft"
        yield Thread(
            thread_id=rows[0]["thread_id"],
            community=rows[0]["subreddit"],
            prompt=rows[0]["prompt"],
            draft=draft,
            responses=(*(row["better"] for row in rows), draft),
            response_ids=(*(row.get("better_id") or row["improvement_id"] for row in rows), draft_id),
            pairs=tuple(
                Pair(
                    chosen=place,
                    rejected=len(rows),
                    probability=row.get(_PROBABILITY),
                    extra_words=extra_words_of(row["better"], draft),
                )
                for place, row in enumerate(rows)
            ),
        )
