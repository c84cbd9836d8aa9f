"""A held-out split, tokenised, and its rows as text -> posts to reply to, each with the community's answer."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from prefpairs.errors import ContractError
from prefpairs.train.data.trees import Ids, Split, Tree
from prefpairs.train.data.version_rows import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A post that a model replies to.

    Attributes
    ----------
    thread_id
        The post in this release series.
    prompt
        What the model sees, as token ids.
    post
        The post's text, whole.
    draft
        The text to improve; None if a reply is asked for.
    chosen
        The community's own response: the first one that is chosen in some pair and rejected in none.

    """

    thread_id: str
    prompt: Ids
    post: str = field(repr=False)
    draft: str | None = field(default=None, repr=False)
    chosen: str | None = field(default=None, repr=False)

    @property
    def key(self) -> str:
        """What decides the random numbers of the reply: the post, and the draft if there is one."""
        return f"{self.thread_id}:{hashlib.sha256((self.draft or '').encode()).hexdigest()[:16]}"


def subjects(split: Split, threads: Iterable[Thread], *, posts: int, seed: int) -> list[Subject]:
    """Return at most `posts` posts of a split, drawn in an order that only the seed and their ids decide.

    Parameters
    ----------
    split
        Tokenised: what the model sees.
    threads
        The rows that it was made from, as text.
    posts
        How many at most.
    seed
        Decides which.

    Raises
    ------
    ContractError
        If a tree has no thread: split and threads are not of one version.

    """
    texts: dict[str, list[Thread]] = {}
    for thread in threads:
        texts.setdefault(thread.thread_id, []).append(thread)
    drawn = sorted({tree.thread_id for tree in split.trees}, key=lambda name: _place(seed, name))[:posts]
    wanted = {name: number for number, name in enumerate(drawn)}
    trees = sorted(
        (tree for tree in split.trees if tree.thread_id in wanted), key=lambda tree: wanted[tree.thread_id]
    )
    found = [_subject(tree, texts.get(tree.thread_id, ())) for tree in trees]
    # A thread with more responses than fit a row is several trees, and still one post to reply to.
    return list({(subject.thread_id, subject.post, subject.draft): subject for subject in found}.values())


def _subject(tree: Tree, threads: Sequence[Thread]) -> Subject:
    # A post that was edited between two looks stands under one id with two prompts.
    found = next((thread for thread in threads if set(tree.response_ids) <= set(thread.response_ids)), None)
    if found is None:
        msg = f"The responses of thread {tree.thread_id} are not in the version's texts. Pull the version again."
        raise ContractError(msg)
    best = found.undisputed().responses if found.pairs else found.responses
    return Subject(
        thread_id=tree.thread_id,
        prompt=tree.prompt,
        post=found.prompt,
        draft=found.draft,
        chosen=best[0] if best else None,
    )


def _place(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()
