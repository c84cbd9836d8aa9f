from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from itertools import permutations
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.config_pairs import Calibrated, Llumi, Pairs, PresetName, Shp, StackExchange
from prefpairs.pairs.matching import Selection, select_pairs
from prefpairs.pairs.presets import PRESETS as RULES
from prefpairs.pairs.presets import Votes

Response = dict[str, Any]
PRESETS: tuple[PresetName, ...] = ("calibrated", "shp", "llumi", "stackexchange")
UNCAPPED: dict[str, Any] = {
    "max_pairs_per_post": 10_000,
    "max_pairs_per_response": 10_000,
    "max_pairs_per_author": 10_000,
}
SCHEMA = {
    "response": pl.UInt32,
    "post": pl.UInt32,
    "author": pl.String,
    "score": pl.Int64,
    "created_utc": pl.Int64,
    "quality": pl.Float32,
    "quality_sd": pl.Float32,
    "may_be_chosen": pl.Boolean,
}


def response(number: int, score: int, created: int | None = 0, *, post: int = 1, **others: Any) -> Response:
    """A response of which the score says everything: its log quality is the score."""
    known = {"author": None, "quality": float(score), "quality_sd": 0.25, "may_be_chosen": None, **others}
    return {"response": number, "post": post, "score": score, "created_utc": created, **known}


def frame(responses: list[Response]) -> pl.DataFrame:
    scores = sorted(row["score"] for row in responses)
    shares = [100 * bisect_left(scores, row["score"]) / len(scores) for row in responses]
    return pl.DataFrame(responses, schema=SCHEMA).with_columns(percentile=pl.Series(shares, dtype=pl.Float64))


def pairs_of(selection: Selection) -> list[tuple[int, int]]:
    return list(selection.pairs.iter_rows())


def select(responses: list[Response], **changes: Any) -> Selection:
    return select_pairs(frame(responses), Pairs(**{"preset": "shp", **changes}))


def reference(responses: pl.DataFrame, rules: Pairs) -> set[tuple[int, int]]:
    """The definition, pair by pair: admit, walk through a post best first, then through all by author."""
    rows = [{**row, "level": level(row, rules)} for row in responses.iter_rows(named=True)]
    walked = []
    for post in sorted({row["post"] for row in rows}):
        inside = [row for row in rows if row["post"] == post and takes_part(row, rules)]
        inside.sort(key=lambda row: (-row["level"], row["response"]))
        most, worst = rules.max_responses_per_post, rules.max_responses_per_post // 2
        if len(inside) > most:
            inside = inside[: most - worst] + inside[-worst:]
        uses: Counter[int] = Counter()
        taken = 0
        for one, other in sorted(
            ((one, other) for one, other in permutations(inside, 2) if admits(one, other, rules)),
            key=lambda pair: (
                -worth(pair[0], pair[1], rules),
                *((-side["level"], side["response"]) for side in pair),
            ),
        ):
            numbers = (one["response"], other["response"])
            if taken < rules.max_pairs_per_post and all(uses[n] < rules.max_pairs_per_response for n in numbers):
                uses.update(numbers)
                taken += 1
                walked.append((-worth(one, other, rules), post, numbers, one["author"]))
    wins: Counter[str] = Counter()
    kept = set()
    for *_, numbers, author in sorted(walked, key=lambda item: item[:3]):
        wins[author] += 1
        if author is None or wins[author] <= rules.max_pairs_per_author:
            kept.add(numbers)
    return kept


def level(row: Response, rules: Pairs) -> float:
    if rules.preset == "calibrated":
        return -np.inf if row["quality"] is None else row["quality"]
    if rules.preset == "stackexchange":
        return float(RULES["stackexchange"].level(votes(row))[0])
    return float(row["score"])


def takes_part(row: Response, rules: Pairs) -> bool:
    if rules.preset == "llumi":
        top, bottom = rules.llumi.chosen_percentile, rules.llumi.rejected_percentile
        return bool(row["percentile"] >= top or row["percentile"] <= bottom)
    if rules.preset != "shp":
        return True
    if rules.shp.require_later and row["created_utc"] is None:
        return False
    return rules.shp.min_score is None or bool(row["score"] >= rules.shp.min_score)


