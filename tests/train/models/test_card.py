"""The model card: what the Hub and a reader find in it, whatever strings a run holds."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import transformers
import yaml
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

from prefpairs.release.manifest import Manifest, read_manifest
from prefpairs.train.data.encoding import Encoder
from prefpairs.train.data.frames import Frame, PlainFrame, frame_of
from prefpairs.train.data.user_turn import user_turn
from prefpairs.train.models.card import render
from prefpairs.train.models.card_data import CardFacts, Judged
from prefpairs.train.models.card_facts import base_model, card_facts, loss_told
from prefpairs.train.recipe import Recipe, load_recipe
from prefpairs.train.report import Baselines, TrainReport, Validation
from tests.support.tiny_model import CHAT_TEMPLATE, save_tiny_model
from tests.support.version_folder import pair_row, write_version

HOSTILE = "x | y\n---\n# <script>alert(1)</script> ![i](http://e.org/p.png) `rm` ``` \u202e ]( ${{ }} : '\" end"
REFUSES_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system turn') }}{% endif %}"
CACHED = "hub/models--meta-llama--Llama-3.2-1B-Instruct/snapshots/0123abc"


def facts(**changes: Any) -> CardFacts:
    given = CardFacts(
        task="generation",
        stages=("sft", "dpo"),
        base_name="Llama-3.2-1B-Instruct",
        base_id="meta-llama/Llama-3.2-1B-Instruct",
        adapter=True,
        chat=True,
        system_turn=True,
        template_date=None,
        dataset_name="Quiet evenings",
        dataset_id="hospital/pairs",
        version="v1.2.3",
        content_root="a" * 64,
        commit="b" * 40,
        language="en",
        preset="shp",
        thresholds={"max_pairs_per_post": 5, "min_ratio": 2.0},
        counts={"train": {"pairs": 1880, "threads": 200, "responses": 700, "prompts_cut": 3}},
        dropped={"responses_equal": 4, "prompt_empty": 0},
        loss="DPO, beta 0.1. Every pair counts the same.",
        settings={"steps": "120"},
        recipe={"beta": 0.1, "stages": ["sft", "dpo"]},
        reference="The reference is the model that the stage began with.",
        held_out=90,
        judged=(Judged(name="this model", share=0.68, low=0.61, high=0.74), Judged(name="a coin", share=0.5)),
        interval="95 % by bootstrap over posts",
        change={"loss": (0.6931, 0.61)},
        hashes={"base model (SHA-256 over the files of its folder)": "d" * 64},
        machine={"device": "cpu", "seed": 7},
        packages={"torch": "2.13.0", "prefpairs": "0.1.0"},
        license="data-use-agreement",
        notes=("Its experts are two.",),
    )
    return replace(given, **changes)


def data_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = ModelCard(text).data.to_dict()  # type: ignore[no-untyped-call]
    return found


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """A manifest without any settings."""
    rows = {"train": [pair_row("t", "How?", "like this", "no")]}
    return read_manifest(write_version(tmp_path_factory.mktemp("version"), rows).folder)


@pytest.fixture(scope="module")
def manifest(bare: Manifest) -> Manifest:
    settings = {
        "release": {"pretty_name": "Quiet evenings", "license": "other", "license_name": "data-use-agreement"},
        "curate": {"language": "en"},
        "pairs": {"max_pairs_per_post": 5, bare.preset: {"min_ratio": 2.0}, "step_votes": 1.0},
    }
    return bare.model_copy(update={"settings": settings})


def html_of(text: str) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(text.split("\n---\n", 1)[1]))


def test_the_hub_reads_what_the_model_is() -> None:
    assert data_of(render(facts())) == {
        "language": ["en"],
        "license": "other",
        "license_name": "data-use-agreement",
        "base_model": "meta-llama/Llama-3.2-1B-Instruct",
        "base_model_relation": "adapter",
        "library_name": "peft",
        "pipeline_tag": "text-generation",
        "tags": ["prefpairs", "preference", "sft", "dpo", "lora"],
        "datasets": ["hospital/pairs"],
    }


def test_a_whole_reward_model_from_nowhere_in_particular() -> None:
    data = data_of(render(facts(task="reward", stages=("reward",), adapter=False, base_id=None, dataset_id=None)))

    assert (data["library_name"], data["pipeline_tag"]) == ("transformers", "text-classification")
    assert data["tags"] == ["prefpairs", "preference", "reward-model"]
    assert not {"base_model", "datasets"} & data.keys()


@pytest.mark.parametrize("task", ["generation", "improvement", "reward"])
def test_every_card_warns_before_it_explains(task: Any) -> None:
    text = render(facts(task=task, stages=("reward",) if task == "reward" else ("sft", "dpo")))

    before = text.split("## ")[0]
    assert "no substitute for care" in before
    assert "machine" in before
    assert "Not for a crisis" in before
    assert "safe" in before
    assert "Not for:" in text
    assert "What it is for" in text


def test_the_data_is_pinned_and_its_caps_are_told() -> None:
    text = render(facts())

    for told in ("`v1.2.3`", "a" * 64, "b" * 40, "`hospital/pairs`", "preset `shp`"):
        assert told in text
    assert "| `max_pairs_per_post` | 5 |" in text
    assert "| `min_ratio` | 2.0 |" in text
    assert "| `train` | 200 | 700 | 1,880 | 3 |" in text
    assert "`responses_equal` 4." in text
    assert "prompt_empty" not in text


def test_accuracy_stands_beside_its_baselines_with_an_interval() -> None:
    text = render(facts())

    assert "The share of 90 held-out pairs" in text
    assert "| judged by | share right | 95 % by bootstrap over posts |" in text
    assert "| this model | 0.680 | 0.610 to 0.740 |" in text
    assert "| a coin | 0.500 |  |" in text
    assert "| `loss` | 0.6931 | 0.6100 |" in text


def test_without_intervals_there_is_no_empty_column() -> None:
    assert "| judged by | share right |\n" in render(facts(interval=None))


def test_nothing_measured_is_said() -> None:
    assert "nothing was measured" in render(facts(judged=(), change={}))


@pytest.mark.parametrize(
    ("task", "stages", "asked"),
    [
        ("improvement", ("sft", "dpo"), "better texts from drafts"),
        ("improvement", ("sft",), "A low loss on held-out texts is not quality"),
        ("generation", ("dpo2",), "Agreement with the people who judged"),
        ("improvement", ("sft", "dpo", "dpo2"), "Agreement with the people who judged"),
    ],
)
def test_where_nobody_voted_the_card_speaks_of_no_votes(task: Any, stages: Any, asked: str) -> None:
    text = render(facts(task=task, stages=stages))

    assert asked in text
    assert "vote" not in text


def test_a_model_that_learnt_from_votes_first_keeps_their_limits() -> None:
    text = render(facts(stages=("sft", "dpo", "dpo2")))

    assert "Agreement with the people who judged" in text
    assert "Agreement with votes" not in text
    assert "who were there and voted" in text
    assert "who judged the pairs: not a sample" in text


def test_prompts_of_improvements_are_counted_as_posts_with_a_draft() -> None:
    assert "| split | posts with a draft | responses |" in render(facts(task="improvement"))
    assert "| split | posts | responses |" in render(facts())


def test_the_rule_by_votes_is_not_told_of_improvements() -> None:
    assert "preset `shp`" not in render(facts(task="improvement"))


def test_pairs_that_people_judged_are_not_taken_for_the_dataset() -> None:
    assert "not of the dataset" in render(facts(stages=("sft", "dpo", "dpo2")))
    assert "not of the dataset" not in render(facts())


def test_the_recipe_on_the_card_makes_the_run_again(manifest: Manifest) -> None:
    recipe = load_recipe(
        None,
        [
            "sft.learning_rate=1e-6",
            "dpo.epochs=2",
            "lora.rank=4",
            r'text.system_prompt="a ``` b\n--- c"',
            "beta=0.2",
        ],
    )
    text = render(made(recipe, manifest=manifest))
    block = text.split("`recipe.yaml`", 1)[1].split("yaml\n", 1)[1].split("\n````", 1)[0]

    assert Recipe.model_validate(yaml.safe_load(block)) == recipe


def test_the_command_on_the_card_refuses_other_data_and_the_base_model_is_pinned() -> None:
    text = render(facts())

    assert f"--output NEW_FOLDER dataset.content_root={'a' * 64}\n" in text
    assert f"| base model (SHA-256 over the files of its folder) | `{'d' * 64}` |" in text


def test_hostile_strings_are_shown_and_do_nothing() -> None:
    text = render(
        facts(
            base_name=HOSTILE, dataset_name=HOSTILE, license=HOSTILE, packages={HOSTILE: HOSTILE}, preset=HOSTILE,
            thresholds={HOSTILE: HOSTILE}, machine={HOSTILE: HOSTILE}, dropped={HOSTILE: 1}, version=HOSTILE,
            recipe={"text": {"system_prompt": HOSTILE}}, settings={"one": HOSTILE},
        )
    )  # fmt: skip
    html = html_of(text)

    assert "<script" not in html
    assert "<img" not in html
    assert "<a " not in html
    assert "\u202e" not in html
    assert html.count("<h1>") == 1
    assert text.count("\n---\n") == 1
    assert data_of(text)["license"] == "other"
    assert "license_name" not in data_of(text)


def test_the_same_facts_give_the_same_bytes_and_tables_are_tables() -> None:
    assert render(facts()) == render(facts())
    assert html_of(render(facts())).count("<table>") == 6


@pytest.mark.parametrize("task", ["generation", "improvement", "reward"])
@pytest.mark.parametrize("adapter", [True, False])
@pytest.mark.parametrize("chat", [True, False])
def test_the_code_on_the_card_is_python(task: Any, adapter: bool, chat: bool) -> None:
    stages = ("reward",) if task == "reward" else ("sft", "dpo")
    text = render(
        facts(
            task=task, stages=stages, adapter=adapter, chat=chat, system_turn=chat,
            recipe={"text": {"system_prompt": "Be 'kind'.\n```", "community": True}},
        )
    )  # fmt: skip
    block = text.split("python\n", 1)[1].split("\n````", 1)[0]

    compile(block, "card", "exec")
    assert ("draft=draft" in block) == (task == "improvement")


def asked_as_on_the_card(text: str, tokenizer: Any, post: str) -> str:
    """Run the card's own code as far as the prompt, and return that."""
    block = text.split("python\n", 1)[1].split("\n```", 1)[0]
    [line] = [line for line in block.splitlines() if line.startswith("turns = ")]
    known: dict[str, Any] = {"user_turn": user_turn, "post": post}
    exec(line, known)
    rendered = tokenizer.apply_chat_template(known["turns"], add_generation_prompt=True, tokenize=False)
    return str(rendered)


