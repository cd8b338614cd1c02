"""The geometry of a baseline's encoded rows."""

from __future__ import annotations

import numpy as np

from mlflow_exporter.profiles.encoding import Encoding
from mlflow_exporter.profiles.geometry import Geometry, squared_lengths, whitening
from mlflow_exporter.profiles.joint import Codes, JointTally
from mlflow_exporter.profiles.layout import Floats

KEPT_VARIANCE = 0.65
"""Share of the variance that the principal subspace holds at least: NannyML's choice.

What stays outside is then never nothing, and the two directions of a strong correlation are on different sides.
"""

REGION = 0.99
FEWEST_ROWS = 2_000
"""Fewer hardly show how heavy the tails are (measured with pca_reconstruction: up to 1.2% false alarms at 1,000)."""

SAMPLE_ROWS = 2_000
_SEED = 11


def fit(codes: Codes, encoding: Encoding, *, sampled: bool = False) -> Geometry | None:
    """The geometry of encoded reference rows (D, m); None for fewer than two columns or FEWEST_ROWS rows.

    Every other row is fitted, and the distances of those between are measured: rows are nearer to what was fitted to
    them than any window will be. Folds would use more of the rows, but what is measured then is another subspace than
    the one that is kept (measured where directions are alike: up to 80 times as many false alarms).
    """
    width, rows = codes.shape
    if width < 2 or rows < FEWEST_ROWS:
        return None
    fitted, others = codes[:, ::2], codes[:, 1::2]
    products = JointTally.of(fitted, 0).matrix / fitted.shape[1]
    components = principal(products)
    distances = squared_lengths(whitening(products) @ others)
    return Geometry(
        encoding,
        others.shape[1],
        products,
        components,
        _moments(squared_errors(others, components)),
        float(np.quantile(distances, REGION)),
        _some(codes, SAMPLE_ROWS if sampled else 0),
    )


def principal(products: Floats) -> Floats:
    """(K, D) the fewest orthonormal directions that hold KEPT_VARIANCE of the variance; at least one, never all.

    >>> principal(np.diag([1.0, 5.0, 1.0])).round(1).tolist()
    [[0.0, 1.0, 0.0]]
    """
    variances, directions = np.linalg.eigh(products)
    kept = np.cumsum(variances[::-1]) < KEPT_VARIANCE * variances.sum()
    components: Floats = directions[:, ::-1].T[: min(np.count_nonzero(kept) + 1, len(products) - 1)]
    # The sign of a direction is arbitrary: one that LAPACK does not choose makes equal baselines equal bytes.
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, np.newaxis], axis=1)
    return components * np.sign(largest)


def squared_errors(codes: Codes, components: Floats) -> Floats:
    """(m,) the squared distance of encoded rows (D, m) from the subspace."""
    outside: Floats = np.maximum(squared_lengths(codes.astype(np.float64)) - squared_lengths(components @ codes), 0)
    return outside


def _moments(values: Floats) -> Floats:
    offsets = values - values.mean()
    return np.array([values.mean(), np.square(offsets).mean(), (offsets**3).mean()])


def _some(codes: Codes, rows: int) -> np.ndarray[tuple[int, int], np.dtype[np.float16]]:
    chosen = np.random.default_rng(_SEED).permutation(codes.shape[1])[:rows]
    return codes.T[np.sort(chosen)].astype(np.float16)
