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
    reports = [read_archives(config), read_counselchat(config), read_reddit(config), read_revisions(config)]

    # Who may take part: removed, deleted, bots, hidden scores, other languages ... each with its reason.
    reports.append(curate(config))

    # What a text is, whatever its votes: the same again, a crisis, harm, a topic. Labels on texts, not on people.
    reports += [find_near_duplicates(config), label(config)]

    # Votes, and who could have seen what, decide which responses are compared: here no text is read.
    reports.append(select(config))

    # Drafts that somebody made better: edits, a weak and a strong answer that say alike, revisions.
    reports.append(select_improvements(config))

    # Only now is text read to be published: what enters a pair, and nothing else, is de-identified.
    reports.append(masked := deidentify(config))
    reports.append(paired := pair(config, masked.inputs["policy_hash"]))
    reports.append(build_improvements(config, masked.inputs["policy_hash"]))
    reports.append(report_on_votes(config))

    # Only here, also where select found nothing: no table may keep the pairs of the night before.
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


@step("ingest-revisions")
def read_revisions(config: str) -> StageReport:
    """Files of revisions -> raw table."""
    from prefpairs.improve import revisions

    night = Night.open(config)
    return revisions.run(night.settings, night.lake, night.key)


@step("curate")
def curate(config: str) -> StageReport:
    """Raw tables -> decisions."""
    from prefpairs.curate import decide

    night = Night.open(config)
    return decide.run(night.settings, night.lake, night.key)


@step("near-duplicates")
def find_near_duplicates(config: str) -> StageReport:
    """Kept texts -> groups of those that say almost the same."""
    from prefpairs.near_duplicates import find

    night = Night.open(config)
    return find.run(night.settings, night.lake, night.key)


@step("label")
def label(config: str) -> StageReport:
    """Kept texts -> safety labels and topics, and the queue of what a person should look at."""
    from prefpairs.safety import label as labelling

    night = Night.open(config)
    return labelling.run(night.settings, night.lake, night.key)


@step("select")
def select(config: str) -> StageReport:
    """Decisions -> selected pairs, by id."""
    from prefpairs.pairs import select as selection

    night = Night.open(config)
    return selection.run(night.settings, night.lake, night.key)


@step("improve-select")
def select_improvements(config: str) -> StageReport:
    """Raw texts and selected pairs -> drafts and better texts, by id."""
    from prefpairs.improve import select as selection
    from prefpairs.safety.label import labeller

    night = Night.open(config)
    return selection.run(night.settings, night.lake, night.key, label=labeller(night.settings))


@step("deidentify")
def deidentify(config: str) -> StageReport:
    """Raw texts of what was selected -> texts without identifiers, and spans."""
    from prefpairs.deid import deidentify as deidentification

    night = Night.open(config)
    return deidentification.run(night.settings, night.lake, night.key, progress=advancing("deidentify"))


@step("pair")
def pair(config: str, policy_hash: str) -> StageReport:
    """Pairs by id, and their texts -> threads, pairs and what SFT may imitate."""
    from prefpairs.pairs import build

    night = Night.open(config)
    return build.run(night.settings, night.lake, night.key, policy_hash=policy_hash)


@step("improve-build")
def build_improvements(config: str, policy_hash: str) -> StageReport:
    """Drafts and better texts by id, and their texts -> improvements."""
    from prefpairs.improve import build

    night = Night.open(config)
    return build.run(night.settings, night.lake, night.key, policy_hash=policy_hash)


@step("report")
def report_on_votes(config: str) -> StageReport:
    """Tables -> the page on votes and labels."""
    from prefpairs.votes_report import run as reporting

    night = Night.open(config)
    return reporting.run(night.settings, night.lake)


@step("validate")
def validate(config: str, policy_hash: str) -> StageReport:
    """Every table -> pass, or a failed gate."""
    from prefpairs.quality import gate

    night = Night.open(config)
    return gate.run(night.settings, night.lake, policy_hash=policy_hash)
