"""The second scan, by Polars alone: each hard rule is broken once, and found."""

from collections.abc import Callable

import polars as pl
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from prefpairs.config import Settings
from prefpairs.config_pairs import Pairs
from prefpairs.config_safety import Safety
from prefpairs.contracts import contract
from prefpairs.errors import GateError
from prefpairs.lake import Lake
from prefpairs.quality import apart, gate, invariants
from prefpairs.quality.suites import GATED_TABLES
from tests.quality.conftest import Rows, store
from tests.support.rows import frame

Change = Callable[[Rows], object]

BREAKS: dict[str, tuple[Change, str]] = {
    "the same pair twice": (
        lambda rows: rows["pairs"].append(rows["pairs"][0]),
        "pairs: the key pair_id is not unique",
    ),
    "more votes for rejected": (
        lambda rows: rows["pairs"][0].update(score_chosen=1, score_gap=-11, score_ratio=1 / 12),
        "pairs: chosen has no more votes than rejected",
    ),
    "a wrong gap": (
        lambda rows: rows["selected_pairs"][0].update(score_gap=1),
        "selected_pairs: score_gap is not the difference",
    ),
    "a wrong ratio": (
        lambda rows: rows["pairs"][0].update(score_ratio=9.0),
        "pairs: score_ratio is not the quotient of two positive scores",
    ),
    "a ratio of a negative score": (
        lambda rows: rows["pairs"][0].update(score_rejected=-2, score_gap=42, score_ratio=-20.0),
        "pairs: score_ratio is not the quotient of two positive scores",
    ),
    "a percentile above 100": (
        lambda rows: rows["pairs"][0].update(percentile_chosen=100.5),
        "pairs: percentile_chosen is not within 0 to 100",
    ),
    "percentiles the wrong way round": (
        lambda rows: rows["pairs"][0].update(percentile_rejected=99.5),
        "pairs: rejected has a higher percentile than chosen",
    ),
    "chosen and rejected alike": (
        lambda rows: rows["pairs"][0].update(rejected=rows["pairs"][0]["chosen"] + " \n"),
        "pairs: chosen and rejected are the same text",
    ),
    "an empty prompt": (lambda rows: rows["pairs"][0].update(prompt=" \n"), "pairs: prompt is empty"),
    "an address in a response that no pair shows": (
        lambda rows: rows["threads"][0]["responses"][0].update(text="see https://tidewell.org/ana"),
        "threads: responses holds a web address",
    ),
    "a pair without its thread": (
        lambda rows: rows["threads"][0].update(thread_id="9" * 24),
        "pairs: a pair has no thread with its thread_id, config and split",
    ),
    "a pair in another split than its thread": (
        lambda rows: rows["pairs"][0].update(split="test"),
        "pairs: a pair has no thread with its thread_id, config and split",
    ),
    "a chosen response of another thread": (
        lambda rows: rows["pairs"][0].update(chosen_id="8" * 24),
        "pairs: chosen_id is not a response of its thread",
    ),
    "a position past the responses": (
        lambda rows: rows["threads"][0]["pairs"][0].update(rejected=3),
        "threads: a pair points outside the responses, or at one response twice",
    ),
    "a pair of a thread that is more than certain": (
        lambda rows: rows["threads"][0]["pairs"][1].update(probability=1.2),
        "threads: a pair has a weight or a probability that cannot be",
    ),
    "a comment that was dropped after all": (
        lambda rows: rows["decisions"][1].update(keep=False, reason="BOT", reasons=["BOT"]),
        "selected_pairs: chosen_name is not a comment that was kept",
    ),
    "a probability above 1": (
        lambda rows: rows["pairs"][0].update(preference_probability=1.5),
        "pairs: preference_probability is not within 0 to 1",
    ),
    "a probability that is no number": (
        lambda rows: rows["selected_pairs"][0].update(preference_probability=float("nan")),
        "selected_pairs: preference_probability is not within 0 to 1",
    ),
    "a pair that the vote model itself would turn round": (
        lambda rows: rows["pairs"][0].update(preset="calibrated", preference_probability=0.4),
        "pairs: the vote model decides, and holds rejected for the better one",
    ),
    "a negative standard deviation": (
        lambda rows: rows["pairs"][0].update(preference_sd=-0.1),
        "pairs: preference_sd is negative or not finite",
    ),
    "endless expected votes": (
        lambda rows: rows["pairs"][0].update(expected_votes_rejected=float("inf")),
        "pairs: expected_votes_rejected is negative or not finite",
    ),
    "an endless difference of quality": (
        lambda rows: rows["pairs"][0].update(quality_gap=float("-inf")),
        "pairs: quality_gap is not finite",
    ),
    "a config that nobody knows": (
        lambda rows: rows["pairs"][0].update(config="defualt"),
        "pairs: the config is unknown",
    ),
    "a crisis in default": (
        lambda rows: rows["pairs"][0].update(labels_prompt=["CRISIS", "depression"]),
        "pairs: a crisis is outside the config crisis",
    ),
    "a crisis among harmful contrasts": (
        lambda rows: rows["selected_pairs"][0].update(
            config="safety_contrast", labels_chosen=["CRISIS"], labels_rejected=["HARASSMENT"]
        ),
        "selected_pairs: a crisis is outside the config crisis",
    ),
    "a method in a prompt": (
        lambda rows: rows["pairs"][0].update(config="crisis", labels_prompt=["CRISIS", "METHOD"]),
        "pairs: labels_prompt holds a code that takes no part in anything",
    ),
    "encouragement in a rejected text": (
        lambda rows: rows["selected_pairs"][0].update(labels_rejected=["ENCOURAGEMENT"]),
        "selected_pairs: labels_rejected holds a code that takes no part in anything",
    ),
    "a dose in a chosen text": (
        lambda rows: rows["pairs"][0].update(labels_chosen=["MEDICATION_DOSING"]),
        "pairs: labels_chosen holds a code that may not be chosen",
    ),
    "a harmful rejected text in default": (
        lambda rows: rows["pairs"][0].update(labels_rejected=["HARASSMENT"]),
        "pairs: a pair of the config default has a harmful rejected text",
    ),
    "a contrast without harm": (
        lambda rows: rows["pairs"][0].update(config="safety_contrast"),
        "pairs: a pair of the config safety_contrast has no harmful rejected text",
    ),
    "a pair of a crisis in a thread of default only": (
        lambda rows: rows["pairs"][0].update(config="crisis"),
        "pairs: a pair has no thread with its thread_id, config and split",
    ),
    "a completion that lost": (
        lambda rows: rows["sft"].append(
            {**rows["sft"][0], "response_id": rows["pairs"][0]["rejected_id"], "completion": "Call somebody."}
        ),
        "sft: a response is rejected in a pair",
    ),
    "a completion whose text lost under another id": (
        lambda rows: rows["pairs"][0].update(rejected=rows["sft"][0]["completion"] + " \n"),
        "sft: a text is rejected in a pair",
    ),
    "a completion that won nothing": (
        lambda rows: rows["sft"][0].update(response_id="8" * 24),
        "sft: a response is chosen in no pair of its split",
    ),
    "a completion in another split than its pairs": (
        lambda rows: rows["sft"][0].update(split="test"),
        "sft: a response is chosen in no pair of its split",
    ),
    "a completion of a crisis": (
        lambda rows: [row.update(config="crisis") for row in (*rows["pairs"], *rows["threads"])],
        "sft: a response is chosen in no pair of its split",
    ),
    "a completion with another text than its pair": (
        lambda rows: rows["sft"][0].update(completion="Ring somebody."),
        "sft: a text is not that of the pair",
    ),
    "a winner that nobody may imitate": (
        lambda rows: rows["sft"].clear(),
        "sft: a response that is chosen and never rejected is not there",
    ),
    "the same completion twice": (
        lambda rows: rows["sft"].append(rows["sft"][0]),
        "sft: the key thread_id, response_id is not unique",
    ),
    "a user's name in a completion": (
        lambda rows: rows["sft"][0].update(completion="as u/quiet_otter said"),
        "sft: completion holds a mention of a user",
    ),
    "a crisis in a prompt of a completion": (
        lambda rows: rows["sft"][0].update(labels_prompt=["CRISIS"]),
        "sft: a text is in a crisis",
    ),
    "a harmful completion": (
        lambda rows: rows["sft"][0].update(labels_completion=["HARASSMENT"]),
        "sft: labels_completion holds a code that may not be chosen",
    ),
    "a method in a prompt of a completion": (
        lambda rows: rows["sft"][0].update(labels_prompt=["METHOD"]),
        "sft: labels_prompt holds a code that takes no part in anything",
    ),
    "the same improvement twice": (
        lambda rows: rows["improvements"].append(rows["improvements"][0]),
        "improvements: the key improvement_id is not unique",
    ),
    "a draft that nobody changed": (
        lambda rows: rows["improvements"][0].update(better=rows["improvements"][0]["draft"] + "\n"),
        "improvements: draft and better are the same text",
    ),
    "a user's name in a draft": (
        lambda rows: rows["improvements"][0].update(draft="as u/quiet_otter said"),
        "improvements: draft holds a mention of a user",
    ),
    "an empty better text": (
        lambda rows: rows["improvements"][0].update(better="\n"),
        "improvements: better is empty",
    ),
    "a harmful better text": (
        lambda rows: rows["improvements"][0].update(labels_better=["MEDICAL_MISINFORMATION"]),
        "improvements: labels_better holds a code that may not be chosen",
    ),
    "a minor's draft": (
        lambda rows: rows["improvements"][1].update(labels_draft=["MINOR"]),
        "improvements: labels_draft holds a code that takes no part in anything",
    ),
    "an improvement in a crisis": (
        lambda rows: rows["improvements"][0].update(labels_prompt=["CRISIS"]),
        "improvements: a text is in a crisis",
    ),
    "a harmful draft": (
        lambda rows: rows["improvements"][1].update(labels_draft=["HARASSMENT"]),
        "improvements: labels_draft holds a code that may not be a draft",
    ),
    "a selected harmful draft": (
        lambda rows: rows["selected_improvements"][0].update(labels_draft=["MEDICATION_DOSING"]),
        "selected_improvements: labels_draft holds a code that may not be a draft",
    ),
    "a selected improvement in a crisis": (
        lambda rows: rows["selected_improvements"][0].update(labels_better=["CRISIS"]),
        "selected_improvements: a text is in a crisis",
    ),
    "a post that nobody labelled": (
        lambda rows: rows["labels"].pop(0),
        "selected_pairs: link_id has no row in labels",
    ),
    "a chosen response that nobody labelled": (
        lambda rows: rows["labels"].pop(1),
        "selected_pairs: chosen_name has no row in labels",
    ),
    "a rejected response that nobody labelled": (
        lambda rows: rows["labels"].pop(2),
        "selected_pairs: rejected_name has no row in labels",
    ),
    "an improvement of a post that nobody labelled": (
        lambda rows: rows["labels"].pop(0),
        "selected_improvements: link_id has no row in labels",
    ),
    "a draft that nobody labelled": (
        lambda rows: rows["labels"].pop(3),
        "selected_improvements: draft_name has no row in labels",
    ),
    "a better text that nobody labelled": (
        lambda rows: rows["selected_improvements"][0].update(better_name="t1_c9"),
        "selected_improvements: better_name has no row in labels",
    ),
    "a revision that nobody looked at": (
        lambda rows: rows["improvements"][1].update(labelled_better=False),
        "improvements: nobody looked at a text",
    ),
    "an earlier version that nobody looked at": (
        lambda rows: rows["selected_improvements"][0].update(draft_field="body:first", labelled_draft=False),
        "selected_improvements: nobody looked at a text",
    ),
    "an improvement in another split": (
        lambda rows: rows["improvements"][0].update(split="test"),
        "improvements: a post is in another split than its pairs",
    ),
    "a post in two splits": (
        lambda rows: rows["selected_pairs"][0].update(split="validation"),
        "selected_pairs: a post is in two splits",
    ),
    "a published post in two splits": (
        lambda rows: rows["pairs"][0].update(split="validation"),
        "pairs: a post is in two splits",
    ),
    "an author on both sides": (
        lambda rows: (
            rows["selected_pairs"][0].update(split="test"),
            rows["decisions"][2].update(author_hash="cd" * 32),
            rows["decisions"][3].update(author_hash="cd" * 32),
        ),
        "selected_pairs, selected_improvements: an author is in two splits",
    ),
    "near-duplicates on both sides": (
        lambda rows: (
            rows["selected_pairs"][0].update(split="test"),
            rows["near_duplicates"][0].update(name="t1_c2"),
        ),
        "selected_pairs, selected_improvements: near-duplicates are in two splits",
    ),
    "the author of a pair in an improvement of another split": (
        lambda rows: (
            rows["selected_improvements"][0].update(split="validation", better_name="t1_c4"),
            rows["decisions"][4].update(author_hash="cd" * 32),
            rows["decisions"][1].update(author_hash="cd" * 32),
        ),
        "selected_pairs, selected_improvements: an author is in two splits",
    ),
    "kept, with a reason": (
        lambda rows: rows["decisions"][3].update(reason="BOT"),
        "decisions: a row is kept with a reason, or dropped without one",
    ),
}


