"""Reference scores: stored once, taken again only if nothing that changes them has changed."""

import json
import math
import stat
import threading
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import transformers

from prefpairs.errors import ConfigError
from prefpairs.release.manifest import read_manifest
from prefpairs.train.attention.rows import RowsAttention
from prefpairs.train.attention.segments import SegmentsAttention
from prefpairs.train.data.encoding import Encoder
from prefpairs.train.data.trees import Split, Tree
from prefpairs.train.models.folder import folder_hash
from prefpairs.train.objectives.pairwise import Sigmoid
from prefpairs.train.recipe import Optimiser, Recipe, Text
from prefpairs.train.reference import ReferenceKey, ReferenceScores, reference_key, reference_scores
from prefpairs.train.reference_store import forget, store_folder
from prefpairs.train.scoring import layout as rows
from prefpairs.train.scoring.layout import Layout, Scores
from prefpairs.train.scoring.scorer import Scorer
from tests.support.preference_trees import pair
from tests.support.tiny_model import CHAT_TEMPLATE, save_tiny_model
from tests.support.version_folder import pair_row, write_version

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny", chat_template=CHAT_TEMPLATE)


@pytest.fixture
def scorer(folder: Path) -> "Counting":
    return Counting(folder)


class Counting:
    """A real scorer that counts the responses that it is asked for."""

    def __init__(self, folder: Path) -> None:
        library: Any = transformers
        model = library.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        self.model = model
        self.responses = 0
        self._scorer = Scorer(model, SegmentsAttention(), head_tokens=64, compute=torch.float32)

    def __call__(self, layout: Layout) -> Scores:
        self.responses += layout.responses
        scores: Scores = self._scorer(layout)
        return scores


def split_of(*, seed: int = 3) -> Split:
    generator = torch.Generator().manual_seed(seed)

    def ids(length: int) -> "array[int]":
        return array("i", torch.randint(5, 200, (length,), generator=generator).tolist())

    trees = [
        Tree(
            thread_id=f"thread-{number}",
            prompt=ids(6),
            responses=(ids(3), ids(5)),
            response_ids=(f"response-{number}-a", f"response-{number}-b"),
            numbers=(2 * number, 2 * number + 1),
            pairs=(pair(0, 1),),
        )
        for number in range(4)
    ]
    return Split(trees=tuple(trees), rows=4, dropped={})


KEY = ReferenceKey(
    model="m",
    encoding="e",
    weights="float32",
    compute="float32",
    attention="segments",
    device="cpu",
    content_root="c",
    stage="dpo",
    split="train",
)


def asked(
    scorer: Counting, store: Path, *, key: ReferenceKey = KEY, split: Split | None = None, spot_check: int = 3
) -> ReferenceScores:
    return reference_scores(
        scorer,
        split or split_of(),
        store=store,
        key=key,
        spot_check=spot_check,
        row_tokens=64,
        device=CPU,
        seed=0,
    )


def test_scores_are_computed_once_and_then_a_few_are_checked(scorer: Counting, tmp_path: Path) -> None:
    first = asked(scorer, tmp_path)
    assert (first.computed, first.checked, first.note, scorer.responses) == (True, 0, "", 8)

    second = asked(scorer, tmp_path)
    assert (second.computed, second.checked, second.note, scorer.responses) == (False, 3, "", 8 + 3)
    assert torch.equal(second.sums, first.sums)


def test_stored_scores_are_those_of_each_response_alone(scorer: Counting, tmp_path: Path) -> None:
    asked(scorer, tmp_path)
    sums = asked(scorer, tmp_path).sums

    with torch.no_grad():
        for tree in split_of().trees:
            for number, response in zip(tree.numbers, tree.responses, strict=True):
                ids = torch.tensor([[*tree.prompt, *response]])
                logits = scorer.model(input_ids=ids).logits[0, len(tree.prompt) - 1 : -1].log_softmax(-1)
                alone = logits.gather(-1, torch.tensor(response.tolist())[:, None]).sum()
                assert sums[number].item() == pytest.approx(alone.item(), abs=2e-5 * len(response))


def test_the_loss_of_the_first_step_is_ln_2(scorer: Counting, tmp_path: Path) -> None:
    asked(scorer, tmp_path)
    trees = split_of().trees
    reference = asked(scorer, tmp_path).sums[[number for tree in trees for number in tree.numbers]]
    objective = Sigmoid(beta=0.1)

    loss = objective(scorer(rows.layout(trees, device=CPU)), reference, trees, objective.denominators(trees))

    assert loss.value.item() == pytest.approx(math.log(2), abs=1e-6)


