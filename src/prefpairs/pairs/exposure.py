"""Who could have seen a response -> how many votes one of average quality would have there.

Expected votes = the thread's traffic x a curve of arrival order (by size of the thread) x a curve of delay after
the post x the hour of day x depth, each curve of a community shrunk towards everybody's. A source that counts
views itself takes the place of the curves. `exposure_fit` learns the curves, `posterior` turns expected and
actual votes into quality. docs/labels.md describes the model and what it cannot test.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from prefpairs.config_pairs import Exposure
from prefpairs.errors import ConfigError
from prefpairs.pairs.exposure_places import (
    FACTORS,
    TRAFFIC_SCORES,
    Places,
    curve_steps,
    places,
    table_sizes,
    traffic_index,
)
from prefpairs.pairs.posterior import Float32Array, VoteNoise, lattice
from prefpairs.pairs.traffic import thread_traffic

_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureModel:
    """The fitted parameters: everything that labels depend on besides a thread's own votes.

    Attributes
    ----------
    curves
        Factor -> multipliers; 1 is neutral. Flat tables, see `Places.index`.
    variances
        Factor -> squared standard errors of the logarithms of the multipliers.
    traffic
        Votes of an average response for each step of size and of post score, flat.
    communities
        The communities that have curves of their own. Others get everybody's.
    noise
        How votes scatter around what is expected.
    steps
        Curve -> number of its steps.
    diagnostics
        What the fit says about itself: responses, threads, iterations, last change, unexplained variance.

    """

    curves: Mapping[str, npt.NDArray[np.float64]]
    variances: Mapping[str, npt.NDArray[np.float64]]
    traffic: npt.NDArray[np.float64]
    communities: tuple[str, ...]
    noise: VoteNoise
    steps: Mapping[str, int]
    diagnostics: Mapping[str, float]

    def label(self, responses: pl.DataFrame, settings: Exposure) -> pl.DataFrame:
        """Return `responses` with `expected_votes`, `quality`, `quality_sd` and `exposure_variance` (Float32).

        `quality` and `quality_sd` are the posterior mean and standard deviation of log quality; the latter
        holds the uncertainty of the exposure too, whose share is `exposure_variance`. A response depends on
        the parameters and on its own thread, on nothing else.
        """
        found = places(responses, settings, self.communities)
        expected = self.expected_votes(found, settings)
        table = lattice(self.noise)
        quality = table.read(table.mean, expected, found.votes)
        spread = table.read(table.sd, expected, found.votes)
        # What is known about a response moves with its exposure only as far as the votes, not the prior, speak.
        slope = (1 - (spread / self.noise.quality_sd) ** 2).clip(0)
        exposure_variance = self._exposure_variance(found) * slope**2
        return responses.with_columns(
            expected_votes=pl.Series(expected, dtype=pl.Float32),
            quality=pl.Series(quality, dtype=pl.Float32),
            quality_sd=pl.Series(np.sqrt(spread**2 + exposure_variance), dtype=pl.Float32),
            exposure_variance=pl.Series(exposure_variance, dtype=pl.Float32),
        )

    def expected_votes(self, found: Places, settings: Exposure) -> Float32Array:
        """Return the votes that a response of average quality would have in each place."""
        relative = self.relative_exposure(found)
        traffic = thread_traffic(found, relative, self.usual_traffic(found), settings)
        return (traffic[found.thread] * relative).astype(np.float32)

    def relative_exposure(self, found: Places) -> Float32Array:
        """Return the product of the curves; where views are known, the views."""
        product = np.ones(len(found.thread), dtype=np.float32)
        for factor in FACTORS:
            product *= self.curves[factor].astype(np.float32)[found.index(factor, self.steps)]
        counted = ~np.isnan(found.views)
        product[counted] = found.views[counted]
        return product

    def usual_traffic(self, found: Places) -> npt.NDArray[np.float64]:
        """Return the traffic that is usual for each thread, before its own votes are looked at."""
        usual: npt.NDArray[np.float64] = self.traffic[traffic_index(found)]
        return usual

    def _exposure_variance(self, found: Places) -> Float32Array:
        total = np.zeros(len(found.thread), dtype=np.float32)
        for factor in FACTORS:
            total += self.variances[factor].astype(np.float32)[found.index(factor, self.steps)]
        total[~np.isnan(found.views)] = 0
        return total

    def to_json(self) -> dict[str, Any]:
        """Return the parameters as a JSON document."""
        return {
            "curves": {name: _rounded(values) for name, values in self.curves.items()},
            "variances": {name: _rounded(values) for name, values in self.variances.items()},
            "traffic": _rounded(self.traffic),
            "communities": list(self.communities),
            "noise": {
                "quality_sd": self.noise.quality_sd,
                "luck_shape": self.noise.luck_shape,
                "downvote_rate": self.noise.downvote_rate,
                "fuzzing": self.noise.fuzzing,
            },
            "steps": dict(self.steps),
            "diagnostics": dict(self.diagnostics),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any], settings: Exposure) -> Self:
        """Read the parameters that `to_json` wrote.

        Raises
        ------
        ConfigError
            If the document is none of ours, or has other steps than the settings.

        """
        try:
            model = cls(
                curves={name: np.asarray(document["curves"][name], dtype=np.float64) for name in FACTORS},
                variances={name: np.asarray(document["variances"][name], dtype=np.float64) for name in FACTORS},
                traffic=np.asarray(document["traffic"], dtype=np.float64),
                communities=tuple(document["communities"]),
                noise=VoteNoise(**document["noise"]),
                steps=dict(document["steps"]),
                diagnostics=dict(document["diagnostics"]),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            msg = f"The exposure parameters lack or spoil a part: {type(error).__name__}. Fit them anew."
            raise ConfigError(msg) from None
        wanted = curve_steps(settings)
        sizes = table_sizes(wanted, len(model.communities))
        tables = [(model.curves[name], sizes[name]) for name in FACTORS]
        tables += [(model.variances[name], sizes[name]) for name in FACTORS]
        tables.append((model.traffic, wanted["size"] * TRAFFIC_SCORES))
        if dict(model.steps) != wanted or any(len(table) != size for table, size in tables):
            msg = "The exposure parameters have other steps than pairs.exposure says. Fit them anew."
            raise ConfigError(msg)
        if not (_all_usable(table for table, _ in tables) and model.noise.is_usable):
            msg = "The exposure parameters hold a number that cannot be: negative, or not finite. Fit them anew."
            raise ConfigError(msg)
        return model


def read_model(path: Path, settings: Exposure) -> ExposureModel:
    """Read an `exposure.json` of an earlier run.

    Raises
    ------
    OSError
        If the file cannot be read.
    ConfigError
        If it is none of ours, or has other steps than the settings.

    """
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        document = None
    if not isinstance(document, dict):
        msg = f"{path} holds no exposure parameters. Name an exposure.json that an earlier run wrote."
        raise ConfigError(msg)
    return ExposureModel.from_json(document, settings)


def _all_usable(tables: Iterable[npt.NDArray[np.float64]]) -> bool:
    return all(table.ndim == 1 and bool(np.isfinite(table).all()) and bool((table >= 0).all()) for table in tables)


def _rounded(values: npt.NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.9g}") for value in values]


def curves_of(model: ExposureModel) -> Iterator[tuple[str, str, list[float]]]:
    """Yield community, curve (`arrival` or `delay`) and its multipliers relative to the first step."""
    for number, community in enumerate((*model.communities, _UNKNOWN)):
        for curve in ("arrival", "delay"):
            count = model.steps[curve]
            own = model.curves[f"community_{curve}"][number * count : (number + 1) * count]
            values = model.curves[curve] * own
            yield community, curve, _rounded(values[: count - 1] / values[0])