@pytest.mark.parametrize("refusal", ["", REFUSES_SYSTEM], ids=["system turn", "no system turn"])
def test_the_code_on_the_card_asks_as_training_did(manifest: Manifest, tmp_path: Path, refusal: str) -> None:
    folder = save_tiny_model(tmp_path / "tiny", chat_template=refusal + CHAT_TEMPLATE)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    recipe = load_recipe(None, ["text.system_prompt=' Be kind.'"])

    text = render(made(recipe, manifest=manifest, frame=frame_of(tokenizer, recipe.text)))

    trained = Encoder(tokenizer, recipe.text, task="generation").prompt("How?").text
    assert "Be kind." in trained
    assert asked_as_on_the_card(text, tokenizer, "How?") == trained


@pytest.mark.parametrize(("template", "told"), [("{{ strftime_now('%d %b %Y') }}", True), ("", False)])
def test_the_day_that_a_template_printed_is_told(
    manifest: Manifest, tmp_path: Path, template: str, told: bool
) -> None:
    folder = save_tiny_model(tmp_path / "tiny", chat_template=template + CHAT_TEMPLATE)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    recipe = load_recipe(None, ["text.template_date=2025-01-31"])

    text = render(made(recipe, manifest=manifest, frame=frame_of(tokenizer, recipe.text)))

    assert ("always 2025-01-31 (`text.template_date`)" in text) == told


