"""The exposure model finds what made votes unequal, and nothing but a thread's own votes moves its labels."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from prefpairs.config_pairs import Exposure
from prefpairs.errors import ConfigError
from prefpairs.pairs.exposure import ExposureModel, curves_of, read_model
from prefpairs.pairs.exposure_fit import fit

SETTINGS = Exposure()
_DAY = 1_700_000_000


def responses(**columns: Any) -> pl.DataFrame:
    """Return responses in one thread each unless `post` says otherwise; what is not given is ordinary."""
    size = len(next(iter(columns.values())))
    defaults: dict[str, Any] = {
        "response": range(size), "post": range(size), "community": ["HarbourTalk"] * size,
        "created_utc": [_DAY + 60] * size, "post_created_utc": [_DAY] * size, "arrival": [0] * size,
        "comments": [1] * size, "depth": [0] * size, "score": [1] * size, "birth": [1] * size,
        "post_score": [10] * size, "views": [None] * size,
    }  # fmt: skip
    types = {"views": pl.Int64, "created_utc": pl.Int64, "post_created_utc": pl.Int64, "arrival": pl.Int32}
    return pl.DataFrame({**defaults, **columns}, schema_overrides=types)


def corpus(*, posts: int, community: str = "HarbourTalk", fall: float = 0.5, seed: int = 3) -> pl.DataFrame:
    """Four answers to every post, ten minutes apart, each seen `fall` times as often as the one before."""
    random = np.random.default_rng(seed)
    arrival = np.tile(np.arange(4), posts)
    traffic = np.repeat(random.lognormal(2.5, 0.7, posts), 4)
    quality = random.normal(0, 0.7, 4 * posts)
    votes = random.poisson(traffic * fall**arrival * np.exp(quality))
    return responses(
        post=np.repeat(np.arange(posts), 4), arrival=arrival, comments=[4] * (4 * posts), score=1 + votes,
        community=[community] * (4 * posts), created_utc=_DAY + 600 * arrival,
    )  # fmt: skip


def expected_of(model: ExposureModel, rows: pl.DataFrame) -> list[float]:
    return model.label(rows, SETTINGS)["expected_votes"].to_list()


def test_the_curve_of_arrival_is_found_again() -> None:
    model = fit(corpus(posts=3000), SETTINGS)

    thread = corpus(posts=1, seed=9)
    expected = np.array(expected_of(model, thread))

    assert expected[1:] / expected[:-1] == pytest.approx([0.5, 0.5, 0.5], rel=0.08)


def test_where_place_explains_the_votes_nobody_is_better() -> None:
    model = fit(corpus(posts=3000), SETTINGS)
    by_place = responses(
        post=[0, 0, 0, 0], arrival=[0, 1, 2, 3], comments=[4] * 4, score=[81, 41, 21, 11],
        created_utc=[_DAY + 600 * place for place in range(4)],
    )  # fmt: skip

    quality = model.label(by_place, SETTINGS)["quality"].to_numpy()

    assert np.ptp(quality) < 0.35


def test_a_late_answer_with_nearly_as_many_votes_is_the_better_one() -> None:
    model = fit(corpus(posts=3000), SETTINGS)
    thread = responses(
        post=[0, 0, 0, 0], arrival=[0, 1, 2, 3], comments=[4] * 4, score=[41, 21, 11, 31],
        created_utc=[_DAY + 600 * place for place in range(4)],
    )  # fmt: skip

    quality = model.label(thread, SETTINGS)["quality"].to_list()

    assert quality[3] == max(quality)


def test_an_unrelated_post_changes_nothing_once_the_parameters_are_fixed() -> None:
    model = fit(corpus(posts=200), SETTINGS)
    alone = corpus(posts=2, seed=5)
    busy = corpus(posts=50, seed=6).with_columns(pl.col("post") + 100)

    together = model.label(pl.concat([busy, alone]), SETTINGS).tail(alone.height)

    assert_frame_equal(together, model.label(alone, SETTINGS))


def test_the_order_of_rows_and_the_numbers_of_posts_change_nothing() -> None:
    rows = corpus(posts=60)
    shuffled = rows.sample(fraction=1, shuffle=True, seed=1).with_columns(post=1000 - pl.col("post"))

    one, other = fit(rows, SETTINGS), fit(shuffled, SETTINGS)

    for factor, curve in one.curves.items():
        assert other.curves[factor] == pytest.approx(curve, rel=1e-6), factor
    assert other.noise == one.noise


def test_parameters_survive_a_file(tmp_path: Path) -> None:
    rows = corpus(posts=50)
    model = fit(rows, SETTINGS)
    file = tmp_path / "exposure.json"
    file.write_text(json.dumps(model.to_json()))

    again = read_model(file, SETTINGS)

    assert_frame_equal(again.label(rows, SETTINGS), model.label(rows, SETTINGS), rel_tol=1e-6)


def test_parameters_of_other_steps_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "exposure.json"
    file.write_text(json.dumps(fit(corpus(posts=5), SETTINGS).to_json()))

    with pytest.raises(ConfigError, match="Fit them anew"):
        read_model(file, Exposure(arrival_edges=(1, 2)))


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("noise", {"quality_sd": -1.0}),
        ("noise", {"luck_shape": float("nan")}),
        ("noise", {"fuzzing": 3}),
        ("curves", {"arrival": [float("inf")] * 23}),
        ("curves", {"delay": [-1.0] * 24}),
        ("curves", {"hour": [1.0]}),
        ("variances", {"depth": [0.1]}),
    ],
)
def test_spoiled_parameters_are_refused(tmp_path: Path, part: str, change: dict[str, Any]) -> None:
    document = fit(corpus(posts=5), SETTINGS).to_json()
    document[part] = {**document[part], **change}
    file = tmp_path / "exposure.json"
    file.write_text(json.dumps(document))

    with pytest.raises(ConfigError):
        read_model(file, SETTINGS)


def test_parameters_whose_traffic_was_cut_are_refused(tmp_path: Path) -> None:
    document = fit(corpus(posts=5), SETTINGS).to_json()
    file = tmp_path / "exposure.json"
    file.write_text(json.dumps({**document, "traffic": document["traffic"][:-1]}))

    with pytest.raises(ConfigError):
        read_model(file, SETTINGS)


def test_a_corpus_that_is_fitted_in_part_gives_the_same_parameters_every_time() -> None:
    """Threads that look alike in every way are told apart by their number, not by chance."""
    settings = Exposure(fit_responses=1000)
    rows = corpus(posts=2000)

    one, other = (fit(rows, settings) for _ in range(2))

    assert one.to_json() == other.to_json()
    assert one.diagnostics["fitted_responses"] <= 1000
    assert one.diagnostics["responses"] == rows.height
    expected = one.label(corpus(posts=1, seed=9), settings)["expected_votes"].to_numpy()
    assert expected[1:] / expected[:-1] == pytest.approx([0.5, 0.5, 0.5], rel=0.25)


def test_a_small_community_is_fitted_whole_beside_a_large_one() -> None:
    small = corpus(posts=20, community="SmallCove").with_columns(pl.col("post") + 50_000)

    model = fit(pl.concat([corpus(posts=2000), small]), Exposure(fit_responses=1000))

    assert model.diagnostics["fitted_responses"] <= 500 + small.height
    assert model.communities == ("HarbourTalk", "SmallCove")


def test_a_source_that_counts_views_says_nothing_about_one_that_does_not() -> None:
    random = np.random.default_rng(2)
    alone = corpus(posts=40)
    viewed = responses(
        post=np.repeat(np.arange(1000, 1800), 2), community=["counselchat"] * 1600, birth=[0] * 1600,
        score=random.poisson(0.5, 1600), views=random.integers(20, 900, 1600), arrival=[None] * 1600,
        created_utc=[None] * 1600, post_created_utc=[None] * 1600, post_score=[None] * 1600, comments=[4] * 1600,
    )  # fmt: skip

    by_itself = expected_of(fit(alone, SETTINGS), alone)
    together = expected_of(fit(pl.concat([alone, viewed]), SETTINGS), alone)

    assert together == pytest.approx(by_itself, rel=0.02)


def test_a_response_without_views_in_a_thread_that_has_some_counts_as_its_siblings() -> None:
    rows = responses(post=[0, 0, 0], views=[300, 100, None], score=[2, 2, 2], comments=[3] * 3)

    expected = expected_of(fit(rows, SETTINGS), rows)

    assert expected[2] == pytest.approx((expected[0] + expected[1]) / 2, rel=1e-3)


def test_a_view_that_was_never_counted_is_still_finite() -> None:
    rows = responses(post=[0, 0], views=[0, 100], score=[3, 2], comments=[2, 2])

    labelled = fit(rows, SETTINGS).label(rows, SETTINGS)

    assert labelled["quality"].is_finite().all()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"curves": 3}'])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "exposure.json"
    file.write_text(content)

    with pytest.raises(ConfigError):
        read_model(file, SETTINGS)


def test_a_community_of_thirty_comments_takes_everybodys_curve_and_a_large_one_its_own() -> None:
    large = corpus(posts=2000, community="HarbourTalk", fall=0.5)
    steep = corpus(posts=2000, community="QuietMinds", fall=0.2, seed=4).with_columns(pl.col("post") + 10_000)
    small = corpus(posts=8, community="SmallCove", fall=0.5, seed=5).with_columns(pl.col("post") + 20_000)
    model = fit(pl.concat([large, steep, small]), SETTINGS)

    falls = {}
    for community in ("HarbourTalk", "QuietMinds", "SmallCove", "NeverSeen"):
        expected = expected_of(model, corpus(posts=1, seed=7).with_columns(community=pl.lit(community)))
        falls[community] = expected[1] / expected[0]

    assert falls["HarbourTalk"] == pytest.approx(0.5, rel=0.1)
    assert falls["QuietMinds"] == pytest.approx(0.2, rel=0.15)
    assert 0.2 < falls["SmallCove"] < 0.5
    assert abs(falls["SmallCove"] - falls["NeverSeen"]) < abs(falls["QuietMinds"] - falls["NeverSeen"])


def test_views_that_the_source_counts_take_the_place_of_the_curves() -> None:
    rows = responses(
        post=[0, 0, 1, 1], arrival=[None] * 4, created_utc=[None] * 4, post_created_utc=[None] * 4,
        birth=[0] * 4, score=[6, 6, 4, 0], views=[1000, 100, 500, 500], comments=[2] * 4,
    )  # fmt: skip

    labelled = fit(rows, SETTINGS).label(rows, SETTINGS)

    expected = labelled["expected_votes"].to_numpy()
    assert expected[0] / expected[1] == pytest.approx(10, rel=1e-4)
    assert labelled["quality"][1] > labelled["quality"][0] + 0.5


@pytest.mark.parametrize(
    "rows",
    [
        responses(score=[1] * 30),
        responses(score=[7] * 30),
        responses(post=[0] * 30, comments=[30] * 30, arrival=range(30), score=[-4, 0, 1, 2, 900] * 6),
        responses(score=[5, 1, 9], created_utc=[None] * 3, arrival=[None] * 3, post_score=[None] * 3),
        responses(score=[2, 3], created_utc=[_DAY - 50, _DAY + 10]),
        responses(score=[4]),
        responses(score=[4]).clear(),
    ],
    ids=["unvoted", "all-equal", "heavy", "no-times", "before-its-post", "one", "none"],
)
def test_every_corpus_has_a_finite_outcome(rows: pl.DataFrame) -> None:
    labelled = fit(rows, SETTINGS).label(rows, SETTINGS)

    for column in ("expected_votes", "quality", "quality_sd", "exposure_variance"):
        assert labelled[column].is_finite().all(), column
    assert (labelled["expected_votes"] > 0).all()


def test_without_any_vote_every_quality_is_the_same() -> None:
    rows = responses(post=[0, 0, 0, 1, 1, 1], comments=[3] * 6, arrival=[0, 1, 2] * 2, score=[1] * 6)

    quality = fit(rows, SETTINGS).label(rows, SETTINGS)["quality"]

    assert quality.max() == pytest.approx(quality.min(), abs=0.05)


def test_one_viral_answer_does_not_make_its_neighbours_bad() -> None:
    rows = corpus(posts=500)
    model = fit(rows, SETTINGS)
    quiet = responses(post=[0] * 4, comments=[4] * 4, arrival=range(4), score=[13, 7, 4, 3])
    viral = quiet.with_columns(score=pl.Series([13, 7, 4, 4000]))

    before = model.label(quiet, SETTINGS)["quality"].to_numpy()
    after = model.label(viral, SETTINGS)["quality"].to_numpy()

    assert after[3] > before[3] + 1
    assert after[:3] == pytest.approx(before[:3], abs=0.9)


def test_the_curves_of_the_report_start_at_one_and_fall() -> None:
    model = fit(corpus(posts=500), SETTINGS)

    curves = {(community, curve): values for community, curve, values in curves_of(model)}

    arrival = curves["HarbourTalk", "arrival"]
    assert arrival[0] == 1
    assert arrival[3] < 0.6
