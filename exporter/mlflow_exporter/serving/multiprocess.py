"""Where the workers' metrics add up: the folder that the Prometheus client's multiprocess mode shares.

The client looks for it once, when it is imported: this module imports nothing of it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlflow_exporter.errors import ConfigurationError

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def metrics_folder() -> Iterator[Path]:
    """An empty folder that the environment names; removed at the end, unless the environment named it before.

    Raises ConfigurationError where that one cannot be used.
    """
    if given := os.environ.get(VARIABLE):
        yield _emptied(Path(given))
        return
    with tempfile.TemporaryDirectory(prefix="mlflow-exporter-metrics-") as made:
        os.environ[VARIABLE] = made
        try:
            yield Path(made)
        finally:
            del os.environ[VARIABLE]


def _emptied(folder: Path) -> Path:
    # What an earlier server counted would be added to what this one counts.
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in folder.glob("*.db"):
            file.unlink()
    except OSError as error:
        mend = "name a folder that may be written"
        raise ConfigurationError(f"{folder} cannot be used: {error.strerror}", where=VARIABLE, mend=mend) from error
    return folder
