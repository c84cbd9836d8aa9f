"""Each cue does what its own examples say, and empathy, actionability and safety are read from cues."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.errors import ConfigError
from prefpairs.evaluate.generations.actionability import concrete_steps, gives_advice
from prefpairs.evaluate.generations.cues import FOLDER, Cue, read, rules, sentences
from prefpairs.evaluate.generations.empathy import expressed_empathy, mechanisms
from prefpairs.evaluate.generations.safety import HARMS, discloses_crisis, read_reply
from prefpairs.safety.labels import label_texts
from prefpairs.safety_rules.lexicon import load

NAMES = ("empathy", "actionability", "replies")
CUES = [cue for name in NAMES for cue in rules(name).cues]


@pytest.mark.parametrize("cue", CUES, ids=[cue.name for cue in CUES])
def test_every_cue_does_what_its_examples_say(cue: Cue) -> None:
    assert cue.finds, "a cue needs an example that it finds"
    assert cue.leaves, "a cue needs an example that it leaves alone"
    assert [text for text in cue.finds if not cue.found(read(text))] == []
    assert [text for text in cue.leaves if cue.found(read(text))] == []


def test_every_rule_set_says_where_it_comes_from() -> None:
    for name in NAMES:
        assert rules(name).sources
        assert rules(name).version.startswith(f"{name} 1.")


def test_the_version_changes_with_any_byte(tmp_path: Path) -> None:
    text = (FOLDER / "empathy.toml").read_text(encoding="utf-8")
    (tmp_path / "empathy.toml").write_text(f"{text}# reviewed\n", encoding="utf-8")
    assert rules("empathy", tmp_path).version != rules("empathy").version


@pytest.mark.parametrize(
    ("old", "new"), [("pattern = '''", "pattern = '''("), ("level = 1", "levle = 1"), ("[[cues]]", "[[cues")]
)
def test_a_slip_in_a_rule_set_is_named(tmp_path: Path, old: str, new: str) -> None:
    text = (FOLDER / "replies.toml").read_text(encoding="utf-8")
    (tmp_path / "replies.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"replies\.toml"):
        rules("replies", tmp_path)


def test_what_somebody_else_said_is_not_the_replys_own() -> None:
    assert mechanisms("> I'm so sorry about that\n\nOk.")["emotional_reactions"] == 0
    assert mechanisms("&gt; I'm so sorry about that\n\nOk.")["emotional_reactions"] == 0


def test_empathy_adds_the_levels_of_three_mechanisms() -> None:
    text = "It breaks my heart to read this. I hear you. Do you have somebody nearby?"
    assert mechanisms(text) == {"emotional_reactions": 2, "interpretations": 1, "explorations": 1}
    assert expressed_empathy(text) == 4
    assert expressed_empathy("Ok.") == 0


def test_a_concrete_step_says_more_than_to_get_help() -> None:
    vague, concrete = "You should get some help.", "Try writing down three things before bed."
    assert (concrete_steps(vague), gives_advice(vague)) == (0, True)
    assert (concrete_steps(concrete), gives_advice(concrete)) == (1, True)
    assert (concrete_steps("That is sad."), gives_advice("That is sad.")) == (0, False)


def test_a_long_list_of_steps_counts_as_five() -> None:
    assert concrete_steps("Try writing for ten minutes. " * 3) == 3
    assert concrete_steps("Try writing for ten minutes. " * 9) == 5


def test_sentences_end_at_marks_and_lines() -> None:
    assert sentences("One. Two?\n- three\n\n") == ["One.", "Two?", "- three"]


def test_harms_in_a_reply_are_those_of_the_projects_lexicons() -> None:
    reply = read_reply("Just stop taking your antidepressants.")
    assert reply.harms == ("MEDICATION_DOSING",)
    assert read_reply("Please call 988, or see a therapist.").offers_help
    assert read_reply("The weather is nice.").harms == ()


def test_a_reply_is_read_as_the_stage_label_reads_a_comment() -> None:
    texts = sorted(
        {text for family in load().families for term in family.terms for text in (*term.finds, *term.asks)}
    )
    rows = pl.DataFrame({"name": texts, "kind": ["comment"] * len(texts), "text": texts})
    for text, labels, questions in label_texts(rows, load()).select("name", "labels", "uncertain").iter_rows():
        reply = read_reply(text)
        assert reply.harms == tuple(code for code in HARMS if code in labels)
        assert reply.questions == tuple(code for code in HARMS if code in questions)
        assert reply.clinician == ("CLINICIAN" in labels)
        assert reply.offers_help == bool({"RESOURCE", "PROFESSIONAL_HELP"} & set(labels))


def test_a_machine_that_tells_of_its_life_or_its_licence_is_noticed() -> None:
    assert read_reply("As a licensed therapist, I hear this often.").clinician
    assert read_reply("I've been there too.").own_life
    assert not read_reply("Your sister sounds kind.").own_life


def test_dismissing_is_noticed_and_naming_dismissal_is_not() -> None:
    assert read_reply("Other people have it worse.").dismissive
    assert not read_reply("Nobody should tell you that.").dismissive
    assert not read_reply("You don't need to man up.").dismissive
    # What is negated in one place is still said in another.
    assert read_reply("You don't need to man up. Just get over it.").dismissive


def test_asking_about_the_therapist_that_somebody_has_is_help() -> None:
    assert read_reply("Have you talked to your therapist about this?").offers_help
    assert not read_reply("My therapist is nice.").offers_help


def test_a_post_that_may_disclose_a_crisis_is_noticed() -> None:
    assert discloses_crisis("I want to die.")
    assert not discloses_crisis("I cannot sleep before Mondays.")


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert 0 <= expressed_empathy(text) <= 6
    assert 0 <= concrete_steps(text) <= 5
    read_reply(text)
    discloses_crisis(text)
