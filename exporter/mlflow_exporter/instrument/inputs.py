"""What models take: one row or many, as dictionaries, lists, arrays, data frames or tables.

The kinds are told by what they can do and not by their class, so that no library is imported for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Protocol, TypeAlias

Row: TypeAlias = Mapping[str, Any]


class Inputs(Protocol):
    """The rows of one call."""

    @property
    def rows(self) -> int:
        """How many."""
        ...

    def copied(self) -> Inputs:
        """The same rows, whatever becomes of the objects that were given."""
        ...

    def columns(self) -> Iterator[tuple[str, Any]]:
        """Each column's name and its values: a list or an array of `rows`."""
        ...

    def records(self) -> Iterator[Row]:
        """Each row, by column."""
        ...


@dataclass(frozen=True, slots=True)
class Records:
    """Rows that are mappings."""

    given: Sequence[Row]

    @property
    def rows(self) -> int:
        return len(self.given)

    def copied(self) -> Records:
        return Records([dict(row) for row in self.given])

    def columns(self) -> Iterator[tuple[str, Any]]:
        for name in dict.fromkeys(name for row in self.given for name in row):
            yield str(name), [row.get(name) for row in self.given]

    def records(self) -> Iterator[Row]:
        return iter(self.given)


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns by name, each a sequence or an array; `copy` copies one."""

    given: Mapping[str, Any]

    @property
    def rows(self) -> int:
        return len(next(iter(self.given.values()), ()))

    def copied(self) -> Columns:
        return Columns({name: _copy(values) for name, values in self.given.items()})

    def columns(self) -> Iterator[tuple[str, Any]]:
        return ((str(name), values) for name, values in self.given.items())

    def records(self) -> Iterator[Row]:
        return _zipped(self)


@dataclass(frozen=True, slots=True)
class Matrix:
    """A two-dimensional array (rows, columns); columns beyond `names` are named by their position."""

    given: Any
    names: Sequence[str]

    @property
    def rows(self) -> int:
        return len(self.given)

    def copied(self) -> Matrix:
        return Matrix(_copy(self.given), self.names)

    def columns(self) -> Iterator[tuple[str, Any]]:
        transposed = self.given.T if hasattr(self.given, "T") else list(zip(*self.given, strict=True))
        return zip(_named(self.names, len(transposed)), transposed, strict=True)

    def records(self) -> Iterator[Row]:
        rows = as_list(self.given)
        names = _named(self.names, len(rows[0]) if rows else 0)
        return (dict(zip(names, row, strict=True)) for row in rows)


@dataclass(frozen=True, slots=True)
class Frame:
    """A data frame: pandas, Polars."""

    given: Any

    @property
    def rows(self) -> int:
        return len(self.given)

    def copied(self) -> Frame:
        copy = getattr(self.given, "copy", None) or self.given.clone
        return Frame(copy())

    def columns(self) -> Iterator[tuple[str, Any]]:
        # By position: two columns may have one name.
        select = getattr(self.given, "iloc", None)
        for i, name in enumerate(self.given.columns):
            series = self.given[name] if select is None else select[:, i]
            yield str(name), series.to_numpy()

    def records(self) -> Iterator[Row]:
        return _zipped(self)


@dataclass(frozen=True, slots=True)
class Table:
    """An Arrow table or record batch, which nobody can change."""

    given: Any

    @property
    def rows(self) -> int:
        return int(self.given.num_rows)

    def copied(self) -> Table:
        return self

    def columns(self) -> Iterator[tuple[str, Any]]:
        return ((name, self.given.column(i).to_pylist()) for i, name in enumerate(self.given.schema.names))

    def records(self) -> Iterator[Row]:
        return iter(self.given.to_pylist())


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something whose columns nobody knows: a text, an image, a request object. One row."""

    rows: int = 1

    def copied(self) -> Opaque:
        return self

    def columns(self) -> Iterator[tuple[str, Any]]:
        return iter(())

    def records(self) -> Iterator[Row]:
        return repeat({}, self.rows)


def read_inputs(given: Any, names: Sequence[str] = ()) -> Inputs:
    """The rows of what a model was given; `names` are those of columns that have none, in lists and arrays.

    A mapping of values is a row, one of lists or arrays is columns. A list of mappings or of lists is rows, any other
    list or a one-dimensional array is the values of one row. What is none of these is one row without columns.

    >>> list(read_inputs({"age": 44}).records()), list(read_inputs([[1, 2]], ["a"]).records())
    ([{'age': 44}], [{'a': 1, 'feature_1': 2}])
    """
    return _kind(given)(given, names)


def as_list(values: Any) -> list[Any]:
    """Values as Python's own: of an array, a series or any sequence."""
    convert = getattr(values, "tolist", None) or getattr(values, "to_list", None)
    listed = list(values) if convert is None else convert()
    return listed if isinstance(listed, list) else [listed]


def _kind(given: Any) -> Callable[[Any, Sequence[str]], Inputs]:
    if isinstance(given, Mapping):
        return _of_mapping
    if isinstance(given, list | tuple):
        return _of_list
    return next((reader for fits, reader in _KINDS if fits(given)), lambda other, names: Opaque())


def _of_mapping(given: Mapping[Any, Any], names: Sequence[str]) -> Inputs:
    for value in given.values():
        if not _is_column(value):
            return Records((given,))
    return Columns(given) if given else Opaque()


def _is_column(value: Any) -> bool:
    return isinstance(value, list | tuple) or getattr(value, "ndim", 0) == 1


def _of_list(given: Sequence[Any], names: Sequence[str]) -> Inputs:
    if not given:
        return Opaque(0)
    first = given[0]
    if isinstance(first, Mapping):
        return Records(given)
    if hasattr(first, "model_dump"):
        return Records([row.model_dump() for row in given])
    if isinstance(first, list | tuple) or getattr(first, "ndim", 0) == 1:
        return Matrix([as_list(row) for row in given], names)
    return Opaque(len(given)) if isinstance(first, str | bytes) else _row(given, names)


def _of_array(given: Any, names: Sequence[str]) -> Inputs:
    if given.ndim == 1:
        return _row(as_list(given), names)
    return Matrix(given, names) if given.ndim == 2 else Opaque(len(given) if given.ndim else 1)


def _row(values: Sequence[Any], names: Sequence[str]) -> Records:
    return Records((dict(zip(_named(names, len(values)), values, strict=True)),))


def _named(names: Sequence[str], count: int) -> list[str]:
    return [*names[:count], *(f"feature_{i}" for i in range(len(names), count))]


def _copy(values: Any) -> Any:
    return values.copy() if hasattr(values, "copy") else values


def _zipped(inputs: Inputs) -> Iterator[Row]:
    named = [(name, as_list(values)) for name, values in inputs.columns()]
    names = [name for name, _ in named]
    return (dict(zip(names, row, strict=True)) for row in zip(*(values for _, values in named), strict=True))


_KINDS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Sequence[str]], Inputs]], ...] = (
    (lambda given: hasattr(given, "num_rows") and hasattr(given, "to_pylist"), lambda table, names: Table(table)),
    (lambda given: hasattr(given, "columns") and hasattr(given, "shape"), lambda frame, names: Frame(frame)),
    (lambda given: hasattr(given, "ndim"), _of_array),
    (lambda given: hasattr(given, "model_dump"), lambda model, names: _of_mapping(model.model_dump(), names)),
)
