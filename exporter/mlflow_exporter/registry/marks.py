"""What the exporter writes on models and versions: tags that tell of incidents, and aliases that are moved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlflow_exporter.domain import ModelKey

if TYPE_CHECKING:
    from mlflow import MlflowClient

INCIDENT_TAG = "mlflow_exporter.incident"
_LONGEST_KEY, _LONGEST_VALUE = 250, 5_000
# What MLflow takes in the key of a tag (mlflow.utils.validation).
_NOT_IN_KEYS = re.compile(r"[^\w.\- ]", re.ASCII)


def incident_tag(name: str) -> str:
    """The key of the tag that tells of the alerts of a name.

    >>> incident_tag("ModelDrift"), incident_tag("p95 > 5 s")
    ('mlflow_exporter.incident.ModelDrift', 'mlflow_exporter.incident.p95 _ 5 s')
    """
    return f"{INCIDENT_TAG}.{_NOT_IN_KEYS.sub('_', name)}"[:_LONGEST_KEY]


def write_incident(client: MlflowClient, key: ModelKey, name: str, text: str) -> None:
    """Tag a version, or the model where the key has no version, with what is known of the alerts of a name."""
    value = text[:_LONGEST_VALUE]
    if key.version:
        client.set_model_version_tag(key.name, key.version, incident_tag(name), value)
    else:
        client.set_registered_model_tag(key.name, incident_tag(name), value)


def move_alias(client: MlflowClient, name: str, alias: str, version: str) -> None:
    """Point an alias of a model to a version."""
    client.set_registered_model_alias(name, alias, version)
