"""Structured logs: this program's events and what libraries log, in one format, without secrets."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from mlflow_exporter.config.secrets import mask
from mlflow_exporter.errors import ConfigurationError

FILE_BYTES, FILES_KEPT = 10_000_000, 5
LEVELS: Mapping[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
_FIRST = ("time", "level", "msg")
_OWN = "mlflow_exporter"


def configure(level: str = "warn", style: str = "logfmt", file: Path | None = None) -> None:
    """Log from now on to stderr, or to a file that is rotated; libraries only from warnings on.

    Raises ConfigurationError where the file cannot be written.
    """
    # MLflow would set up loggers of its own when it is imported, with another format.
    os.environ.setdefault("MLFLOW_CONFIGURE_LOGGING", "false")
    handler = _handler(file)
    handler.setFormatter(_formatter(style))
    root = logging.getLogger()
    for former in root.handlers[:]:
        root.removeHandler(former)
        former.close()
    root.addHandler(handler)
    root.setLevel(max(LEVELS[level], logging.WARNING))
    logging.getLogger(_OWN).setLevel(LEVELS[level])
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _handler(file: Path | None) -> logging.Handler:
    if file is None:
        return logging.StreamHandler(sys.stderr)
    try:
        return RotatingFileHandler(file, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8")
    except OSError as error:
        what, mend = f"{file} cannot be written: {error.strerror}", "name a file in a folder that may be written"
        raise ConfigurationError(what, where="--log.file", mend=mend) from error


def _shared() -> list[Processor]:
    """What is done to an event, whoever logs it."""
    return [
        structlog.stdlib.filter_by_level,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper("iso", utc=True, key="time"),
    ]


def _formatter(style: str) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared()[1:],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,  # plain: local variables may be anything
            structlog.processors.EventRenamer("msg"),
            _for_readers,
            *_RENDERERS[style],
        ],
    )


def _for_readers(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The event with what matters first, and without secrets."""
    ordered = dict.fromkeys(key for key in (*_FIRST, *event) if key in event)
    return {key: _masked(event[key]) for key in ordered}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return value


def _flat(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Logfmt knows texts only: lists and mappings are written with commas."""
    return {key: _joined(value) for key, value in event.items()}


def _joined(value: Any) -> Any:
    if isinstance(value, Mapping):
        return ",".join(f"{key}:{item}" for key, item in value.items())
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else value


_RENDERERS: Mapping[str, tuple[Processor, ...]] = {
    "logfmt": (_flat, structlog.processors.LogfmtRenderer()),
    "json": (structlog.processors.JSONRenderer(default=str, ensure_ascii=False),),
}
