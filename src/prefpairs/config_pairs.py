"""The settings of pairing: presets, the exposure model, caps and splits."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from prefpairs.config_section import Section, Share


def _rising(edges: tuple[float, ...]) -> tuple[float, ...]:
    if not edges or len(edges) > 200 or list(edges) != sorted(set(edges)):
        msg = "edges are 1 to 200 rising numbers, each once"
        raise ValueError(msg)
    return edges


# TOML has no null: "none" switches a threshold off.
MaybeVotes = Annotated[int | None, BeforeValidator(lambda value: None if value == "none" else value)]
Percent = Annotated[float, Field(ge=0, le=100)]
Edges = Annotated[tuple[float, ...], AfterValidator(_rising)]
PresetName = Literal["calibrated", "shp", "llumi", "stackexchange"]


class Llumi(Section):
    """LLUMI (arXiv 2605.30273): top 2 % against bottom 15 % of the corpus, at least 15 votes apart."""

    chosen_percentile: Percent = 98
    rejected_percentile: Percent = 15
    min_gap: Annotated[int, Field(ge=1)] = 15


class Shp(Section):
    """SHP (Ethayarajh et al. 2022): the preferred response was written later and scores higher all the same."""

    require_later: bool = True
    """Later or at the same second. The numbered rule on SHP's card says the opposite of its own example."""
    min_ratio: Annotated[float, Field(ge=1)] = 2
    """2 as in the first release and the card's own advice; later releases keep every ratio above 1."""
    min_score: MaybeVotes = 2
    """Of both responses; "none" asks nothing."""
    min_post_score: MaybeVotes = 10
    """For a source whose posts have no score: "none" asks nothing."""
    drop_edited_posts: bool = True
    drop_over_18: bool = True
    require_self_post: bool = True


class StackExchange(Section):
    """Askell et al. 2021 (arXiv 2112.00861), as in H4's StackExchange preferences: log-votes, in whole steps."""

    min_step: Annotated[int, Field(ge=1)] = 1
    """Difference of round(log2(1 + votes)), -1 below zero votes. Equal steps are no preference."""


class Calibrated(Section):
    """Ours: the probability that one response is better, given who saw both (docs/labels.md)."""

    min_probability: Annotated[float, Field(gt=0.5, lt=1)] = 0.8
    """A pair below this is not published."""
    drop_over_18: bool = True
    """Reddit limits what may be done with content that is not safe for work."""


class Exposure(Section):
    """The vote model (docs/labels.md). It is fitted on the corpus, without a text."""

    parameters: Path | None = None
    """An exposure.json of an earlier run: its parameters are used as they are, and nothing is fitted. So a series
    of versions can keep its labels while the corpus grows. Relative to the TOML file."""
    noise_share: Annotated[float, Field(ge=0, lt=1)] = 0.25
    """How much of the variance of log votes that exposure leaves open is luck, not quality. No vote can tell the
    two apart, so this is an assumption, midway between none and half. Higher makes every probability more
    careful; the order of pairs hardly moves."""
    fuzzing: Annotated[float, Field(ge=0, le=0.33)] = 0.1
    """Probability that a shown score is one too high, and the same for one too low (Reddit fuzzes votes)."""
    shrinkage_votes: Annotated[float, Field(gt=0)] = 25
    """A community's own curve counts as much as everybody's once it rests on this many effective votes."""
    traffic_votes: Annotated[float, Field(gt=0)] = 1
    """How many votes the traffic that is usual for posts of this size and score counts for, in a thread."""
    step_votes: Annotated[float, Field(gt=0)] = 1
    """How many votes hold a step of everybody's curves at neutral, where few responses stand on it."""
    outlier_factor: Annotated[float, Field(gt=1)] = 6
    outlier_votes: Annotated[float, Field(ge=0)] = 5
    """Votes above this many times the expected, plus these, count as that many when traffic and curves are fitted:
    of ordinary responses one in a hundred has more."""
    scatter_comments: Annotated[int, Field(ge=2)] = 9
    """How votes scatter is learnt in threads of as many comments: in smaller ones a response's own votes decide
    what is expected of it, so they seem to scatter too little."""
    scatter_responses: Annotated[int, Field(ge=100)] = 40_000
    """On about as many of them, evenly over what is expected: two numbers need no more."""
    usual_scatter: Annotated[float, Field(gt=0)] = 1.0
    """Variance of log votes that exposure leaves open, where too few votes tell. In words: one response in three
    gets more than 2.7 times, or less than a third, of what its place suggests."""
    max_iterations: Annotated[int, Field(ge=1)] = 40
    tolerance: Annotated[float, Field(gt=0)] = 0.001
    """The fit ends when no curve moves by more than this share."""
    fit_responses: Annotated[int, Field(ge=1000)] = 300_000
    """A larger corpus is fitted on about as many responses, whole threads, evenly over time; a small community
    with all of its own. Curves of some hundred steps need no more."""
    arrival_edges: Edges = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 35, 50, 70, 100, 150, 200, 400, 800)
    """Orders of arrival at which a new step of the curve starts."""
    size_edges: Edges = (2, 3, 5, 9, 17, 33, 65, 129, 257, 1025)
    """Comments of a thread at which a new curve starts."""
    delay_hours: Edges = (
        0.05, 0.1, 0.175, 0.25, 0.375, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128, 256,
    )  # fmt: skip
    """Delays after the post at which a new step starts: so near that votes differ little inside a step."""
    hours_of_day: Annotated[int, Field(ge=1, le=24)] = 24
    """Steps of a day (UTC)."""


class Pairs(Section):
    """Which responses are compared, and how many pairs a post gives."""

    preset: PresetName = "calibrated"
    calibrated: Calibrated = Calibrated()
    shp: Shp = Shp()
    llumi: Llumi = Llumi()
    stackexchange: StackExchange = StackExchange()
    exposure: Exposure = Exposure()
    top_level_only: bool = True
    """Compare only answers to the post itself: others answer another prompt."""
    max_responses_per_post: Annotated[int, Field(ge=2)] = 2000
    """The highest and the lowest scored of a larger thread are compared, the middle is not."""
    max_pairs_per_post: Annotated[int, Field(ge=1)] = 5
    """SHP's advice. Uncapped, 0.1 % of threads would give 91 % of all pairs."""
    max_pairs_per_response: Annotated[int, Field(ge=1)] = 2
    max_pairs_per_author: Annotated[int, Field(ge=1)] = 20
    """As the author of the chosen response."""
    drop_length_only: bool = False
    """Drop pairs in which one response says what the other does and only adds to it: they teach length. Off,
    because adding to what was said may be what readers valued."""
    length_only_containment: Share = 0.9
    """From which share on: the words of the shorter response (with repeats) that the longer one has too."""
    drop_held_out_authors: bool = True
    """What a person wrote who has a part in test or validation does not train: a model may know their style."""
    drop_held_out_near_duplicates: bool = True
    """Nor does a text, or a thread of a post, that says almost the same as one of test or validation."""
    validation_share: Share = 0.05
    test_share: Share = 0.05

    @model_validator(mode="after")
    def _shares_leave_room(self) -> Self:
        if self.validation_share + self.test_share > 1:
            msg = "validation_share and test_share together are more than 1"
            raise ValueError(msg)
        return self
