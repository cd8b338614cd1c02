from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st

from mlflow_exporter.instrument.outputs import read_outputs

CLASSES = {
    "list": ["no", "yes", "yes"],
    "array": np.array(["no", "yes", "yes"]),
    "column": np.array([["no"], ["yes"], ["yes"]], dtype=object),
    "series": pd.Series(["no", "yes", "yes"]),
    "frame": pd.DataFrame({"anything": ["no", "yes", "yes"]}),
    "frame without a name": pd.DataFrame([["no"], ["yes"], ["yes"]]),
    "frame with more": pd.DataFrame({"score": [1, 2, 3], "prediction": ["no", "yes", "yes"]}),
    "arrow table": pa.table({"score": [1, 2, 3], "prediction": ["no", "yes", "yes"]}),
    "arrow": pa.chunked_array([["no", "yes", "yes"]]),
    "mlflow's answer": {"predictions": ["no", "yes", "yes"]},
    "records": [{"prediction": "no"}, {"prediction": "yes"}, {"prediction": "yes"}],
    "with a number of unknown meaning": {"predictions": ["no", "yes", "yes"], "probability": [0.9, 0.8, 0.7]},
    "records with one": [{"prediction": "no", "probability": 1.0}] + 2 * [{"prediction": "yes", "probability": 0.0}],
}
PROBABILITIES = {
    "lists": [[0.9, 0.1], [0.2, 0.8]],
    "array": np.array([[0.9, 0.1], [0.2, 0.8]]),
    "single precision": np.array([[0.9, 0.1], [0.2, 0.8]], dtype=np.float32),
    "frame": pd.DataFrame({"no": [0.9, 0.2], "yes": [0.1, 0.8]}),
    "arrow": pa.record_batch({"no": [0.9, 0.2], "yes": [0.1, 0.8]}),
    "dictionaries": [{"no": 0.9, "yes": 0.1}, {"no": 0.2, "yes": 0.8}],
    "beside": {"predictions": ["no", "yes"], "probabilities": [[0.9, 0.1], [0.2, 0.8]]},
}


@pytest.mark.parametrize("answer", CLASSES.values(), ids=CLASSES.keys())
def test_classes_are_read_from_every_form(answer: Any) -> None:
    """One answer a row, as Python's own values."""
    outputs = read_outputs(answer)
    assert (outputs.rows, list(outputs.predictions)) == (3, ["no", "yes", "yes"])
    assert outputs.probabilities is None


@pytest.mark.parametrize("answer", PROBABILITIES.values(), ids=PROBABILITIES.keys())
def test_probabilities_are_read_from_every_form(answer: Any) -> None:
    """The likeliest class is the prediction, its probability the confidence."""
    outputs = read_outputs(answer, None, ["no", "yes"])
    assert list(outputs.predictions) == ["no", "yes"]
    assert outputs.confidences() == pytest.approx([0.9, 0.8])
    assert list(outputs.names) == ["no", "yes"]


def test_probabilities_may_come_apart() -> None:
    """The class is then as the model says, even where it is not the likeliest."""
    outputs = read_outputs([1, 1], np.array([[0.6, 0.4], [0.1, 0.9]]))
    assert outputs.predictions == [1, 1]
    assert outputs.confidences() == [0.6, 0.9]
    with pytest.raises(ValueError, match="one row for each"):
        read_outputs([1, 1, 0], np.array([[0.6, 0.4]]))


@pytest.mark.parametrize("answer", (0.25, np.float64(0.25), "yes", True, 7))
def test_one_value_is_one_row(answer: Any) -> None:
    """A function that returns a class or a number answers one row."""
    assert list(read_outputs(answer).predictions or ()) == [answer]


@pytest.mark.parametrize("answer", (pa.array([1, None]), pd.Series([1, None], dtype="Int64")))
def test_an_answer_may_be_missing(answer: Any) -> None:
    """The others stay what they are: a class does not become a number with a point."""
    outputs = read_outputs(answer)
    assert (outputs.rows, outputs.predictions[0], type(outputs.predictions[0])) == (2, 1, int)


def test_numbers_are_no_probabilities() -> None:
    """Several outputs of a regressor do not add up to 1, and are no class."""
    assert read_outputs(np.array([[10.0, 20.0], [3.0, 4.0]])).predictions is None
    assert read_outputs([{"x": 10.0, "y": 20.0}]).confidences() == []


@pytest.mark.parametrize("answer", (None, object(), {"text": "hello"}, np.zeros((2, 3, 4))))
def test_what_is_not_understood_is_unknown(answer: Any) -> None:
    """No answer is made up."""
    assert read_outputs(answer).predictions is None


@settings(deadline=None)
@generated(st.lists(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()), max_size=5))
def test_any_list_has_its_length(answers: list[Any]) -> None:
    """Whatever is in a list of plain values, it is one answer each."""
    outputs = read_outputs(answers)
    assert outputs.rows == len(answers)


def test_an_array_that_the_caller_changes_stays_as_it_was_answered() -> None:
    """Numbers of NumPy's are kept as they are, in a copy."""
    array = np.array([1.5, 2.5])
    outputs = read_outputs(array)
    array *= 9
    assert (outputs.rows, outputs.predictions.tolist()) == (2, [1.5, 2.5])
