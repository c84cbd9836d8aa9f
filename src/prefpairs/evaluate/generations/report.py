"""Figures about what models wrote -> one JSON object. No text is in it, and no id."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Better = Literal["higher", "lower", "neither"]
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One proxy: its mean over the posts, for the model and for those that it stands beside.

    A proxy is a figure that a computer can work out from the words. It is no rating by people, and none of
    LLUMI's scores (arXiv 2605.30273), whose raters were people.

    Attributes
    ----------
    name
        What it is a proxy for: one of LLUMI's five (readability, empathy, connection, actionability, safety),
        or diversity, preservation, length, judge.
    proxy
        What is measured, in a few words.
    explanation
        How, by whose definition, and what it cannot say.
    model
        Mean of the model's replies over the posts; None if no post gave a value.
    reference
        The same for the reference model's replies; None without a reference model.
    community
        The same for the community's own chosen responses.
    interval, reference_interval, community_interval
        By bootstrap over posts. A share of 0 or 1 has Wilson's ends instead, for there all draws are alike; any
        other figure that is the same in all draws has none.
    difference, difference_interval
        Model minus reference, over the posts that have both; its interval says whether the two differ.
    better
        Which way is the better one, as far as anybody may say that of a proxy.
    count
        Posts whose reply by the model gave a value.

    """

    name: str
    proxy: str
    explanation: str
    better: Better
    model: float | None
    interval: Interval | None
    count: int
    reference: float | None = None
    reference_interval: Interval | None = None
    community: float | None = None
    community_interval: Interval | None = None
    difference: float | None = None
    difference_interval: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Generations:
    """What is reported of the replies to one split's posts.

    Attributes
    ----------
    task
        `generation`: post -> reply. `improvement`: post, draft -> better text.
    dimensions
        In the order in which they are shown.
    counts
        Posts, empty replies, replies that were cut off, harmful replies by code, and the like.
    settings
        How the replies were made: sampling, seed, most tokens.
    sources
        Rule set or model -> its version: two reports can be compared only where these are equal.
    notes
        Sentences that whoever looks at the figures has to read first: few posts, many replies cut off.

    """

    task: str
    dimensions: tuple[Dimension, ...]
    counts: Mapping[str, int]
    settings: Mapping[str, Any]
    sources: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return asdict(self)
