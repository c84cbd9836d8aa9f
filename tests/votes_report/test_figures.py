"""Each figure of the report is what its tables say, and nothing that rests on too few is let through."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.config_pairs import Pairs
from prefpairs.pairs.posterior import VoteNoise
from prefpairs.votes_report import exposure_figures, margins, overview
from prefpairs.votes_report.counting import Limits, histogram
from prefpairs.votes_report.predictive import predictive
from prefpairs.votes_report.preset_figures import preset_figures
from prefpairs.votes_report.report import Band
from prefpairs.votes_report.stability import later_looks
from prefpairs.votes_report.tables import Tables
from prefpairs.votes_report.wins import wins
from tests.support.rows import Row, frame, observation

ALL = Limits(least=1, confidence=0.95)
TEN = Limits(least=10, confidence=0.95)


def answer(name: str, score: int | None = 5, **changes: Any) -> Row:
    """A response that answers t3_p in HarbourTalk as the fourth comment, of which 4 votes are expected."""
    ordinary = {
        "name": f"t1_{name}", "link_id": "t3_p", "subreddit": "HarbourTalk", "arrival": 3, "comments": 9,
        "delay_h": 1.5, "score": score, "expected_votes": 4.0, "quality": 0.0, "quality_sd": 0.4,
        "percentile": 50.0, "reason": "NO_PARTNER", "created_utc": 0, "words": 20,
    }  # fmt: skip
    return {**ordinary, **changes}


def counted(rows: list[tuple[str, bool, str | None, int]]) -> pl.DataFrame:
    """Return comments as they are counted by subreddit, keep and reason."""
    return pl.DataFrame(
        rows,
        schema={"subreddit": pl.String, "keep": pl.Boolean, "reason": pl.String, "count": pl.Int64},
        orient="row",
    )


def tables_of(answers: list[Row] | None = None, **changes: Any) -> Tables:
    """Return tables with these responses; the others are empty unless given."""
    extra: dict[str, pl.DataType | type[pl.DataType]] = {"created_utc": pl.Int64, "words": pl.Int32}
    schema = pl.Schema({**frame("responses", []).schema, **extra})
    responses = pl.DataFrame(answers or [], schema=schema)
    parts: dict[str, Any] = {
        "comments": counted([]),
        "responses": responses.with_columns(votes=pl.col("score") - 1),
        "selected": frame("selected_pairs", []),
        "authors": pl.Series([], dtype=pl.String),
        "pairs": frame("pairs", []),
        "labels": pl.DataFrame(
            schema={"kind": pl.String, "labels": pl.List(pl.String), "topics": pl.List(pl.String)}
        ),
        "queue": pl.DataFrame(schema={"name": pl.String}),
        "observations": frame("score_observations", []).lazy(),
    }
    return Tables(**{**parts, **changes})


def counts(band: Band) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Return (won, all) before and after."""
    before, after = ((rate.count, rate.total) if rate else None for rate in (band.before, band.after))
    return before, after


def test_the_earlier_one_wins_is_counted_by_the_time_between() -> None:
    answers = [answer("a", 5, created_utc=0), answer("b", 3, created_utc=600), answer("c", 9, created_utc=7200)]
    pairs = frame(
        "pairs",
        [{"seconds_between": seconds, "words_chosen": 10, "words_rejected": 10} for seconds in (-60, 60, 0, None)],
    )
    found = wins(tables_of(answers, pairs=pairs), ALL)
    assert found
    assert [counts(band) for band in found.earlier] == [
        ((1, 1), (1, 2)),  # up to 15 minutes
        (None, None),  # up to an hour
        ((0, 2), None),  # up to six hours
        (None, None),
        ((1, 3), (1, 2)),
    ]


def test_ties_other_posts_and_unknown_times_are_no_evidence() -> None:
    answers = [
        answer("a", 5, created_utc=0),
        answer("b", 5, created_utc=60),
        answer("c", 9, link_id="t3_other", created_utc=90),
        answer("d", 1, created_utc=None, words=20),
    ]
    assert wins(tables_of(answers), ALL) is None


