import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.config import Project, Settings
from prefpairs.config_pairs import Pairs
from prefpairs.contracts import contract
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.overlap import containment, token_overlap
from prefpairs.pairs import build
from prefpairs.stage import StageReport
from tests.support.rows import append, comment, frame, post
from tests.support.selected import selected_pair, store_selected

POLICY = "the policy's hash"
GOOD, FAIR, POOR = "t1_good", "t1_fair", "t1_poor"
SCORES = {GOOD: 40, FAIR: 12, POOR: 3}
EVERY_PAIR = ((GOOD, FAIR), (GOOD, POOR), (FAIR, POOR))


def text(key: ProjectKey, name: str, field: str, value: str, *, policy: str = POLICY) -> dict[str, Any]:
    return {
        "text_id": key.text_id(name, field),
        "name_hash": key.name_hash(name),
        "field": field,
        "content_hash": key.content_hash(f"raw {value}"),
        "thread_hash": key.keyed_hash("one thread"),
        "policy_hash": policy,
        "text": value,
        "language": "en",
        "words": len(value.split()),
    }


def usual_texts(key: ProjectKey, **changes: str) -> list[dict[str, Any]]:
    """The texts of a thread with three responses; `changes` are those that matter."""
    values = {
        "title": "How do I sleep",
        "selftext": "I wake up at night.",
        "good": "Keep a fixed hour, it helped <PERSON>.",
        "fair": "Keep a fixed hour and no screens.",
        "poor": "No idea at all, sorry.",
        **changes,
    }
    bodies = [text(key, f"t1_{name}", "body", values[name]) for name in ("good", "fair", "poor")]
    return [
        text(key, "t3_p", "title", values["title"]), text(key, "t3_p", "selftext", values["selftext"]), *bodies
    ]  # fmt: skip


def select_thread(lake: Lake, pairs: tuple[tuple[str, str], ...] = EVERY_PAIR, **changes: Any) -> None:
    """Select good over fair, good over poor, and fair over poor, or the pairs that are named."""
    store_selected(
        lake,
        [selected_pair(one, other, scores=(SCORES[one], SCORES[other]), **changes) for one, other in pairs],
    )


def build_from(
    lake: Lake,
    key: ProjectKey,
    texts: list[dict[str, Any]],
    *,
    series: str = "main",
    policy: str = POLICY,
    rules: Pairs | None = None,
) -> StageReport:
    if not lake.exists("selected_pairs"):
        select_thread(lake)
    lake.merge("texts", frame("texts", texts))
    settings = Settings(project=Project(series=series), pairs=rules or Pairs())
    return build.run(settings, lake, key, policy_hash=policy)


def rows(lake: Lake, table: str) -> list[dict[str, Any]]:
    return lake.scan(table).collect().to_dicts()


def test_a_pair_is_the_prompt_the_better_and_the_worse_response(lake: Lake, key: ProjectKey) -> None:
    report = build_from(lake, key, usual_texts(key))

    pair = next(row for row in rows(lake, "pairs") if (row["score_chosen"], row["score_rejected"]) == (40, 12))
    assert pair["prompt"] == "How do I sleep\n\nI wake up at night."
    assert pair["chosen"] == "Keep a fixed hour, it helped <PERSON>."
    assert pair["rejected"] == "Keep a fixed hour and no screens."
    assert (pair["words_prompt"], pair["words_chosen"], pair["words_rejected"]) == (9, 7, 7)
    # keep, a, fixed, hour are shared; it, helped, person, and, no, screens are not.
    assert pair["token_overlap"] == pytest.approx(4 / 10)
    assert (report.rows_in, report.rows_out, dict(report.dropped)) == (3, 3, {})


@pytest.mark.parametrize(("seconds", "published"), [(0, 0), (1, 60), (61, 120), (120, 120), (86_399, 86_400)])
def test_times_are_published_to_the_minute_and_the_hour_only(
    lake: Lake, key: ProjectKey, seconds: int, published: int
) -> None:
    """With Reddit's own clock, a second tells which comment it was; who came first is kept."""
    select_thread(lake, ((GOOD, POOR),), seconds_between=seconds, age_h_chosen=99.7222, age_h_rejected=100.4)

    build_from(lake, key, usual_texts(key))

    (pair,) = rows(lake, "pairs")
    assert (pair["seconds_between"], pair["age_h_chosen"], pair["age_h_rejected"]) == (published, 100.0, 100.0)


