"""One model: from its registry entry and its new rows to an Evaluation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import structlog

from mlflow_exporter.config.settings import ModelSettings
from mlflow_exporter.domain import ModelKey, Problem
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.errors import EvaluationTimeout, MlflowExporterError, ModelNotFound, RegistryUnavailable
from mlflow_exporter.evaluation.baselines import Baselines
from mlflow_exporter.evaluation.catalogue import Catalogue
from mlflow_exporter.evaluation.description import describe
from mlflow_exporter.evaluation.findings import findings, nothing_counted
from mlflow_exporter.evaluation.measure import Limits, Told, measure
from mlflow_exporter.evaluation.versions import Versions
from mlflow_exporter.evaluation.watched import Watched, watch
from mlflow_exporter.evaluation.windows import WindowSum
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.registry.snapshot import RegisteredVersion
from mlflow_exporter.results import Evaluation, ModelDescription, WindowEvaluation
from mlflow_exporter.state.store import Store

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Described:
    """A description, what the registry said when it was made, and which bounds cannot be had.

    It is `complete` once the registry has told the run too.
    """

    version: RegisteredVersion | None
    complete: bool
    description: ModelDescription
    problems: tuple[Problem, ...]

    def is_outdated(self, version: RegisteredVersion | None) -> bool:
        """Whether the registry says something else now, or has answered again since it did not tell everything.

        Each of its answers has objects of its own: the same object means that it was not heard since.
        """
        if version is None or version is self.version:
            return False
        return not self.complete or version != self.version


class Monitor:
    """Evaluates one configured model, again and again; not safe to use from two threads at once.

    What goes wrong is in the evaluation, and the next one begins afresh from the state: nothing is raised.
    """

    def __init__(self, settings: ModelSettings, store: Store, engine: LocalEngine, catalogue: Catalogue) -> None:
        self.settings = settings
        self._store, self._engine, self._catalogue = store, engine, catalogue
        self._versions = Versions(settings.name, settings.version, store, catalogue)
        self._baselines = Baselines(settings, store, engine, catalogue.registry)
        self._watched: Watched | None = None
        self._begun: tuple[ModelKey, Baseline] | None = None
        self._described: _Described | None = None
        self._last = Evaluation(settings.name, 0.0, success=False)
        self._examples: dict[str, str] = {}

    def evaluate(self, now: float) -> Evaluation:
        """Poll and evaluate; `now` is the wall clock in Unix seconds."""
        durations: dict[str, float] = {}
        try:
            evaluation = self._evaluate(now, durations)
        except MlflowExporterError as error:
            evaluation = self._failed(error, now)
        except Exception as error:  # noqa: BLE001 -- a mistake of this program must not stop the other models
            _log.exception("evaluation failed", model=self.settings.name)
            evaluation = self._failed(_internal(error), now)
        self._last = replace(evaluation, durations=durations)
        return self._last

    def unfinished(self, now: float, seconds: float) -> Evaluation:
        """The last evaluation, marked as failed since the one under way has taken so many seconds."""
        what = f"the evaluation has been under way for {seconds:,.0f} seconds"
        mend = "raise `evaluation.timeout`, or read less at once"
        return self._with(EvaluationTimeout(what, mend=mend), now)

    def _evaluate(self, now: float, durations: dict[str, float]) -> Evaluation:
        # What fails halfway has committed some of its rows: the next evaluation makes its sums anew, from the state.
        watched, self._watched = self._watched, None
        with _timed(durations, "registry"):
            watched, described = self._look(watched)
        with _timed(durations, "poll"):
            poll = watched.poll(now)
            self._examples |= {rejection.reason: rejection.example for rejection in poll.rejections}
        with _timed(durations, "evaluate"):
            totals = watched.windows(poll, now)
            windows = self._measure(watched, totals, now)
        problems = (*watched.problems, *described.problems, *poll.problems, *findings(totals))
        if not problems and watched.newest is None and not watched.has_rows():
            problems = (nothing_counted(self.settings.predictions.path),)
        evaluation = self._finished(described.description, watched, windows, problems, now)
        self._watched = watched
        return evaluation

    def _look(self, known: Watched | None) -> tuple[Watched, _Described]:
        """What is watched now: begun anew where the version or its baseline is another."""
        key, version = self._versions.resolve()
        found = self._baselines.find(key, version)
        if known is None or known.key != key or known.baseline is not found.baseline:
            begun = key, found.baseline
            known = watch(self.settings, key, found, self._store, self._engine, again=begun == self._begun)
            self._begun = begun
            self._described = None
        if self._described is None or self._described.is_outdated(version):
            self._described = self._describe(known, version)
        return known, self._described

    def _describe(self, watched: Watched, version: RegisteredVersion | None) -> _Described:
        """The description, without the run where the registry is known to be away, or does not answer."""
        run, complete = None, False
        if version is not None and self._catalogue.state.up:
            with suppress(RegistryUnavailable):
                run, complete = self._catalogue.registry.run(version), True
        return _Described(version, complete, *describe(self.settings, watched.key, version, run, watched.baseline))

    def _measure(self, watched: Watched, totals: tuple[WindowSum, ...], now: float) -> tuple[WindowEvaluation, ...]:
        end, limits = watched.scale(now).now, self.settings.limits
        shown = Limits(limits.classes, limits.segments)
        told = Told(self.settings.predictions.columns.id is not None, self.settings.label_column is not None)
        return tuple(measure(total, end, watched.drift, self.settings.confidence.low, shown, told) for total in totals)

    def _finished(
        self,
        description: ModelDescription,
        watched: Watched,
        windows: tuple[WindowEvaluation, ...],
        problems: tuple[Problem, ...],
        now: float,
    ) -> Evaluation:
        return Evaluation(
            self.settings.name,
            now,
            not problems,
            problems,
            description,
            watched.newest,
            windows,
            watched.rows_rejected,
            dict(self._examples),
            watched.rows_read,
            last_success_at=self._last.last_success_at if problems else now,
        )

    def _failed(self, error: MlflowExporterError, now: float) -> Evaluation:
        """The last evaluation with the error; of a model that is not in the registry any more nothing stays."""
        if not isinstance(error, ModelNotFound):
            return self._with(error, now)
        gone = Evaluation(self.settings.name, now, success=False, problems=(self._problem(error),))
        return replace(gone, last_success_at=self._last.last_success_at)

    def _with(self, error: MlflowExporterError, now: float) -> Evaluation:
        return replace(self._last, finished_at=now, success=False, problems=(self._problem(error),))

    def _problem(self, error: MlflowExporterError) -> Problem:
        return Problem(error.where or self.settings.name, error.what, error.mend)


@contextmanager
def _timed(durations: dict[str, float], phase: str) -> Iterator[None]:
    started = time.perf_counter()
    try:
        yield
    finally:
        durations[phase] = time.perf_counter() - started


def _internal(error: Exception) -> MlflowExporterError:
    return MlflowExporterError(
        f"{type(error).__name__}: {error}", mend="this is a mistake of the exporter: report it with the log's traceback"
    )
