"""The action that each kind of settings describes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlflow_exporter.alerting.actions.action import Action
from mlflow_exporter.alerting.actions.alias import Alias
from mlflow_exporter.alerting.actions.aws_lambda import Lambda
from mlflow_exporter.alerting.actions.command import Command
from mlflow_exporter.alerting.actions.http import Http
from mlflow_exporter.alerting.actions.mlflow_run import MlflowRun
from mlflow_exporter.config.alerting import AliasAction, AnyAction, CommandAction, HttpAction, MlflowRunAction
from mlflow_exporter.registry.registry import Registry


def made(settings: AnyAction, registry: Registry, seen: Callable[[str, str], Sequence[str]]) -> Action:
    """The action of these settings; `seen` gives the versions that an alias of a model has had."""
    if isinstance(settings, CommandAction):
        return Command(settings)
    if isinstance(settings, HttpAction):
        return Http(settings)
    if isinstance(settings, MlflowRunAction):
        return MlflowRun(settings, registry.address.uri)
    if isinstance(settings, AliasAction):
        return Alias(settings, registry, seen)
    return Lambda(settings)
