"""The habits of the repository that no linter knows."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "exporter" / "mlflow_exporter"
TESTS = ROOT / "tests"

SOURCES = sorted(PACKAGE.rglob("*.py"))
TEST_FILES = sorted(TESTS.rglob("*.py"))

# Modules that no test names, and why they need no test of their own.
TESTED_THROUGH_OTHERS: dict[str, str] = {"__main__.py": "runs when it is imported: tests/cli/test_cli.py starts it"}


def of(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def generators() -> list[str]:
    """The modules that the Makefile runs to make documents."""
    line = next(
        line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if "GENERATORS :=" in line
    )
    return line.split(":=")[1].split()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


@cache
def imported_by_tests() -> frozenset[str]:
    """Every module that a test file imports, whole or a name of it."""
    nodes = [node for path in TEST_FILES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    inside = {f"{node.module}.{alias.name}" for node in parts for alias in node.names}
    return frozenset(whole | inside | {str(node.module) for node in parts})


def sleeps(path: Path) -> list[int]:
    """Lines of a file that call something named sleep."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if getattr(call.func, "attr", getattr(call.func, "id", "")) == "sleep"]


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: of(TESTS, path))
def test_every_test_states_a_behaviour(path: Path) -> None:
    """Every test function has a docstring that is one sentence."""
    silent = [
        f.name
        for f in functions(path)
        if f.name.startswith("test_") and not (ast.get_docstring(f) or "").split("\n\n")[0].endswith(".")
    ]
    assert not silent


@pytest.mark.parametrize("path", SOURCES + TEST_FILES, ids=lambda path: of(ROOT, path))
def test_nothing_sleeps(path: Path) -> None:
    """Neither the package nor a test sleeps: they wait on conditions, events or injected clocks."""
    assert not sleeps(path)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: of(PACKAGE, path))
def test_every_module_is_tested(path: Path) -> None:
    """Each module is mirrored by a test file, imported by a test, or listed with the reason why not."""
    if path.name == "__init__.py" and not list(functions(path)):
        return
    stem = path.parent.name if path.name == "__init__.py" else path.stem.lstrip("_")
    mirror = TESTS / Path(of(PACKAGE, path)).parent / f"test_{stem}.py"
    named = mirror.exists() or module_name(path) in imported_by_tests()
    assert named or of(PACKAGE, path) in TESTED_THROUGH_OTHERS, f"no {of(ROOT, mirror)}"


def test_modules_tested_through_others_exist() -> None:
    """No exception outlives its module."""
    assert not [module for module in TESTED_THROUGH_OTHERS if not (PACKAGE / module).exists()]


@pytest.mark.parametrize("name", ("utils", "helpers", "common", "manager"))
def test_no_module_has_an_empty_name(name: str) -> None:
    """A module is named after its subject, which these names are not."""
    assert not [path for path in SOURCES if path.stem.strip("_").removesuffix("s") == name.removesuffix("s")]


def test_test_folders_are_no_packages() -> None:
    """Test folders have no __init__.py, since pytest imports them by path."""
    assert not list(TESTS.rglob("__init__.py"))


@pytest.mark.parametrize("module", generators())
def test_no_generated_document_is_stale(module: str, tmp_path: Path) -> None:
    """Generating the documents anew (`make docs`) gives those that are in docs/."""
    (tmp_path / "docs").mkdir()
    command = [sys.executable, "-m", module]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    made = sorted((tmp_path / "docs").rglob("*.*"))
    assert made
    for document in made:
        kept = ROOT / document.relative_to(tmp_path)
        assert kept.read_text(encoding="utf-8") == document.read_text(encoding="utf-8"), kept.name


def tracked() -> list[str]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name]


def test_no_build_product_is_tracked() -> None:
    """No compiled file, database, log or environment is in the repository."""
    unwanted = (".pyc", ".db", ".log", ".egg-info", ".so")
    assert not [name for name in tracked() if name.endswith(unwanted) or "__pycache__" in name or "/.venv/" in name]


def test_the_lock_names_no_registry() -> None:
    """The lock pins versions only, so that it installs from whichever index pip is set to."""
    lines = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    assert pins
    assert not [line for line in pins if "==" not in line or "://" in line or line.startswith("-")]
