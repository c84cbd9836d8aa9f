"""Selected pairs and raw tables -> the threads whose texts are needed, a batch in memory at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from prefpairs.config import Settings
from prefpairs.deid.engine import Thread
from prefpairs.errors import ContractError
from prefpairs.files import canonical_json
from prefpairs.items import current_items
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake

_NOBODY = ("[deleted]", "[removed]")
_FIELDS = {"posts": ("title", "selftext"), "comments": ("body",)}


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
    """Some threads, the number of texts that the pairs name in all, and how many of this batch are not there."""

    threads: list[Needed]
    total: int
    missing: int


def batches(lake: Lake, key: ProjectKey, settings: Settings) -> Iterator[Batch]:
    """Yield the threads of `selected_pairs`, sorted by post, about `deid.batch_texts` texts at a time.

    Raises
    ------
    ContractError
        If a response is selected under two posts: then it would be de-identified twice.

    """
    names = _names(lake)
    total = int(names["texts"].sum())
    # The running count at the start of a thread decides its batch, so no thread is cut.
    sizes = names.group_by("link_id").agg(pl.col("texts").sum()).sort("link_id")
    batch = (pl.col("texts").cum_sum() - pl.col("texts")) // settings.deid.batch_texts
    numbered = names.join(sizes.select("link_id", batch=batch), on="link_id").sort("batch", "link_id", "name")
    for _, wanted in numbered.group_by("batch", maintain_order=True):
        yield _batch(wanted, lake, key, settings, total)


def _names(lake: Lake) -> pl.DataFrame:
    """Return `link_id`, `name`, `table` and how many `texts` it has, of everything that a pair names."""
    pairs = lake.scan("selected_pairs").select("link_id", "chosen_name", "rejected_name").collect()
    posts = pairs.select("link_id", name="link_id", table=pl.lit("posts"), texts=pl.lit(2))
    responses = [
        pairs.select("link_id", name=side, table=pl.lit("comments"), texts=pl.lit(1))
        for side in ("chosen_name", "rejected_name")
    ]
    names = pl.concat([posts, *responses]).unique()
    if names["name"].n_unique() < names.height:
        msg = "selected_pairs names a response under two posts. Run select again."
        raise ContractError(msg)
    return names


def _batch(wanted: pl.DataFrame, lake: Lake, key: ProjectKey, settings: Settings, total: int) -> Batch:
    link_of = dict(wanted.select("name", "link_id").iter_rows())
    texts: dict[str, list[tuple[str, str, str]]] = {link_id: [] for link_id in wanted["link_id"]}
    found = 0
    for table, fields in _FIELDS.items():
        among = wanted.filter(pl.col("table") == table)
        items = current_items(lake, table, among=among).select("name", *fields).collect(engine="streaming")
        found += items.height
        for name, *raws in items.iter_rows():
            texts[link_of[name]] += [(name, field, raw) for field, raw in zip(fields, raws, strict=True)]
    authors = _authors(list(texts), lake, settings)
    threads = [_needed(link_id, items, authors.get(link_id, ()), key) for link_id, items in texts.items() if items]
    return Batch(threads=threads, total=total, missing=wanted.height - found)


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
            field=field,
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