def test_what_does_not_answer_the_post_is_not_compared() -> None:
    answers = [answer("a", 5), answer("b", 3, created_utc=60, reason="NOT_TOP_LEVEL")]
    assert wins(tables_of(answers), ALL) is None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 9) | st.none(), st.integers(1, 4)),
        max_size=24,
    )
)
def test_wins_agree_with_looking_at_every_pair(rows: list[tuple[int, int, int | None, int]]) -> None:
    answers = [
        answer(
            str(number),
            score,
            link_id=f"t3_{post}",
            created_utc=None if hour is None else hour * 1000,
            words=words,
        )
        for number, (post, score, hour, words) in enumerate(rows)
    ]
    earlier = longer = together = by_length = 0
    for one in answers:
        for two in answers:
            if one["link_id"] != two["link_id"] or one["score"] <= two["score"]:
                continue
            known = one["created_utc"] is not None and two["created_utc"] is not None
            together += known and one["created_utc"] != two["created_utc"]
            earlier += known and one["created_utc"] < two["created_utc"]
            by_length += one["words"] != two["words"]
            longer += one["words"] > two["words"]
    found = wins(tables_of(answers), ALL)
    if not together and not by_length:
        assert found is None
        return
    assert found
    assert counts(found.earlier[-1])[0] == ((earlier, together) if together else None)
    assert counts(found.longer[-1])[0] == ((longer, by_length) if by_length else None)


def test_of_a_huge_thread_an_even_part_is_compared() -> None:
    answers = [answer(f"{number:05}", number % 7, created_utc=number * 10) for number in range(3000)]
    found = wins(tables_of(answers), ALL)
    assert found
    assert found.thinned == 1
    assert found.earlier[-1].before
    assert found.earlier[-1].before.total <= found.thinned_above**2 / 2
    assert all(band.before for band in found.earlier), "pairs of every distance in time are left"


def test_presets_are_compared_by_what_their_rule_admits() -> None:
    answers = [
        answer("a", 40, created_utc=0, words=10, quality=0.0, quality_sd=0.1, percentile=99.0),
        answer("b", 8, created_utc=900, words=30, quality=2.0, quality_sd=0.1, percentile=50.0),
        answer("c", 2, created_utc=1800, words=20, quality=0.05, quality_sd=0.1, percentile=5.0),
    ]
    found = {row.preset: row for row in preset_figures(tables_of(answers), Pairs(), ALL)}
    # shp: nobody has more votes and came later. llumi: a over c. calibrated: b over a and c, which are alike.
    assert {name: row.pairs for name, row in found.items()} == {
        "calibrated": 2, "shp": 0, "llumi": 1, "stackexchange": 3,
    }  # fmt: skip
    assert found["shp"].earlier is None
    told = {
        name: [(rate.count, rate.total) for rate in (row.earlier, row.longer, row.agrees) if rate]
        for name, row in found.items()
    }
    assert told["llumi"] == [(1, 1), (0, 1), (0, 1)]
    assert told["calibrated"] == [(1, 2), (2, 2), (2, 2)]
    assert told["stackexchange"] == [(3, 3), (1, 3), (1, 3)]


def test_curves_show_expected_votes_at_the_communitys_own_level() -> None:
    answers = [answer(f"a{number}", 9, arrival=0, expected_votes=4.0) for number in range(10)]
    answers += [answer(f"b{number}", 3, arrival=1, expected_votes=1.0) for number in range(10)]
    (curve,) = exposure_figures.curves(tables_of(answers), TEN)
    assert (curve.community, curve.responses, curve.scale) == (exposure_figures.ALL, 20, 2.0)
    assert [(point.label, point.expected, point.observed) for point in curve.by_arrival] == [
        ("1", 8.0, 8.0),
        ("2", 2.0, 2.0),
    ]


