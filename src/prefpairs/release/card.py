"""A manifest -> the dataset card: what a version is, what its labels mean, and what they do not.

Every figure and every sentence comes from the manifest, so the card can be written again from it.
The front matter is dumped by a YAML library, never put together from strings.
"""

from typing import Any

import yaml

from prefpairs.release.harm import safety
from prefpairs.release.manifest import SPLITS, TERMS_NAME, ConfigEntry, Manifest
from prefpairs.release.markdown import code, inline, prose, table
from prefpairs.release.meaning import ASKED_FOR, meaning, not_for
from prefpairs.release.rules import bias, rule
from prefpairs.release.sensitive import sensitive
from prefpairs.stage import StageReport

# The Hub's own classes, by the rows of the default config.
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
_LARGEST = "10M<n<100M"
# A manifest that was read back has its keys sorted; the card must not tell it from a new one.
_SPLIT_ORDER: tuple[str, ...] = SPLITS
_CONFIG_ORDER = ("pairs", "labels", "threads", "sft", "improvement", "safety_contrast", "crisis")

_LIMITS = """\
## Limits

- Earlier responses collect more votes than later ones because more people see them; compare any model with \
"the earlier wins", "the longer wins" and chance.
- Scores were read once, some time after posting; the age columns say when. They can be fuzzed by the platform.
- The communities are not a sample of any population, and their moderators removed posts before anybody voted.
- Deleted and removed items are left out as far as they were known when the version was made. Move to the newest \
version when there is one.
"""


def render(manifest: Manifest) -> str:
    """Return README.md for a version. The documents among its files (the card too) are not looked at."""
    parts = [
        f"---\n{_yaml(front_matter(manifest))}---",
        f"# {inline(_release(manifest, 'pretty_name'))} {manifest.version}",
        meaning(manifest),
        not_for(manifest),
        _identity(manifest),
        _configs(manifest),
        _splits(manifest),
        _made(manifest),
        rule(manifest),
        *([told] if (told := bias(manifest)) else []),
        safety(manifest),
        sensitive(manifest),
        *_all_fields(manifest),
        _LIMITS.rstrip(),
        _contact(manifest),
    ]
    return "\n\n".join(parts) + "\n"


def front_matter(manifest: Manifest) -> dict[str, Any]:
    """Return the card's metadata as the Hub and `datasets` read it."""
    return {
        "pretty_name": f"{_release(manifest, 'pretty_name')} {manifest.version}",
        "language": [str(manifest.settings["curate"]["language"])],
        **_license(manifest),
        "task_categories": ["text-generation"],
        "tags": _tags(manifest),
        "size_categories": [_size(manifest)],
        **_gate(manifest),
        "configs": [
            {
                "config_name": name,
                **({"default": True} if name == _default(manifest) else {}),
                "data_files": [
                    {"split": split, "path": f"data/{name}/{split}-*"} for split, _ in _by_split(config)
                ],
            }
            for name, config in _in_order(manifest)
        ],
    }


def terms(manifest: Manifest) -> str | None:
    """Return LICENSE.md for a version under its own terms, or None if its licence is a known one."""
    if _release(manifest, "license") != "other":
        return None
    prompt = _release(manifest, "gated_prompt")
    return (
        "\n\n".join(
            [
                f"# Terms of use: {inline(_release(manifest, 'license_name'))}",
                f"They hold for version {manifest.version} with the content root `{manifest.content_root}`.",
                inline(prompt) or "The operator has recorded no further terms: ask before you use the data.",
                "No attempt may be made to identify, contact or profile the people who wrote the texts. "
                "The data may not be passed on. A withdrawn version has to be deleted.",
            ]
        )
        + "\n"
    )


class _Dumper(yaml.SafeDumper):
    """Writes a string of several lines on one: readers look for the line `---` without reading YAML."""


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)


def _yaml(metadata: dict[str, Any]) -> str:
    return yaml.dump(metadata, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)


def _identity(manifest: Manifest) -> str:
    basis: dict[str, str] = manifest.settings.get("basis", {})
    rows = [
        ("version", code(manifest.version)),
        ("follows", code(manifest.parent) if manifest.parent else "no released version"),
        ("release series", code(manifest.series)),
        ("content root (SHA-256)", code(manifest.content_root)),
        ("configuration (SHA-256)", code(manifest.config_hash)),
        ("de-identification policy (SHA-256)", code(manifest.policy_hash) if manifest.policy_hash else "none"),
        ("legal basis", inline(basis.get("statement", "")) or "none recorded"),
        ("approval", inline(basis.get("approval_id", "")) or "none recorded"),
        ("prefpairs (version + source hash)", inline(manifest.code_version)),
        ("deletions known", f"{manifest.tombstones.count:,}"),
    ]
    return "\n\n".join(
        [
            "## Version",
            table(("what", "value"), rows),
            "`manifest.json` names every file with its SHA-256, and `signoff.json` who approved exactly these "
            "bytes. `prefpairs pull` checks both before it hands anything over.",
        ]
    )


