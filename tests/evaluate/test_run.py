import gc
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from transformers import LlamaForCausalLM

from prefpairs.errors import ConfigError, ContractError
from prefpairs.evaluate.origin import origin_of, reference_of
from prefpairs.evaluate.run import run
from prefpairs.evaluate.settings import EvaluateSettings
from prefpairs.train.report import Baselines, TrainReport
from prefpairs.train.run import run as train
from tests.support.tiny_model import CHAT_TEMPLATE, save_tiny_model
from tests.support.training import TASK_TEXTS, configs, recipe, release

FEW = {"resamples": 30}
SHORT = {"posts": 3, "max_new_tokens": 6, "resamples": 20}


@dataclass(frozen=True)
class Trained:
    root: Path
    releases: Path
    base: Path
    report: TrainReport

    @property
    def model(self) -> Path:
        return self.root / "out" / "dpo"

    def settings(self, **changes: Any) -> EvaluateSettings:
        given: dict[str, Any] = {
            "model": self.model,
            "dataset": {"source": str(self.releases), "into": self.root / "data"},
            "device": "cpu",
            "figures": FEW,
            "replies": None,
            **changes,
        }
        return EvaluateSettings.model_validate(given)

    def untrained(self, **changes: Any) -> EvaluateSettings:
        dataset = {"version": "v0.1.0", "source": str(self.releases), "into": self.root / "data"}
        return self.settings(
            model=self.base,
            reference=self.base,
            dataset=dataset,
            text={"max_tokens": 128},
            row_tokens=512,
            **changes,
        )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    root = tmp_path_factory.mktemp("evaluated")
    base = save_tiny_model(root / "base", texts=TASK_TEXTS, chat_template=CHAT_TEMPLATE)
    releases = release(root / "releases")
    report = train(recipe(releases, model=base, root=root)).stages[-1]
    return Trained(root=root, releases=releases, base=base, report=report)


def figures(written: Any) -> Any:
    assert written.report.preferences is not None
    return written.report.preferences


def test_figures_are_those_that_training_saw_on_the_same_posts(trained: Trained, tmp_path: Path) -> None:
    # In other rows than in training: their size changes nothing.
    found = figures(run(trained.settings(output=tmp_path / "out", row_tokens=256)))
    seen = trained.report.validation
    assert seen is not None
    assert isinstance(seen.baselines, Baselines)
    assert found.pairs == seen.pairs
    assert found.accuracy("model").accuracy.value == pytest.approx(seen.after["rewards/accuracies"])
    assert found.margin.value == pytest.approx(seen.after["rewards/margins"], abs=1e-4)
    assert found.drift.chosen.policy == pytest.approx(seen.after["logps/chosen"], abs=1e-3)
    assert found.drift.rejected.reference == pytest.approx(seen.before["logps/rejected"], abs=1e-3)
    for rule, value in (
        ("reference_likelihood", seen.baselines.reference_likelihood),
        ("longer", seen.baselines.longer_wins),
        ("earlier", seen.baselines.earlier_wins),
    ):
        assert found.accuracy(rule).accuracy.value == pytest.approx(value), rule


def test_a_stage_knows_its_reference_text_settings_and_version(trained: Trained, tmp_path: Path) -> None:
    subject = run(trained.settings(output=tmp_path / "out")).report.subject
    assert (subject.reference, subject.reference_is_origin, subject.stage) == ("sft", True, "dpo")
    assert (subject.reference_stage, subject.margin_is_log_odds) == ("sft", True)
    assert (subject.version, subject.trained_on, subject.beta) == ("v0.1.0", "v0.1.0", 0.1)


def test_the_same_inputs_again_do_nothing_and_another_seed_makes_it_anew(trained: Trained, tmp_path: Path) -> None:
    settings = trained.settings(output=tmp_path / "out")
    first = run(settings)
    again = run(settings)
    assert (first.unchanged, again.unchanged) == (False, True)
    assert again.report == first.report
    assert not run(trained.settings(output=tmp_path / "out", figures={**FEW, "seed": 1})).unchanged


