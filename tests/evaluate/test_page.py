import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter
from rich.console import Console

from prefpairs.evaluate.page import FOLDERS, render
from prefpairs.evaluate.preferences import preferences
from prefpairs.evaluate.report import EvaluationReport
from prefpairs.evaluate.rules import Scored
from prefpairs.evaluate.settings import Figures
from prefpairs.evaluate.terminal import tables
from prefpairs.files import pretty_json
from prefpairs.resources import project_folder
from tests.support.evaluating import community, report

PHONE = 390  # CSS pixels
FEW = Figures(resamples=40)
EVIL = "<script>alert('x')</script> & \"quoted\""


def document(made: EvaluationReport) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pretty_json(made.to_json()))
    return found


@pytest.fixture(scope="module")
def page() -> str:
    return render(document(report(120, figures=FEW)))


class Closed(HTMLParser):
    """Fails on a tag that is closed out of order, or not at all."""

    VOID = frozenset({"meta", "br", "rect", "path", "circle"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_published_json_schema_is_the_report_and_fits_the_document() -> None:
    schema = json.loads((project_folder("schemas") / "evaluation.schema.json").read_bytes())
    generated = TypeAdapter(EvaluationReport).json_schema(mode="serialization")
    assert {key: value for key, value in schema.items() if not key.startswith("$") or key == "$defs"} == generated
    Draft202012Validator(schema).validate(document(report(20, figures=FEW)))


def test_the_page_fits_a_screen_and_a_phone(tmp_path: Path, page: str) -> None:
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    for width in (1280, PHONE):
        measured = measured_in_browser(tmp_path, width)
        assert measured["wide"] <= width, f"wider than {width}: {measured}"
        assert measured["plots"] > 10


def test_the_page_is_whole_and_its_tags_close(page: str) -> None:
    parser = Closed()
    parser.feed(page)
    assert parser.open == []
    assert page.rstrip().endswith("</html>")


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    assert not re.search(r"<(script|link|img|iframe|object)\b|url\(|@import|\bsrc=", page)


def test_the_same_document_makes_the_same_page(page: str) -> None:
    assert render(document(report(120, figures=FEW))) == page


def test_what_the_community_wrote_is_shown_though_the_model_wrote_nothing_measurable(page: str) -> None:
    made = document(report(120, figures=FEW))
    for row in made["generations"]["dimensions"]:
        row.update(model=None, interval=None, reference=None, reference_interval=None)

    silent = render(made)

    assert silent.count('<svg class="plot"') == page.count('<svg class="plot"')
    assert "The model gave no value" in silent


def test_every_plot_says_what_it_shows(page: str) -> None:
    plots = re.findall(r'<svg class="plot"[^>]*>', page)
    assert len(plots) > 10
    assert all(re.search(r'role="img" aria-label="[^"]{8,}"', plot) for plot in plots)


def test_every_link_of_the_contents_leads_somewhere(page: str) -> None:
    targets = re.findall(r'<a href="#([^"]+)">', page)
    assert targets
    assert all(f'id="{target}"' in page for target in targets)


def test_every_mark_has_a_style(page: str) -> None:
    styles = "".join(path.read_text(encoding="utf-8") for folder in FOLDERS for path in folder.glob("*.css"))
    marks = re.findall(r'<(?:path|rect|circle|text) class="([^"]+)"', page)
    assert {name for names in marks for name in names.split() if f".{name}" not in styles} == set()


def test_names_of_models_and_versions_are_escaped() -> None:
    made = report(20, figures=FEW)
    named = replace(made.subject, model=EVIL, reference=EVIL, version=EVIL, choices={EVIL: EVIL})
    page = render(document(replace(made, subject=named, dropped={EVIL: 1})))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_words_of_a_proxy_are_escaped() -> None:
    made = report(20, figures=FEW)
    assert made.generations is not None
    [first, *others] = made.generations.dimensions
    evil = replace(first, name=EVIL, proxy=EVIL, explanation=EVIL)
    changed = replace(made.generations, dimensions=(evil, *others), sources={EVIL: EVIL})
    page = render(document(replace(made, generations=changed)))
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") >= 4


def test_the_five_dimensions_are_called_proxies(page: str) -> None:
    for name in ("Readability", "Empathy", "Connection", "Actionability", "Safety"):
        assert f"<h4>{name}</h4>" in page
    assert "proxies" in page
    assert "not LLUMI" in page


def test_few_posts_are_warned_of_and_many_are_not(page: str) -> None:
    assert "Only 30 posts are held out" in render(document(report(30, figures=FEW)))
    assert "posts are held out" not in page


def test_few_replies_are_warned_of_though_many_pairs_are_held_out() -> None:
    made = report(120, figures=FEW)
    assert made.generations is not None
    noted = replace(made, generations=replace(made.generations, notes=("Only 9 posts were replied to.",)))
    assert re.search(r'class="warning">Only 9 posts were replied to\.', render(document(noted)))
    assert "Only 9 posts were replied to." in terminal(noted)


def test_a_terminal_warns_of_few_posts() -> None:
    assert "Only 30 posts are held out" in terminal(report(30, figures=FEW))
    assert "posts are held out" not in terminal(report(120, figures=FEW))


def test_bins_of_few_posts_are_marked(page: str) -> None:
    found = document(report(120, figures=FEW))["preferences"]
    shown = [*found["by_extra_words"], *found["by_probability"]]
    few = sum(row["posts"] < FEW.few_posts for row in shown)
    assert 0 < few < len(shown)
    assert page.count(", few</td>") == few


def test_the_reference_is_named_by_its_stage_and_not_as_untouched_by_votes(page: str) -> None:
    assert "the reference (stage sft)" in page
    assert "before training" not in page
    assert "nothing from votes" not in page


@pytest.mark.parametrize("stronger", ["reference_likelihood", "reference_likelihood_per_token"])
def test_the_stronger_likelihood_of_the_reference_stands_in_the_tile(stronger: str) -> None:
    made = document(report(120, figures=FEW))
    for row in made["preferences"]["accuracies"]:
        if row["rule"].startswith("reference_likelihood"):
            row["accuracy"] = {"value": 0.777 if row["rule"] == stronger else 0.5, "low": 0.4, "high": 0.8}
    assert "<b>77.7\u00a0%</b>" in render(made)


def test_sure_and_right_are_compared_only_where_the_margin_says_how_sure_a_model_is(page: str) -> None:
    made = report(20, figures=FEW)
    title, doubt = "How sure it is, and how often it is right", "does not say how it was trained"
    pages = {
        known: render(document(replace(made, subject=replace(made.subject, margin_is_log_odds=known))))
        for known in (True, False, None)
    }
    assert {known: (title in page, doubt in page) for known, page in pages.items()} == {
        True: (True, False),
        False: (False, False),
        None: (True, True),
    }


@pytest.mark.parametrize(
    ("judged_by", "words"),
    [
        ("votes", "agreement with the votes"),
        ("people", "agreement with the people who judged these pairs"),
        ("improvements", "agreement with the version\u2019s improvements"),
    ],
)
def test_the_page_says_whose_judgement_it_compares_with(judged_by: str, words: str) -> None:
    made = report(20, figures=FEW)
    page = render(document(replace(made, subject=replace(made.subject, judged_by=judged_by))))
    assert words in page
    assert ("as the votes do" in page, "contradicts the votes" in page) == ((judged_by == "votes",) * 2)


def test_another_reference_than_that_of_the_training_is_said() -> None:
    made = report(20, figures=FEW)
    page = render(document(replace(made, subject=replace(made.subject, reference_is_origin=False))))
    assert "is not the model that this one was trained from" in page


def test_without_replies_the_page_says_so() -> None:
    assert "run without replies" in render(document(report(20, figures=FEW, with_replies=False)))


def test_a_reward_model_has_a_page_without_drift_or_reference() -> None:
    held, scored = community(30)
    found = preferences(held, Scored(policy=scored.rewards, reference=None, beta=1), FEW)
    made = report(30, figures=FEW, with_replies=False)
    subject = replace(made.subject, reference=None, reference_hash=None, reference_is_origin=None, task="reward")
    page = render(document(replace(made, subject=subject, preferences=found)))
    assert 'id="drift"' not in page
    assert "likelier" not in page
    assert "judges by its reward" in page


def test_pairs_without_probabilities_times_or_a_third_response_have_a_page() -> None:
    made = report(20, figures=FEW)
    assert made.preferences is not None
    bare = replace(made.preferences, by_probability=(), ranks=())
    assert "without a preference probability" in render(document(replace(made, preferences=bare)))


def test_figures_on_the_page_are_those_of_the_document(page: str) -> None:
    found = document(report(120, figures=FEW))["preferences"]["accuracies"][0]["accuracy"]["value"]
    assert f"<b>{100 * found:.1f}\u00a0%</b>" in page


def terminal(made: EvaluationReport) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    for part in tables(made):
        console.print(part)
    return console.export_text()


def measured_in_browser(folder: Path, width: int) -> dict[str, int]:
    """Return how wide the page becomes in a window of this width, and how many plots can be seen."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no browser here to measure the page in")
    frame = folder / "frame.html"
    frame.write_text(
        f"""<iframe id="page" style="width:{width}px;height:900px" src="report.html"></iframe><script>
        document.getElementById("page").onload = (event) => {{
          const page = event.target.contentDocument;
          const seen = (plot) => plot.getBoundingClientRect().height > 5;
          const plots = [...page.querySelectorAll(".plot")].filter(seen);
          document.title = JSON.stringify({{wide: page.documentElement.scrollWidth, plots: plots.length}});
        }};</script>""",
        encoding="utf-8",
    )
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    command += [f"--user-data-dir={folder / 'browser'}", "--dump-dom", frame.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    found = re.search(r"<title>(.+?)</title>", dom)
    assert found, "the browser did not load the page"
    return json.loads(found[1])  # type: ignore[no-any-return]
