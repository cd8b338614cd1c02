from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.errors import RegistryError
from mlflow_exporter.registry.address import Address


@pytest.mark.parametrize(
    ("uri", "shown"),
    (
        ("http://mlflow:5000", "http://mlflow:5000"),
        ("http://ana:s3cret@mlflow:5000/base", "http://ana:***@mlflow:5000/base"),
        ("https://token@mlflow", "https://***@mlflow"),
        ("http://ana:p@ss@mlflow", "http://ana:***@mlflow"),
        ("postgresql+psycopg://ana:s3cret@db/mlflow?password=s3cret", "postgresql+psycopg://ana:***@db/mlflow?***"),
        ("sqlite:////var/lib/mlflow.db", "sqlite:////var/lib/mlflow.db"),
        ("./mlruns", "./mlruns"),
        ("databricks", "databricks"),
    ),
)
def test_secrets_are_hidden_and_the_rest_stays(uri: str, shown: str) -> None:
    """An address is shown as it was written, but for passwords, tokens and queries."""
    assert (str(Address(uri)), repr(Address(uri))) == (shown, f"Address({shown!r})")


@given(st.text(string.ascii_letters + string.digits + "%:@.-_~", min_size=1))
def test_no_password_survives_in_a_message(password: str) -> None:
    """Whatever the password, a message that quotes the address is shown without it."""
    address = Address(f"http://ana:{password}@mlflow:5000")

    assert address.hide(f"request to {address.uri}/api failed") == "request to http://ana:***@mlflow:5000/api failed"


def test_what_is_no_address_is_an_error() -> None:
    """An address that cannot be read names the key to mend."""
    with pytest.raises(RegistryError, match=r"mlflow\.tracking_uri: it is no address .*http://mlflow:5000"):
        Address("http://[mlflow")
