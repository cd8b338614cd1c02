"""YAML to plain data, with the line of everything in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from mlflow_exporter.config.mistakes import Mistake, Place

_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_KEY_TAGS = {f"{_TAG}str", f"{_TAG}int"}
_SCALAR_TAGS = {*_KEY_TAGS, f"{_TAG}float", f"{_TAG}bool", f"{_TAG}null"}
_MENDS = {
    "found character '@' that cannot start any token": 'write it in quotes, as in version: "@champion"',
    "found character '\\t' that cannot start any token": "indent with spaces, not with tabs",
    "mapping values are not allowed here": "check the indentation, and write text that has a colon in quotes",
}


@dataclass(frozen=True)
class Document:
    """A YAML document as JSON-like data (every key is text), the line of each place in it, and its mistakes."""

    data: Any
    lines: Mapping[Place, int]
    mistakes: tuple[Mistake, ...] = ()

    def line(self, place: Place) -> int | None:
        """The line of a place, or of what is nearest around it; None for an empty document."""
        around = (place[:length] for length in range(len(place), -1, -1))
        return next((self.lines[outer] for outer in around if outer in self.lines), None)

    def at(self, place: Place) -> Any:
        """What is written at a place, or None."""
        found = self.data
        for part in place:
            entries = dict(enumerate(found)) if isinstance(found, list) else found
            found = entries.get(part) if isinstance(entries, dict) else None
        return found


def read_yaml(text: str) -> Document:
    """The one document in a YAML text; duplicate keys and tags of other programs are among its mistakes."""
    if unprintable := yaml.reader.Reader.NON_PRINTABLE.search(text):
        return Document(None, {}, (_unprintable_mistake(unprintable),))
    try:
        return _Reader(_Loader(text)).document()
    except yaml.MarkedYAMLError as error:
        return Document(None, {}, (_syntax_mistake(error),))


def _unprintable_mistake(found: re.Match[str]) -> Mistake:
    line = found.string.count("\n", 0, found.start()) + 1
    return Mistake((), f"character {ord(found.group()):#04x} is not allowed in YAML", "delete it", line=line)


def _syntax_mistake(error: yaml.MarkedYAMLError) -> Mistake:
    problem, mark, context = error.problem or "syntax error", error.problem_mark, error.context_mark
    line = mark.line + 1 if mark else None
    if error.context and context and context.line + 1 != line:
        is_place = error.context.startswith("while")
        opened = f"{problem} {error.context} that starts at line {context.line + 1}"
        problem = opened if is_place else f"{error.context}, {problem}"
    return Mistake((), f"not valid YAML: {problem}", _MENDS.get(problem, ""), line=line)


class _Loader(yaml.SafeLoader):
    """Reads what JSON can say: a date stays text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Reader:
    """Walks the nodes of a document, from the outside in."""

    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self._lines: dict[Place, int] = {}
        self._mistakes: list[Mistake] = []
        self._open: set[int] = set()

    def document(self) -> Document:
        """Read everything; raises yaml.MarkedYAMLError where the syntax is wrong."""
        node = self._loader.get_single_node()
        if node is None:
            return Document(None, {})
        self._lines[()] = node.start_mark.line + 1
        data = self._read(node, ())
        return Document(data, self._lines, tuple(self._mistakes))

    def _read(self, node: yaml.Node, place: Place) -> Any:
        if id(node) in self._open:
            return self._mistake(node, place, "the anchor contains itself", "refer to another one")
        self._open.add(id(node))
        data: Any
        if isinstance(node, yaml.MappingNode):
            data = self._mapping(node, place)
        else:
            data = self._sequence(node, place) if isinstance(node, yaml.SequenceNode) else self._scalar(node, place)
        self._open.discard(id(node))
        return data

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        if node.tag not in _SCALAR_TAGS:
            return self._mistake(node, place, f"the tag {node.tag!r} is not supported", "write a plain value")
        try:
            return self._loader.construct_object(node)
        except (ValueError, KeyError):
            return self._mistake(node, place, f"not a value of the tag {node.tag!r}", "write it in quotes")

    def _sequence(self, node: yaml.SequenceNode, place: Place) -> list[Any]:
        for position, item in enumerate(node.value):
            self._lines[*place, position] = item.start_mark.line + 1
        return [self._read(item, (*place, position)) for position, item in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for name, key, value in self._entries(node, place):
            self._lines[*place, name] = key.start_mark.line + 1
            data[name] = self._read(value, (*place, name))
        return data

    def _entries(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """The node's own entries over those that it merges in (yaml.org/type/merge)."""
        own = {name: (key, value) for name, key, value in self._own_entries(node, place)}
        merged = {name: entry for name, *entry in self._merged_entries(node, place) if name not in own}
        for name, (key, value) in {**merged, **own}.items():
            yield name, key, value

    def _own_entries(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        first: dict[str, int] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                continue
            if key.tag not in _KEY_TAGS:
                self._mistake(
                    key, (*place, str(key.value)), f"the key {_written(key)} is not text", "write it in quotes"
                )
            elif key.value in first:
                self._mistake(key, (*place, key.value), "duplicate key", f"it is already at line {first[key.value]}")
            else:
                first[key.value] = key.start_mark.line + 1
                yield key.value, key, value

    def _merged_entries(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        for source in (value for key, value in node.value if key.tag == _MERGE):
            # Of several, the first wins.
            parts = reversed(source.value) if isinstance(source, yaml.SequenceNode) else [source]
            for part in parts:
                if isinstance(part, yaml.MappingNode) and id(part) not in self._open:
                    yield from self._entries(part, place)
                else:
                    self._mistake(
                        source, (*place, "<<"), "only keys with values can be merged in", "refer to an anchor"
                    )

    def _mistake(self, node: yaml.Node, place: Place, what: str, mend: str) -> None:
        self._mistakes.append(Mistake(place, what, mend, line=node.start_mark.line + 1))


def _written(key: yaml.Node) -> str:
    return repr(key.value) if isinstance(key, yaml.ScalarNode) else "of a complex kind"
