from __future__ import annotations

from pathlib import Path

import pytest

from mlflow_exporter.cli.outputs import write
from mlflow_exporter.errors import ConfigurationError


def test_a_file_has_the_content(tmp_path: Path) -> None:
    """What was there before is replaced."""
    (tmp_path / "file").write_bytes(b"a longer one")
    write(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """The error names the file and the reason."""
    with pytest.raises(ConfigurationError, match=r"no/file: cannot be written: No such file or directory; name a file"):
        write(tmp_path / "no" / "file", b"")
