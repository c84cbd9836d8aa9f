"""`prefpairs audit` as a person meets it: a real process, what it prints, where the report is."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.audits import small_project


def _audit(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).with_name("prefpairs")), "audit", *arguments]
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "BROWSER": "/bin/false"}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)


def test_the_command_prints_the_verdict_and_where_the_report_is(tmp_path: Path) -> None:
    small_project(tmp_path)
    span = {"start": 5, "end": 26, "entity_type": "EMAIL_ADDRESS"}
    gold = {"id": "g1", "text": "mail zebulon@brockmere.net", "spans": [span]}
    (tmp_path / "gold.ndjson").write_text(json.dumps(gold), encoding="utf-8")
    result = _audit("--gold", "gold.ndjson", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "0 of 1 test texts keep a direct identifier" in " ".join(result.stdout.replace("│", " ").split())
    assert "EMAIL_ADDRESS" in result.stdout
    page = tmp_path / result.stdout.splitlines()[-1].removeprefix("The report: ")
    assert page.is_file()
    assert "zebulon" not in (result.stdout + page.read_text(encoding="utf-8")).lower()


def test_a_missing_or_broken_gold_file_is_one_clear_message(tmp_path: Path) -> None:
    small_project(tmp_path)
    (tmp_path / "broken.ndjson").write_text('{"text": "zebulon"}\n', encoding="utf-8")
    for name, message in (("none.ndjson", "No gold file"), ("broken.ndjson", "line 1")):
        result = _audit("--gold", name, cwd=tmp_path)
        assert result.returncode == 1
        assert message in result.stderr
        assert "zebulon" not in result.stdout + result.stderr
        assert "Traceback" not in result.stderr
