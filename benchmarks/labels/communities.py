"""A seed -> threads of simulated communities: who answered when, how good each answer is, how many read it.

Nothing here is a vote. Sizes and times follow eight advice communities of Reddit (36,862 posts, 576,669
comments): 1 to 16 comments a post at the median, sizes log-normal with a spread of about 1.2, answers that
come fast at first and trickle in for days. Quality does not depend on who came first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

HOUR = 3600
_START = 1_690_000_000  # any day will do
_DAYS = 120
_LARGEST_THREAD = 2_000
_ATTENTION_FALL = 1.8
_ACTIVE_HOURS = np.array(
    # Share of a day's readers by hour, relative to the mean: low at night, highest in the evening.
    [0.7, 0.5, 0.4, 0.3, 0.3, 0.3, 0.4, 0.6, 0.8, 0.9, 1.0, 1.1, 1.2, 1.2, 1.2, 1.2, 1.3,
     1.4, 1.5, 1.6, 1.7, 1.6, 1.4, 1.1]
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """What sets one community apart.

    Attributes
    ----------
    share
        Of all posts.
    comments
        Median comments of a post, replies included.
    votes
        Votes that an average comment would get in a median thread, were it there from the start and read first.
    votes_spread
        Of the logarithm, from thread to thread of one size.
    delay_h
        Median time from a post to its comments.
    lasting_h
        After this time, half of a thread's readers are gone.
    quality_spread
        Of log quality: a comment one spread better gets exp(spread) as many votes of the same readers.

    """

    name: str
    share: float
    comments: float
    votes: float
    votes_spread: float
    delay_h: float
    lasting_h: float
    quality_spread: float


COMMUNITIES = (
    Community(
        name="CityLights", share=0.22, comments=9, votes=12, votes_spread=1.6,
        delay_h=2.0, lasting_h=1.25, quality_spread=1.0,
    ),
    Community(
        name="HarbourTalk", share=0.33, comments=5, votes=5, votes_spread=1.5,
        delay_h=2.5, lasting_h=1.5, quality_spread=0.9,
    ),
    Community(
        name="QuietMeadow", share=0.3, comments=3, votes=3.5, votes_spread=1.3,
        delay_h=5.0, lasting_h=2.5, quality_spread=0.9,
    ),
    Community(
        name="NightShift", share=0.15, comments=6, votes=5, votes_spread=1.7,
        delay_h=1.5, lasting_h=1.0, quality_spread=1.1,
    ),
)  # fmt: skip
TINY_COMMUNITY = Community(
    name="SmallCove", share=0, comments=3, votes=3, votes_spread=1.3,
    delay_h=6.0, lasting_h=3.0, quality_spread=0.9,
)  # fmt: skip
TINY_THREADS, TINY_COMMENTS_PER_THREAD = 10, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """Comments in order of post and arrival; every array has one entry a comment.

    Attributes
    ----------
    thread, arrival, siblings
        Number of the post, place among all its comments by time (from 0), and how many they are.
    post_created_utc, delay_h
        When the post was written, and how long after it the comment.
    depth
        0 answers the post.
    readers
        Votes that an average comment could get from the readers of this post (the same for its siblings).
    lasting_h, hour_factor
        Half-life of the readers' attention, and how busy the hour of the comment is (mean 1).
    quality
        Log of the votes that a reader gives, relative to an average comment: the truth of this benchmark.

    """

    communities: Sequence[Community]
    community: IntArray
    thread: IntArray
    arrival: IntArray
    siblings: IntArray
    post_created_utc: IntArray
    delay_h: FloatArray
    depth: IntArray
    author: IntArray
    readers: FloatArray
    lasting_h: FloatArray
    hour_factor: FloatArray
    quality: FloatArray
    words: IntArray

    def __len__(self) -> int:
        return len(self.thread)

    @property
    def posts(self) -> int:
        """How many posts have a comment."""
        return int(self.thread[-1]) + 1 if len(self.thread) else 0

    @property
    def starts(self) -> IntArray:
        """The first position of every post."""
        return np.flatnonzero(self.arrival == 0)


def threads(random: np.random.Generator, *, posts: int, late_share: float = 0.0) -> Threads:
    """Draw `posts` threads of the large communities and those of the tiny one.

    `late_share` of the comments come days or weeks after the others.
    """
    communities = (*COMMUNITIES, TINY_COMMUNITY)
    of_post = random.choice(len(COMMUNITIES), size=posts, p=[one.share for one in COMMUNITIES])
    sizes = np.exp(random.normal(np.log(_each(communities, of_post, "comments")), 1.15))
    sizes = np.clip(np.floor(sizes), 1, _LARGEST_THREAD).astype(np.int64)
    of_post = np.r_[of_post, np.full(TINY_THREADS, len(COMMUNITIES))]
    sizes = np.r_[sizes, np.full(TINY_THREADS, TINY_COMMENTS_PER_THREAD)]
    created = _START + _busy_times(random, len(sizes))
    readers = _readers(random, communities, of_post, sizes)

    thread = np.repeat(np.arange(len(sizes)), sizes)
    community = of_post[thread]
    delay = _delays(random, communities, community, late_share=late_share)
    delay = delay[np.lexsort((delay, thread))]
    arrival = np.arange(len(thread)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    author, author_quality = _authors(random, len(thread))
    spread = _each(communities, community, "quality_spread")
    standard = np.sqrt(0.25) * author_quality + np.sqrt(0.75) * random.standard_normal(len(thread))
    return Threads(
        communities=communities,
        community=community,
        thread=thread,
        arrival=arrival,
        siblings=sizes[thread],
        post_created_utc=created[thread],
        delay_h=delay,
        depth=_depths(random, arrival),
        author=author,
        readers=readers[thread],
        lasting_h=_each(communities, community, "lasting_h"),
        hour_factor=_ACTIVE_HOURS[((created[thread] / HOUR + delay) % 24).astype(np.int64)],
        quality=spread * standard,
        words=_words(random, standard),
    )


def remaining(threads: Threads, hours: FloatArray) -> FloatArray:
    """Return the share of a thread's readers who come later than `hours` after the post.

    A power law: half are gone after `lasting_h`, and a few still come after weeks (searches, links).
    """
    half = 2 ** (1 / _ATTENTION_FALL) - 1
    share: FloatArray = (1 + half * np.maximum(hours, 0) / threads.lasting_h) ** -_ATTENTION_FALL
    return share


def _each(communities: Sequence[Community], of: IntArray, field: str) -> FloatArray:
    return np.array([float(getattr(one, field)) for one in communities])[of]


def _busy_times(random: np.random.Generator, count: int) -> IntArray:
    hours = random.choice(24, size=count, p=_ACTIVE_HOURS / _ACTIVE_HOURS.sum())
    days = random.integers(0, _DAYS, size=count)
    times: IntArray = (days * 24 + hours) * HOUR + random.integers(0, HOUR, size=count)
    return times


def _readers(
    random: np.random.Generator, communities: Sequence[Community], of_post: IntArray, sizes: IntArray
) -> FloatArray:
    """Return log-normal traffic. A thread with more comments has more readers, but not in proportion."""
    busy = 0.7 * np.log(sizes / _each(communities, of_post, "comments"))
    spread = _each(communities, of_post, "votes_spread")
    readers: FloatArray = np.exp(np.log(_each(communities, of_post, "votes")) + busy + random.normal(0, spread))
    return readers


def _delays(
    random: np.random.Generator, communities: Sequence[Community], community: IntArray, *, late_share: float
) -> FloatArray:
    median = _each(communities, community, "delay_h")
    delay = median * np.exp(random.normal(0, 1.5, size=len(community)))
    late = random.random(len(community)) < late_share
    delay[late] = 24 * np.exp(random.normal(np.log(5), 0.8, size=int(late.sum())))
    seconds = np.floor(np.maximum(delay, 1 / 60) * HOUR)  # nobody answers within a minute; times are whole seconds
    hours: FloatArray = seconds / HOUR
    return hours


def _depths(random: np.random.Generator, arrival: IntArray) -> IntArray:
    """Return depths: the first comment answers the post, of the others 62 %; replies to replies get rarer."""
    depth = random.geometric(0.62, size=len(arrival)).astype(np.int64) - 1
    depths: IntArray = np.where(arrival == 0, 0, np.minimum(depth, 6))
    return depths


def _authors(random: np.random.Generator, comments: int) -> tuple[IntArray, FloatArray]:
    """Return who wrote each comment (few write much) and how good each author's comments are on average."""
    people = max(comments // 6, 20)
    author = (people * random.random(comments) ** 2.5).astype(np.int64)
    return author, random.standard_normal(people)[author]


def _words(random: np.random.Generator, standard_quality: FloatArray) -> IntArray:
    """Return log-normal lengths, loosely longer where better: on real threads the longer wins 55.3 %."""
    link = 0.25
    mixed = link * standard_quality + np.sqrt(1 - link**2) * random.standard_normal(len(standard_quality))
    words: IntArray = np.maximum(np.round(np.exp(np.log(45) + 0.8 * mixed)), 1).astype(np.int64)
    return words
