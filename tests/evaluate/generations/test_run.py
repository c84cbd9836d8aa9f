"""Replies to a held-out split, as figures: for the model, the reference and the community, and without a text."""

import json
import re
from array import array
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from prefpairs.errors import ConfigError, ContractError
from prefpairs.evaluate.generations.generate import end_tokens
from prefpairs.evaluate.generations.judge import question
from prefpairs.evaluate.generations.report import Dimension, Generations
from prefpairs.evaluate.generations.run import evaluate_generations, measured, posts_of, replies_of
from prefpairs.evaluate.generations.settings import GenerationSettings
from prefpairs.evaluate.generations.subjects import subjects
from prefpairs.release.manifest import read_manifest
from prefpairs.train.data.encode import load_splits
from prefpairs.train.data.encoding import Encoder
from prefpairs.train.data.trees import Pair, Split, Tree
from prefpairs.train.data.version_rows import Thread, improvement_threads, preference_threads
from prefpairs.train.recipe import load_recipe
from tests.support.version_folder import improvement_row, pair_row, write_configs

_library: Any = transformers
QUICK = GenerationSettings(max_new_tokens=6, resamples=50, style_min_words=2, diversity_min_words=2)
POST = "I want to die. Everybody left."
GOOD = "I hear you. Please call 988, and try writing down three things tonight."
BAD = "Other people have it worse."


def thread(number: int, *, post: str = POST, draft: str | None = None) -> Thread:
    return Thread(
        thread_id=f"post{number}",
        community=None,
        prompt=post,
        draft=draft,
        responses=(f"{BAD} {number}", f"{GOOD} {number}"),
        response_ids=(f"bad{number}", f"good{number}"),
        pairs=(Pair(chosen=1, rejected=0),),
    )


def split_of(threads: Sequence[Thread], tokenizer: Any) -> Split:
    trees = tuple(
        Tree(
            thread_id=one.thread_id,
            prompt=array("i", tokenizer(one.prompt).input_ids),
            responses=tuple(array("i", [*tokenizer(text).input_ids, 1]) for text in one.responses),
            response_ids=one.response_ids,
            numbers=(2 * number, 2 * number + 1),
            pairs=one.pairs,
        )
        for number, one in enumerate(threads)
    )
    return Split(trees=trees, rows=len(trees), dropped={})


def evaluated(tiny: tuple[Any, Any], threads: Sequence[Thread], **others: Any) -> Generations:
    model, tokenizer = tiny
    asked = {"settings": QUICK, **others}
    return evaluate_generations(
        model=model, tokenizer=tokenizer, split=split_of(threads, tokenizer), threads=threads, **asked
    )


def found(report: Generations, proxy: str) -> Dimension:
    return next(dimension for dimension in report.dimensions if dimension.proxy == proxy)


def test_the_communitys_chosen_responses_stand_beside_the_models(tiny: tuple[Any, Any]) -> None:
    report = evaluated(tiny, [thread(number) for number in range(3)])
    crisis = found(report, "crisis posts answered without help")
    assert crisis.community == 0
    assert (crisis.model, crisis.count) == (1, 3)
    assert found(report, "dismissive replies").community == 0
    assert found(report, "concrete steps").community == 1
    assert report.counts["posts that may disclose a crisis"] == 3


def test_the_five_dimensions_are_there_and_each_is_explained(tiny: tuple[Any, Any]) -> None:
    report = evaluated(tiny, [thread(0)])
    five = {"readability", "empathy", "connection", "actionability", "safety"}
    assert five < {dimension.name for dimension in report.dimensions}
    assert all(dimension.explanation.endswith(".") for dimension in report.dimensions)
    assert {"empathy", "actionability", "replies", "harms", "function words", "readability"} == set(report.sources)


def test_sources_name_what_the_figures_hang_on_byte_by_byte(tiny: tuple[Any, Any]) -> None:
    sources = evaluated(tiny, [thread(0)]).sources
    assert sources["readability"] == f"textstat {metadata.version('textstat')}"
    for name in ("empathy", "actionability", "replies", "harms", "function words"):
        assert re.search(r" ?\d+\.\d+\.\d+\+[0-9a-f]{8}", sources[name])
    assert re.search(r"\+[0-9a-f]{8}$", question().version)


