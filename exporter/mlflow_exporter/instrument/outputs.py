"""What models return: classes, numbers, probabilities, of one row or of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from mlflow_exporter.instrument.inputs import read_inputs
from mlflow_exporter.instrument.values import as_column, as_list, class_name, is_array, plain

_ANSWERS: Final = ("predictions", "prediction")
_PROBABILITIES: Final = ("probabilities", "probability")
_ROUNDED: Final = 0.01


@dataclass(frozen=True, slots=True)
class Outputs:
    """The answers of one call.

    `predictions` has one for each row, or is None where the rows are not known: Python's own values, or an array of
    NumPy's numbers that nobody else has. `probabilities` has, for each row, those of the classes `names`.
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

    One value is the answer of one row; a list, an array or a series has one for each row; a dictionary or a table with
    `predictions` has them there (and a dictionary the `probabilities` of all classes beside them, if any). Rows of
    numbers from 0 to 1 that add up to 1 are probabilities, of `classes` in that order where the columns have no names;
    the class predicted is then the likeliest. What is none of these is one row, its answer unknown.

    >>> read_outputs(["no", "yes"]).predictions
    ['no', 'yes']
    >>> read_outputs({"no": 0.2, "yes": 0.8}).predictions, read_outputs([[0.2, 0.8]]).predictions
    (['yes'], ['1'])
    """
    if probabilities is not None:
        return _beside(read_outputs(given, None, classes), read_outputs(probabilities, None, classes))
    kind: type = type(given)
    return _reader(kind)(given, classes)


@lru_cache(maxsize=256)
def _reader(kind: type) -> Callable[[Any, Sequence[str]], Outputs]:
    """How objects of a class are read."""
    if issubclass(kind, str | int | float):
        return lambda value, classes: Outputs(1, [value])
    if issubclass(kind, Mapping):
        return _of_mapping
    return _of_frame if hasattr(kind, "columns") and hasattr(kind, "shape") else _of_many


def _beside(answers: Outputs, likeliest: Outputs) -> Outputs:
    """Answers with the probabilities that came apart from them."""
    if likeliest.probabilities is None or likeliest.rows != answers.rows:
        raise ValueError("the probabilities are not one row for each prediction")
    return Outputs(answers.rows, answers.predictions, likeliest.names, likeliest.probabilities)


def _of_mapping(given: Mapping[Any, Any], classes: Sequence[str]) -> Outputs:
    answers = next((given[key] for key in _ANSWERS if key in given), None)
    if answers is None:
        row = tuple(given.values())
        return _likeliest([row], [class_name(name) for name in given]) if _are_probabilities([row]) else Outputs(1)
    found = read_outputs(answers, None, classes)
    likeliest = read_outputs(next((given[key] for key in _PROBABILITIES if key in given), None), None, classes)
    # One number a row may be the confidence, or the probability of a class that is not named: nobody knows.
    return found if likeliest.probabilities is None else _beside(found, likeliest)


def _of_frame(given: Any, classes: Sequence[str]) -> Outputs:
    columns = dict(read_inputs(given).columns())
    answers = next((key for key in _ANSWERS if key in columns), None)
    if answers is not None or len(columns) == 1:
        return read_outputs(columns[answers] if answers else next(iter(columns.values())), None, classes)
    rows = list(zip(*map(as_list, columns.values()), strict=True))
    return _likeliest(rows, list(columns)) if _are_probabilities(rows) else Outputs(len(given))


def _of_many(given: Any, classes: Sequence[str]) -> Outputs:
    array = as_column(given) if hasattr(given, "to_numpy") else given
    if is_array(array, "biuf") and len(array) > 1:
        return Outputs(len(array), array.copy())
    values = _values(array)
    return Outputs(1) if values is None else _of_rows(values, classes)


def _values(given: Any) -> list[Any] | None:
    """The answers of all rows; None for what has none."""
    if isinstance(given, list | tuple):
        return list(map(plain, given))
    if getattr(given, "ndim", 0) > 2:
        return None
    is_many = any(hasattr(given, name) for name in ("tolist", "to_list", "to_pylist"))
    return as_list(given) if is_many else None


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