def test_the_same_inputs_write_the_same_bytes(trained: Trained, tmp_path: Path) -> None:
    for name in ("first", "second"):
        run(trained.settings(output=tmp_path / name, replies=SHORT))
    for file in ("report.json", "report.html"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def test_no_text_of_a_post_or_a_reply_is_in_what_is_written_or_said(trained: Trained, tmp_path: Path) -> None:
    said: list[str] = []
    replies = tmp_path / "replies.jsonl"
    written = run(
        trained.settings(output=tmp_path / "out", replies={**SHORT, "write_to": replies}), say=said.append
    )
    rows = configs()["pairs"]["validation"]
    texts = {row[name] for row in rows for name in ("prompt", "chosen", "rejected")}
    lines = [json.loads(line) for line in replies.read_text(encoding="utf-8").splitlines()]
    texts |= {text for line in lines for text in (line["model"], line["reference"]) if len(text) > 8}
    shown = "\n".join(
        [*said, written.page.read_text(encoding="utf-8"), (written.folder / "report.json").read_text()]
    )
    assert len(texts) > 30
    assert not [text for text in texts if text in shown]


def test_the_five_dimensions_are_measured_for_model_reference_and_community(
    trained: Trained, tmp_path: Path
) -> None:
    generations = run(trained.settings(output=tmp_path / "out", replies=SHORT)).report.generations
    assert generations is not None
    names = {dimension.name for dimension in generations.dimensions}
    assert {"readability", "empathy", "connection", "actionability", "safety"} <= names
    assert generations.counts["posts"] == 3


def test_one_model_is_in_memory_at_a_time(trained: Trained, tmp_path: Path) -> None:
    def models() -> int:
        return sum(type(thing) is LlamaForCausalLM for thing in gc.get_objects())

    gc.collect()
    before, seen = models(), []
    run(trained.settings(output=tmp_path / "out", replies=SHORT), say=lambda _: seen.append(models() - before))
    assert max(seen) == 1
    assert len(seen) == 2


def test_a_model_against_itself_ties_everywhere_and_has_not_moved(trained: Trained, tmp_path: Path) -> None:
    found = figures(run(trained.untrained(output=tmp_path / "out")))
    assert found.accuracy("model").accuracy.value == 0.5
    assert (found.margin.value, found.drift.chosen.token.value, found.drift.rejected.response.value) == (0, 0, 0)


def test_another_reference_is_allowed_and_said(trained: Trained, tmp_path: Path) -> None:
    written = run(trained.settings(output=tmp_path / "out", reference=trained.base))
    assert written.report.subject.reference_is_origin is False
    assert "not the model that this one was trained from" in written.page.read_text(encoding="utf-8")


def test_a_model_that_does_not_say_its_reference_asks_for_one(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"first stage .* folder given as --model: reference=FOLDER"):
        run(trained.settings(output=tmp_path / "out", model=trained.root / "out" / "sft"))
    with pytest.raises(ConfigError, match="reference=FOLDER"):
        run(trained.settings(output=tmp_path / "out", model=trained.base))


def test_replies_that_are_to_be_kept_are_written_though_the_report_is_there(
    trained: Trained, tmp_path: Path
) -> None:
    run(trained.settings(output=tmp_path / "out", replies=SHORT))
    replies = tmp_path / "replies.jsonl"
    run(trained.settings(output=tmp_path / "out", replies={**SHORT, "write_to": replies}))
    assert len(replies.read_text(encoding="utf-8").splitlines()) == 3


@pytest.mark.parametrize("setting", ["judge", "sentence_model", "write_to"])
def test_a_path_of_the_replies_that_does_not_do_is_told_before_anything_is_scored(
    trained: Trained, tmp_path: Path, setting: str
) -> None:
    (tmp_path / "empty").mkdir()
    said: list[str] = []
    for path in (tmp_path / "empty", tmp_path / "nowhere" / "replies.jsonl"):
        with pytest.raises(ConfigError, match=str(path)):
            run(trained.settings(output=tmp_path / "out", replies={**SHORT, setting: path}), say=said.append)
    assert said == []


def test_a_reference_with_another_tokenizer_is_refused(trained: Trained, tmp_path: Path) -> None:
    other = save_tiny_model(tmp_path / "other", texts=("quite other words",), chat_template=CHAT_TEMPLATE)
    with pytest.raises(ConfigError, match="make other tokens of the same text"):
        run(trained.settings(output=tmp_path / "out", reference=other))


def test_a_split_without_pairs_is_refused(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"has no pair to evaluate on in its test split \(0 rows read\)"):
        run(trained.settings(output=tmp_path / "out", split="test"))


def test_what_is_missing_is_asked_for_by_name(trained: Trained) -> None:
    with pytest.raises(ConfigError, match="Name it: prefpairs evaluate FOLDER"):
        run(EvaluateSettings())
    with pytest.raises(ConfigError, match=r"dataset\.source=\.\.\."):
        run(EvaluateSettings(model=trained.model))


def test_a_training_report_of_something_else_is_refused(trained: Trained, tmp_path: Path) -> None:
    model = save_tiny_model(tmp_path / "model", texts=TASK_TEXTS)
    (model / "training.json").write_text('{"loss": 1}')
    with pytest.raises(ConfigError, match=r"training\.json is no report of `prefpairs train` \(KeyError\)"):
        run(trained.settings(model=model, output=tmp_path / "out"))


def test_pairs_that_people_judged_are_evaluated_from_their_file(trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    lines = [
        {"prompt": row["prompt"], "chosen": row["chosen"], "rejected": row["rejected"], "split": "validation"}
        for row in configs()["pairs"]["validation"][:9]
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    written = run(trained.settings(output=tmp_path / "out", human_preferences=path, replies=SHORT))
    assert written.report.subject.judged_by == "people"
    assert figures(written).pairs == 9
    assert figures(written).by_probability == ()


def test_a_report_on_peoples_pairs_leaves_the_one_on_votes_where_it_is(trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    row = configs()["pairs"]["validation"][0]
    line = {"prompt": row["prompt"], "chosen": row["chosen"], "rejected": row["rejected"], "split": "validation"}
    path.write_text(json.dumps(line) + "\n")

    votes = run(trained.settings(output=None, replies=None))
    people = run(trained.settings(output=None, replies=None, human_preferences=path))

    assert votes.folder != people.folder
    assert votes.folder.parent == people.folder.parent
    assert run(trained.settings(output=None, replies=None)).unchanged


def test_lines_of_a_file_that_are_no_pair_are_counted_and_said(trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    row = configs()["pairs"]["validation"][0]
    line = {"prompt": row["prompt"], "chosen": row["chosen"], "rejected": row["rejected"], "split": "validation"}
    path.write_text(json.dumps(line) + "\nno JSON\n")
    said: list[str] = []
    written = run(trained.settings(output=tmp_path / "out", human_preferences=path), say=said.append)
    assert dict(written.report.dropped) == {"not_a_json_object": 1}
    assert any("the first is line 2" in sentence for sentence in said)


def test_a_file_whose_lines_are_all_for_training_says_how_to_mark_them(trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    row = configs()["pairs"]["validation"][0]
    line = json.dumps({"prompt": row["prompt"], "chosen": row["chosen"], "rejected": row["rejected"]})
    path.write_text(f"{line}\n{line}\n")
    with pytest.raises(ContractError, match=r"2 lines are for train: .* add a `split` column"):
        run(trained.settings(output=tmp_path / "out", human_preferences=path))


def test_improvements_are_evaluated_against_their_drafts(trained: Trained, tmp_path: Path) -> None:
    written = run(trained.untrained(output=tmp_path / "out", task="improvement", replies=SHORT))
    assert figures(written).pairs == len(configs()["improvement"]["validation"])
    assert written.report.generations is not None
    assert written.report.generations.task == "improvement"
    assert written.report.subject.judged_by == "improvements"
    page = written.page.read_text(encoding="utf-8")
    assert "agreement with the votes" not in page
    assert "the version\u2019s improvements" in page


def test_a_reward_model_is_judged_by_its_rewards(trained: Trained, tmp_path: Path) -> None:
    changes = {"task": "reward", "stages": ("reward",)}
    plan = recipe(trained.releases, model=trained.base, root=trained.root, **changes)
    [report] = train(plan.model_copy(update={"output": tmp_path / "out"})).stages
    written = run(trained.settings(model=tmp_path / "out" / "reward", output=tmp_path / "page", replies=SHORT))
    assert report.validation is not None
    assert figures(written).accuracy("model").accuracy.value == pytest.approx(report.validation.accuracy)
    assert figures(written).drift is None
    assert written.report.generations is None
    assert written.report.subject.reference is None


def test_an_adapter_is_measured_against_the_model_it_belongs_to(trained: Trained, tmp_path: Path) -> None:
    changes = {"lora": {"rank": 2}, "stages": ("dpo",)}
    plan = recipe(trained.releases, model=trained.base, root=trained.root, **changes)
    [report] = train(plan.model_copy(update={"output": tmp_path / "out"})).stages
    adapter = tmp_path / "out" / "dpo"
    assert reference_of(adapter, origin_of(adapter)) == trained.base
    found = figures(run(trained.settings(model=adapter, output=tmp_path / "page")))
    assert report.validation is not None
    assert found.accuracy("model").accuracy.value == pytest.approx(report.validation.accuracy)
    assert found.margin.value == pytest.approx(report.validation.after["rewards/margins"], abs=1e-4)


def test_margins_of_another_loss_are_not_read_as_probabilities(trained: Trained, tmp_path: Path) -> None:
    plan = recipe(trained.releases, model=trained.base, root=trained.root, stages=("dpo",), loss="ipo")
    train(plan.model_copy(update={"output": tmp_path / "out"}))
    settings = trained.settings(model=tmp_path / "out" / "dpo", reference=trained.base, output=tmp_path / "page")
    written = run(settings)
    assert written.report.subject.margin_is_log_odds is False
    assert "How sure it is" not in written.page.read_text(encoding="utf-8")
