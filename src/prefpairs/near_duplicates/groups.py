"""Sketches -> groups: texts that are alike, or alike by way of others.

Texts of one band value are compared with their nearest neighbours only, in the order of the sketches, so
that a band which half of a corpus shares costs a comparison or so a text, not one for every pair. Equal
sketches count as one. Nothing here hangs on the order of the rows.
"""

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from prefpairs.config_curate import NearDuplicates
from prefpairs.near_duplicates.sketches import Bands, Bytes, as_bytes, similarity

Labels = npt.NDArray[np.int64]
_Rows = npt.NDArray[np.int64]
_PAIRS_AT_ONCE = 200_000  # decides memory, never the result


def groups(bands: Bands, settings: NearDuplicates) -> Labels:
    """Return a number for each row, the same for the rows of one group."""
    different, place = _different(bands)
    labels = np.arange(len(different))
    for band in range(different.shape[1]):
        labels = _joined(labels, different, band, settings)
    return labels[place]


def _different(bands: Bands) -> tuple[Bands, _Rows]:
    """Return the different rows in rising order, and for each row given its place among them."""
    if not len(bands):
        return bands, np.zeros(0, np.int64)
    frame = pl.DataFrame(bands, schema=[str(band) for band in range(bands.shape[1])], orient="row")
    place = frame.select(pl.struct(pl.all()).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    different = np.empty((int(place.max()) + 1, bands.shape[1]), np.int64)
    different[place] = bands
    return different, place


def _joined(labels: Labels, sketches: Bands, band: int, settings: NearDuplicates) -> Labels:
    """Return the labels after joining the rows that agree in one band and are similar as a whole."""
    # Stable, so that equal bands stay in the order of the whole sketches: neighbours are alike.
    order = np.argsort(sketches[:, band], kind="stable")
    values = sketches[order, band]
    shared = np.flatnonzero(values[1:] == values[:-1])
    every_byte = as_bytes(sketches)
    for distance in range(1, settings.max_comparisons + 1):
        shared = shared[shared + distance < len(values)]
        shared = shared[values[shared] == values[shared + distance]]
        if not len(shared):
            break
        one, other = order[shared], order[shared + distance]
        apart = labels[one] != labels[other]
        one, other = one[apart], other[apart]
        alike = _alike(every_byte, one, other, settings.min_similarity)
        if alike.any():
            labels = _connected(labels, one[alike], other[alike])
    return labels


def _alike(sketches: Bytes, one: _Rows, other: _Rows, least: float) -> npt.NDArray[np.bool_]:
    parts = [np.zeros(0, np.bool_)]
    for start in range(0, len(one), _PAIRS_AT_ONCE):
        some = slice(start, start + _PAIRS_AT_ONCE)
        parts.append(similarity(sketches[one[some]], sketches[other[some]]) >= least)
    return np.concatenate(parts)


def _connected(labels: Labels, one: _Rows, other: _Rows) -> Labels:
    size = len(labels)
    edges = coo_array((np.ones(len(one), np.int8), (labels[one], labels[other])), shape=(size, size))
    _, of_label = connected_components(edges, directed=False)
    return of_label.astype(np.int64)[labels]
