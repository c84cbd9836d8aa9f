"""A model and a version -> `report.json` and `report.html`: what it prefers and writes on posts not seen."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from prefpairs.errors import ConfigError, ContractError, without_text
from prefpairs.evaluate.generations.generate import Reply
from prefpairs.evaluate.generations.report import Generations
from prefpairs.evaluate.generations.run import measured, posts_of, replies_of
from prefpairs.evaluate.generations.settings import GenerationSettings
from prefpairs.evaluate.generations.subjects import Subject
from prefpairs.evaluate.held_out import Floats, held_out
from prefpairs.evaluate.page import render
from prefpairs.evaluate.preferences import preferences
from prefpairs.evaluate.report import EvaluationReport
from prefpairs.evaluate.rules import Scored
from prefpairs.evaluate.scoring import let_go, memory_explained, open_model, scores_of
from prefpairs.evaluate.settings import EvaluateSettings
from prefpairs.evaluate.subject import Case, case_of
from prefpairs.files import pretty_json, write_atomic
from prefpairs.release.manifest import SPLITS
from prefpairs.train.data.encode import load_splits
from prefpairs.train.data.encoding import Encoder
from prefpairs.train.data.human_rows import read_human_pairs
from prefpairs.train.data.trees import Split
from prefpairs.train.data.version_rows import Thread, improvement_threads, preference_threads

REPORT_JSON = "report.json"
REPORT_HTML = "report.html"
Say: TypeAlias = Callable[[str], None]
Progress: TypeAlias = Callable[[int], None]
_DOCUMENT = TypeAdapter(EvaluationReport)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The document, the folder of its two files, and whether it was there already."""

    report: EvaluationReport
    folder: Path
    unchanged: bool

    @property
    def page(self) -> Path:
        """The report for people."""
        return self.folder / REPORT_HTML


def run(
    settings: EvaluateSettings,
    *,
    token: str | None = None,
    say: Say | None = None,
    progress: Progress | None = None,
) -> Written:
    """Evaluate a model on posts that it has not seen; the same inputs again do nothing.

    Parameters
    ----------
    settings
        It has to name a model and where its version comes from.
    token
        For a Hub that asks for one.
    say
        Is told in sentences how far it is. Nobody by default.
    progress
        Called with a number of replies whenever so many more are written.

    Raises
    ------
    ConfigError
        If a setting, a model or the device does not do, or memory is too small.
    ContractError
        If the split has no pair and nothing to reply to.
    VerificationError, ApprovalError, SourceError, TransientError
        As `prefpairs.release.client.pull`.

    """
    return _run(settings, token, say or _nobody, progress)


