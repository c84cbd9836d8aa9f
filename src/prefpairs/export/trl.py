"""A pulled version -> a folder that TRL trains on as it is: preference and prompt-completion data, and how to.

Prompts say word for word what `prefpairs train` asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from prefpairs.errors import ConfigError, ContractError
from prefpairs.export.forms import Form, FormName
from prefpairs.export.trl_card import card
from prefpairs.files import make_private_folder
from prefpairs.release.folders import reveal, sole_writer, staging
from prefpairs.release.manifest import CARD_NAME, TERMS_NAME, Manifest

CONFIGS = ("pairs", "sft", "improvement")
"""The configs of a version that can be exported. What is kept apart (crises, harm) is not among them."""

_BATCH_ROWS = 4096
_COMPRESSION_LEVEL = 3
_BETTER_THAN_DRAFT = ("improvement_id", "thread_id", "preference_probability")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What was written.

    Attributes
    ----------
    version, content_root
        The version that it was made from.
    folder
        Where it lies.
    rows
        Dataset -> split -> rows. A dataset is what `load_dataset(folder, dataset)` gives.

    """

    version: str
    content_root: str
    folder: Path
    rows: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dataset:
    """What TRL reads, and the columns of a config that it is made of: `answers` maps its columns to theirs."""

    name: str
    config: str
    answers: Mapping[str, str]
    draft: str | None = None
    kept: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns of the config that hold a text or the community's name; none of them may be null."""
        drafts = () if self.draft is None else (self.draft,)
        return tuple(dict.fromkeys(("prompt", "subreddit", *self.answers.values(), *drafts)))


# TRL drops the columns that it does not know. They lead back to the version, as when a text is deleted later.
_DATASETS = (
    _Dataset(
        name="preference",
        config="pairs",
        answers={"chosen": "chosen", "rejected": "rejected"},
        kept=("pair_id", "thread_id", "preference_probability"),
    ),
    _Dataset(name="sft", config="sft", answers={"completion": "completion"}, kept=("thread_id", "response_id")),
    _Dataset(
        name="improvement_preference",
        config="improvement",
        answers={"chosen": "better", "rejected": "draft"},
        draft="draft",
        kept=_BETTER_THAN_DRAFT,
    ),
    _Dataset(
        name="improvement_sft",
        config="improvement",
        answers={"completion": "better"},
        draft="draft",
        kept=_BETTER_THAN_DRAFT,
    ),
)


def export(
    pulled_folder: Path,
    manifest: Manifest,
    output: Path,
    *,
    form: FormName = "conversational",
    system_prompt: str | None = None,
    community: bool = False,
    configs: Sequence[str] | None = None,
) -> ExportReport:
    """Write the datasets for TRL to `output`, which appears whole or not at all, readable by its owner only.

    `pulled_folder` and `manifest` are a version as `release.client.pull` hands it over, verified; `form`,
    `system_prompt` and `community` are those of `Form`; `configs` are some of `CONFIGS`, or None for those that
    the version has. The same version and settings give the same bytes.

    Raises
    ------
    ConfigError
        If `output` is there already or lies in the version, or a config cannot be exported.
    ContractError
        If the version lacks a config that was asked for, has no text, or a file is not what its contract says.
    BusyError
        If another process is writing a version or an export beside `output`.

    """
    wanted = _wanted(manifest, configs)
    shape = Form(name=form, system_prompt=system_prompt, community=community)
    target = output.resolve()
    if target.is_relative_to(pulled_folder.resolve()):
        msg = f"{target} lies in the version itself, which must not change. Choose a folder outside of it."
        raise ConfigError(msg)
    with sole_writer(target.parent):
        if target.exists():
            msg = f"{target} is there already. Remove it, or choose another folder: an export never overwrites."
            raise ConfigError(msg)
        with staging(target) as hidden:
            rows = {dataset.name: _write(dataset, pulled_folder, manifest, hidden, shape) for dataset in wanted}
            if (pulled_folder / TERMS_NAME).is_file():
                (hidden / TERMS_NAME).write_bytes((pulled_folder / TERMS_NAME).read_bytes())
            (hidden / CARD_NAME).write_text(card(manifest, rows, shape), encoding="utf-8", newline="\n")
            reveal(hidden, target)
    return ExportReport(version=manifest.version, content_root=manifest.content_root, folder=target, rows=rows)