def test_a_good_night_breaks_no_rule(good_lake: Lake) -> None:
    assert invariants.wrong_schemas(good_lake, GATED_TABLES) == []
    assert invariants.violations(_stored(good_lake), Settings()) == {}


@pytest.mark.parametrize(("change", "rule"), BREAKS.values(), ids=BREAKS)
def test_a_broken_rule_is_found_and_counted(night: Rows, change: Change, rule: str) -> None:
    change(night)

    assert _violations(night).get(rule, 0) >= 1


def test_a_winner_whose_text_lost_under_another_id_is_not_missed(night: Rows) -> None:
    night["pairs"][0].update(rejected=night["sft"][0]["completion"])
    night["sft"].clear()

    assert not [rule for rule in _violations(night) if rule.startswith("sft")]


def test_the_vote_model_may_prefer_the_response_with_fewer_votes(night: Rows) -> None:
    for table in ("selected_pairs", "pairs"):
        night[table][0].update(
            preset="calibrated", score_chosen=3, score_gap=-9, score_ratio=0.25, percentile_chosen=10.0
        )

    assert _violations(night) == {}


def test_harmful_contrasts_and_crises_may_stand_in_their_own_configs(night: Rows) -> None:
    for table in ("selected_pairs", "pairs"):
        night[table][1].update(config="safety_contrast", labels_rejected=["HARASSMENT", "stress"])
        night[table].append({**night[table][0], "config": "crisis", "labels_prompt": ["CRISIS"]})
    night["selected_pairs"][2]["rejected_name"] = "t1_c3"
    night["selected_pairs"].pop(1)
    night["pairs"][2]["pair_id"] = "9" * 24
    night["threads"].append({**night["threads"][0], "config": "crisis"})

    assert _violations(night) == {}


