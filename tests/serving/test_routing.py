from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.serving.routing import Split, key_of

KEYS = [f"customer {i}" for i in range(20_000)]


@pytest.mark.parametrize("percent", (0.5, 10, 50, 99.5))
def test_a_split_has_its_share_of_the_keys(percent: float) -> None:
    """Of many keys as many as it says, within four standard deviations."""
    split = Split.parse(f"models:/churn@challenger={percent}")
    share = percent / 100
    expected = 4 * (share * (1 - share) / len(KEYS)) ** 0.5
    assert abs(sum(map(split.has, KEYS)) / len(KEYS) - share) < expected


def test_a_larger_share_keeps_the_keys_of_the_smaller() -> None:
    """Raising the percentage moves no key back."""
    few, many = Split.parse("models:/churn@b=5"), Split.parse("models:/churn@b=20")
    assert {key for key in KEYS if few.has(key)} < {key for key in KEYS if many.has(key)}


@pytest.mark.parametrize(
    "text",
    ("models:/churn@b", "models:/churn@b=", "models:/churn@b=0", "models:/churn@b=100", "=5", "models:/churn@b=x"),
)
def test_what_is_no_split_is_refused(text: str) -> None:
    """A URI and a percentage between 0 and 100 are needed."""
    with pytest.raises(ConfigurationError, match="models:"):
        Split.parse(text)


def test_a_key_is_what_all_rows_have() -> None:
    """In a frame, in columns, in columns of arrays; where rows differ there is no key."""
    assert key_of(pd.DataFrame({"id": [7, 7], "x": [1, 2]}), "id") == "7"
    assert key_of({"id": ["a", "a"]}, "id") == "a"
    assert key_of({"id": np.array([3])}, "id") == "3"
    assert key_of({"x": [1]}, "id") is None
    assert key_of(np.zeros((2, 2)), "id") is None
    with pytest.raises(ValueError, match="2 different keys in column 'id'"):
        key_of({"id": [1, 2]}, "id")
