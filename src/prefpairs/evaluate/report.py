"""What an evaluation found, as one document: `report.json` is this, and `report.html` shows nothing else.

Counts, shares and means; never a text, a name or an id.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from prefpairs.evaluate.generations.report import Generations
from prefpairs.evaluate.preferences import Preferences

FORMAT = 1
"""Rises when a key of the document changes its meaning or goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What was evaluated, on what, and how.

    Attributes
    ----------
    model, reference
        Name of the folder; no reference for a reward model.
    model_hash, reference_hash
        SHA-256 over what decides the scores.
    reference_is_origin
        Whether the model was trained from the reference; None if it does not say.
    reference_stage
        The stage that made the reference; None if it does not say: then no stage of ours did.
    stage
        The stage that made the model; None if it does not say.
    version, content_root, commit
        The dataset version, as its manifest and its source name it.
    trained_on
        The version that the model was trained on; None if it does not say.
    split
        `validation` or `test`.
    judged_by
        `votes` of the version, its `improvements` (edits and revisions, which have no vote), or `people` in a
        file of human preferences.
    beta
        What a difference in log-probability is multiplied by.
    margin_is_log_odds
        Whether the loss makes the sigmoid of a margin the model's own probability: the sigmoid loss without an
        offset does. None if the model does not say how it was trained.
    choices
        What was chosen on this machine: device, type, attention.
    settings
        What decides the figures.
    identity
        A hash of everything that does: the same identity, the same figures.
    code_version
        Of prefpairs.

    """

    model: str
    model_hash: str
    reference: str | None
    reference_hash: str | None
    reference_is_origin: bool | None
    reference_stage: str | None
    stage: str | None
    task: str
    version: str
    trained_on: str | None
    content_root: str
    commit: str
    split: str
    judged_by: str
    beta: float
    margin_is_log_odds: bool | None
    choices: Mapping[str, str]
    settings: Mapping[str, Any]
    identity: str
    code_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationReport:
    """The whole document. A part is None where it was not asked for.

    Attributes
    ----------
    counts
        Of the split: rows, pairs, threads, responses, prompts that were cut.
    dropped
        Reason -> rows that could not be used.

    """

    subject: Subject
    counts: Mapping[str, int]
    dropped: Mapping[str, int]
    preferences: Preferences | None
    generations: Generations | None
    format: int = FORMAT

    def to_json(self) -> dict[str, Any]:
        """Return the document as JSON values."""
        return asdict(self)
