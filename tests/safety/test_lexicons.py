"""Each term of each lexicon does what its own examples say, and a steward who edits a file is told of slips."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from prefpairs.errors import ConfigError
from prefpairs.safety.fold import folded, unmarked
from prefpairs.safety_codes import HARM_CODES, MEANINGS, RESPONSE_TAGS, TOPIC_MEANINGS
from prefpairs.safety_rules import lexicon
from prefpairs.safety_rules.judge import Verdict, judge
from prefpairs.safety_rules.terms import Family, Term

LEXICON = lexicon.load()
TERMS = [(family, term) for family in (*LEXICON.families, *LEXICON.topics) for term in family.terms]
NAMES = [f"{family.code}: {term.name}" for family, term in TERMS]


def folded_for(term: Term, text: str) -> str:
    marked = unmarked(pl.col("text"))
    return str(pl.DataFrame({"text": [text]}).select(marked if term.case else folded(marked)).item())


def verdict_on(term: Term, text: str) -> Verdict:
    return judge(folded_for(term, text), (term,), LEXICON.guards)


@pytest.mark.parametrize(("family", "term"), TERMS, ids=NAMES)
def test_every_term_does_what_its_examples_say(family: Family, term: Term) -> None:
    assert term.finds or term.asks, "a term needs an example that it finds"
    assert term.leaves, "a term needs an example that it leaves alone"
    assert [(text, verdict_on(term, text)) for text in term.finds] == [(t, Verdict.CERTAIN) for t in term.finds]
    assert [(text, verdict_on(term, text)) for text in term.asks] == [(t, Verdict.UNCERTAIN) for t in term.asks]
    assert [(text, verdict_on(term, text)) for text in term.leaves] == [(t, Verdict.NOTHING) for t in term.leaves]


@pytest.mark.parametrize(("family", "term"), TERMS, ids=NAMES)
def test_the_sieve_lets_every_hit_through(family: Family, term: Term) -> None:
    hits = pl.Series([folded_for(term, text) for text in (*term.finds, *term.asks)])
    found = hits.str.contains(term.gate)
    family_found = pl.select(
        pl.any_horizontal(pl.lit(hits).str.contains(gate) for gate in family.gates)
    ).to_series()
    assert found.all()
    assert family_found.all()


def test_every_file_says_where_it_comes_from() -> None:
    for family in (*LEXICON.families, *LEXICON.topics):
        assert family.sources, family.code
        assert family.version, family.code


def test_every_code_and_topic_has_a_meaning() -> None:
    assert set(MEANINGS) == {*HARM_CODES, *RESPONSE_TAGS}
    assert all(meaning.endswith(".") for meaning in (*MEANINGS.values(), *TOPIC_MEANINGS.values()))


def test_names_of_terms_are_unique_within_a_code() -> None:
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("crisis.toml", 'name = "wants to die"', 'name = "wants to die"\npatern = "x"', "unknown patern"),
        ("crisis.toml", 'certainty = "uncertain"', 'certainty = "unsure"', "a certainty is certain or uncertain"),
        ("crisis.toml", 'negated = "uncertain"', 'negatted = "uncertain"', "guards that guards.toml has"),
        ("crisis.toml", 'negated = "uncertain"', 'negated = "drop"', "one of clear, ignore, uncertain"),
        ("crisis.toml", "{end_life}", "{end_live}", "end_live"),
        ("minor.toml", 'code = "MINOR"', 'code = "ADULT"', "must be about MINOR"),
        ("topics.toml", 'name = "sleep"', 'name = "naps"', "each of the topics once"),
        ("method.toml", "pattern = '''", "pattern = '''(", "method.toml"),
        ("guards.toml", "[guards.past]", "[guards.past", "not TOML"),
        ("guards.toml", "before = '''", "before = '''(", "guards.toml, guard negated"),
        ("harassment.toml", "sources = [", "source = [", "must say its sources"),
    ],
)
def test_a_slip_in_a_lexicon_is_named(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    folder = Path(shutil.copytree(lexicon.FOLDER, tmp_path / "lexicons"))
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        lexicon.load(folder)


def test_a_missing_lexicon_is_named(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(lexicon.FOLDER, tmp_path / "lexicons"))
    (folder / "crisis.toml").unlink()
    with pytest.raises(ConfigError, match=r"crisis\.toml cannot be read"):
        lexicon.load(folder)


def test_the_version_changes_with_any_byte_of_a_lexicon(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(lexicon.FOLDER, tmp_path / "lexicons"))
    with (folder / "minor.toml").open("a", encoding="utf-8") as stream:
        stream.write("# reviewed\n")
    assert lexicon.load(folder).version != LEXICON.version
