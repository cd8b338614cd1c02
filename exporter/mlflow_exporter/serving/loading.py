"""From a copy on the disk to a model that may get requests; what fails on the way is refused, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import mlflow.pyfunc
import structlog
from mlflow.pyfunc import PyFuncModel
from mlflow.types import Schema

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ModelRefused
from mlflow_exporter.instrument import Monitor
from mlflow_exporter.serving.compatibility import incompatibilities
from mlflow_exporter.serving.copies import Copy
from mlflow_exporter.serving.probabilities import classifier
from mlflow_exporter.serving.served import ServedModel
from mlflow_exporter.serving.warming import Rehearsal, rehearsal

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Loader:
    """How copies are loaded.

    `monitor` makes the instruments of a version, given its classes; `preloaded` has been read before.
    """

    monitor: Callable[[ModelKey, Sequence[Any]], Monitor]
    probabilities: bool = True
    preloaded: Mapping[ModelKey, PyFuncModel] = field(default_factory=dict)

    def load(self, copy: Copy, before: ServedModel | None = None) -> ServedModel:
        """The model, warm. `before` is the one that it would replace, whose requests it has to understand.

        Raises ModelRefused.
        """
        pyfunc = self._pyfunc(copy)
        found = classifier(pyfunc) if self.probabilities else None
        model = ServedModel(copy.key, pyfunc, found, self.monitor(copy.key, found.classes if found else ()))
        if before is not None and (reasons := incompatibilities(before.input_schema, model.input_schema)):
            mend = "restart the server to change the signature that clients see"
            raise ModelRefused(f"its signature is another: {'; '.join(reasons)}", where=_where(copy), mend=mend)
        _warm(model, copy, before)
        return model

    def _pyfunc(self, copy: Copy) -> PyFuncModel:
        if copy.key in self.preloaded:
            return self.preloaded[copy.key]
        with Monitor(copy.key.name, copy.key.version).loading():
            return read(copy)


def read(copy: Copy) -> PyFuncModel:
    """The pyfunc of a copy; raises ModelRefused."""
    try:
        loaded: PyFuncModel = mlflow.pyfunc.load_model(str(copy.folder))
    except Exception as error:  # whatever unpickling a model raises
        mend = "load it with mlflow.pyfunc.load_model in this environment to see why"
        raise ModelRefused(f"it does not load ({_told(error)})", where=_where(copy), mend=mend) from error
    return loaded


def _warm(model: ServedModel, copy: Copy, before: ServedModel | None) -> None:
    # Clients send what fits the signature of the model before.
    tried = _rehearsal(model, copy, (before or model).input_schema)
    if tried is None:
        _log.info("nothing to warm the model with", model=model.key.name, version=model.key.version)
        return
    try:
        model.rehearse(tried.rows)
    except Exception as error:  # noqa: BLE001 -- a model may raise anything
        _judge(error, tried, copy, before)


def _rehearsal(model: ServedModel, copy: Copy, schema: Schema | None) -> Rehearsal | None:
    try:
        return rehearsal(model.metadata, copy, schema)
    except Exception as error:  # whatever reading a damaged example raises
        what = f"its input example cannot be read ({type(error).__name__})"
        raise ModelRefused(what, where=_where(copy), mend="log the version again") from error


def _judge(error: Exception, tried: Rehearsal, copy: Copy, before: ServedModel | None) -> None:
    """A made-up row tells only where the model before answered it. Raises ModelRefused."""
    # Of the error the type alone: its text may have values of the example in it.
    if not tried.is_made_up:
        what = f"it fails for its own input example ({type(error).__name__})"
        raise ModelRefused(what, where=_where(copy), mend="log a version that predicts it") from error
    if before is not None and _answers(before, tried):
        what = f"it fails for a made-up row that version {before.key.version} answers ({type(error).__name__})"
        raise ModelRefused(what, where=_where(copy), mend="log it with an input example that it predicts") from error
    _log.warning(
        "the model refused a made-up row; log it with an input example to have it tried with that",
        model=copy.key.name,
        version=copy.key.version,
        error=type(error).__name__,
    )


def _answers(model: ServedModel, tried: Rehearsal) -> bool:
    try:
        model.rehearse(tried.rows)
    except Exception:  # noqa: BLE001 -- a model may raise anything
        return False
    return True


def _told(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:200]}" if text else type(error).__name__


def _where(copy: Copy) -> str:
    return f"model {copy.key}"
