"""A manifest, and what was exported of it -> README.md: where it is from, its terms, how TRL takes it."""

from collections.abc import Mapping
from typing import Any

import yaml

from prefpairs.export.forms import Form
from prefpairs.release.manifest import SPLITS, TERMS_NAME, Manifest
from prefpairs.release.markdown import code, inline, table

Rows = Mapping[str, Mapping[str, int]]

_TRAINER = {"preference": "DPO", "sft": "SFT", "improvement_preference": "DPO", "improvement_sft": "SFT"}
_WHAT = {
    "preference": "post -> the reply that the community valued more, and one that it valued less",
    "sft": "post -> a reply that is chosen in a pair and rejected in none",
    "improvement_preference": "post and draft -> the better text, and the draft",
    "improvement_sft": "post and draft -> the better text",
}
_NO_VERSION = (
    "Made by `prefpairs export trl`. It is no version: nobody signed it. Who needs the margins, the labels, the "
    "dataset card and the sign-off pulls the version itself."
)
_NEEDS = {
    "conversational": "The model's tokenizer needs a chat template, and where there is a system prompt one that "
    "takes a system turn.",
    "plain": "Strings are joined as they are: a prompt ends in an empty line, and TRL adds the end-of-text token.",
}
_KNOW = """\
## Know before you train

- TRL's `max_length` (1,024 tokens unless you set it) cuts at the end, so it cuts the **reply**. Raise it, or \
leave out long posts. `prefpairs train` cuts the start of the post instead.
- TRL computes a post again for each of its pairs; `prefpairs train` computes it once, with the same loss.
- A text that spells a control token of your model (`<|im_end|>`) becomes markup in TRL, and could end its own \
turn. `prefpairs train` leaves such texts out; here they are in.
- Columns that TRL does not know are dropped: `preference_probability` is there to filter by, the ids lead back \
to the version.
- A vote is not quality: compare a model with "the earlier wins", "the longer wins" and chance."""


def card(manifest: Manifest, rows: Rows, form: Form) -> str:
    """Return the text; the same arguments give the same bytes."""
    release: dict[str, Any] = manifest.settings.get("release", {})
    name = inline(str(release.get("pretty_name") or "prefpairs"))
    metadata = yaml.safe_dump(_metadata(release, rows), sort_keys=False, width=1_000_000)
    parts = [
        f"---\n{metadata}---",
        f"# {name} {manifest.version}, for TRL",
        _NO_VERSION,
        _identity(manifest, form),
        _terms(release),
        "## Datasets\n\n" + table(("dataset", "what it is", "trainer", "split", "rows"), _listed(rows)),
        _how(rows, form),
        _KNOW,
    ]
    return "\n\n".join(parts) + "\n"


def _metadata(release: Mapping[str, Any], rows: Rows) -> dict[str, object]:
    own = release.get("license") == "other"
    return {
        **({"license": release["license"]} if release.get("license") else {}),
        **({"license_name": release.get("license_name"), "license_link": TERMS_NAME} if own else {}),
        "configs": [
            {
                "config_name": name,
                "data_files": [{"split": split, "path": f"data/{name}/{split}-*"} for split in _in_order(splits)],
            }
            for name, splits in rows.items()
        ],
    }


def _identity(manifest: Manifest, form: Form) -> str:
    rows = [
        ("version", code(manifest.version)),
        ("release series", code(manifest.series)),
        ("content root (SHA-256)", code(manifest.content_root)),
        ("preset of its pairs", code(manifest.preset)),
        ("deletions known", f"{manifest.tombstones.count:,}"),
        ("form", code(form.name)),
        ("system prompt", inline(form.system_prompt or "none")),
        ("community in front of the post", "yes" if form.community else "no"),
    ]
    return "## Where it is from\n\n" + table(("what", "value"), rows)


def _terms(release: Mapping[str, Any]) -> str:
    known = str(release.get("license") or "other")
    own = inline(str(release.get("license_name") or "")) or "the operator's own terms"
    told = f"{own}, in `{TERMS_NAME}`" if known == "other" else code(known)
    contact = inline(str(release.get("contact") or ""))
    return (
        f"## Terms\n\nThose of the version: {told}. No attempt may be made to identify, contact or profile the "
        "people who wrote the texts. A withdrawn version has to be deleted, and this folder with it. Deleted "
        "items are left out as far as they were known when the version was made: move to the newest version when "
        "there is one." + (f" Contact: {contact}" if contact else "")
    )


def _listed(rows: Rows) -> list[tuple[str, ...]]:
    return [
        (code(name), _WHAT[name].replace("->", "→"), f"{_TRAINER[name]}Trainer", code(split), f"{splits[split]:,}")
        for name, splits in rows.items()
        for split in _in_order(splits)
    ]


def _how(rows: Rows, form: Form) -> str:
    name, splits = next(iter(rows.items()))
    trainer = _TRAINER[name]
    data = f'train_dataset=data["{_in_order(splits)[0]}"]'
    if "validation" in splits:
        data += ', eval_dataset=data["validation"]'
    return f"""\
## With TRL

```python
from datasets import load_dataset
from trl import {trainer}Config, {trainer}Trainer

data = load_dataset("path/to/this/folder", "{name}")
args = {trainer}Config(output_dir="trained", max_length=2048)
{trainer}Trainer("path/to/model", args=args, {data}).train()
```

{_NEEDS[form.name]} Written for TRL 1.16."""


def _in_order(splits: Mapping[str, int]) -> list[str]:
    return [split for split in SPLITS if split in splits]
