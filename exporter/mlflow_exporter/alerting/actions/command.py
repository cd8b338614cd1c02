"""Actions that run a program."""

from __future__ import annotations

import json
from dataclasses import dataclass

from mlflow_exporter.alerting.actions.action import Leash
from mlflow_exporter.alerting.actions.process import output_of
from mlflow_exporter.alerting.event import Event
from mlflow_exporter.config.alerting import CommandAction


@dataclass(frozen=True, slots=True)
class Command:
    """Runs a program with the alert as JSON on its standard input and in its environment."""

    settings: CommandAction

    def plan(self, event: Event) -> str:
        # Not the arguments: `${VARIABLE}` may have brought secrets.
        program, *arguments = self.settings.command
        return f"run {program} with {len(arguments)} argument{'' if len(arguments) == 1 else 's'}"

    def run(self, event: Event, leash: Leash) -> str:
        given = json.dumps(event.document()).encode()
        return output_of(self.settings.command, leash, given=given, variables=event.environment())
