"""How MLflow's client is set up before it loads: no telemetry, no noise, no long waits."""

from __future__ import annotations

import logging
import math
import os

# What the operator has set stays. One retry is for a connection that the server closed while it was idle; more of
# them, or a wait that the server asks for, would only outlive the caller.
_DEFAULTS = {
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


def prepare(timeout: float) -> None:
    """Set up MLflow's client, best before it is first imported; `timeout` (seconds) is for each answer over HTTP.

    MLflow reads its settings from the environment only. What the operator set stays, but for the HTTP timeout, which
    `mlflow.timeout` of the configuration decides.
    """
    _disable_telemetry()
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = str(math.ceil(timeout))
    _silence_retries()


def _disable_telemetry() -> None:
    # MLflow understands no DO_NOT_TRACK but "true", so its own switch is set as well, whatever that one says.
    if "MLFLOW_DISABLE_TELEMETRY" not in os.environ:
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ.setdefault("DO_NOT_TRACK", "true")


def _silence_retries() -> None:
    # A failure is raised and reported once; urllib3 would log each retry of it besides.
    logger = logging.getLogger("urllib3.connectionpool")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.ERROR)