def report(**changes: Any) -> TrainReport:
    given = TrainReport(
        stage="dpo",
        version="v1.2.3",
        content_root="a" * 64,
        commit="b" * 40,
        inputs={"base_model_sha256": "d" * 64, "model_sha256": "e" * 64},
        packages={"prefpairs": "0.1.0"},
        choices={"device": "cpu", "attention": "segments"},
        data_order="c" * 64,
        steps=1200,
        counts={"train": {"pairs": 18, "threads": 2, "responses": 7, "prompts_cut": 0}},
        dropped={"train": {}},
        work={"tokens": 250, "separate_tokens": 1000},
        parameters={"trained": 10, "all": 1000},
        epochs=({"loss": 0.6},),
        validation=Validation(
            pairs=9,
            responses=12,
            before={"loss": 0.6931},
            after={"loss": 0.5, "rewards/accuracies": 0.75},
            baselines=Baselines(
                reference_likelihood=0.55,
                reference_likelihood_by_token=0.58,
                longer_wins=0.61,
                earlier_wins=None,
            ),
        ),
    )
    return replace(given, **changes)


def made(recipe: Recipe, *, manifest: Manifest, frame: Frame | None = None, **changes: Any) -> CardFacts:
    return card_facts(report(**changes), recipe=recipe, manifest=manifest, frame=frame or PlainFrame())


