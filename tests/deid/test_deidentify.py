"""The stage: what is read, what is written, and what happens on the second night."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from prefpairs.config import Settings
from prefpairs.config_deid import Deid
from prefpairs.deid import deidentify
from prefpairs.deid.detect import Detector
from prefpairs.deid.spans import Span
from prefpairs.errors import ConfigError, ContractError
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from tests.support.rows import append, comment, post
from tests.support.selected import selected_pair, store_selected

WITHOUT_NER = "blank:en"
INLINE = Settings(deid=Deid(workers=0, spacy_pipeline=WITHOUT_NER))
NAMED = "my sister Ana said so, and kik: sadboi99"


def _select(lake: Lake, *pairs: tuple[str, str, str]) -> None:
    store_selected(lake, [selected_pair(chosen, rejected, link_id=post_) for post_, chosen, rejected in pairs])


def _one_pair(lake: Lake, *, chosen: str = NAMED, rejected: str = "just go outside") -> None:
    append(lake, "posts", [post(title="Hi from u/asker_1", selftext="I'm Tom")])
    append(lake, "comments", [comment("t1_a", body=chosen), comment("t1_b", body=rejected), comment("t1_unread")])
    _select(lake, ("t3_p", "t1_a", "t1_b"))


# Only what stands before a name tells it: a bare first name is none.
BARE = {"disabled_recognizers": ("ListedNameRecognizer",)}


def _deid(**changes: Any) -> Settings:
    return Settings(deid=Deid(workers=0, spacy_pipeline=WITHOUT_NER, **changes))


def _texts(lake: Lake) -> dict[str, str | None]:
    return dict(lake.scan("texts").select("text_id", "text").collect().rows())


def _spans(lake: Lake) -> pl.DataFrame:
    return lake.scan("spans").collect().sort("text_id", "start")


def test_only_texts_of_selected_pairs_are_read_and_masked(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    report = deidentify.run(INLINE, lake, key)
    assert _texts(lake) == {
        key.text_id("t3_p", "title"): "Hi from <REDDIT_USER>",
        key.text_id("t3_p", "selftext"): "I'm <PERSON>",
        key.text_id("t1_a", "body"): "my sister <PERSON> said so, and kik: <SOCIAL_HANDLE>",
        key.text_id("t1_b", "body"): "just go outside",
    }
    assert (report.rows_in, report.rows_out, report.skipped, report.dropped) == (4, 4, False, {})
    assert report.counts == {
        "texts_cached": 0, "texts_new": 4, "spans.PERSON": 2, "spans.REDDIT_USER": 1, "spans.SOCIAL_HANDLE": 1,
    }  # fmt: skip


def test_a_span_says_where_in_the_raw_text_and_not_what(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    deidentify.run(INLINE, lake, key)
    body = _spans(lake).filter(pl.col("text_id") == key.text_id("t1_a", "body"))
    found = [NAMED[start:end] for start, end in body.select("start", "end").rows()]
    assert found == ["Ana", "sadboi99"]
    assert set(body.get_column("field")) == {"body"}


def test_the_second_night_does_nothing_and_reports_the_same_spans(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    first = deidentify.run(INLINE, lake, key)
    versions = {table: lake.version(table) for table in ("texts", "spans")}
    second = deidentify.run(INLINE, lake, key)
    assert second.skipped
    assert second.counts == {**first.counts, "texts_cached": 4, "texts_new": 0}
    assert {table: lake.version(table) for table in ("texts", "spans")} == versions


def test_another_policy_keeps_the_first_ones_rows(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    first = deidentify.run(INLINE, lake, key)
    other = deidentify.run(_deid(ignored_entities=("PERSON",)), lake, key)
    again = deidentify.run(INLINE, lake, key)
    assert "spans.PERSON" not in other.counts
    assert again.skipped
    assert again.counts["spans.PERSON"] == first.counts["spans.PERSON"]


def test_an_edit_is_masked_in_its_whole_thread_and_its_old_version_is_gone(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake, rejected="jonas and ana are kind")
    deidentify.run(_deid(**BARE), lake, key)
    assert _texts(lake)[key.text_id("t1_b", "body")] == "jonas and <PERSON> are kind"
    append(lake, "comments", [comment("t1_a", body="my brother Jonas said so", retrieved_on=2_000_000_000)])
    report = deidentify.run(_deid(**BARE), lake, key)
    assert _texts(lake)[key.text_id("t1_a", "body")] == "my brother <PERSON> said so"
    assert _texts(lake)[key.text_id("t1_b", "body")] == "<PERSON> and ana are kind"
    assert lake.scan("texts").collect().height == 4
    assert _spans(lake).filter(pl.col("text_id") == key.text_id("t1_a", "body")).height == 1
    assert (report.counts["texts_new"], report.counts["texts_cached"]) == (4, 0)


def test_only_threads_that_have_changed_are_done_again(lake: Lake, key: ProjectKey) -> None:
    told: list[tuple[int, int]] = []
    _one_pair(lake)
    append(lake, "posts", [post("t3_q")])
    append(lake, "comments", [comment(name, link_id="t3_q", parent_id="t3_q") for name in ("t1_c", "t1_d")])
    deidentify.run(INLINE, lake, key)
    _select(lake, ("t3_p", "t1_a", "t1_b"), ("t3_q", "t1_c", "t1_d"))
    report = deidentify.run(INLINE, lake, key, progress=lambda done, total: told.append((done, total)))
    assert (report.counts["texts_cached"], report.counts["texts_new"], report.rows_out) == (4, 4, 8)
    assert told == [(8, 8)]


def test_who_writes_in_a_thread_is_masked_in_it_without_a_mention(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake, chosen="quiet_otter7 said it well", rejected="thanks Quiet_Otter7, and [deleted]")
    append(lake, "comments", [comment("t1_late", author="quiet_otter7"), comment("t1_gone", author="[deleted]")])
    deidentify.run(INLINE, lake, key)
    assert _texts(lake)[key.text_id("t1_a", "body")] == "<REDDIT_USER> said it well"
    assert _texts(lake)[key.text_id("t1_b", "body")] == "thanks <REDDIT_USER>, and [deleted]"


def test_a_new_author_has_the_thread_done_again_and_a_bot_has_not(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake, rejected="so says quiet_otter7, not automoderator")
    deidentify.run(INLINE, lake, key)
    append(lake, "comments", [comment("t1_bot", author="AutoModerator")])
    assert deidentify.run(INLINE, lake, key).skipped
    append(lake, "comments", [comment("t1_late", author="quiet_otter7")])
    assert not deidentify.run(INLINE, lake, key).skipped
    assert _texts(lake)[key.text_id("t1_b", "body")] == "so says <REDDIT_USER>, not automoderator"


def test_names_do_not_leave_their_thread_and_surrogates_are_fresh(lake: Lake, key: ProjectKey) -> None:
    settings = _deid(action="surrogate", **BARE)
    _one_pair(lake, chosen="my sister Ana Wojcik said so", rejected="ana is right, WOJCIK!")
    append(lake, "posts", [post("t3_q", title="my sister Ana Wojcik", selftext="no name here")])
    append(
        lake, "comments", [comment("t1_c", link_id="t3_q"), comment("t1_d", link_id="t3_q", body="tom is right")]
    )
    _select(lake, ("t3_p", "t1_a", "t1_b"), ("t3_q", "t1_c", "t1_d"))
    deidentify.run(settings, lake, key)
    first, second = (_texts(lake)[key.text_id(*text)] for text in (("t1_a", "body"), ("t1_b", "body")))
    given, family = str(first).removeprefix("my sister ").removesuffix(" said so").split()
    assert second == f"{given.lower()} is right, {family.upper()}!"
    assert _texts(lake)[key.text_id("t1_d", "body")] == "tom is right"
    assert _texts(lake)[key.text_id("t3_q", "title")] != f"my sister {given} {family}"
    assert "ana" not in " ".join(str(text) for text in _texts(lake).values()).lower()


def test_a_run_that_was_cut_off_between_spans_and_texts_leaves_no_double(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    deidentify.run(INLINE, lake, key)
    expected = _spans(lake)
    lake.delete_ids("texts", "text_id", sorted(_texts(lake)))
    deidentify.run(INLINE, lake, key)
    assert _spans(lake).equals(expected)


def test_a_text_that_a_recognizer_cannot_read_is_counted_never_published_and_not_tried_again(
    lake: Lake, key: ProjectKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Detector.detections
    tried = []

    def breaks(self: Detector, text: str) -> Any:
        if "sister" in text:
            tried.append(text)
            raise RuntimeError(text)
        return original(self, text)

    monkeypatch.setattr(Detector, "detections", breaks)
    _one_pair(lake)
    report = deidentify.run(INLINE, lake, key)
    assert report.dropped == {"DEID_FAILED": 1}
    assert (report.rows_in, report.rows_out) == (4, 3)
    assert _texts(lake)[key.text_id("t1_a", "body")] is None
    again = deidentify.run(INLINE, lake, key)
    assert (again.skipped, again.dropped, again.rows_out, len(tried)) == (True, {"DEID_FAILED": 1}, 3, 1)


def test_what_a_first_search_misses_is_masked_by_the_second_and_what_that_cannot_mask_fails(
    lake: Lake, key: ProjectKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def second(self: Detector, text: str) -> Any:
        for word in ("leftover", "mask"):
            if (start := text.find(word)) >= 0:
                yield Span(
                    start=start, end=start + len(word), entity_type="SECRET", score=1.0, recognizer="Second"
                )

    monkeypatch.setattr(Detector, "direct_detections", second)
    _one_pair(lake, chosen="u/quiet_otter7 has a leftover", rejected="u/quiet_otter7 " + "mask " * 9)
    report = deidentify.run(INLINE, lake, key)
    assert _texts(lake)[key.text_id("t1_a", "body")] == "<REDDIT_USER> has a <SECRET>"
    assert _texts(lake)[key.text_id("t1_b", "body")] is None
    assert report.dropped == {"DEID_FAILED": 1}
    assert deidentify.run(_deid(verify=False), lake, key).dropped == {}


def test_a_pair_whose_comment_is_not_there_is_counted(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    _select(lake, ("t3_p", "t1_a", "t1_gone"))
    assert deidentify.run(INLINE, lake, key).dropped == {"NOT_FOUND": 1}


def test_no_pairs_means_no_work(lake: Lake, key: ProjectKey) -> None:
    report = deidentify.run(INLINE, lake, key)
    assert (report.rows_in, report.skipped) == (0, True)


def test_a_response_under_two_posts_stops_the_stage(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    _select(lake, ("t3_p", "t1_a", "t1_b"), ("t3_q", "t1_a", "t1_c"))
    with pytest.raises(ContractError, match="two posts"):
        deidentify.run(INLINE, lake, key)


def test_a_type_that_does_not_exist_is_named_before_anything_is_read(lake: Lake, key: ProjectKey) -> None:
    with pytest.raises(ConfigError, match=r"no entity type is called PERSONS.*PHONE_NUMBER"):
        deidentify.run(_deid(policy={"PERSONS": "drop"}), lake, key)


def test_workers_and_small_batches_give_the_same_rows(lake: Lake, key: ProjectKey, tmp_path: Path) -> None:
    inline = Lake(tmp_path / "inline")
    for one in (lake, inline):
        _one_pair(one)
        for number in range(3):
            link = f"t3_q{number}"
            append(one, "posts", [post(link, selftext=f"my sister Ana, call 415-555-267{number}")])
            append(one, "comments", [comment(f"t1_{side}{number}", link_id=link, body=NAMED) for side in "cd"])
        _select(one, ("t3_p", "t1_a", "t1_b"), *((f"t3_q{n}", f"t1_c{n}", f"t1_d{n}") for n in range(3)))
    small = _deid(chunk_texts=1, commit_texts=3, batch_texts=5, action="surrogate")
    two_workers = small.model_copy(update={"deid": small.deid.model_copy(update={"workers": 2})})
    deidentify.run(two_workers, lake, key)
    deidentify.run(_deid(action="surrogate"), inline, key)
    for table in ("texts", "spans"):
        both = [one.scan(table).collect().sort(pl.all()) for one in (lake, inline)]
        assert both[0].equals(both[1])
        assert both[0].height > 9
