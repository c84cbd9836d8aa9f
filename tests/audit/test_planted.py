"""Planted identifiers against masked spans: whole, partly, not at all, never read."""

from pathlib import Path

import pytest

from prefpairs.audit.planted import Planted, planted_figures, read_planted
from prefpairs.audit.report import PlantedFigures
from prefpairs.config import Settings
from prefpairs.errors import ContractError
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from tests.support.rows import append

POLICY = "policy"


def _planted(start: int, end: int, *, name: str = "t1_a", entity_type: str = "PERSON") -> Planted:
    return Planted(
        name=name, field="body", start=start, end=end, entity_type=entity_type, text="x" * (end - start)
    )


def _mask(lake: Lake, key: ProjectKey, *spans: tuple[int, int], action: str = "placeholder") -> None:
    text_id = key.text_id("t1_a", "body")
    common = {"text_id": text_id, "policy_hash": POLICY, "field": "body"}
    found = {"entity_type": "PERSON", "score": 0.8, "recognizer": "r", "action": action}
    append(lake, "spans", [{**common, **found, "start": start, "end": end} for start, end in spans])
    text = {
        "name_hash": "n", "content_hash": "c", "thread_hash": "t", "text": "masked", "language": "en", "words": 1,
    }  # fmt: skip
    append(lake, "texts", [{**common, **text}])


def _measure(gold: list[Planted], lake: Lake, key: ProjectKey, policy: str = POLICY) -> list[PlantedFigures]:
    return planted_figures(gold, lake, key, policy, Settings())


def test_an_identifier_is_found_only_if_all_of_it_is_masked(lake: Lake, key: ProjectKey) -> None:
    _mask(lake, key, (0, 5), (10, 14), (14, 20))
    gold = [_planted(0, 5), _planted(12, 18), _planted(3, 8), _planted(30, 35), _planted(0, 5, name="t1_unread")]
    (row,) = _measure(gold, lake, key)
    assert (row.entity_type, row.masked, row.partly, row.missed, row.not_read) == ("PERSON", 2, 1, 1, 1)
    assert row.recall is not None
    assert (row.recall.count, row.recall.total) == (2, 4)


def test_spans_of_another_policy_do_not_count(lake: Lake, key: ProjectKey) -> None:
    _mask(lake, key, (0, 5))
    (row,) = _measure([_planted(0, 5)], lake, key, "another")
    assert (row.not_read, row.recall) == (1, None)


def test_a_span_that_the_policy_keeps_hides_nothing(lake: Lake, key: ProjectKey) -> None:
    _mask(lake, key, (0, 5), action="keep")
    assert _measure([_planted(0, 5)], lake, key)[0].missed == 1


def test_direct_identifiers_come_first_and_authors_are_no_text(lake: Lake, key: ProjectKey) -> None:
    _mask(lake, key, (0, 5))
    author = Planted(name="t1_a", field="author", start=0, end=3, entity_type="REDDIT_USER", text="Zeb")
    gold = [_planted(0, 5, entity_type="AGE"), _planted(0, 5, entity_type="URL"), author]
    assert [row.entity_type for row in _measure(gold, lake, key)] == ["URL", "AGE"]


def test_gold_is_read_line_by_line_and_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gold.ndjson"
    good = '{"name": "t1_a", "field": "body", "start": 0, "end": 3, "entity_type": "PERSON", "text": "Ana"}\n'
    path.write_text(good)
    assert read_planted(path) == [
        Planted(name="t1_a", field="body", start=0, end=3, entity_type="PERSON", text="Ana")
    ]
    path.write_text(good + '{"name": "Zebulon"}\n')
    with pytest.raises(ContractError, match="line 2") as raised:
        read_planted(path)
    assert "Zebulon" not in str(raised.value)


def test_a_planted_identifier_does_not_show_in_its_repr() -> None:
    planted = Planted(name="t1_a", field="body", start=0, end=7, entity_type="PERSON", text="Zebulon")
    assert "Zebulon" not in repr(planted)
