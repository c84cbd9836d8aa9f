"""Counts -> shares with their intervals, as the report holds them."""

from pydantic import BaseModel, ConfigDict

from prefpairs.audit.intervals import f_measure, wilson


class Part(BaseModel):
    """A part of the report: nothing is added to it, and nothing in it changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Rate(Part):
    """A share of what was counted, and the ends of its interval."""

    count: int
    total: int
    value: float
    low: float
    high: float

    @classmethod
    def of(cls, count: int, total: int, *, confidence: float) -> "Rate | None":
        """Return `count / total` with its Wilson interval; None if nothing was counted."""
        if total == 0:
            return None
        low, high = wilson(count, total, confidence=confidence)
        return cls(count=count, total=total, value=count / total, low=low, high=high)


class F2(Part):
    """F2, and the F2 of the lower and of the upper ends of recall's and precision's intervals."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, recall: Rate | None, precision: Rate | None) -> "F2 | None":
        """Return the F2 of two rates; None where either was not counted."""
        if recall is None or precision is None:
            return None
        value, low, high = (
            f_measure(getattr(recall, end), getattr(precision, end)) for end in ("value", "low", "high")
        )
        return cls(value=value, low=low, high=high)
