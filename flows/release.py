"""Releasing a version: only bytes that a steward signed, published once, read back."""

import time
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.context import FlowRunContext

from prefpairs.orchestration import step
from prefpairs.release import publish
from prefpairs.settings_file import load_credentials, load_settings
from prefpairs.stage import StageReport


@flow(name="release", persist_result=False, log_prints=False)
def release(version: str, config: str = "prefpairs.toml") -> dict[str, Any]:
    """Publish one approved version. Returns counts and the commit. Running it again changes nothing."""
    released = publish_version(config, version)
    if FlowRunContext.get() is not None:
        lines = [f"- {name}: `{value}`" for name, value in released.inputs.items()]
        create_markdown_artifact(key="release", markdown="\n".join([f"# {version}", "", *lines]))
    return released.to_json()


@step("release", retries=2)
def publish_version(config: str, version: str) -> StageReport:
    """Signed candidate -> the release target."""
    settings = load_settings(Path(config))
    released = publish.release(settings, version, credentials=load_credentials(), now=time.time())
    return StageReport(
        stage="release",
        skipped=released.unchanged,
        inputs={"version": released.version, "target": released.target, "commit": released.commit},
    )
