from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.serving.multiprocess import VARIABLE, metrics_folder


def test_a_folder_is_made_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one in the environment, it is made for the time of the server."""
    monkeypatch.delenv(VARIABLE, raising=False)
    with metrics_folder() as folder:
        assert os.environ[VARIABLE] == str(folder)
        assert folder.is_dir()
    assert not folder.exists()
    assert VARIABLE not in os.environ


def test_a_folder_that_is_given_is_emptied_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What an earlier server counted is gone, other files stay, and so does the folder."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    (tmp_path / "counter_1.db").write_text("")
    (tmp_path / "notes.txt").write_text("")
    with metrics_folder() as folder:
        assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert tmp_path.is_dir()


def test_a_folder_that_cannot_be_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The error names the variable."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file" / "x"))
    with pytest.raises(ConfigurationError, match=f"^{VARIABLE}: .* cannot be used"), metrics_folder():
        pass
