"""Routes for machines."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.results import Evaluation


def test_is_healthy_from_the_start(client: FlaskClient) -> None:
    """A process that answers is alive."""
    assert client.get("/-/healthy").status_code == 200


def test_is_ready_when_every_model_was_evaluated_once(client: FlaskClient, exporter: Any) -> None:
    """Until then the answer names what is missing; a failed first evaluation counts as finished."""
    waiting = client.get("/-/ready")
    assert waiting.status_code == 503
    assert waiting.text == "Not ready: waiting for the first evaluation of recommendations.\n"
    exporter.publish(Evaluation("recommendations", 1.0, success=False))
    assert client.get("/-/ready").status_code == 200


def test_reloads_by_post_only(client: FlaskClient, exporter: Any) -> None:
    """A crawler that follows links reloads nothing."""
    assert client.get("/-/reload").status_code == 405
    assert exporter.reloads == 0
    assert client.post("/-/reload").status_code == 200
    assert exporter.reloads == 1


def test_a_bad_configuration_is_refused_with_its_error(client: FlaskClient, exporter: Any) -> None:
    """The answer to a reload carries the message, and says that the old configuration stays."""
    exporter.refusal = ConfigurationError("unknown key", where="config.yml:14: models[0].colums")
    answer = client.post("/-/reload")
    assert answer.status_code == 500
    assert "config.yml:14: models[0].colums: unknown key" in answer.text
    assert "old one stays" in answer.text


def test_other_errors_of_a_reload_are_not_hidden(client: FlaskClient, exporter: Any) -> None:
    """Only a wrong configuration is expected; a bug surfaces as a bug."""
    exporter.reload = lambda: 1 / 0
    client.application.testing = True
    with pytest.raises(ZeroDivisionError):
        client.post("/-/reload")


def test_shows_the_configuration_as_text(client: FlaskClient) -> None:
    """The text that the application passes in is shown as it is, never as HTML."""
    answer = client.get("/config")
    assert (answer.mimetype, answer.text) == ("text/plain", "models:\n- name: churn\n")