def test_the_settings_say_which_codes_take_no_part(night: Rows) -> None:
    night["pairs"][0]["labels_prompt"] = ["MINOR"]
    night["pairs"][1]["labels_chosen"] = ["CLINICIAN"]

    lenient = Settings(safety=Safety(drop_everywhere=("METHOD",)))
    assert set(_violations(night)) == {"pairs: labels_prompt holds a code that takes no part in anything"}
    assert _violations(night, lenient) == {}


def test_a_harmful_draft_may_stand_where_harmful_contrasts_are_published(night: Rows) -> None:
    for table in ("selected_improvements", "improvements"):
        night[table][0]["labels_draft"] = ["HARASSMENT"]

    assert _violations(night, Settings(safety=Safety(publish=("safety_contrast",)))) == {}


@pytest.mark.parametrize("safety", [Safety(crisis=()), Safety(publish=("crisis",))])
def test_no_setting_lets_a_crisis_into_the_improvements(night: Rows, safety: Safety) -> None:
    night["improvements"][0]["labels_draft"] = ["CRISIS"]

    assert _violations(night, Settings(safety=safety)) == {"improvements: a text is in a crisis": 1}


def test_an_earlier_version_has_no_row_of_its_own_in_labels(night: Rows) -> None:
    earlier = {"draft_name": "t1_gone", "draft_field": "body:first"}
    night["selected_improvements"][0].update(earlier)

    assert _violations(night) == {}


