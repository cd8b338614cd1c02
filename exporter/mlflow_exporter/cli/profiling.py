"""Reference data to the baseline of a model version."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from mlflow_exporter.cli import console, logs, outputs
from mlflow_exporter.cli.profile_tables import show
from mlflow_exporter.cli.samples import Needed, sample
from mlflow_exporter.config.loading import load
from mlflow_exporter.config.settings import MlflowSettings, ModelSettings
from mlflow_exporter.domain import Task
from mlflow_exporter.engines.doubts import doubts_of_scores
from mlflow_exporter.engines.inference import Request
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.engines.plan import Parts
from mlflow_exporter.engines.reference import make_baseline
from mlflow_exporter.errors import ColumnMissing, ConfigurationError, RegistryUnavailable
from mlflow_exporter.evaluation.baselines import request_of
from mlflow_exporter.evaluation.online import feature_bins
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.registry.signature import Signature
from mlflow_exporter.registry.snapshot import RegisteredVersion
from mlflow_exporter.sources.files import Files

TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Options:
    """What the options of `baseline` say."""

    model: str | None = None
    version: str | None = None
    data: tuple[str, ...] = ()
    prediction: str | None = None
    label: str | None = None
    probabilities: tuple[tuple[str, str], ...] = ()
    timestamp: str | None = None
    row_id: str | None = None
    task: str | None = None
    positive: str | None = None
    exclude: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    config_file: Path | None = None
    tracking_uri: str | None = None
    output: Path | None = None
    dry_run: bool = False
    bins: Path | None = None
    keep_rows: bool = False

    @property
    def logs_to_mlflow(self) -> bool:
        """Whether the baseline is to end up in MLflow."""
        return self.output is None and not self.dry_run


@dataclass(frozen=True)
class _Job:
    """Which data is to be profiled how, for which version; `needed` are columns that the data must have."""

    model: str | None
    version: str | None
    tracking_uri: str
    data: tuple[str, ...]
    request: Request
    needed: tuple[str, ...] = ()


def run(options: Options) -> None:
    """Make the baseline, show it, and log it; raises MlflowExporterError."""
    logs.configure()
    job = _configured(options, options.config_file) if options.config_file else _asked(options)
    registry = Registry(job.tracking_uri, timeout=TIMEOUT_SECONDS) if job.tracking_uri else None
    version, signature = _registered(registry, job, options)
    source = Files(job.data, mode="snapshot")
    request = _with_signature(job.request, signature)
    _require_columns(source, job, request)
    with console.phases() as progress:
        made = make_baseline(source, request, LocalEngine(), time.time(), progress)
    for problem in doubts_of_scores(request, made.baseline.spec):
        raise ConfigurationError(problem.what, where=problem.where, mend=problem.mend)
    for problem in made.problems:
        console.warn(problem)
    show(made.baseline)
    _deliver(made.baseline, options, registry, version)


def _asked(options: Options) -> _Job:
    """The job as the options alone tell it."""
    if not options.data:
        raise click.UsageError("Give the reference data with --data, or --config.file.")
    if options.model and not options.version:
        raise click.UsageError(f"Give the version of {options.model!r} with --version.")
    parts = Parts(
        options.prediction or "", options.timestamp, options.row_id, dict(options.probabilities), options.label
    )
    request = Request(
        parts,
        Task(options.task) if options.task else None,
        options.positive,
        exclude=options.exclude,
        categorical=options.categorical,
        segments=options.segments,
        origin=", ".join(options.data),
        sampled=options.keep_rows,
    )
    needed = (*parts.names, *options.exclude, *options.categorical, *options.segments)
    return _Job(options.model, options.version, _address(options.tracking_uri), options.data, request, needed)


def _configured(options: Options, file: Path) -> _Job:
    """The job as a model's configuration tells it."""
    settings = load(file)
    model = _model(settings.models, options.model)
    data = options.data or (model.baseline.data.path if model.baseline else ())
    if not data:
        raise click.UsageError(f"{file} has no `baseline.data` for {model.name!r}: give the data with --data.")
    uri = options.tracking_uri or settings.mlflow.tracking_uri.get_secret_value()
    request = replace(request_of(model), origin=", ".join(data))
    return _Job(model.name, options.version or model.version, _address(uri), data, request)