def test_a_post_without_text_is_its_title(lake: Lake, key: ProjectKey) -> None:
    build_from(lake, key, usual_texts(key, selftext=""))

    assert {row["prompt"] for row in rows(lake, "pairs")} == {"How do I sleep"}


def test_a_thread_lists_each_response_once_most_votes_first_and_points_there(lake: Lake, key: ProjectKey) -> None:
    report = build_from(lake, key, usual_texts(key))

    (thread,) = rows(lake, "threads")
    assert [response["score"] for response in thread["responses"]] == [40, 12, 3]
    assert [response["text"].split()[0] for response in thread["responses"]] == ["Keep", "Keep", "No"]
    assert thread["pairs"] == [
        {"chosen": chosen, "rejected": rejected, "weight": 1.0, "probability": 0.93}
        for chosen, rejected in [(0, 1), (0, 2), (1, 2)]
    ]
    assert (report.counts["threads"], report.counts["responses"]) == (1, 3)


def test_pairs_and_threads_name_each_other(lake: Lake, key: ProjectKey) -> None:
    build_from(lake, key, usual_texts(key))

    (thread,) = rows(lake, "threads")
    named = [response["response_id"] for response in thread["responses"]]
    told = {(named[pair["chosen"]], named[pair["rejected"]]) for pair in thread["pairs"]}
    assert {(row["chosen_id"], row["rejected_id"]) for row in rows(lake, "pairs")} == told
    assert {row["thread_id"] for row in rows(lake, "pairs")} == {thread["thread_id"]}
    assert {row["split"] for row in rows(lake, "pairs")} == {thread["split"]}


@pytest.mark.parametrize("table", ["selected_pairs", "threads", "sft", "pairs"])
def test_tables_are_what_their_contracts_say(lake: Lake, key: ProjectKey, table: str) -> None:
    build_from(lake, key, usual_texts(key))

    written = lake.scan(table).collect()
    assert contract(table).conform(written.to_arrow()).schema == contract(table).schema
    assert written.columns == list(contract(table).columns)


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("EMPTY_AFTER_MASKING", {"poor": "<PERSON>, <PHONE_NUMBER>!"}),
        ("EMPTY_AFTER_MASKING", {"poor": " "}),
        ("SAME_TEXT", {"fair": "Ask <PERSON>.", "good": " Ask <PERSON>. "}),
    ],
)
def test_a_pair_that_masking_left_without_a_difference_is_dropped(
    lake: Lake, key: ProjectKey, reason: str, changes: dict[str, str]
) -> None:
    report = build_from(lake, key, usual_texts(key, **changes))

    concerned = {"EMPTY_AFTER_MASKING": 2, "SAME_TEXT": 1}[reason]
    assert dict(report.dropped) == {reason: concerned}
    assert report.rows_out == 3 - concerned


@pytest.mark.parametrize(
    ("name", "field", "lost"), [(POOR, "body", 2), ("t3_p", "title", 3), ("t3_p", "selftext", 3)]
)
def test_a_text_that_was_not_de_identified_costs_its_own_pairs_only(
    lake: Lake, key: ProjectKey, name: str, field: str, lost: int
) -> None:
    texts = [row for row in usual_texts(key) if row["text_id"] != key.text_id(name, field)]

    report = build_from(lake, key, texts)

    assert dict(report.dropped) == {"TEXT_MISSING": lost}
    assert report.rows_out == 3 - lost


def test_a_prompt_of_placeholders_only_gives_no_pair_and_the_note_says_so(lake: Lake, key: ProjectKey) -> None:
    report = build_from(lake, key, usual_texts(key, title="<PERSON>?", selftext="<URL>"))

    assert report.notes == (
        "No pair possible, because nothing but placeholders is left of a text: "
        "EMPTY_AFTER_MASKING, 3 of 3 selected pairs.",
    )
    assert rows(lake, "pairs") == rows(lake, "threads") == rows(lake, "sft") == []


def test_texts_of_another_policy_are_not_used(lake: Lake, key: ProjectKey) -> None:
    report = build_from(lake, key, usual_texts(key), policy="a newer policy's hash")

    assert dict(report.dropped) == {"TEXT_MISSING": 3}


