from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlflow_exporter.config.loading import load, parse, read
from mlflow_exporter.config.mistakes import InvalidConfiguration, Place
from mlflow_exporter.config.schema import json_schema
from mlflow_exporter.config.settings import Settings
from mlflow_exporter.errors import ConfigurationError

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "docs" / "config.example.yml"
GOOD = [*sorted((HERE / "good").glob("*.yml")), EXAMPLE]
BAD = sorted((HERE / "bad").glob("*.yml"))
MARK = "# error: "

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "x", "1h", "ks", "@a", "${HOME}"])
)
VALUES = (
    SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.sampled_from(["min", "x", "id"]), SCALARS, max_size=2)
)


def places(data: Any, place: Place = ()) -> Iterator[Place]:
    """Every place in the data but the data itself."""
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for part, value in inside:
        yield (*place, part)
        yield from places(value, (*place, part))


def changed(data: Any, place: Place, value: object) -> Any:
    """A copy of the data with another value at a place."""
    data = copy.deepcopy(data)
    inner = data
    for part in place[:-1]:
        inner = inner[part]
    inner[place[-1]] = value
    return data


EXAMPLE_DATA = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
PLACES = sorted(places(EXAMPLE_DATA), key=str)


def mistakes(text: str, file: Path | str = "config.yml") -> list[str]:
    with pytest.raises(InvalidConfiguration) as caught:
        parse(text, file)
    return str(caught.value).splitlines()


def refusal(data: Any) -> InvalidConfiguration | None:
    """The error that the data gives as a file, None where it is accepted."""
    try:
        parse(yaml.safe_dump(data))
    except InvalidConfiguration as error:
        return error
    return None


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_file_is_loaded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files without mistakes become settings."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    assert isinstance(load(path), Settings)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_file_gives_exactly_the_errors_it_states(path: Path) -> None:
    """Every mistake of a file is reported at once, with file, line, path and advice, as its first lines say."""
    text = path.read_text(encoding="utf-8")
    stated = [line.removeprefix(MARK) for line in text.splitlines() if line.startswith(MARK)]
    assert stated
    assert [line.removeprefix(f"{HERE}/bad/") for line in mistakes(text, path)] == stated


@pytest.mark.parametrize("text", ("", "\n", "# only a comment\n", "---\n", "null\n"))
def test_an_empty_file_is_an_error(text: str) -> None:
    """A file without any key is not taken for the defaults."""
    (line,) = mistakes(text)
    assert line.endswith("the file is empty; write a first one with `mlflow-exporter init`")


@pytest.mark.parametrize(("name", "reason"), (("no-such.yml", "No such file or directory"), (".", "Is a directory")))
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, name: str, reason: str) -> None:
    """The reason of the operating system is given with the path."""
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path / name)
    assert str(caught.value) == f"{tmp_path / name}: cannot be read: {reason}; check the path"


def test_a_file_of_another_encoding_is_an_error(tmp_path: Path) -> None:
    """What is not UTF-8 is refused instead of guessed."""
    (tmp_path / "config.yml").write_bytes("name: grün".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="is not UTF-8 text; save it as UTF-8"):
        read(tmp_path / "config.yml")


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    """Editors that mark UTF-8 are welcome."""
    (tmp_path / "config.yml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(tmp_path / "config.yml") == "a: 1\n"


def test_text_that_no_encoding_can_write_is_an_error() -> None:
    """Half a surrogate pair, which YAML can spell, is refused."""
    assert len(mistakes('models: "\\ud800"\n')) == 2


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), value=VALUES)
def test_any_change_is_either_accepted_or_explained(place: Place, value: object) -> None:
    """A changed example loads, and then the schema accepts it too; or each mistake has its line and reason."""
    data = changed(EXAMPLE_DATA, place, value)
    error = refusal(data)
    if error is None:
        jsonschema.Draft202012Validator(json_schema()).validate(data)
    else:
        assert all(mistake.line and mistake.what for mistake in error.mistakes)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_no_error_shows_what_a_variable_brought(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret from the environment in the wrong place is not repeated, wherever it is."""
    monkeypatch.setenv("MLFLOW_PASSWORD", "{{s3cret}}")
    for wrong in ("${MLFLOW_PASSWORD}", ["${MLFLOW_PASSWORD}"] * 2, {"${MLFLOW_PASSWORD}": "${MLFLOW_PASSWORD}"}):
        assert "s3cret" not in str(refusal(changed(EXAMPLE_DATA, place, wrong)))
