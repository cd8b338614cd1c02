"""Where a version's baseline comes from: the configured data, the registry, or the copy that the state keeps."""

from __future__ import annotations

import hashlib
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mlflow_exporter.config.settings import ModelSettings
from mlflow_exporter.domain import Kind, ModelKey, Problem, Role, Task
from mlflow_exporter.engines.inference import Request
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.engines.plan import PREDICTION, Parts
from mlflow_exporter.engines.reference import make_baseline
from mlflow_exporter.errors import BaselineError, RegistryUnavailable
from mlflow_exporter.evaluation.dataset import SAMPLED
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.profiles.binning import numeric_edges
from mlflow_exporter.profiles.layout import CategoricalColumn, Layout, NumericColumn
from mlflow_exporter.profiles.outcomes import OutcomeSpec
from mlflow_exporter.profiles.summary import Summary
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.registry.snapshot import RegisteredVersion
from mlflow_exporter.sources.files import Files
from mlflow_exporter.state.baselines import KeptBaseline
from mlflow_exporter.state.store import Store

_BARE = "bare"
"""The identity of a baseline without rows, which is made of the configuration."""


@dataclass(frozen=True, eq=False)
class Found:
    """A baseline, and what was wrong on the way to it."""

    baseline: Baseline
    problems: tuple[Problem, ...] = ()


class Baselines:
    """Finds the baselines of one model's versions; the last one found stays in memory."""

    def __init__(self, settings: ModelSettings, store: Store, engine: LocalEngine, registry: Registry) -> None:
        self._settings, self._store, self._engine, self._registry = settings, store, engine, registry
        self._last: tuple[ModelKey, str, Found] | None = None
        self._unanswered: tuple[RegisteredVersion, RegistryUnavailable] | None = None

    def find(self, key: ModelKey, version: RegisteredVersion | None) -> Found:
        """The baseline of a version; `version` is what the registry says of it, None where it is away.

        The same object comes as long as nothing changes. Raises BaselineError where there is none and the
        configuration does not tell the classes either, SourceError and RegistryError where it cannot be read.
        """
        if self._settings.baseline is not None:
            return self._cached(key, *self._from_data(self._settings))
        if version is None:
            return self._kept(key)
        if version.baseline_digest is None:
            return self._bare(key)
        return self._cached(key, version.baseline_digest, lambda: self._from_registry(version))

    def _cached(self, key: ModelKey, identity: str, load: Callable[[], Found]) -> Found:
        """What is known under an identity: from memory, from the state, or loaded and kept in both."""
        if (known := self._remembered(key, identity)) is not None:
            return known
        kept = self._copy(key)
        if kept is not None and kept.identity == identity:
            return self._remember(key, identity, self._unpacked(kept))
        found = load()
        with self._store.transaction() as transaction:
            # Another process may have kept one meanwhile.
            found = self._as_kept(found, transaction.baselines.of(key.name, key.version))
            copy = KeptBaseline(identity, found.baseline.packed, found.problems)
            transaction.baselines.put(key.name, key.version, copy)
        return self._remember(key, identity, found)

    def _as_kept(self, found: Found, kept: KeptBaseline | None) -> Found:
        """With the time of the kept one, where nothing else is different: what is counted in its bins stays."""
        if kept is None:
            return found
        try:
            former = self._unpacked(kept).baseline
        except BaselineError:  # of another format: nothing can be counted in its bins
            return found
        same = replace(found.baseline, created_at=former.created_at)
        return replace(found, baseline=same) if same.packed == kept.packed else found

    def _bare(self, key: ModelKey) -> Found:
        """Made of the configuration; the state keeps that it was, for when the registry is away."""
        if (known := self._remembered(key, _BARE)) is not None:
            return known
        found = Found(bare_baseline(self._settings, key))
        with self._store.transaction() as transaction:
            transaction.baselines.put(key.name, key.version, KeptBaseline(_BARE, found.baseline.packed))
        return self._remember(key, _BARE, found)

    def _kept(self, key: ModelKey) -> Found:
        """The last one found, or the copy in the state, for when the registry is away."""
        if self._last is not None and self._last[0] == key:
            return self._last[2]
        kept = self._copy(key)
        if kept is not None and kept.identity == _BARE:
            return self._bare(key)
        if kept is None:
            mend = "wait for the registry, or give `baseline.data` in the configuration"
            raise BaselineError("the registry does not answer, and no copy is kept", where=str(key), mend=mend)
        return self._remember(key, kept.identity, self._unpacked(kept))

    def _remembered(self, key: ModelKey, identity: str) -> Found | None:
        return self._last[2] if self._last is not None and self._last[:2] == (key, identity) else None

    def _remember(self, key: ModelKey, identity: str, found: Found) -> Found:
        self._last = key, identity, found
        return found

    def _copy(self, key: ModelKey) -> KeptBaseline | None:
        with self._store.reading() as transaction:
            return transaction.baselines.of(key.name, key.version)

    def _unpacked(self, kept: KeptBaseline) -> Found:
        return Found(Baseline.unpack(kept.packed, self._store.where), kept.problems)

    def _from_registry(self, version: RegisteredVersion) -> Found:
        """Loaded; where that was not answered, not asked for again before the registry has answered something else."""
        if self._unanswered is not None and self._unanswered[0] is version:
            failure = self._unanswered[1]
            raise RegistryUnavailable(failure.what, where=failure.where, mend=failure.mend)
        try:
            packed = self._registry.load_baseline(version)
        except RegistryUnavailable as failure:
            self._unanswered = version, failure
            raise
        return Found(Baseline.unpack(packed, f"baseline of {version.key}"))

    def _from_data(self, settings: ModelSettings) -> tuple[str, Callable[[], Found]]:
        """The identity of configured reference data, and how it is profiled."""
        request = request_of(settings)
        source = Files(settings.baseline.data.path if settings.baseline else (), mode="snapshot")

        def load() -> Found:
            made = make_baseline(source, request, self._engine, time.time())
            return Found(made.baseline, made.problems)

        return hashlib.sha256(f"{source.fingerprint()}{request!r}".encode()).hexdigest(), load


