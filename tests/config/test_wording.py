from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from pydantic_core import core_schema

from mlflow_exporter.config import wording
from mlflow_exporter.config.settings import Settings
from mlflow_exporter.config.wording import explain, misspelt
from mlflow_exporter.config.yaml_lines import read_yaml


def errors(data: dict[str, Any]) -> Any:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate_json(json.dumps(data))
    return caught.value.errors()


def test_every_kind_that_is_worded_is_one_of_pydantics() -> None:
    """No wording waits for a kind of error that does not exist."""
    known = set(get_args(core_schema.ErrorType))
    assert {*wording._WANTED, *wording._SAID, *wording._CHOICES} <= known


def test_a_value_is_shown_as_it_is_written() -> None:
    """The text of a variable never appears, because the value that is shown is the one in the file."""
    document = read_yaml("models: ${SECRET}\n")
    (mistake,) = explain(errors({"models": "hunter2"}), document)
    assert mistake.advice == "expected a list, not '${SECRET}'"


def test_what_follows_from_another_mistake_is_left_out() -> None:
    """A list whose only item is wrong is not empty, and a default that needs a wrong field is not wrong."""
    data = {"models": [{"name": 1, "predictions": {}}]}
    found = list(explain(errors(data), read_yaml("models:\n  - {name: 1, predictions: {}}\n")))
    assert {mistake.place[-1] for mistake in found} == {"name", "source", "path", "columns"}


def test_a_missing_key_that_was_misspelt_is_known() -> None:
    """The key that an unknown one is a slip of is not called missing as well."""
    assert ("models", 0, "predictions") in misspelt(errors({"models": [{"name": "a", "predictons": {}}]}))


@pytest.mark.parametrize(
    ("key", "mend"),
    (
        ("evaluatoin", "did you mean 'evaluation'?"),
        ("max_delay", "it belongs in models[].labels"),
        ("probabilities", "it belongs in serving or models[].baseline.data.columns or models[].predictions.columns"),
        ("xyz", "use one of mlflow, state, evaluation, serving, alerting, models"),
    ),
)
def test_an_unknown_key_comes_with_the_nearest_advice(key: str, mend: str) -> None:
    """A slip is corrected, a key of another section is sent there, and otherwise every key is listed."""
    document = read_yaml(f"{key}: 1\nmodels: []\n")
    found = {mistake.place: mistake.mend for mistake in explain(errors({key: 1, "models": []}), document)}
    assert found[key,] == mend
