"""A project -> its audit: one report, as `report.json` and `report.html`, under `<work>/audit/`.

No clock is read. Audits are numbered in the order in which something had changed; one of the same
texts, settings and code gets its old number and its old comparison, and so the same bytes.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import ValidationError

from prefpairs.audit import measure
from prefpairs.audit.checks import checks
from prefpairs.audit.confidence import confidence_figures, without_threshold
from prefpairs.audit.densities import project_figures
from prefpairs.audit.drift import drift_figures
from prefpairs.audit.gold import read_gold, shipped_gold
from prefpairs.audit.html import render
from prefpairs.audit.measure import Searched
from prefpairs.audit.misses import misses
from prefpairs.audit.planted import planted_figures, read_planted
from prefpairs.audit.population import Population, read
from prefpairs.audit.report import (
    ConfidenceFigures,
    DriftFigures,
    GoldFigures,
    ProjectFigures,
    Report,
    Source,
    Subject,
)
from prefpairs.audit.words import word_figures
from prefpairs.config import Settings
from prefpairs.deid.engine import Engine
from prefpairs.deid.gold import GoldText
from prefpairs.deid.policy import KEEP, Policy
from prefpairs.errors import VerificationError
from prefpairs.files import pretty_json, sha256_file, sha256_json, write_atomic
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.release.manifest import Manifest, read_manifest
from prefpairs.release.registry import candidates
from prefpairs.resources import code_version

REPORT_JSON = "report.json"
REPORT_HTML = "report.html"
_TABLES = ("posts", "comments", "revisions", "selected_pairs", "selected_improvements", "spans", "texts")
_SHORT_HASH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A report, and the folder of its two files."""

    report: Report
    folder: Path

    @property
    def page(self) -> Path:
        """The report for people."""
        return self.folder / REPORT_HTML


def run(settings: Settings, *, gold: Path | None = None, planted: Path | None = None) -> Written:
    """Measure on gold texts and on the project's own, write the report, return it.

    `gold` is a file of gold texts that takes the place of the shipped ones (`prefpairs.audit.gold`);
    `planted` is the gold file of `prefpairs sample`.

    Raises
    ------
    ConfigError
        If the key or the pipeline is missing.
    ContractError
        If a gold file is not one.

    """
    key = ProjectKey.load(settings.path(settings.project.key_file))
    lake = Lake(settings.lake_folder)
    engine = Engine.load(settings.deid)
    texts = read_gold(gold) if gold else shipped_gold()
    known = read_planted(planted) if planted else []
    population = read(lake, key, engine.policy_hash)
    version = _version(settings, lake, engine.policy_hash)
    identity = _identity(settings, lake, engine, texts, planted)
    earlier = _earlier(settings.audit_folder)
    again = next((report for report in earlier if report.subject.identity == identity), None)
    sequence = again.subject.sequence if again else _next_sequence(earlier)

    project = project_figures(population, settings.audit) if population else None
    drift = again.drift if again else _drift(earlier, project, settings)
    measured = gold_figures(measure.search(texts, engine), settings, source="own" if gold else "shipped")
    report = Report(
        subject=_subject(settings, engine, version, identity, sequence),
        settings=settings.audit,
        checks=checks(gold=measured, project=project, drift=drift, settings=settings.audit),
        gold=measured,
        planted=planted_figures(known, lake, key, engine.policy_hash, settings) if known else None,
        project=project,
        confidence=_confidence(population, texts, settings),
        words=word_figures(population, settings.audit) if population else None,
        drift=drift,
    )
    name = version.version if version else engine.policy_hash[:_SHORT_HASH]
    return _write(report, settings.audit_folder / name)


