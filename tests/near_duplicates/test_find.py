"""The stage: what it remembers of earlier nights changes its work, never its result."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from prefpairs.config import Settings
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.near_duplicates import find
from prefpairs.stage import StageReport
from tests.support.decided import decide, decided_comment, decided_post
from tests.support.rows import CREATED, Row, append, comment, post


def words_of(text: str) -> list[str]:
    return text.split()


WORDS = words_of(
    "When the night is long I write down three things that went well and put the list beside my bed so that it is"
    " the first thing that I see and after some weeks of this the mornings were a little less heavy than before"
)
OTHER = words_of(
    "Ask your doctor whether the dose can be taken in the evening because mine made me sleepy all day until we"
    " moved it and nobody had told me that this was possible so do not be shy about asking them for it"
)
SETTINGS = Settings()


def changed(words: Sequence[str], place: int) -> str:
    return " ".join([*words[:place], f"change{place}", *words[place + 1 :]])


def night(lake: Lake, texts: dict[str, str], *, kept: Sequence[str] | None = None) -> None:
    """Append what a night read, and decide about everything that the lake holds by now."""
    posts = [post(name, title="", selftext=text) for name, text in texts.items() if name.startswith("t3_")]
    comments = [comment(name, body=text) for name, text in texts.items() if name.startswith("t1_")]
    append(lake, "posts", posts)
    append(lake, "comments", comments)
    names = kept if kept is not None else _names(lake)
    decide(lake, [_decided(name) for name in names])


def _names(lake: Lake) -> list[str]:
    tables = [lake.scan(table).select("name") for table in ("posts", "comments")]
    return sorted(pl.concat(tables).collect()["name"].unique())


def _decided(name: str) -> Row:
    return decided_post(name) if name.startswith("t3_") else decided_comment(name, 5)


def run(lake: Lake, key: ProjectKey, settings: Settings = SETTINGS) -> StageReport:
    return find.run(settings, lake, key)


def found(lake: Lake) -> set[frozenset[str]]:
    rows = lake.scan("near_duplicates").group_by("group").agg("name").collect()
    return {frozenset(names) for names in rows["name"].to_list()}


def signed(lake: Lake) -> list[str]:
    return lake.scan("signatures").collect()["name"].to_list()


def test_copies_are_grouped_each_kind_by_itself(lake: Lake, key: ProjectKey) -> None:
    night(
        lake,
        {
            "t3_a": " ".join(WORDS),
            "t3_b": changed(WORDS, 4),
            "t1_a": " ".join(WORDS),
            "t1_b": changed(WORDS, 30),
            "t1_c": " ".join(OTHER),
        },
    )

    report = run(lake, key)

    assert found(lake) == {frozenset({"t3_a", "t3_b"}), frozenset({"t1_a", "t1_b"})}
    assert report.counts["groups_of_posts"] == 1
    assert report.counts["groups_of_comments"] == 1
    assert report.counts["largest_group"] == 2
    assert (report.rows_in, report.rows_out) == (5, 4)


def test_the_title_of_a_post_is_part_of_its_text(lake: Lake, key: ProjectKey) -> None:
    halves = " ".join(WORDS[:20]), " ".join(WORDS[20:])
    append(lake, "posts", [post("t3_a", title=halves[0], selftext=halves[1])])
    night(lake, {"t3_b": " ".join(WORDS), "t3_c": halves[1]})

    run(lake, key)

    assert found(lake) == {frozenset({"t3_a", "t3_b"})}


def test_what_curation_dropped_takes_no_part(lake: Lake, key: ProjectKey) -> None:
    texts = {name: " ".join(WORDS) for name in ("t1_a", "t1_b", "t1_c")}
    night(lake, texts, kept=["t1_a", "t1_c"])

    run(lake, key)

    assert found(lake) == {frozenset({"t1_a", "t1_c"})}


def test_the_same_night_twice_is_done_once(lake: Lake, key: ProjectKey) -> None:
    night(lake, {"t1_a": " ".join(WORDS), "t1_b": changed(WORDS, 3)})
    first = run(lake, key)
    versions = lake.version("signatures"), lake.version("near_duplicates")

    again = run(lake, key)

    assert again == first.as_skipped()
    assert (lake.version("signatures"), lake.version("near_duplicates")) == versions


def test_a_later_night_reads_only_what_is_new_word_by_word(lake: Lake, key: ProjectKey) -> None:
    night(lake, {"t1_a": " ".join(WORDS), "t1_b": " ".join(OTHER), "t1_c": "too short for this"})
    run(lake, key)
    night(lake, {"t1_d": changed(WORDS, 9)})

    counts = run(lake, key).counts

    assert (counts["texts_known"], counts["texts_new"], counts["texts_too_short"]) == (2, 1, 1)
    assert found(lake) == {frozenset({"t1_a", "t1_d"})}


def test_an_edited_text_is_read_again(lake: Lake, key: ProjectKey) -> None:
    night(lake, {"t1_a": " ".join(WORDS), "t1_b": " ".join(OTHER)})
    run(lake, key)
    append(lake, "comments", [comment("t1_b", body=changed(WORDS, 9), retrieved_on=CREATED + 2_000_000)])
    night(lake, {})

    assert run(lake, key).counts["texts_new"] == 1
    assert found(lake) == {frozenset({"t1_a", "t1_b"})}


@pytest.mark.parametrize("change", [{"bands": 7}, {"shingle_words": 4}, {"min_words": 12}])
def test_other_rules_read_everything_again(lake: Lake, key: ProjectKey, change: dict[str, int]) -> None:
    night(lake, {"t1_a": " ".join(WORDS), "t1_b": changed(WORDS, 3)})
    run(lake, key)
    other = SETTINGS.model_copy(update={"near_duplicates": SETTINGS.near_duplicates.model_copy(update=change)})

    counts = run(lake, key, other).counts

    assert (counts["texts_known"], counts["texts_new"]) == (0, 2)
    assert lake.scan("signatures").collect()["rules_version"].n_unique() == 1


def test_a_deleted_text_leaves_no_signature_not_even_on_the_disk(lake: Lake, key: ProjectKey) -> None:
    night(lake, {"t1_gone": " ".join(WORDS), "t1_left": changed(WORDS, 3)})
    run(lake, key)
    night(lake, {}, kept=["t1_left"])

    run(lake, key)

    assert signed(lake) == ["t1_left"]
    assert found(lake) == set()
    folder = lake.path("signatures")
    on_disk = [pl.read_parquet(path)["name"].to_list() for path in folder.glob("*.parquet")]
    assert on_disk == [["t1_left"]]
    assert not any("t1_gone" in path.read_text() for path in folder.glob("_delta_log/*.json"))


def test_a_run_that_was_cut_off_after_the_signatures_is_finished_by_the_next(lake: Lake, key: ProjectKey) -> None:
    night(lake, {"t1_a": " ".join(WORDS), "t1_b": changed(WORDS, 3)})
    run(lake, key)
    signatures = lake.version("signatures")
    lake.overwrite(
        "near_duplicates",
        lake.scan("near_duplicates").collect().clear(),
        fingerprint="another night",
        report=StageReport(stage="near-duplicates"),
    )

    assert run(lake, key).counts["texts_new"] == 0
    assert found(lake) == {frozenset({"t1_a", "t1_b"})}
    assert lake.version("signatures") == signatures


def test_a_group_does_not_tell_who_is_in_it_to_anyone_without_the_key(tmp_path: Path, key: ProjectKey) -> None:
    groups = []
    for number, project in enumerate((key, ProjectKey.from_hex("a7" * 32))):
        lake = Lake(tmp_path / str(number))
        night(lake, {"t1_a": " ".join(WORDS), "t1_b": changed(WORDS, 3)})
        run(lake, project)
        groups += lake.scan("near_duplicates").collect()["group"].unique().to_list()

    assert len(set(groups)) == 2


def test_an_empty_lake_gives_empty_tables(lake: Lake, key: ProjectKey) -> None:
    report = run(lake, key)

    assert (report.rows_in, report.rows_out) == (0, 0)
    assert found(lake) == set()


POOL = {
    f"t1_{number:02}": text
    for number, text in enumerate(
        [*(changed(WORDS, 5 * step) for step in range(5)), *(changed(OTHER, 6 * step) for step in range(4))]
    )
}


@examples(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=st.lists(st.integers(0, 2), min_size=len(POOL), max_size=len(POOL)))
def test_several_nights_find_what_one_night_finds(
    tmp_path_factory: pytest.TempPathFactory, key: ProjectKey, nights: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("nights")
    at_once, in_parts = Lake(folder / "at_once"), Lake(folder / "in_parts")
    night(at_once, POOL)
    run(at_once, key)
    for number in range(3):
        night(
            in_parts,
            {name: text for (name, text), when in zip(POOL.items(), nights, strict=True) if when == number},
        )
        run(in_parts, key)

    assert found(at_once)
    for table in ("signatures", "near_duplicates"):
        assert in_parts.scan(table).collect().equals(at_once.scan(table).collect())
