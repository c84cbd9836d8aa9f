"""The page of a report: its figures are the document's, it needs nothing else, and it can be looked at."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from prefpairs.audit.html import render
from prefpairs.audit.report import Report
from prefpairs.pages import STYLES
from prefpairs.resources import project_folder
from tests.support.audits import full_report

PHONE = 390  # CSS pixels


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(full_report().model_dump_json())  # type: ignore[no-any-return]


def test_the_page_shows_every_part(document: dict[str, Any]) -> None:
    page = render(document)
    for words in (
        "Zebra &amp; Co", "1 of 10 keep a direct identifier", "names of people", "Title Case", "PERSON fell",
        'ages</span><span class="tag">places', "<code>SomeRecognizer</code>", "Brockmere", "Z···", "−60\u00a0%",
    ):  # fmt: skip
        assert words in page, words


def test_a_figure_on_the_page_is_the_documents(document: dict[str, Any]) -> None:
    for place, value, shown in [
        (("gold", "documents", "leaking"), 7_654_321, "7,654,321"),
        (("project", "words"), 7_654_321, "7,654,321"),
        (("gold", "entities", 0, "recall", "value"), 0.4321, "43.2\u00a0%"),
        (("project", "by_community", 0, "cells", "PERSON", "per_1000_words"), 43.21, ">43<"),
        (("words", "unmasked", 0, "threads"), 7_654_321, "7,654,321"),
        (("drift", "rows", 0, "before", "count"), 7_654_321, "7,654,321"),
        (("confidence", "histograms", 0, "above"), 7_654_321, "7,654,321"),
    ]:
        changed = json.loads(json.dumps(document))
        inner = changed
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value
        assert shown not in render(document)
        assert shown in render(changed), place


def test_the_page_needs_nothing_from_elsewhere(document: dict[str, Any]) -> None:
    page = render(document)
    assert not re.findall(r"<(?:script|link|img|iframe|object|embed|form)\b", page)
    assert not re.findall(r"(?:https?:|url\(|@import|src=|javascript:)", page)
    assert set(re.findall(r'href="(.)', page)) == {"#"}


def test_what_names_hold_is_text_and_never_markup() -> None:
    hostile = '"><script>alert(1)</script>'
    report = full_report(community=hostile)
    page = render(report.model_dump(mode="json"))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_every_link_on_the_page_leads_somewhere(document: dict[str, Any]) -> None:
    page = render(document)
    assert set(re.findall(r'href="#(\w+)"', page)) <= set(re.findall(r'id="(\w+)"', page))


def test_without_texts_of_the_project_the_page_says_so(document: dict[str, Any]) -> None:
    parts: dict[str, Any] = dict.fromkeys(("project", "words", "drift", "planted"))
    page = render({**document, **parts})
    assert "no text of this project was measured" in page
    assert "There is no earlier audit" in page


def test_the_published_json_schema_is_the_model_and_fits_the_document(document: dict[str, Any]) -> None:
    schema = json.loads((project_folder("schemas") / "audit.schema.json").read_bytes())
    generated = Report.model_json_schema(mode="serialization")
    assert {key: value for key, value in schema.items() if not key.startswith("$") or key == "$defs"} == generated
    Draft202012Validator(schema).validate(document)


def test_the_styles_know_every_shade_and_state() -> None:
    styles = (STYLES / "report.css").read_text(encoding="utf-8")
    for name in (*(f".s{shade}" for shade in range(8)), ".state.met", ".state.not-met", ".state.not-measured"):
        assert f"{name} {{" in styles


def test_the_page_fits_a_screen_and_a_phone(tmp_path: Path, document: dict[str, Any]) -> None:
    (tmp_path / "report.html").write_text(render(document), encoding="utf-8")
    for width in (1280, PHONE):
        measured = _measured_in_browser(tmp_path, width)
        assert measured["wide"] <= width, f"wider than {width}: {measured}"
        assert measured["bars"] > 0


def _measured_in_browser(folder: Path, width: int) -> dict[str, int]:
    """Open the page in a frame of this width; return how wide it became, and how many bars have a size."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium here: the page is not looked at in a browser")
    frame = folder / f"frame-{width}.html"
    frame.write_text(
        f"""<iframe id="page" style="width:{width}px;height:900px" src="report.html"></iframe><script>
        document.getElementById("page").onload = (event) => {{
          const page = event.target.contentDocument;
          const bars = [...page.querySelectorAll(".bar")].filter((bar) => bar.getBoundingClientRect().height > 5);
          document.title = JSON.stringify({{wide: page.documentElement.scrollWidth, bars: bars.length}});
        }};</script>""",
        encoding="utf-8",
    )
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    command += [f"--user-data-dir={folder / 'browser'}", "--dump-dom", frame.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    found = re.search(r"<title>(.+?)</title>", dom)
    assert found, "the browser did not load the page"
    return json.loads(found[1])  # type: ignore[no-any-return]