@pytest.mark.parametrize(
    "changed",
    [
        {"learning_rate": True},
        {"output": Path("elsewhere")},
        {"beta": 0.5},
        {"seed": 7},
        {"row_tokens": 4096},
        {"head_tokens": 16},
        {"log_every": 1},
        {"label_smoothing": 0.1},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_only_the_training_reads_does_not_miss_the_store(folder: Path, changed: dict[str, Any]) -> None:
    # TRL's cache misses when the learning rate or the output folder changes.
    if "learning_rate" in changed:
        changed = {"dpo": Optimiser(learning_rate=2e-6)}

    assert key_of(Recipe(**changed), folder) == key_of(Recipe(), folder)


@pytest.mark.parametrize(
    "changed",
    [
        {"text": Text(max_tokens=512)},
        {"text": Text(system_prompt="Be kind.")},
        {"text": Text(community=True)},
        {"weights": "bfloat16"},
    ],
    ids=["max_tokens", "system_prompt", "community", "weights"],
)
def test_what_changes_texts_or_arithmetic_misses_the_store(folder: Path, changed: dict[str, Any]) -> None:
    assert key_of(Recipe(**changed), folder) != key_of(Recipe(), folder)


def test_another_template_misses_the_store(folder: Path) -> None:
    assert key_of(Recipe(), folder, template=CHAT_TEMPLATE.replace("trim", "trim ~ ' '")) != key_of(
        Recipe(), folder
    )


def test_other_attention_or_arithmetic_misses_the_store(folder: Path) -> None:
    usual = key_of(Recipe(), folder)

    assert key_of(Recipe(), folder, attention=RowsAttention()) != usual
    assert key_of(Recipe(), folder, compute=torch.bfloat16) != usual


def test_another_model_misses_the_store(folder: Path, tmp_path: Path) -> None:
    other = save_tiny_model(tmp_path / "other", chat_template=CHAT_TEMPLATE, seed=1)

    assert key_of(Recipe(), other) != key_of(Recipe(), folder)


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, model="other"),
        replace(KEY, content_root="other"),
        replace(KEY, split="validation"),
        replace(KEY, stage="dpo2"),
        replace(KEY, torch="other"),
        replace(KEY, transformers="other"),
        replace(KEY, layout=0),
        replace(KEY, device="cuda"),
    ],
    ids=["model", "data", "split", "stage", "torch", "transformers", "layout", "device"],
)
def test_every_part_of_the_key_counts(scorer: Counting, tmp_path: Path, other: ReferenceKey) -> None:
    asked(scorer, tmp_path)

    assert asked(scorer, tmp_path, key=other).computed
    assert not asked(scorer, tmp_path).computed


def test_other_token_ids_under_the_same_key_are_scored_anew(scorer: Counting, tmp_path: Path) -> None:
    asked(scorer, tmp_path)

    again = asked(scorer, tmp_path, split=split_of(seed=4))

    assert again.computed
    assert again.note == ""  # another key, and not the same one with scores that are found to be wrong


def test_a_model_that_is_not_the_one_of_the_key_is_found_out(scorer: Counting, tmp_path: Path) -> None:
    asked(scorer, tmp_path)
    with torch.no_grad():
        scorer.model.model.layers[0].mlp.down_proj.weight.mul_(1.5)

    again = asked(scorer, tmp_path, spot_check=8)

    assert again.computed
    assert again.note == "Stored reference scores are not used: of 8 computed again 8 were others."
    assert not asked(scorer, tmp_path, spot_check=8).computed


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def with_another_number(path: Path) -> None:
    table = pq.read_table(path)
    sums = [*table["sum"].to_pylist()[:-1], -1.0]
    pq.write_table(table.set_column(3, table.schema.field("sum"), pa.array(sums, pa.float32())), path)


def with_another_response(path: Path) -> None:
    table = pq.read_table(path)
    names = ["stranger", *table["response_id"].to_pylist()[1:]]
    pq.write_table(table.set_column(1, table.schema.field("response_id"), pa.array(names)), path)


def without_a_row(path: Path) -> None:
    pq.write_table(pq.read_table(path).slice(1), path)


def of_another_table(path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), path)


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (cut, "it cannot be read"),
        (emptied, "it cannot be read"),
        (with_another_number, "its numbers were changed"),
        (with_another_response, "it holds other responses"),
        (without_a_row, "it holds other responses"),
        (of_another_table, "it is of another kind"),
    ],
)
def test_a_damaged_file_is_never_trusted(
    scorer: Counting, tmp_path: Path, damage: Callable[[Path], None], fault: str
) -> None:
    right = asked(scorer, tmp_path).sums
    (path,) = tmp_path.iterdir()
    damage(path)

    again = asked(scorer, tmp_path)

    assert again.computed
    assert fault in again.note
    assert torch.equal(again.sums, right)
    assert not asked(scorer, tmp_path).computed


