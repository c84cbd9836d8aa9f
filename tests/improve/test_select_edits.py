from functools import partial
from typing import Any

import polars as pl
import pytest

from prefpairs.config import Settings
from prefpairs.config_improvement import Edits, Improvement
from prefpairs.config_pairs import Pairs
from prefpairs.config_safety import Safety
from prefpairs.improve import select
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.safety.labels import label_texts
from prefpairs.safety_rules import lexicon
from tests.support.decided import decide, decided_post
from tests.support.improving import BETTER, DRAFT, edited, harmless, kept, label, labelled, selected, thread
from tests.support.rows import CREATED, comment


def dropped(lake: Lake, key: ProjectKey, settings: Settings | None = None, **arguments: Any) -> dict[str, int]:
    report = select.run(settings or Settings(), lake, key, **{"label": harmless, **arguments})
    assert report.rows_in == report.rows_out + sum(report.dropped.values())
    return dict(report.dropped)


def test_an_edit_gives_its_first_version_as_draft_and_the_current_one_as_better(
    lake: Lake, key: ProjectKey
) -> None:
    thread(lake, edited(), [kept()])
    label(lake, {"t3_p": ["sleep"], "t1_e": ["RESOURCE"]})
    report = select.run(Settings(), lake, key, label=harmless)
    (row,) = selected(lake)
    assert (row["draft_name"], row["draft_field"]) == ("t1_e", "body:first")
    assert (row["better_name"], row["better_field"]) == ("t1_e", "body")
    assert (row["made_by"], row["score_draft"], row["score_better"]) == ("edit", None, 5)
    assert (row["labels_prompt"], row["labels_better"], row["labels_draft"]) == (["sleep"], ["RESOURCE"], [])
    assert (row["labelled_better"], row["labelled_draft"]) == (True, True)
    assert (report.rows_in, report.rows_out, report.counts["candidates_edit"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("first", "current", "reason"),
    [
        (DRAFT, DRAFT.replace("badly", "baldy"), "FEW_CHANGES"),
        (DRAFT, f"{DRAFT}\n\nEDIT: thank you for the gold, I did not think anybody would see it", "EDIT_NOTE"),
        (DRAFT, f"{DRAFT} Wow, thank you all for the awards, I did not expect any", "EDIT_NOTE"),
        (DRAFT, f"{BETTER} (edited: spelling)", "EDIT_NOTE"),
        (DRAFT, "This comment was overwritten by its author because of the new rules of this site.", "REPLACED"),
        (DRAFT, "I slept badly, talk to a friend", "LENGTH_RATIO"),
        (DRAFT, "sorry.", "LENGTH"),
        (DRAFT, f"{DRAFT}\n", "SAME_TEXT"),
        (DRAFT, " ".join([DRAFT, *["and then the walk goes on and on"] * 12]), "LENGTH_RATIO"),
    ],
)  # fmt: skip
def test_what_improves_nothing_is_dropped_with_its_reason(
    lake: Lake, key: ProjectKey, first: str, current: str, reason: str
) -> None:
    thread(lake, edited(first=first, current=current), [kept()])
    assert dropped(lake, key) == {reason: 1}


def test_how_much_must_change_is_a_setting(lake: Lake, key: ProjectKey) -> None:
    thread(lake, edited(current=DRAFT.replace("badly", "baldy")), [kept()])
    settings = Settings(improvement=Improvement(edits=Edits(min_changed_words=2)))
    assert dropped(lake, key, settings) == {}


def test_a_marker_of_a_removal_is_nobodys_draft(lake: Lake, key: ProjectKey) -> None:
    removed = comment("t1_e", body="[removed]", edited=None, retrieved_on=CREATED + 1)
    thread(lake, [removed, edited()[1]], [kept()])
    assert select.run(Settings(), lake, key).rows_in == 0


def test_two_looks_at_one_text_are_no_edit(lake: Lake, key: ProjectKey) -> None:
    thread(lake, edited(first=BETTER), [kept()])
    assert select.run(Settings(), lake, key).rows_in == 0


def test_a_current_text_that_is_the_unedited_one_has_no_better_version(lake: Lake, key: ProjectKey) -> None:
    """Reddit was read before the edit, the dump after it: what counts as current is Reddit's look."""
    thread(lake, edited(), [kept(edited=None)])
    assert select.run(Settings(), lake, key).rows_in == 0


def test_a_comment_or_a_post_that_curation_dropped_gives_nothing(lake: Lake, key: ProjectKey) -> None:
    thread(lake, [*edited("t1_e"), *edited("t1_f", link_id="t3_q")], [kept("t1_e", keep=False)])
    decide(lake, [decided_post(), kept("t1_e", keep=False), kept("t1_f", link_id="t3_q")])
    assert dropped(lake, key) == {"NO_POST": 1}


def test_a_reply_to_a_comment_and_an_answer_to_oneself_are_dropped(lake: Lake, key: ProjectKey) -> None:
    decisions = [kept("t1_e", parent_id="t1_x"), kept("t1_f", author_hash="author of t3_p")]
    thread(lake, [*edited("t1_e"), *edited("t1_f")], decisions)
    assert dropped(lake, key) == {"NOT_TOP_LEVEL": 1, "OWN_REPLY": 1}
    everywhere = Settings(pairs=Pairs(top_level_only=False))
    assert dropped(lake, key, everywhere) == {"OWN_REPLY": 1}


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ({"t3_p": ["METHOD"], "t1_e": []}, "LABEL"),
        ({"t3_p": [], "t1_e": ["MINOR"]}, "LABEL"),
        ({"t3_p": [], "t1_e": ["HARASSMENT"]}, "LABEL_BETTER"),
        ({"t3_p": ["CRISIS"], "t1_e": []}, "CRISIS"),
        ({"t3_p": [], "t1_e": ["CRISIS"]}, "CRISIS"),
    ],
)
def test_harm_drops_the_row_and_never_flips_it(
    lake: Lake, key: ProjectKey, labels: dict[str, list[str]], reason: str
) -> None:
    thread(lake, edited(), [kept()])
    label(lake, labels)
    assert dropped(lake, key) == {reason: 1}


