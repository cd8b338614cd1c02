"""What alerting needs of this machine: files with tokens, programs, libraries."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from mlflow_exporter.config.alerting import AlertingSettings, CommandAction, HttpAction, LambdaAction
from mlflow_exporter.config.secrets import read_secret
from mlflow_exporter.domain import Problem
from mlflow_exporter.errors import ConfigurationError


def read_token(settings: AlertingSettings) -> str | None:
    """The token that a sender needs, None where none is configured.

    Raises ConfigurationError where it cannot be read.
    """
    file = settings.token_file
    try:
        return None if file is None else read_secret(Path(file))
    except ValueError as error:
        raise ConfigurationError(str(error), where="alerting.token_file", mend=f"check {file}") from error


def unready(settings: AlertingSettings) -> Iterator[Problem]:
    """A problem for each action that would fail because of what is missing here, whatever the alert."""
    for action in settings.actions:
        where = f"alerting.actions: {action.name}"
        if isinstance(action, CommandAction) and shutil.which(action.command[0]) is None:
            what = f"there is no program {action.command[0]!r}"
            yield Problem(where, what, "check its path and rights, and the PATH of the exporter")
        if isinstance(action, HttpAction) and action.bearer_file is not None:
            yield from _unread(Path(action.bearer_file), where)
        if isinstance(action, LambdaAction) and find_spec("boto3") is None:
            yield Problem(where, "boto3 is not installed", 'pip install "mlflow-exporter[aws]"')


def _unread(file: Path, where: str) -> Iterator[Problem]:
    try:
        read_secret(file)
    except ValueError as error:
        yield Problem(f"{where}: bearer_file", str(error), f"check {file}")
