"""A part of the pipeline in a process of its own, which is killed at a step to disk or runs out of room.

As a program (`python -m tests.support.faults REQUEST`) this is the victim; as a module it starts one.
A step is what makes something visible: a commit of a table, the renaming of a file or a folder, the copying
of a file, a commit or a tag on a Hub. Each has a name, so that a test can say before which one the process dies.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from prefpairs.errors import PrefpairsError

REPOSITORY = Path(__file__).parents[2]
NIGHT = 1_760_000_000.0
_OUR_ERROR = 3


def killed(action: str, *arguments: str, spare: Sequence[str]) -> str | None:
    """Run `action` and kill it before its first step that is not in `spare`; return that step's name.

    Returns None if there was no such step, and the action ended by itself.
    """
    ended = _run({"action": action, "arguments": arguments, "spare": list(spare)})
    if ended.returncode == 0:
        return None
    assert ended.returncode == -signal.SIGKILL, ended.stdout + ended.stderr
    return ended.stdout.splitlines()[-1]


def killed_while_writing(action: str, *arguments: str, bytes_written: int) -> bool:
    """Run `action`, killed by the system when a file grows beyond `bytes_written`; say whether that happened."""
    ended = _run({"action": action, "arguments": arguments, "room": bytes_written, "fatal": True})
    assert ended.returncode in (0, -signal.SIGXFSZ), ended.stderr
    return ended.returncode != 0


def without_room(action: str, *arguments: str, room: int) -> str:
    """Run `action` where no file may grow beyond `room` bytes; return the error of ours that ends it."""
    ended = _run({"action": action, "arguments": arguments, "room": room})
    assert ended.returncode == _OUR_ERROR, f"ended with {ended.returncode}\n{ended.stderr}"
    return ended.stdout


def _run(request: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    # Python replaces a file whenever it compiles a module, which is no step of ours.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", "tests.support.faults", json.dumps(request)],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _refresh(config: str) -> None:
    from prefpairs import commands
    from prefpairs.settings_file import load_settings

    flow = commands.load_flow("refresh", load_settings(Path(config)))
    flow.refresh.fn(config=config, started_at=NIGHT)


def _approve(config: str, version: str) -> None:
    from prefpairs.release import signoff
    from prefpairs.settings_file import load_settings

    signoff.approve(load_settings(Path(config)), version, by="A. Steward", now=NIGHT)


def _release(config: str, version: str, token: str = "") -> None:
    from prefpairs.config import Credentials
    from prefpairs.release import publish
    from prefpairs.settings_file import load_settings

    credentials = Credentials.model_validate({"hub_token": token or None})
    publish.release(load_settings(Path(config)), version, credentials=credentials, now=NIGHT)


def _pull(source: str, version: str, into: str, endpoint: str = "", token: str = "") -> None:
    from prefpairs.release import client

    client.pull(source, version, into=Path(into), endpoint=endpoint or None, token=token or None)


_ACTIONS: dict[str, Callable[..., None]] = {
    "approve": _approve,
    "pull": _pull,
    "refresh": _refresh,
    "release": _release,
}


def _die_before_a_step(spared: Sequence[str]) -> None:
    def reached(step: str) -> None:
        if step not in spared:
            os.write(sys.stdout.fileno(), f"{step}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("os.rename", "shutil.copyfile"):
            reached(f"{event} into {Path(arguments[1]).parent.name}")

    _watch_calls(reached)
    sys.addaudithook(watch)


def _watch_calls(reached: Callable[[str], None]) -> None:
    from deltalake import DeltaTable
    from deltalake.table import TableMerger
    from huggingface_hub import HfApi

    from prefpairs import lake

    def before(function: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:
            reached(name(*arguments))
            return function(*arguments, **options)

        return watched

    def of_table(operation: str) -> Callable[..., str]:
        return lambda table, *_: f"{operation} {Path(table).name}"

    def of_object(operation: str) -> Callable[..., str]:
        return lambda delta, *_: f"{operation} {Path(delta.table_uri).name}"

    replacements = (
        (lake, "write_deltalake", of_table("write")),
        (DeltaTable, "create", of_table("create")),
        (DeltaTable, "create_write_transaction", of_object("commit")),
        (TableMerger, "execute", lambda merger, *_: f"merge {Path(merger._table.table_uri()).name}"),
        (HfApi, "create_commit", lambda *_: "commit on the Hub"),
        (HfApi, "create_tag", lambda *_: "tag on the Hub"),
    )
    for owner, attribute, name in replacements:
        setattr(owner, attribute, before(getattr(owner, attribute), name))


def _limit_files(size: int, *, fatal: bool) -> None:
    # Python ignores the signal, and the write fails as on a full disk; its own effect is to kill.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL if fatal else signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def main(request: dict[str, Any]) -> int:
    """Do what the request says, unless it kills us."""
    if "spare" in request:
        _die_before_a_step(request["spare"])
    if "room" in request:
        _limit_files(request["room"], fatal=request.get("fatal", False))
    try:
        _ACTIONS[request["action"]](*request["arguments"])
    except PrefpairsError as error:
        sys.stdout.write(f"{type(error).__name__}: {error}\n")
        return _OUR_ERROR
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
