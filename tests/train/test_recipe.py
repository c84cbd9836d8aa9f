import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from prefpairs.errors import ConfigError
from prefpairs.train.recipe import Lora, Optimiser, Recipe, load_recipe, recipe_file, shipped_recipes

RECIPES = Path(__file__).parents[2] / "src" / "prefpairs" / "train" / "recipes"


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_defaults_hold() -> None:
    assert load_recipe(None) == Recipe()


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    assert load_recipe(write(tmp_path, "# nothing yet\n")) == Recipe()


def test_a_file_with_sections(tmp_path: Path) -> None:
    recipe = load_recipe(
        write(
            tmp_path,
            "beta: 0.2\nlora:\n  targets: [q_proj, v_proj]\ndpo:\n  learning_rate: 5e-6\n"
            "text:\n  template_date: 2025-01-31\nmodel: models/base\n",
        )
    )

    assert recipe.beta == 0.2
    assert recipe.lora == Lora(targets=("q_proj", "v_proj"))
    assert recipe.dpo == Optimiser(learning_rate=5e-6)
    assert recipe.text.template_date == date(2025, 1, 31)
    assert recipe.model == Path("models/base")


@pytest.mark.parametrize("written", ["1e-6", "1E-6", "1.0e-6", "0.000001", "'1e-6'"])
def test_small_numbers_may_be_written_without_a_point(tmp_path: Path, written: str) -> None:
    # YAML 1.1, which PyYAML reads, takes 1e-6 for a text.
    assert load_recipe(write(tmp_path, f"dpo: {{learning_rate: {written}}}")).dpo.learning_rate == 1e-6
    assert load_recipe(None, [f"dpo.learning_rate={written}"]).dpo.learning_rate == 1e-6


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ("beta=0.05", "beta", 0.05),
        ("stages=[dpo]", "stages", ("dpo",)),
        ("gradient_checkpointing=true", "gradient_checkpointing", True),
        ("output=runs/a b", "output", Path("runs/a b")),
        ("lora.rank=8", "lora", Lora(rank=8)),
        ("lora={rank: 4, alpha: 8}", "lora", Lora(rank=4, alpha=8)),
        ("lora=null", "lora", None),
        ("model=a=b", "model", Path("a=b")),
    ],
)
def test_settings_on_the_command_line(given: str, name: str, value: Any) -> None:
    assert getattr(load_recipe(None, [given]), name) == value


@pytest.mark.parametrize("stage", ["sft", "dpo", "dpo2", "reward"])
def test_a_stage_keeps_its_own_learning_rate_when_something_else_of_it_is_set(stage: str) -> None:
    usual: Optimiser = getattr(Recipe(), stage)

    assert getattr(load_recipe(None, [f"{stage}.epochs=7"]), stage) == usual.model_copy(update={"epochs": 7})


