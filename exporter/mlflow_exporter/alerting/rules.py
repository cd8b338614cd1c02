"""Which action follows which news, as configured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlflow_exporter.alerting.actions.action import Action
from mlflow_exporter.alerting.actions.catalogue import made
from mlflow_exporter.config.alerting import AnyAction
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.state.alerts import Alert


@dataclass(frozen=True, slots=True)
class Rule:
    """An action, and when it follows an alert."""

    settings: AnyAction
    action: Action

    @property
    def name(self) -> str:
        """The action's name."""
        return self.settings.name

    def follows(self, alert: Alert) -> bool:
        """Whether the action follows the news that the alert is as it is."""
        is_time = self.settings.when.value == alert.status
        return is_time and all(matcher.matches(alert.labels) for matcher in self.settings.match)


@dataclass(frozen=True, slots=True)
class Rules:
    """Every configured action, by name."""

    by_name: Mapping[str, Rule]

    @classmethod
    def of(cls, actions: Sequence[AnyAction], registry: Registry, seen: Callable[[str, str], Sequence[str]]) -> Rules:
        """The rules of these settings; `seen` gives the versions that an alias of a model has had."""
        return cls({action.name: Rule(action, made(action, registry, seen)) for action in actions})

    def following(self, alert: Alert) -> Iterator[Rule]:
        """The actions that follow the news that the alert is as it is."""
        return (rule for rule in self.by_name.values() if rule.follows(alert))