def test_a_file_says_what_it_is_of_and_holds_no_text_and_is_private(scorer: Counting, tmp_path: Path) -> None:
    asked(scorer, tmp_path / "store")
    (path,) = (tmp_path / "store").iterdir()
    table = pq.read_table(path)

    assert table.column_names == ["thread_id", "response_id", "tokens", "sum"]
    assert table["tokens"].to_pylist() == [3, 5] * 4
    assert json.loads(table.schema.metadata[b"prefpairs.reference_key"])["content_root"] == "c"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_model_with_a_damaged_weight_stops_and_nothing_is_stored(scorer: Counting, tmp_path: Path) -> None:
    broken = Counting.__new__(Counting)
    broken.responses = 0
    broken._scorer = lambda row: Scores(  # type: ignore[assignment]
        sums=torch.full((row.responses,), torch.nan), lengths=row.lengths
    )

    with pytest.raises(ConfigError, match="8 of 8 responses no finite log-probability"):
        asked(broken, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_split_without_trees_has_no_scores(scorer: Counting, tmp_path: Path) -> None:
    empty = Split(trees=(), rows=0, dropped={})

    assert asked(scorer, tmp_path, split=empty).sums.shape == (0,)
    assert asked(scorer, tmp_path, split=empty).sums.shape == (0,)


def test_scores_of_a_version_that_is_no_longer_here_are_forgotten(scorer: Counting, tmp_path: Path) -> None:
    gone = store_folder(tmp_path, "v0.1.0")
    asked(scorer, gone)

    assert forget(tmp_path) == [gone]
    assert not gone.exists()
    assert forget(tmp_path) == []


def test_scores_of_data_that_a_version_no_longer_holds_are_forgotten(scorer: Counting, tmp_path: Path) -> None:
    store = store_folder(tmp_path, "v0.1.0")
    before = write_version(tmp_path / "v0.1.0", {"train": [pair_row("t", "A post.", "Better.", "Worse.")]}).folder
    asked(scorer, store, key=replace(KEY, content_root=read_manifest(before).content_root))
    (path,) = store.iterdir()
    assert forget(tmp_path) == []

    write_version(tmp_path / "v0.1.0", {"train": [pair_row("t", "Another post.", "Better.", "Worse.")]})

    assert forget(tmp_path) == [path]
    assert list(store.iterdir()) == []


def test_several_processes_get_the_same_and_only_the_first_one_writes(folder: Path, tmp_path: Path) -> None:
    alone = asked(Counting(folder), tmp_path / "alone").sums
    stores = [tmp_path / "first", tmp_path / "second"]

    computed, loaded = (together(folder, stores) for _ in range(2))

    assert [found.computed for found in (*computed, *loaded)] == [True, True, False, False]
    assert all(torch.allclose(found.sums, alone, rtol=0, atol=1e-4) for found in (*computed, *loaded))
    assert not stores[1].exists()


class Thread:
    """One of two processes, played by threads that wait for each other wherever processes would."""

    size = 2

    def __init__(self, rank: int, barrier: threading.Barrier, shared: list[torch.Tensor]) -> None:
        self.rank = rank
        self._barrier = barrier
        self._shared = shared

    def sum(self, tensor: torch.Tensor) -> torch.Tensor:
        self._shared[self.rank] = tensor
        self._barrier.wait(timeout=60)
        added = self._shared[0] + self._shared[1]
        self._barrier.wait(timeout=60)
        return added


def together(folder: Path, stores: list[Path]) -> list[ReferenceScores]:
    shared = [torch.zeros(0), torch.zeros(0)]
    barrier = threading.Barrier(2)
    scorers = [Counting(folder), Counting(folder)]

    def one(rank: int) -> ReferenceScores:
        return reference_scores(
            scorers[rank],
            split_of(),
            store=stores[rank],
            key=KEY,
            spot_check=3,
            row_tokens=32,
            device=CPU,
            seed=0,
            processes=Thread(rank, barrier, shared),
        )

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(2)))


def key_of(
    recipe: Recipe,
    folder: Path,
    *,
    template: str = CHAT_TEMPLATE,
    attention: SegmentsAttention | RowsAttention = SegmentsAttention(),  # noqa: B008 (frozen)
    compute: torch.dtype = torch.float32,
) -> ReferenceKey:
    library: Any = transformers
    tokenizer = library.AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = template
    return reference_key(
        recipe,
        "dpo",
        split="train",
        model=folder_hash(folder),
        encoder=Encoder(tokenizer, recipe.text, task=recipe.task),
        attention=attention,
        compute=compute,
        device=CPU,
        content_root="c",
    )