def _model(models: Sequence[ModelSettings], name: str | None) -> ModelSettings:
    names = ", ".join(model.name for model in models)
    if not names:
        raise ConfigurationError("no model is configured", where="models", mend="add one, or leave out --config.file")
    found = [model for model in models if name in (None, model.name)]
    if not found:
        raise ConfigurationError(f"has no model {name!r}", where="the configuration", mend=f"its models: {names}")
    if len(found) > 1:
        raise click.UsageError(f"Say which model with --model: {names}.")
    return found[0]


def _address(uri: str | None) -> str:
    """The tracking URI, relative to the working directory; by default the environment's, empty where there is none."""
    given = {"tracking_uri": uri} if uri else {}
    settings = MlflowSettings.model_validate(given, context={"folder": str(Path.cwd())})
    return settings.tracking_uri.get_secret_value()


def _registered(
    registry: Registry | None, job: _Job, options: Options
) -> tuple[RegisteredVersion | None, Signature | None]:
    """The version that the baseline is for, and its signature.

    None where nothing of MLflow is asked for, or where it does not answer and nothing is to be logged to it.
    """
    try:
        version = _version(registry, job, options)
        return version, None if registry is None or version is None else registry.signature(version)
    except RegistryUnavailable as error:
        if options.logs_to_mlflow:
            raise
        console.warn(f"{error}. Without the model's signature every column that is not named is a feature.")
        return None, None


def _version(registry: Registry | None, job: _Job, options: Options) -> RegisteredVersion | None:
    """The version that the baseline is for; None where nothing of MLflow is asked for."""
    if options.logs_to_mlflow and not job.model:
        raise click.UsageError("Say which model with --model, or give --output or --dry-run.")
    if options.logs_to_mlflow and registry is None:
        raise click.UsageError("Give the MLflow server with --tracking-uri or MLFLOW_TRACKING_URI.")
    if registry is None or job.model is None or job.version is None:
        return None
    return registry.snapshot().resolve(job.model, job.version)


def _with_signature(request: Request, signature: Signature | None) -> Request:
    """The request with the features that the signature names, and the task that it suggests."""
    if signature is None:
        return request
    names = [column.name for column in signature.inputs]
    features = names if names and all(names) else None
    suggested = None if request.parts.probabilities else signature.task
    return replace(request, features=features, task=request.task or suggested)


def _require_columns(source: Files, job: _Job, request: Request) -> None:
    """Raise ColumnMissing where a column that was named is not there; say which features are not."""
    chunk = sample(source).chunk
    if chunk is None:
        return  # told, with the reason, when the baseline is made
    missing = Needed.of(job.needed).missing_in(chunk)
    if missing:
        raise ColumnMissing("; ".join(missing), where=chunk.item)
    absences = Needed.of(request.features or ()).missing_in(chunk)
    if len(absences) == len(request.features or ()):
        return  # told, with the columns there are, when the baseline is made
    for absent in absences:
        console.warn(f"{chunk.item}: {absent} (an input of the model's signature)")


def _deliver(
    baseline: Baseline, options: Options, registry: Registry | None, version: RegisteredVersion | None
) -> None:
    bins = feature_bins(baseline).text()
    if options.bins is not None:
        outputs.write(options.bins, bins.encode())
        click.echo(f"The bins for model servers are in {options.bins}.")
    if options.dry_run:
        click.echo("Nothing was logged (--dry-run).")
    elif options.output is not None:
        outputs.write(options.output, baseline.packed)
        click.echo(f"Written to {options.output} ({len(baseline.packed):,} bytes, SHA-256 {baseline.digest}).")
    elif registry is not None and version is not None:
        digest = registry.log_baseline(version, baseline.packed, bins)
        click.echo(f"Logged to run {version.run_id} as the baseline of {version.key} (SHA-256 {digest}).")
        click.echo("A running exporter takes it at its next refresh of the registry. To try it: mlflow-exporter check")
