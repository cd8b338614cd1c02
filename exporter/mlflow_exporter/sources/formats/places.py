"""Where each file is to be read on, renamed ones included: rows read under an old name must not come again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats import parquet, text
from mlflow_exporter.sources.formats.detection import detect
from mlflow_exporter.sources.formats.discovery import Item
from mlflow_exporter.sources.formats.positions import FilePosition, RowGroupPosition, parse
from mlflow_exporter.sources.source import Position


class Places:
    """The positions of the files of one poll.

    A file with the inode of one that was read under another name, and its content, goes on from there. An inode alone
    is no proof, since it is used again after a file was deleted.
    """

    def __init__(self, items: Sequence[Item], known: Mapping[str, Position]) -> None:
        self._items = items
        self._known = known
        candidates = _former_names(items, known)
        self._former_names = {path: name for path, name in candidates.items() if _is_continued(path, known[name])}
        self._left = set(self._former_names.values())

    def in_safe_order(self) -> list[Item]:
        """The items, each after the one that takes over the position stored under its name.

        So a position is stored under the new name before it is overwritten under the old one, and a kill in between
        loses nothing: of `log.csv`, renamed to `log-1.csv` and begun anew, `log-1.csv` comes first.
        """
        by_path = {item.path: item for item in self._items}
        heirs = {old: new for new, old in self._former_names.items()}
        ordered: dict[str, Item] = {}
        for item in self._items:
            chain: list[str] = []
            path = item.path
            while path in by_path and path not in ordered and path not in chain:
                chain.append(path)
                path = heirs.get(path, "")
            ordered.update({path: by_path[path] for path in reversed(chain)})
        return list(ordered.values())

    def of(self, item: Item) -> FilePosition | None:
        """Where to go on in a file; None for a new one.

        Raises SourceError where the stored position is not understood.
        """
        if item.path in self._former_names:
            # Incomplete, so that the position is given back once more, under the new name.
            return replace(parse(self._known[self._former_names[item.path]]), complete=False)
        if item.path not in self._known:
            return None
        own = parse(self._known[item.path])
        return type(own)(item.stamp, own.generation + 1) if item.path in self._left else own


def _former_names(items: Sequence[Item], known: Mapping[str, Position]) -> dict[str, str]:
    """The present name of each file that has the inode of one that is gone from where it was read, and that name."""
    present = {item.path: item.stamp.inode for item in items}
    furthest = {_inode(known[name]): name for name in sorted(known, key=lambda name: _progress(known[name]))}
    former = {path: furthest.get(inode, path) for path, inode in present.items()}
    return {path: name for path, name in former.items() if present.get(name) != present[path]}


def _inode(position: Position) -> object:
    return position.get("stamp", {}).get("inode")


def _progress(position: Position) -> tuple[int, int]:
    return position.get("generation", 0), position.get("offset", position.get("row_groups", 0))


def _is_continued(path: str, stored: Position) -> bool:
    try:
        position = parse(stored)
        if isinstance(position, RowGroupPosition):
            return parquet.is_continued(path, position)
        return text.is_continued(path, detect(path), position)
    except (OSError, SourceError, pa.ArrowException):  # told when the file is read, which comes next
        return False
