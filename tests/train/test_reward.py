"""A reward model: transformers' own classifier, scored on packed rows."""

import json
from array import array
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from prefpairs.errors import ConfigError
from prefpairs.train.attention.interface import Attention
from prefpairs.train.attention.masked import MaskedAttention
from prefpairs.train.attention.rows import RowsAttention
from prefpairs.train.attention.segments import SegmentsAttention
from prefpairs.train.data.trees import Tree
from prefpairs.train.models.load import load
from prefpairs.train.models.lora import add_lora
from prefpairs.train.models.save import merge_adapter, save
from prefpairs.train.objectives.choose import objective_of
from prefpairs.train.recipe import Lora, Recipe
from prefpairs.train.reward import RewardScorer, with_reward_head
from prefpairs.train.reward_load import load_reward_model
from prefpairs.train.scoring.layout import layout
from tests.support.preference_trees import pair
from tests.support.tiny_model import CHAT_TEMPLATE, save_tiny_model

CPU = torch.device("cpu")
RECIPE = Recipe(task="reward", stages=("reward",))
END = 1  # <|end|>
library: Any = transformers


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny", chat_template=CHAT_TEMPLATE)


def made(folder: Path, *, seed: int = 0) -> tuple[Any, Any]:
    loaded = load(folder, RECIPE, device=CPU)
    return with_reward_head(loaded.model, loaded.tokenizer, seed=seed), loaded.tokenizer


def tree(prompt: list[int], *responses: list[int], number: int = 0, ranking: tuple[int, ...] = (0, 1)) -> Tree:
    """Return a tree whose first response is the better one."""
    return Tree(
        thread_id=f"thread-{number}",
        prompt=array("i", prompt),
        responses=tuple(array("i", response) for response in responses),
        response_ids=tuple(map(str, range(len(responses)))),
        numbers=tuple(range(2 * number, 2 * number + len(responses))),
        pairs=(pair(0, 1),) if len(responses) > 1 else (),
        ranking=ranking if len(responses) > 1 else (),
    )


ROW = (
    tree([10, 11, 12, 13], [20, 21, END], [30, END], [40, 41, 42, 43, END]),
    tree([14, 15], [50, END], number=2),
    tree([16, 17, 18], [60, 61, 62, END], [70, 71, END], number=3),
)


def alone(model: Any, row: tuple[Tree, ...]) -> list[float]:
    with torch.no_grad():
        return [
            model(input_ids=torch.tensor([[*one.prompt, *response]])).logits.item()
            for one in row
            for response in one.responses
        ]


@pytest.mark.parametrize(
    "attention", [SegmentsAttention(), MaskedAttention(), RowsAttention()], ids=lambda it: it.name
)
def test_rewards_are_those_of_transformers_one_by_one(folder: Path, attention: Attention) -> None:
    model, _ = made(folder)
    expected = alone(model, ROW)
    scorer = RewardScorer(model, attention, compute=torch.float32)

    rewards = scorer(layout(ROW, device=CPU)).sums

    assert rewards.dtype == torch.float32
    assert rewards.tolist() == pytest.approx(expected, abs=2e-5)
    assert scorer.difference is not None
    assert scorer.difference < 2e-5


def test_the_first_row_trains_every_weight_under_bfloat16(folder: Path) -> None:
    # Autocast keeps what it has cast: weights that were cast without gradients while comparing would get none.
    model, _ = made(folder)

    RewardScorer(model, SegmentsAttention(), compute=torch.bfloat16)(layout(ROW, device=CPU)).sums.sum().backward()

    assert [name for name, weight in model.named_parameters() if weight.grad is None] == []


def test_rewards_are_no_view_which_fsdp2_could_not_hook(folder: Path) -> None:
    model, _ = made(folder)

    rewards = RewardScorer(model, SegmentsAttention(), compute=torch.float32)(layout(ROW, device=CPU)).sums

    assert not rewards._is_view()


