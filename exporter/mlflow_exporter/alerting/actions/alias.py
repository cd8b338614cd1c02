"""Actions that take an alias of a model back from a version that does badly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlflow_exporter.alerting.actions.action import Leash
from mlflow_exporter.alerting.event import Event
from mlflow_exporter.config.alerting import AliasAction
from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ActionError, RegistryError
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.registry.snapshot import RegisteredModel

_READY = "READY"


@dataclass(frozen=True, slots=True)
class Alias:
    """Moves an alias to the version that had it before; `seen` gives the versions an alias of a model has had.

    It moves only from the version that the alert is about: run again, or for a late alert, it does nothing.
    """

    settings: AliasAction
    registry: Registry
    seen: Callable[[str, str], Sequence[str]]

    def plan(self, event: Event) -> str:
        about, target = self._about(event), self._target(event)
        if target is None:
            return self._nothing(about)
        return f"move @{self.settings.alias} of {about.name} from version {about.version} to {target}"

    def run(self, event: Event, leash: Leash) -> str:
        about, target = self._about(event), self._target(event)
        if target is None:
            return self._nothing(about)
        try:
            self.registry.move_alias(about.name, self.settings.alias, target)
        except RegistryError as error:
            raise ActionError(error.what, where=error.where, mend=error.mend) from error
        return f"moved @{self.settings.alias} of {about.name} from version {about.version} to {target}"

    def _about(self, event: Event) -> ModelKey:
        alert = event.alert
        if not alert.model or not alert.version:
            mend = "keep both in the rule's expression, or leave such alerts out by `match`"
            raise ActionError("the alert has no labels model and version", mend=mend)
        return ModelKey(alert.model, alert.version)

    def _nothing(self, about: ModelKey) -> str:
        return f"nothing to do: @{self.settings.alias} of {about.name} is not at version {about.version}"

    def _target(self, event: Event) -> str | None:
        """The version to move to; None where the alias is elsewhere than at the alert's version."""
        about, alias = self._about(event), self.settings.alias
        model = self._model(about)
        if alias not in model.aliases:
            raise ActionError(f"{about.name} has no alias @{alias}", mend="check `alias`")
        if model.aliases[alias] != about.version:
            return None
        return self._ready(model, self.settings.to or self._before(about))

    def _model(self, about: ModelKey) -> RegisteredModel:
        try:
            models = self.registry.snapshot().models
        except RegistryError as error:
            raise ActionError(error.what, where=error.where, mend=error.mend) from error
        if about.name not in models:
            raise ActionError(f"the registry has no model {about.name!r}")
        return models[about.name]

    def _before(self, about: ModelKey) -> str:
        version = previous(self.seen(about.name, self.settings.alias), about.version)
        if version is None:
            what = f"which version had @{self.settings.alias} before {about.version} is not known"
            raise ActionError(what, mend="the exporter has not seen it move; move it by hand, or give `to`")
        return version

    def _ready(self, model: RegisteredModel, wanted: str) -> str:
        try:
            version = model.resolve(wanted)
        except RegistryError as error:
            raise ActionError(f"{error.where} {error.what}", mend=error.mend) from error
        if version.status != _READY:
            raise ActionError(f"version {version.key.version} is {version.status}, not {_READY}")
        if version.key.version == model.aliases[self.settings.alias]:
            raise ActionError(f"{wanted} is the version that the alias is to be taken from", mend="give another `to`")
        return version.key.version


def previous(versions: Sequence[str], current: str) -> str | None:
    """The version that an alias was at before it first came to `current`, None where that was not seen.

    The first time, since a version that it was taken back from is none to return to:

    >>> previous(["3", "4"], "4"), previous(["3", "4", "3"], "3"), previous(["2", "3", "4", "3"], "3")
    ('3', None, '2')
    """
    first = versions.index(current) if current in versions else 0
    return versions[first - 1] if first else None
