"""Planted identifiers and the spans that were found -> how many were caught. Counts only.

An identifier is caught if every one of its characters was masked, under whatever type: what counts is
what a reader of the released text can still see.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
from rich.table import Table

from prefpairs.errors import ContractError
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake

TEXT_FIELDS = ("title", "selftext", "body")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One identifier that somebody put, or marked, in a text: code points of the raw text."""

    name: str
    field: str
    start: int
    end: int
    entity_type: str
    text: str = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """What became of the planted identifiers of one type.

    Attributes
    ----------
    found
        Masked from the first character to the last.
    partly
        Some characters masked.
    missed
        Not masked at all.
    unread
        In texts that no pair needed, so nothing of them is released.

    """

    found: int = 0
    partly: int = 0
    missed: int = 0
    unread: int = 0

    @property
    def read(self) -> int:
        """How many were in texts that were de-identified."""
        return self.found + self.partly + self.missed

    @property
    def share(self) -> float | None:
        """Share of those that were read which are fully masked, 0 to 1; None if none was read."""
        return self.found / self.read if self.read else None

    def plus(self, other: "Caught") -> "Caught":
        """Return the sums."""
        return Caught(
            found=self.found + other.found,
            partly=self.partly + other.partly,
            missed=self.missed + other.missed,
            unread=self.unread + other.unread,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Entity type -> what became of its planted identifiers."""

    by_type: Mapping[str, Caught]

    @property
    def total(self) -> Caught:
        """The sums over all types."""
        total = Caught()
        for caught in self.by_type.values():
            total = total.plus(caught)
        return total

    def to_json(self) -> dict[str, Any]:
        """Return the counts and shares as a JSON object."""
        rows = {**self.by_type, "total": self.total}
        return {name: {**asdict(caught), "share": caught.share} for name, caught in rows.items()}

    def table(self) -> Table:
        """Return the counts and shares as a table for the terminal."""
        table = Table(title="Planted identifiers", title_justify="left")
        table.add_column("type")
        for column in ("read", "masked", "partly", "missed", "share", "not read"):
            table.add_column(column, justify="right")
        for name, caught in {**self.by_type, "total": self.total}.items():
            share = "" if caught.share is None else f"{caught.share:.1%}"
            counts = (caught.read, caught.found, caught.partly, caught.missed)
            table.add_row(name, *(f"{count:,}" for count in counts), share, f"{caught.unread:,}")
        return table


def read_gold(path: Path) -> list[Planted]:
    """Read planted identifiers, one JSON object a line, with the attributes of `Planted`.

    Raises
    ------
    ContractError
        Names the file and the line that is not one.

    """
    planted = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                planted.append(Planted(**json.loads(line)))
            except (ValueError, TypeError):
                msg = f"{path}, line {number}: not a planted identifier (see `Planted`)."
                raise ContractError(msg) from None
    return planted


def measure(gold: Iterable[Planted], lake: Lake, key: ProjectKey, policy_hash: str) -> Audit:
    """Count which planted identifiers the spans of a policy cover."""
    of_policy = pl.col("policy_hash") == policy_hash
    read = set(lake.scan("texts").filter(of_policy).select("text_id").collect().get_column("text_id"))
    masked: dict[str, list[tuple[int, int]]] = {}
    for text_id, start, end in (
        lake.scan("spans").filter(of_policy).select("text_id", "start", "end").collect().rows()
    ):
        masked.setdefault(text_id, []).append((start, end))
    by_type: dict[str, Caught] = {}
    for planted in gold:
        if planted.field not in TEXT_FIELDS:
            continue  # an author's name is planted too, and no text: it must be nowhere, not masked
        text_id = key.text_id(planted.name, planted.field)
        caught = _caught(planted, masked.get(text_id, [])) if text_id in read else Caught(unread=1)
        by_type[planted.entity_type] = by_type.get(planted.entity_type, Caught()).plus(caught)
    return Audit(by_type=dict(sorted(by_type.items())))


def _caught(planted: Planted, masked: list[tuple[int, int]]) -> Caught:
    # Spans of one text never overlap, so the covered lengths add up.
    covered = sum(max(0, min(end, planted.end) - max(start, planted.start)) for start, end in masked)
    if covered == planted.end - planted.start:
        return Caught(found=1)
    return Caught(partly=1) if covered else Caught(missed=1)
