"""A random generator -> four invented communities: posts, nested answers, and what goes wrong with them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from prefpairs.sample import votes
from prefpairs.sample.text import Planted, Text, Writer, join

HOUR = 3600
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A community in one month: the start of the month, and its share of all posts."""

    subreddit: str
    month: str
    start: int
    first_id: int
    share: float


BATCHES = (
    Batch(
        subreddit="NightShift_Support", month="2014-09", start=1_409_529_600, first_id=1_300_000_000, share=0.15
    ),
    Batch(subreddit="QuietMinds", month="2019-06", start=1_559_347_200, first_id=19_000_000_000, share=0.2),
    Batch(subreddit="StudyStress", month="2022-05", start=1_651_363_200, first_id=38_000_000_000, share=0.2),
    Batch(subreddit="HarbourTalk", month="2023-11", start=1_698_796_800, first_id=46_000_000_000, share=0.3),
    Batch(subreddit="HarbourTalk", month="2024-01", start=1_704_067_200, first_id=48_000_000_000, share=0.15),
)

Fate = Literal["kept", "user", "moderator", "reddit", "account", "later"]
"""What became of an item: deleted by its user, removed by a moderator or by Reddit, its account
deleted, or deleted after its text was captured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A post or a comment, before it is put into the format of its month."""

    batch: Batch
    id: str
    link: str
    """Fullname of the post; of itself for a post."""
    parent: str
    author: str
    created: int
    title: Text = field(default=Text(""))
    body: Text
    score: int | None
    look_after: int
    """Seconds from writing to the last look at the score."""
    comments: int = 0
    fate: Fate = "kept"
    hidden: bool = False
    edited_after: int | None = None
    stickied: bool = False
    distinguished: str | None = None
    by_submitter: bool = False
    link_post: bool = False
    over_18: bool = False
    contest: bool = False

    @property
    def is_post(self) -> bool:
        """True for a post."""
        return self.link == f"t3_{self.id}"

    @property
    def name(self) -> str:
        """The fullname."""
        return f"t3_{self.id}" if self.is_post else f"t1_{self.id}"

    def planted(self) -> Iterator[tuple[str, Planted]]:
        """Yield the field and the place of every identifier in its texts."""
        fields = (("title", self.title), ("selftext" if self.is_post else "body", self.body))
        for name, text in fields:
            for planted in text.planted:
                yield name, planted


def base36(number: int) -> str:
    """Return a number as Reddit writes its ids."""
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"


