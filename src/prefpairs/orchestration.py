"""Stage functions -> Prefect tasks that leak nothing and run without Prefect too.

Prefect stores parameters, results, log lines and the message of every exception in its database, and
pickles exceptions to disk. So a task takes a path and returns counts, and what it raises is ours:
another library's exception may quote a comment, and only its type and place go on.
"""

from collections.abc import Callable
from typing import Any, Generic, ParamSpec

from prefect import task
from prefect.context import FlowRunContext

from prefpairs.errors import TransientError, without_text
from prefpairs.progress import listener
from prefpairs.stage import StageReport

P = ParamSpec("P")


class Step(Generic[P]):
    """A stage as a step of a flow: a Prefect task inside a flow run, the plain function outside of one."""

    def __init__(self, stage: str, function: Callable[P, StageReport], *, retries: int = 0) -> None:
        self.stage = stage
        self._function = without_text(f"The stage '{stage}'")(function)
        self._task = task(
            name=stage,
            task_run_name=stage,
            retries=retries,
            retry_delay_seconds=60,
            retry_condition_fn=_is_transient,
            persist_result=False,
            log_prints=False,
        )(self._run)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> StageReport:
        """Run the stage and return its counts."""
        listener().started(self.stage)
        if FlowRunContext.get() is None:
            report = self._function(*args, **kwargs)
        else:
            report = StageReport.from_json(self._task(*args, **kwargs))
        listener().finished(report)
        return report

    def _run(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        return self._function(*args, **kwargs).to_json()


def step(stage: str, *, retries: int = 0) -> Callable[[Callable[P, StageReport]], Step[P]]:
    """Make a function that returns a `StageReport` a step of a flow."""
    return lambda function: Step(stage, function, retries=retries)


def _is_transient(_task: Any, _run: Any, state: Any) -> bool:
    return isinstance(state.result(raise_on_failure=False), TransientError)
