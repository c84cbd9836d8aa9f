"""The audit before and this one -> how each entity type's density changed, and where that is an alarm.

A fall is an alarm as much as a rise: a density that falls to nothing usually means that a recognizer died.
"""

from prefpairs.audit.intervals import ratio_interval
from prefpairs.audit.report import Alarm, Cell, Drift, DriftFigures, ProjectFigures, Subject
from prefpairs.config import Audit

_NOTHING = Cell(count=0, per_1000_words=0.0)


def drift_figures(before: Subject, old: ProjectFigures, now: ProjectFigures, settings: Audit) -> DriftFigures:
    """Compare the densities of an audit, and of the one before it, about `before`."""
    names = sorted({*old.total.cells, *now.total.cells})
    exposure = max(now.words, 1) / max(old.words, 1)
    rows = [
        _drift(name, old.total.cells.get(name, _NOTHING), now.total.cells.get(name, _NOTHING), exposure, settings)
        for name in names
    ]
    return DriftFigures(
        previous_sequence=before.sequence,
        previous_version=before.version,
        previous_policy_hash=before.policy_hash,
        rows=sorted(rows, key=lambda row: (row.alarm is None, row.entity_type)),
    )


def _drift(name: str, before: Cell, now: Cell, exposure: float, settings: Audit) -> Drift:
    change = low = high = None
    if before.count and now.count is not None:
        change = now.count / before.count / exposure - 1
        if now.count:
            low, high = (
                end - 1
                for end in ratio_interval(
                    now.count, before.count, exposure=exposure, confidence=settings.confidence
                )
            )
    return Drift(
        entity_type=name, before=before, now=now, change=change, low=low, high=high,
        alarm=_alarm(before, now, exposure, settings),
    )  # fmt: skip


def _alarm(before: Cell, now: Cell, exposure: float, settings: Audit) -> Alarm | None:
    # Where a count is too small to be shown, the largest that it can be decides about a fall, and about a rise.
    largest = settings.min_count - 1
    old, new = (largest if cell.count is None else cell.count for cell in (before, now))
    if old >= settings.drift_min_hits and new / old / exposure < 1 - settings.drift_fall:
        return "fell"
    if new >= settings.drift_min_hits and new > old * exposure * (1 + settings.drift_rise):
        return "rose"
    return None
