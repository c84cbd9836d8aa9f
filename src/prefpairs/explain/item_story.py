"""A post or a comment -> why it is in no pair, or the pairs that it is in."""

import math
from typing import Any

import polars as pl

from prefpairs.config import Settings
from prefpairs.errors import PrefpairsError
from prefpairs.explain.meanings import of_curation
from prefpairs.explain.story import LABELS_NOT_SHOWN, Explanation, hours, number, probability
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.pairs.responses import REASONS

Row = dict[str, Any]
_BY_LABEL = frozenset({"UNSAFE_POST", "UNSAFE", "AWAITS_STEWARD", "CRISIS", "HARMFUL"})
"""Reasons of select that a label has caused."""
_ASIDE = ("NO_POST", "NOT_TOP_LEVEL", "OWN_REPLY", "NO_SCORE")


def explain_item(lake: Lake, settings: Settings, key: ProjectKey, name: str) -> Explanation:
    """Say why a post or a comment is in no pair, or in which.

    Raises
    ------
    PrefpairsError
        If the lake does not know the name.

    """
    forgotten = _first(lake, "tombstones", pl.col("name_hash") == key.name_hash(name))
    decision = _first(lake, "decisions", pl.col("name") == name)
    if forgotten:
        sentence = (
            f"It was deleted (by {forgotten['reason']}), and its tombstone keeps it out of every later version."
        )
        return Explanation(title="A text that was deleted", sentences=[sentence])  # its name is not shown
    if decision is None:
        return _undecided(lake, name)
    if not decision["keep"]:
        return _dropped(decision)
    if decision["kind"] == "post":
        return _post(lake, settings, decision)
    return _comment(lake, settings, key, decision)


def _undecided(lake: Lake, name: str) -> Explanation:
    raw = [table for table in ("comments", "posts") if _first(lake, table, pl.col("name") == name)]
    if not raw:
        msg = (
            f"{name} is not in this lake: no source that was read has it, or it was erased. Look at [ingest] for "
            "what is read, and run `prefpairs refresh`."
        )
        raise PrefpairsError(msg)
    sentence = "It was read, and nobody has decided about it yet: the next `prefpairs refresh` does."
    return Explanation(title=f"{name}: read, not decided about", sentences=[sentence])


def _dropped(decision: Row) -> Explanation:
    codes = decision["reasons"]
    sentences = []
    for code in codes:
        known = of_curation(code)
        sentences.append(f"{code}: {known.why}. {known.remedy}")
    if len(codes) > 1:
        sentences.append("All of these would have to change.")
    return Explanation(
        title=f"{decision['name']}: {decision['kind']} in r/{decision['subreddit']}, dropped by curation",
        figures=_votes_of(decision),
        sentences=sentences,
    )


def _post(lake: Lake, settings: Settings, decision: Row) -> Explanation:
    link = pl.col("link_id") == decision["name"]
    answers = lake.scan("responses").filter(link).select("reason").collect()["reason"]
    labels_matter = not _BY_LABEL.isdisjoint(answers)
    pairs = lake.scan("selected_pairs").filter(link).select(pl.len()).collect().item()
    reasons = [
        f"{count} of its comments: {code}, {REASONS.get(code, 'a reason of another version')}."
        for code, count in answers.drop_nulls()
        .value_counts()
        .sort("count", "reason", descending=[True, False])
        .rows()
    ]
    told = (
        f"It was kept, with {answers.len()} kept comments; {answers.null_count()} of them are in {pairs} pairs"
        f" (at most {settings.pairs.max_pairs_per_post})."
    )
    return Explanation(
        title=f"{decision['name']}: post in r/{decision['subreddit']}",
        figures=_votes_of(decision),
        sentences=[told, *reasons, *([LABELS_NOT_SHOWN] if labels_matter else [])],
    )


def _comment(lake: Lake, settings: Settings, key: ProjectKey, decision: Row) -> Explanation:
    name = decision["name"]
    response = _first(lake, "responses", pl.col("name") == name)
    if response is None:
        told = ["Curation kept it; votes were not looked at since. The next `prefpairs refresh` selects pairs."]
        figures = _votes_of(decision)
    else:
        told = _why(lake, settings, key, response)
        figures = [*_votes_of(decision), *_exposure_of(response)]
    in_pair = response is not None and response["reason"] is None
    return Explanation(
        title=f"{name}: comment in r/{decision['subreddit']}, {'in a pair' if in_pair else 'in no pair'}",
        figures=figures,
        sentences=told,
    )


