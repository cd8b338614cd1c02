from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from mlflow_exporter.alerting.event import Event
from mlflow_exporter.errors import ActionError
from mlflow_exporter.state.alerts import Alert


def test_the_document_has_everything(event: Event) -> None:
    """What an action gets is JSON with times as text, and null for what is not there."""
    assert json.loads(json.dumps(event.document())) == {
        "status": "firing",
        "fingerprint": "f1",
        "alertname": "FeatureDrift",
        "model": "churn",
        "version": "4",
        "starts_at": "1970-01-01T00:16:40Z",
        "ends_at": None,
        "labels": {"alertname": "FeatureDrift", "severity": "critical", "model": "churn", "version": "4"},
        "annotations": {"summary": "age has drifted"},
        "generator_url": "http://prometheus/graph",
    }
    assert Event(Alert("f", 0.0), "firing").document()["model"] is None


def test_the_environment_has_everything(alert: Callable[..., Alert]) -> None:
    """Names are upper case, what no variable may be called is replaced, and what is not there is empty."""
    environment = Event(alert(**{"k8s.pod-name": "x"}), "resolved").environment()
    assert environment["ALERT_STATUS"] == "resolved"
    assert environment["ALERT_MODEL"] == environment["ALERT_LABEL_MODEL"] == "churn"
    assert environment["ALERT_LABEL_K8S_POD_NAME"] == "x"
    assert environment["ALERT_ANNOTATION_SUMMARY"] == "age has drifted"
    assert environment["ALERT_ENDS_AT"] == ""


def test_labels_are_put_into_texts(event: Event) -> None:
    """Labels and the alert's own facts are; what is no placeholder stays."""
    assert event.filled("{model}/{version} {status} {fingerprint}") == "churn/4 firing f1"
    assert event.filled("{starts_at} {} {a b} {{") == "1970-01-01T00:16:40Z {} {a b} {{"


def test_a_label_that_is_not_there_is_an_error(event: Event) -> None:
    """Nothing is sent with a hole in it; the error lists the labels that there are."""
    with pytest.raises(ActionError, match=r"no label 'region', which \{region\} stands for; it has alertname, finger"):
        event.filled("{model} in {region}")


def test_what_is_put_into_json_stays_inside_of_its_text(alert: Callable[..., Alert]) -> None:
    """A label with quotes neither ends a text nor adds a key."""
    odd = '", "admin": true, "x": "'
    filled = Event(alert(model=odd), "firing").filled_json(
        '{"a": ["{model}", 1], "{model}": null, "b": {"c": "{status}!"}}'
    )
    assert json.loads(filled) == {"a": [odd, 1], "{model}": None, "b": {"c": "firing!"}}
