"""The environment under which Prefect needs no set-up. Must be in place before Prefect is imported."""

from collections.abc import Mapping
from pathlib import Path


def prefect_environment(work: Path, *, logging_level: str = "WARNING") -> Mapping[str, str]:
    """Return the environment under which Prefect needs no set-up, stays on this machine and is quiet."""
    home = work / "prefect"
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(home / "results"),
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
        # The first start migrates a new database: 15 to 58 seconds on two cores.
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_LOGGING_LEVEL": logging_level,
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
        "DO_NOT_TRACK": "1",
    }
