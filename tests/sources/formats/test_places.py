from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats.discovery import find
from mlflow_exporter.sources.formats.places import Places
from mlflow_exporter.sources.formats.positions import Stamp, TextPosition, digest, dump


def read_to_the_end(path: Path, generation: int = 0) -> dict[str, Any]:
    """The position at the end of a small file."""
    content = path.read_bytes()
    return dump(
        TextPosition(
            Stamp.of(path.stat()),
            generation,
            offset=len(content),
            lines=content.count(b"\n"),
            head_bytes=len(content),
            head=digest(content),
            tail=digest(content),
            complete=True,
        )
    )


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    """Two logs of two lines each."""
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        path.write_text(f"id\n{path.name}\n")
    return paths


def places(folder: Path, known: dict[str, Any]) -> Places:
    items, _ = find([str(folder)])
    return Places(items, known)


def test_own_position_and_none(logs: list[Path], tmp_path: Path) -> None:
    """A file that was read goes on from its position, a new one has none."""
    found = places(tmp_path, {str(logs[0]): read_to_the_end(logs[0])})
    first, second = found.in_safe_order()
    position = found.of(first)
    assert position is not None
    assert dump(position) == read_to_the_end(logs[0])
    assert found.of(second) is None


def test_renamed_file_takes_its_position_along(logs: list[Path], tmp_path: Path) -> None:
    """A file that was renamed goes on from where it was, and the position is to be stored under the new name."""
    known = {str(path): read_to_the_end(path) for path in logs}
    logs[0].rename(tmp_path / "c.csv")
    found = places(tmp_path, known)
    (renamed,) = [item for item in found.in_safe_order() if item.path.endswith("c.csv")]
    position = found.of(renamed)
    assert position is not None
    assert dump(position) == {**known[str(logs[0])], "complete": False}


def test_rotated_logs_come_in_the_order_that_loses_no_position(logs: list[Path], tmp_path: Path) -> None:
    """The heir of a position comes before the file that overwrites it; the new file starts a generation."""
    known = {str(path): read_to_the_end(path) for path in logs}
    logs[1].rename(tmp_path / "c.csv")
    logs[0].rename(logs[1])
    logs[0].write_text("id\nnew\n")
    found = places(tmp_path, known)
    ordered = found.in_safe_order()
    assert [Path(item.path).name for item in ordered] == ["c.csv", "b.csv", "a.csv"]
    generations = [position and position.generation for position in map(found.of, ordered)]
    assert generations == [0, 0, 1]


def test_swapped_names_end(logs: list[Path], tmp_path: Path) -> None:
    """Two files that changed names with each other both go on where they were."""
    known = {str(path): read_to_the_end(path) for path in logs}
    logs[0].rename(tmp_path / "x")
    logs[1].rename(logs[0])
    (tmp_path / "x").rename(logs[1])
    found = places(tmp_path, known)
    heads = {Path(item.path).name: getattr(found.of(item), "head", None) for item in found.in_safe_order()}
    assert heads == {"a.csv": known[str(logs[1])]["head"], "b.csv": known[str(logs[0])]["head"]}


def test_furthest_of_several_old_names_counts(logs: list[Path], tmp_path: Path) -> None:
    """A file renamed twice goes on from the furthest position, not from that of its first name."""
    early = {**read_to_the_end(logs[0]), "offset": 3, "tail": digest(b"id\n"), "lines": 1}
    known = {str(tmp_path / "z.csv"): early, str(tmp_path / "y.csv"): read_to_the_end(logs[0]), "x.csv": early}
    found = places(tmp_path, known)
    position = found.of(found.in_safe_order()[0])
    assert isinstance(position, TextPosition)
    assert position.offset == logs[0].stat().st_size


def test_other_content_in_the_same_inode_is_a_new_file(logs: list[Path], tmp_path: Path) -> None:
    """An inode that was used again does not make a new file the old one."""
    known = {str(tmp_path / "gone.csv"): read_to_the_end(logs[0])}
    logs[0].write_text("id\nother\nlonger\n")
    found = places(tmp_path, known)
    assert [found.of(item) for item in found.in_safe_order()] == [None, None]


def test_position_that_is_not_understood_is_an_error(logs: list[Path], tmp_path: Path) -> None:
    """A position of another version is an error of its own file only."""
    found = places(tmp_path, {str(logs[0]): {"kind": "pages"}})
    first, second = found.in_safe_order()
    with pytest.raises(SourceError, match="not understood"):
        found.of(first)
    assert found.of(second) is None