def gold_figures(searched: Sequence[Searched], settings: Settings, *, source: Source) -> GoldFigures:
    """Return the figures over gold texts that were searched."""
    confidence = settings.audit.confidence
    left = left_in_text(settings)
    tried = measure.outcomes(searched, left_in_text=left)
    listed, unlisted = misses(tried, synthetic=source == "shipped")
    return GoldFigures(
        source=source,
        texts=len(searched),
        failed=sum(item.masked is None for item in searched),
        identifiers=len(tried),
        documents=measure.documents(tried, confidence=confidence),
        everything=measure.together("everything", searched, tried, *measure.KINDS, confidence=confidence),
        direct=measure.together("direct", searched, tried, "direct", confidence=confidence),
        quasi=measure.together("quasi", searched, tried, "quasi", confidence=confidence),
        entities=measure.by_entity(searched, tried, left_in_text=left, confidence=confidence),
        variants=measure.by_variant(tried, settings),
        misses=listed,
        misses_not_listed=unlisted,
    )


def left_in_text(settings: Settings) -> frozenset[str]:
    """Return the entity types that the policy leaves in the text."""
    policy = Policy(settings.deid)
    kept = {name for name in settings.deid.policy if policy.action(name) == KEEP}
    return frozenset({*settings.deid.ignored_entities, *kept})


def _confidence(population: Population | None, texts: Sequence[GoldText], settings: Settings) -> ConfidenceFigures:
    engine = without_threshold(settings)
    if population is None:
        sample = [text.text for text in texts[: settings.audit.sample_texts]]
        return confidence_figures(sample, engine, settings=settings, source="gold")
    raw = population.texts.head(settings.audit.sample_texts).get_column("raw").to_list()
    return confidence_figures(raw, engine, settings=settings, source="project")


def _subject(
    settings: Settings, engine: Engine, version: Manifest | None, identity: str, sequence: int
) -> Subject:
    deid = settings.deid
    return Subject(
        project=settings.project.name,
        version=version.version if version else None,
        content_root=version.content_root if version else None,
        policy_hash=engine.policy_hash,
        profile=deid.profile,
        pipeline=deid.content_settings()["spacy_pipeline"],
        score_threshold=deid.score_threshold,
        default_action=deid.action,
        actions=dict(sorted(deid.policy.items())),
        left_in_text=sorted(left_in_text(settings)),
        propagate=deid.propagate,
        code_version=code_version(),
        sequence=sequence,
        identity=identity,
    )


def _version(settings: Settings, lake: Lake, policy_hash: str) -> Manifest | None:
    """Return the newest candidate's manifest if it was made from these very tables under this policy."""
    names = candidates(settings)
    if not names:
        return None
    try:
        manifest = read_manifest(settings.candidates_folder / names[-1])
    except VerificationError:
        return None
    same = all(manifest.tables.get(table, lake.version(table)) == lake.version(table) for table in _TABLES)
    return manifest if same and manifest.policy_hash == policy_hash else None


def _identity(
    settings: Settings, lake: Lake, engine: Engine, texts: Sequence[GoldText], planted: Path | None
) -> str:
    return sha256_json(
        {
            "tables": {table: lake.version(table) for table in _TABLES},
            "policy": engine.policy_hash,
            "settings": settings.audit.model_dump(mode="json"),
            "gold": [asdict(text) for text in texts],
            "planted": sha256_file(planted) if planted else None,
            "code": code_version(),
        }
    )


def _earlier(folder: Path) -> list[Report]:
    """Return the reports that are there and can be read, oldest first."""
    found = []
    for path in sorted(folder.glob(f"*/{REPORT_JSON}")):
        try:
            found.append(Report.model_validate_json(path.read_bytes()))
        except ValidationError:
            continue  # of another format: there is nothing to compare with
    return sorted(found, key=lambda report: report.subject.sequence)


def _next_sequence(earlier: Sequence[Report]) -> int:
    return earlier[-1].subject.sequence + 1 if earlier else 1


def _drift(earlier: Sequence[Report], project: ProjectFigures | None, settings: Settings) -> DriftFigures | None:
    with_texts = [(report.subject, report.project) for report in earlier if report.project is not None]
    if project is None or not with_texts:
        return None
    return drift_figures(*with_texts[-1], project, settings.audit)


def _write(report: Report, folder: Path) -> Written:
    document = report.model_dump(mode="json")
    write_atomic(folder / REPORT_JSON, pretty_json(document))
    write_atomic(folder / REPORT_HTML, render(document).encode())
    return Written(report=report, folder=folder)
