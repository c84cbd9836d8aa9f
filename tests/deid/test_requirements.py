"""What a pattern needs, read from the pattern."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.config_deid import Deid
from prefpairs.deid.recognizers.base import Rule, RuleRecognizer
from prefpairs.deid.recognizers.community import community_recognizers
from prefpairs.deid.requirements import DIGITS, is_usual, requirements

_RULES = [
    rule
    for recognizer in community_recognizers(Deid())
    if isinstance(recognizer, RuleRecognizer)
    for rule in recognizer.RULES
]


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"\bmy\s+(?:sister|aunt|auntie)", [{"my"}, {"sister", "aunt"}]),
        (r"(?i:KIK)[:=]", [{"kik:", "kik="}]),
        (r"\d{4}", [set(DIGITS)]),
        (r"colou?r", [{"color", "colour"}]),
        (r"(?:abc)?", []),
        (r"(?:abc)*x{2,}zz", [{"zz"}]),
        (r"abc|\w+", []),
        (r"(?=nothing)(?!at all)zoo\b", [{"zoo"}]),
        (r"é[à]qq", [{"qq"}]),
    ],
)
def test_what_a_pattern_needs(pattern: str, needed: list[set[str]]) -> None:
    found = [set(item) for item in requirements(re.compile(pattern, re.IGNORECASE))]
    assert sorted(map(sorted, found)) == sorted(map(sorted, needed))


@pytest.mark.parametrize(("text", "usual"), [("Zoë’s", True), ("٣", False), ("\u212aik", False), ("ſnap", False)])
def test_letters_and_digits_that_stand_in_for_asciis_are_unusual(text: str, usual: bool) -> None:
    assert is_usual(text) == usual


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_every_match_of_every_rule_holds_what_the_rule_needs(data: st.DataObject) -> None:
    rule: Rule = data.draw(st.sampled_from(_RULES))
    needed = requirements(rule.pattern)
    matched = data.draw(st.from_regex(rule.pattern)).lower()
    assert not is_usual(matched) or all(any(item in matched for item in strings) for strings in needed)
