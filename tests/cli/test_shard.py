"""Which process has which models (`app.Shard`)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.app import EVERY_MODEL, Shard


@given(st.text(), st.integers(1, 20))
def test_every_model_is_in_exactly_one_share(name: str, total: int) -> None:
    """No model is left out, and none is monitored twice."""
    assert sum(Shard(number, total).has(name) for number in range(total)) == 1


@given(st.text())
def test_one_process_has_every_model(name: str) -> None:
    """Without sharding there is one share."""
    assert EVERY_MODEL.has(name)


def test_shares_never_change() -> None:
    """A model stays where it is, whatever the version of this program, of Python or the machine."""
    shares = {name: [Shard(n, 5).has(name) for n in range(5)].index(True) for name in ("churn", "fraud", "größe")}
    assert shares == {"churn": 3, "fraud": 0, "größe": 4}  # sha256sum | cut -c1-16, modulo 5


def test_shares_are_of_about_the_same_size() -> None:
    """A thousand models are shared evenly."""
    sizes = [sum(Shard(number, 4).has(f"model-{i}") for i in range(1000)) for number in range(4)]
    assert min(sizes) > 200
