"""A seed -> a folder with a synthetic archive in dump format, and the gold file of what was planted in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

from prefpairs.files import canonical_json, make_private_folder, write_atomic
from prefpairs.sample import dumps
from prefpairs.sample.community import Batch, Item, communities

_TWO_FRAMES = "2023-11"
_GZIPPED = "2019-06"
_PER_SUBREDDIT = "2014-09"
_WITHOUT_SCORE = "2019-06"
_WITH_BROKEN_LINES = "2023-11"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was written.

    Attributes
    ----------
    archives
        The dump files.
    gold
        NDJSON: one planted identifier a line (`name`, `field`, `start`, `end`, `entity_type`, `text`), offsets in
        code points of the text with its HTML entities decoded. Every author's name is there once, as
        the field `author`.
    posts, comments
        Usable records.
    planted
        Identifiers in titles and texts; authors are not counted.
    broken_lines
        Lines that no reader can use, besides.

    """

    archives: tuple[Path, ...]
    gold: Path
    posts: int
    comments: int
    planted: int
    broken_lines: int


def write_sample(folder: Path, *, seed: int = 7, posts: int = 2000, comments: int = 20000) -> Sample:
    """Write `<folder>/archives/*` and `<folder>/gold/planted.ndjson`. The same seed gives the same bytes."""
    rng = Random(seed)  # noqa: S311  # reproducible on purpose, not a secret
    items = _with_a_null_score(communities(rng, posts=posts, comments=comments))
    archives, broken = _write_archives(make_private_folder(folder / "archives"), items, rng)
    planted = list(_gold(items))
    gold = folder / "gold" / "planted.ndjson"
    write_atomic(gold, b"".join(canonical_json(entry) + b"\n" for entry in planted))
    return Sample(
        archives=tuple(archives),
        gold=gold,
        posts=posts,
        comments=comments,
        planted=sum(entry["field"] != "author" for entry in planted),
        broken_lines=broken,
    )


def _with_a_null_score(items: Sequence[Item]) -> list[Item]:
    """Take the score from one comment: whole months of dumps have none (2017-10)."""
    place = next(
        (n for n, item in enumerate(items) if item.batch.month == _WITHOUT_SCORE and not item.is_post), None
    )
    return [replace(item, score=None) if n == place else item for n, item in enumerate(items)]


def _write_archives(folder: Path, items: Sequence[Item], rng: Random) -> tuple[list[Path], int]:
    paths, broken_lines = [], 0
    ordered = sorted(items, key=lambda item: (item.batch.month, not item.is_post, item.created, item.id))
    for (month, _), group in groupby(ordered, key=lambda item: (item.batch.month, item.is_post)):
        members = list(group)
        lines = [dumps.line(dumps.record(item), month=month) for item in members]
        if month == _WITH_BROKEN_LINES:
            broken = list(_broken(members))
            lines = dumps.with_broken_lines(lines, broken, rng)
            broken_lines += len(broken)
        path = folder / _file_name(members[0].batch, is_post=members[0].is_post)
        frames = 2 if month == _TWO_FRAMES and not members[0].is_post else 1
        write_atomic(path, dumps.compress(lines, suffix=path.suffix, frames=frames))
        paths.append(path)
    return sorted(paths), broken_lines


def _broken(members: Sequence[Item]) -> Iterator[bytes]:
    for step, kind in enumerate(dumps.BROKEN_KINDS):
        template = members[len(members) * step // len(dumps.BROKEN_KINDS)]
        yield dumps.broken_line(kind, template, dumps.spare_id(template))


def _file_name(batch: Batch, *, is_post: bool) -> str:
    if batch.month == _PER_SUBREDDIT:
        return f"{batch.subreddit}_{'submissions' if is_post else 'comments'}.zst"
    suffix = ".gz" if batch.month == _GZIPPED and not is_post else ".zst"
    return f"{'RS' if is_post else 'RC'}_{batch.month}{suffix}"


def _gold(items: Sequence[Item]) -> Iterator[dict[str, Any]]:
    authors: set[str] = {"[deleted]", "AutoModerator"}
    for item in items:
        if item.author not in authors:
            authors.add(item.author)
            yield _entry(item, "author", 0, len(item.author), "REDDIT_USER", item.author)
        for field, planted in item.planted():
            yield _entry(item, field, planted.start, planted.end, planted.entity_type, planted.text)


def _entry(item: Item, field: str, start: int, end: int, entity_type: str, text: str) -> dict[str, Any]:
    return {
        "name": item.name,
        "field": field,
        "start": start,
        "end": end,
        "entity_type": entity_type,
        "text": text,
    }