def admits(chosen: Response, rejected: Response, rules: Pairs) -> bool:
    if chosen["level"] <= rejected["level"] or chosen["may_be_chosen"] is False:
        return False
    if rules.preset == "llumi":
        return bool(
            chosen["percentile"] >= rules.llumi.chosen_percentile
            and rejected["percentile"] <= rules.llumi.rejected_percentile
            and chosen["score"] - rejected["score"] >= rules.llumi.min_gap
        )
    if rules.preset != "shp":  # one pair at a time, by the preset's own rule: test_presets checks that
        two = votes(chosen, rejected)
        return bool(RULES[rules.preset].admissible(two, np.array([0]), np.array([1]), rules)[0])
    if rules.shp.require_later and chosen["created_utc"] < rejected["created_utc"]:
        return False
    if rules.shp.min_ratio == 1:
        return True
    return bool(rejected["score"] > 0 and chosen["score"] / rejected["score"] >= rules.shp.min_ratio)


def worth(chosen: Response, rejected: Response, rules: Pairs) -> float:
    gap = chosen["score"] - rejected["score"]
    if rules.preset == "shp":
        return float(chosen["score"] / rejected["score"] if rejected["score"] > 0 else -1 / gap)
    if rules.preset == "llumi":
        return float(gap)
    return float(RULES[rules.preset].worth(votes(chosen, rejected), np.array([0]), np.array([1]))[0])


def votes(*rows: Response) -> Votes:
    columns = frame(list(rows)).fill_null(float("nan"))
    nothing = np.full(len(rows), np.nan)
    return Votes(
        score=columns["score"].to_numpy(),
        created_utc=np.zeros(len(rows), dtype=np.int64),
        percentile=nothing,
        quality=columns["quality"].to_numpy(),
        quality_sd=columns["quality_sd"].to_numpy(),
        expected_votes=nothing,
        may_be_chosen=np.ones(len(rows), dtype=np.bool_),
    )


def numbered(rows: list[Response]) -> pl.DataFrame:
    return frame([{**row, "response": number} for number, row in enumerate(rows)])


responses = st.builds(
    response,
    st.just(0),
    st.integers(-3, 12),
    st.none() | st.integers(0, 5),
    post=st.integers(0, 3),
    author=st.none() | st.sampled_from("abc"),
    quality=st.none() | st.integers(-6, 6).map(lambda step: step / 4),
    quality_sd=st.sampled_from([0.25, 0.5, 1.0]),
    may_be_chosen=st.sampled_from([None, True, True, False]),
)
corpora = st.lists(responses, min_size=1, max_size=40).map(numbered)
rule_sets = st.builds(
    Pairs,
    preset=st.sampled_from(PRESETS),
    calibrated=st.builds(Calibrated, min_probability=st.sampled_from([0.51, 0.8, 0.95])),
    shp=st.builds(
        Shp,
        require_later=st.booleans(),
        min_ratio=st.sampled_from([1, 1.5, 2]),
        min_score=st.none() | st.integers(-1, 3),
    ),
    llumi=st.builds(
        Llumi,
        chosen_percentile=st.sampled_from([50, 80, 98]),
        rejected_percentile=st.sampled_from([0, 15, 50]),
        min_gap=st.integers(1, 6),
    ),
    stackexchange=st.builds(StackExchange, min_step=st.integers(1, 2)),
    max_responses_per_post=st.integers(2, 40),
    max_pairs_per_post=st.integers(1, 12),
    max_pairs_per_response=st.integers(1, 4),
    max_pairs_per_author=st.integers(1, 6),
)


@given(corpora, rule_sets, st.sampled_from([1, 3, 10, 1000]))
@settings(max_examples=400, deadline=None)
def test_selection_is_the_plain_greedy_walk_over_admissible_pairs(
    corpus: pl.DataFrame, rules: Pairs, block_pairs: int
) -> None:
    selection = select_pairs(corpus, rules, block_pairs=block_pairs)

    assert set(pairs_of(selection)) == reference(corpus, rules)
    assert selection.pairs.height == selection.pairs.unique().height


@given(corpora, rule_sets)
@settings(deadline=None)
def test_every_pair_is_of_one_post_and_no_better_response_is_rejected(corpus: pl.DataFrame, rules: Pairs) -> None:
    chosen, rejected = (corpus[select_pairs(corpus, rules).pairs[side]] for side in ("chosen", "rejected"))

    assert (chosen["post"] == rejected["post"]).all()
    for one, other in zip(chosen.iter_rows(named=True), rejected.iter_rows(named=True), strict=True):
        assert level(one, rules) > level(other, rules)


