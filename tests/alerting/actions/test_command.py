from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.alerting.actions.action import Leash
from mlflow_exporter.alerting.actions.command import Command
from mlflow_exporter.alerting.event import Event
from mlflow_exporter.state.alerts import Alert


@pytest.fixture
def command(configured: Callable[..., Any]) -> Callable[..., Command]:
    """Makes the action that runs these words."""
    return lambda *words: Command(configured("command", command=list(words)))


def test_the_program_gets_the_alert_twice(command: Callable[..., Command], event: Event, leash: Leash) -> None:
    """As JSON on its standard input, and in its environment."""
    program = "import os, json, sys; print(json.dumps([json.load(sys.stdin), os.environ['ALERT_MODEL']]))"
    document, model = json.loads(command("python3", "-c", program).run(event, leash))
    assert (document, model) == (event.document(), "churn")


@pytest.mark.parametrize("odd", ("$(touch {0})", "`touch {0}`", "; touch {0} #", "\n touch {0}", "--help"))
def test_no_shell_reads_anything(
    command: Callable[..., Command], alert: Callable[..., Alert], leash: Leash, tmp_path: Path, odd: str
) -> None:
    """Neither arguments nor labels are ever commands."""
    odd = odd.format(tmp_path / "made")
    event: Any = Event(alert(model=odd), "firing")
    said = command("python3", "-c", "import os, sys; print([sys.argv[1], os.environ['ALERT_MODEL']])", odd).run(
        event, leash
    )
    assert said == str([odd, odd])
    assert not (tmp_path / "made").exists()


def test_the_plan_does_not_show_arguments(command: Callable[..., Command], event: Event) -> None:
    """They may be secrets out of the environment."""
    assert command("/bin/retrain", "--token", "hunter2").plan(event) == "run /bin/retrain with 2 arguments"
    assert command("true").plan(event) == "run true with 0 arguments"