def test_what_a_person_should_look_at_waits(lake: Lake, key: ProjectKey) -> None:
    thread(lake, edited(), [kept()])
    label(lake, {"t3_p": [], "t1_e": []}, uncertain=["t1_e"])
    assert dropped(lake, key) == {"UNCERTAIN": 1}


@pytest.mark.parametrize(("codes", "reason"), [(["METHOD"], {"LABEL": 1}), (["RESOURCE"], {})])
def test_the_earlier_version_is_labelled_too(
    lake: Lake, key: ProjectKey, codes: list[str], reason: dict[str, int]
) -> None:
    asked: list[str] = []

    def labeller(texts: pl.DataFrame) -> pl.DataFrame:
        asked.extend(texts["text"])
        return labelled(texts, labels=codes, topics=["sleep"])

    thread(lake, edited(), [kept()])
    label(lake, {"t3_p": [], "t1_e": []})
    assert dropped(lake, key, label=labeller) == reason
    assert asked == [DRAFT]
    assert [row["labels_draft"] for row in selected(lake)] == [] if reason else [["RESOURCE", "sleep"]]


def test_the_labels_of_the_safety_room_fit(lake: Lake, key: ProjectKey) -> None:
    labeller = partial(label_texts, lexicon=lexicon.load())
    thread(lake, edited(first=f"{DRAFT} You can call 988 at any hour."), [kept()])
    select.run(Settings(), lake, key, label=labeller)
    (row,) = selected(lake)
    assert "RESOURCE" in row["labels_draft"]
    assert row["labelled_draft"]


@pytest.mark.parametrize("name", ["t3_p", "t1_e"])
def test_what_nobody_labelled_is_dropped(lake: Lake, key: ProjectKey, name: str) -> None:
    thread(lake, edited(), [kept()])
    label(lake, {other: [] for other in ("t3_p", "t1_e") if other != name})
    assert dropped(lake, key) == {"NOT_LABELLED": 1}


def test_without_a_labeller_an_earlier_version_is_dropped(lake: Lake, key: ProjectKey) -> None:
    thread(lake, edited(), [kept()])
    assert dropped(lake, key, label=None) == {"NOT_LABELLED": 1}


@pytest.mark.parametrize(
    "asks",
    ["Please do not use this comment for research.", "I do not consent to my words being used to train AI."],
)
def test_a_draft_that_asks_not_to_be_used_is_not(lake: Lake, key: ProjectKey, asks: str) -> None:
    thread(lake, edited(first=f"{DRAFT} {asks}"), [kept()])
    assert dropped(lake, key) == {"OPT_OUT": 1}


@pytest.mark.parametrize("code", Safety().drop_chosen)
def test_a_harmful_draft_is_dropped_unless_harm_may_be_published(lake: Lake, key: ProjectKey, code: str) -> None:
    thread(lake, edited(), [kept()])

    def harmful(texts: pl.DataFrame) -> pl.DataFrame:
        return labelled(texts, labels=[code])

    published = Settings(safety=Safety(publish=("safety_contrast",)))
    assert dropped(lake, key, label=harmful) == {"LABEL_DRAFT": 1}
    assert dropped(lake, key, published, label=harmful) == {}
    assert [row["labels_draft"] for row in selected(lake)] == [[code]]


@pytest.mark.parametrize(
    "safety",
    [Safety(crisis=()), Safety(publish=("crisis",)), Safety(crisis=(), drop_chosen=("CRISIS",))],
    ids=["no crisis config", "crisis published", "crisis as harm"],
)
def test_a_crisis_is_in_no_improvement_whatever_the_settings_say(
    lake: Lake, key: ProjectKey, safety: Safety
) -> None:
    thread(lake, edited(), [kept()])
    label(lake, {"t3_p": ["CRISIS"], "t1_e": []})
    assert dropped(lake, key, Settings(safety=safety)) == {"CRISIS": 1}
    label(lake, {"t3_p": [], "t1_e": []})
    in_crisis = dropped(lake, key, Settings(safety=safety), label=lambda texts: labelled(texts, labels=["CRISIS"]))
    assert sum(in_crisis.values()) == 1