def test_a_padded_batch_in_transformers_gives_the_same_rewards(folder: Path) -> None:
    # A pad token that ends responses would make transformers read the number one token too early.
    model, tokenizer = made(folder)
    texts = [[*one.prompt, *response] for one in ROW for response in one.responses]
    batch = tokenizer.pad({"input_ids": texts}, return_tensors="pt")

    with torch.no_grad():
        padded = model(**batch).logits[:, 0].tolist()

    assert padded == pytest.approx(alone(model, ROW), abs=2e-5)
    assert tokenizer.pad_token_id != END


def test_a_saved_reward_model_loads_in_transformers_as_it_is(folder: Path, tmp_path: Path) -> None:
    model, tokenizer = made(folder)
    expected = alone(model, ROW)
    save(tmp_path / "reward", model=model, tokenizer=tokenizer, files={})
    config = json.loads((tmp_path / "reward" / "config.json").read_bytes())

    loaded, info = library.AutoModelForSequenceClassification.from_pretrained(
        tmp_path / "reward", dtype=torch.float32, output_loading_info=True
    )

    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    assert config["architectures"] == ["LlamaForSequenceClassification"]
    assert config["pad_token_id"] == library.AutoTokenizer.from_pretrained(tmp_path / "reward").pad_token_id
    assert loaded.config.num_labels == 1
    assert loaded.score.weight.shape == (1, 32)
    assert alone(loaded.eval(), ROW) == expected


def test_a_saved_reward_model_scores_rows_as_before(folder: Path, tmp_path: Path) -> None:
    model, tokenizer = made(folder)
    before = RewardScorer(model, SegmentsAttention(), compute=torch.float32)(layout(ROW, device=CPU)).sums
    save(tmp_path / "reward", model=model, tokenizer=tokenizer, files={})

    again = load_reward_model(tmp_path / "reward", RECIPE, device=CPU)
    after = RewardScorer(again.model, SegmentsAttention(), compute=torch.float32)(layout(ROW, device=CPU)).sums

    assert torch.equal(after, before)
    assert not after.requires_grad


def test_a_language_model_is_no_reward_model(folder: Path) -> None:
    with pytest.raises(ConfigError, match="no trained head with one label"):
        load_reward_model(folder, RECIPE, device=CPU)


def test_the_same_seed_makes_the_same_head(folder: Path) -> None:
    first, second, other = (made(folder, seed=seed)[0].score.weight for seed in (0, 0, 1))

    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_attention_that_leaks_between_responses_stops_at_first_use(folder: Path) -> None:
    class Causal(RowsAttention):
        """Attends to everything before it in the row, prompts and responses of others too."""

        def hidden(self, backbone: Any, layout: Any) -> torch.Tensor:
            states: torch.Tensor = backbone(input_ids=layout.ids[None], use_cache=False).last_hidden_state[0]
            return states

    model, _ = made(folder)

    with pytest.raises(ConfigError, match="gives other rewards than alone"):
        RewardScorer(model, Causal(), compute=torch.float32)(layout(ROW, device=CPU))


@pytest.mark.parametrize("loss", ["sigmoid", "plackett_luce"])
@pytest.mark.parametrize("lora", [None, Lora(rank=4)], ids=["full", "lora"])
def test_a_known_preference_is_learnt(folder: Path, loss: Any, lora: Lora | None) -> None:
    # A response with token 100 in it is better than the same with token 101, wherever it stands.
    generator = torch.Generator().manual_seed(5)

    def example(number: int) -> Tree:
        prompt = torch.randint(10, 90, (4,), generator=generator).tolist()
        words = torch.randint(10, 90, (3,), generator=generator).tolist()
        return tree(prompt, [*words[:2], 100, words[2], END], [words[0], 101, *words[1:], END], number=number)

    trees = [example(number) for number in range(96)]
    train, held_out = trees[:64], trees[64:]
    recipe = RECIPE.model_copy(update={"loss": loss})
    model, _ = made(folder)
    if lora is not None:
        model = add_lora(model, lora, seed=0)
    scorer = RewardScorer(model, SegmentsAttention(), compute=torch.float32)
    objective = objective_of(recipe, "reward")
    trained = [parameter for parameter in scorer.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=5e-3)

    for step in range(24):
        batch = train[16 * (step % 4) : 16 * (step % 4) + 16]
        optimizer.zero_grad()
        scores = scorer(layout(batch, device=CPU))
        objective(scores, None, batch, objective.denominators(batch)).value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    with torch.no_grad():
        sums = objective(
            scorer(layout(held_out, device=CPU)), None, held_out, objective.denominators(held_out)
        ).sums
    assert objective.summary(sums.tolist())["rewards/accuracies"] >= 0.95


