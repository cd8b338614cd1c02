"""The labels that most families share, and their values for an evaluation."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow_exporter.results import Evaluation, WindowEvaluation

MODEL = ("model",)
VERSION = ("model", "version")
WINDOW = ("model", "version", "window")
COLUMN = (*WINDOW, "column")


def by_window(evaluation: Evaluation) -> Iterator[tuple[tuple[str, str, str], WindowEvaluation]]:
    """Each window's evaluation with its values of the labels WINDOW; nothing where the version is not known."""
    if evaluation.description is None:
        return
    key = evaluation.description.key
    for window in evaluation.windows:
        yield (key.name, key.version, window.window.name), window


def quantile(rank: float) -> str:
    """A rank as the label `quantile` writes it.

    >>> quantile(0.5), quantile(0.95)
    ('0.5', '0.95')
    """
    return repr(float(rank))
