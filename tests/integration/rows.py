"""What a classifier was asked and answered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

COLUMNS = {
    "prediction": "prediction",
    "probabilities": {"no": "p_no", "yes": "p_yes"},
    "label": "churned",
    "latency": "seconds",
}
"""The columns that are no features, as the exporter's configuration names them."""


def rows(count: int, *, seed: int, shift: float = 0.0, wrong: float = 0.1) -> pa.Table:
    """Rows with four features, of which `shift` moves `age` by so many sigma, and a share of `wrong` answers."""
    random = np.random.default_rng(seed)
    said = random.random(count) < 0.5
    true = said ^ (np.arange(count) < round(wrong * count))
    return pa.table(
        {
            "age": random.normal(40 + 10 * shift, 10, count),
            "income": random.lognormal(10, 0.5, count),
            "region": random.choice(["north", "south", "west"], count),
            "tenure": random.integers(0, 20, count),
            "prediction": np.where(said, "yes", "no"),
            "p_no": np.where(said, 0.1, 0.9),
            "p_yes": np.where(said, 0.9, 0.1),
            "churned": np.where(true, "yes", "no"),
            "seconds": random.random(count) / 100,
        }
    )


def write(table: pa.Table, path: Path) -> None:
    """Put a file in the place of the one before, at once."""
    new = path.with_suffix(".new")
    csv.write_csv(table, new)
    new.replace(path)
