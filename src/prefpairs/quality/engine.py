"""A suite and a frame -> which expectations failed, by Great Expectations, fail-closed.

Great Expectations 1.24 passes an empty suite, drops an expectation that it does not know with a
logged traceback, fills in arguments that a file leaves out, and quotes values in results and logs.
So: every type and argument is checked before the run, every expectation must come back with its
result, results are booleans, loggers are silent, and its own errors are never shown. Import this module
only where it runs: it loads Great Expectations.
"""

import logging
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import great_expectations as gx
import polars as pl
from great_expectations.core.result_format import ResultFormat
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.exceptions.exceptions import ExpectationNotFoundError
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.registry import get_expectation_impl

from prefpairs.errors import GateError
from prefpairs.quality.suites import Expectation, Suite

# Fields that every expectation has and that say nothing about the rule; we set those that matter.
_BOOKKEEPING = frozenset({
    "id", "meta", "notes", "description", "rendered_content", "windows", "batch_id",
    "result_format", "catch_exceptions", "severity",
})  # fmt: skip


def failures(suite: Suite, frame: pl.DataFrame) -> list[Expectation]:
    """Return the expectations that `frame` does not meet.

    Raises
    ------
    GateError
        If the suite could not be built or not be carried out as written.

    """
    with _silent():
        identified = {_id(suite, index): rule for index, rule in enumerate(suite.expectations)}
        built = [_build(suite, rule, identity) for identity, rule in identified.items()]
        try:
            results = _validate(suite, built, frame)
        except Exception as error:
            msg = f"Suite '{suite.table}' could not be carried out: {type(error).__name__}."
            raise GateError(msg) from None
    return _read_results(suite, identified, results)


def check(suite: Suite) -> None:
    """Check that every expectation is known and complete, without data.

    Raises
    ------
    GateError
        Names the suite, the expectation and the argument.

    """
    with _silent():
        for index, rule in enumerate(suite.expectations):
            _build(suite, rule, _id(suite, index))


def _build(suite: Suite, rule: Expectation, identity: str) -> Any:
    where = f"Suite '{suite.table}', {rule.type}"
    try:
        implementation = get_expectation_impl(rule.type)
    except ExpectationNotFoundError:
        msg = f"{where}: there is no such expectation. It would be dropped silently, so the gate does not run."
        raise GateError(msg) from None
    fields = set(implementation.__fields__) - _BOOKKEEPING
    unknown, missing = sorted(set(rule.arguments) - fields), sorted(fields - set(rule.arguments))
    if unknown or missing:
        msg = f"{where}: unknown arguments {unknown}, arguments left to a default {missing}."
        raise GateError(msg)
    try:
        return implementation(
            **rule.arguments,
            id=identity,
            severity=FailureSeverity.CRITICAL,
            result_format=ResultFormat.BOOLEAN_ONLY,
            catch_exceptions=True,
            description=rule.description,
        )
    except Exception as error:
        # Its own message repeats the arguments, which is harmless, but nobody promises that it stays so.
        msg = f"{where}: an argument has a value that it does not take ({type(error).__name__})."
        raise GateError(msg) from None


def _validate(suite: Suite, built: list[Any], frame: pl.DataFrame) -> list[Any]:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("candidate").add_dataframe_asset(suite.table)
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame.to_pandas()})
    gate = gx.ExpectationSuite(name=suite.table, expectations=[rule.configuration for rule in built])
    return list(batch.validate(gate, result_format="BOOLEAN_ONLY").results)


def _read_results(suite: Suite, rules: Mapping[str, Expectation], results: list[Any]) -> list[Expectation]:
    returned = [result.expectation_config.id for result in results]
    if sorted(returned) != sorted(rules):
        msg = f"Suite '{suite.table}': {len(rules)} expectations went in, {len(returned)} results came back."
        raise GateError(msg)
    raised = [rules[key] for key, result in zip(returned, results, strict=True) if _raised(result.exception_info)]
    if raised:
        listed = "; ".join(str(rule) for rule in raised)
        msg = f"Suite '{suite.table}': these expectations could not be evaluated: {listed}."
        raise GateError(msg)
    failed = {key for key, result in zip(returned, results, strict=True) if result.success is not True}
    return [rule for key, rule in rules.items() if key in failed]


def _raised(info: Any) -> bool:
    """Say whether an expectation raised: the flag stands in the information or one level deeper, per metric."""
    if not isinstance(info, Mapping):
        return info is not None
    return bool(info.get("raised_exception")) or any(
        _raised(value) for value in info.values() if isinstance(value, Mapping)
    )


def _id(suite: Suite, index: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{suite.table}/{index}"))


@contextmanager
def _silent() -> Iterator[None]:
    """Keep Great Expectations' log records and warnings, which may quote values, from every handler."""
    logger = logging.getLogger("great_expectations")
    handler, propagate, handlers = logging.NullHandler(), logger.propagate, logger.handlers
    logger.propagate, logger.handlers = False, [handler]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.propagate, logger.handlers = propagate, handlers
