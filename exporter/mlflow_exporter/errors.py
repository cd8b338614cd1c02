"""The whole tree of exceptions that this package raises on purpose.

- MlflowExporterError
  - ConfigurationError      the configuration file is wrong
  - SourceError             production or reference data cannot be read
    - SourceMissing         nothing is at the path
    - ColumnMissing         a column that the configuration names is not in the data
  - BaselineError           there is no baseline, or it cannot be read
  - RegistryError           MLflow answered with an error
    - RegistryUnavailable   MLflow did not answer
    - ModelNotFound         the registry has no such model, version, alias or stage
  - StateError              the state store cannot be read or written
    - StateVersionError     it was written by another version of this program
    - StateUnavailable      no connection, no disk space, no permission
  - IncompatibleProfiles    two profiles were made with different bins
  - EvaluationTimeout       an evaluation took longer than `evaluation.timeout`
  - NotificationError       what was sent is no notification of Alertmanager
  - ActionError             an action that follows an alert failed
    - ActionTimeout         it took longer than its `timeout`
  - ModelRefused            a model version cannot be served
  - PredictionFailed        a served model raised an error for input that fits its signature
"""

from __future__ import annotations


class MlflowExporterError(Exception):
    """What went wrong, where, and how to mend it.

    >>> str(MlflowExporterError("no such file", where="models[0].predictions.path", mend="check the path"))
    'models[0].predictions.path: no such file; check the path'
    """

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(what)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"; {self.mend}" if self.mend else ""
        return f"{place}{self.what}{advice}"


class ConfigurationError(MlflowExporterError):
    """The configuration file is wrong."""


class SourceError(MlflowExporterError):
    """Production or reference data cannot be read."""


class SourceMissing(SourceError):
    """Nothing is at the path."""


class ColumnMissing(SourceError):
    """A column that the configuration names is not in the data."""


class BaselineError(MlflowExporterError):
    """There is no baseline, or it cannot be read."""


class RegistryError(MlflowExporterError):
    """MLflow answered with an error."""


class RegistryUnavailable(RegistryError):
    """MLflow did not answer."""


class ModelNotFound(RegistryError):
    """The registry has no such model, version, alias or stage."""


class StateError(MlflowExporterError):
    """The state store cannot be read or written."""


class StateVersionError(StateError):
    """The state was written by another version of this program."""


class StateUnavailable(StateError):
    """The state store has no connection, no disk space or no permission."""


class IncompatibleProfiles(MlflowExporterError):
    """Two profiles were made with different bins, so they do not add up."""


class EvaluationTimeout(MlflowExporterError):
    """An evaluation took longer than it may."""


class ModelRefused(MlflowExporterError):
    """A model version cannot be served."""


class PredictionFailed(MlflowExporterError):
    """A served model raised an error for input that fits its signature."""


class NotificationError(MlflowExporterError):
    """What was sent is no notification of Alertmanager."""


class ActionError(MlflowExporterError):
    """An action that follows an alert failed."""


class ActionTimeout(ActionError):
    """An action took longer than it may."""
