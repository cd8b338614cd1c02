"""Domain classifier: whether a model that was trained to can tell the window's rows from the baseline's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mlflow_exporter.profiles.geometry import Geometry
from mlflow_exporter.profiles.joint import JointTally
from mlflow_exporter.profiles.layout import Ints

FLOOR = 0.1
"""A random row of the window looks more like the window than one of the baseline in 55% of the pairs."""

REQUIRES = "sklearn"
_SEED = 0


def sizes(geometry: Geometry, window: JointTally) -> tuple[int, int]:
    """How many rows of the baseline and of the window are compared: those in the samples."""
    return len(geometry.sample), len(window.codes)


def score(geometry: Geometry, window: JointTally) -> float:
    """2 AUC - 1 (the Gini coefficient) of telling the window's rows from the baseline's, 0 where that is negative.

    Gradient-boosted trees are fitted to every other row of both samples and judge those between, so that what they
    learn by heart is no drift. Trees see what columns do together, which a linear classifier does not. Folds would
    judge every row, but their AUCs depend on each other: what is left to chance is then up to 1.6 times as large as
    can be told from the sizes (measured).

    Notes
    -----
    Lopez-Paz, Oquab, Revisiting classifier two-sample tests, ICLR 2017 (arXiv 1610.06545).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 -- the `estimation` extra
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415 -- the `estimation` extra
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 -- comes with scikit-learn

    fitted, is_window = _labelled(geometry.sample[::2], window.codes[::2])
    others, was_window = _labelled(geometry.sample[1::2], window.codes[1::2])
    trees = HistGradientBoostingClassifier(max_iter=50, max_leaf_nodes=15, early_stopping=False, random_state=_SEED)
    # OpenMP's threads wait by spinning: where other work wants the cores, two of them take 100 times as long as one.
    with threadpool_limits(1, user_api="openmp"):
        judged = trees.fit(fitted, is_window).predict_proba(others)[:, 1]
    return max(2 * float(roc_auc_score(was_window, judged)) - 1, 0.0)


def critical(geometry: Geometry, window: JointTally, rate: float) -> float:
    """The score that a share `rate` of undrifted windows exceeds.

    Without drift the AUC of m and n rows, here half of each sample, is that of the Mann-Whitney test: nearly normal
    with mean 1/2 and variance (m + n + 1) / 12mn (Mann, Whitney, Annals of Mathematical Statistics 18, 1947).
    """
    m, n = (size // 2 for size in sizes(geometry, window))
    return float(2 * np.sqrt((m + n + 1) / (12 * m * n)) * -special.ndtri(rate))


def _labelled(baseline: NDArray[np.float16], window: NDArray[np.float16]) -> tuple[NDArray[np.float32], Ints]:
    """The rows of both, and which of them are the window's."""
    rows = np.concatenate((baseline, window)).astype(np.float32)
    return rows, np.repeat(np.array([0, 1]), (len(baseline), len(window)))
