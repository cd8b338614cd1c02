from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

from mlflow_exporter.cli.document import document
from mlflow_exporter.domain import Measurement
from mlflow_exporter.results import Evaluation


def test_a_document_has_every_field_and_the_verdicts(evaluated: Callable[..., Evaluation]) -> None:
    """Names are those of the results, and what is derived from them is there too."""
    [found] = json.loads(document([evaluated()]))["evaluations"]
    [window] = found["windows"]
    assert found["description"]["key"] == {"name": "churn", "version": "3"}
    assert window["window"] == {"name": "24h", "seconds": 86400.0}
    assert window["drift"][0] == {
        "column": "age",
        "role": "feature",
        "test": "ks",
        "score": 0.24,
        "threshold": 0.08,
        "p_value": 0.001,
        "deciding": True,
        "detected": True,
    }
    assert window["drifted_columns_ratio"] == 2 / 3
    assert window["performance"][1] == {"name": "log_loss", "value": 0.4, "lower": None, "upper": None}


def test_a_confusion_matrix_is_a_list_of_cells(evaluated: Callable[..., Evaluation]) -> None:
    """Keys of JSON are texts, so that pairs of classes become objects."""
    [found] = json.loads(document([evaluated()]))["evaluations"]
    assert found["windows"][0]["confusion"] == [
        {"actual": "0", "predicted": "1", "rows": 7},
        {"actual": "1", "predicted": "1", "rows": 3},
    ]


def test_what_is_no_number_is_absent(evaluated: Callable[..., Evaluation]) -> None:
    """JSON has neither NaN nor infinity."""
    whole = evaluated()
    odd = replace(whole.windows[0], performance=(Measurement("accuracy", math.nan, -math.inf, 1.0),))
    [found] = json.loads(document([replace(whole, windows=(odd,))]))["evaluations"]
    measured = found["windows"][0]["performance"]
    assert measured == [{"name": "accuracy", "value": None, "lower": None, "upper": 1.0}]


def test_a_failed_evaluation_is_a_document_too() -> None:
    """A model of which nothing is known is there with what is known."""
    [found] = json.loads(document([Evaluation("churn", 1.0, success=False)]))["evaluations"]
    assert (found["name"], found["success"], found["description"], found["windows"]) == ("churn", False, None, [])
