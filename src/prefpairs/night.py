"""One run of the refresh: what it works on, how it ended, and its row in `runs`."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl

from prefpairs.config import Settings
from prefpairs.errors import ConfigError, PrefpairsError, without_text
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.release import candidate
from prefpairs.resources import code_version
from prefpairs.settings_file import load_settings
from prefpairs.stage import StageReport

Ending = Literal["candidate", "unchanged", "no-pairs", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended, in counts, hashes and one sentence."""

    ending: Ending
    message: str
    reports: tuple[StageReport, ...]
    version: str | None = None
    content_root: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as a JSON object."""
        return {
            "ending": self.ending,
            "message": self.message,
            "version": self.version,
            "content_root": self.content_root,
            "reports": [report.to_json() for report in self.reports],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Outcome":
        """Read back what `to_json` wrote."""
        reports = tuple(StageReport.from_json(report) for report in value["reports"])
        return cls(**{**value, "reports": reports})


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """The settings, the lake and the key of one run, and when it began (seconds since 1970 UTC)."""

    settings: Settings
    lake: Lake
    key: ProjectKey
    started_at: float
    watermarks: dict[str, int]

    @classmethod
    def open(cls, config: str, *, started_at: float = 0.0) -> "Night":
        """Read the configuration and the key.

        Raises
        ------
        ConfigError
            If either is missing or wrong.

        """
        settings = load_settings(Path(config))
        key = ProjectKey.load(settings.path(settings.project.key_file))
        return cls(
            settings=settings, lake=Lake(settings.lake_folder), key=key, started_at=started_at, watermarks={}
        )

    @classmethod
    def begin(cls, config: str, *, started_at: float) -> "Night":
        """Open the night and remember where the watermarks stand before it.

        Raises
        ------
        ConfigError
            If the configuration names nothing to read, or anything that `open` refuses.

        """
        night = cls.open(config, started_at=started_at)
        ingest = night.settings.ingest
        if not (ingest.archives or ingest.counselchat or ingest.live):
            msg = f"{config} names nothing to read: fill in archives, counselchat or live under [ingest]."
            raise ConfigError(msg)
        night.watermarks.update(_watermarks(night.settings, night.lake))
        return night

    def without_pairs(self, reports: Sequence[StageReport]) -> Outcome:
        """End without a candidate: the votes, or what was left of the texts, gave no pair."""
        # The first one: that of select, unless its pairs were lost when they got their texts.
        why = (note for report in reports for note in report.notes if report.stage in ("select", "pair"))
        message = next(why, "No pair possible: no response was left to compare.")
        return Outcome(ending="no-pairs", message=message, reports=tuple(reports))

    def with_candidate(self, reports: Sequence[StageReport]) -> Outcome:
        """End with a candidate folder, or say that the newest one already holds all of this."""
        make = without_text("The stage 'candidate'")(candidate.run)
        made = make(self.settings, self.lake, reports=reports, code_version=code_version())
        unchanged = made.report.skipped
        message = (
            f"Nothing new: {made.version} already holds this input."
            if unchanged
            else f"{made.version} waits for its sign-off."
        )
        return Outcome(
            ending="unchanged" if unchanged else "candidate",
            message=message,
            reports=(*reports, made.report),
            version=made.version,
            content_root=made.content_root,
        )

    def record(self, outcome: Outcome, *, finished_at: float) -> None:
        """Append the run to `runs`."""
        self._append(outcome, finished_at=finished_at)

    @contextmanager
    def failure_recorded(self, now: Callable[[], float]) -> Iterator[None]:
        """Append a failed run to `runs` if the block raises."""
        try:
            yield
        except PrefpairsError as error:
            message = f"{type(error).__name__}: {error}"
            failed = Outcome(ending="failed", message=message, reports=())
            # What ended the night is what has to be told, also where its record cannot be written either.
            with suppress(Exception):
                self._append(failed, finished_at=now())
            raise

    def _append(self, outcome: Outcome, *, finished_at: float) -> None:
        moment = datetime.fromtimestamp(self.started_at, UTC).strftime("%Y%m%dT%H%M%SZ")
        inputs = {
            value for report in outcome.reports if report.stage.startswith("ingest") for value in _hashes(report)
        }
        row = {
            "run_id": f"{moment}-{self.settings.config_hash[:8]}",
            "started_at": int(self.started_at),
            "finished_at": int(finished_at),
            "outcome": outcome.ending,
            "version": outcome.version,
            "content_root": outcome.content_root,
            "config_hash": self.settings.config_hash,
            "code_version": code_version(),
            "input_hashes": sorted(inputs),
            "watermarks_before": json.dumps(self.watermarks, sort_keys=True),
            "watermarks_after": json.dumps(_watermarks(self.settings, self.lake), sort_keys=True),
            "reports": json.dumps([report.to_json() for report in outcome.reports], sort_keys=True),
        }
        self.lake.append("runs", pl.DataFrame([row], schema_overrides={"input_hashes": pl.List(pl.String)}))


def _watermarks(settings: Settings, lake: Lake) -> dict[str, int]:
    found = {
        name: lake.transaction_version("posts", f"reddit:{name.lower()}") for name in settings.ingest.subreddits
    }
    return {name: version for name, version in found.items() if version is not None}


def _hashes(report: StageReport) -> list[str]:
    return [value for value in report.inputs.values() if len(value) == len("5e" * 32)]
