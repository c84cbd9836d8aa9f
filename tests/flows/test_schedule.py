"""A served schedule has a server that schedules: an ephemeral one does not, and some SQLAlchemy cannot."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from prefpairs.prefect_server import running_server
from prefpairs.prefect_settings import prefect_environment

PATIENCE_SECONDS = 90
SERVICE_UNAVAILABLE = 503


@pytest.mark.prefect
def test_nightly_deployment_gets_its_runs_and_the_server_goes_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in prefect_environment(tmp_path, logging_level="ERROR").items():
        monkeypatch.setenv(name, value)

    with running_server() as address:
        flow = post(f"{address}/flows/", {"name": "refresh"})
        schedule = {"schedule": {"cron": "0 3 * * *", "timezone": "UTC"}, "active": True}
        post(f"{address}/deployments/", {"name": "nightly", "flow_id": flow["id"], "schedules": [schedule]})
        runs = scheduled_runs(address)

    assert runs
    assert {run["next_scheduled_start_time"][11:16] for run in runs} == {"03:00"}
    with pytest.raises(OSError, match="refused"):
        post(f"{address}/flow_runs/filter", {})


def scheduled_runs(address: str) -> list[dict[str, Any]]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        runs: list[dict[str, Any]] = post(f"{address}/flow_runs/filter", {})
        if runs:
            return runs
        time.sleep(1)
    return []


def post(address: str, body: Mapping[str, Any]) -> Any:
    request = urllib.request.Request(
        address, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with opener.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            # While its database is locked the server asks to come back, and Prefect's own client does.
            if error.code != SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                raise
        time.sleep(1)
