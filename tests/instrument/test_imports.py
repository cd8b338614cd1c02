"""The instruments run in other people's servers: they need prometheus_client and the standard library only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "exporter"
ALLOWED = {"mlflow_exporter", "prometheus_client"}
# Whatever else is asked for is not there, as in an environment that has nothing else.
PROGRAM = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in {ALLOWED | set(sys.stdlib_module_names)!r}:
            raise ModuleNotFoundError(name)

before = set(sys.modules)
sys.meta_path.insert(0, Absent())
from mlflow_exporter.instrument import *

@monitor(model="churn", version=3)
def predict(row):
    return "yes"

assert predict({{"age": 44}}) == "yes"
print(*{{name for name in set(sys.modules) - before if name.startswith("mlflow_exporter")}})
print(*{{name.partition(".")[0] for name in set(sys.modules) - before}} - set(sys.stdlib_module_names))
"""


def test_nothing_but_the_client_library_is_imported() -> None:
    """Importing and using the instruments loads no third library, and no other room of the package."""
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    rooms, libraries = ended.stdout.splitlines()
    assert set(libraries.split()) == ALLOWED
    beside = {name for name in rooms.split() if not name.startswith("mlflow_exporter.instrument")}
    assert beside == {"mlflow_exporter", "mlflow_exporter.errors"}
