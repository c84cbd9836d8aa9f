"""Replies -> sentences that whoever looks at their figures has to read first."""

from collections.abc import Mapping, Sequence

from prefpairs.evaluate.generations.generate import Reply
from prefpairs.evaluate.generations.settings import GenerationSettings
from prefpairs.evaluate.generations.subjects import Subject


def notes(
    posts: Sequence[Subject],
    replies: Mapping[str, Sequence[Reply]],
    settings: GenerationSettings,
    *,
    few_posts: int,
) -> tuple[str, ...]:
    """Return what limits all figures: few posts, and replies without their ends.

    Parameters
    ----------
    posts
        What was replied to.
    replies
        `model`, and `reference` if it wrote some -> what they wrote.
    settings
        What is many.
    few_posts
        With fewer posts the intervals are too narrow.

    """
    return (*_few(len({post.thread_id for post in posts}), few_posts), *_cut_off(replies, settings))


def _few(posts: int, least: int) -> Sequence[str]:
    if posts >= least:
        return ()
    counted = "1 post was" if posts == 1 else f"{posts} posts were"
    return (
        f"Only {counted} replied to: with fewer than {least} the intervals are too narrow, and what "
        "happens in one reply of twenty may not have happened at all.",
    )


def _cut_off(replies: Mapping[str, Sequence[Reply]], settings: GenerationSettings) -> Sequence[str]:
    shares = {
        writer: sum(not reply.complete for reply in written) / len(written)
        for writer, written in replies.items()
        if written
    }
    return [
        f"{share:.0%} of the {writer}'s replies were cut off at {settings.max_new_tokens} tokens: the figures are "
        "of texts without their ends, where advice and help often stand. Raise replies.max_new_tokens."
        for writer, share in shares.items()
        if share > settings.many_cut_off
    ]