def _why(lake: Lake, settings: Settings, key: ProjectKey, response: Row) -> list[str]:
    code = response["reason"]
    if code is None:
        return _pairs_of(lake, settings, key, response["name"])
    told = [f"{code}: responses are left out if {REASONS.get(code, 'a rule of another version says so')}."]
    if code == "NO_POST":
        post = _first(lake, "decisions", pl.col("name") == response["link_id"])
        told += ["Its post is not in the lake."] if post is None else [
            f"The post was dropped: {reason}, {of_curation(reason).why}. {of_curation(reason).remedy}"
            for reason in post["reasons"]
        ]  # fmt: skip
    if code == "NO_PARTNER":
        told += _nearest(lake, settings, response)
    if code in _BY_LABEL:
        told.append(LABELS_NOT_SHOWN)
    if code == "CAPPED":
        caps = settings.pairs
        told.append(
            f"It would be in a pair if there were room: pairs.max_pairs_per_post is "
            f"{caps.max_pairs_per_post}, max_pairs_per_response "
            f"{caps.max_pairs_per_response}, max_pairs_per_author {caps.max_pairs_per_author}."
        )
    return told


def _pairs_of(lake: Lake, settings: Settings, key: ProjectKey, name: str) -> list[str]:
    public = key.derive(f"release:{settings.project.series}")
    sides = pl.any_horizontal(pl.col("chosen_name", "rejected_name") == name)
    selected = lake.scan("selected_pairs").filter(sides).sort("chosen_name", "rejected_name").collect()
    told = [
        f"{'Chosen' if row['chosen_name'] == name else 'Rejected'} in pair "
        f"{public.public_id(row['chosen_name'] + '|' + row['rejected_name'])}, "
        f"probability {probability(row['preference_probability'])}."
        for row in selected.iter_rows(named=True)
    ]
    return [*told, "For more: prefpairs explain and the id of a pair."]


def _nearest(lake: Lake, settings: Settings, response: Row) -> list[str]:
    """Say what the best possible pair of this response falls short of."""
    siblings = (
        lake.scan("responses")
        .filter(
            (pl.col("link_id") == response["link_id"])
            & (pl.col("name") != response["name"])
            & ~pl.col("reason").is_in(_ASIDE).fill_null(value=False)
        )
        .drop_nulls(["quality", "quality_sd"])
        .collect()
    )
    if settings.pairs.preset != "calibrated" or not siblings.height or response["quality"] is None:
        return [
            f"{siblings.height} other responses to its post have votes; none will do under "
            f"pairs.{settings.pairs.preset}."
        ]
    gap = (siblings["quality"] - response["quality"]).abs().to_numpy()
    spread = (siblings["quality_sd"] ** 2 + response["quality_sd"] ** 2).sqrt().to_numpy()
    best = max(0.5 * (1 + math.erf(z / math.sqrt(2))) for z in gap / spread)
    least = settings.pairs.calibrated.min_probability
    if best >= least:
        return [f"With votes alone its best pair reaches {probability(best)}: another rule stands against it."]
    return [
        f"Its best pair reaches {probability(best)}. It would be in a pair if "
        f"pairs.calibrated.min_probability, now {probability(least)}, were lower, or if "
        "later looks at the votes told the two apart."
    ]


def _votes_of(decision: Row) -> list[tuple[str, ...]]:
    return [
        ("score", number(decision["score"])),
        ("age of that score", hours(decision["score_age_h"])),
        ("words", number(decision["words"])),
    ]


def _exposure_of(response: Row) -> list[tuple[str, ...]]:
    arrival = response["arrival"]
    place = "–" if arrival is None else f"{arrival + 1} of {number(response['comments'])}"
    percentile = response["percentile"]
    sure = (number(response[name]) for name in ("quality", "quality_sd"))
    quality = "–" if response["quality"] is None else " ± ".join(sure)
    return [
        ("order of arrival", place),
        ("delay after the post", hours(response["delay_h"])),
        ("expected votes there", number(response["expected_votes"])),
        ("log quality", quality),
        ("percentile of the corpus", number(percentile)),
    ]


def _first(lake: Lake, table: str, condition: pl.Expr) -> Row | None:
    rows = lake.scan(table).filter(condition).head(1)
    if table in ("comments", "posts"):
        rows = rows.select("name")  # no text is read
    found = rows.collect().rows(named=True)
    return found[0] if found else None
