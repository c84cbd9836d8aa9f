"""What a stage returns: counts, never rows."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

Progress = Callable[[int, int], None]
"""Is told how many pieces of a stage's work are done, of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReport:
    """The counts of one stage of one run.

    Attributes
    ----------
    stage
        Its name, as in the folder names.
    rows_in, rows_out
        Rows read, and rows in the table that it wrote.
    dropped
        Reason code -> rows dropped for it. A row is counted once, under its first reason.
    counts
        Other numbers that a reader wants (spans by entity type, files, requests).
    quarantined
        Reason -> lines or records that could not be used.
    inputs
        Input name -> hash or table version.
    skipped
        True if the stage's output was already made from the same inputs.
    notes
        Sentences for the summary, free of source text.

    """

    stage: str
    rows_in: int = 0
    rows_out: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    quarantined: Mapping[str, int] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    skipped: bool = False
    notes: tuple[str, ...] = ()

    def as_skipped(self) -> "StageReport":
        """Return the same counts, marked as made by an earlier run."""
        return replace(self, skipped=True)

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return {**asdict(self), "notes": list(self.notes)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "StageReport":
        """Read back what `to_json` wrote."""
        return cls(**{**value, "notes": tuple(value.get("notes", ()))})
