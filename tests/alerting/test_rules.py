from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlflow_exporter.alerting.rules import Rules
from mlflow_exporter.state.alerts import Alert

ACTIONS = """
  actions:
    - {name: all, kind: command, match: ['alertname=~".+"'], command: ["true"]}
    - {name: both, kind: command, match: [severity=critical, model!=fraud], command: ["true"]}
    - {name: after, kind: command, match: ['alertname=~".+"'], when: resolved, command: ["true"]}
"""


def test_an_action_follows_what_all_of_its_matchers_mean(desk: Any, alert: Callable[..., Alert]) -> None:
    """One that does not match is enough to leave it out, and firing and resolution have actions of their own."""
    rules = Rules.of(desk.settings(ACTIONS).actions, desk.registry, lambda model, alias: [])
    following = {
        "firing": alert(),
        "other model": alert(model="fraud"),
        "minor": alert(severity="warning"),
        "over": alert(ends_at=2_000.0),
    }
    assert {name: [rule.name for rule in rules.following(found)] for name, found in following.items()} == {
        "firing": ["all", "both"],
        "other model": ["all"],
        "minor": ["all"],
        "over": ["after"],
    }
