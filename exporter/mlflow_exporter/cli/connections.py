"""Everything that a configuration names, tried."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from sqlalchemy import make_url

from mlflow_exporter.alerting.readiness import read_token, unready
from mlflow_exporter.cli.samples import Looks, Needed, looks
from mlflow_exporter.cli.trial import temporary_state
from mlflow_exporter.config.alerting import AlertingSettings
from mlflow_exporter.config.data import Mode
from mlflow_exporter.config.settings import MlflowSettings, ModelSettings, Settings
from mlflow_exporter.domain import ModelKey, Problem, Role
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.errors import ConfigurationError, MlflowExporterError, RegistryUnavailable, StateUnavailable
from mlflow_exporter.evaluation.baselines import Baselines, Found
from mlflow_exporter.evaluation.catalogue import Catalogue
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.registry.server import server_version
from mlflow_exporter.registry.snapshot import RegisteredVersion
from mlflow_exporter.state.store import Store
from mlflow_exporter.web.formats import counted

_DIGEST_SHOWN = 12


class Verdict(Enum):
    """How a try went."""

    PASSED = "✓"
    NOTED = "!"
    FAILED = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one try."""

    subject: str
    verdict: Verdict
    message: str


def findings(settings: Settings) -> Iterator[Finding]:
    """Try MLflow, the state, what alerting needs and what each model needs, one after the other."""
    registry = Registry(settings.mlflow.tracking_uri.get_secret_value(), timeout=settings.mlflow.timeout)
    catalogue = Catalogue(registry)
    yield _tried("mlflow", lambda: _mlflow(settings.mlflow, catalogue))
    yield _tried("state", lambda: _state(settings.state.url.get_secret_value()))
    if settings.alerting.token_file or settings.alerting.actions:
        yield from _alerting(settings.alerting)
    if not settings.models:
        yield Finding("models", Verdict.NOTED, "none is configured, so nothing is known of any model's predictions")
    with temporary_state() as url:
        store = Store(url)
        for model in settings.models:
            yield from _model(model, catalogue, Baselines(model, store, LocalEngine(), registry))
        store.close()


def _tried(subject: str, attempt: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, Verdict.PASSED, attempt())
    except MlflowExporterError as error:
        return Finding(subject, Verdict.FAILED, str(error))


def _mlflow(settings: MlflowSettings, catalogue: Catalogue) -> str:
    _refresh(catalogue)  # the first call loads MLflow's client, which takes seconds that are not the server's
    version = server_version(catalogue.registry.address, settings.timeout)
    started = time.perf_counter()
    models = _refresh(catalogue)
    seconds = time.perf_counter() - started
    served = f"MLflow {version}, " if version else ""
    return f"{catalogue.registry.address}: {served}{counted(models, 'model')}, {1000 * seconds:.0f} ms"


def _refresh(catalogue: Catalogue) -> int:
    """Read the registry, and count its models; raises RegistryError."""
    state = catalogue.refresh()
    if state.error is not None:
        raise state.error
    return len(state.snapshot.models) if state.snapshot else 0


def _state(url: str) -> str:
    """Write to the state, and undo it; one that is a file and does not exist yet is tried in a folder beside it.

    It would belong to whoever checks, otherwise.
    """
    parsed = make_url(url)
    file = Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" and parsed.database else None
    if file is None or file.exists():
        return _written(url)
    try:
        with temporary_state(file.parent) as beside:
            _written(beside)
    except OSError as error:
        what = f"{file.parent} is no folder that may be written ({error.strerror})"
        raise StateUnavailable(what, where="state.url", mend="make the folder, or name another one") from error
    return f"{file} will be made"


def _written(url: str) -> str:
    store = Store(url)
    try:
        store.try_writing()
    finally:
        store.close()
    return store.where


def _alerting(settings: AlertingSettings) -> Iterator[Finding]:
    """Whether Alertmanager's token can be read, and what the actions lack."""
    wrong = [*_unread_token(settings), *unready(settings)]
    yield from (Finding("alerting", Verdict.FAILED, str(problem)) for problem in wrong)
    if not wrong:
        yield Finding("alerting", Verdict.PASSED, f"a token, {counted(len(settings.actions), 'action')}")


def _unread_token(settings: AlertingSettings) -> Iterator[Problem]:
    try:
        read_token(settings)
    except ConfigurationError as error:
        yield Problem(error.where, error.what, error.mend)


