"""The nightly refresh: what happens to a comment, from its source to a candidate that waits for its steward.

Read from the top: the flow is the story, the steps below it say which stage each line is. A step
takes the path of the configuration and returns counts: Prefect never sees a text.
"""

import time
from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.context import FlowRunContext

from prefpairs.errors import without_text
from prefpairs.night import Night, Outcome
from prefpairs.orchestration import step
from prefpairs.progress import advancing
from prefpairs.settings_file import load_credentials
from prefpairs.stage import StageReport
from prefpairs.summary import funnel_markdown


@flow(name="refresh", persist_result=False, log_prints=False)
@without_text("The refresh")
def refresh(config: str = "prefpairs.toml", started_at: float | None = None) -> dict[str, Any]:
    """One night. Returns the outcome as JSON: counts, hashes and the version, if there is one."""
    night = Night.begin(config, started_at=time.time() if started_at is None else started_at)
    with night.lake.lock(), night.failure_recorded(time.time):
        outcome = _from_source_to_candidate(night, config)
        night.record(outcome, finished_at=time.time())
    if FlowRunContext.get() is not None:
        create_markdown_artifact(key="refresh-funnel", markdown=funnel_markdown(outcome.reports))
    return outcome.to_json()


def _from_source_to_candidate(night: Night, config: str) -> Outcome:
    # What the sources say becomes raw tables. Nothing but the raw zone ever holds these texts.
    reports = [read_archives(config), read_counselchat(config), read_reddit(config)]

    # Who may take part: removed, deleted, bots, hidden scores, other languages ... each with its reason.
    reports.append(curate(config))

    # Votes decide which responses are compared. Ids and numbers only: no text is read here.
    reports.append(selected := select(config))
    if not selected.rows_out:
        return night.without_pairs(reports)

    # Only now is text read: what can enter a pair, and nothing else, is de-identified.
    reports.append(masked := deidentify(config))
    reports.append(paired := pair(config, masked.inputs["policy_hash"]))
    if not paired.rows_out:
        return night.without_pairs(reports)

    # A failed gate stops the night here: the last good candidate stays the newest one.
    reports.append(validate(config, masked.inputs["policy_hash"]))

    # A candidate is a folder of bytes with one content root. A steward signs these bytes, or refuses.
    return night.with_candidate(reports)


@step("ingest-archives")
def read_archives(config: str) -> StageReport:
    """Archive dumps -> raw tables."""
    from prefpairs.ingest import archive

    night = Night.open(config)
    return archive.run(night.settings, night.lake, night.key, progress=advancing("ingest-archives"))


@step("ingest-counselchat")
def read_counselchat(config: str) -> StageReport:
    """CounselChat -> raw tables."""
    from prefpairs.ingest import counselchat

    night = Night.open(config)
    return counselchat.run(night.settings, night.lake, night.key)


@step("ingest-reddit", retries=2)
def read_reddit(config: str) -> StageReport:
    """Reddit, since the watermark -> raw tables."""
    night = Night.open(config)
    if not night.settings.ingest.live:
        return StageReport(stage="ingest-reddit", skipped=True)
    from prefpairs.ingest import reddit

    return reddit.run(
        night.settings,
        night.lake,
        credentials=load_credentials(),
        now=time.time,
        sleep=time.sleep,
        key=night.key,
        progress=advancing("ingest-reddit"),
    )


@step("curate")
def curate(config: str) -> StageReport:
    """Raw tables -> decisions."""
    from prefpairs.curate import decide

    night = Night.open(config)
    return decide.run(night.settings, night.lake, night.key)


@step("select")
def select(config: str) -> StageReport:
    """Decisions -> selected pairs, by id."""
    from prefpairs.pairs import select as selection

    night = Night.open(config)
    return selection.run(night.settings, night.lake, night.key)


@step("deidentify")
def deidentify(config: str) -> StageReport:
    """Raw texts of the selected pairs -> texts without identifiers, and spans."""
    from prefpairs.deid import deidentify as deidentification

    night = Night.open(config)
    return deidentification.run(night.settings, night.lake, night.key, progress=advancing("deidentify"))


@step("pair")
def pair(config: str, policy_hash: str) -> StageReport:
    """Pairs by id, and their texts -> threads and pairs."""
    from prefpairs.pairs import build

    night = Night.open(config)
    return build.run(night.settings, night.lake, night.key, policy_hash=policy_hash)


@step("validate")
def validate(config: str, policy_hash: str) -> StageReport:
    """Every table -> pass, or a failed gate."""
    from prefpairs.quality import gate

    night = Night.open(config)
    return gate.run(night.settings, night.lake, policy_hash=policy_hash)
