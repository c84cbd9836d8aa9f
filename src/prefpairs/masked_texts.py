"""Names of posts and comments -> their de-identified texts, found by keyed id."""

import polars as pl

from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake

_PARAGRAPH = "\n\n"
_PLACEHOLDER = r"<[A-Z][A-Z0-9_]*>"
_LETTER_OR_DIGIT = r"[\p{L}\p{N}]"


def prompts(lake: Lake, key: ProjectKey, names: pl.Series, *, policy_hash: str) -> pl.DataFrame:
    """Return `link_id`, `prompt` (the title, then the text if there is one), `words_prompt` and `forgotten`.

    `prompt` is null if the title or the text was not de-identified under this policy.
    """
    titles = _texts(lake, key, names, "title", policy_hash=policy_hash)
    selftexts = _texts(lake, key, names, "selftext", policy_hash=policy_hash)
    return titles.join(selftexts, on="name", how="left", suffix="_selftext", maintain_order="left").select(
        link_id="name",
        prompt=(pl.col("text") + _PARAGRAPH + pl.col("text_selftext")).str.strip_chars(),
        words_prompt=pl.col("words") + pl.col("words_selftext"),
        forgotten=pl.col("forgotten") | pl.col("forgotten_selftext"),
    )


def bodies(lake: Lake, key: ProjectKey, names: pl.Series, *, policy_hash: str) -> pl.DataFrame:
    """Return `name`, `text` (null if it was not de-identified under this policy), `words` and `forgotten`."""
    return _texts(lake, key, names, "body", policy_hash=policy_hash)


def of_fields(lake: Lake, key: ProjectKey, wanted: pl.DataFrame, *, policy_hash: str) -> pl.DataFrame:
    """Return `name`, `field`, `text_id`, `text`, `words`, `forgotten` of each row of `wanted` (`name`, `field`).

    `text` is null if it was not de-identified under this policy.
    """
    wanted = wanted.select("name", "field").with_columns(
        text_id=pl.Series(
            [key.text_id(name, field) for name, field in wanted.select("name", "field").iter_rows()],
            dtype=pl.String,
        ),
        forgotten=pl.Series(_forgotten(lake, key, wanted["name"]), dtype=pl.Boolean),
    )
    found = (
        lake.scan("texts")
        .filter(pl.col("policy_hash") == policy_hash)
        .select("text_id", "text", "words")
        .join(wanted.lazy().select("text_id"), on="text_id", how="semi")
        .collect()
    )
    return wanted.join(found, on="text_id", how="left", maintain_order="left")


def _texts(lake: Lake, key: ProjectKey, names: pl.Series, field: str, *, policy_hash: str) -> pl.DataFrame:
    wanted = pl.DataFrame({"name": names}, schema={"name": pl.String}).with_columns(field=pl.lit(field))
    return of_fields(lake, key, wanted, policy_hash=policy_hash).select("name", "text", "words", "forgotten")


def _forgotten(lake: Lake, key: ProjectKey, names: pl.Series) -> list[bool]:
    tombstones = set(lake.scan("tombstones").select("name_hash").collect().to_series())
    return [bool(tombstones) and key.name_hash(name) in tombstones for name in names]


def is_empty(column: str) -> pl.Expr:
    """Return true where nothing but placeholders is left of a text."""
    return ~pl.col(column).str.replace_all(_PLACEHOLDER, "").str.contains(_LETTER_OR_DIGIT)