@given(corpora, rule_sets)
@settings(deadline=None)
def test_preferences_never_go_round_in_a_circle(corpus: pl.DataFrame, rules: Pairs) -> None:
    preferences: TopologicalSorter[int] = TopologicalSorter()
    for chosen, rejected in pairs_of(select_pairs(corpus, rules)):
        preferences.add(chosen, rejected)

    preferences.prepare()  # raises on a circle


@given(corpora, rule_sets)
@settings(deadline=None)
def test_what_may_not_be_chosen_is_only_rejected(corpus: pl.DataFrame, rules: Pairs) -> None:
    free = corpus.with_columns(may_be_chosen=pl.lit(value=True))
    bound = set(corpus.filter(~pl.col("may_be_chosen"))["response"])
    rules = rules.model_copy(update=UNCAPPED)

    with_bound, without = (set(pairs_of(select_pairs(rows, rules))) for rows in (corpus, free))

    assert with_bound == {(chosen, rejected) for chosen, rejected in without if chosen not in bound}


@given(corpora, rule_sets)
@settings(deadline=None)
def test_caps_of_post_response_and_author_hold(corpus: pl.DataFrame, rules: Pairs) -> None:
    pairs = select_pairs(corpus, rules).pairs
    chosen = corpus[pairs["chosen"]]
    appearances = Counter([*pairs["chosen"], *pairs["rejected"]])
    wins = Counter(author for author in chosen["author"] if author is not None)

    assert max(Counter(chosen["post"]).values(), default=0) <= rules.max_pairs_per_post
    assert max(appearances.values(), default=0) <= rules.max_pairs_per_response
    assert max(wins.values(), default=0) <= rules.max_pairs_per_author


@given(corpora, rule_sets, st.integers(0, 1000))
@settings(deadline=None)
def test_order_of_the_rows_changes_nothing(corpus: pl.DataFrame, rules: Pairs, seed: int) -> None:
    shuffled = corpus.sample(fraction=1, shuffle=True, seed=seed)

    one, other = select_pairs(shuffled, rules), select_pairs(corpus, rules)
    assert pairs_of(one) == pairs_of(other)
    assert one.dropped == other.dropped


@given(st.lists(responses, min_size=1, max_size=30, unique_by=lambda row: row["quality"] or 0), st.randoms())
@settings(deadline=None)
def test_other_numbers_of_the_responses_change_nothing(rows: list[Response], random: Any) -> None:
    corpus = numbered([{**row, "author": None} for row in rows])
    numbers = random.sample(range(1000), corpus.height)
    renumbered = corpus.with_columns(response=pl.Series(numbers, dtype=pl.UInt32))
    rules = Pairs(preset="calibrated", calibrated=Calibrated(min_probability=0.6))

    plain, other = (select_pairs(part, rules) for part in (corpus, renumbered))

    assert {(numbers[chosen], numbers[rejected]) for chosen, rejected in pairs_of(plain)} == set(pairs_of(other))


@given(corpora, corpora, rule_sets)
@settings(deadline=None)
def test_a_post_by_others_changes_nothing(corpus: pl.DataFrame, others: pl.DataFrame, rules: Pairs) -> None:
    elsewhere = others.with_columns(pl.col("response") + 100, pl.col("post") + 100, pl.col("author") + "'")

    together = select_pairs(pl.concat([elsewhere, corpus]), rules)

    alone = {number: pairs_of(select_pairs(part, rules)) for number, part in enumerate([corpus, elsewhere])}
    assert pairs_of(together) == [*alone[0], *alone[1]]


@given(corpora, rule_sets)
@settings(deadline=None)
def test_every_response_is_in_a_pair_or_has_one_reason(corpus: pl.DataFrame, rules: Pairs) -> None:
    selection = select_pairs(corpus, rules)
    paired = {number for pair in pairs_of(selection) for number in pair}

    assert sorted([*paired, *selection.reasons["response"]]) == list(range(corpus.height))
    assert Counter(selection.reasons["reason"]) == selection.dropped
    assert selection.reasons["response"].is_sorted()


def test_shp_prefers_the_response_that_was_written_two_seconds_later_as_in_the_cards_example() -> None:
    later, earlier = response(1, 60, created=102), response(2, 20, created=100)

    assert pairs_of(select([later, earlier])) == [(1, 2)]


def test_shp_makes_no_pair_when_the_higher_scored_response_was_written_first() -> None:
    assert pairs_of(select([response(1, 60, created=100), response(2, 20, created=102)])) == []


