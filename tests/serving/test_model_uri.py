from __future__ import annotations

from pathlib import Path

import pytest

from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.serving.model_uri import ModelUri


@pytest.mark.parametrize(
    ("text", "name", "wanted", "moves"),
    (
        ("models:/churn@champion", "churn", "@champion", True),
        ("models:/churn/3", "churn", "3", False),
        ("models:/churn/Production", "churn", "Production", True),
        ("models:/churn/latest", "churn", "latest", True),
        ("models:/late%20flights@champion", "late flights", "@champion", True),
        ("models:/m-0123", "m-0123", "", False),
        ("runs:/abc/model", "model", "", False),
        ("s3://bucket/churn/", "churn", "", False),
        ("data/churn", "churn", "", False),
    ),
)
def test_a_uri_names_a_model_and_a_version(text: str, name: str, wanted: str, moves: bool) -> None:
    """Of a registered model the name and the version are told, and whether it may mean another one later."""
    uri = ModelUri.parse(text)
    assert (uri.text, uri.name, uri.wanted, uri.moves) == (text, name, wanted, moves)


@pytest.mark.parametrize(
    ("text", "folder"),
    (
        ("data/churn", Path("data/churn")),
        ("/data/churn", Path("/data/churn")),
        ("file:///data/late%20flights", Path("/data/late flights")),
        ("models:/churn/3", None),
        ("s3://bucket/churn", None),
    ),
)
def test_a_path_is_a_folder(text: str, folder: Path | None) -> None:
    """A path or file URL is a folder, any other URI is none."""
    assert ModelUri.parse(text).folder == folder


@pytest.mark.parametrize("text", ("", "/", "models:/", "models:/churn@", "models:/churn/", "models:/churn@a/b"))
def test_what_is_no_uri_is_refused_with_an_example(text: str) -> None:
    """The error says how one is written."""
    with pytest.raises(ConfigurationError, match="write it as models:/churn@champion"):
        ModelUri.parse(text)
