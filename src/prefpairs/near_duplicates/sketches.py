"""Texts -> sketches: a few bytes each, which agree as far as the texts share their word shingles.

MinHash (Broder 1997) of runs of words, of which one byte a hash is kept (b-bit minwise hashing, Li and
König 2010). Eight such bytes are one band, a whole number of 64 bits: two texts are worth comparing if
they share a band, and all bytes together say how similar they are. Words are hashed under the project
key: nobody without it can test whether a text that they know is among the sketches.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from rensa import RMinHash

from prefpairs.config_curate import NearDuplicates
from prefpairs.files import canonical_json, sha256_file
from prefpairs.keys import ProjectKey

Bands = npt.NDArray[np.int64]
"""One row a text, one column a band."""
Bytes = npt.NDArray[np.uint8]
_Words = npt.NDArray[np.uint64]
_Counts = npt.NDArray[np.int64]

HASHES_PER_BAND = 8  # a byte of each makes the 64 bits of a band
BYTE_VALUES = 256
_SEED = 0  # of the hash functions only: the words have secret hashes already
_TEXTS_AT_ONCE = 20_000  # decides memory, never the result
_PURPOSE = "near-duplicates"

_URL = r"(?:https?://|www\.)[^\s)\]>]+"  # an address ends where its Markdown does
_INSIDE_WORDS = r"['’\p{Cf}]"  # apostrophes, and what nobody sees
_DIGITS = r"\p{Nd}+"
_WORD = r"[\p{L}\p{M}\p{N}]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketches:
    """The sketches of some texts, and the rows of those texts; texts with too few words have none."""

    rows: _Counts
    bands: Bands


def rules_version(settings: NearDuplicates, key: ProjectKey) -> str:
    """Return what tells sketches apart that must not be compared: other settings, key, code or libraries."""
    decisive = settings.model_dump(
        mode="json", include={"shingle_words", "short_shingle_words", "short_text_words", "min_words", "bands"}
    )
    code = [sha256_file(Path(__file__)), RMinHash.ALGORITHM_VERSION, pl.__version__]
    return key.derive(_PURPOSE).public_id(canonical_json([decisive, code]).decode())


def sketches(texts: pl.Series, settings: NearDuplicates, key: ProjectKey) -> Sketches:
    """Sketch the texts that have `min_words` words."""
    secret = key.derive(_PURPOSE).secret
    rows, bands = [np.zeros(0, np.int64)], [np.zeros((0, settings.bands), np.int64)]
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        some = words(texts.slice(start, _TEXTS_AT_ONCE))
        long_enough = some.list.len() >= settings.min_words
        rows.append(long_enough.arg_true().cast(pl.Int64).to_numpy() + start)
        bands.append(_bands(some.filter(long_enough), settings, secret))
    return Sketches(rows=np.concatenate(rows), bands=np.concatenate(bands))


def words(texts: pl.Series) -> pl.Series:
    """Return the words of each text without case, marks, links and values of numbers.

    What is left is what two people have in common who paste the same text: Markdown, quote marks,
    white space, capitals and the day's number may differ.
    """
    plain = (
        texts.str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all(_URL, " ")
        .str.replace_all(_INSIDE_WORDS, "")
        .str.replace_all(_DIGITS, "0")
    )
    return plain.str.extract_all(_WORD)


def as_bytes(bands: Bands) -> Bytes:
    """Return one row a text, one column a hash."""
    return np.ascontiguousarray(bands).view(np.uint8)


def similarity(one: Bytes, other: Bytes) -> npt.NDArray[np.float64]:
    """Return the estimated Jaccard similarity of the shingles of each row's two texts.

    Bytes of different hashes are equal once in 256 times, which is taken off.
    """
    equal = (one == other).mean(axis=1)
    by_chance = 1 / BYTE_VALUES
    return cast("npt.NDArray[np.float64]", (equal - by_chance) / (1 - by_chance))


def _bands(texts: pl.Series, settings: NearDuplicates, secret: bytes) -> Bands:
    if not len(texts):
        return np.zeros((0, settings.bands), np.int64)
    sizes = texts.list.len().cast(pl.Int64).to_numpy()
    shingles, starts = _shingles(_word_hashes(texts.explode(), secret), sizes, settings)
    hashes = settings.bands * HASHES_PER_BAND
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(shingles, starts.astype(np.uint64), hashes, _SEED)
    lowest = (np.array(matrix.to_rows(), dtype=np.uint32) % BYTE_VALUES).astype(np.uint8)
    return lowest.view("<i8").astype(np.int64, copy=False)


def _word_hashes(flat: pl.Series, secret: bytes) -> _Words:
    """Return a keyed hash of 64 bits of each word; each different word is hashed once."""
    coded = cast("pa.DictionaryArray", flat.to_arrow().dictionary_encode())
    digests = b"".join(
        hashlib.blake2b(word.encode(), digest_size=8, key=secret).digest() for word in coded.dictionary.to_pylist()
    )
    hashes: _Words = np.frombuffer(digests, dtype="<u8").astype(np.uint64)[coded.indices.to_numpy()]
    return hashes


def _shingles(hashes: _Words, sizes: _Counts, settings: NearDuplicates) -> tuple[_Words, _Counts]:
    """Return a hash of each run of words, text after text, and where each text's runs start and end.

    Parameters
    ----------
    hashes
        Of every word, text after text.
    sizes
        Words of each text; none has fewer words than a run.
    settings
        How many words make a run.

    """
    short = sizes < settings.short_text_words
    length = np.where(short, settings.short_shingle_words, settings.shingle_words)
    runs = sizes - length + 1
    starts = np.concatenate([[0], np.cumsum(runs)])
    first_words = np.cumsum(sizes) - sizes
    first = np.arange(starts[-1]) + np.repeat(first_words - starts[:-1], runs)
    length = np.repeat(length, runs)
    mixed = _mix(hashes[first])
    for place in range(1, max(settings.short_shingle_words, settings.shingle_words)):
        longer = np.flatnonzero(length > place)
        mixed[longer] = _mix(mixed[longer] + hashes[first[longer] + place])
    return mixed, starts


def _mix(values: _Words) -> _Words:
    """Return 64-bit numbers of which every bit hangs on every bit given (SplitMix64, Steele et al. 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