def test_shp_makes_a_pair_of_responses_of_the_same_second() -> None:
    assert pairs_of(select([response(1, 60, created=100), response(2, 20, created=100)])) == [(1, 2)]


@pytest.mark.parametrize(("require_later", "pairs"), [(True, []), (False, [(1, 2)])])
def test_shp_without_a_time_pairs_only_when_the_order_does_not_matter(
    require_later: bool, pairs: list[tuple[int, int]]
) -> None:
    selection = select([response(1, 60, None), response(2, 20)], shp=Shp(require_later=require_later))

    assert pairs_of(selection) == pairs
    assert selection.dropped.get("NO_TIME", 0) == int(require_later)


@pytest.mark.parametrize("rejected", [0, -4])
def test_shp_makes_no_pair_without_a_ratio(rejected: int) -> None:
    rows = [response(1, 60), response(2, rejected)]

    assert pairs_of(select(rows, shp=Shp(min_score=None))) == []
    assert pairs_of(select(rows, shp=Shp(min_score=None, min_ratio=1))) == [(1, 2)]


def test_shp_asks_both_scores_to_reach_the_minimum() -> None:
    selection = select([response(1, 60), response(2, 1), response(3, 2)])

    assert pairs_of(selection) == [(1, 3)]
    assert selection.dropped == {"SCORE_BELOW_MINIMUM": 1}


def test_llumi_takes_the_top_two_percent_against_the_bottom_fifteen_at_fifteen_votes() -> None:
    crowd = [response(number, score=20 if number > 25 else 12, post=9) for number in range(6, 101)]
    first, second, third = response(1, 40), response(2, 25), response(3, 24)
    low, lower = response(4, 11), response(5, 3)

    selection = select([first, second, third, low, lower, *crowd], preset="llumi", **UNCAPPED)

    assert pairs_of(selection) == [(1, 4), (1, 5), (2, 5)]
    assert selection.dropped == {"NOT_EXTREME": 75 + 1, "NO_PARTNER": 20}


def test_llumi_in_a_quiet_community_rejects_what_nobody_voted_on() -> None:
    quiet = [response(number, score=1) for number in range(60)]
    liked = [response(number, score=5, post=9) for number in range(60, 99)]

    selection = select([*quiet, *liked, response(99, 30)], preset="llumi", **UNCAPPED)

    assert {chosen for chosen, _ in pairs_of(selection)} == {99}
    assert selection.pairs.height == len(quiet)


def test_the_widest_ratio_comes_first_and_ties_go_to_the_lower_number() -> None:
    rows = [response(4, 8), response(3, 8), response(2, 4), response(1, 2)]

    assert pairs_of(select(rows, max_pairs_per_post=1)) == [(3, 1)]


def test_a_response_that_wins_everything_gives_way_to_others() -> None:
    rows = [response(1, 100), response(2, 40), response(3, 4), response(4, 2)]

    selection = select(rows, max_pairs_per_response=1)

    assert pairs_of(selection) == [(1, 4), (2, 3)]


def test_the_cap_of_an_author_keeps_the_pairs_that_are_worth_most_over_all_posts() -> None:
    rows = []
    for post, score in enumerate([10, 40, 20, 30]):
        rows += [response(2 * post, score, post=post, author="busy"), response(2 * post + 1, 2, post=post)]

    selection = select(rows, max_pairs_per_author=2)

    assert pairs_of(selection) == [(2, 3), (6, 7)]
    assert selection.dropped == {"CAPPED": 4}
    assert selection.admissible == 4