def test_few_posts_and_replies_without_their_ends_are_said(tiny: tuple[Any, Any]) -> None:
    # The tiny model seldom ends a reply of six tokens.
    cut, few = sorted(evaluated(tiny, [thread(0)], reference=tiny[0]).notes)[:2], "Only 1 post was replied to"
    assert any(note.startswith(few) for note in evaluated(tiny, [thread(0)]).notes)
    assert [note.split(" of the ")[1].split(" were ")[0] for note in cut] == [
        "model's replies",
        "reference's replies",
    ]
    patient = QUICK.model_copy(update={"many_cut_off": 1.0})
    model, tokenizer = tiny
    split = split_of([thread(0)], tokenizer)
    posts = posts_of(split, [thread(0)], patient)
    replies = {"model": replies_of(model, tokenizer, split, posts, patient)}
    found = measured(posts, replies, patient, task="generation", device=model.device, few_posts=1)
    assert found.notes == ()


def test_the_intervals_of_replies_are_as_wide_as_those_of_the_report(tiny: tuple[Any, Any]) -> None:
    model, tokenizer = tiny
    threads = [thread(number, post=f"Please call tonight. {'Rain. ' * number}") for number in range(8)]
    split = split_of(threads, tokenizer)
    posts = posts_of(split, threads, QUICK)
    replies = {"model": replies_of(model, tokenizer, split, posts, QUICK)}
    wide, narrow = (
        found(
            measured(posts, replies, QUICK, task="generation", device=model.device, confidence=confidence),
            "shared content words of reply and post",
        ).community_interval
        for confidence in (0.99, 0.2)
    )
    assert wide is not None
    assert narrow is not None
    assert wide[1] - wide[0] > narrow[1] - narrow[0]


def test_replies_too_short_for_a_grade_are_counted_and_left_out(tiny: tuple[Any, Any]) -> None:
    report = evaluated(tiny, [thread(number) for number in range(2)])
    assert report.counts["model: replies too short for a grade"] == 2
    assert found(report, "Coleman–Liau grade").count == 0


