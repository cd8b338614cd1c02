from __future__ import annotations

import json
import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from mlflow_exporter.cli import logs
from mlflow_exporter.errors import ConfigurationError


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    root.handlers[:] = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:], root.level = before
    logging.captureWarnings(capture=False)
    logging.getLogger("mlflow_exporter").setLevel(logging.NOTSET)
    structlog.reset_defaults()


def fail(_variable: str, message: str = "no answer") -> None:
    raise ValueError(message)


def log() -> Any:
    return structlog.get_logger("mlflow_exporter.test")


def test_a_line_of_logfmt_begins_with_time_level_and_message(capsys: pytest.CaptureFixture[str]) -> None:
    """Logfmt lines are for people and for Loki: the time in UTC first, then level and message."""
    logs.configure("info")
    log().info("evaluated the model", model="churn", rows=3)
    line = capsys.readouterr().err
    assert re.fullmatch(r'time=\S+Z level=info msg="evaluated the model" model=churn rows=3\n', line)


def test_logfmt_writes_lists_and_mappings_with_commas(capsys: pytest.CaptureFixture[str]) -> None:
    """No notation of Python's is in the log."""
    logs.configure("info")
    log().info("evaluated", rows={"1h": 3, "24h": 4}, listen=["[::]:1", "[::]:2"], models=[])
    assert capsys.readouterr().err.endswith(" rows=1h:3,24h:4 listen=[::]:1,[::]:2 models=\n")


def test_a_line_of_json_is_an_object(
    capsys: pytest.CaptureFixture[str], events: Callable[[str], list[dict[str, Any]]]
) -> None:
    """JSON lines carry values with their types."""
    logs.configure("info", "json")
    log().warning("größer", rows={"1h": 3})
    [event] = events(capsys.readouterr().err)
    assert event.pop("time")
    assert event == {"level": "warning", "msg": "größer", "rows": {"1h": 3}}


@pytest.mark.parametrize(
    ("level", "logged"),
    (
        ("debug", "debug info warning error"),
        ("info", "info warning error"),
        ("warn", "warning error"),
        ("error", "error"),
    ),
)
def test_the_level_is_the_least_that_is_logged(
    capsys: pytest.CaptureFixture[str], events: Callable[[str], list[dict[str, Any]]], level: str, logged: str
) -> None:
    """What is below the level is left out."""
    logs.configure(level, "json")
    for name in ("debug", "info", "warning", "error"):
        getattr(log(), name)(name)
    assert " ".join(event["msg"] for event in events(capsys.readouterr().err)) == logged


def test_libraries_are_heard_from_warnings_on(
    capsys: pytest.CaptureFixture[str], events: Callable[[str], list[dict[str, Any]]]
) -> None:
    """What a library logs has the same format, and only its warnings and errors are of interest."""
    logs.configure("debug", "json")
    logging.getLogger("urllib3").info("starting a connection")
    logging.getLogger("urllib3").warning("retrying http://me:hunter2@mlflow/")
    [event] = events(capsys.readouterr().err)
    assert (event["level"], event["msg"]) == ("warning", "retrying http://me:<secret>@mlflow/")


def test_pythons_warnings_are_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """A warning of Python is a line of the log, not text of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logs.configure("info")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert capsys.readouterr().err.startswith("time=")


def test_a_traceback_has_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    """Tracebacks are plain: what variables held may be anybody's data."""
    logs.configure("info", "json")
    try:
        fail("hunter" + "2")
    except ValueError:
        log().exception("failed")
    said = json.loads(capsys.readouterr().err)["exception"]
    assert said.startswith("Traceback (most recent call last):")
    assert "ValueError: no answer" in said
    assert "hunter2" not in said


def test_passwords_in_urls_are_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    """No field shows the password of a URL: neither texts, lists nor tracebacks."""
    logs.configure("info")
    url = "postgresql://me:hunter2@db/state"
    try:
        fail(url, f"cannot connect to {url}")
    except ValueError:
        log().exception(f"message {url}", where=url, all=[url])
    said = capsys.readouterr().err
    assert said.count("me:<secret>@db") == 4
    assert "hunter2" not in said


def test_a_line_break_does_not_start_a_new_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Data cannot forge log lines."""
    logs.configure("info")
    log().info("read", column="a\nlevel=error msg=forged")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_file_is_written_instead_of_stderr(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """With a file nothing goes to stderr."""
    logs.configure("info", "logfmt", tmp_path / "exporter.log")
    log().info("hello")
    assert capsys.readouterr().err == ""
    assert "msg=hello" in (tmp_path / "exporter.log").read_text()


def test_the_file_is_rotated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """At its size the file is put aside, and only so many old ones are kept."""
    monkeypatch.setattr(logs, "FILE_BYTES", 200)
    logs.configure("info", "logfmt", tmp_path / "exporter.log")
    for number in range(40):
        log().info("an event", number=number)
    files = sorted(file.name for file in tmp_path.iterdir())
    assert files == ["exporter.log", *(f"exporter.log.{number}" for number in range(1, logs.FILES_KEPT + 1))]
    assert all(file.stat().st_size <= 200 for file in tmp_path.iterdir())


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """The error names the option and the file."""
    with pytest.raises(ConfigurationError, match=r"--log.file: .*no/exporter.log cannot be written: No such file"):
        logs.configure("info", "logfmt", tmp_path / "no" / "exporter.log")


def test_mlflow_sets_up_no_logging_of_its_own() -> None:
    """MLflow is told to leave logging alone before it is imported."""
    logs.configure()
    assert os.environ["MLFLOW_CONFIGURE_LOGGING"] == "false"