def request_of(settings: ModelSettings) -> Request:
    """What a model's configuration asks of its baseline."""
    columns = settings.reference_columns
    parts = Parts(
        columns.prediction or "",
        columns.timestamp,
        columns.id,
        dict(columns.probabilities),
        columns.label,
        columns.latency,
    )
    return Request(
        parts,
        settings.task,
        settings.performance.positive,
        None,
        settings.features.exclude,
        settings.features.categorical,
        settings.segments,
        settings.limits.columns,
        ", ".join(settings.baseline.data.path) if settings.baseline else "",
        SAMPLED in settings.drift.dataset,
    )


def bare_baseline(settings: ModelSettings, key: ModelKey) -> Baseline:
    """A baseline without rows: enough to count predictions and outcomes, where task and classes are configured.

    Raises BaselineError where they are not.
    """
    classes = tuple(sorted(settings.predictions.columns.probabilities))
    if settings.task is Task.REGRESSION:
        spec = OutcomeSpec.regression()
    elif len(classes) > 1:
        spec = OutcomeSpec.classification(classes, settings.performance.positive)
    else:
        mend = (
            f"log one with `mlflow-exporter baseline --model {shlex.quote(key.name)} --version {key.version} --data …`"
            ", or give `baseline.data` in the configuration"
        )
        raise BaselineError("no baseline was logged for it", where=str(key), mend=mend)
    column = (
        NumericColumn(Role.PREDICTION, PREDICTION, Kind.FLOAT, numeric_edges(np.zeros(0)))
        if spec.task is Task.REGRESSION
        else CategoricalColumn(Role.PREDICTION, PREDICTION, classes)
    )
    layout = Layout([column])
    return Baseline(layout, spec, Summary.empty(layout, spec))