def test_what_was_deleted_since_is_not_built(lake: Lake, key: ProjectKey) -> None:
    tombstone = {"name_hash": key.name_hash(FAIR), "reason": "user", "requested_at": 1}
    append(lake, "tombstones", [tombstone])

    report = build_from(lake, key, usual_texts(key))

    assert dict(report.dropped) == {"TOMBSTONE": 2}
    assert [row["score_rejected"] for row in rows(lake, "pairs")] == [3]


def test_no_name_and_no_raw_text_is_left_in_what_is_built(lake: Lake, key: ProjectKey) -> None:
    append(lake, "posts", [post(title="Ring Wilhelmina", selftext="I am Wilhelmina.")])
    append(lake, "comments", [comment(name, body="Wilhelmina, ring me") for name in (GOOD, FAIR, POOR)])

    build_from(lake, key, usual_texts(key))

    for table in ("threads", "sft", "pairs"):
        written = json.dumps(rows(lake, table))
        assert not [name for name in ("t3_p", GOOD, FAIR, POOR, "author of", "Wilhelmina") if name in written]
    assert "Wilhelmina" not in json.dumps(rows(lake, "selected_pairs"))


def test_ids_of_two_release_series_cannot_be_joined(lake: Lake, key: ProjectKey) -> None:
    ids = ["pair_id", "thread_id", "chosen_id", "rejected_id"]
    build_from(lake, key, usual_texts(key))
    one = {row[name] for row in rows(lake, "pairs") for name in ids}
    build_from(lake, key, [], series="other")
    other = {row[name] for row in rows(lake, "pairs") for name in ids}

    assert len(one) == len(other) == 3 + 1 + 3
    assert not one & other


def test_rows_are_in_the_order_of_their_keyed_ids(lake: Lake, key: ProjectKey) -> None:
    posts = [f"t3_{number}" for number in range(20)]
    named = {f"t1_{post_}{side}": post_ for post_ in posts for side in "gp"}
    store_selected(lake, [selected_pair(f"t1_{name}g", f"t1_{name}p", link_id=name) for name in posts])
    titles = [
        text(key, name, field, f"A question, {name[3:]}") for name in posts for field in ("title", "selftext")
    ]

    build_from(lake, key, [*titles, *(text(key, name, "body", f"An answer, {name[3:]}") for name in named)])

    pair_keys = lake.scan("pairs").select("thread_id", "pair_id").collect().rows()
    threads = lake.scan("threads").select("thread_id").collect().rows()
    assert len(pair_keys) == len(threads) == 20
    assert pair_keys == sorted(pair_keys)
    assert threads == sorted(threads)


def test_a_second_run_on_the_same_texts_does_nothing(lake: Lake, key: ProjectKey) -> None:
    first = build_from(lake, key, usual_texts(key))
    versions = [lake.version(table) for table in ("threads", "sft", "pairs")]

    second = build.run(Settings(), lake, key, policy_hash=POLICY)

    assert second == first.as_skipped()
    assert [lake.version(table) for table in ("threads", "sft", "pairs")] == versions


def test_a_run_that_ended_between_its_two_tables_is_done_again(lake: Lake, key: ProjectKey) -> None:
    select_thread(lake)
    lake.merge("texts", frame("texts", usual_texts(key)))
    for table in ("threads", "sft"):
        build.run(Settings(), lake, key, policy_hash=POLICY)
        left = frame(table, [])
        lake.overwrite(table, left, fingerprint="of a run that was killed", report=StageReport(stage="pair"))

        report = build.run(Settings(), lake, key, policy_hash=POLICY)

        assert not report.skipped
        assert len(rows(lake, table)) == 1


def test_what_the_vote_model_and_the_labels_say_of_a_pair_stays_with_it(lake: Lake, key: ProjectKey) -> None:
    select_thread(
        lake, ((GOOD, POOR),), labels_prompt=["anxiety"], labels_chosen=["RESOURCE"], labels_rejected=["sleep"]
    )

    build_from(lake, key, usual_texts(key))

    (pair,) = rows(lake, "pairs")
    assert [pair[f"labels_{side}"] for side in ("prompt", "chosen", "rejected")] == [
        ["anxiety"], ["RESOURCE"], ["sleep"],
    ]  # fmt: skip
    assert (pair["preference_probability"], pair["preference_sd"], pair["config"]) == (0.93, 0.02, "default")
    assert (pair["quality_gap"], pair["expected_votes_chosen"], pair["expected_votes_rejected"]) == (1.4, 6.0, 4.5)