def _model(model: ModelSettings, catalogue: Catalogue, baselines: Baselines) -> Iterator[Finding]:
    subject = f"{model.name}: version"
    key, version = ModelKey(model.name, model.version), None
    try:
        version = catalogue.resolve(model.name, model.version)
        key = version.key
        yield Finding(subject, Verdict.PASSED, _described(version, model.version))
    except RegistryUnavailable:
        yield Finding(subject, Verdict.FAILED, "not known, since MLflow does not answer")
    except MlflowExporterError as error:
        yield Finding(subject, Verdict.FAILED, str(error))
    found, finding = _baseline(model, key, version, baselines)
    yield finding
    yield from _sources(model, None if version is None else version.key, found)


def _described(version: RegisteredVersion, wanted: str) -> str:
    number = version.key.version
    return number if wanted == number else f"{number} ({wanted})"


def _baseline(
    model: ModelSettings, key: ModelKey, version: RegisteredVersion | None, baselines: Baselines
) -> tuple[Found | None, Finding]:
    subject = f"{model.name}: baseline"
    if version is None and model.baseline is None:
        return None, Finding(subject, Verdict.FAILED, "not tried, since its version is not known")
    try:
        found = baselines.find(key, version)
    except MlflowExporterError as error:
        return None, Finding(subject, Verdict.FAILED, str(error))
    if not found.baseline.rows:
        advice = (
            f"none, so drift is not computed; log one with `mlflow-exporter baseline --model {shlex.quote(key.name)}`"
        )
        return found, Finding(subject, Verdict.NOTED, advice)
    verdict = Verdict.NOTED if found.problems else Verdict.PASSED
    return found, Finding(subject, verdict, "; ".join([_size(found), *map(str, found.problems)]))


def _size(found: Found) -> str:
    baseline = found.baseline
    columns = counted(len(baseline.layout.columns), "column")
    return f"{counted(baseline.rows, 'row')}, {columns}, SHA-256 {baseline.digest[:_DIGEST_SHOWN]}…"


def _sources(model: ModelSettings, key: ModelKey | None, found: Found | None) -> Iterator[Finding]:
    given, paths = model.predictions, model.predictions.path
    features = [] if found is None else [c.name for c in found.baseline.layout.columns if c.role is Role.FEATURE]
    columns = given.columns
    named = [columns.id, columns.timestamp, columns.prediction, *columns.probabilities.values(), columns.latency]
    needed = Needed.of([*named, *model.segments], features, [] if model.labels else [columns.label])
    if given.source == "log":
        paths = () if key is None else tuple(str(Path(path, key.folder)) for path in paths)
    yield from _source(f"{model.name}: predictions", paths, given.mode, needed)
    if model.labels is not None:
        later = model.labels
        needed = Needed.of([later.columns.id, later.columns.label, later.columns.timestamp])
        yield from _source(f"{model.name}: labels", later.path, later.mode, needed)


def _source(subject: str, paths: Sequence[str], mode: Mode, needed: Needed) -> Iterator[Finding]:
    if not paths:
        yield Finding(subject, Verdict.FAILED, "not tried, since its version is not known")
        return
    try:
        seen = looks(paths, mode.value)
    except MlflowExporterError as error:
        yield Finding(subject, Verdict.FAILED, str(error))
        return
    wrong = [str(problem) for problem in seen.problems]
    wrong += [f"{chunk.item}: {'; '.join(missing)}" for chunk in seen.chunks if (missing := needed.missing_in(chunk))]
    yield from (Finding(subject, Verdict.FAILED, what) for what in wrong)
    if wrong:
        return
    if not seen.chunks:
        yield Finding(subject, Verdict.NOTED, "no rows yet")
        return
    # What may come later is not there yet where no file has it.
    late = min((needed.optional_missing_in(chunk) for chunk in seen.chunks), key=len)
    yield Finding(subject, Verdict.NOTED if late else Verdict.PASSED, "; ".join([_has(seen, needed), *late]))


def _has(seen: Looks, needed: Needed) -> str:
    columns = counted(needed.count, "column")
    if len(seen.chunks) == 1 and not seen.skipped:
        return f"{seen.chunks[0].item} has the {columns} needed"
    others = f"; {seen.skipped:,} more were not looked at" if seen.skipped else ""
    return f"{counted(len(seen.chunks), 'file')} have the {columns} needed{others}"
