"""The configuration of Alertmanager: valid, every route tested, no secret in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "alertmanager"
CONFIGURATION = FOLDER / "alertmanager.yml"
EXAMPLES = sorted((FOLDER / "examples").glob("*.yml"))

# Labels of an alert, and whom it reaches.
ROUTES = (
    ({"severity": "critical", "model": "churn"}, "history,critical"),
    ({"severity": "critical"}, "history,critical"),
    ({"severity": "warning", "model": "churn"}, "history,slack"),
    ({"severity": "info", "model": "churn"}, "history,nobody"),
    ({"severity": "critical", "model": "fraud-card", "team": "risk"}, "history,risk-critical"),
    ({"severity": "warning", "model": "fraud-card", "team": "risk"}, "history,risk-email"),
    ({"severity": "info", "model": "fraud-card", "team": "risk"}, "history,nobody"),
    ({"severity": "critical", "team": "unknown"}, "history,critical"),
    ({"alertname": "SomebodyElses"}, "history,email"),
)


@pytest.mark.parametrize("path", (CONFIGURATION, *EXAMPLES), ids=lambda path: path.name)
def test_the_configuration_is_valid(path: Path, run_amtool: Callable[..., str]) -> None:
    """Alertmanager accepts the configuration, its templates, and every example."""
    assert "1 templates" in run_amtool("check-config", path)


@pytest.mark.parametrize(("labels", "receivers"), ROUTES, ids=str)
def test_alerts_reach_their_receivers(labels: dict[str, str], receivers: str, run_amtool: Callable[..., str]) -> None:
    """Everything reaches the history; people get what concerns them, by team and severity."""
    given = [f"{name}={value}" for name, value in labels.items()]
    config = f"--config.file={CONFIGURATION}"
    run_amtool("config", "routes", "test", config, f"--verify.receivers={receivers}", *given)


def test_every_route_is_tested() -> None:
    """Each receiver is where a tested alert arrives."""
    named = {receiver["name"] for receiver in configuration()["receivers"]}
    assert named == {receiver for _, receivers in ROUTES for receiver in receivers.split(",")}


def test_no_secret_is_in_the_configuration() -> None:
    """Passwords, tokens and Slack's URL come from files under /run/secrets."""
    files = {key: value for path in (CONFIGURATION, *EXAMPLES) for key, value in keys(yaml.safe_load(path.read_text()))}
    secret = {key for key in files if any(word in key for word in ("password", "credentials", "secret", "api_url"))}
    assert secret == {"slack_api_url_file", "smtp_auth_password_file", "credentials_file"}
    assert all(str(files[key]).startswith("/run/secrets/") for key in secret)


def keys(section: Any) -> Iterator[tuple[str, Any]]:
    """Every key of a configuration with its value, at any depth."""
    for key, value in section.items() if isinstance(section, dict) else enumerate(section):
        if isinstance(key, str):
            yield key, value
        if isinstance(value, dict | list):
            yield from keys(value)


def configuration() -> Any:
    return yaml.safe_load(CONFIGURATION.read_text())
