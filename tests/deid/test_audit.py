"""Planted identifiers against masked spans: whole, partly, not at all, never read."""

from pathlib import Path

import pytest

from prefpairs.deid.audit import Audit, Caught, Planted, measure, read_gold
from prefpairs.errors import ContractError
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from tests.support.rows import append

POLICY = "policy"


def _planted(start: int, end: int, *, name: str = "t1_a", entity_type: str = "PERSON") -> Planted:
    return Planted(
        name=name, field="body", start=start, end=end, entity_type=entity_type, text="x" * (end - start)
    )


def _mask(lake: Lake, key: ProjectKey, *spans: tuple[int, int]) -> None:
    text_id = key.text_id("t1_a", "body")
    common = {"text_id": text_id, "policy_hash": POLICY, "field": "body"}
    found = {"entity_type": "PERSON", "score": 0.8, "recognizer": "r", "action": "placeholder"}
    append(lake, "spans", [{**common, **found, "start": start, "end": end} for start, end in spans])
    text = {"name_hash": "n", "content_hash": "c", "text": "masked", "language": "en", "words": 1}
    append(lake, "texts", [{**common, **text}])


def test_an_identifier_is_found_only_if_all_of_it_is_masked(lake: Lake, key: ProjectKey) -> None:
    _mask(lake, key, (0, 5), (10, 14), (14, 20))
    gold = [_planted(0, 5), _planted(12, 18), _planted(3, 8), _planted(30, 35), _planted(0, 5, name="t1_unread")]
    assert measure(gold, lake, key, POLICY).by_type == {"PERSON": Caught(found=2, partly=1, missed=1, unread=1)}


def test_spans_of_another_policy_do_not_count(lake: Lake, key: ProjectKey) -> None:
    _mask(lake, key, (0, 5))
    assert measure([_planted(0, 5)], lake, key, "another").total == Caught(unread=1)


def test_types_are_counted_apart_and_summed() -> None:
    audit = Audit(by_type={"PERSON": Caught(found=3, missed=1), "URL": Caught(found=1, unread=2)})
    assert audit.total == Caught(found=4, missed=1, unread=2)
    assert audit.to_json()["PERSON"]["share"] == 0.75
    assert audit.by_type["URL"].share == 1.0
    assert Caught(unread=2).share is None


def test_gold_is_read_line_by_line_and_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gold.ndjson"
    good = '{"name": "t1_a", "field": "body", "start": 0, "end": 3, "entity_type": "PERSON", "text": "Ana"}\n'
    path.write_text(good)
    assert read_gold(path) == [
        Planted(name="t1_a", field="body", start=0, end=3, entity_type="PERSON", text="Ana")
    ]
    path.write_text(good + '{"name": "Zebulon"}\n')
    with pytest.raises(ContractError, match="line 2") as raised:
        read_gold(path)
    assert "Zebulon" not in str(raised.value)


def test_a_planted_identifier_does_not_show_in_its_repr() -> None:
    planted = Planted(name="t1_a", field="body", start=0, end=7, entity_type="PERSON", text="Zebulon")
    assert "Zebulon" not in repr(planted)
