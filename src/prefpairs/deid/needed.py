"""What was selected, and raw tables -> the threads whose texts are needed, a batch in memory at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from prefpairs.config import Settings
from prefpairs.deid.engine import Thread
from prefpairs.errors import ContractError
from prefpairs.files import canonical_json
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.raw_texts import raw_texts

_NOBODY = ("[deleted]", "[removed]")
_FIELDS = ("title", "selftext", "body")
"""The texts of a thread in this order, and then the others, which are bodies too: earlier versions, drafts,
revisions. Their ids tell them apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The keyed ids of one text."""

    text_id: str
    name_hash: str
    field: str
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """One thread: its texts, the keyed ids of each, and one hash over all that decides their outcome."""

    thread: Thread = field(repr=False)
    rows: tuple[Row, ...]
    thread_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some threads, the number of texts that are needed in all, and how many of this batch are not there."""

    threads: list[Needed]
    total: int
    missing: int


def batches(lake: Lake, key: ProjectKey, settings: Settings) -> Iterator[Batch]:
    """Yield the threads of `selected_pairs` and `selected_improvements`, about `deid.batch_texts` texts at a time.

    They are sorted by post. A thread is one unit, whatever its texts were selected for.

    Raises
    ------
    ContractError
        If a response is selected under two posts: then it would be de-identified twice.

    """
    names = _names(lake)
    # The running count at the start of a thread decides its batch, so no thread is cut.
    sizes = names.group_by("link_id").agg(texts=pl.len()).sort("link_id")
    batch = (pl.col("texts").cum_sum() - pl.col("texts")) // settings.deid.batch_texts
    place = pl.col("field").replace_strict(
        {field: place for place, field in enumerate(_FIELDS)}, default=len(_FIELDS), return_dtype=pl.Int32
    )
    numbered = (
        names.join(sizes.select("link_id", batch=batch), on="link_id")
        .with_columns(place=place)
        .sort("batch", "link_id", "place", "name", "field")
    )
    for _, wanted in numbered.group_by("batch", maintain_order=True):
        yield _batch(wanted, lake, key, settings, names.height)


def _names(lake: Lake) -> pl.DataFrame:
    """Return `link_id`, `name` and `field` of every text that a pair or an improvement names."""
    pairs = lake.scan("selected_pairs").select("link_id", "chosen_name", "rejected_name").collect()
    better = (
        lake.scan("selected_improvements")
        .select("link_id", "draft_name", "draft_field", "better_name", "better_field")
        .collect()
    )
    parts = [pairs.select("link_id", name=side, field=pl.lit("body")) for side in ("chosen_name", "rejected_name")]
    parts += [better.select("link_id", name=f"{side}_name", field=f"{side}_field") for side in ("draft", "better")]
    responses = pl.concat(parts).unique()
    if responses.unique(["name", "field"]).height < responses.height:
        msg = "A response is selected under two posts. Run select again."
        raise ContractError(msg)
    posts = responses.select("link_id").unique()
    prompts = [posts.select("link_id", name="link_id", field=pl.lit(field)) for field in ("title", "selftext")]
    return pl.concat([*prompts, responses])


def _batch(wanted: pl.DataFrame, lake: Lake, key: ProjectKey, settings: Settings, total: int) -> Batch:
    found = wanted.select("link_id", "name", "field").join(
        raw_texts(lake, wanted), on=["name", "field"], how="inner", maintain_order="left"
    )
    texts: dict[str, list[tuple[str, str, str]]] = {}
    for link_id, name, field_, raw in found.iter_rows():
        texts.setdefault(link_id, []).append((name, field_, raw))
    authors = _authors(list(texts), lake, settings)
    threads = [_needed(link_id, items, authors.get(link_id, ()), key) for link_id, items in texts.items()]
    return Batch(threads=threads, total=total, missing=wanted.height - found.height)


def _authors(links: Sequence[str], lake: Lake, settings: Settings) -> dict[str, tuple[str, ...]]:
    """Return who wrote in each thread, deleted comments and old looks included."""
    among = pl.DataFrame({"link_id": links}, schema={"link_id": pl.String}).lazy()
    wrote = pl.concat(
        [
            lake.scan("posts").select("author", link_id="name"),
            lake.scan("comments").select("author", "link_id"),
        ]
    )
    bots = [name.lower() for name in settings.curate.bots]
    known = pl.col("author").is_not_null() & ~pl.col("author").str.to_lowercase().is_in([*bots, *_NOBODY])
    rows = wrote.filter(known).join(among, on="link_id", how="semi").unique().collect(engine="streaming")
    grouped = rows.sort("link_id", "author").group_by("link_id", maintain_order=True).agg("author")
    return {link_id: tuple(authors) for link_id, authors in grouped.iter_rows()}


def _needed(link_id: str, items: list[tuple[str, str, str]], authors: tuple[str, ...], key: ProjectKey) -> Needed:
    rows = tuple(
        Row(
            text_id=key.text_id(name, field),
            name_hash=key.name_hash(name),
            field=field if field in _FIELDS else _FIELDS[-1],
            content_hash=key.content_hash(raw),
        )
        for name, field, raw in items
    )
    state = [link_id, [[row.text_id, row.content_hash] for row in rows], list(authors)]
    return Needed(
        thread=Thread(
            texts=tuple(raw for _, _, raw in items),
            authors=authors,
            seed=key.derive("surrogates").derive(link_id).secret,
        ),
        rows=rows,
        thread_hash=key.derive("threads").keyed_hash(canonical_json(state).decode()),
    )