def test_splits_may_share_authors_and_near_duplicates_where_the_settings_say_so(night: Rows) -> None:
    night["decisions"][1]["author_hash"] = "cd" * 32
    night["decisions"].append({**night["decisions"][0], "name": "t3_a2", "author_hash": "cd" * 32})
    night["decisions"] += [{**night["decisions"][2], "name": name} for name in ("t1_d1", "t1_d2")]
    elsewhere = {"link_id": "t3_a2", "chosen_name": "t1_d1", "rejected_name": "t1_d2", "split": "test"}
    night["selected_pairs"].append({**night["selected_pairs"][0], **elsewhere})
    night["labels"] += [{**night["labels"][0], "name": name} for name in ("t3_a2", "t1_d1", "t1_d2")]
    night["near_duplicates"][0]["name"] = "t1_d1"
    lenient = Pairs(drop_held_out_authors=False, drop_held_out_near_duplicates=False)

    assert set(_violations(night)) == {
        "selected_pairs, selected_improvements: an author is in two splits",
        "selected_pairs, selected_improvements: near-duplicates are in two splits",
    }
    assert _violations(night, Settings(pairs=lenient)) == {}


def test_a_null_where_the_contract_asks_for_a_value_is_found(good_lake: Lake) -> None:
    nulls = good_lake.scan("pairs").with_columns(split=pl.lit(None, pl.String)).collect().to_arrow()
    write_deltalake(str(good_lake.path("pairs")), nulls, mode="overwrite", schema_mode="overwrite")

    assert invariants.violations(_stored(good_lake), Settings())["pairs: a required value is null"] == 2


def test_a_table_that_was_written_with_another_schema_is_stopped(lake: Lake, night: Rows) -> None:
    rows = pa.Table.from_pylist(night.pop("spans"), schema=contract("spans").schema)
    store(lake, night)
    other_order = rows.select([*rows.column_names[1:], rows.column_names[0]])
    write_deltalake(str(lake.path("spans")), other_order)

    assert invariants.wrong_schemas(lake, GATED_TABLES) == ["spans"]
    with pytest.raises(GateError, match="stored schema is not the contract's for spans"):
        gate.run(Settings(), lake)


def _violations(night: Rows, settings: Settings | None = None) -> dict[str, int]:
    scans = {table: frame(table, rows).lazy() for table, rows in night.items()}
    return invariants.violations(scans, settings or Settings())


def _stored(lake: Lake) -> dict[str, pl.LazyFrame]:
    return {table: lake.scan(table) for table in (*GATED_TABLES, *apart.READ_TOO)}
