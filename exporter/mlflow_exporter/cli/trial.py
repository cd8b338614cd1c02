"""A state to try things with, that nobody else has and nothing stays of."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def temporary_state(within: Path | None = None) -> Iterator[str]:
    """The URL of an empty state that is gone afterwards; by default it is where temporary files are."""
    with tempfile.TemporaryDirectory(prefix="mlflow-exporter-", dir=within) as folder:
        yield f"sqlite:///{Path(folder, 'state.db')}"
