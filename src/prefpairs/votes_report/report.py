"""What a night made of the votes, as one document: `report.json` is this, and `report.html` shows nothing else.

Counts, shares and means by community; never a text, a name or an id. A count of real people's texts below
the smallest that may be shown is null, and what rests on so few is left out.
"""

from typing import Literal

from prefpairs.audit.rates import Part, Rate

Comparison = Literal["scores", "votes for each expected vote"]


class Subject(Part):
    """What the report is about: which project, which rules, which code and inputs."""

    project: str
    preset: str
    thresholds: dict[str, str]
    code_version: str
    identity: str
    min_count: int
    confidence: float


class Totals(Part):
    """The figures that stand at the top."""

    comments: int | None
    responses: int | None
    responses_in_pairs: int | None
    pairs: int | None
    threads: int | None
    median_probability: float | None
    earlier_wins_before: Rate | None
    earlier_wins_after: Rate | None


class Reason(Part):
    """Comments that one reason kept out. The first reason of a comment counts."""

    stage: Literal["curate", "select"]
    code: str
    meaning: str
    count: int | None


class Funnel(Part):
    """From comments that were read to responses in a pair."""

    comments: int | None
    kept: int | None
    in_pairs: int | None
    reasons: list[Reason]


class Point(Part):
    """Responses of one bin: how many votes the model expects of them, and how many they got, on average.

    `expected` is the mean of the expected votes times the mean quality of the community; `low` and `high`
    are the ends of the interval of the observed mean.
    """

    label: str
    responses: int
    expected: float
    observed: float
    low: float
    high: float


class Curve(Part):
    """Expected and observed votes of one community (or of all) by arrival and by delay."""

    community: str
    responses: int
    scale: float
    by_arrival: list[Point]
    by_delay: list[Point]


class Reliability(Part):
    """Responses of one third by expected votes: nominal probability -> share at or below that quantile."""

    name: str
    responses: int
    shares: list[float]


class Predictive(Part):
    """How well the predicted distribution of votes fits: PIT histogram (shares) and reliability of quantiles."""

    responses: int
    pit: list[float]
    nominal: list[float]
    thirds: list[Reliability]


class Stability(Part):
    """Pairs of one bin of preference_probability, and the share whose order a later look keeps."""

    label: str
    probability: float
    kept: Rate


class LaterLooks(Part):
    """What later looks say. `pairs` have a later look on both sides; `tied` are level there, and not counted."""

    hours: float
    comparison: Comparison
    pairs: int | None
    tied: int | None
    bins: list[Stability]


class Calibration(Part):
    """What can be tested of the model on this corpus."""

    deciles: list[Point]
    predictive: Predictive | None
    later: LaterLooks | None


class Band(Part):
    """One band of pairs: the share won by one side, in all untied sibling pairs and in the published ones."""

    label: str
    before: Rate | None
    after: Rate | None


class PresetFigures(Part):
    """What the rule of one preset would admit here, before safety, splits and caps.

    `agrees` is the share of its pairs whose chosen response has the higher posterior quality.
    """

    preset: str
    pairs: int | None
    earlier: Rate | None
    longer: Rate | None
    agrees: Rate | None


class Wins(Part):
    """Who wins more often than chance, before and after selection. `thinned`: posts of which a part was taken."""

    earlier: list[Band]
    longer: list[Band]
    thinned_above: int
    thinned: int | None


class Bin(Part):
    """One bar. `count` is null where it is too small to be shown; `share` is null there too."""

    label: str
    count: int | None
    share: float | None


class Margins(Part):
    """Distributions of the published pairs."""

    pairs: int
    score_gap: list[Bin]
    score_ratio: list[Bin]
    probability: list[Bin]
    probability_sd: list[Bin]


class Lengths(Part):
    """Words of the chosen and of the rejected responses."""

    pairs: int
    chosen: list[Bin]
    rejected: list[Bin]
    median_chosen: float
    median_rejected: float


class Cap(Part):
    """How often a post, a response or an author is in a pair, and how many stand at the cap."""

    of: Literal["post", "response", "author"]
    limit: int
    at_limit: int | None
    total: int | None
    bins: list[Bin]


class Community(Part):
    """One community in numbers."""

    name: str
    comments: int | None
    responses: int | None
    in_pairs: int | None
    pairs: int | None
    median_probability: float | None
    earlier_wins: Rate | None


class LabelCount(Part):
    """Kept posts and comments that carry one label or topic."""

    code: str
    posts: int | None
    comments: int | None


class Labels(Part):
    """Safety labels and topics of the kept texts, and how many wait for a person."""

    labels: list[LabelCount]
    topics: list[LabelCount]
    waiting: int | None
    configs: list[Bin]
    splits: list[Bin]


class Parameter(Part):
    """One number of the exposure model, or a few in their order."""

    name: str
    values: list[str]


class ParameterTable(Part):
    """Parameters of the whole (`columns` has one entry), or of several communities side by side."""

    title: str
    columns: list[str]
    rows: list[Parameter]


class VotesReport(Part):
    """The whole document. A part is null where its tables are empty."""

    subject: Subject
    totals: Totals
    funnel: Funnel | None
    exposure: list[Curve]
    calibration: Calibration
    wins: Wins | None
    presets: list[PresetFigures]
    margins: Margins | None
    lengths: Lengths | None
    caps: list[Cap]
    communities: list[Community]
    labels: Labels | None
    parameters: list[ParameterTable]