def communities(rng: Random, *, posts: int, comments: int) -> list[Item]:
    """Return exactly `posts` posts and `comments` comments, each thread together, in order of time."""
    writer = Writer(rng)
    threads: list[tuple[Batch, float]] = []
    for batch, count in zip(BATCHES, _shares(posts), strict=True):
        threads += [(batch, votes.readers(rng)) for _ in range(count)]
    mega = len(threads) - 1
    in_mega = min(200, comments // 10)
    weights = [traffic**0.75 for _, traffic in threads]
    sizes = [0] * len(threads)
    for place in rng.choices(range(len(threads)), weights, k=comments - in_mega) if threads else []:
        sizes[place] += 1
    sizes[mega] += in_mega
    people = {batch.subreddit: _people(writer, comments // 4 + 12) for batch in BATCHES}
    items: list[Item] = []
    used = {batch.month: 0 for batch in BATCHES}
    for place, ((batch, traffic), size) in enumerate(zip(threads, sizes, strict=True)):
        thread = _Thread(rng, writer, batch, people[batch.subreddit], traffic, is_mega=place == mega)
        items += thread.items(size, first_id=batch.first_id + used[batch.month])
        used[batch.month] += 7 * (size + 1)
    return items


class _Thread:
    """One post and its answers."""

    def __init__(
        self, rng: Random, writer: Writer, batch: Batch, people: list[str], traffic: float, *, is_mega: bool
    ) -> None:
        self._rng, self._writer, self._batch, self._people = rng, writer, batch, people
        self._traffic, self._is_mega = traffic, is_mega
        self._topic = writer.topic()

    def items(self, size: int, *, first_id: int) -> list[Item]:
        """Return the post and `size` comments."""
        ids = [base36(first_id + 7 * step + self._rng.randint(0, 6)) for step in range(size + 1)]
        post = self._post(ids[0], size)
        gaps = sorted(self._rng.expovariate(1 / (7 * HOUR)) for _ in range(size))
        comments: list[Item] = []
        for position, (identity, gap) in enumerate(zip(ids[1:], gaps, strict=True)):
            comments.append(self._comment(identity, post, comments, int(gap) + 60, first=position == 0))
        return [post, *comments]

    def _post(self, identity: str, size: int) -> Item:
        rng, writer = self._rng, self._writer
        title, body = writer.title(self._topic), writer.post(self._topic, plant=rng.random() < 0.35)
        if rng.random() < 0.06:
            title = join([writer.age(), title], ", ")
        created = self._batch.start + rng.randint(0, 26 * 24 * HOUR)
        item = Item(
            batch=self._batch,
            id=identity,
            link=f"t3_{identity}",
            parent="",
            author=self._someone(),
            created=created,
            title=title,
            body=body,
            score=votes.post_score(rng, self._traffic),
            look_after=self._look_after(),
            comments=size,
            edited_after=self._edited(0.04),
            over_18=rng.random() < 0.01,
            contest=rng.random() < 0.004,
            stickied=rng.random() < 0.004,
        )
        if self._is_mega:
            return replace(item, title=writer.fixed("megathread_title"), body=writer.fixed("megathread_text"))
        if rng.random() < 0.02:
            return replace(item, body=Text(""), link_post=True)
        return self._met_its_fate(item)

    def _comment(self, identity: str, post: Item, earlier: list[Item], gap: int, *, first: bool) -> Item:
        rng = self._rng
        automatic = first and rng.random() < 0.12
        parent = None if automatic or rng.random() < 0.64 else self._parent(earlier)
        depth = 0 if parent is None else (1 if parent.parent == post.name else 2)
        by_submitter = parent is not None and rng.random() < 0.22 and post.author != "[deleted]"
        quality = max(-2.0, min(2.0, rng.gauss(0, 1)))
        item = Item(
            batch=self._batch,
            id=identity,
            link=post.name,
            parent=post.name if parent is None else parent.name,
            author=post.author if by_submitter else self._someone(),
            created=max(post.created + gap, parent.created + 30 if parent else 0),
            body=self._writer.thanks(self._topic) if by_submitter else self._answer(quality),
            score=votes.response_score(
                rng, traffic=self._traffic, rank=len(earlier), depth=depth, quality=quality
            ),
            look_after=self._look_after(),
            edited_after=self._edited(0.03),
            by_submitter=by_submitter,
        )
        if automatic:
            return self._automoderator(item)
        return self._met_its_fate(self._maybe_special(item))

    def _parent(self, earlier: list[Item]) -> Item | None:
        candidates = [item for item in earlier[-12:] if item.author != "AutoModerator"]
        return self._rng.choice(candidates) if candidates else None

    def _answer(self, quality: float) -> Text:
        draw = self._rng.random()
        if draw < 0.012:
            return join([self._writer.fixed("foreign"), self._writer.fixed("foreign_tails")])
        if draw < 0.027:
            return self._writer.fixed("short")
        if draw < 0.031:
            return self._writer.fixed("copypasta")
        return self._writer.comment(self._topic, quality, plant=self._rng.random() < 0.11)

    def _automoderator(self, item: Item) -> Item:
        body = self._writer.fixed("automoderator", community=self._batch.subreddit)
        return replace(
            item, author="AutoModerator", body=body, score=1, hidden=True, stickied=True,
            distinguished="moderator", edited_after=None,
        )  # fmt: skip

    def _maybe_special(self, item: Item) -> Item:
        draw = self._rng.random()
        if draw < 0.006:
            return replace(item, author="TideTipsBot", body=self._writer.fixed("bot"), by_submitter=False)
        if draw < 0.010:
            body = self._writer.fixed("moderator")
            return replace(
                item, body=body, score=1, hidden=True, stickied=True, distinguished="moderator",
                parent=item.link, by_submitter=False,
            )  # fmt: skip
        if draw < 0.026:
            return replace(item, score=1, hidden=True)
        return item

    def _met_its_fate(self, item: Item) -> Item:
        draw = self._rng.random()
        if draw < 0.015:
            return replace(item, fate="user", author="[deleted]", body=Text("[deleted]"))
        if draw < 0.03:
            return replace(item, fate="moderator", author="[deleted]", body=Text("[removed]"))
        if draw < 0.033:
            return replace(item, fate="reddit", author="[deleted]", body=Text("[ Removed by Reddit ]"))
        if draw < 0.05:
            return replace(item, fate="account", author="[deleted]", by_submitter=False)
        if draw < 0.09 and self._batch.month >= "2023-11":  # older dumps do not say so
            return replace(item, fate="later")
        return item

    def _someone(self) -> str:
        return self._people[int(len(self._people) * self._rng.random() ** 1.6)]

    def _edited(self, share: float) -> int | None:
        return self._rng.randint(200, 20 * HOUR) if self._rng.random() < share else None

    def _look_after(self) -> int:
        if self._rng.random() < 0.02:
            return self._rng.randint(1, 30) * HOUR  # too young: the votes are still coming in
        if self._batch.month >= "2023-11":
            return self._rng.randint(50, 72) * HOUR
        return self._rng.randint(19, 120) * 24 * HOUR


def _shares(posts: int) -> list[int]:
    counts = [int(posts * batch.share) for batch in BATCHES]
    counts[0] += posts - sum(counts)
    return counts


def _people(writer: Writer, count: int) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < count:
        names[writer.user_name()] = None
    return list(names)
