"""What models return: classes, numbers, probabilities, of one row or of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from mlflow_exporter.instrument.inputs import as_list, is_array

_ANSWERS: Final = ("predictions", "prediction")
_PROBABILITIES: Final = ("probabilities", "probability")
_ROUNDED: Final = 0.01
_EXACT_IN_DOUBLE: Final = 2**53


@dataclass(frozen=True, slots=True)
class Outputs:
    """The answers of one call.

    `predictions` has one for each row, or is None where the rows are not known: Python's own values, or an array of
    NumPy's numbers that nobody else has. `probabilities` has, for each row,
    those of the classes `names`.
    """

    rows: int
    predictions: Any = None
    names: Sequence[str] = ()
    probabilities: Sequence[Sequence[float]] | None = None

    def confidences(self) -> list[float]:
        """The highest probability of each row."""
        return [] if self.probabilities is None else [max(row) for row in self.probabilities]


def read_outputs(given: Any, probabilities: Any = None, classes: Sequence[str] = ()) -> Outputs:
    """The answers in what a model returned.

    One value is the answer of one row; a list, an array or a series has one for each row; a dictionary with
    `predictions` has them there (and `probabilities` beside them, if any). Rows of numbers from 0 to 1 that add up to 1
    are probabilities, of `classes` in that order where the columns have no names; the class predicted is then the
    likeliest. What is none of these is one row, its answer unknown.

    >>> read_outputs(["no", "yes"]).predictions
    ['no', 'yes']
    >>> read_outputs({"no": 0.2, "yes": 0.8}).predictions, read_outputs([[0.2, 0.8]]).predictions
    (['yes'], ['1'])
    """
    if probabilities is not None:
        return _beside(read_outputs(given, None, classes), probabilities, classes)
    kind: type = type(given)
    return _reader(kind)(given, classes)


def class_name(value: Any) -> str:
    """How a class is spelt as text, as in the prediction log.

    >>> class_name(True), class_name(1.0), class_name("yes")
    ('true', '1', 'yes')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_IN_DOUBLE:
        return str(int(value))
    return str(value)


@lru_cache(maxsize=256)
def _reader(kind: type) -> Callable[[Any, Sequence[str]], Outputs]:
    """How objects of a class are read."""
    if issubclass(kind, str | int | float):
        return lambda value, classes: Outputs(1, [value])
    if issubclass(kind, Mapping):
        return _of_mapping
    return _of_frame if hasattr(kind, "columns") and hasattr(kind, "shape") else _of_many


def _beside(answers: Outputs, probabilities: Any, classes: Sequence[str]) -> Outputs:
    """Answers with the probabilities that came apart from them."""
    likeliest = read_outputs(probabilities, None, classes)
    if likeliest.probabilities is None or likeliest.rows != answers.rows:
        raise ValueError("the probabilities are not one row for each prediction")
    return Outputs(answers.rows, answers.predictions, likeliest.names, likeliest.probabilities)


def _of_mapping(given: Mapping[Any, Any], classes: Sequence[str]) -> Outputs:
    if _are_probabilities([tuple(given.values())]):
        return _likeliest([tuple(given.values())], [class_name(name) for name in given])
    answers = next((given[key] for key in _ANSWERS if key in given), None)
    if answers is None:
        return Outputs(1)
    return read_outputs(answers, next((given[key] for key in _PROBABILITIES if key in given), None), classes)


def _of_frame(given: Any, classes: Sequence[str]) -> Outputs:
    names = [str(name) for name in given.columns]
    answers = next((key for key in _ANSWERS if key in names), names[0] if len(names) == 1 else None)
    if answers is not None:
        return read_outputs(given[answers].to_numpy(), None, classes)
    rows = as_list(given.to_numpy())
    return _likeliest(rows, names) if _are_probabilities(rows) else Outputs(len(rows))


def _of_many(given: Any, classes: Sequence[str]) -> Outputs:
    array = given.to_numpy() if hasattr(given, "to_numpy") else given
    if is_array(array, "biuf") and len(array) > 1:
        return Outputs(len(array), array.copy())
    values = _values(given)
    return Outputs(1) if values is None else _of_rows(values, classes)


def _values(given: Any) -> list[Any] | None:
    """The answers of all rows; None for what has none."""
    if isinstance(given, list | tuple):
        return [value.item() if getattr(value, "ndim", None) == 0 else value for value in given]
    if getattr(given, "ndim", 0) > 2:
        return None
    if hasattr(given, "tolist") or hasattr(given, "to_list") or hasattr(given, "to_pylist"):
        return given.to_pylist() if hasattr(given, "to_pylist") else as_list(given)
    return None


def _of_rows(values: list[Any], classes: Sequence[str]) -> Outputs:
    first = values[0] if values else None
    if isinstance(first, Mapping):
        return _of_mappings(values)
    if not isinstance(first, list | tuple) and getattr(first, "ndim", 0) != 1:
        return Outputs(len(values), values)
    rows = [as_list(row) for row in values]
    if len(rows[0]) == 1:
        return Outputs(len(rows), [row[0] for row in rows])
    if not _are_probabilities(rows):
        return Outputs(len(rows))
    names = classes if len(classes) == len(rows[0]) else [str(i) for i in range(len(rows[0]))]
    return _likeliest(rows, names)


def _of_mappings(values: list[Mapping[Any, Any]]) -> Outputs:
    parts = [_of_mapping(value, ()) for value in values]
    answers = [None if part.predictions is None else part.predictions[0] for part in parts]
    rows = [part.probabilities[0] for part in parts if part.probabilities and part.names == parts[0].names]
    known = len(rows) == len(parts)
    return Outputs(len(parts), answers, parts[0].names if known else (), rows if known else None)


def _are_probabilities(rows: Sequence[Sequence[Any]]) -> bool:
    """Whether the first row has two numbers or more from 0 to 1 that add up to 1, and so the others will."""
    first = rows[0] if rows else ()
    if len(first) < 2 or not all(type(value) is float or _is_float(value) for value in first):
        return False
    return all(0 <= value <= 1 for value in first) and abs(sum(first) - 1) <= _ROUNDED


def _is_float(value: Any) -> bool:
    """NumPy's, or an integer 0 or 1."""
    return not isinstance(value, bool) and (isinstance(value, int) or hasattr(value, "item"))


def _likeliest(rows: Sequence[Sequence[float]], names: Sequence[str]) -> Outputs:
    return Outputs(len(rows), [names[row.index(max(row))] for row in rows], names, rows)
