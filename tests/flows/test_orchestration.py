"""Prefect keeps what a task is given, returns and raises: nothing of that may be a text."""

import base64
import sqlite3
from pathlib import Path

import pytest
from prefect import flow

from prefpairs.errors import ConfigError, PrefpairsError, without_text
from prefpairs.orchestration import step
from prefpairs.stage import StageReport
from tests.conftest import PREFECT_FOLDER

CANARY = "Zebedee-the-canary"


@step("counts")
def counts(config: str) -> StageReport:
    return StageReport(stage="counts", rows_in=len(config))


@step("quotes")
def quotes(config: str) -> StageReport:
    msg = f"cannot parse {CANARY} of {config}"
    raise ValueError(msg)


@step("explains")
def explains(config: str) -> StageReport:
    try:
        quotes._run(config)
    except PrefpairsError:
        msg = "No project key. Run `prefpairs init`."
        raise ConfigError(msg) from ValueError(CANARY)
    return StageReport(stage="explains")


@flow(name="succeeds", persist_result=False)
def succeeds(config: str) -> int:
    return counts(config).rows_in


@flow(name="fails", persist_result=False)
def fails(config: str) -> None:
    quotes(config)


def test_step_outside_a_flow_is_the_plain_function() -> None:
    assert counts("four").rows_in == 4


def test_other_library_error_keeps_its_type_and_place_only() -> None:
    with pytest.raises(PrefpairsError) as caught:
        quotes("x")
    assert CANARY not in str(caught.value)
    assert "ValueError at test_orchestration.py:" in str(caught.value)
    assert caught.value.__context__ is None


def test_our_error_keeps_its_sentence_and_loses_its_cause() -> None:
    with pytest.raises(ConfigError, match="prefpairs init") as caught:
        explains("x")
    assert caught.value.__cause__ is None


def test_guard_keeps_the_report() -> None:
    report = StageReport(stage="x", rows_in=3)
    assert without_text("The stage")(lambda: report)() == report


@pytest.mark.prefect
def test_flow_runs_with_no_server_to_set_up() -> None:
    # Guards the fastapi pin too: with another one every flow run fails.
    assert succeeds("four") == 4


@pytest.mark.prefect
def test_prefect_keeps_nothing_of_an_error_that_quotes_a_text() -> None:
    with pytest.raises(PrefpairsError):
        fails("x")
    assert kept_by_prefect("ValueError at test_orchestration.py"), "the search must find what Prefect keeps"
    assert kept_by_prefect(CANARY) == []


def kept_by_prefect(needle: str) -> list[str]:
    """Return where Prefect keeps `needle`: files (plain or base64) and columns of its database."""
    plain = needle.encode()
    found = [
        str(path.relative_to(PREFECT_FOLDER))
        for path in PREFECT_FOLDER.rglob("*")
        if path.is_file() and (plain in (content := path.read_bytes()) or _base64(plain) in content)
    ]
    database = Path(PREFECT_FOLDER / "prefect" / "prefect.db")
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            rows = connection.execute(f'select * from "{table}"').fetchall()
            found += [table for row in rows if needle in str(row)]
    return found


def _base64(plain: bytes) -> bytes:
    # The middle of the encoding does not depend on where in a longer text the needle begins, if it begins
    # at a multiple of three; Prefect's pickles begin with the exception's class, so all three are tried.
    return base64.b64encode(plain[: len(plain) // 3 * 3])
