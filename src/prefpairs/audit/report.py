"""What an audit found, as one document: `report.json` is this, and `report.html` shows nothing else.

Counts, shares, hashes and words that many people used; never a text. A count of real people's texts
below the smallest that may be shown is null.
"""

from typing import Literal

from prefpairs.audit.rates import F2, Part, Rate
from prefpairs.config import Audit

Kind = Literal["direct", "quasi", "other"]
"""Names somebody, narrows down who somebody is, or neither."""
Alarm = Literal["fell", "rose"]
Source = Literal["shipped", "own"]
"""Gold texts: synthetic ones that come with the package, or ones that the project gives."""


class Subject(Part):
    """What was measured: which project, under which policy, with which code."""

    project: str
    version: str | None
    content_root: str | None
    policy_hash: str
    profile: str
    pipeline: str
    score_threshold: float
    default_action: str
    actions: dict[str, str]
    left_in_text: list[str]
    propagate: bool
    code_version: str
    sequence: int
    identity: str


class Check(Part):
    """One thing that a steward asks before signing, and the answer."""

    name: str
    state: Literal["met", "not met", "not measured"]
    sentence: str


class EntityFigures(Part):
    """How well one entity type is found in the gold texts.

    Attributes
    ----------
    masked, partly, missed
        Gold identifiers of this type of which every letter and digit is masked, some are, none is.
    recall, typed_recall
        Share masked under whatever type, and under this very type.
    precision, typed_precision
        Share of the spans masked as this type that touch a gold identifier of any type, and of this type.
    left_in_text
        True if the policy leaves this type in the text.

    """

    entity_type: str
    kind: Kind
    left_in_text: bool
    masked: int
    partly: int
    missed: int
    recall: Rate | None
    typed_recall: Rate | None
    precision: Rate | None
    typed_precision: Rate | None
    f2: F2 | None
    typed_f2: F2 | None


class Documents(Part):
    """Texts that hold a direct identifier, and those of them that keep one."""

    texts: int
    leaking: int
    share: Rate | None
    upper_bound: float | None


class VariantFigures(Part):
    """One way of writing the same texts: as they are, in lower case, with typing errors."""

    variant: str
    texts: int
    documents: Documents
    direct: Rate | None
    quasi: Rate | None


class Example(Part):
    """A piece of a synthetic text, with the identifier that was missed in its middle."""

    before: str
    identifier: str
    after: str


class Miss(Part):
    """Gold identifiers of one text, type and shape that are not, or not wholly, masked.

    `shape` has X for capitals, x for small letters, 9 for digits. `example` quotes synthetic text only.
    """

    text: str
    variant: str
    entity_type: str
    kind: Kind
    shape: str
    count: int
    example: Example | None


class GoldFigures(Part):
    """Figures over texts whose identifiers are known."""

    source: Source
    texts: int
    failed: int
    identifiers: int
    documents: Documents
    everything: EntityFigures
    direct: EntityFigures
    quasi: EntityFigures
    entities: list[EntityFigures]
    variants: list[VariantFigures]
    misses: list[Miss]
    misses_not_listed: int


class PlantedFigures(Part):
    """What became of the identifiers that were planted in the project's own archive."""

    entity_type: str
    kind: Kind
    masked: int
    partly: int
    missed: int
    not_read: int
    recall: Rate | None


class Cell(Part):
    """Spans, and spans in 1,000 words. Null where the count is too small to be shown."""

    count: int | None
    per_1000_words: float | None


class DensityRow(Part):
    """The cells of one community, field or recognizer, by entity type."""

    name: str
    texts: int | None
    words: int | None
    cells: dict[str, Cell]


class Combination(Part):
    """Texts that hold exactly these kinds of quasi-identifiers."""

    entity_types: list[str]
    texts: int


class ProjectFigures(Part):
    """Figures over the project's own de-identified texts."""

    texts: int
    words: int
    threads: int
    communities: int
    changed_since: int
    failed: int
    left_in_output: dict[str, int]
    entity_types: list[str]
    total: DensityRow
    by_community: list[DensityRow]
    by_field: list[DensityRow]
    by_recognizer: list[DensityRow]
    combinations: list[Combination]
    combinations_hidden: int
    texts_in_hidden_combinations: int | None
    texts_with_three_kinds: int | None


class Histogram(Part):
    """Scores of one recognizer for one entity type, in equal bins from 0 to 1."""

    entity_type: str
    recognizer: str
    bins: list[int]
    below: int
    just_below: int
    just_below_unmasked: int
    above: int


class ConfidenceFigures(Part):
    """How sure the recognizers are, with no threshold applied.

    `just_below_unmasked` leaves out what another detection masks anyway.
    """

    source: Literal["project", "gold"]
    texts: int
    threshold: float
    just_below_from: float
    histograms: list[Histogram]


class Word(Part):
    """A capitalised word that many threads hold, and common words beside it."""

    shown: str
    letters: int
    entity_types: list[str]
    occurrences: int
    threads: int
    context: list[str]


class WordFigures(Part):
    """Capitalised words, masked and left, and how many are too rare to be shown."""

    masked: list[Word]
    masked_common: list[Word]
    masked_hidden: int
    unmasked: list[Word]
    unmasked_hidden: int
    unmasked_hidden_occurrences: int


class Drift(Part):
    """One entity type's density before and now."""

    entity_type: str
    before: Cell
    now: Cell
    change: float | None
    low: float | None
    high: float | None
    alarm: Alarm | None


class DriftFigures(Part):
    """Densities against those of the audit before."""

    previous_sequence: int
    previous_version: str | None
    previous_policy_hash: str
    rows: list[Drift]


class Report(Part):
    """The whole audit. A part that could not be measured is null."""

    format: Literal[1] = 1
    subject: Subject
    settings: Audit
    checks: list[Check]
    gold: GoldFigures
    planted: list[PlantedFigures] | None
    project: ProjectFigures | None
    confidence: ConfidenceFigures
    words: WordFigures | None
    drift: DriftFigures | None
