from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "exporter"
HEAVY = ("mlflow", "pandas", "pyarrow", "scipy", "sklearn", "sqlalchemy", "flask", "cheroot", "matplotlib")
# Ends as the command line's --help does, then tells which of the heavy modules were loaded.
REPORT = f"import sys; print(*sorted(set(sys.modules) & set({HEAVY})), file=sys.stderr)"
HELP = f"""
from mlflow_exporter.cli import main
try:
    main(["--help"])
except SystemExit as ended:
    assert ended.code == 0
{REPORT}
"""


def loaded(program: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    finished = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stderr.strip()


def test_importing_the_package_loads_nothing_heavy() -> None:
    """Importing the package costs nothing: no heavy library comes with it."""
    assert not loaded(f"import mlflow_exporter; {REPORT}")


def test_the_report_of_loaded_modules_works() -> None:
    """A heavy library that is loaded is told, so that the other tests of this file can fail."""
    assert loaded(f"import flask; {REPORT}") == "flask"


def test_help_loads_nothing_heavy() -> None:
    """The command line's help loads no heavy library."""
    assert not loaded(HELP)