# A library's message may quote a text.
@without_text("The evaluation")
def _run(
    settings: EvaluateSettings,
    token: str | None,
    say: Callable[[str], None],
    progress: Callable[[int], None] | None,
) -> Written:
    case = case_of(settings, token=token)
    judges = "-people" if settings.human_preferences else ""
    folder = settings.output or case.model.with_name(f"{case.model.name}-{settings.split}{judges}")
    wishes = _wishes(settings, case)
    to_keep = wishes is not None and wishes.write_to is not None
    if not to_keep and (there := _there(folder, case.subject.identity)):
        return Written(report=there, folder=folder, unchanged=True)
    report = _evaluated(settings, case, say, progress)
    document = report.to_json()
    # The page first: `report.json` says that both are there.
    write_atomic(folder / REPORT_HTML, render(json.loads(pretty_json(document))).encode())
    write_atomic(folder / REPORT_JSON, pretty_json(document))
    return Written(report=report, folder=folder, unchanged=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What was seen of one model. The model itself is gone."""

    choices: dict[str, str]
    fingerprint: str
    split: Split
    posts: list[Subject]
    scores: Floats
    replies: list[Reply]


def _evaluated(settings: EvaluateSettings, case: Case, say: Say, progress: Progress | None) -> EvaluationReport:
    policy = _look(settings, case, case.model, None, say, progress)
    let_go(case.device)
    reference = None if case.reference is None else _look(settings, case, case.reference, policy, say, progress)
    let_go(case.device)
    scored = Scored(
        policy=policy.scores, reference=None if reference is None else reference.scores, beta=case.subject.beta
    )
    return EvaluationReport(
        subject=replace(case.subject, choices=policy.choices),
        counts=policy.split.counts(),
        dropped=dict(policy.split.dropped),
        preferences=preferences(held_out(policy.split), scored, settings.figures),
        generations=_generations(settings, case, policy, reference),
    )


def _look(
    settings: EvaluateSettings, case: Case, folder: Path, policy: _Look | None, say: Say, progress: Progress | None
) -> _Look:
    """Score the split and reply to posts with one model; `policy` is what was seen of the one before it."""
    model = open_model(folder, case.recipe, device=case.device)
    encoder = Encoder(model.tokenizer, case.recipe.text, task=case.recipe.task)
    wishes = _wishes(settings, case)
    if policy is None:
        split = _split(settings, case, encoder)
        for note in split.notes:
            say(note)
        posts = [] if wishes is None else posts_of(split, _threads(settings, case), wishes)
    else:
        _check_same_tokens(case, policy.fingerprint, encoder.fingerprint)
        split, posts = policy.split, policy.posts
    what = (
        f"{split.pairs} pairs" if wishes is None else f"{split.pairs} pairs, and replies to {len(posts)} prompts"
    )
    say(f"{folder}: {what}; attention {model.choices['attention']} on {model.choices['device']}")
    scores = scores_of(model, split, case.recipe, device=case.device, folder=folder)
    replies: list[Reply] = []
    if wishes is not None:
        with memory_explained(case.recipe.row_tokens):
            replies = replies_of(model.model, model.tokenizer, split, posts, wishes, progress=progress)
    return _Look(
        choices=model.choices,
        fingerprint=encoder.fingerprint,
        split=split,
        posts=posts,
        scores=scores,
        replies=replies,
    )


def _wishes(settings: EvaluateSettings, case: Case) -> GenerationSettings | None:
    return None if case.recipe.task == "reward" else settings.replies


def _generations(
    settings: EvaluateSettings, case: Case, policy: _Look, reference: _Look | None
) -> Generations | None:
    wishes = _wishes(settings, case)
    if wishes is None:
        return None
    replies = {"model": policy.replies} | ({} if reference is None else {"reference": reference.replies})
    return measured(
        policy.posts,
        replies,
        wishes,
        task=case.recipe.task,
        device=case.device,
        confidence=settings.figures.confidence,
        few_posts=settings.figures.few_posts,
    )


def _split(settings: EvaluateSettings, case: Case, encoder: Encoder) -> Split:
    name, pulled = settings.split, case.pulled
    found = load_splits(
        pulled.folder, pulled.manifest, encoder, recipe=case.recipe, stage=case.stage, splits=(name,)
    )[name]
    if not found.pairs:
        reasons = ", ".join(f"{count} {reason}" for reason, count in found.dropped.items()) or "it is empty"
        where = settings.human_preferences or f"Version {pulled.manifest.version}"
        msg = f"{where} has no pair to evaluate on in its {name} split ({found.rows} rows read): {reasons}."
        if settings.human_preferences:
            msg += _elsewhere(settings.human_preferences, case)
        raise ContractError(msg)
    return found


def _elsewhere(path: Path, case: Case) -> str:
    """Say which splits the pairs of a file are for: a line that does not say is for training."""
    counts: dict[str, int] = {}
    for name in SPLITS:
        threads = read_human_pairs(path, task=case.recipe.task, split=name).threads
        if pairs := sum(len(thread.pairs) for thread in threads):
            counts[name] = pairs
    found = " and ".join(f"{pairs} lines are for {name}" for name, pairs in counts.items())
    return f" {found}: a line without a split is for train, so add a `split` column." if found else ""


def _threads(settings: EvaluateSettings, case: Case) -> Iterable[Thread]:
    if settings.human_preferences:
        return read_human_pairs(settings.human_preferences, task=case.recipe.task, split=settings.split).threads
    threads = improvement_threads if case.recipe.task == "improvement" else preference_threads
    return threads(case.pulled.folder, case.pulled.manifest, settings.split)


def _check_same_tokens(case: Case, ours: str, theirs: str) -> None:
    if ours != theirs:
        msg = (
            f"{case.model} and {case.reference} make other tokens of the same text (tokenizer or chat template): "
            "their log-probabilities cannot be compared. Name the model that it was trained from."
        )
        raise ConfigError(msg)


def _there(folder: Path, identity: str) -> EvaluationReport | None:
    """Return the report that is there, if it is of these inputs and both its files can be read."""
    if not (folder / REPORT_HTML).is_file():
        return None
    try:
        report = _DOCUMENT.validate_json((folder / REPORT_JSON).read_bytes())
    except (OSError, ValidationError):
        return None
    return report if report.subject.identity == identity else None


def _nobody(sentence: str) -> None:
    del sentence