def _wanted(manifest: Manifest, configs: Sequence[str] | None) -> list[_Dataset]:
    there = [name for name in CONFIGS if name in manifest.configs]
    asked = there if configs is None else list(configs)
    if unknown := [name for name in asked if name not in CONFIGS]:
        msg = f"{', '.join(unknown)}: only {', '.join(CONFIGS)} can be exported."
        raise ConfigError(msg)
    missing = [name for name in asked if name not in there]
    if missing or not asked:
        found = ", ".join(sorted(manifest.configs)) or "nothing"
        what = f"no config {', '.join(missing)}" if missing else "no text to train on"
        msg = f"Version {manifest.version} has {what}, only {found}. Pull a version that has it."
        raise ContractError(msg)
    return [dataset for dataset in _DATASETS if dataset.config in asked]


def _write(dataset: _Dataset, folder: Path, manifest: Manifest, hidden: Path, form: Form) -> dict[str, int]:
    """Write the files of one dataset, one for each of its config; return split -> rows."""
    rows: dict[str, int] = {}
    for entry in manifest.data_files():
        if entry.config == dataset.config:
            target = hidden / "data" / dataset.name / Path(entry.path).name
            make_private_folder(target.parent)
            written = _write_file(dataset, folder / entry.path, target, form)
            rows[str(entry.split)] = rows.get(str(entry.split), 0) + written
    return rows


def _write_file(dataset: _Dataset, source: Path, target: Path, form: Form) -> int:
    columns = [*dataset.texts, *(name for name in dataset.kept if name not in dataset.texts)]
    rows = 0
    try:
        with pq.ParquetFile(source) as parquet:
            known = parquet.schema_arrow
            if missing := [name for name in columns if name not in known.names]:
                msg = f"{source} lacks the columns {missing}, which {dataset.name} is made of."
                raise ContractError(msg)
            schema = _schema(dataset, known, form)
            with pq.ParquetWriter(
                target, schema, compression="zstd", compression_level=_COMPRESSION_LEVEL
            ) as writer:
                for batch in parquet.iter_batches(batch_size=_BATCH_ROWS, columns=columns):
                    _refuse_nulls(dataset, source, batch)
                    made = [_row(dataset, row, form) for row in batch.to_pylist()]
                    writer.write_table(pa.Table.from_pylist(made, schema=schema))
                    rows += len(made)
    except (pa.ArrowException, OSError, UnicodeError) as error:
        msg = f"{source} cannot be read as Parquet ({type(error).__name__}). Pull the version again."
        raise ContractError(msg) from None
    return rows


def _refuse_nulls(dataset: _Dataset, source: Path, batch: pa.RecordBatch) -> None:
    if empty := [name for name in dataset.texts if batch.column(name).null_count]:
        msg = f"{source} has nulls in the columns {empty}, which its contract forbids."
        raise ContractError(msg)


def _schema(dataset: _Dataset, source: pa.Schema, form: Form) -> pa.Schema:
    texts = [pa.field(name, form.type) for name in ("prompt", *dataset.answers)]
    return pa.schema([*texts, *(pa.field(name, source.field(name).type) for name in dataset.kept)])


def _row(dataset: _Dataset, row: Mapping[str, Any], form: Form) -> dict[str, Any]:
    draft = None if dataset.draft is None else row[dataset.draft]
    return {
        "prompt": form.prompt(row["prompt"], subreddit=row["subreddit"], draft=draft),
        **{name: form.answer(row[column]) for name, column in dataset.answers.items()},
        **{name: row[name] for name in dataset.kept},
    }
