from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from mlflow_exporter.cli.evaluate import FAILING
from mlflow_exporter.cli.gate import offences
from mlflow_exporter.domain import Measurement
from mlflow_exporter.results import DatasetDrift, Evaluation, WindowEvaluation

FOUND: Mapping[str, list[str]] = {
    "drift": ["drift in 24h: age: ks 0.24 > 0.08", "drift in 24h: income: ks 0.09 > 0.06"],
    "performance": ["performance in 24h: accuracy 0.75 (0.71 to 0.79) < 0.8"],
    "confidence": ["confidence in 24h: confidence_mean 0.55 < 0.6"],
    "quality": [
        "quality in 24h: 2% of the rows are repeated",
        "quality in 24h: age: 3% missing, none in the baseline",
        "quality in 24h: region: 1% unseen, none in the baseline",
        "quality: 4 rows refused: malformed",
    ],
    "skipped": ["skipped in 24h: no label drift: too few rows"],
}


@pytest.mark.parametrize("subject", FAILING)
def test_each_subject_finds_its_own(evaluated: Callable[..., Evaluation], subject: str) -> None:
    """What --fail-on names is found, and nothing else is."""
    assert list(offences(evaluated(), [subject])) == FOUND[subject]


def test_rows_that_drift_as_a_whole_are_drift(evaluated: Callable[..., Evaluation]) -> None:
    """A test of whole rows above its threshold fails the gate, and one below does not."""
    tests = (DatasetDrift("pca_reconstruction", 0.08, 0.04), DatasetDrift("domain_classifier", 0.02, 0.1))
    found = replace(evaluated().windows[0], drift=(), dataset_drift=tests)
    assert list(offences(evaluated(windows=(found,)), ["drift"])) == [
        "drift in 24h: rows as a whole: pca_reconstruction 0.08 > 0.04"
    ]


def test_subjects_add_up(evaluated: Callable[..., Evaluation]) -> None:
    """Several subjects find what each of them finds."""
    assert sorted(offences(evaluated(), FAILING)) == sorted(line for lines in FOUND.values() for line in lines)


def test_no_subject_finds_nothing(evaluated: Callable[..., Evaluation]) -> None:
    """Nothing fails unless it is asked for."""
    assert list(offences(evaluated(), [])) == []


@pytest.mark.parametrize("changes", ({"windows": ()}, {"description": None, "windows": ()}))
def test_nothing_is_found_where_nothing_is_known(evaluated: Callable[..., Evaluation], changes: Any) -> None:
    """A model without windows has no drift and no bound to break."""
    assert list(offences(evaluated(rejected={}, **changes), FAILING)) == []


def test_what_may_be_noise_is_no_offence(evaluated: Callable[..., Evaluation]) -> None:
    """A metric below its bound passes the gate while its interval reaches the bound."""
    found = replace(evaluated().windows[0], performance=(Measurement("accuracy", 0.75, 0.69, 0.81),))
    assert list(offences(evaluated(windows=(found,)), ["performance"])) == []


def test_what_is_in_bounds_is_no_offence(evaluated: Callable[..., Evaluation]) -> None:
    """A window in which nothing is out of the ordinary passes every gate."""
    calm = WindowEvaluation(evaluated().windows[0].window, 0.0, 1.0, 1000, 0)
    assert list(offences(evaluated(windows=(calm,), rejected={}), FAILING)) == []
