"""The presets are judged by a truth that they never see."""

import polars as pl
import pytest

from benchmarks.labels import presets
from benchmarks.labels.mechanisms import MECHANISMS, simulate
from benchmarks.labels.score import figures, judge, over_mechanisms, over_seeds
from benchmarks.labels.table import TARGETS, Target
from prefpairs.config_pairs import Pairs

SETTINGS = Pairs()


@pytest.fixture(scope="module")
def labelled() -> pl.DataFrame:
    """A small simulated community, labelled."""
    return presets.answers(simulate("assumed", seed=3, posts=600), SETTINGS)


def test_the_truth_does_not_reach_the_model() -> None:
    comments = simulate("assumed", seed=3, posts=80)
    blind = comments.with_columns(true_quality=-pl.col("true_quality"), words=pl.lit(1, pl.Int64))

    one, other = (presets.answers(frame, SETTINGS)["quality"].to_list() for frame in (comments, blind))

    assert one == other


def test_a_perfect_truth_gives_perfect_figures(labelled: pl.DataFrame) -> None:
    agreeing = labelled.with_columns(true_quality=pl.col("quality").cast(pl.Float64))

    found = judge(agreeing, SETTINGS)

    assert found["calibrated.accuracy"] == found["calibrated.published_accuracy"] == 1
    assert found["yield_ratio_at_shp_accuracy"] > 1
    assert found["gain_over_raw_gap"] >= 0


def test_a_truth_turned_round_gives_the_opposite_figures(labelled: pl.DataFrame) -> None:
    opposite = labelled.with_columns(true_quality=-pl.col("quality").cast(pl.Float64))

    assert judge(opposite, SETTINGS)["calibrated.accuracy"] == 0


def test_every_method_has_its_own_pairs(labelled: pl.DataFrame) -> None:
    found = judge(labelled, SETTINGS)

    every = found["sibling_pairs"]
    assert every > found["raw_gap.admissible"] > found["stackexchange.admissible"] > found["shp.admissible"] > 0
    assert found["shp.earlier_wins"] == 0
    assert found["raw_gap.earlier_wins"] > 0.6
    assert all(found[f"{name}.published"] <= found[f"{name}.admissible"] for name in presets.methods(SETTINGS))


def test_the_naive_method_is_the_higher_score(labelled: pl.DataFrame) -> None:
    score = labelled["score"].to_numpy()

    pairs = presets.admissible(labelled, presets.methods(SETTINGS)["raw_gap"])

    first, second = (score[side] for side in (pairs.chosen, pairs.rejected))
    assert (first > second).all()
    every = presets.every_pair(labelled)
    assert len(pairs) == (score[every.chosen] != score[every.rejected]).sum()


def test_the_same_seed_gives_the_same_figures() -> None:
    one, other = (figures("brigades", seed=2, posts=300, settings=SETTINGS) for _ in range(2))

    assert one == pytest.approx(other, nan_ok=True, abs=0)


def test_over_mechanisms_the_worst_is_the_worst_for_us() -> None:
    kind, bad = (
        {
            "error_ratio_at_shp_yield": error,
            "yield_ratio_at_shp_accuracy": pairs,
            "gain_over_raw_gap": gain,
            "ece": ece,
        }
        for error, pairs, gain, ece in ((0.1, 8.0, 0.2, 0.01), (0.3, 4.0, -0.1, 0.05))
    )

    assert over_mechanisms({"kind": kind, "bad": bad}, holding=frozenset({"kind"})) == {
        "error_ratio_at_shp_yield": pytest.approx(0.2),
        "error_ratio_at_shp_yield_worst": 0.3,
        "yield_ratio_at_shp_accuracy": pytest.approx(6),
        "yield_ratio_at_shp_accuracy_worst": 4.0,
        "gain_over_raw_gap_worst": -0.1,
        "ece_assumed": 0.01,
        "ece_other": 0.05,
    }


def test_seeds_give_a_mean_and_a_range() -> None:
    assert over_seeds([{"a": 1.0}, {"a": 4.0}]) == ({"a": 2.5}, {"a": 3.0})


def test_an_unknown_figure_reaches_no_target() -> None:
    target = Target(key="x", what="x", low=0.45, high=0.55)

    assert [target.reached(value) for value in (0.44, 0.45, 0.55, 0.56, float("nan"))] == [
        False, True, True, False, False,
    ]  # fmt: skip


def test_every_key_of_the_issue_has_its_target() -> None:
    assert {target.key for target in TARGETS} == {
        "error_ratio_at_shp_yield", "error_ratio_at_shp_yield_worst", "yield_ratio_at_shp_accuracy",
        "yield_ratio_at_shp_accuracy_worst", "gain_over_raw_gap_worst", "ece_assumed", "ece_other",
        "earlier_wins_share",
    }  # fmt: skip
    assert [name for name, mechanism in MECHANISMS.items() if mechanism.assumptions_hold] == ["assumed"]