def test_facts_come_from_report_recipe_and_manifest(manifest: Manifest) -> None:
    recipe = load_recipe(None, [f"model={CACHED}", "lora.rank=4", "dataset.source=hospital/pairs", "seed=3"])
    found = made(recipe, manifest=manifest)

    assert found.stages == ("sft", "dpo")
    assert (found.base_name, found.base_id) == ("Llama-3.2-1B-Instruct", "meta-llama/Llama-3.2-1B-Instruct")
    assert found.dataset_id == "hospital/pairs"
    assert found.dataset_name == "Quiet evenings"
    assert found.license == "data-use-agreement"
    assert found.thresholds == {"max_pairs_per_post": 5, "min_ratio": 2.0}
    assert [(one.name, one.share) for one in found.judged] == [
        ("this model", 0.75),
        ("likelier to the reference (stage sft), summed over tokens", 0.55),
        ("likelier to the reference (stage sft), by token", 0.58),
        ("the longer response wins", 0.61),
        ("the earlier response wins", None),
        ("a coin", 0.5),
    ]
    assert found.reference is not None
    assert "that of the stage sft" in found.reference
    assert "learnt from responses that votes chose" in found.reference
    assert list(found.hashes.values()) == ["d" * 64]
    assert found.change == {"loss": (0.6931, 0.5)}
    assert found.machine["seed"] == 3
    assert found.settings["tokens computed"] == "250, 25% of what separate pairs would have taken"


def test_a_reference_of_which_nothing_is_known_is_only_called_that(manifest: Manifest) -> None:
    found = made(load_recipe(None, ["stages=[dpo]"]), manifest=manifest)

    assert found.judged[1].name == "likelier to the reference, summed over tokens"
    assert found.reference is not None
    assert "learnt" not in found.reference
    assert "learnt nothing" not in render(found)


def test_the_file_of_judged_pairs_is_pinned(manifest: Manifest, tmp_path: Path) -> None:
    recipe = load_recipe(None, ["stages=[dpo2]", f"human_preferences={tmp_path}/p.jsonl"])
    inputs = {"base_model_sha256": "d" * 64, "human_preferences_sha256": "f" * 64}

    text = render(made(recipe, manifest=manifest, stage="dpo2", inputs=inputs))

    assert f"| pairs that people judged (SHA-256 of the file) | `{'f' * 64}` |" in text


def test_a_card_tells_nothing_of_where_things_lie(manifest: Manifest, tmp_path: Path) -> None:
    recipe = load_recipe(
        None,
        [f"model={tmp_path}/secret/base", f"output={tmp_path}/out", f"dataset.into={tmp_path}/data",
         f"dataset.source={tmp_path}/releases", "stages=[sft,dpo,dpo2]", f"human_preferences={tmp_path}/p.jsonl"],
    )  # fmt: skip

    text = render(made(recipe, manifest=manifest, stage="dpo2"))

    assert str(tmp_path) not in text
    assert "secret" not in text
    assert "FILE_OF_JUDGED_PAIRS" in text
    assert "base, trained to reply" in text


def test_without_validation_the_card_says_so(manifest: Manifest) -> None:
    assert "nothing was measured" in render(made(Recipe(), manifest=manifest, validation=None))


def test_a_manifest_that_tells_little_still_gets_a_card(bare: Manifest) -> None:
    text = render(made(Recipe(), manifest=bare))

    assert "language" not in data_of(text)
    assert "The dataset's terms (unknown)" in text


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        (CACHED, ("Llama-3.2-1B-Instruct", "meta-llama/Llama-3.2-1B-Instruct")),
        ("models--gpt2--small--x/snapshots/1", ("small--x", "gpt2/small--x")),
        ("models/my-base", ("my-base", None)),
        (None, ("a language model", None)),
    ],
)
def test_a_base_model_is_named_by_the_hubs_cache_or_its_folder(folder: str | None, told: tuple[str, Any]) -> None:
    assert base_model(None if folder is None else Path(folder)) == told


@pytest.mark.parametrize(
    ("stage", "given", "told"),
    [
        ("sft", [], "Prompts only condition"),
        ("dpo", [], "as TRL computes it, beta 0.1. Every pair counts the same"),
        ("dpo", ["loss=ipo", "beta=0.5"], "IPO (Azar et al. 2023, arXiv 2310.12036), beta 0.5"),
        ("dpo", ["pair_weighting=post"], "Every post counts the same"),
        ("dpo", ["label_smoothing=0.2"], "A share of 0.2 of the labels is taken to be wrong"),
        ("dpo", ["probability=offset"], "ODPO"),
        ("dpo", ["sft_term=0.5"], "times 0.5: the negative log-likelihood"),
        ("dpo", ["loss=plackett_luce"], "whole ranking of a post's responses, by the rewards of DPO"),
        ("reward", ["task=reward", "stages=[reward]"], "Bradley and Terry's"),
        ("reward", ["task=reward", "stages=[reward]", "loss=plackett_luce"], "Plackett and Luce's"),
    ],
)
def test_the_loss_is_told_with_its_settings(stage: Any, given: list[str], told: str) -> None:
    assert told in loss_told(load_recipe(None, given), stage)


def test_rankings_have_no_weight_of_pairs() -> None:
    assert "counts" not in loss_told(load_recipe(None, ["loss=plackett_luce"]), "dpo")
