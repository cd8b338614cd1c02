"""`mlflow-exporter state copy`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from mlflow_exporter.state.store import Store

Invoke = Callable[..., Result]


@pytest.fixture
def source(tmp_path: Path) -> str:
    """The URL of a state with a row."""
    url = f"sqlite:///{tmp_path}/state.db"
    store = Store(url)
    with store.transaction() as transaction:
        transaction.counters.add("churn", "read", {"predictions": 7})
    store.close()
    return url


def counted(url: str) -> int:
    """What the copied counter says."""
    store = Store(url)
    with store.reading() as transaction:
        rows = transaction.counters.of("churn", "read")["predictions"]
    store.close()
    return rows


def test_a_state_is_copied(source: str, tmp_path: Path, invoke: Invoke) -> None:
    """The copy holds what the state holds; the URL of either may be in a file."""
    target = f"sqlite:///{tmp_path}/copy.db"
    (tmp_path / "url").write_text(target + "\n")
    result = invoke("state", "copy", source, f"@{tmp_path}/url")
    assert result.exit_code == 0, result.output
    assert result.stderr == f"copied 1 row from {source} to {target}\n"
    assert counted(target) == 7


def test_a_state_is_not_lost(source: str, tmp_path: Path, invoke: Invoke) -> None:
    """A target in use is refused, and replaced only where that is asked for."""
    target = f"sqlite:///{tmp_path}/copy.db"
    assert invoke("state", "copy", source, target).exit_code == 0
    refused = invoke("state", "copy", source, target)
    assert refused.exit_code == 1
    assert "there is a state already" in refused.stderr
    assert invoke("state", "copy", "--replace", source, target).exit_code == 0


def test_wrong_places_are_told(source: str, tmp_path: Path, invoke: Invoke) -> None:
    """A state that is not there is not made, and a file that cannot be read is named."""
    absent = invoke("state", "copy", f"sqlite:///{tmp_path}/absent.db", f"sqlite:///{tmp_path}/copy.db")
    assert absent.exit_code == 1
    assert "there is no such state" in absent.stderr
    assert not (tmp_path / "absent.db").exists()
    unreadable = invoke("state", "copy", source, f"@{tmp_path}/none")
    assert unreadable.exit_code == 2
    assert "cannot read" in unreadable.stderr
    assert invoke("state", "copy", "no url", source).exit_code == 2


def test_a_state_is_not_copied_onto_itself(source: str, tmp_path: Path, invoke: Invoke) -> None:
    """Whatever its name there, and even with --replace, which would empty it first."""
    (tmp_path / "link.db").symlink_to(tmp_path / "state.db")
    for target in (source, f"sqlite:///{tmp_path}/./state.db", f"sqlite:///{tmp_path}/link.db"):
        result = invoke("state", "copy", source, target, "--replace")
        assert result.exit_code == 1
        assert "the target is the source; give another place" in result.stderr
    assert counted(source) == 7
