"""Where each file is to be read on, renamed ones included: rows read under an old name must not come again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

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
    is no proof, since it is used again after a file was deleted. The file that is begun anew under the old name is no
    new generation of it: it has a lineage of its own, since its rows may truly equal those of the renamed one.
    """

    def __init__(self, items: Sequence[Item], known: Mapping[str, Position]) -> None:
        self._items = items
        self._known = known
        self._former_names = _former_names(items, known)
        self._left = {name for name, heir in _heirs(items, known).items() if _is_begun_anew(name, heir, known[name])}

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
            former = self._former_names[item.path]
            position = parse(self._known[former])
            # Incomplete, so that the position is given back once more, under the new name.
            return replace(position, complete=False, lineage=position.lineage or former)
        if item.path not in self._known:
            return None
        own = parse(self._known[item.path])
        return type(own)(item.stamp, lineage=_lineage(item)) if item.path in self._left else own


def is_one_lost(items: Sequence[Item], known: Mapping[str, Position]) -> bool:
    """Whether a name has another file than the one that was read, and that is nowhere."""
    inodes = {item.stamp.inode for item in items}
    return any(item.path in known and _inode(known[item.path]) not in inodes for item in items)


def _former_names(items: Sequence[Item], known: Mapping[str, Position]) -> dict[str, str]:
    """The present name of each file that goes on from one that is gone from where it was read, and that name.

    Of several old names that the file truly goes on from, that of the furthest position counts. A device may have
    another number after a restart, so it decides only between files of one inode number.
    """
    present = {item.path: item for item in items}
    names: dict[object, list[str]] = {}
    for name, stored in known.items():
        names.setdefault(_inode(stored), []).append(name)
    former = {}
    for item in items:
        left = [name for name in names.get(item.stamp.inode, ()) if not _is_there(name, known[name], present, item)]
        if left and left != [item.path] and not _is_done(item, known.get(item.path, {})):
            left.sort(key=lambda name: _precedence(name, known[name], item), reverse=True)
            former[item.path] = next((name for name in left if _is_continued(item.path, known[name])), item.path)
    return {path: name for path, name in former.items() if path != name}


def _heirs(items: Sequence[Item], known: Mapping[str, Position]) -> dict[str, str]:
    """The names that have another file than the one that was read, which is elsewhere now, and where."""
    present: dict[object, list[Item]] = {}
    for item in items:
        present.setdefault(item.stamp.inode, []).append(item)
    heirs = {}
    for item in items:
        stored = known.get(item.path, {})
        others = present.get(_inode(stored), [])
        if others and item not in others:
            heirs[item.path] = max(others, key=lambda other: _is_of(stored, other)).path
    return heirs


def _inode(stored: Position) -> object:
    return stored.get("stamp", {}).get("inode")


def _is_of(stored: Position, item: Item) -> bool:
    return _inode(stored) == item.stamp.inode and stored["stamp"].get("device") in {item.stamp.device, None}


def _is_there(name: str, stored: Position, present: Mapping[str, Item], item: Item) -> bool:
    """Whether a name has the file that was read under it, and that is another one than the item."""
    return name != item.path and name in present and _is_of(stored, present[name])


def _precedence(name: str, stored: Position, item: Item) -> tuple[bool, tuple[int, int], bool]:
    return _is_of(stored, item), _progress(stored), name == item.path


def _is_done(item: Item, own: Position) -> bool:
    """Whether nothing is left to read of a file, so that nobody needs to know where it comes from."""
    return bool(own.get("complete")) and own["stamp"] == asdict(item.stamp)


def _is_begun_anew(name: str, heir: str, stored: Position) -> bool:
    """Whether what was read under a name is at the heir only; a rewritten file beside its backup is at both."""
    return _is_continued(heir, stored) and not _is_continued(name, stored)


def _lineage(item: Item) -> str:
    return f"{item.path}#{item.stamp.inode}-{item.stamp.changed_ns}"


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
