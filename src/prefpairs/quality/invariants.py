"""Tables of the lake -> how often a hard rule is broken, by Polars alone.

The second pair of eyes of the gate: it shares no code and no pattern with the suites, so that no
single library decides what leaves. Rust's regular expressions have no look-around; what may stay in
a text (help lines, doses) is taken out before the search.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable

from prefpairs.config import Settings
from prefpairs.contracts import contract
from prefpairs.lake import Lake
from prefpairs.quality import apart
from prefpairs.quality.apart import Check

# The other tables are append-only: there an id may come from several inputs.
_UNIQUE_KEYS = ("decisions", "selected_pairs", "spans", "texts", "threads", "pairs", "sft", "improvements")
_TEXTS = {
    "texts": ("text",),
    "threads": ("prompt", "responses"),
    "pairs": ("prompt", "chosen", "rejected"),
    "sft": ("prompt", "completion"),
    "improvements": ("prompt", "draft", "better"),
}
_BY_MODEL = pl.col("preset") == "calibrated"
_RATIO_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Identifier:
    """A direct identifier: what it looks like, and what looks alike and may stay."""

    kind: str
    pattern: str
    harmless: str | None = None


IDENTIFIERS = (
    Identifier(
        "an e-mail address",
        r"(?i)[a-z0-9._%+-]+@([a-z0-9-]+\.)+[a-z]{2,}",
        r"(?i)[a-z0-9._%+-]+@example\.(com|net|org)(\.?([^a-z0-9.-]|$))",
    ),
    Identifier(
        "a mention of a user",
        r"(?i)(^|[^a-z0-9/])/?u/[a-z0-9_-]{3,20}",
        r"(?i)\bu/(day|dose|hour|week|liter|litre)s?\b",
    ),
    Identifier(
        "a phone number",
        r"(^|\D)(\(?[2-9]\d\d\)?[-. ]{1,2}[2-9]\d\d[-. ]?\d{4}|\([2-9]\d\d\)[2-9]\d\d[-. ]?\d{4}"
        r"|\+[1-9]([-. ()]{0,2}\d){9,14})(\D|$)",
        r"(\+?1[-. ]{0,2})?\(?(8(00|22|33|44|55|66|77|88)\)?[-. ]{0,2}\d{3}[-. ]?\d{4}"
        r"|[2-9]\d\d\)?[-. ]{0,2}555[-. ]?01\d\d)",
    ),
    Identifier("a web address", r"(?i)(https?://|ftp://|www\.)[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}"),
    Identifier("a Reddit fullname", r"(^|[^A-Za-z0-9_])t[13]_[a-z0-9]{4,8}([^A-Za-z0-9_]|$)"),
)


def wrong_schemas(lake: Lake, tables: tuple[str, ...]) -> list[str]:
    """Return the tables whose stored Arrow schema is not their contract's: names, order, types, nullability."""
    written = [table for table in tables if lake.exists(table)]
    return [table for table in written if not _stored_schema(lake, table).equals(contract(table).schema)]


def violations(scans: Mapping[str, pl.LazyFrame], settings: Settings) -> dict[str, int]:
    """Return rule -> rows that break it, broken rules only.

    `scans` = table -> rows in its contract's schema, of every gated table and those of `apart.READ_TOO`.
    """
    checks = dict(_checks(scans, settings))
    counts = pl.collect_all([rows.select(pl.len()) for rows in checks.values()], engine="streaming")
    found = {rule: int(count.item()) for rule, count in zip(checks, counts, strict=True)}
    return {rule: count for rule, count in found.items() if count}


def _stored_schema(lake: Lake, table: str) -> pa.Schema:
    return pa.schema(DeltaTable(str(lake.path(table))).schema().to_arrow())


