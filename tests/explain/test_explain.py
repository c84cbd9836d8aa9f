"""`prefpairs explain`: why a pair exists, why a comment is in none, and what a hostile id gets."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.config_curate import ALWAYS_ON, SWITCHABLE
from prefpairs.errors import PrefpairsError
from prefpairs.explain.explain import explain
from prefpairs.explain.find import find
from prefpairs.explain.meanings import CURATION, NEVER
from prefpairs.explain.rules import of_preset
from prefpairs.explain.story import Explanation
from prefpairs.lake import Lake
from prefpairs.pairs.presets import PRESETS
from prefpairs.safety_codes import HARM_CODES, MEANINGS, TOPIC_MEANINGS, TOPICS
from prefpairs.settings_file import load_settings
from tests.support.decided import decided_comment, decided_post
from tests.support.keys import KEY
from tests.support.rows import Row, append, comment
from tests.support.voted import CONFIG, Voted, empty_project, published, voted_project, write_table

PUBLIC = KEY.derive("release:main")


@pytest.fixture(scope="module")
def voted(tmp_path_factory: pytest.TempPathFactory) -> Voted:
    return voted_project(tmp_path_factory.mktemp("voted"), posts=25)


@pytest.fixture
def project(tmp_path: Path) -> Voted:
    return empty_project(tmp_path)


def said(explanation: Explanation) -> str:
    """Return everything that is shown."""
    return "\n".join([explanation.title, *(" ".join(row) for row in explanation.figures), *explanation.sentences])


def pair_id(row: Row) -> str:
    return PUBLIC.public_id(f"{row['chosen_name']}|{row['rejected_name']}")


def response(name: str, **changes: Any) -> Row:
    """A kept response to t3_p that is in no pair."""
    ordinary = {
        "name": name, "link_id": "t3_p", "subreddit": "HarbourTalk", "arrival": 2, "comments": 5, "delay_h": 1.0,
        "score": 6, "expected_votes": 4.0, "quality": 0.2, "quality_sd": 0.5, "percentile": 50.0,
        "reason": "NO_PARTNER",
    }  # fmt: skip
    return {**ordinary, **changes}


def bury(project: Voted, name: str) -> None:
    grave = {"name_hash": KEY.name_hash(name), "reason": "user", "requested_at": 1}
    append(project.lake, "tombstones", [grave])


def told_of(shown: str, *, except_for: str | None = None) -> list[str]:
    """Return the safety codes and topics, and the sentences that explain them, that stand in what is shown."""
    codes = [code for code in (*MEANINGS, *TOPICS) if code != except_for and re.search(rf"\b{code}\b", shown)]
    # "stress" and the like are words too, but none that an explanation needs.
    return codes + [sentence for sentence in (*MEANINGS.values(), *TOPIC_MEANINGS.values()) if sentence in shown]


def test_a_pair_is_explained_by_scores_ages_exposure_probability_and_rules(voted: Voted) -> None:
    row = voted.selected[0]
    shown = explain(voted.settings, pair_id(row))
    figures = {name: (chosen, rejected) for name, chosen, rejected in shown.figures}
    assert figures["score"] == (f"{row['score_chosen']:,}", f"{row['score_rejected']:,}")
    assert figures["age of that score"] == ("2.0 days", "2.0 days")
    place = voted.responses.filter(name=row["chosen_name"]).row(0, named=True)
    assert figures["order of arrival"][0] == f"{place['arrival'] + 1} of {place['comments']}"
    assert figures["expected votes there"][0] == f"{row['expected_votes_chosen']:.3g}"
    text = said(shown)
    assert f"probability {row['preference_probability'] * 100:.1f}\u00a0%" in text
    assert "pairs.calibrated.min_probability" in text
    assert "± 3.0\u00a0%" in text
    assert "1 of at most 5 pairs" in text
    assert "default" in shown.title


def test_a_chosen_response_without_more_votes_is_said_to_have_been_seen_by_fewer_by_the_model_only(
    voted: Voted,
) -> None:
    words = "by the model, fewer people could have seen it"
    lower = next(row for row in voted.selected if row["score_gap"] <= 0)
    higher = next(row for row in voted.selected if row["score_gap"] > 0)
    assert words in said(explain(voted.settings, pair_id(lower)))
    assert words not in said(explain(voted.settings, pair_id(higher)))


def test_a_response_in_a_pair_names_the_pair_by_its_own_and_by_its_public_id(voted: Voted) -> None:
    row = voted.selected[3]
    for given_id in (row["rejected_name"], PUBLIC.public_id(row["rejected_name"])):
        text = said(explain(voted.settings, given_id))
        assert f"Rejected in pair {pair_id(row)}" in text


def test_an_id_in_capitals_is_the_same_id(voted: Voted) -> None:
    row = voted.selected[0]
    assert explain(voted.settings, f" {pair_id(row).upper()} ").title.startswith(f"Pair {pair_id(row)}")


def test_a_thread_tells_how_many_of_its_comments_are_where(voted: Voted) -> None:
    row = voted.selected[0]
    text = said(explain(voted.settings, PUBLIC.public_id(row["link_id"])))
    assert "2 of them are in 1 pairs" in text


def test_a_comment_that_curation_dropped_has_every_reason_with_its_meaning_and_its_remedy(project: Voted) -> None:
    dropped = decided_comment(
        "t1_a", None, keep=False, reason="TOO_SHORT", reasons=["TOO_SHORT", "STICKIED", "DELETED"]
    )
    write_table(project.lake, "decisions", [decided_post(), dropped])
    text = said(explain(project.settings, "t1_a"))
    for words in ("it is too short", "curate.min_words_comment", "pinned to the top", "curate.off", NEVER):
        assert words in text
    assert "All of these" in text


def test_a_comment_without_a_partner_is_told_how_near_the_best_one_comes(project: Voted) -> None:
    write_table(
        project.lake, "decisions", [decided_post(), decided_comment("t1_a", 6), decided_comment("t1_b", 9)]
    )
    write_table(project.lake, "responses", [response("t1_a"), response("t1_b", quality=0.7)])
    text = said(explain(project.settings, "t1_a"))
    # A gap of 0.5 with a standard deviation of sqrt(0.5): the normal distribution at 0.707.
    assert "76.0\u00a0%" in text
    assert "pairs.calibrated.min_probability, now 80.0\u00a0%" in text


def test_a_comment_whose_post_was_dropped_is_told_why_that_was(project: Voted) -> None:
    post = decided_post(keep=False, reason="PROFILE", reasons=["PROFILE"])
    write_table(project.lake, "decisions", [post, decided_comment("t1_a", 6)])
    write_table(project.lake, "responses", [response("t1_a", reason="NO_POST", expected_votes=None, quality=None)])
    text = said(explain(project.settings, "t1_a"))
    assert "The post was dropped: PROFILE" in text


def test_capped_comments_are_told_the_caps(project: Voted) -> None:
    write_table(project.lake, "decisions", [decided_post(), decided_comment("t1_a", 6)])
    write_table(project.lake, "responses", [response("t1_a", reason="CAPPED")])
    assert "pairs.max_pairs_per_post is 5" in said(explain(project.settings, "t1_a"))


def test_a_deleted_comment_is_deleted_whatever_else_is_known_of_it(project: Voted) -> None:
    write_table(project.lake, "decisions", [decided_comment("t1_a", 6)])
    bury(project, "t1_a")
    shown = explain(project.settings, "t1_a")
    assert "deleted" in shown.title
    assert shown.figures == ()


@pytest.mark.parametrize("side", ["link_id", "chosen_name", "rejected_name"])
def test_of_a_pair_with_a_deleted_part_nothing_is_shown_but_that_it_leaves(
    voted: Voted, tmp_path: Path, side: str
) -> None:
    project = empty_project(tmp_path)
    row = voted.selected[0]
    write_table(project.lake, "selected_pairs", [row])
    write_table(project.lake, "pairs", [published(row, KEY)])
    bury(project, row[side])
    shown = explain(project.settings, pair_id(row))
    assert "leaves with the next version" in said(shown)
    assert shown.figures == ()
    for name in ("link_id", "chosen_name", "rejected_name", "subreddit"):
        assert row[name] not in said(shown)


def test_a_public_id_does_not_give_away_the_name_of_a_deleted_text(voted: Voted, tmp_path: Path) -> None:
    project = empty_project(tmp_path)
    row = voted.selected[0]
    write_table(project.lake, "selected_pairs", [row])
    bury(project, row["chosen_name"])
    shown = said(explain(project.settings, PUBLIC.public_id(row["chosen_name"])))
    assert "deleted" in shown
    assert row["chosen_name"] not in shown


def test_a_pair_that_is_not_published_says_so(voted: Voted, tmp_path: Path) -> None:
    project = empty_project(tmp_path)
    row = voted.selected[0]
    write_table(project.lake, "selected_pairs", [row])
    assert "not built yet" in said(explain(project.settings, pair_id(row)))
    write_table(project.lake, "pairs", [published(voted.selected[1], KEY)])
    assert "not published" in said(explain(project.settings, pair_id(row)))


@pytest.mark.parametrize("config", ["default", "crisis", "safety_contrast"])
def test_no_label_and_no_topic_stands_beside_the_names_of_a_pair(
    voted: Voted, tmp_path: Path, config: str
) -> None:
    project = empty_project(tmp_path)
    codes = [*MEANINGS, *TOPICS]
    labels = {f"labels_{part}": codes for part in ("prompt", "chosen", "rejected")}
    row = {**voted.selected[0], **labels, "config": config}
    write_table(project.lake, "selected_pairs", [row])
    shown = said(explain(project.settings, pair_id(row)))
    assert row["chosen_name"] in shown
    assert told_of(shown) == []


@pytest.mark.parametrize("reason", [None, "UNSAFE", "UNSAFE_POST", "AWAITS_STEWARD", "CRISIS", "HARMFUL"])
@pytest.mark.parametrize("name", ["t1_a", "t3_p"])
def test_a_name_that_a_label_keeps_out_gets_the_general_reason_and_not_the_label(
    project: Voted, name: str, reason: str | None
) -> None:
    write_table(project.lake, "decisions", [decided_post(), decided_comment("t1_a", 6)])
    write_table(project.lake, "responses", [response("t1_a", reason=reason)])
    labelled = {"labels": list(MEANINGS), "topics": list(TOPICS), "uncertain": list(HARM_CODES)}
    rows = [
        {**labelled, "name": "t1_a", "kind": "comment", "lexicon_version": "1"},
        {**labelled, "name": "t3_p", "kind": "post", "lexicon_version": "1"},
    ]
    write_table(project.lake, "labels", rows)
    shown = said(explain(project.settings, name))
    assert told_of(shown, except_for=reason) == []
    if reason:
        assert f"{reason}" in shown
        assert "A steward finds" in shown


def test_what_was_read_and_not_decided_about_waits_for_the_next_run(project: Voted) -> None:
    append(project.lake, "comments", [comment("t1_new", body="SECRET words")])
    text = said(explain(project.settings, "t1_new"))
    assert "the next `prefpairs refresh`" in text
    assert "SECRET" not in text


def test_no_text_is_ever_shown(voted: Voted) -> None:
    for row in voted.selected[:5]:
        for given_id in (pair_id(row), row["chosen_name"], row["link_id"]):
            assert "SECRET" not in said(explain(voted.settings, given_id))


@pytest.mark.parametrize("unknown", ["t1_none", "0" * 24, "counselchat_a0123456789"])
def test_an_unknown_id_is_one_helpful_sentence(voted: Voted, unknown: str) -> None:
    with pytest.raises(PrefpairsError, match="lake"):
        explain(voted.settings, unknown)


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "../../etc/passwd",
        "t1_a/../b",
        "t1_" + "a" * 100_000,
        "t1_a' OR '1'='1",
        "t1_a\nt1_b",
        "[red]",
        "a" * 25,
    ],
)
def test_a_hostile_id_is_refused_without_being_repeated(voted: Voted, hostile: str) -> None:
    with pytest.raises(PrefpairsError, match="That is no id") as refused:
        explain(voted.settings, hostile)
    assert len(str(refused.value)) < 300
    assert not hostile or hostile not in str(refused.value)


@given(st.text(max_size=80))
def test_whatever_is_typed_gets_an_answer_or_our_own_error(typed: str) -> None:
    try:
        find(Lake(Path("/nowhere/at/all")), PUBLIC, typed)
    except PrefpairsError as error:
        assert "id" in str(error)  # noqa: PT017 - any other error is what must not happen


def test_every_rule_of_curation_has_a_meaning() -> None:
    assert set(CURATION) == {*ALWAYS_ON, *SWITCHABLE}


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_preset_tells_its_thresholds_and_whether_they_still_hold(preset: str, tmp_path: Path) -> None:
    (tmp_path / "prefpairs.toml").write_text(CONFIG.replace("calibrated", preset), encoding="utf-8")
    settings = load_settings(tmp_path / "prefpairs.toml").pairs
    good = {
        "preset": preset, "preference_probability": 0.9, "score_ratio": 4.0, "seconds_between": 60,
        "score_chosen": 40, "score_rejected": 10, "score_gap": 30, "percentile_chosen": 99.0,
        "percentile_rejected": 5.0,
    }  # fmt: skip
    bad = {
        **good, "preference_probability": 0.6, "score_ratio": None, "score_chosen": 0, "score_rejected": -1,
        "percentile_chosen": 50.0, "seconds_between": -60,
    }  # fmt: skip
    assert f"pairs.{preset}." in " ".join(of_preset(good, settings))
    assert "not met" not in " ".join(of_preset(good, settings))
    if preset != "stackexchange":
        assert "not met any more" in " ".join(of_preset(bad, settings))


def test_the_command_says_it_and_exits_with_0_or_1(voted: Voted) -> None:
    folder = voted.settings.root
    for given_id, code, words in (
        (voted.selected[0]["chosen_name"], 0, "Chosen in pair"),
        ("t1_none", 1, "is not in this lake"),
    ):
        command = [str(Path(sys.executable).with_name("prefpairs")), "explain", given_id, "--config"]
        result = subprocess.run(
            [*command, str(folder / "prefpairs.toml")],
            capture_output=True,
            text=True,
            env={**os.environ, "COLUMNS": "120", "NO_COLOR": "1"},
            check=False,
        )
        assert result.returncode == code
        assert words in result.stdout + result.stderr
        assert "Traceback" not in result.stderr
