"""The tables of a night -> its report on votes, `report.json` and `report.html` under `<work>/labels/`."""

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from prefpairs.config import Settings
from prefpairs.errors import ConfigError
from prefpairs.files import pretty_json, sha256_file, sha256_json, write_atomic
from prefpairs.lake import Lake
from prefpairs.pairs.exposure import ExposureModel, read_model
from prefpairs.resources import code_version
from prefpairs.stage import StageReport
from prefpairs.votes_report import exposure_figures, margins, overview
from prefpairs.votes_report.counting import Limits
from prefpairs.votes_report.html import render, templates_identity
from prefpairs.votes_report.parameters import tables_of
from prefpairs.votes_report.predictive import predictive
from prefpairs.votes_report.preset_figures import preset_figures
from prefpairs.votes_report.report import Calibration, Subject, VotesReport
from prefpairs.votes_report.stability import later_looks
from prefpairs.votes_report.tables import INPUTS, Tables, read
from prefpairs.votes_report.wins import wins

STAGE = "report"
MODEL = "exposure.json"
REPORT_JSON = "report.json"
REPORT_HTML = "report.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The document, the folder of its two files, and whether it was there already."""

    report: VotesReport
    folder: Path
    unchanged: bool

    @property
    def page(self) -> Path:
        """The report for people."""
        return self.folder / REPORT_HTML


def run(settings: Settings, lake: Lake) -> StageReport:
    """Write the report of the newest tables; its counts are the pairs that it shows.

    Running it twice on the same tables, model, settings and code does nothing.
    """
    written = write(settings, lake)
    totals = written.report.totals
    shown = {"pairs": totals.pairs, "responses": totals.responses, "threads": totals.threads}
    report = StageReport(
        stage=STAGE,
        counts={name: count for name, count in shown.items() if count is not None},
        inputs={"tables": written.report.subject.identity},
    )
    return report.as_skipped() if written.unchanged else report


def write(settings: Settings, lake: Lake) -> Written:
    """Make the document and its page, or read them back if nothing has changed."""
    folder = settings.labels_folder
    model_file = folder / MODEL
    identity = _identity(settings, lake, model_file)
    if there := _there(folder, identity):
        return Written(report=there, folder=folder, unchanged=True)
    model = _model(model_file, settings)
    report = _report(settings, read(lake), model, identity)
    document = report.model_dump(mode="json")
    # The page first: `report.json` says that both are there.
    write_atomic(folder / REPORT_HTML, render(document).encode())
    write_atomic(folder / REPORT_JSON, pretty_json(document))
    return Written(report=report, folder=folder, unchanged=False)


def _report(settings: Settings, tables: Tables, model: ExposureModel | None, identity: str) -> VotesReport:
    limits = Limits(least=settings.audit.min_count, confidence=settings.audit.confidence)
    pairs = settings.pairs
    who_wins = wins(tables, limits)
    communities = overview.communities(tables, limits)
    shown = [community.name for community in communities if community.name != overview.OTHERS]
    return VotesReport(
        subject=_subject(settings, identity),
        totals=overview.totals(tables, who_wins, limits),
        funnel=overview.funnel(tables, limits),
        exposure=exposure_figures.curves(tables, limits),
        calibration=Calibration(
            deciles=exposure_figures.deciles(tables, limits),
            predictive=predictive(tables, model.noise, limits) if model else None,
            later=later_looks(
                tables, limits, hours=max(settings.ingest.reddit.rescore_hours), preset=pairs.preset
            ),
        ),
        wins=who_wins,
        presets=preset_figures(tables, pairs, limits),
        margins=margins.margins(tables, limits),
        lengths=margins.lengths(tables, limits),
        caps=margins.caps(tables, pairs, limits),
        communities=communities,
        labels=overview.labels(tables, limits),
        parameters=tables_of(model, pairs.exposure, shown=shown) if model else [],
    )


def _subject(settings: Settings, identity: str) -> Subject:
    pairs = settings.pairs
    thresholds = getattr(pairs, pairs.preset).model_dump(mode="json")
    return Subject(
        project=settings.project.name,
        preset=pairs.preset,
        thresholds={name: json.dumps(value) for name, value in thresholds.items()},
        code_version=code_version(),
        identity=identity,
        min_count=settings.audit.min_count,
        confidence=settings.audit.confidence,
    )


def _identity(settings: Settings, lake: Lake, model_file: Path) -> str:
    return sha256_json(
        {
            "tables": {table: lake.version(table) for table in INPUTS},
            "model": sha256_file(model_file) if model_file.is_file() else None,
            "pairs": settings.pairs_content(),
            "audit": settings.audit.model_dump(mode="json"),
            "rescore_hours": list(settings.ingest.reddit.rescore_hours),
            "project": settings.project.name,
            "code": code_version(),
            "templates": templates_identity(),  # the version of the code is that of the modules only
        }
    )


def _model(path: Path, settings: Settings) -> ExposureModel | None:
    try:
        return read_model(path, settings.pairs.exposure)
    except (OSError, ConfigError):
        return None  # the page says so


def _there(folder: Path, identity: str) -> VotesReport | None:
    """Return the report that is there, if it is of these inputs and both its files can be read."""
    if not (folder / REPORT_HTML).is_file():
        return None
    try:
        report = VotesReport.model_validate_json((folder / REPORT_JSON).read_bytes())
    except (OSError, ValidationError):
        return None
    return report if report.subject.identity == identity else None
