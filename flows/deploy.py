"""The nightly schedule: `prefpairs serve` runs the refresh at its hour, one at a time, until stopped."""

from pathlib import Path
from typing import Any

from prefect.flows import load_flow_from_entrypoint


def serve(config: str, *, cron: str = "0 3 * * *") -> None:
    """Serve the refresh. A stop keeps the schedule: the next start goes on with it."""
    refresh: Any = load_flow_from_entrypoint(f"{Path(__file__).with_name('refresh.py')}:refresh")
    refresh.serve(
        name="nightly",
        cron=cron,
        parameters={"config": config},
        limit=1,
        pause_on_shutdown=False,
        print_starting_message=False,
    )