def test_the_command_line_goes_before_the_file_and_keeps_the_rest_of_a_section(tmp_path: Path) -> None:
    path = write(tmp_path, "dpo: {learning_rate: 1e-5, epochs: 2}\nlora:\n")

    recipe = load_recipe(path, ["dpo.epochs=3", "lora.rank=2", "dpo.epochs=4"])

    assert recipe.dpo == Optimiser(learning_rate=1e-5, epochs=4)
    assert recipe.lora == Lora(rank=2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("betta=0.1", "there is no setting betta (is it beta?)"),
        ("dpo.lerning_rate=1", "there is no setting dpo.lerning_rate (is it dpo.learning_rate?)"),
        ("lora.rang=1", "there is no setting lora.rang (is it lora.rank?)"),
        ("xyzzy=1", "there is no setting xyzzy."),
        ("beta=0", "beta: should be greater than 0 (it is 0)"),
        ("beta=.inf", "beta: should be a finite number"),
        ("beta=.nan", "beta: should be"),
        ("sft_term=.inf", "sft_term: should be a finite number"),
        ("beta=much", "beta: should be a valid number, unable to parse string as a number (it is 'much')"),
        ("dpo.epochs=1.5", "dpo.epochs: should be a valid integer"),
        ("dpo=1e-6", "dpo: a section, so its settings are written below it, indented, or as dpo.name=value"),
        ("dpo=", "dpo: a section"),
        ("loss=hinge", "loss: should be 'sigmoid', 'ipo' or 'plackett_luce' (it is 'hinge')"),
        ("label_smoothing=0.5", "label_smoothing: should be less than 0.5"),
        ("stages=[dpo, sft]", "in the order sft, dpo, dpo2"),
        ("stages=[]", "at least one"),
        ("stages=[sft, sft]", "each once"),
        ("stages=[reward]", "task reward has the stage reward and no other"),
        ("task=reward", "task reward has the stage reward and no other"),
        ("stages=[dpo2]", "needs human_preferences"),
        ("row_tokens=1024", "row_tokens (1024) must be at least twice text.max_tokens (1024)"),
    ],
)
def test_a_setting_that_does_not_do_is_named_with_what_does(given: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_recipe(None, [given])

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["loss=ipo", "probability=offset"], "a margin of rewards, which loss=ipo does not have"),
        (["task=reward", "stages=[reward]", "loss=ipo"], "a reward model has no log-probabilities"),
        (["task=reward", "stages=[reward]", "sft_term=0.1"], "a reward model has no log-probabilities"),
    ],
)
def test_settings_that_do_not_go_together_are_told_when_the_recipe_is_read(given: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_recipe(None, given)


@pytest.mark.parametrize("given", ["beta", "=1", "dpo.=1", ".beta=1", "beta 0.1"])
def test_what_is_no_setting_at_all_is_shown_how_to_write_one(given: str) -> None:
    with pytest.raises(ConfigError, match=r"Write key=value, for example beta=0\.05"):
        load_recipe(None, [given])


def test_a_value_that_is_no_yaml_is_told() -> None:
    with pytest.raises(ConfigError, match="The value of stages is no YAML"):
        load_recipe(None, ["stages=[dpo"])


def test_a_value_is_no_section() -> None:
    with pytest.raises(ConfigError, match=r"beta\.more: beta is no section of the recipe"):
        load_recipe(None, ["beta=0.1", "beta.more=1"])


def test_rankings_and_labels_of_pairs_do_not_mix() -> None:
    with pytest.raises(ConfigError, match="plackett_luce ranks whole threads"):
        load_recipe(None, ["loss=plackett_luce", "label_smoothing=0.1"])


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_recipe(write(tmp_path, "beta: -1\nsed: 3\n"))

    assert "beta: should be greater than 0" in str(caught.value)
    assert "there is no setting sed (is it seed?)" in str(caught.value)
    assert str(tmp_path / "recipe.yaml") in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("beta: [0.1", r"is no YAML at line \d"),
        ("- beta", "holds no settings"),
        ("just words", "holds no settings"),
        ("1: 2", "holds no settings"),
        ("beta: !!python/object/apply:os.getcwd []", "is no YAML"),
        ("text: {template_date: 2025-02-31}", "is no YAML"),
        ("beta: 0.1\nseed: 1\nbeta: 0.2\n", "has beta twice, at line 3"),
        ("dpo:\n  epochs: 1\n  epochs: 2\n", "has epochs twice, at line 3"),
    ],
)
def test_a_file_that_holds_no_recipe_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_recipe(write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml cannot be read \(No such file"):
        load_recipe(tmp_path / "nowhere.yaml")


def test_a_recipe_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Recipe().beta = 1.0


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_is_one_and_says_why(name: str) -> None:
    text = recipe_file(name).read_text(encoding="utf-8")

    recipe = load_recipe(recipe_file(name))

    assert f"--config {name}" in text
    assert recipe.model is None
    assert recipe.output is None
    assert all(len(line) <= 120 for line in text.splitlines())
    for setting in ("row_tokens", "weights", "max_tokens", "learning_rate"):
        assert re.search(rf"^ *#.*\n *{setting}: ", text, re.MULTILINE), f"{setting} has no reason above it"


def test_the_recipes_that_the_readme_of_recipes_promises_are_there() -> None:
    assert set(shipped_recipes()) == {
        "fsdp2-8b", "full-1b", "improvement-1b", "lora-1b", "lora-8b", "reward-1b", "tiny-cpu",
    }  # fmt: skip


def test_every_update_survives_in_shipped_recipes() -> None:
    # A weight that is trained in bfloat16 loses what is smaller than 1/256 of it.
    for name in shipped_recipes():
        recipe = load_recipe(recipe_file(name))
        assert recipe.lora is not None or recipe.weights == "float32"


def test_a_shipped_recipe_is_found_by_name_and_a_file_goes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert recipe_file("lora-1b") == recipe_file("lora-1b.yaml") == RECIPES / "lora-1b.yaml"

    own = tmp_path / "lora-1b.yaml"
    own.write_text("beta: 0.3")
    assert load_recipe(recipe_file("lora-1b.yaml")).beta == 0.3
    assert load_recipe(recipe_file(str(own))).beta == 0.3


@pytest.mark.parametrize("name", ["lora-2b", "accelerate-fsdp2", "../recipe"])
def test_an_unknown_recipe_is_told_with_those_that_there_are(name: str) -> None:
    with pytest.raises(ConfigError, match="the shipped ones are fsdp2-8b, full-1b"):
        recipe_file(name)


def test_accelerate_only_starts_processes() -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    path = RECIPES / "accelerate-fsdp2.yaml"

    config: Any = load_config_from_file(str(path))

    # Its own FSDP would make transformers load empty models on all processes but the first.
    assert config.distributed_type == "MULTI_GPU"
    assert "fsdp_config" not in yaml.safe_load(path.read_text())
    assert config.num_processes == 8
