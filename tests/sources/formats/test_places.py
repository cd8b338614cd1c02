from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats.discovery import Item, find
from mlflow_exporter.sources.formats.places import Places, is_one_lost
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
    assert dump(position) == {**known[str(logs[0])], "complete": False, "lineage": str(logs[0])}


def test_rotated_logs_come_in_the_order_that_loses_no_position(logs: list[Path], tmp_path: Path) -> None:
    """The heir of a position comes before the file that overwrites it; the new file starts a lineage."""
    known = {str(path): read_to_the_end(path) for path in logs}
    logs[1].rename(tmp_path / "c.csv")
    logs[0].rename(logs[1])
    logs[0].write_text("id\nnew\n")
    found = places(tmp_path, known)
    ordered = found.in_safe_order()
    assert [Path(item.path).name for item in ordered] == ["c.csv", "b.csv", "a.csv"]
    positions = [position for position in map(found.of, ordered) if position]
    assert [position.generation for position in positions] == [0, 0, 0]
    assert [position.lineage for position in positions[:2]] == [str(logs[1]), str(logs[0])]
    assert positions[2].lineage not in {"", *map(str, logs)}


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


def test_lineage_stays_through_renames(logs: list[Path], tmp_path: Path) -> None:
    """A file that is renamed again and again keeps the lineage of its first name."""
    known = {str(tmp_path / "gone.csv"): {**read_to_the_end(logs[0]), "lineage": "first.csv"}}
    found = places(tmp_path, known)
    position = found.of(found.in_safe_order()[0])
    assert position is not None
    assert position.lineage == "first.csv"


def test_file_rewritten_beside_its_backup_is_not_begun_anew(logs: list[Path], tmp_path: Path) -> None:
    """A longer version of a file, whose old one was kept under another name, goes on where that was left."""
    known = {str(logs[0]): read_to_the_end(logs[0])}
    content = logs[0].read_text()
    logs[0].rename(tmp_path / "backup.csv")
    logs[0].write_text(content + "more\n")
    found = places(tmp_path, known)
    positions = {Path(item.path).name: found.of(item) for item in found.in_safe_order()}
    assert positions["a.csv"] is not None
    assert dump(positions["a.csv"]) == known[str(logs[0])]


def with_device(position: dict[str, Any], device: int | None) -> dict[str, Any]:
    """The position as it was stored for another device, or before devices were noted."""
    stamp = {name: value for name, value in position["stamp"].items() if name != "device"}
    return {**position, "stamp": stamp if device is None else {**stamp, "device": device}}


@pytest.mark.parametrize("device", (None, 1))
def test_renamed_file_is_known_again_without_its_device(logs: list[Path], tmp_path: Path, device: int | None) -> None:
    """A position stored before devices were noted, or before a restart gave the device another number, is found."""
    known = {str(tmp_path / "gone.csv"): with_device(read_to_the_end(logs[0]), device)}
    found = places(tmp_path, known)
    first, second = map(found.of, found.in_safe_order())
    assert isinstance(first, TextPosition)
    assert first.offset == logs[0].stat().st_size
    assert second is None


def test_same_inode_of_another_device_does_not_hide_the_renamed_file(logs: list[Path], tmp_path: Path) -> None:
    """Of two old names of one inode number, that on the file's own device counts, however far the other was read."""
    own = read_to_the_end(logs[0])
    other = {**with_device(own, 1), "offset": 10_000, "head": digest(b"other")}
    found = places(tmp_path, {str(tmp_path / "gone.csv"): own, str(tmp_path / "elsewhere.csv"): other})
    position = found.of(found.in_safe_order()[0])
    assert position is not None
    assert position.lineage == str(tmp_path / "gone.csv")


def test_name_that_keeps_its_file_gives_nothing_away(logs: list[Path], tmp_path: Path) -> None:
    """A copy that has the same inode number on another device is a new file, since the first is still there."""
    items, _ = find([str(tmp_path)])
    stamp = replace(items[0].stamp, device=1)
    (tmp_path / "copy.csv").write_bytes(logs[0].read_bytes())
    copy = Item(str(tmp_path / "copy.csv"), stamp)
    assert Places([*items, copy], {str(logs[0]): read_to_the_end(logs[0])}).of(copy) is None


def test_own_position_counts_before_that_of_a_deleted_file(
    logs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that has the inode of a deleted one stays where it was; until it grows, that takes no look into it."""
    own = read_to_the_end(logs[0])
    known = {str(logs[0]): own, str(tmp_path / "gone.csv"): {**own, "offset": 10_000, "head": digest(b"other")}}
    with monkeypatch.context() as patch:
        patch.setattr("mlflow_exporter.sources.formats.places._is_continued", None)
        unchanged = places(tmp_path, known)
    logs[0].write_text(logs[0].read_text() + "1\n")
    for found in (unchanged, places(tmp_path, known)):
        position = found.of(found.in_safe_order()[0])
        assert position is not None
        assert dump(position) == own


def test_a_lost_file_is_told_from_one_that_was_renamed(logs: list[Path], tmp_path: Path) -> None:
    """Lost is one whose name is another's and whose inode is nowhere; not one that is gone, name and all."""
    known = {str(path): read_to_the_end(path) for path in logs}
    assert not is_one_lost(find([str(tmp_path)])[0], known)
    logs[0].rename(tmp_path / "c.csv")
    assert not is_one_lost(find([str(tmp_path)])[0], known)
    logs[0].write_text("id\n")
    assert not is_one_lost(find([str(tmp_path)])[0], known)
    assert is_one_lost(find([str(tmp_path / "?.csv")])[0][:2], known)
    assert not is_one_lost(find([str(logs[1])])[0], known)
