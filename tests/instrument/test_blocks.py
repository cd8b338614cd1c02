from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlflow_exporter.instrument.blocks import Block, block_of, merged


def test_columns_of_any_kind_become_lists_or_arrays() -> None:
    """A series is its values whatever its index, a tuple is a list, and an array stays itself."""
    array = np.array([1.0, 2.0])
    block = block_of(2, {}, {"s": pd.Series([1, 2], index=[7, 3]), "t": (1, 2), "a": array})
    assert block.columns["s"].tolist() == block.columns["t"] == [1, 2]
    assert block.columns["a"] is array


@pytest.mark.parametrize("values", ([1], [1, 2, 3], np.zeros(3)))
def test_a_column_has_a_value_for_each_row(values: Any) -> None:
    """Nothing is ever written beside another row's values."""
    with pytest.raises(ValueError, match=f"'x' has {len(values)} values for 2 rows"):
        Block(2, {}, {"x": values})


def test_a_part_has_its_rows() -> None:
    """Also the last one, which has fewer."""
    block = Block(5, {"m": 1}, {"x": [0, 1, 2, 3, 4]})
    assert block.part(1, 3) == Block(2, {"m": 1}, {"x": [1, 2]})
    assert block.part(3, 6) == Block(2, {"m": 1}, {"x": [3, 4]})


def test_blocks_of_different_columns_are_merged() -> None:
    """Rows keep their order, and a value that one has not is None."""
    blocks = [Block(2, {"m": 1}, {"x": np.array([1, 2])}), Block(1, {"m": 2, "y": "a"}, {})]
    assert merged(blocks) == Block(3, {}, {"m": [1, 1, 2], "x": [1, 2, None], "y": [None, None, "a"]})
