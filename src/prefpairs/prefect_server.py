"""A Prefect server of our own, for as long as a schedule is served: an ephemeral one cannot schedule."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from prefpairs.errors import TransientError

_LOOPBACK = "127.0.0.1"
_START_SECONDS = 180  # a new database is migrated first: 15 to 58 seconds on two cores


@contextmanager
def running_server() -> Iterator[str]:
    """Start a server on loopback, give its API address, and stop it at the end.

    Everything else about it (where its database is, that it sends nothing home) comes from the
    environment, which must hold `prefect_settings.prefect_environment` already.

    Raises
    ------
    TransientError
        If the server does not answer in time.

    """
    port = _free_port()
    address = f"http://{_LOOPBACK}:{port}/api"
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        _LOOPBACK,
        "--port",
        str(port),
        "--no-ui",
    ]
    # Its own session: an interrupt of the schedule lets running nights end before the server goes.
    server = subprocess.Popen(  # noqa: S603  a fixed command
        command, env={**os.environ, "PREFECT_API_URL": address}, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait_until_healthy(server, f"{address}/health")
        yield address
    finally:
        server.terminate()
        server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(server: "subprocess.Popen[bytes]", address: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with opener.open(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    msg = f"Prefect's server did not start within {_START_SECONDS} seconds. Try again, or set PREFECT_API_URL."
    raise TransientError(msg)
