"""Files that commands write because they were asked to."""

from __future__ import annotations

from pathlib import Path

from mlflow_exporter.errors import ConfigurationError


def write(file: Path, content: bytes) -> None:
    """Write a file; raises ConfigurationError where that cannot be."""
    try:
        file.write_bytes(content)
    except OSError as error:
        mend = "name a file in a folder that may be written"
        raise ConfigurationError(f"cannot be written: {error.strerror}", where=str(file), mend=mend) from error
