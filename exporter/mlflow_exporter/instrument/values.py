"""Values as models take and return them: Python's own, NumPy's, those of series.

Kinds are told by what classes have and not by their names, so that no library is imported for them.
"""

from __future__ import annotations

from typing import Any, Final

_EXACT_IN_DOUBLE: Final = 2**53
_ABSENT: Final = frozenset({"NAType", "NaTType"})


def as_list(values: Any) -> list[Any]:
    """Values as Python's own: of an array, a series or any sequence."""
    if is_array(values, "M"):
        values = values.astype("datetime64[us]")  # Python has no nanoseconds, and NumPy would give whole numbers
    convert = getattr(values, "tolist", None) or getattr(values, "to_list", None) or getattr(values, "to_pylist", None)
    listed = list(values) if convert is None else convert()
    return listed if isinstance(listed, list) else [listed]


def as_column(values: Any) -> Any:
    """A column as a list or a one-dimensional array of NumPy's, which a series is where no missing value needs a list.

    As floats, whole numbers beyond 2^53 would be others.
    """
    if isinstance(values, list) or _is_of_numpy(values):
        return values
    convert = getattr(values, "to_numpy", None)
    if convert is None or hasattr(values, "to_pylist"):
        return as_list(values)
    count_missing = getattr(values, "null_count", None)
    is_exact = _is_of_numpy(values.dtype) if count_missing is None else not count_missing()
    return convert() if is_exact else as_list(values)


def is_array(values: Any, kinds: str) -> bool:
    """Whether these are a column of NumPy's, of one of the kinds of its types: others do not sort in place."""
    return type(values).__module__ == "numpy" and getattr(values, "ndim", 0) == 1 and values.dtype.kind in kinds


def is_missing(value: Any) -> bool:
    """Whether a value stands for none: None, NaN, pandas' NA and NaT."""
    value = plain(value)
    return value is None or type(value).__name__ in _ABSENT or (isinstance(value, float) and value != value)  # noqa: PLR0124


def plain(value: Any) -> Any:
    """A number of NumPy's as Python's, anything else as it is."""
    return value.item() if getattr(value, "ndim", None) == 0 else value


def copied(values: Any) -> Any:
    """The same values, whatever becomes of the object: a copy, where there is one to be had."""
    copy = getattr(values, "copy", None) or getattr(values, "clone", None)
    return values if copy is None else copy()


def class_name(value: Any) -> str:
    """How a class is spelt as text, as in the prediction log.

    >>> class_name(True), class_name(1.0), class_name("yes")
    ('true', '1', 'yes')
    """
    if isinstance(value, str):
        return str.__str__(value)  # an enumeration's has a name of its own
    value = plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_IN_DOUBLE:
        return str(int(value))
    return str(value)


def _is_of_numpy(thing: Any) -> bool:
    return type(thing).__module__.partition(".")[0] == "numpy"
