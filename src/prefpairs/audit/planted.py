"""Identifiers that were planted in a project's own archive, and its spans -> how many were caught. Counts only.

The gold file is the one that `prefpairs sample` writes. An identifier is caught if every one of its
characters was masked, under whatever type: what counts is what a reader of the released text can still see.
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from prefpairs.audit.measure import in_order, kind_of
from prefpairs.audit.rates import Rate
from prefpairs.audit.report import PlantedFigures
from prefpairs.config import Settings
from prefpairs.deid.policy import KEEP
from prefpairs.errors import ContractError
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake

_FIELDS = frozenset({"title", "selftext", "body"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One identifier that somebody put, or marked, in a text: code points of the raw text."""

    name: str
    field: str
    start: int
    end: int
    entity_type: str
    text: str = dataclasses.field(repr=False)


def read_planted(path: Path) -> list[Planted]:
    """Read planted identifiers, one JSON object a line, with the attributes of `Planted`.

    Raises
    ------
    ContractError
        If the file is missing; else it names the file and the line that is no planted identifier.

    """
    if not path.is_file():
        msg = f"No file of planted identifiers at {path}."
        raise ContractError(msg)
    planted = []
    with path.open(encoding="utf-8", errors="surrogateescape") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                planted.append(Planted(**json.loads(line)))
            except (ValueError, TypeError):
                msg = f"{path}, line {number}: not a planted identifier (see `Planted`)."
                raise ContractError(msg) from None
    return planted


def planted_figures(
    planted: Iterable[Planted], lake: Lake, key: ProjectKey, policy_hash: str, settings: Settings
) -> list[PlantedFigures]:
    """Count which planted identifiers the spans of a policy cover, by entity type.

    Those in texts that no pair needed are counted apart: nothing of them is released.
    """
    of_policy = pl.col("policy_hash") == policy_hash
    read = set(
        lake.scan("texts")
        .filter(of_policy, pl.col("text").is_not_null())
        .select("text_id")
        .collect()
        .get_column("text_id")
    )
    masked: dict[str, list[tuple[int, int]]] = {}
    spans = lake.scan("spans").filter(of_policy, pl.col("action") != KEEP).select("text_id", "start", "end")
    for text_id, start, end in spans.collect().iter_rows():
        masked.setdefault(text_id, []).append((start, end))
    by_type: dict[str, Counter[str]] = {}
    for item in planted:
        if item.field not in _FIELDS:
            continue  # an author's name is planted too, and no text: it must be nowhere, not masked
        text_id = key.text_id(item.name, item.field)
        caught = _caught(item, masked.get(text_id, ())) if text_id in read else "not_read"
        by_type.setdefault(item.entity_type, Counter())[caught] += 1
    return [_figures(name, by_type[name], settings.audit.confidence) for name in sorted(by_type, key=in_order)]


def _figures(entity_type: str, counts: Counter[str], confidence: float) -> PlantedFigures:
    outcomes = {name: counts[name] for name in ("masked", "partly", "missed")}
    recall = Rate.of(counts["masked"], sum(outcomes.values()), confidence=confidence)
    return PlantedFigures(
        entity_type=entity_type, kind=kind_of(entity_type), not_read=counts["not_read"], recall=recall, **outcomes
    )


def _caught(planted: Planted, masked: Sequence[tuple[int, int]]) -> str:
    # Spans of one text never overlap, so the covered lengths add up.
    covered = sum(max(0, min(end, planted.end) - max(start, planted.start)) for start, end in masked)
    if covered == planted.end - planted.start:
        return "masked"
    return "partly" if covered else "missed"
