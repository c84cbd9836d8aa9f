"""What TRL is handed: every row of the version, the words of `prefpairs train`, and where it is all from."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from prefpairs.errors import ConfigError, ContractError
from prefpairs.export import trl
from prefpairs.export.forms import FormName
from prefpairs.lake import Lake
from prefpairs.release import client, publish
from prefpairs.release.client import PulledVersion
from prefpairs.release.manifest import verify
from tests.support.releases import NOW, approved, credentials, fill, improvement, overwrite, pair, project

SPLITS = ("train", "train", "validation", "test")


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> PulledVersion:
    """A released version with every config that can be exported, and one that cannot."""
    folder = tmp_path_factory.mktemp("export")
    settings = project(folder / "project", safety={"publish": ["crisis"]}, contact="privacy@example.org")
    lake = fill(Lake(folder / "lake"), SPLITS)
    pairs = [pair(number, split=split) for number, split in enumerate(SPLITS, start=1)]
    overwrite(lake, "pairs", [*pairs, pair(9, config="crisis", labels_prompt=["CRISIS"])])
    by_hand: dict[str, Any] = {"made_by": "revision", "better_id": None, "preference_probability": None}
    overwrite(lake, "improvements", [improvement(1), improvement(2, **by_hand)])
    approved(settings, lake)
    released = publish.release(settings, "v0.1.0", credentials=credentials(), now=NOW)
    return client.pull(str(Path(released.location).parent), "v0.1.0", into=folder / "data")


def exported(pulled: PulledVersion, output: Path, **settings: Any) -> trl.ExportReport:
    return trl.export(pulled.folder, pulled.manifest, output, **settings)


def rows(folder: Path, dataset: str, split: str = "train") -> list[dict[str, Any]]:
    (file,) = (folder / "data" / dataset).glob(f"{split}-*")
    return list(pq.read_table(file).to_pylist())


def test_every_row_of_every_split_is_there(pulled: PulledVersion, tmp_path: Path) -> None:
    report = exported(pulled, tmp_path / "out")

    assert report.rows == {
        "preference": {"train": 2, "validation": 1, "test": 1},
        "sft": {"train": 2, "validation": 1, "test": 1},
        "improvement_preference": {"train": 2},
        "improvement_sft": {"train": 2},
    }
    for dataset, splits in report.rows.items():
        assert {split: len(rows(report.folder, dataset, split)) for split in splits} == splits
    assert (report.version, report.content_root) == ("v0.1.0", pulled.manifest.content_root)


def test_messages_are_what_trl_calls_conversational(pulled: PulledVersion, tmp_path: Path) -> None:
    folder = exported(pulled, tmp_path / "out", system_prompt=" You help. ").folder

    first = rows(folder, "preference")[0]
    assert first["prompt"] == [
        {"role": "system", "content": "You help."},
        {"role": "user", "content": "How do I get through week 1?"},
    ]
    assert first["chosen"] == [{"role": "assistant", "content": "Call <PERSON>, and take walk number 1."}]
    assert first["rejected"] == [{"role": "assistant", "content": "No idea."}]
    assert rows(folder, "sft")[0]["completion"] == first["chosen"]


def test_plain_strings_join_with_an_empty_line(pulled: PulledVersion, tmp_path: Path) -> None:
    folder = exported(pulled, tmp_path / "out", form="plain", system_prompt="You help.", community=True).folder

    first = rows(folder, "sft")[0]
    assert first["prompt"] == "You help.\n\nCommunity: r/HarbourTalk\n\nHow do I get through week 1?\n\n"
    assert first["completion"] == "Call <PERSON>, and take walk number 1."


def test_an_improvement_asks_with_the_draft_and_prefers_the_better_text(
    pulled: PulledVersion, tmp_path: Path
) -> None:
    folder = exported(pulled, tmp_path / "out", form="plain").folder

    preferred, imitated = rows(folder, "improvement_preference")[0], rows(folder, "improvement_sft")[0]
    assert preferred["prompt"] == imitated["prompt"]
    assert "How do I get through week 1?" in preferred["prompt"]
    assert "No idea." in preferred["prompt"]
    assert preferred["rejected"] == "No idea."
    assert preferred["chosen"] == imitated["completion"] == "No idea either, but walk number 1 helped <PERSON>."


def test_ids_and_probabilities_lead_back_to_the_version(pulled: PulledVersion, tmp_path: Path) -> None:
    folder = exported(pulled, tmp_path / "out").folder

    first = rows(folder, "preference")[0]
    assert (first["pair_id"], first["preference_probability"]) == (pair(1)["pair_id"], 0.93)
    assert rows(folder, "sft")[0]["response_id"] == pair(1)["chosen_id"]
    assert [row["preference_probability"] for row in rows(folder, "improvement_sft")] == [0.93, None]


@pytest.mark.parametrize("form", ["conversational", "plain"])
def test_prompts_and_replies_are_the_tokens_that_our_trainer_sees(
    pulled: PulledVersion, tmp_path: Path, form: FormName
) -> None:
    """A model that is trained by TRL on an export is then asked by our evaluation in the same words."""
    transformers = pytest.importorskip("transformers")
    from prefpairs.train.data.encoding import Encoder
    from prefpairs.train.recipe import Text
    from tests.support.tiny_model import CHAT_TEMPLATE, save_tiny_model

    template = CHAT_TEMPLATE if form == "conversational" else None
    model = save_tiny_model(tmp_path / "model", chat_template=template)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    text = Text(system_prompt="You help.", community=True)
    folder = exported(
        pulled, tmp_path / "out", form=form, system_prompt=text.system_prompt, community=text.community
    ).folder

    def rendered(prompt: Any) -> str:
        if form == "plain":
            return str(prompt)
        return str(tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True))

    generation = Encoder(tokenizer, text, task="generation")
    ours = [generation.prompt(pair(number)["prompt"], community="HarbourTalk").text for number in (1, 2)]
    assert [rendered(row["prompt"]) for row in rows(folder, "preference")] == ours
    assert [rendered(row["prompt"]) for row in rows(folder, "sft")] == ours
    improving = Encoder(tokenizer, text, task="improvement")
    (prompt, _) = (
        improving.prompt(improvement(number)["prompt"], community="HarbourTalk", draft="No idea.").text
        for number in (1, 2)
    )
    assert rendered(rows(folder, "improvement_preference")[0]["prompt"]) == prompt


def test_the_same_version_gives_the_same_bytes(pulled: PulledVersion, tmp_path: Path) -> None:
    first, second = exported(pulled, tmp_path / "one").folder, exported(pulled, tmp_path / "two").folder

    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(files) == 10
    assert [path for path in files if (first / path).read_bytes() != (second / path).read_bytes()] == []


def test_what_is_kept_apart_stays_there(pulled: PulledVersion, tmp_path: Path) -> None:
    folder = exported(pulled, tmp_path / "out").folder

    assert pair(9)["pair_id"] not in {row["pair_id"] for row in rows(folder, "preference")}
    with pytest.raises(ConfigError, match="crisis: only pairs, sft, improvement can be exported"):
        exported(pulled, tmp_path / "other", configs=["crisis"])


def test_only_what_was_asked_for_is_written(pulled: PulledVersion, tmp_path: Path) -> None:
    report = exported(pulled, tmp_path / "out", configs=["sft"])

    assert list(report.rows) == ["sft"]
    assert "SFTTrainer(" in (report.folder / "README.md").read_text(encoding="utf-8")


def without(pulled: PulledVersion, *configs: str, **changes: Any) -> Any:
    left = {name: entry for name, entry in pulled.manifest.configs.items() if name not in configs}
    return pulled.manifest.model_copy(update={"configs": left, **changes})


def test_a_version_from_before_there_was_sft_is_exported_without(pulled: PulledVersion, tmp_path: Path) -> None:
    older = without(pulled, "sft")

    report = trl.export(pulled.folder, older, tmp_path / "out")

    assert list(report.rows) == ["preference", "improvement_preference", "improvement_sft"]
    with pytest.raises(ContractError, match=r"v0\.1\.0 has no config sft"):
        trl.export(pulled.folder, older, tmp_path / "other", configs=["sft"])


def test_labels_without_text_are_refused(pulled: PulledVersion, tmp_path: Path) -> None:
    labels = without(pulled, "pairs", "sft", "improvement", "threads")

    with pytest.raises(ContractError, match="no text to train on"):
        trl.export(pulled.folder, labels, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_there_is_never_overwritten(pulled: PulledVersion, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()

    with pytest.raises(ConfigError, match="is there already"):
        exported(pulled, tmp_path / "out")


def test_a_version_stays_as_it_was_signed(pulled: PulledVersion) -> None:
    with pytest.raises(ConfigError, match="lies in the version itself"):
        exported(pulled, pulled.folder / "for-trl")

    assert verify(pulled.folder) == pulled.manifest


def test_an_export_that_fails_leaves_nothing(pulled: PulledVersion, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for entry in pulled.manifest.data_files():
        (copy / entry.path).parent.mkdir(parents=True, exist_ok=True)
        (copy / entry.path).write_bytes((pulled.folder / entry.path).read_bytes())
    broken = next(entry for entry in pulled.manifest.data_files() if entry.config == "sft")
    (copy / broken.path).write_bytes(b"PAR1 but no more")

    with pytest.raises(ContractError, match=r"sft/test-00000.* cannot be read as Parquet"):
        trl.export(copy, pulled.manifest, tmp_path / "out")

    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "copy"]


def test_a_null_in_place_of_a_text_is_named_by_its_column_and_never_quoted(
    pulled: PulledVersion, tmp_path: Path
) -> None:
    broken = next(entry for entry in pulled.manifest.data_files() if entry.config == "pairs")
    table = pq.read_table(pulled.folder / broken.path)
    column = table.schema.get_field_index("chosen")
    nulls = pa.nulls(table.num_rows, pa.string())
    (tmp_path / "copy" / broken.path).parent.mkdir(parents=True)
    pq.write_table(
        table.set_column(column, pa.field("chosen", pa.string()), nulls), tmp_path / "copy" / broken.path
    )

    with pytest.raises(ContractError, match=r"nulls in the columns \['chosen'\]"):
        trl.export(tmp_path / "copy", pulled.manifest, tmp_path / "out", configs=["pairs"])


def test_nobody_else_may_read_an_export(pulled: PulledVersion, tmp_path: Path) -> None:
    folder = exported(pulled, tmp_path / "out").folder

    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*")) if path.is_dir()} == {0o700}


def test_the_readme_says_what_it_is_from_and_under_which_terms(pulled: PulledVersion, tmp_path: Path) -> None:
    folder = exported(pulled, tmp_path / "out", system_prompt="You | help.").folder

    text = (folder / "README.md").read_text(encoding="utf-8")
    assert pulled.manifest.content_root in text
    assert "`v0.1.0`" in text
    assert "data-use-agreement, in `LICENSE.md`" in text
    assert (folder / "LICENSE.md").read_bytes() == (pulled.folder / "LICENSE.md").read_bytes()
    assert "| system prompt | You &#124; help. |" in text
    assert "DPOTrainer(" in text
    assert "spells a control token" in text
    metadata = yaml.safe_load(text.split("---\n")[1])
    assert metadata["license_link"] == "LICENSE.md"
    for config in metadata["configs"]:
        for files in config["data_files"]:
            assert list(folder.glob(files["path"])), files["path"]
