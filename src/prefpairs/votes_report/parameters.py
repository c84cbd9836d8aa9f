"""The exposure model -> its parameters as tables."""

from collections.abc import Sequence

from prefpairs.config_pairs import Exposure
from prefpairs.pairs.exposure import ExposureModel, curves_of
from prefpairs.votes_report.report import Parameter, ParameterTable

EVERYBODY = "everybody"
_COMMUNITIES = 5
_NOISE = {
    "quality_sd": "standard deviation of log quality",
    "luck_shape": "shape of luck (the smaller, the more luck)",
    "downvote_rate": "downvotes for each upvote, at average quality",
    "fuzzing": "probability of one vote too many, and of one too few",
}
_DIAGNOSTICS = {
    "responses": "responses whose votes are known",
    "fitted_responses": "responses that it was fitted on",
    "fitted_threads": "threads that it was fitted on",
    "iterations": "iterations",
    "last_change": "largest change in the last iteration",
    "unexplained_log_variance": "variance of log votes that exposure leaves open",
}
_TITLES = {
    "arrival": "Exposure by order of arrival, relative to the first comment",
    "delay": "Exposure by delay after the post, relative to the shortest",
}


def tables_of(model: ExposureModel, settings: Exposure, *, shown: Sequence[str]) -> list[ParameterTable]:
    """Return noise, diagnostics and the curves of the communities in `shown` and of all others."""
    noise = [(text, getattr(model.noise, name)) for name, text in _NOISE.items()]
    about = [
        (_DIAGNOSTICS.get(name, name.replace("_", " ")), value)
        for name, value in sorted(model.diagnostics.items())
    ]
    return [
        _table("How votes scatter", noise),
        _table("What the fit says about itself", about),
        *(_curve_table(model, curve, _labels(curve, settings), shown) for curve in _TITLES),
        _hours(model, settings),
    ]


def _hours(model: ExposureModel, settings: Exposure) -> ParameterTable:
    hours = 24 / settings.hours_of_day
    values = model.curves["hour"][: settings.hours_of_day]
    return _table(
        "Exposure by hour of writing",
        [(f"from {step * hours:g} h UTC", value) for step, value in enumerate(values)],
    )


def _table(title: str, rows: Sequence[tuple[str, float]]) -> ParameterTable:
    return ParameterTable(
        title=title,
        columns=["value"],
        rows=[Parameter(name=name, values=[_written(value)]) for name, value in rows],
    )


def _curve_table(model: ExposureModel, curve: str, labels: Sequence[str], shown: Sequence[str]) -> ParameterTable:
    found = {community: values for community, kind, values in curves_of(model) if kind == curve}
    everybody = [name for name in found if name not in model.communities]
    columns = [*(name for name in shown[:_COMMUNITIES] if name in model.communities), *everybody]
    return ParameterTable(
        title=_TITLES[curve],
        columns=[EVERYBODY if name in everybody else name for name in columns],
        rows=[
            Parameter(name=label, values=[_written(found[name][step]) for name in columns])
            for step, label in enumerate(labels)
        ],
    )


def _labels(curve: str, settings: Exposure) -> list[str]:
    if curve == "arrival":
        edges = [1, *(edge + 1 for edge in settings.arrival_edges)]
        ends = [*(edge - 1 for edge in edges[1:]), None]
        return [
            f"{start}+" if end is None else str(start) if start == end else f"{start}–{end}"
            for start, end in zip(edges, ends, strict=True)
        ]
    return [*(f"< {edge:g} h" for edge in settings.delay_hours), f"≥ {settings.delay_hours[-1]:g} h"]


def _written(value: float) -> str:
    return f"{int(value):,}" if float(value).is_integer() and abs(value) >= 1 else f"{value:.3g}"