def _checks(scans: Mapping[str, pl.LazyFrame], settings: Settings) -> Iterator[Check]:
    """Yield rule, rows that break it."""
    for table, rows in scans.items():
        required = [field.name for field in contract(table).fields if not field.nullable]
        yield f"{table}: a required value is null", rows.filter(pl.any_horizontal(pl.col(required).is_null()))
        if table in _UNIQUE_KEYS:
            key = list(contract(table).key)
            yield (
                f"{table}: the key {', '.join(key)} is not unique",
                rows.group_by(key).len().filter(pl.col("len") > 1),
            )
    for table in ("selected_pairs", "pairs"):
        yield from _margins(table, scans[table])
        yield from _vote_model(table, scans[table])
    yield from apart.checks(scans, settings)
    yield from _text_rules(scans)
    yield from _references(scans)


def _margins(table: str, rows: pl.LazyFrame) -> Iterator[Check]:
    chosen, rejected, ratio = pl.col("score_chosen"), pl.col("score_rejected"), pl.col("score_ratio")
    expected = chosen / rejected
    both_positive = (chosen > 0) & (rejected > 0)
    off = (ratio / expected - 1).abs() > _RATIO_TOLERANCE
    # The vote model may prefer the response with fewer votes, if hardly anybody could see it.
    by_votes = rows.filter(~_BY_MODEL)
    yield f"{table}: chosen has no more votes than rejected", by_votes.filter(chosen <= rejected)
    yield f"{table}: score_gap is not the difference", rows.filter(pl.col("score_gap") != chosen - rejected)
    yield (
        f"{table}: score_ratio is not the quotient of two positive scores",
        rows.filter((ratio.is_not_null() != both_positive) | (both_positive & off)),
    )
    for column in ("percentile_chosen", "percentile_rejected"):
        yield f"{table}: {column} is not within 0 to 100", rows.filter(~pl.col(column).is_between(0, 100))
    yield (
        f"{table}: rejected has a higher percentile than chosen",
        by_votes.filter(pl.col("percentile_rejected") > pl.col("percentile_chosen")),
    )


def _vote_model(table: str, rows: pl.LazyFrame) -> Iterator[Check]:
    probability = pl.col("preference_probability")
    yield f"{table}: preference_probability is not within 0 to 1", rows.filter(~probability.is_between(0, 1))
    yield (
        f"{table}: the vote model decides, and holds rejected for the better one",
        rows.filter(_BY_MODEL & ~(probability >= 0.5)),
    )
    for column in ("preference_sd", "expected_votes_chosen", "expected_votes_rejected"):
        number = pl.col(column)
        yield f"{table}: {column} is negative or not finite", rows.filter(~((number >= 0) & number.is_finite()))
    yield f"{table}: quality_gap is not finite", rows.filter(~pl.col("quality_gap").is_finite())


def _text_rules(scans: Mapping[str, pl.LazyFrame]) -> Iterator[Check]:
    same = pl.col("chosen").str.strip_chars() == pl.col("rejected").str.strip_chars()
    yield "pairs: chosen and rejected are the same text", scans["pairs"].filter(same)
    unchanged = pl.col("draft").str.strip_chars() == pl.col("better").str.strip_chars()
    yield "improvements: draft and better are the same text", scans["improvements"].filter(unchanged)
    for table, columns in _TEXTS.items():
        for column in columns:
            text = _text_column(scans[table], column)
            if table != "texts":  # a post may have a title and no text
                yield f"{table}: {column} is empty", text.filter(pl.col("text").str.strip_chars() == "")
            for identifier in IDENTIFIERS:
                yield f"{table}: {column} holds {identifier.kind}", text.filter(holds(identifier))


def _text_column(rows: pl.LazyFrame, column: str) -> pl.LazyFrame:
    if column == "responses":
        return rows.select(pl.col("responses").explode().struct.field("text"))
    return rows.select(text=column)


def holds(identifier: Identifier) -> pl.Expr:
    """Return whether the column `text` holds something that looks like this identifier."""
    text = pl.col("text")
    if identifier.harmless:
        text = text.str.replace_all(identifier.harmless, " ")
    return text.str.contains(identifier.pattern)


