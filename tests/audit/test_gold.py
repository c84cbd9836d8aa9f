"""Gold files: what is read, and that a bad line is named and not quoted."""

import json
from pathlib import Path
from typing import Any

import pytest

from prefpairs.audit.gold import read_gold
from prefpairs.audit.measure import Searched, outcomes
from prefpairs.audit.misses import misses, shape
from prefpairs.deid.gold import GoldSpan, GoldText
from prefpairs.errors import ContractError
from tests.support.audits import gold_text, masked

GOOD = {"id": "g1", "text": "Hi Ana", "spans": [{"start": 3, "end": 6, "entity_type": "PERSON"}]}


def _write(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_a_gold_text_is_read_with_its_labels(tmp_path: Path) -> None:
    path = _write(tmp_path / "gold.ndjson", {**GOOD, "variant": "lower"})
    span = GoldSpan(start=3, end=6, entity_type="PERSON")
    assert read_gold(path) == [GoldText(id="g1", text="Hi Ana", spans=(span,), variant="lower")]


@pytest.mark.parametrize(
    "change",
    [
        {"text": None},
        {"spans": [{"start": 3, "end": 99, "entity_type": "PERSON"}]},
        {"spans": [{"start": 6, "end": 3, "entity_type": "PERSON"}]},
        {"spans": [{"start": 3, "entity_type": "PERSON"}]},
        {"spans": "Zebulon"},
        {"id": "Zebulon wrote this"},
        {"variant": "Zebulon, born in Leeds"},
    ],
)
def test_a_bad_line_is_named_and_not_quoted(tmp_path: Path, change: dict[str, Any]) -> None:
    path = _write(tmp_path / "gold.ndjson", GOOD, {**GOOD, **change})
    with pytest.raises(ContractError, match="line 2") as raised:
        read_gold(path)
    assert "Zebulon" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_no_file_and_an_empty_file_say_so(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="No gold file"):
        read_gold(tmp_path / "gold.ndjson")
    with pytest.raises(ContractError, match="holds no gold text"):
        read_gold(_write(tmp_path / "gold.ndjson"))


def test_a_gold_text_does_not_show_in_its_repr() -> None:
    assert "Zebulon" not in repr(gold_text("I am [Zebulon|PERSON]"))


def test_misses_of_own_texts_are_shapes_only() -> None:
    missed = Searched(gold=gold_text("I am [Zebulon O'Neil 3rd|PERSON], really"), masked=())
    listed, more = misses(outcomes([missed], left_in_text=frozenset()), synthetic=False)
    assert more == 0
    assert (listed[0].shape, listed[0].count, listed[0].example) == ("Xxxxxxx X'Xxxx 9xx", 1, None)


def test_misses_of_synthetic_texts_are_shown_in_their_sentence() -> None:
    half = Searched(gold=gold_text("I am [Ana Lopez|PERSON], really"), masked=masked((5, 8, "PERSON")))
    example = misses(outcomes([half], left_in_text=frozenset()), synthetic=True)[0][0].example
    assert example is not None
    assert (example.before, example.identifier, example.after) == ("I am ", "Ana Lopez", ", really")


def test_direct_identifiers_are_listed_first_and_what_the_policy_leaves_not_at_all() -> None:
    text = gold_text("[24F|AGE] from [Leeds|LOCATION], [Ana|PERSON]")
    listed, _ = misses(
        outcomes([Searched(gold=text, masked=())], left_in_text=frozenset({"AGE"})), synthetic=False
    )
    assert [miss.entity_type for miss in listed] == ["PERSON", "LOCATION"]


def test_a_shape_keeps_no_letter_of_any_script() -> None:
    assert shape("Éva Жук 李 12") == "Xxx Xxx x 99"