@pytest.mark.parametrize(
    ("told", "published"),
    [(0.87654321, 0.8765), (0.99999999, 0.9999), (1.0, 0.9999), (1e-12, 0.0001), (0.5, 0.5)],
)
def test_a_probability_is_published_to_four_decimals_and_never_as_certain(
    lake: Lake, key: ProjectKey, told: float, published: float
) -> None:
    select_thread(lake, ((GOOD, POOR),), preference_probability=told)

    build_from(lake, key, usual_texts(key))

    (pair,), (thread,) = rows(lake, "pairs"), rows(lake, "threads")
    assert pair["preference_probability"] == thread["pairs"][0]["probability"] == published


def test_digits_that_are_noise_are_not_published(lake: Lake, key: ProjectKey) -> None:
    select_thread(
        lake, ((GOOD, POOR),), preference_sd=0.012345678, quality_gap=-1.0000004, expected_votes_chosen=123.456,
        expected_votes_rejected=0.0,
    )  # fmt: skip

    build_from(lake, key, usual_texts(key))

    (pair,) = rows(lake, "pairs")
    assert (pair["preference_sd"], pair["quality_gap"]) == (0.01235, -1.0)
    assert (pair["expected_votes_chosen"], pair["expected_votes_rejected"]) == (123.5, 0.0)


def test_a_pair_may_point_from_fewer_votes_to_more(lake: Lake, key: ProjectKey) -> None:
    """Under `calibrated` a late response with few votes may be the better one; the order stays that of votes."""
    late = selected_pair(POOR, GOOD, scores=(3, 40), preset="calibrated")
    store_selected(lake, [late])

    build_from(lake, key, usual_texts(key))

    (thread,) = rows(lake, "threads")
    assert [response["score"] for response in thread["responses"]] == [40, 3]
    assert [(pair["chosen"], pair["rejected"]) for pair in thread["pairs"]] == [(1, 0)]


def test_pairs_of_a_crisis_and_harmful_ones_are_apart_from_the_others(lake: Lake, key: ProjectKey) -> None:
    store_selected(
        lake,
        [
            selected_pair(GOOD, FAIR, scores=(40, 12)),
            selected_pair(GOOD, POOR, scores=(40, 3), config="crisis", labels_rejected=["CRISIS"]),
            selected_pair(FAIR, POOR, scores=(12, 3), config="safety_contrast", labels_rejected=["HARASSMENT"]),
        ],
    )

    report = build_from(lake, key, usual_texts(key))

    assert sorted(row["config"] for row in rows(lake, "pairs")) == ["crisis", "default", "safety_contrast"]
    threads = rows(lake, "threads")
    assert [row["config"] for row in threads] == ["crisis", "default"]
    assert [[response["score"] for response in row["responses"]] for row in threads] == [[40, 3], [40, 12]]
    assert [[(pair["chosen"], pair["rejected"]) for pair in row["pairs"]] for row in threads] == [[(0, 1)]] * 2
    assert (report.counts["pairs_crisis"], report.counts["pairs_safety_contrast"]) == (1, 1)


def test_the_report_counts_what_a_naive_model_would_learn(lake: Lake, key: ProjectKey) -> None:
    store_selected(
        lake,
        [
            selected_pair(GOOD, FAIR, seconds_between=-5),
            selected_pair(GOOD, POOR, seconds_between=None),
            selected_pair(FAIR, POOR, seconds_between=5),
        ],
    )

    counts = build_from(lake, key, usual_texts(key, good="one two", fair="one two three", poor="one")).counts

    assert (counts["pairs_chosen_earlier"], counts["pairs_chosen_later"]) == (1, 1)
    assert (counts["pairs_chosen_longer"], counts["pairs_chosen_shorter"]) == (2, 1)


PADDED = {"fair": "Keep a fixed hour", "good": "Keep a fixed hour, keep it. I mean it!", "poor": "Read a book"}


