"""The guide does what it says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from mlflow_exporter.alerting.event import Event
from mlflow_exporter.config.alerting import AnyAction
from mlflow_exporter.config.loading import parse
from mlflow_exporter.state.action_runs import ENDS
from mlflow_exporter.state.alerts import Alert

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "alerting.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
EXAMPLES = [block for block in BLOCKS if block.startswith("alerting:")]
HEAD = """
mlflow: {tracking_uri: "http://mlflow:5000"}
models: [{name: churn, predictions: {source: files, path: l.csv, columns: {timestamp: ts, prediction: p}}}]
"""


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_a_configuration(example: str) -> None:
    """Each is accepted as it stands."""
    assert parse(HEAD + example).alerting.token_file == "/run/secrets/webhook"


def test_every_kind_has_an_example() -> None:
    """No kind of action is left out."""
    shown = {type(action) for example in EXAMPLES for action in parse(HEAD + example).alerting.actions}
    assert shown == set(get_args(get_args(AnyAction)[0]))


def test_every_outcome_is_explained() -> None:
    """What a run's end is called on /metrics is in the guide."""
    assert not [outcome for outcome in ENDS if f"`{outcome.value}`" not in GUIDE]


def test_the_document_is_what_actions_get(alert: Callable[..., Alert]) -> None:
    """It has the same keys in the same order."""
    (text,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    assert list(json.loads(text)) == list(Event(alert(), "firing").document())


def test_alertmanager_takes_its_part(tmp_path: Path) -> None:
    """The routes and the receiver are valid."""
    amtool: Any = shutil.which("amtool") or pytest.skip(
        "NOT TESTED, not installed: amtool (apt-get install prometheus-alertmanager)"
    )
    (settings,) = [block for block in BLOCKS if block.startswith("route:")]
    (tmp_path / "alertmanager.yml").write_text(settings)
    assert yaml.safe_load(settings)["receivers"][1]["name"] == "exporter"
    command = [amtool, "check-config", tmp_path / "alertmanager.yml"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