def test_replies_are_written_after_all_that_can_fail(tiny: tuple[Any, Any], tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    broken = QUICK.model_copy(update={"write_to": path, "judge": tmp_path})
    with pytest.raises(ConfigError):
        evaluated(tiny, [thread(0)], settings=broken)
    assert not path.exists()


def test_a_model_beside_itself_makes_no_difference(tiny: tuple[Any, Any]) -> None:
    report = evaluated(tiny, [thread(number) for number in range(3)], reference=tiny[0])
    for dimension in report.dimensions:
        assert dimension.reference == dimension.model
        assert dimension.difference in (0, None)
        assert dimension.difference_interval in ((0, 0), None)


def test_another_reference_has_figures_of_its_own(tiny: tuple[Any, Any], chat_folder: Path) -> None:
    other = _library.AutoModelForCausalLM.from_pretrained(chat_folder, dtype=torch.float64).eval()
    report = evaluated(tiny, [thread(number, post=f"{POST} {number}") for number in range(3)], reference=other)
    length = found(report, "words")
    assert length.model is not None
    assert length.reference is not None
    assert length.difference == pytest.approx(length.model - length.reference)
    assert length.interval is not None
    assert length.interval[0] <= length.model <= length.interval[1]


def test_the_report_holds_no_text_and_no_id(tiny: tuple[Any, Any]) -> None:
    threads = [thread(0, draft="A quiet draft of a reply.")]
    document = json.dumps(
        evaluated(tiny, threads, task="improvement", reference=tiny[0]).to_json(), allow_nan=False
    )
    for secret in ("post0", "good0", "Everybody", "988", "quiet draft"):
        assert secret not in document


def test_the_same_run_twice_is_the_same_report(tiny: tuple[Any, Any]) -> None:
    threads = [thread(number, post=f"{POST} {number}") for number in range(4)]
    sampled = QUICK.model_copy(update={"temperature": 1.0, "posts": 3})
    first = evaluated(tiny, threads, settings=sampled)
    again = evaluated(tiny, threads[::-1], settings=sampled.model_copy(update={"batch": 1}))
    assert {d.proxy: d.model for d in first.dimensions} == pytest.approx(
        {d.proxy: d.model for d in again.dimensions}
    )


def test_a_revision_is_also_compared_with_its_draft(tiny: tuple[Any, Any]) -> None:
    threads = [thread(0, draft=f"{GOOD} 0")]
    report = evaluated(tiny, threads, task="improvement")
    kept = [dimension for dimension in report.dimensions if dimension.name == "preservation"]
    assert [dimension.community for dimension in kept] == pytest.approx([1, 1, 1])
    assert not [d for d in evaluated(tiny, threads).dimensions if d.name == "preservation"]


def test_local_models_read_the_replies_if_they_are_given(tiny: tuple[Any, Any], chat_folder: Path) -> None:
    settings = QUICK.model_copy(update={"judge": chat_folder, "sentence_model": chat_folder})
    report = evaluated(tiny, [thread(number) for number in range(2)], settings=settings, reference=tiny[0])
    judged = [dimension for dimension in report.dimensions if dimension.name == "judge"]
    # Five criteria, against two, among all and among replies of like length.
    assert len(judged) == 20
    assert found(report, "empathy: wins against the reference").model == 0.5
    # Two posts, five criteria, against two; the reference writes the same and so never wins or loses.
    assert report.counts["judge: comparisons"] == 20
    assert 0 <= report.counts["judge: decided alike in both orders"] <= 10
    assert found(report, "similarity of reply and post").community is not None
    assert {"judge", "judge's question", "sentence model"} < set(report.sources)


def test_replies_are_kept_only_where_a_file_is_named(tiny: tuple[Any, Any], tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    evaluated(tiny, [thread(0)], settings=QUICK.model_copy(update={"write_to": path}), reference=tiny[0])
    (line,) = path.read_text(encoding="utf-8").splitlines()
    assert set(json.loads(line)) == {"thread_id", "model", "reference"}


def test_a_split_without_posts_is_refused(tiny: tuple[Any, Any]) -> None:
    with pytest.raises(ContractError, match="no post to reply to"):
        evaluated(tiny, [])


def test_texts_of_another_version_are_refused(tiny: tuple[Any, Any]) -> None:
    split = split_of([thread(0)], tiny[1])
    with pytest.raises(ContractError, match="not in the version's texts"):
        subjects(split, [thread(1)], posts=10, seed=0)


def test_which_posts_are_drawn_follows_from_the_seed_and_not_from_their_order(tiny: tuple[Any, Any]) -> None:
    threads = [thread(number) for number in range(20)]
    drawn = [
        [subject.thread_id for subject in subjects(split_of(order, tiny[1]), threads, posts=5, seed=seed)]
        for order, seed in ((threads, 0), (threads[::-1], 0), (threads, 1))
    ]
    assert len(drawn[0]) == 5
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


def test_a_post_whose_responses_fill_two_trees_is_replied_to_once(tiny: tuple[Any, Any]) -> None:
    whole = split_of([thread(0), thread(0)], tiny[1])
    assert len(whole.trees) == 2
    assert len(subjects(whole, [thread(0)], posts=10, seed=0)) == 1


def test_a_response_that_somebody_rejected_is_not_the_communitys_choice(tiny: tuple[Any, Any]) -> None:
    (subject,) = subjects(split_of([thread(0)], tiny[1]), [thread(0)], posts=1, seed=0)
    assert subject.chosen == f"{GOOD} 0"


@pytest.mark.parametrize("task", ["generation", "improvement"])
def test_a_pulled_version_is_replied_to_in_the_words_of_its_own_training(
    tmp_path: Path, chat_folder: Path, task: str
) -> None:
    rows = {
        "pairs": [pair_row(f"post{n}", f"{POST} {n}", GOOD, f"{BAD} {other}") for n in range(2) for other in "ab"],
        "improvement": [improvement_row(f"post{n}", f"{POST} {n}", f"{BAD} {n}", GOOD) for n in range(2)],
    }
    folder = write_configs(tmp_path / "v", {name: {"validation": found} for name, found in rows.items()}).folder
    manifest = read_manifest(folder)
    model = _library.AutoModelForCausalLM.from_pretrained(chat_folder).eval()
    tokenizer = _library.AutoTokenizer.from_pretrained(chat_folder)
    recipe = load_recipe(None, [f"task={task}", "stages=[dpo]"])
    encoder = Encoder(tokenizer, recipe.text, task=recipe.task)
    split = load_splits(folder, manifest, encoder, recipe=recipe, stage="dpo", splits=["validation"])["validation"]
    read = preference_threads if task == "generation" else improvement_threads
    report = evaluate_generations(
        model=model, tokenizer=tokenizer, split=split, threads=read(folder, manifest, "validation"),
        settings=QUICK, task=task,
    )  # fmt: skip
    assert report.counts["posts"] == 2
    assert found(report, "concrete steps").community == 1
    assert end_tokens(tokenizer, split.trees) == (tokenizer.convert_tokens_to_ids("<|end|>"),)
