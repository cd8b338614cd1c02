"""What models take: one row or many, as dictionaries, lists, arrays, data frames or tables.

The kinds are told by what their classes have and not by their names, so that no library is imported for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, Final, Protocol, TypeAlias

from mlflow_exporter.instrument.values import as_column, as_list, copied

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
        """Each column's name and its values: a sequence or an array of `rows`."""
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
        if len(self.given) == 1:
            yield from ((str(name), [value]) for name, value in self.given[0].items())
            return
        names = list(dict.fromkeys(chain.from_iterable(self.given)))
        if self._are_alike(len(names)):
            yield from zip(map(str, names), zip(*map(itemgetter(*names), self.given), strict=True), strict=True)
            return
        for name in names:
            yield str(name), [row.get(name) for row in self.given]

    def _are_alike(self, width: int) -> bool:
        """Whether all are plain dictionaries with all the columns, two or more, so that they transpose at once."""
        return width > 1 and set(map(type, self.given)) == {dict} and set(map(len, self.given)) == {width}


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns by name, each a sequence or an array; `copy` copies one."""

    given: Mapping[str, Any]

    @property
    def rows(self) -> int:
        return len(next(iter(self.given.values()), ()))

    def copied(self) -> Columns:
        return Columns({name: copied(values) for name, values in self.given.items()})

    def columns(self) -> Iterator[tuple[str, Any]]:
        return ((str(name), values) for name, values in self.given.items())


@dataclass(frozen=True, slots=True)
class Matrix:
    """A two-dimensional array (rows, columns); columns beyond `names` are named by their position."""

    given: Any
    names: Sequence[str]

    @property
    def rows(self) -> int:
        return len(self.given)

    def copied(self) -> Matrix:
        return Matrix(copied(self.given), self.names)

    def columns(self) -> Iterator[tuple[str, Any]]:
        transposed = self.given.T if hasattr(self.given, "T") else list(zip(*self.given, strict=True))
        return zip(_named(self.names, len(transposed)), transposed, strict=True)


@dataclass(frozen=True, slots=True)
class Frame:
    """A data frame: pandas, Polars."""

    given: Any

    @property
    def rows(self) -> int:
        return len(self.given)

    def copied(self) -> Frame:
        return Frame(copied(self.given))

    def columns(self) -> Iterator[tuple[str, Any]]:
        # Of pandas by position: two columns may have one name.
        items = getattr(self.given, "items", None)
        named = ((name, self.given[name]) for name in self.given.columns) if items is None else items()
        for name, series in named:
            yield str(name), as_column(series)


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


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something whose columns nobody knows: a text, an image, a request object. One row."""

    rows: int = 1

    def copied(self) -> Opaque:
        return self

    def columns(self) -> Iterator[tuple[str, Any]]:
        return iter(())


def read_inputs(given: Any, names: Sequence[str] = ()) -> Inputs:
    """The rows of what a model was given; `names` are those of columns that have none, in lists and arrays.

    A mapping of values is a row, one of lists or arrays is columns. A list of mappings or of lists is rows, any other
    list or a one-dimensional array is the values of one row. What is none of these is one row without columns.

    >>> dict(read_inputs({"age": 44}).columns()), dict(read_inputs([[1, 2], [3, 4]], ["a"]).columns())
    ({'age': [44]}, {'a': (1, 3), 'feature_1': (2, 4)})
    """
    kind: type = type(given)
    return _reader(kind)(given, names)


@lru_cache(maxsize=256)
def _reader(kind: type) -> Callable[[Any, Sequence[str]], Inputs]:
    """How objects of a class are read."""
    if issubclass(kind, Mapping):
        return _of_mapping
    if issubclass(kind, list | tuple):
        return _of_list
    fitting = (reader for attributes, reader in _KINDS if all(hasattr(kind, name) for name in attributes))
    return next(fitting, lambda other, names: Opaque())


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


_KINDS: Final[tuple[tuple[tuple[str, ...], Callable[[Any, Sequence[str]], Inputs]], ...]] = (
    (("num_rows", "to_pylist"), lambda table, names: Table(table)),
    (("columns", "shape"), lambda frame, names: Frame(frame)),
    (("ndim",), _of_array),
    (("model_dump",), lambda model, names: _of_mapping(model.model_dump(), names)),
)