def test_adapters_of_a_reward_model_keep_its_head(folder: Path, tmp_path: Path) -> None:
    loaded = load(folder, RECIPE, device=CPU)
    model = add_lora(with_reward_head(loaded.model, loaded.tokenizer, seed=0), Lora(rank=4), seed=0)
    before = RewardScorer(model, SegmentsAttention(), compute=torch.float32)(layout(ROW, device=CPU)).sums.detach()
    save(tmp_path / "adapter", model=model, tokenizer=loaded.tokenizer, files={})

    again = load_reward_model(tmp_path / "adapter", RECIPE, device=CPU)
    after = RewardScorer(again.model, SegmentsAttention(), compute=torch.float32)(layout(ROW, device=CPU)).sums

    assert after.tolist() == pytest.approx(before.tolist(), abs=1e-6)


def test_adapters_merge_into_a_whole_reward_model(folder: Path, tmp_path: Path) -> None:
    loaded = load(folder, RECIPE, device=CPU)
    model = add_lora(with_reward_head(loaded.model, loaded.tokenizer, seed=0), Lora(rank=4), seed=0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.add_(0.1 if "lora" in name else 0.5)
    expected = alone(model, ROW)
    save(tmp_path / "adapter", model=model, tokenizer=loaded.tokenizer, files={})

    merge_adapter(tmp_path / "adapter", tmp_path / "whole")

    whole = library.AutoModelForSequenceClassification.from_pretrained(tmp_path / "whole", dtype=torch.float32)
    assert alone(whole.eval(), ROW) == pytest.approx(expected, abs=1e-4)


def test_gradient_checkpointing_changes_no_gradient(folder: Path) -> None:
    found = []
    for again in (False, True):
        loaded = load(folder, RECIPE.model_copy(update={"gradient_checkpointing": again}), device=CPU)
        model = with_reward_head(loaded.model, loaded.tokenizer, seed=0)
        RewardScorer(model, SegmentsAttention(), compute=torch.float32)(
            layout(ROW, device=CPU)
        ).sums.sum().backward()
        found.append(model.model.layers[0].mlp.down_proj.weight.grad)

    assert torch.equal(*found)


def test_a_tokenizer_that_pads_with_its_end_gets_another_token(folder: Path) -> None:
    loaded = load(folder, RECIPE, device=CPU)
    loaded.tokenizer.pad_token = loaded.tokenizer.eos_token

    model = with_reward_head(loaded.model, loaded.tokenizer, seed=0)

    assert loaded.tokenizer.pad_token_id != END
    assert model.config.pad_token_id == loaded.tokenizer.pad_token_id


def test_a_model_that_transformers_cannot_make_a_classifier_of_is_refused(folder: Path) -> None:
    loaded = load(folder, RECIPE, device=CPU)
    strange = library.GraniteMoeForCausalLM(
        library.GraniteMoeConfig(
            vocab_size=32, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2
        )
    )

    with pytest.raises(ConfigError, match="no sequence classifier for models of type granitemoe"):
        with_reward_head(strange, loaded.tokenizer, seed=0)