def test_pairs_that_differ_only_in_length_are_dropped_when_asked(lake: Lake, key: ProjectKey) -> None:
    kept = build_from(lake, key, usual_texts(key, **PADDED))
    asked = build_from(lake, key, [], rules=Pairs(drop_length_only=True))

    assert dict(kept.dropped) == {}
    assert dict(asked.dropped) == {"LENGTH_ONLY": 1}
    assert asked.rows_out == 2


def test_how_much_two_texts_may_share_is_a_setting(lake: Lake, key: ProjectKey) -> None:
    # "a" is the one word of three that "Read a book" shares with the other two.
    rules = Pairs(drop_length_only=True, length_only_containment=0.3)

    report = build_from(lake, key, usual_texts(key, **PADDED), rules=rules)

    assert dict(report.dropped) == {"LENGTH_ONLY": 3}


def test_a_text_that_is_missing_is_no_matter_of_length(lake: Lake, key: ProjectKey) -> None:
    texts = [row for row in usual_texts(key) if row["text_id"] != key.text_id(POOR, "body")]

    report = build_from(lake, key, texts, rules=Pairs(drop_length_only=True, length_only_containment=1))

    assert dict(report.dropped) == {"TEXT_MISSING": 2}


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ("no", "No, no, no!", 1.0),
        ("no no", "no idea at all", 0.5),
        ("sleep early and read", "Read early", 1.0),
        ("...", "words", 0.0),
        ("call me", "ask them", 0.0),
    ],
)
def test_containment_is_the_share_of_the_shorter_text(one: str, other: str, share: float) -> None:
    texts = pl.DataFrame({"one": [one, other], "other": [other, one]})

    assert containment(texts, "one", "other").to_list() == [share, share]


words = st.lists(st.sampled_from(["sleep", "Sleep", "don't", "call", "<PERSON>", "...", "é"]), max_size=8).map(
    " ".join
)


@given(words, words)
def test_overlap_is_symmetric_within_bounds_and_whole_for_equal_words(one: str, other: str) -> None:
    texts = pl.DataFrame({"one": [one, one], "other": [other, one]})
    forth, back = token_overlap(texts, "one", "other"), token_overlap(texts, "other", "one")

    assert forth.to_list() == back.to_list()
    assert 0 <= forth[0] <= 1
    assert forth[1] == float(any(character.isalpha() for character in one))


@given(words, words)
def test_what_is_added_to_a_text_never_takes_it_out_of_the_longer_one(text: str, addition: str) -> None:
    texts = pl.DataFrame({"one": [text], "other": [f"{text} {addition}"]})

    assert containment(texts, "one", "other")[0] == float(any(character.isalpha() for character in text))


def test_overlap_of_more_rows_than_a_chunk_keeps_their_order() -> None:
    many = 40_000
    texts = pl.DataFrame({"one": ["same words"] * many, "other": ["same words", "other ones"] * (many // 2)})

    assert token_overlap(texts, "one", "other").to_list() == [1.0, 0.0] * (many // 2)
    assert containment(texts, "one", "other").to_list() == [1.0, 0.0] * (many // 2)


def test_threads_that_a_killed_run_left_are_not_taken_for_finished(
    lake: Lake, key: ProjectKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    select_thread(lake)
    other = [{**row, "policy_hash": "another", "text": f"{row['text']} <PERSON>"} for row in usual_texts(key)]
    append(lake, "texts", [*usual_texts(key), *other])
    build.run(Settings(), lake, key, policy_hash=POLICY)
    finished = [lake.scan(table).collect() for table in ("threads", "sft")]
    write = Lake.overwrite

    def killed_before_pairs(lake: Lake, table: str, *arguments: Any, **others: Any) -> None:
        if table == "pairs":
            raise KeyboardInterrupt
        write(lake, table, *arguments, **others)

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "overwrite", killed_before_pairs)
        with pytest.raises(KeyboardInterrupt):
            build.run(Settings(), lake, key, policy_hash="another")

    build.run(Settings(), lake, key, policy_hash=POLICY)
    assert [
        lake.scan(table).collect().equals(before)
        for table, before in zip(("threads", "sft"), finished, strict=True)
    ] == [True, True]
