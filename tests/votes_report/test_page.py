"""The page of the report: its figures are the document's, it needs nothing else, and it can be looked at."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from prefpairs.drawing import Axis, log_range
from prefpairs.pages import STYLES
from prefpairs.resources import project_folder
from prefpairs.votes_report.html import render
from prefpairs.votes_report.report import VotesReport
from prefpairs.votes_report.run import write
from tests.support.voted import empty_project, voted_project

HOSTILE = '"><b>x</b><script>alert(1)</script>'
PHONE = 390  # CSS pixels


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    project = voted_project(tmp_path_factory.mktemp("voted"), communities=("HarbourTalk", HOSTILE))
    return write(project.settings, project.lake).report.model_dump(mode="json")


@pytest.fixture(scope="module")
def page(document: dict[str, Any]) -> str:
    return render(document)


def test_the_page_has_a_plot_for_every_part(page: str) -> None:
    for label in (
        "Share of pairs that the earlier response wins", "Share of pairs that the longer response wins",
        "Expected and observed votes by order of arrival, HarbourTalk", "Expected and observed votes by delay",
        "Mean observed votes against mean expected", "Share of responses at or below each predicted quantile",
        "Histogram of the probability integral transform", "Share of pairs whose order a later look keeps",
        "Histogram of preference_probability", "Histogram of preference_sd", "Histogram of score_gap",
        "Histogram of score_ratio", "Histogram of words", "How many pairs one post is in",
        "How many pairs one author is in",
    ):  # fmt: skip
        assert f'aria-label="{label}' in page, label
    assert page.count("<svg") > page.count('class="plot"') > 15


def test_a_figure_on_the_page_is_the_documents(document: dict[str, Any]) -> None:
    for place, value, shown in [
        (("totals", "pairs"), 7_654_321, "7,654,321"),
        (("funnel", "reasons", 0, "count"), 7_654_321, "7,654,321"),
        (("communities", 0, "pairs"), 7_654_321, "7,654,321"),
        (("wins", "earlier", 4, "after", "value"), 0.4321, "→ 43\u00a0%"),
        (("exposure", 0, "scale"), 43.21, "43.21"),
        (("calibration", "later", "tied"), 7_654_321, "7,654,321"),
    ]:
        changed = json.loads(json.dumps(document))
        inner = changed
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value
        assert shown in render(changed), place


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    assert not re.findall(r"<(?:script|link|img|iframe|object|embed|form)\b", page)
    assert not re.findall(r"(?:https?:|url\(|@import|src=|javascript:)", page)
    assert set(re.findall(r'href="(.)', page)) == {"#"}
    assert set(re.findall(r'href="#(\w+)"', page)) <= set(re.findall(r'id="(\w+)"', page))


def test_what_the_name_of_a_community_holds_is_text_and_never_markup(page: str) -> None:
    assert "<script" not in page
    assert "<b>x" not in page
    assert "&lt;script&gt;" in page


def test_no_text_and_no_name_of_a_person_or_an_item_is_on_the_page(page: str, document: dict[str, Any]) -> None:
    for shown in (page, json.dumps(document)):
        assert "SECRET" not in shown
        assert not re.findall(r"\bt[13]_\w+", shown)
        assert "author 1" not in shown


def test_without_tables_every_part_says_what_is_missing(tmp_path: Path) -> None:
    project = empty_project(tmp_path)
    page = render(write(project.settings, project.lake).report.model_dump(mode="json"))
    assert "<figure><svg" not in page
    assert page.count('class="nothing"') >= 12
    for heading in (
        "wins",
        "exposure",
        "calibration",
        "margins",
        "lengths",
        "funnel",
        "caps",
        "labels",
        "parameters",
    ):
        assert f'<h2 id="{heading}">' in page


def test_the_page_shows_a_small_count_as_small(document: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(document))
    changed["totals"]["threads"] = None
    assert "in &lt;10 threads" in render(changed)


def test_the_published_json_schema_is_the_model_and_fits_the_document(document: dict[str, Any]) -> None:
    schema = json.loads((project_folder("schemas") / "votes_report.schema.json").read_bytes())
    generated = VotesReport.model_json_schema(mode="serialization")
    assert {key: value for key, value in schema.items() if not key.startswith("$") or key == "$defs"} == generated
    Draft202012Validator(schema).validate(document)


def test_every_mark_has_a_style(page: str) -> None:
    styles = (STYLES / "plots.css").read_text(encoding="utf-8")
    used = {
        name for names in re.findall(r'<(?:path|rect|circle|text) class="([^"]+)"', page) for name in names.split()
    }
    # `name` is larger than a tick, `square` and the like share one rule.
    missing = {name for name in used - {"track"} if f".{name}" not in styles}
    assert missing <= {"comments"}, "bars of tables are styled as the audit's are"


def test_axes_are_labelled_with_round_numbers() -> None:
    assert Axis(low=0, high=0.283, start=0, end=1).ticks() == pytest.approx([0, 0.05, 0.1, 0.15, 0.2, 0.25])
    assert Axis(low=0.5, high=20, start=0, end=1, log=True).ticks() == pytest.approx([0.5, 1, 2, 5, 10, 20])
    assert Axis(low=1, high=1e6, start=0, end=1, log=True).ticks() == pytest.approx([10**n for n in range(7)])
    assert Axis(low=1, high=100, start=0, end=200, log=True).at(10) == pytest.approx(100)


@pytest.mark.parametrize("values", [[], [0.0, -3.0], [5.0], [0.001, 1e7], [1, 10, 100]])
def test_a_logarithmic_axis_holds_every_positive_value_and_a_decade(values: list[float]) -> None:
    low, high = log_range(values, floor=0.02)
    assert 0 < low < high
    assert high / low >= 10 * (1 - 1e-9)
    assert all(low <= value <= high * (1 + 1e-9) for value in values if value > 0.02)


def test_the_page_fits_a_screen_and_a_phone(tmp_path: Path, page: str) -> None:
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    for width in (1280, PHONE):
        measured = _measured_in_browser(tmp_path, width)
        assert measured["wide"] <= width, f"wider than {width}: {measured}"
        assert measured["plots"] > 15
        assert measured["outside"] == [], "words stand outside of their plot"


def _measured_in_browser(folder: Path, width: int) -> dict[str, Any]:
    """Open the page in a frame of this width; return how wide it became, and what stands outside of its plot."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium here: the page is not looked at in a browser")
    frame = folder / f"frame-{width}.html"
    frame.write_text(
        f"""<iframe id="page" style="width:{width}px;height:900px" src="report.html"></iframe><script>
        document.getElementById("page").onload = (event) => {{
          const page = event.target.contentDocument;
          const plots = [...page.querySelectorAll(".plot")];
          const outside = plots.flatMap((plot) => {{
            const box = plot.getBoundingClientRect();
            return [...plot.querySelectorAll("text")].filter((text) => {{
              const own = text.getBoundingClientRect();
              return own.left < box.left - 1 || own.right > box.right + 1 || own.bottom > box.bottom + 1;
            }}).map((text) => text.textContent.replaceAll("<", ""));
          }});
          document.title = JSON.stringify({{
            wide: page.documentElement.scrollWidth, outside,
            plots: plots.filter((plot) => plot.getBoundingClientRect().height > 50).length,
          }});
        }};</script>""",
        encoding="utf-8",
    )
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    command += [f"--user-data-dir={folder / 'browser'}", "--dump-dom", frame.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    found = re.search(r"<title>(.+?)</title>", dom)
    assert found, "the browser did not load the page"
    return json.loads(found[1])  # type: ignore[no-any-return]