def test_responses_of_unknown_authors_are_not_taken_for_one_person() -> None:
    rows = [response(n, score=2 + 8 * (n % 2), post=n // 2, author=None) for n in range(10)]

    assert select(rows, max_pairs_per_author=1).pairs.height == 5


def test_the_middle_of_a_huge_thread_is_not_compared() -> None:
    rows = [response(number, score=number) for number in range(2, 102)]

    selection = select(rows, max_responses_per_post=10, **UNCAPPED)

    used = {number for pair in pairs_of(selection) for number in pair}
    assert used == {*range(2, 7), *range(97, 102)}
    assert selection.dropped == {"MEGA_THREAD": 90}


def test_a_thread_larger_than_a_block_gives_the_same_pairs_as_in_one_piece() -> None:
    rows = frame(
        [response(number, score=2 + number * number % 997, created=number % 101) for number in range(1500)]
    )
    rules = Pairs(preset="shp", max_pairs_per_post=40, max_pairs_per_response=3)

    whole = select_pairs(rows, rules, block_pairs=10**7)
    parts = select_pairs(rows, rules, block_pairs=10**4)

    assert pairs_of(parts) == pairs_of(whole)
    assert parts.pairs.height == 40


def crowd(sizes: int) -> Iterator[Response]:
    for number in range(sizes):
        yield response(number, number * 7919 % sizes, quality=number * 104_729 % sizes / sizes * 20)


def test_of_twenty_thousand_responses_the_best_and_the_worst_thousand_are_compared() -> None:
    rows = list(crowd(20_000))
    by_quality = sorted(rows, key=lambda row: -row["quality"])
    compared = {row["response"] for row in [*by_quality[:1000], *by_quality[-1000:]]}

    selection = select(rows, preset="calibrated", max_pairs_per_post=3000)

    left_out = selection.reasons.filter(reason="MEGA_THREAD")["response"]
    assert set(left_out) == {row["response"] for row in rows} - compared
    assert selection.pairs.height == 2000  # each of the two thousand twice
    assert {number for pair in pairs_of(selection) for number in pair} == compared


def test_a_response_of_unknown_quality_is_compared_with_nothing() -> None:
    rows = [response(1, 9, quality=None), response(2, 5), response(3, 1), response(4, 0, quality=None)]

    selection = select(rows, preset="calibrated")

    assert pairs_of(selection) == [(2, 3)]
    assert list(selection.reasons.iter_rows()) == [(1, "NO_PARTNER"), (4, "NO_PARTNER")]


def test_quality_decides_against_the_votes_where_more_people_saw_the_loser() -> None:
    seen, hidden = response(1, 300, quality=0.0), response(2, 30, quality=2.0)

    assert pairs_of(select([seen, hidden], preset="calibrated")) == [(2, 1)]


@pytest.mark.parametrize("preset", ["calibrated", "stackexchange"])
def test_scores_of_zero_and_below_are_compared_where_no_ratio_is_asked(preset: PresetName) -> None:
    rows = [response(1, 3), response(2, 0), response(3, -4)]

    assert pairs_of(select(rows, preset=preset)) == [(1, 2), (1, 3), (2, 3)]


@pytest.mark.parametrize("preset", ["calibrated", "stackexchange", "llumi"])
def test_without_a_time_the_votes_are_compared_all_the_same(preset: PresetName) -> None:
    rows = [response(number, score, None) for number, score in enumerate([90, 1, 1, 1])]

    selection = select(rows, preset=preset, llumi=Llumi(chosen_percentile=70), max_pairs_per_response=3)

    assert pairs_of(selection) == [(0, 1), (0, 2), (0, 3)]


def test_votes_beyond_any_thread_are_still_numbers() -> None:
    rows = [response(1, 2**40), response(2, 2**39), response(3, 3)]

    assert pairs_of(select(rows)) == [(1, 2), (1, 3), (2, 3)]


def test_a_frame_without_the_exposure_model_serves_the_presets_that_do_not_ask_for_it() -> None:
    rows = frame([response(1, 60), response(2, 20)]).drop("quality", "quality_sd", "may_be_chosen")

    assert pairs_of(select_pairs(rows, Pairs(preset="shp"))) == [(1, 2)]
    assert pairs_of(select_pairs(rows, Pairs(preset="calibrated"))) == []


@pytest.mark.parametrize("preset", PRESETS)
def test_equal_scores_give_no_pair(preset: PresetName) -> None:
    selection = select([response(1, 30), response(2, 30), response(3, 30, post=2)], preset=preset)

    assert pairs_of(selection) == []
    assert selection.admissible == 0
    assert selection.dropped == {"ONLY_RESPONSE": 1, "NO_PARTNER": 2}


@pytest.mark.parametrize("preset", ["calibrated", "shp", "stackexchange"])
def test_a_single_response_has_nothing_to_be_compared_with(preset: PresetName) -> None:
    selection = select([response(1, 30), response(2, 30, post=2)], preset=preset)

    assert selection.dropped == {"ONLY_RESPONSE": 2}


@pytest.mark.parametrize("preset", PRESETS)
def test_no_responses_give_no_pair(preset: PresetName) -> None:
    selection = select_pairs(frame([response(1, 5)]).clear(), Pairs(preset=preset))

    assert selection.pairs.height == 0
    assert selection.dropped == {}
