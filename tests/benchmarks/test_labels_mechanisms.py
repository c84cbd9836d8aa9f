"""Simulated communities look like real ones where those were measured; their truth hangs on nothing visible."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks.labels import measure
from benchmarks.labels.communities import TINY_COMMENTS_PER_THREAD, TINY_COMMUNITY, TINY_THREADS
from benchmarks.labels.mechanisms import MECHANISMS, simulate

POSTS = 1500
FRAMES: dict[str, pl.DataFrame] = {}


@pytest.fixture(params=sorted(MECHANISMS))
def comments(request: pytest.FixtureRequest) -> pl.DataFrame:
    """Every comment of one mechanism, simulated once."""
    name = str(request.param)
    return FRAMES.setdefault(name, simulate(name, seed=5, posts=POSTS))


def siblings(comments: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of answers of one post, the earlier one first."""
    answers = comments.filter(pl.col("depth") == 0)
    first, second = measure.sibling_pairs(answers["post"].to_numpy())
    columns = answers.select("created_utc", "score", "true_quality", "words")
    later = columns[second].rename(lambda name: f"{name}_later")
    return pl.concat([columns[first], later], how="horizontal")


def share(values: pl.Series) -> float:
    found = values.mean()
    assert isinstance(found, float)
    return found


def test_the_earlier_comment_wins_as_often_as_on_real_threads(comments: pl.DataFrame) -> None:
    untied = siblings(comments).filter(pl.col("score") != pl.col("score_later"))
    apart = untied["created_utc_later"] - untied["created_utc"]
    wins = untied["score"] > untied["score_later"]

    assert 0.6 < share(wins) < 0.85
    assert 0.5 < share(wins.filter(apart < 900)) < 0.62
    assert share(wins.filter(apart > 6 * 3600)) > share(wins)


def test_scores_are_spread_as_on_real_threads(comments: pl.DataFrame) -> None:
    score = comments["score"]

    assert 0.2 < share(score == 1) < 0.68
    assert 0.001 < share(score < 0) < 0.035
    assert int(score.max() or 0) > 300  # type: ignore[arg-type]


def test_the_truth_does_not_depend_on_arrival_or_traffic(comments: pl.DataFrame) -> None:
    pairs = siblings(comments.filter(pl.col("comments") <= 60))

    assert 0.47 < share(pairs["true_quality"] > pairs["true_quality_later"]) < 0.53
    by_size = comments.group_by(pl.col("comments") > 12).agg(pl.col("true_quality").mean())["true_quality"]
    assert abs(by_size[0] - by_size[1]) < 0.08


def test_votes_tell_something_of_the_truth_and_length_a_little(comments: pl.DataFrame) -> None:
    pairs = siblings(comments)
    untied = pairs.filter(pl.col("score") != pl.col("score_later"))
    by_votes = untied["score"] > untied["score_later"]

    assert 0.6 < share(by_votes == (untied["true_quality"] > untied["true_quality_later"])) < 0.85
    assert 0.5 < share(by_votes == (untied["words"] > untied["words_later"])) < 0.6


def test_rows_are_whole_threads_in_order_of_time(comments: pl.DataFrame) -> None:
    assert comments["response"].to_list() == list(range(comments.height))
    by_post = comments.group_by("post", maintain_order=True)
    counted = by_post.agg(
        pl.len(),
        pl.col("comments").first(),
        pl.col("arrival"),
        pl.col("created_utc").is_sorted().alias("in_order"),
    )
    assert counted["len"].to_list() == counted["comments"].to_list()
    assert counted["in_order"].all()
    assert all(arrival == list(range(len(arrival))) for arrival in counted["arrival"].to_list())
    assert (comments["created_utc"] > comments["post_created_utc"]).all()
    assert comments.filter(pl.col("arrival") == 0)["depth"].max() == 0


def test_one_community_is_tiny(comments: pl.DataFrame) -> None:
    tiny = comments.filter(pl.col("community") == TINY_COMMUNITY.name)

    assert tiny.height == TINY_THREADS * TINY_COMMENTS_PER_THREAD == 30


def test_a_seed_gives_the_same_rows_and_another_seed_others() -> None:
    one = simulate("herding", seed=1, posts=50)

    assert_frame_equal(one, simulate("herding", seed=1, posts=50))
    assert one["score"].to_list() != simulate("herding", seed=2, posts=50)["score"].to_list()


def test_raided_comments_stand_out_of_their_threads() -> None:
    raided, quiet = (
        simulate(name, seed=5, posts=POSTS).filter(pl.col("score") <= -15).height
        for name in ("brigades", "assumed")
    )

    assert raided > quiet + 20