def test_a_place_with_few_responses_is_no_point_and_a_small_community_no_curve() -> None:
    answers = [answer(f"a{number}", arrival=0) for number in range(30)]
    answers += [answer(f"b{number}", arrival=7, subreddit="TinyCorner") for number in range(9)]
    found = exposure_figures.curves(tables_of(answers), TEN)
    assert [curve.community for curve in found] == [exposure_figures.ALL, "HarbourTalk"]
    assert [point.label for point in found[0].by_arrival] == ["1"]


def test_unknown_arrival_and_delay_leave_curves_without_points() -> None:
    answers = [answer(f"a{number}", arrival=None, delay_h=None) for number in range(12)]
    (curve,) = exposure_figures.curves(tables_of(answers), TEN)
    assert (curve.by_arrival, curve.by_delay) == ([], [])


def drawn(noise: VoteNoise, *, spread: float) -> Tables:
    """Return responses whose votes are drawn from the model, with quality of this standard deviation."""
    random = np.random.default_rng(3)
    expected = np.exp(random.uniform(-1.5, 4, 6000))
    quality = np.exp(random.normal(-(spread**2) / 2, spread, expected.size))
    luck = random.gamma(noise.luck_shape, 1 / noise.luck_shape, expected.size)
    votes = random.poisson(expected * quality * luck) - random.poisson(noise.downvote_rate * expected / quality)
    rows = [
        answer(f"{number:05}", int(score) + 1, expected_votes=float(mean))
        for number, (score, mean) in enumerate(zip(votes, expected, strict=True))
    ]
    return tables_of(rows)


def test_votes_of_the_model_fill_its_predicted_distribution_evenly() -> None:
    noise = VoteNoise(quality_sd=0.8, luck_shape=3.0, downvote_rate=0.05, fuzzing=0.0)
    found = predictive(drawn(noise, spread=0.8), noise, ALL)
    assert found
    assert found.pit == pytest.approx([0.1] * 10, abs=0.015)
    for third in found.thirds:
        assert third.shares == pytest.approx(found.nominal, abs=0.04)


def test_votes_that_scatter_more_than_predicted_show() -> None:
    noise = VoteNoise(quality_sd=0.8, luck_shape=3.0, downvote_rate=0.05, fuzzing=0.0)
    found = predictive(drawn(noise, spread=2.0), noise, ALL)
    assert found
    assert found.pit[0] > 0.2, "too many lie below what was predicted"


def later_pair(number: int, **changes: Any) -> Row:
    """A selected pair that was looked at after two days."""
    ordinary = {
        "chosen_name": f"t1_c{number}", "rejected_name": f"t1_r{number}", "age_h_chosen": 48.0,
        "age_h_rejected": 48.0, "preference_probability": 0.92, "expected_votes_chosen": 1.0,
        "expected_votes_rejected": 10.0,
    }  # fmt: skip
    return {**ordinary, **changes}


def looks(number: int, chosen: int, rejected: int, *, age: float = 170.0) -> list[Row]:
    """A later look at both sides of a pair."""
    return [observation(f"t1_c{number}", chosen, age_h=age), observation(f"t1_r{number}", rejected, age_h=age)]


def test_a_later_look_compares_what_the_preset_orders_by() -> None:
    selected = frame("selected_pairs", [later_pair(number) for number in range(3)])
    # Per expected vote chosen leads in the first two, in scores only in the first.
    seen = [*looks(0, 12, 11), *looks(1, 5, 11), *looks(2, 2, 31)]
    tables = tables_of(selected=selected, observations=frame("score_observations", seen).lazy())
    for preset, kept in (("calibrated", 2), ("shp", 1)):
        found = later_looks(tables, ALL, hours=168, preset=preset)
        assert found
        assert [(bin_.label, bin_.kept.count, bin_.kept.total) for bin_ in found.bins] == [(".9–.95", kept, 3)]


