from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mlflow_exporter.alerting.actions.alias import Alias
from mlflow_exporter.alerting.actions.aws_lambda import Lambda
from mlflow_exporter.alerting.actions.catalogue import made
from mlflow_exporter.alerting.actions.command import Command
from mlflow_exporter.alerting.actions.http import Http
from mlflow_exporter.alerting.actions.mlflow_run import MlflowRun
from mlflow_exporter.registry.registry import Registry


@pytest.mark.parametrize(
    ("kind", "keys", "action"),
    (
        ("command", {"command": ["true"]}, Command),
        ("http", {"url": "http://host"}, Http),
        ("mlflow_run", {"project": "."}, MlflowRun),
        ("alias", {}, Alias),
        ("lambda", {"function": "f"}, Lambda),
    ),
)
def test_every_kind_has_its_action(
    configured: Callable[..., Any], kind: str, keys: dict[str, Any], action: type[object]
) -> None:
    """What can be configured can be done."""
    settings = configured(kind, **keys)
    assert type(made(settings, Registry("http://host"), lambda model, alias: ())) is action