def _configs(manifest: Manifest) -> str:
    rows = [(code(name), prose(config.description)) for name, config in _in_order(manifest)]
    return "## Configs\n\n" + table(("config", "what it is"), rows)


def _splits(manifest: Manifest) -> str:
    rows = [
        (code(name), code(split), f"{count:,}")
        for name, config in _in_order(manifest)
        for split, count in _by_split(config)
    ]
    return "## Splits\n\n" + table(("config", "split", "rows"), rows)


def _made(manifest: Manifest) -> str:
    rows = [
        (code(report.stage), f"{report.rows_in:,}", f"{report.rows_out:,}", _reasons(report))
        for report in manifest.funnel
        if report.rows_in or report.rows_out
    ]
    if not rows:
        return "## How it was made\n\nNo counts of the stages were recorded."
    return "\n\n".join(
        [
            "## How it was made",
            table(("stage", "rows in", "rows out", "left out, and why"), rows),
            *_incomplete(manifest),
            "The ingest stages count what the last run read anew; the others count everything that is there.",
            "Software: "
            + ", ".join(f"{inline(name)} {inline(text)}" for name, text in sorted(manifest.packages.items()))
            + ".",
        ]
    )


def _incomplete(manifest: Manifest) -> list[str]:
    files = sum(report.counts.get("incomplete_files", 0) for report in manifest.funnel)
    return [
        f"**{files:,} input files are incomplete** (cut or damaged): what could be read of them is in."
    ] * bool(files)


def _reasons(report: StageReport) -> str:
    left_out = sorted({**report.dropped, **report.quarantined}.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{code(reason)} {count:,}" for reason, count in left_out if count) or "nothing"


def _all_fields(manifest: Manifest) -> list[str]:
    """Return a table of fields for each contract: configs that share one are told together."""
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, config in _in_order(manifest):
        columns = tuple(field.name for field in config.fields)
        together.setdefault((config.contract, columns), []).append(name)
    return [_fields(names, manifest.configs[names[0]]) for names in together.values()]


def _fields(names: list[str], config: ConfigEntry) -> str:
    rows = [
        (
            code(field.name),
            code(field.type, also="<>:, ") + (", may be null" if field.nullable else ""),
            inline(field.unit or ""),
            prose(field.description),
        )
        for field in config.fields
    ]
    return "\n\n".join(
        [
            f"## Fields of {' and '.join(code(name) for name in names)}",
            f"{prose(config.description)} Contract {code(config.contract)} {code(config.contract_version)}.",
            table(("field", "type", "unit", "meaning"), rows),
        ]
    )


def _contact(manifest: Manifest) -> str:
    contact = inline(_release(manifest, "contact"))
    where = f"Write to {contact}" if contact else "The operator has set no contact: ask whoever gave you access"
    return f"## Contact\n\n{where} to have a text removed, or to report an identifier that you found."


def _release(manifest: Manifest, name: str) -> str:
    return str(manifest.settings["release"][name])


def _license(manifest: Manifest) -> dict[str, str]:
    known = _release(manifest, "license")
    if known != "other":
        return {"license": known}
    return {"license": known, "license_name": _release(manifest, "license_name"), "license_link": TERMS_NAME}


def _gate(manifest: Manifest) -> dict[str, str]:
    prompt = _release(manifest, "gated_prompt")
    return {"extra_gated_prompt": prompt} if prompt else {}


def _by_split(config: ConfigEntry) -> list[tuple[str, int]]:
    return sorted(config.rows.items(), key=lambda item: _SPLIT_ORDER.index(item[0]))


def _in_order(manifest: Manifest) -> list[tuple[str, ConfigEntry]]:
    """Return the configs, the main one first; names that this version does not know come last."""
    known = [name for name in _CONFIG_ORDER if name in manifest.configs]
    others = sorted(set(manifest.configs) - set(known))
    return [(name, manifest.configs[name]) for name in (*known, *others)]


def _default(manifest: Manifest) -> str:
    return _in_order(manifest)[0][0]


def _tags(manifest: Manifest) -> list[str]:
    # The Hub shows a warning in front of what carries the last one.
    apart = ["not-for-all-audiences"] if set(ASKED_FOR) & set(manifest.configs) else []
    return ["preference", *(["dpo", "trl"] if manifest.mode == "text" else []), *apart]


def _size(manifest: Manifest) -> str:
    rows = sum(manifest.configs[_default(manifest)].rows.values())
    return next((name for limit, name in _SIZES if rows < limit), _LARGEST)