def test_ties_hidden_scores_and_looks_that_were_late_already_do_not_count() -> None:
    rows = [later_pair(0), later_pair(1), later_pair(2, age_h_chosen=170.0), later_pair(3)]
    hidden = [{**look, "score_hidden": True} for look in looks(1, 9, 1)]
    seen = [*looks(0, 5, 5), *hidden, *looks(2, 9, 1), *looks(3, 9, 1, age=100)]
    tables = tables_of(
        selected=frame("selected_pairs", rows), observations=frame("score_observations", seen).lazy()
    )
    found = later_looks(tables, ALL, hours=168, preset="shp")
    assert found
    assert (found.pairs, found.tied, found.bins) == (1, 1, [])


def test_a_bar_below_the_smallest_count_keeps_its_share_to_itself() -> None:
    values = np.array([0.5] * 20 + [1.5] * 3 + [np.nan] * 50)
    found = histogram(values, (1, 2), ("low", "middle", "high"), TEN)
    assert [(bin_.label, bin_.count) for bin_ in found] == [("low", 20), ("middle", None), ("high", 0)]
    assert [bin_.share for bin_ in found] == [pytest.approx(20 / 23, rel=1e-5), None, 0.0]


def test_every_pair_is_in_one_bar_of_each_margin() -> None:
    rows = [
        {"score_gap": gap, "score_ratio": ratio, "preference_probability": sure, "preference_sd": 0.05,
         "words_chosen": 10, "words_rejected": 700}
        for gap, ratio, sure in ((-3, 0.5, 0.45), (0, 1.0, 0.5), (1, None, 0.95), (500, 40.0, 1.0))
    ]  # fmt: skip
    found = margins.margins(tables_of(pairs=frame("pairs", rows)), ALL)
    assert found
    for bins in (found.score_gap, found.score_ratio, found.probability, found.probability_sd):
        assert sum(bin_.count or 0 for bin_ in bins) == 4
    assert [bin_.count for bin_ in found.score_ratio][-1] == 1, "a ratio that is not defined has its own bar"


@pytest.mark.parametrize("limit", [1, 2, 5, 8, 9, 20, 200])
def test_caps_count_every_post_and_those_at_the_cap(limit: int) -> None:
    posts = [f"t3_{number}" for number in range(4) for _ in range(limit if number == 0 else 1)]
    rows = [
        {"link_id": post, "chosen_name": f"t1_c{number}", "rejected_name": f"t1_r{number}"}
        for number, post in enumerate(posts)
    ]
    tables = tables_of(selected=frame("selected_pairs", rows))
    cap = margins.caps(tables, Pairs(max_pairs_per_post=limit), ALL)[0]
    assert sum(bin_.count or 0 for bin_ in cap.bins) == cap.total == 4
    assert cap.bins[-1].label == str(limit)
    assert cap.bins[-1].count == cap.at_limit == (4 if limit == 1 else 1)


def test_small_communities_are_counted_together() -> None:
    answers = [answer(f"a{number}") for number in range(12)]
    answers += [answer(f"{name}{number}", subreddit=name) for name in ("b", "c") for number in range(9)]
    found = overview.communities(tables_of(answers), TEN)
    assert [(row.name, row.responses) for row in found] == [("HarbourTalk", 12), (overview.OTHERS, 18)]


def test_every_reason_has_its_count_unless_it_is_small() -> None:
    answers = [answer(f"a{number}") for number in range(12)]
    answers += [answer("b", reason="CAPPED"), answer("c", reason=None)]
    comments = [("HarbourTalk", True, None, 14), ("HarbourTalk", False, "BOT", 6), ("Other", False, "BOT", 5)]
    found = overview.funnel(tables_of(answers, comments=counted(comments)), TEN)
    assert found
    assert [(row.stage, row.code, row.count) for row in found.reasons] == [
        ("curate", "BOT", 11),
        ("select", "NO_PARTNER", 12),
        ("select", "CAPPED", None),
    ]
    assert all(row.meaning for row in found.reasons)
