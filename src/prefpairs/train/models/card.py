"""The facts of a training run -> README.md of the model: what it is, what it is not for, and how to make it again.

The front matter is dumped by a YAML library, and every string of unknown origin is shown and does nothing else.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from prefpairs.release.markdown import code, inline, prose, table, value
from prefpairs.train.models import card_words as words
from prefpairs.train.models.card_data import CardFacts
from prefpairs.train.models.card_usage import usage
from prefpairs.train.recipe import Stage

_SLUG = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
_TAGS = {"sft": "sft", "dpo": "dpo", "dpo2": "dpo", "reward": "reward-model"}


def render(facts: CardFacts) -> str:
    """Return README.md. The same facts give the same bytes."""
    return "\n\n".join([f"---\n{_yaml(front_matter(facts))}---", *_sections(facts)]) + "\n"


def front_matter(facts: CardFacts) -> dict[str, Any]:
    """Return the card's metadata as the Hub reads it. What only this machine knows is left out."""
    base = {} if facts.base_id is None else {"base_model": facts.base_id, "base_model_relation": _relation(facts)}
    return {
        **({} if facts.language is None else {"language": [facts.language]}),
        "license": "other",
        **({"license_name": facts.license} if _SLUG.fullmatch(facts.license) else {}),
        **base,
        "library_name": "peft" if facts.adapter else "transformers",
        "pipeline_tag": "text-classification" if facts.task == "reward" else "text-generation",
        "tags": list(dict.fromkeys([
            "prefpairs", "preference", *(_TAGS[stage] for stage in facts.stages), *(["lora"] * facts.adapter),
        ])),
        **({} if facts.dataset_id is None else {"datasets": [facts.dataset_id]}),
    }  # fmt: skip


def _relation(facts: CardFacts) -> str:
    return "adapter" if facts.adapter else "finetune"


def _sections(facts: CardFacts) -> Iterator[str]:
    last = facts.stages[-1]
    yield f"# {inline(facts.base_name)}, {words.TITLES[facts.task]} ({words.path(facts.stages)})"
    yield words.warning(facts.task, last)
    yield _what(facts)
    yield "## How to use it\n\n" + usage(
        facts.task,
        adapter=facts.adapter,
        chat=facts.chat,
        text=facts.recipe.get("text", {}),
        system_turn=facts.system_turn,
        template_date=facts.template_date,
    )
    yield words.USES[facts.task]
    yield _data(facts)
    yield _training(facts)
    yield _evaluation(facts, last)
    yield words.limits(facts.task, facts.stages)
    yield _again(facts)
    yield _terms(facts)


def _what(facts: CardFacts) -> str:
    kind = "An adapter (LoRA) for" if facts.adapter else "All weights of"
    name = code(facts.base_id) if facts.base_id else inline(facts.base_name)
    return f"{kind} {name}. {words.TASKS[facts.task]} {words.stage(facts.task, facts.stages[-1])}"


def _data(facts: CardFacts) -> str:
    rows = [
        ("dataset", inline(facts.dataset_name) + (f", {code(facts.dataset_id)}" if facts.dataset_id else "")),
        ("version", code(facts.version)),
        ("content root (SHA-256)", code(facts.content_root)),
        ("commit", code(facts.commit)),
    ]
    if facts.task != "improvement":
        # The rule by votes, which improvements are not chosen by.
        rows.append(("rule", f"preset {code(facts.preset)}"))
        rows += [(code(name), value(setting)) for name, setting in facts.thresholds.items()]
    counts = [
        (code(split), *(f"{count.get(name, 0):,}" for name in ("threads", "responses", "pairs", "prompts_cut")))
        for split, count in facts.counts.items()
    ]
    left_out = ", ".join(f"{code(reason)} {count:,}" for reason, count in facts.dropped.items() if count)
    return "\n\n".join(
        [
            f"## Data\n\n{words.labels(facts.task, facts.stages[-1])}",
            table(("what", "value"), rows),
            table(("split", words.TREES[facts.task], "responses", "pairs", "prompts cut"), counts),
            f"Left out of the train split, and why: {left_out or 'nothing'}. A prompt that is too long loses its "
            "beginning, and no response loses anything.",
        ]
    )


def _training(facts: CardFacts) -> str:
    rows = [(prose(name), value(setting)) for name, setting in facts.settings.items()]
    parts = [f"## How it was trained\n\n{prose(facts.loss)}"]
    if facts.reference is not None:
        parts.append(prose(facts.reference))
    parts.append(table(("setting", "value"), rows))
    parts += [prose(note) for note in facts.notes]
    return "\n\n".join(parts)


def _evaluation(facts: CardFacts, stage: Stage) -> str:
    parts = ["## Evaluation"]
    if facts.judged:
        parts += [
            f"The share of {facts.held_out:,} held-out pairs in which the chosen text is preferred, beside "
            f"simpler ways to tell.{'' if stage == 'reward' else ' ' + words.IMPLICIT}",
            _judged(facts),
        ]
    if facts.change:
        rows = [(code(name), f"{before:.4f}", f"{after:.4f}") for name, (before, after) in facts.change.items()]
        parts.append("On held-out data, before and after this stage:")
        parts.append(table(("figure", "before", "after"), rows))
    if len(parts) == 1:
        parts.append("The version has no validation split, so nothing was measured.")
    return "\n\n".join([*parts, words.proxies(facts.task, stage)])


def _judged(facts: CardFacts) -> str:
    shown = [(prose(one.name), "unknown" if one.share is None else f"{one.share:.3f}") for one in facts.judged]
    if facts.interval is None:
        return table(("judged by", "share right"), shown)
    ends = [
        "" if one.low is None or one.high is None else f"{one.low:.3f} to {one.high:.3f}" for one in facts.judged
    ]
    rows = [(*row, end) for row, end in zip(shown, ends, strict=True)]
    return table(("judged by", "share right", prose(facts.interval)), rows)


def _again(facts: CardFacts) -> str:
    recipe = yaml.safe_dump(dict(facts.recipe), sort_keys=False, allow_unicode=False, width=1_000_000)
    source = _plain(facts.dataset_id or "FOLDER_OF_RELEASES")
    command = (
        f"pip install 'prefpairs[train]=={_plain(facts.packages.get('prefpairs', ''))}'\n"
        f"prefpairs train {_plain(facts.version)} --config recipe.yaml --from {source} "
        "--model FOLDER_OF_THE_BASE_MODEL --output NEW_FOLDER "
        f"dataset.content_root={_plain(facts.content_root)}"
    )
    machine = [
        *((prose(what), code(digest)) for what, digest in facts.hashes.items()),
        *((inline(name), value(setting)) for name, setting in facts.machine.items()),
    ]
    versions = ", ".join(f"{inline(name)} {inline(text)}" for name, text in sorted(facts.packages.items()))
    return "\n\n".join(
        [
            "## How to make it again",
            "With this as `recipe.yaml` (what it does not name is the default of that version):",
            words.fenced(recipe, "yaml"),
            words.fenced(command, "bash"),
            table(("what", "value"), machine),
            f"Software: {versions}. {words.EXACT}",
        ]
    )


def _plain(identifier: str) -> str:
    return code(identifier).strip("`")


def _terms(facts: CardFacts) -> str:
    return f"## Licence and terms\n\n{words.TERMS.format(license=inline(facts.license) or 'unknown')}"


class _Dumper(yaml.SafeDumper):
    """Writes a string of several lines on one: readers look for the line `---` without reading YAML."""


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)


def _yaml(metadata: dict[str, Any]) -> str:
    return yaml.dump(metadata, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)
