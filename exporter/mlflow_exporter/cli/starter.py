"""A first configuration, from what a registry tells of its models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap

from mlflow_exporter.config.secrets import mask
from mlflow_exporter.config.settings import MlflowSettings
from mlflow_exporter.domain import Task
from mlflow_exporter.errors import ModelNotFound
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.registry.signature import Signature, SignatureColumn
from mlflow_exporter.registry.snapshot import RegisteredVersion, RegistrySnapshot

CHAMPION = "champion"
TIMEOUT_SECONDS = 10.0
_WIDTH = 110

_HEAD = """\
# A first configuration by `mlflow-exporter init`. Fill in what is marked with CHANGE, then: mlflow-exporter check
# Every key is in docs/configuration.md.
"""

_MODEL = """\
  - name: {name}
    version: {version}  # {resolved}
    {task}
{features}
    predictions:
      source: files  # or log, which the instruments of a server write: path is its folder, and columns are known
      path: {path}  # CHANGE: CSV, JSON lines or Parquet; a path, a glob or a list
      columns:  # CHANGE: what the log calls its columns
        id: request_id
        timestamp: timestamp
        prediction: prediction
        # probabilities: {{"0": p0, "1": p1}}
        # latency: latency_seconds
    # labels:  # where they come later than the predictions
    #   source: files
    #   path: CHANGE
    #   columns: {{id: request_id, label: label, timestamp: labelled_at}}
"""


def starter(tracking_uri: str, names: Sequence[str] = ()) -> str:
    """The text of a configuration of these models, of every one that has a version where none is named.

    Raises RegistryError; ModelNotFound where a model or every version is missing.
    """
    address = _absolute(tracking_uri)
    registry = Registry(address, timeout=TIMEOUT_SECONDS)
    versions = [
        (wanted, version, registry.signature(version)) for wanted, version in _chosen(registry.snapshot(), names)
    ]
    models = [_model(wanted, version, signature) for wanted, version, signature in versions]
    return "\n".join([_HEAD + _mlflow(address), "models:\n" + "\n".join(models)])


def _absolute(tracking_uri: str) -> str:
    """The URI as it is meant here: relative to the working directory."""
    settings = MlflowSettings.model_validate({"tracking_uri": tracking_uri}, context={"folder": str(Path.cwd())})
    return settings.tracking_uri.get_secret_value()


def _chosen(snapshot: RegistrySnapshot, names: Sequence[str]) -> list[tuple[str, RegisteredVersion]]:
    """What each model is to be followed by, and the version which that is now."""
    wanted = list(dict.fromkeys(names)) or [name for name, model in snapshot.models.items() if model.versions]
    if not wanted:
        raise ModelNotFound("it has no model with a version", where="the registry", mend="register one first")
    followed = {name: _followed(snapshot, name) for name in wanted}
    return [(version, snapshot.resolve(name, version)) for name, version in followed.items()]


def _followed(snapshot: RegistrySnapshot, name: str) -> str:
    known = snapshot.models.get(name)
    return f"@{CHAMPION}" if known is not None and CHAMPION in known.aliases else "latest"


def _mlflow(address: str) -> str:
    if mask(address) != address:
        return "# MLflow's address has a password in it, so it is left out: set MLFLOW_TRACKING_URI.\n"
    return f"mlflow:\n  tracking_uri: {_quoted(address)}\n"


def _model(wanted: str, version: RegisteredVersion, signature: Signature | None) -> str:
    name = version.key.name
    folder = re.sub(r"[^\w-]+", "-", name).strip("-") or "model"
    return _MODEL.format(
        name=_quoted(name),
        version=_quoted(wanted),
        resolved=f"version {version.key.version} at the time",
        task=_task(signature),
        features="\n".join(f"    # {line}" for line in _features(signature)),
        path=_quoted(f"/CHANGE/{folder}/*.parquet"),
    )


def _task(signature: Signature | None) -> str:
    suggested = None if signature is None else signature.task
    if suggested is None:
        return f"# task: {Task.CLASSIFICATION.value}  # or {Task.REGRESSION.value}; the baseline tells it otherwise"
    return f"# task: {suggested.value}  # as its signature suggests; the baseline tells it otherwise"


def _features(signature: Signature | None) -> Iterator[str]:
    if signature is None:
        yield "It was logged without a signature: every column that is not named below is a feature."
        return
    inputs = ", ".join(map(_described, signature.inputs))
    yield from wrap(f"Its features, by its signature: {inputs}", _WIDTH, break_long_words=False, break_on_hyphens=False)


def _described(column: SignatureColumn) -> str:
    name = column.name or "without a name"
    # A line break in a name would end the comment.
    return f"{name if name.isprintable() else json.dumps(name)} ({column.type})"


def _quoted(text: str) -> str:
    """A YAML scalar that is read back as the text; `${` is no variable in it."""
    return json.dumps(text.replace("${", "$${"), ensure_ascii=not text.isprintable())
