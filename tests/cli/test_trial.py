from __future__ import annotations

from pathlib import Path

from mlflow_exporter.cli.trial import temporary_state
from mlflow_exporter.state.store import Store


def test_nothing_stays_of_a_temporary_state() -> None:
    """The state works, and is gone afterwards."""
    with temporary_state() as url:
        Store(url).close()
        file = Path(url.removeprefix("sqlite:///"))
        assert file.exists()
    assert not file.parent.exists()


def test_a_temporary_state_may_be_beside_another(tmp_path: Path) -> None:
    """It is in a folder of its own there, and nothing stays of that."""
    with temporary_state(tmp_path) as url:
        Store(url).close()
        assert Path(url.removeprefix("sqlite:///")).parents[1] == tmp_path
    assert list(tmp_path.iterdir()) == []
