"""Stores on both databases: SQLite in a file, and a real PostgreSQL where Debian's package is installed."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from mlflow_exporter.state.store import Store

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def postgres_server(wait_until: Callable[..., Any]) -> Iterator[str]:
    """The URL of a PostgreSQL server that nobody else uses, without the database's name."""
    pytest.importorskip("psycopg", reason="NOT TESTED, not installed: psycopg (pip install 'psycopg[binary]')")
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="mlflow-exporter-postgres-"))
    # PostgreSQL refuses to run as root.
    user = "nobody" if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    made = [
        programs / "initdb",
        "-D",
        folder / "data",
        "-A",
        "trust",
        "-U",
        "tester",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C",
    ]
    subprocess.run(list(map(str, made)), check=True, capture_output=True, user=user, cwd="/")
    command = [programs / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    server = subprocess.Popen(list(map(str, command)), stderr=subprocess.DEVNULL, user=user, cwd="/")
    url = f"postgresql+psycopg://tester@/{{}}?host={folder}"
    try:
        wait_until(lambda: _answers(url.format("postgres")), timeout=30)
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
        shutil.rmtree(folder)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = str(found[-1]) if found else shutil.which("initdb")
    return Path(path or pytest.skip("NOT TESTED, not installed: postgresql (apt-get install postgresql)")).parent


def _answers(url: str) -> bool:
    engine = sql.create_engine(url)
    try:
        engine.connect().close()
    except sql.exc.OperationalError:
        return False
    finally:
        engine.dispose()
    return True


@pytest.fixture(params=("sqlite", "postgresql"))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state.db"
    server: str = request.getfixturevalue("postgres_server")
    name = f"state_{next(_NUMBERS)}"
    engine = sql.create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.format(name)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An open store."""
    opened = Store(url)
    yield opened
    opened.close()
