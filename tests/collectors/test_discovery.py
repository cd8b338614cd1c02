"""The contract of every collector there is: a new file is tested before its author writes a test."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.collectors.discovery import discover
from mlflow_exporter.collectors.family import Collector, Family
from mlflow_exporter.results import Evaluation

FOUND = discover()
FAMILIES = [family for collector in FOUND for family in collector.families]
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(params=FOUND, ids=lambda collector: collector.name)
def collector(request: pytest.FixtureRequest) -> Collector[Any]:
    """Each collector of the room."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(params=FAMILIES, ids=lambda family: family.name)
def family(request: pytest.FixtureRequest) -> Family:
    """Each family of each collector."""
    return request.param  # type: ignore[no-any-return]


def test_the_subjects_of_the_design_are_there() -> None:
    """Discovery finds what the room has; these are in every release."""
    names = {collector.name for collector in FOUND}
    assert names >= {"windows", "drift", "quality", "performance", "predictions", "registry", "host", "exporter"}


def test_a_collector_is_named_after_its_file(collector: Collector[Any]) -> None:
    """The name in the configuration and in the reference is the module's."""
    assert collector.collect.__module__.rpartition(".")[2] == collector.name


def test_a_collector_has_a_golden_file_with_all_its_families(collector: Collector[Any]) -> None:
    """Every declared family is seen in an exposition, and nothing that was not declared."""
    text = (GOLDEN / f"{collector.name}.txt").read_text(encoding="utf-8")
    assert set(re.findall(r"^# HELP (\S+)", text, re.MULTILINE)) == {family.name for family in collector.families}


def test_no_two_families_have_one_name() -> None:
    """A family belongs to one collector, and to one alone after suffixes are taken off."""
    names = Counter(family.metric().name for family in FAMILIES)
    assert max(names.values()) == 1


def test_names_are_legal_and_carry_the_prefix(family: Family) -> None:
    """Names and labels are legal in every version of Prometheus, and begin with ml_."""
    assert re.fullmatch(r"ml_[a-z0-9_]+", family.name)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", label) and not label.startswith("__") for label in family.labels)
    assert len(set(family.labels)) == len(family.labels)


def test_names_carry_type_and_unit(family: Family) -> None:
    """Counters end in _total and info in _info, and nothing else does."""
    assert family.name.endswith("_total") == (family.type == "counter")
    assert family.name.endswith("_info") == (family.type == "info")
    assert ("quantile" in family.labels) == (family.type == "unknown")


def test_help_is_a_sentence(family: Family) -> None:
    """Help says what the number is, in a line that starts and ends as a sentence does."""
    assert re.fullmatch(r"[A-Z0-9][^\n]{15,150}\.|[A-Z0-9][^\n]{15,150}; opt-in\.", family.help)


def test_samples_fit_their_families(collector: Collector[Any], evaluation: Evaluation) -> None:
    """A collector gives samples of its own families only, with one value for each label, all text."""
    if collector.subject is not Evaluation:
        return
    for sample in collector.collect(evaluation):
        assert sample.family in collector.families
        assert len(sample.labels) == len(sample.family.labels)
        assert all(isinstance(value, str) for value in sample.labels)


def test_no_label_takes_values_without_bound() -> None:
    """No label is an id, an input, a message or a time."""
    allowed = {
        *("model", "version", "window", "column", "role", "test", "metric", "bound", "class", "actual", "predicted"),
        *("segment", "quantile", "bin", "origin", "subject", "reason", "task", "alias", "run_id", "model_stage"),
        *("phase", "source", "path", "gpu", "experiment", "status", "python_version"),
        *("alertname", "severity", "action", "outcome"),
    }
    assert {label for family in FAMILIES for label in family.labels} <= allowed
