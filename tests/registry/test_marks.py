from __future__ import annotations

from typing import Any

import pytest

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.registry.marks import incident_tag


def test_an_incident_is_noted_on_its_version(workshop: Any) -> None:
    """A tag a rule, which the next note replaces."""
    name = workshop.model()
    key = workshop.version(name).key
    for text in ("firing", "resolved"):
        workshop.registry.note_incident(key, "FeatureDrift", text)
    assert workshop.now(name, "1").tags == {"mlflow_exporter.incident.FeatureDrift": "resolved"}


def test_an_incident_of_no_version_is_noted_on_the_model(workshop: Any) -> None:
    """An alert that names no version is about the model."""
    name = workshop.model()
    workshop.registry.note_incident(ModelKey(name, ""), "NoTraffic", "firing")
    assert workshop.registry.snapshot().models[name].tags == {"mlflow_exporter.incident.NoTraffic": "firing"}


@pytest.mark.parametrize("alert", ('π "p95" > 5 s / {x}', "x" * 600, "..", "a//b", ""))
def test_any_name_and_text_is_taken(workshop: Any, alert: str) -> None:
    """What MLflow does not take in a tag is replaced or cut off."""
    name = workshop.model()
    key = workshop.version(name).key
    workshop.registry.note_incident(key, alert, "π" * 10_000)
    ((tag, text),) = workshop.now(name, "1").tags.items()
    assert (tag, text) == (incident_tag(alert), "π" * 5_000)


def test_an_alias_is_moved(workshop: Any) -> None:
    """It points to the other version, and to none else."""
    name = workshop.model()
    for _ in range(2):
        workshop.version(name)
    for version in ("2", "1"):
        workshop.registry.move_alias(name, "champion", version)
        assert workshop.now(name, "@champion").key.version == version