def _references(scans: Mapping[str, pl.LazyFrame]) -> Iterator[Check]:
    pairs, threads, selected = scans["pairs"], scans["threads"], scans["selected_pairs"]
    # What is harmful is in no list of responses.
    listed = pairs.filter(pl.col("config") != "safety_contrast")
    of_thread = ["thread_id", "config", "split"]
    yield (
        "pairs: a pair has no thread with its thread_id, config and split",
        listed.select(of_thread).join(threads.select(of_thread), on=of_thread, how="anti"),
    )
    of_response = ["thread_id", "config", "response_id"]
    responses = threads.select(
        "thread_id", "config", response_id=pl.col("responses").list.eval(pl.element().struct["response_id"])
    )
    responses = responses.explode("response_id")
    for column in ("chosen_id", "rejected_id"):
        named = listed.select("thread_id", "config", response_id=column)
        yield (
            f"pairs: {column} is not a response of its thread",
            named.join(responses, on=of_response, how="anti"),
        )
    yield "threads: a pair points outside the responses, or at one response twice", _bad_positions(threads)
    pair = threads.select(pl.col("pairs").explode()).drop_nulls().unnest("pairs")
    possible = pl.col("probability").is_between(0, 1) & pl.col("weight").is_finite() & (pl.col("weight") >= 0)
    yield (
        "threads: a pair has a weight or a probability that cannot be",
        pair.filter(~possible.fill_null(value=False)),
    )
    yield from _imitated(scans["sft"], pairs.filter(pl.col("config") == "default"))
    kept = scans["decisions"].filter("keep")
    for column, kind in (("link_id", "post"), ("chosen_name", "comment"), ("rejected_name", "comment")):
        names = kept.filter(pl.col("kind") == kind).select(name="name")
        yield (
            f"selected_pairs: {column} is not a {kind} that was kept",
            selected.select(name=column).join(names, on="name", how="anti"),
        )
    yield (
        "decisions: a row is kept with a reason, or dropped without one",
        scans["decisions"].filter(pl.col("keep") != pl.col("reason").is_null()),
    )


def _imitated(rows: pl.LazyFrame, pairs: pl.LazyFrame) -> Iterator[Check]:
    """Yield what differs between `sft` and the responses that are chosen in a pair and rejected in none.

    A response is rejected, too, if its text is, under the id of another response of the thread.
    """
    key = ["thread_id", "response_id"]
    won = pairs.select("thread_id", "split", "prompt", "chosen", response_id="chosen_id")
    lost = pairs.select("thread_id", response_id="rejected_id")
    text = pl.col("completion").str.strip_chars()
    lost_texts = pairs.select("thread_id", text=pl.col("rejected").str.strip_chars())
    yield "sft: a response is rejected in a pair", rows.join(lost, on=key, how="semi")
    yield (
        "sft: a text is rejected in a pair",
        rows.with_columns(text=text).join(lost_texts, on=["thread_id", "text"], how="semi"),
    )
    yield "sft: a response is chosen in no pair of its split", rows.join(won, on=[*key, "split"], how="anti")
    of_pair = rows.join(won, on=key, suffix="_of_pair")
    differs = (pl.col("prompt") != pl.col("prompt_of_pair")) | (pl.col("completion") != pl.col("chosen"))
    yield "sft: a text is not that of the pair", of_pair.filter(differs)
    never_lost = (
        won.select(*key, text=pl.col("chosen").str.strip_chars())
        .unique()
        .join(lost, on=key, how="anti")
        .join(lost_texts, on=["thread_id", "text"], how="anti")
    )
    missing = never_lost.join(rows, on=key, how="anti")
    yield "sft: a response that is chosen and never rejected is not there", missing


def _bad_positions(threads: pl.LazyFrame) -> pl.LazyFrame:
    positions = threads.select(count=pl.col("responses").list.len().cast(pl.Int32), pair=pl.col("pairs")).explode(
        "pair"
    )
    chosen, rejected = (pl.col("pair").struct.field(name) for name in ("chosen", "rejected"))
    last = pl.col("count") - 1
    inside = chosen.is_between(0, last) & rejected.is_between(0, last) & (chosen != rejected)
    return positions.filter(pl.col("pair").is_not_null() & ~inside.fill_null(value=False))
